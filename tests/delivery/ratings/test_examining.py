"""A period is examined before it closes: what is suspicious is held once, whoever is linked to the supplier is seen."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.db.session import Session
from marketplace.delivery.ratings import examining
from marketplace.delivery.ratings.models import RatingHold, RatingPeriod, RatingSource
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from tests import builders, delivering
from tests.delivering import Supplied
from tests.statements import counting


async def rated(session: Session, under: Supplied, count: int, points: int = 5, **facts: Any) -> list[UUID]:
    """So many ratings a minute apart, from a day ago on."""
    first = session.now() - timedelta(days=1)
    made = []
    for number in range(count):
        moment = first + timedelta(minutes=number)
        made += await delivering.rated(session, under, [points], given_at=moment, **facts)
    return made


async def sourced(session: Session, ratings: list[UUID], address: bytes = b"a", device: bytes = b"d") -> None:
    """All of them came from one place."""
    for rating_id in ratings:
        session.add(
            RatingSource(
                rating_id=rating_id,
                address_fingerprint=address * 32,
                device_fingerprint=device * 32,
                noted_at=session.now(),
            )
        )
    await session.flush()


async def by_person(session: Session, under: Supplied, person_id: UUID, **recipient: Any) -> UUID:
    """A rating of one more delivery by somebody with an account."""
    delivery_id = await delivering.delivery(session, under, planned_by=None, done_by=None)
    return await delivering.rating(
        session, await delivering.ticket(session, delivery_id, person_id, **recipient)
    )


async def holds(house: House) -> list[RatingHold]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(RatingHold).order_by(RatingHold.rating_id)))


async def examine(house: House, period_id: UUID) -> int:
    async with house.database.unit_of_work() as session:
        return await examining.examine(session, period_id)


async def test_forty_in_an_hour_from_one_place_are_held_once_however_often_one_looks(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        ratings = await rated(session, under, 40)
        await sourced(session, ratings)
        honest = await delivering.rated(session, under, [4, 5, 3])
        period_id = await delivering.period(session)
    assert await examine(house, period_id) == 40
    assert await examine(house, period_id) == 40
    found = await holds(house)
    assert {one.rating_id for one in found} == set(ratings) and not set(ratings) & set(honest)
    assert {one.cause for one in found} == {"burst", "same_source"}
    assert {one.decided_at for one in found} == {None}
    async with house.database.reading() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.action == "rating_period.examined")
        )
        assert [one.facts for one in entries] == [{"ratings": 43, "held": 40}] * 2


async def test_the_suppliers_people_of_now_and_of_old_their_phones_and_devices_are_seen(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under, other = await delivering.contract(session), await delivering.contract(session, "邻里社工站")
        past = await builders.viewer(session, "以前的护理员", Role.ORGANISATION_MEMBER, under.organisation_id)
        grant = await session.scalar(select(RoleGrant).where(RoleGrant.person_id == past.signed_in()))
        assert grant is not None
        grant.revoked_at = session.now()
        deliverer = await builders.person(session, "护理员")
        await delivering.delivery(session, under, done_by=deliverer)
        member = await builders.viewer(
            session,
            "护理员小方",
            Role.ORGANISATION_MEMBER,
            under.organisation_id,
            phone_fingerprint=b"p" * 32,
        )
        expected = {
            await by_person(session, under, past.signed_in()): "member",
            await by_person(session, under, deliverer): "deliverer",
        }
        delivery_id = await delivering.delivery(session, under)
        at_phone = await delivering.recipient(session, delivery_id, phone_fingerprint=b"p" * 32)
        slip = await delivering.ticket(session, delivery_id, recipient_id=at_phone)
        expected[await delivering.rating(session, slip)] = "phone"
        own = await by_person(session, other, member.signed_in())
        (borrowed, stranger) = await delivering.rated(session, under, [5, 4])
        await sourced(session, [own, borrowed])
        await sourced(session, [stranger], address=b"b")
        expected[borrowed] = "device"
        period_id = await delivering.period(session)
    assert await examine(house, period_id) == 4
    assert {one.rating_id: one.evidence["link"] for one in await holds(house)} == expected


async def test_other_periods_and_what_a_community_brought_itself_are_not_examined(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        before = await delivering.period(session, closed=True)
        ratings = await rated(session, under, 25, period_id=before)
        await sourced(session, ratings)
        period_id = await delivering.period(session)
    assert await examine(house, period_id) == 0
    assert await holds(house) == []


async def test_what_was_held_before_is_no_history(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        before = await delivering.period(session, closed=True)
        earlier = session.now() - timedelta(days=30)
        old = await delivering.rated(
            session, under, [5, 4] * 6, period_id=before, given_on=earlier.date(), given_at=earlier
        )
        session.add(RatingHold(rating_id=old[0], cause="burst", evidence={}, held_at=session.now()))
        period = await delivering.period(session)
        await rated(session, under, 1, period_id=period)
        row = await session.get_one(RatingPeriod, period)
        (known,) = (await examining._past(session, row)).values()
    assert (known.ratings, known.highest, known.active_days) == (11, 5, 1)


async def test_the_number_of_statements_does_not_grow_with_ratings(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await rated(session, under, 3)
        period_id = await delivering.period(session)
    with counting(house) as few:
        await examine(house, period_id)
    async with house.database.unit_of_work() as session:
        await rated(session, under, 30, points=4)
    with counting(house) as many:
        await examine(house, period_id)
    assert len(many) == len(few) <= 12
