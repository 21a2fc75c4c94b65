"""Once a quarter, and once only, the owners of a compound are asked about its property company."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from marketplace import desk
from marketplace.bootstrap import House
from marketplace.delivery.deliveries import confirming, details, property_rounds, queries
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.drafts import DisputeDraft
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.property_rounds import Quarter
from marketplace.delivery.properties.models import CompoundOwner, PropertyContract
from marketplace.delivery.ratings.models import RatingTicket
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import FixedClock, day_starts
from tests import builders, city, delivering
from tests.deliveries import drain


async def held(house: House) -> list[Delivery]:
    async with house.database.unit_of_work() as session:
        await property_rounds.hold_round(session)
    async with house.database.reading() as session:
        rows = select(Delivery).where(Delivery.property_contract_id.is_not(None)).order_by(Delivery.starts_at)
        return list(await session.scalars(rows))


async def test_every_owner_of_last_quarter_gets_a_ticket_but_not_the_companys_people(
    house: House, clock: FixedClock
) -> None:
    now = clock.now()
    clock.set(day_starts(date(2026, 9, 1)))
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        contract_id, _manager = await delivering.property_contract(session, compound_id)
        owners = [await delivering.owner(session, compound_id, f"业主{n}") for n in range(3)]
        await delivering.owner(session, compound_id, "未确认", confirmed=False)
        contract = await session.get_one(PropertyContract, contract_id)
        await builders.grant(
            session, owners[0].signed_in(), Role.ORGANISATION_MEMBER, contract.organisation_id
        )
    clock.set(now)
    async with house.database.unit_of_work() as session:
        await delivering.owner(session, compound_id, "本季度才确认")
    (one,) = await held(house)
    assert (one.receiver, one.service_type, one.planned_by, one.people) == (
        "building",
        "property_service",
        None,
        3,
    )
    assert (one.starts_at, one.ends_at) == (day_starts(date(2026, 7, 1)), day_starts(date(2026, 10, 1)))
    assert one.done_at is not None
    await drain(house)
    async with house.database.reading() as session:
        rated = set(await session.scalars(select(RatingTicket.person_id)))
    assert rated == {owner.person_id for owner in owners[1:]}
    assert len(await held(house)) == 1


async def test_compounds_without_owners_or_without_a_contract_then_are_not_asked(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        lonely = await delivering.compound(session, "无人认领")
        await delivering.property_contract(session, lonely)
        young = await delivering.compound(session, "新签合同")
        await delivering.property_contract(session, young, starts_on=date(2026, 10, 1))
        drafted = await delivering.compound(session, "只有草稿")
        await delivering.property_contract(session, drafted, agreed=False)
        ended = await delivering.compound(session, "已经结束")
        await delivering.property_contract(session, ended, ended_at=day_starts(date(2026, 9, 1)))
        for compound_id in (young, drafted, ended):
            await delivering.owner(session, compound_id)
        for row in await session.scalars(select(CompoundOwner)):
            row.confirmed_at = day_starts(date(2026, 5, 1))
    assert await held(house) == []
    clock.set(day_starts(date(2027, 1, 2)))
    assert [one.title[:4] for one in await held(house)] == ["新签合同"]


async def test_the_community_confirms_and_accepts_no_quarter_until_an_owner_disputes_it(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        await delivering.property_contract(session, compound_id)
        owner = await delivering.owner(session, compound_id)
        worker = await builders.viewer(session, "社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    clock.advance(timedelta(days=60))
    (one,) = await held(house)

    async def waiting() -> tuple[list[Shelf], bool, int]:
        async with house.database.reading() as session:
            counts = await queries.community_counts(session, worker)
            row = await queries.delivery(session, worker, one.id)
            tasks = (await desk.of_viewer(session, worker)).waiting
        shelves = [shelf for shelf, count in counts.items() if count]
        return shelves, row.may_decide, tasks[desk.Task.DELIVERIES_TO_DECIDE]

    assert await waiting() == ([Shelf.OVER], False, 0)
    async with house.database.unit_of_work() as session:
        await confirming.dispute(session, owner, one.id, DisputeDraft(text="楼道没有打扫"))
    assert await waiting() == ([Shelf.TO_DECIDE, Shelf.DISPUTED], True, 1)


async def test_two_rounds_at_once_are_one(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        await delivering.property_contract(session, compound_id)
        await delivering.owner(session, compound_id)
    clock.advance(timedelta(days=60))
    await asyncio.gather(held(house), held(house))
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Delivery)) == 1
        assert await session.scalar(select(func.count()).select_from(DeliveryRecipient)) == 1


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 22), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2027, 1, 1), date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
    ],
)
def test_the_quarter_that_ended_last(today: date, first: date, last: date) -> None:
    assert property_rounds.last_quarter(today) == Quarter(first, last)


async def test_the_company_never_reads_who_the_owners_are(house: House, clock: FixedClock) -> None:
    now = clock.now()
    clock.set(day_starts(date(2026, 9, 1)))
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        _contract_id, manager = await delivering.property_contract(session, compound_id)
        await delivering.owner(session, compound_id)
    clock.set(now)
    (one,) = await held(house)
    async with house.database.reading() as session:
        shown = await details.recipients_of(session, manager, house.vault, one.id)
    assert [(row.number, row.name, row.phone) for row in shown] == [(1, None, None)]


async def test_a_compound_with_the_longest_name_holds_up_no_round(house: House, clock: FixedClock) -> None:
    now = clock.now()
    clock.set(day_starts(date(2026, 9, 1)))
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session, "新" * 120)
        await delivering.property_contract(session, compound_id)
        await delivering.owner(session, compound_id)
    clock.set(now)
    (one,) = await held(house)
    assert one.title.endswith("新 2026年第3季度物业服务")
