"""Deliveries are planned under a contract, a need or a property contract, once or week by week; moved, and cancelled."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import deliveries, queries
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.drafts import (
    CancelDraft,
    CommitmentDraft,
    MoveDraft,
    PlanDraft,
    RecipientDraft,
)
from marketplace.delivery.deliveries.errors import (
    CommitmentsAreTooMany,
    DeliveryIsCancelled,
    DeliveryIsDone,
    DeliveryIsInThePast,
    DeliveryIsOutOfTerm,
    DeliveryIsOutsideTheArea,
    DeliveryIsTooFarAhead,
    FrameworkHasNoDeliveries,
    NeedHasNoDeliveriesNow,
    PropertyContractIsNotInForce,
    ProviderIsSuspended,
    RecipientsAreTooMany,
    ShiftHasItsDelivery,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment, DeliveryRecipient
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock, day_starts
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations.models import Organisation
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement.contracts.errors import ContractIsNotActive, KeyWasUsedForAnother
from marketplace.procurement.contracts.models import Contract
from tests import builders, city, delivering
from tests.delivery.deliveries import scene


async def test_a_member_of_the_supplier_plans_a_visit_and_everybody_concerned_sees_it(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, at.member)
    for viewer in (at.manager, at.member, at.officer, at.lady, at.worker):
        row = await scene.seen(house, viewer, made)
        assert (row.title, row.state, row.recipients) == ("上门助浴", DeliveryState.PLANNED, 1)
        assert row.origin_title == "社区助浴服务合同" and row.service_type == "elderly_care"
    assert (await scene.seen(house, at.lady, made)).is_recipient
    for closed in (STRANGER, at.outsider):
        with pytest.raises((NotFound, SignInNeeded)):
            await scene.seen(house, closed, made)


async def test_a_weekly_plan_is_one_delivery_a_week_and_a_repeated_key_plans_nothing_new(
    house: House,
) -> None:
    at = await scene.people(house)
    asked = scene.draft(house, contract_id=at.under.id, weeks=4)
    made = []
    for _again in range(2):
        async with house.database.unit_of_work() as session:
            made.append(await deliveries.plan(session, at.manager, house.vault, asked))
    assert made[0] == made[1] and len(made[0]) == 4
    async with house.database.reading() as session:
        rows = (await session.scalars(select(Delivery).order_by(Delivery.starts_at))).all()
        assert len((await session.scalars(select(DeliveryCommitment))).all()) == 4
        assert len((await session.scalars(select(DeliveryRecipient))).all()) == 4
        told = (await session.scalars(select(OutboxEvent.name))).all()
    assert [row.starts_at - rows[0].starts_at for row in rows] == [timedelta(weeks=at) for at in range(4)]
    assert told.count("DeliveryPlanned") == 4
    other = scene.draft(house, contract_id=at.under.id, title="另一项", idempotency_key=asked.idempotency_key)
    with pytest.raises(KeyWasUsedForAnother):
        async with house.database.unit_of_work() as session:
            await deliveries.plan(session, at.manager, house.vault, other)


async def test_only_the_supplier_plans_under_a_contract(house: House) -> None:
    at = await scene.people(house)
    with pytest.raises(SignInNeeded):
        await scene.plan(house, at, STRANGER)
    for viewer in (at.outsider, at.officer, at.worker):
        with pytest.raises(NotPermitted):
            await scene.plan(house, at, viewer)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Contract, at.under.id)).published_at = None
    with pytest.raises(NotFound):
        await scene.plan(house, at, at.outsider)


async def test_only_a_running_contract_has_deliveries(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    for facts, refusal in (
        ({"terminated_at": clock.now()}, ContractIsNotActive),
        ({"terminated_at": None, "is_framework": True}, FrameworkHasNoDeliveries),
    ):
        async with house.database.unit_of_work() as session:
            row = await session.get_one(Contract, at.under.id)
            for name, value in facts.items():
                setattr(row, name, value)
            if row.is_framework:
                row.value_fen = 0
        with pytest.raises(refusal):
            await scene.plan(house, at)


async def test_a_suspended_organisation_plans_nothing(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, at.under.organisation_id)).suspended_at = clock.now()
    with pytest.raises(ProviderIsSuspended):
        await scene.plan(house, at)


async def test_a_plan_lies_in_the_term_ahead_and_not_too_far(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    with pytest.raises(DeliveryIsInThePast):
        await scene.plan(house, at, starts_at=clock.now() - timedelta(hours=3))
    with pytest.raises(DeliveryIsOutOfTerm):
        await scene.plan(house, at, starts_at=clock.now() + timedelta(days=340))
    with pytest.raises(DeliveryIsOutOfTerm):
        await scene.plan(house, at, weeks=52)
    with pytest.raises(DeliveryIsTooFarAhead) as refused:
        await scene.plan(house, at, starts_at=clock.now() + timedelta(days=401))
    assert refused.value.article
    with pytest.raises(InputIsInvalid):
        await scene.plan(house, at, ends_at=clock.now())
    with pytest.raises(InputIsInvalid):
        await scene.plan(house, at, ends_at=clock.now() + timedelta(days=5))
    async with house.database.reading() as session:
        assert (await session.scalars(select(Delivery))).all() == []


async def test_limits_of_people_and_promises_are_rules(house: House) -> None:
    at = await scene.people(house)
    one = CommitmentDraft(text="时长", unit="分钟", target=60)
    with pytest.raises(CommitmentsAreTooMany):
        await scene.plan(house, at, commitments=(one,) * 11)
    with pytest.raises(RecipientsAreTooMany):
        await scene.plan(house, at, seats=500, people=501)
    with pytest.raises(InputIsInvalid) as refused:
        await scene.plan(house, at, seats=3, people=2)
    assert refused.value.problems[0].field == "people"


async def test_a_delivery_is_brought_within_the_area_of_its_contract(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, area_code=None)
    assert (await scene.seen(house, at.manager, made)).area_code == city.JIANGSU_ROAD
    with pytest.raises(NotFound):
        await scene.seen(house, at.worker, made)
    with pytest.raises(DeliveryIsOutsideTheArea):
        await scene.plan(house, at, area_code=city.TIANPING_COMMUNITY)
    with pytest.raises(InputIsInvalid):
        await scene.plan(house, at, area_code="310105999999")


async def test_a_milestone_of_another_contract_is_refused(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, milestone_id=at.under.milestone_id)
    assert (await scene.seen(house, at.manager, made)).milestone_id == at.under.milestone_id
    async with house.database.unit_of_work() as session:
        other = await delivering.contract(session, "另一家服务社")
    with pytest.raises(InputIsInvalid):
        await scene.plan(house, at, milestone_id=other.milestone_id)


@pytest.mark.parametrize(
    "facts",
    [
        {"title": "好" * 100_000},
        {"promised": "好" * 100_000},
        {"people": 0},
        {"people": 50_001},
        {"weeks": 53},
        {"seats": -1},
        {"receiver": "cat"},
        {"contract_id": None},
        {"need_id": "0" * 32},
        {"recipients": ({"phone": "12"},)},
        {"commitments": ({"text": "时长", "unit": "分钟", "target": -1},)},
        {"area_code": "3101050020\x00\x00"},
        {"starts_at": "0001-01-01T00:00:00+08:00"},
        {"ends_at": "9999-12-31T23:59:59+00:00"},
    ],
)
async def test_what_is_out_of_range_is_no_plan(house: House, facts: dict[str, object]) -> None:
    plain = scene.draft(house, contract_id="1" * 32).model_dump()
    with pytest.raises(ValidationError):
        PlanDraft.model_validate({**plain, **facts})


async def test_the_resident_who_raised_a_need_receives_it_without_being_named(house: House) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, raised_by=at.lady.signed_in())
        await builders.shift(session, need_id)
    made = await scene.plan(house, at, at.worker, need_id=need_id, commitments=())
    row = await scene.seen(house, at.lady, made)
    assert row.is_recipient and row.recipients == 1 and row.organisation_id is None
    with pytest.raises(NotPermitted):
        await scene.plan(house, at, at.manager, need_id=need_id)


async def test_a_need_that_an_organiser_raised_has_nobody_by_itself(house: House) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, raised_by=at.worker.signed_in())
        hidden = await builders.need(session, published=False)
    made = await scene.plan(house, at, at.worker, need_id=need_id, recipients=(), seats=3, people=30)
    row = await scene.seen(house, at.worker, made)
    assert (row.recipients, row.people, row.is_recipient) == (3, 30, False)
    with pytest.raises(NeedHasNoDeliveriesNow):
        await scene.plan(house, at, at.worker, need_id=hidden)


async def test_a_shift_is_one_delivery(house: House) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        other = await builders.shift(session, await builders.need(session, "另一个需求"))
    first = await scene.plan(house, at, at.worker, need_id=need_id, shift_id=shift_id)
    with pytest.raises(ShiftHasItsDelivery):
        await scene.plan(house, at, at.worker, need_id=need_id, shift_id=shift_id)
    for wrong in ({"shift_id": other}, {"shift_id": shift_id, "weeks": 2}):
        with pytest.raises(InputIsInvalid):
            await scene.plan(house, at, at.worker, need_id=need_id, **wrong)
    await cancel(house, at.worker, first)
    again = await scene.plan(house, at, at.worker, need_id=need_id, shift_id=shift_id)
    assert (await scene.seen(house, at.worker, again)).shift_id == shift_id


async def test_a_property_company_plans_for_its_compound(house: House) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        agreed, manager = await delivering.property_contract(session, compound_id)
        draft_id, other = await delivering.property_contract(
            session,
            await delivering.compound(session, "武定坊"),
            agreed=False,
            organisation_id=await builders.organisation(session, "另一物业公司", kind="property_company"),
        )
    made = await scene.plan(house, at, manager, property_contract_id=agreed, recipients=())
    row = await scene.seen(house, at.worker, made)
    assert (row.service_type, row.origin_title) == ("property_service", "愚园新村")
    with pytest.raises(NotPermitted):
        await scene.plan(house, at, at.manager, property_contract_id=agreed)
    with pytest.raises(NotFound):
        await scene.plan(house, at, at.manager, property_contract_id=draft_id)
    with pytest.raises(PropertyContractIsNotInForce):
        await scene.plan(house, at, other, property_contract_id=draft_id)


async def test_a_delivery_moves_until_it_is_done(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    later = clock.now() + timedelta(days=3)
    for _twice in range(2):
        await move(
            house, at.member, made, MoveDraft(starts_at=later, ends_at=later + scene.HOUR, place="社区")
        )
    row = await scene.seen(house, at.lady, made)
    assert (row.starts_at, row.place, row.moved_at) == (later, "社区", clock.now())
    async with house.database.reading() as session:
        assert (await session.scalars(select(OutboxEvent.name))).all().count("DeliveryMoved") == 1
    with pytest.raises(DeliveryIsInThePast):
        early = clock.now() - timedelta(days=1)
        await move(house, at.member, made, MoveDraft(starts_at=early, ends_at=early + scene.HOUR))
    over = clock.now() + timedelta(days=340)
    with pytest.raises(DeliveryIsOutOfTerm):
        await move(house, at.member, made, MoveDraft(starts_at=over, ends_at=over + scene.HOUR))
    for viewer in (at.lady, at.officer, at.worker):
        with pytest.raises(NotPermitted):
            await move(house, viewer, made, MoveDraft(starts_at=later, ends_at=later + scene.HOUR))
    clock.set(later)
    await scene.record(house, at.member, made)
    with pytest.raises(DeliveryIsDone):
        await move(house, at.member, made, MoveDraft(starts_at=later, ends_at=later + scene.HOUR * 2))


async def test_what_is_cancelled_stays_so(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    with pytest.raises(NotFound):
        await cancel(house, at.outsider, made)
    for _twice in range(2):
        await cancel(house, at.manager, made)
    row = await scene.seen(house, at.lady, made)
    assert (row.state, row.cancel_reason) == (DeliveryState.CANCELLED, "老人住院")
    with pytest.raises(DeliveryIsCancelled):
        await scene.record(house, at.member, made)
    with pytest.raises(DeliveryIsCancelled):
        await scene.add(house, at.manager, made, "13900139000")


async def test_desks_and_the_calendar_show_each_what_is_theirs(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    today = await scene.plan(house, at, starts_at=clock.now() + scene.HOUR)
    coming = await scene.plan(house, at)
    done = await scene.done(house, at)
    first = PageRequest(20, None)
    async with house.database.reading() as session:
        counts = await queries.provider_counts(session, at.member)
        assert (counts[Shelf.TODAY], counts[Shelf.COMING], counts[Shelf.DONE]) == (1, 1, 1)
        page = await queries.of_provider(session, at.member, Shelf.TODAY, first)
        assert [row.id for row in page.rows] == [today]
        assert (await queries.of_provider(session, at.outsider, Shelf.TODAY, first)).rows == []
        own = await queries.mine(session, at.lady, Shelf.TO_CONFIRM, first)
        assert [row.id for row in own.rows] == [done]
        ahead = await queries.mine(session, at.lady, Shelf.COMING, first)
        assert {row.id for row in ahead.rows} == {today, coming}
        near = await queries.of_community(session, at.worker, Shelf.COMING, first)
        assert [row.id for row in near.rows] == [coming]
        with pytest.raises(NotPermitted):
            await queries.of_community(session, at.manager, Shelf.COMING, first)
        days = await queries.month(session, at.manager, date(2026, 11, 1), date(2026, 12, 1))
        assert [row.id for row in days] == [done, today, coming]
    clock.advance(timedelta(days=5))
    async with house.database.reading() as session:
        counts = await queries.provider_counts(session, at.member)
        assert (counts[Shelf.OVERDUE], counts[Shelf.TODAY], counts[Shelf.COMING]) == (2, 0, 0)
    assert (await scene.seen(house, at.member, today)).state is DeliveryState.OVERDUE
    assert day_starts(date(2026, 11, 22)) < clock.now()


async def test_days_and_areas_that_do_not_exist_are_refused(house: House) -> None:
    at = await scene.people(house)
    async with house.database.reading() as session:
        for day in (date.min, date.max):
            with pytest.raises(InputIsInvalid):
                await queries.month(session, at.manager, day, date(2026, 12, 1))
        for area in ("", "3101050020\x00\x00", "三一〇一〇五〇〇二〇〇三"):
            with pytest.raises(InputIsInvalid):
                await queries.community_counts(session, at.worker, area)


async def test_who_registers_later_with_the_same_phone_receives_it_too(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, recipients=(RecipientDraft(phone="13900139000", name="王伯伯"),))
    with pytest.raises(NotFound):
        await scene.seen(house, at.outsider, made)
    async with house.database.unit_of_work() as session:
        await scene.give_phone(house, session, at.outsider.signed_in(), "+8613900139000")
    assert (await scene.seen(house, at.outsider, made)).is_recipient


async def test_an_administrator_runs_needs_and_no_contracts(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    async with house.database.unit_of_work() as session:
        administrator = await builders.viewer(session, "管理员", Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        await scene.seen(house, administrator, made)


async def cancel(house: House, viewer: Viewer, made: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await deliveries.cancel(session, viewer, made, CancelDraft(reason="老人住院"))


async def move(house: House, viewer: Viewer, made: UUID, said: MoveDraft) -> None:
    async with house.database.unit_of_work() as session:
        await deliveries.move(session, viewer, made, said)
