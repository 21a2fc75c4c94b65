"""A delivery is recorded once, and confirmed or disputed by those who received it; those who receive it are named until it is done."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.delivery.deliveries import deliveries, details, recipients
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.drafts import (
    CancelDraft,
    DisputeDraft,
    RecordDraft,
    SeatsDraft,
)
from marketplace.delivery.deliveries.errors import (
    AnotherOneConfirms,
    DeliveryIsCancelled,
    DeliveryIsDisputedAlready,
    DeliveryIsDone,
    DeliveryIsNotDone,
    DeliveryIsRecordedAlready,
    DeliveryIsTooEarly,
    DisputeIsTooLate,
    ProviderDoesNotConfirm,
    RecipientsAreTooMany,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.identity.viewer import STRANGER, HeldRole, Role
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.pagination import PageRequest
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement.bids.models import Bid
from tests import builders, delivering
from tests.delivery.deliveries import scene
from tests.statements import counting

PDF = b"%PDF-1.7 " + b"0" * 40


async def test_it_is_recorded_from_shortly_before_the_start_and_once(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    with pytest.raises(DeliveryIsTooEarly) as refused:
        await scene.record(house, at.member, made)
    assert refused.value.article and refused.value.facts["from_at"] == clock.now() + timedelta(hours=23.5)
    clock.advance(timedelta(hours=23.5))
    for wrong in ({}, {1: 60, 2: 1}):
        with pytest.raises(InputIsInvalid):
            await scene.record(house, at.member, made, actuals=wrong)
    for viewer in (at.lady, at.officer):
        with pytest.raises(NotPermitted):
            await scene.record(house, viewer, made)
    for viewer, refusal in ((at.outsider, NotFound), (STRANGER, SignInNeeded)):
        with pytest.raises(refusal):
            await scene.record(house, viewer, made)
    await scene.record(house, at.member, made, 55)
    await scene.record(house, at.member, made, 99)
    with pytest.raises(DeliveryIsRecordedAlready):
        await scene.record(house, at.manager, made)
    row = await scene.seen(house, at.officer, made)
    assert (row.state, row.minutes) == (DeliveryState.DONE, 55)
    async with house.database.reading() as session:
        (promise,) = (await details.commitments_of(session, at.officer, [made]))[made]
        assert (promise.actual, promise.is_kept) == (55, False)
        assert (await session.scalars(select(OutboxEvent.name))).all().count("DeliveryDone") == 1
        acts = (await session.scalars(select(AuditEntry.action))).all()
    assert acts.count("delivery.done") == 1


async def test_the_community_records_for_a_provider_and_then_does_not_confirm(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, starts_at=clock.now())
    await scene.record(house, at.worker, made)
    with pytest.raises(AnotherOneConfirms):
        await scene.confirm(house, at.worker, made)
    await scene.confirm(house, at.lady, made)
    row = await scene.seen(house, at.worker, made)
    assert (row.state, row.confirmed_as) == (DeliveryState.CONFIRMED, "recipient")


async def test_only_one_of_two_who_record_at_once_is_taken(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, starts_at=clock.now())
    said = await asyncio.gather(
        scene.record(house, at.member, made, 50),
        scene.record(house, at.manager, made, 70),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in said) == ["DeliveryIsRecordedAlready", "NoneType"]
    async with house.database.reading() as session:
        assert (await session.scalars(select(OutboxEvent.name))).all().count("DeliveryDone") == 1


async def test_cancelling_and_recording_at_once_leaves_one_of_both(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, starts_at=clock.now())

    async def cancel() -> None:
        async with house.database.unit_of_work() as session:
            await deliveries.cancel(session, at.manager, made, CancelDraft(reason="老人住院"))

    said = await asyncio.gather(cancel(), scene.record(house, at.member, made), return_exceptions=True)
    refused = [one for one in said if one is not None]
    assert len(refused) == 1 and isinstance(refused[0], DeliveryIsDone | DeliveryIsCancelled)


async def test_two_sendings_of_one_plan_at_once_are_one(house: House) -> None:
    at = await scene.people(house)
    asked = scene.draft(house, contract_id=at.under.id, weeks=3)

    async def send() -> list[UUID]:
        async with house.database.unit_of_work() as session:
            return list(await deliveries.plan(session, at.manager, house.vault, asked))

    first, second = await asyncio.gather(send(), send())
    assert first == second and len(first) == 3
    async with house.database.reading() as session:
        assert len((await session.scalars(select(Delivery))).all()) == 3
        assert len((await session.scalars(select(DeliveryRecipient))).all()) == 3


async def test_those_who_received_it_or_the_community_confirm_and_never_the_provider(house: House) -> None:
    at = await scene.people(house)
    coming = await scene.plan(house, at)
    with pytest.raises(DeliveryIsNotDone):
        await scene.confirm(house, at.lady, coming)
    made = await scene.done(house, at)
    for viewer, refusal in (
        (at.manager, ProviderDoesNotConfirm),
        (at.member, ProviderDoesNotConfirm),
        (replace(at.member, roles=(*at.member.roles, *at.worker.roles)), ProviderDoesNotConfirm),
        (at.officer, NotPermitted),
        (at.outsider, NotFound),
        (STRANGER, SignInNeeded),
    ):
        with pytest.raises(refusal):
            await scene.confirm(house, viewer, made)
        with pytest.raises(refusal):
            await scene.dispute(house, viewer, made)
    await scene.confirm(house, at.worker, made)
    await scene.confirm(house, at.lady, made)
    assert (await scene.seen(house, at.lady, made)).confirmed_as == "community"


async def test_a_dispute_has_its_days_and_its_words_are_not_for_neighbours(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at, receiver="group", people=5)
    async with house.database.unit_of_work() as session:
        neighbour = await builders.viewer(session, "邻居老陈")
        await delivering.recipient(session, made, neighbour.signed_in())
    for _twice in range(2):
        await scene.dispute(house, at.lady, made)
    with pytest.raises(DeliveryIsDisputedAlready):
        await scene.dispute(house, neighbour, made)
    assert (await scene.seen(house, neighbour, made)).dispute is None
    for viewer in (at.manager, at.officer, at.worker, at.lady):
        row = await scene.seen(house, viewer, made)
        assert (row.state, row.dispute) == (DeliveryState.DISPUTED, "只来了一个人")
    other = await scene.done(house, at)
    clock.advance(timedelta(days=15, seconds=1))
    with pytest.raises(DisputeIsTooLate) as refused:
        await scene.dispute(house, at.lady, other)
    assert refused.value.facts["days"] == 15 and refused.value.article
    with pytest.raises(ValidationError):
        DisputeDraft(text="好" * 100_000)


async def test_a_partner_of_the_consortium_does_not_say_that_it_was_so(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    async with house.database.unit_of_work() as session:
        partner_id = await builders.organisation(session, "联合体成员社")
        (await session.scalars(select(Bid))).one().members = [str(partner_id)]
    member = HeldRole(Role.ORGANISATION_MEMBER, organisation_id=partner_id)
    for speaker in (at.lady, at.worker):
        with pytest.raises(ProviderDoesNotConfirm):
            await scene.confirm(house, replace(speaker, roles=(*speaker.roles, member)), made)
    await scene.confirm(house, at.lady, made)


async def test_recipients_are_named_until_it_is_done_and_the_same_one_once(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    again = await scene.add(house, at.manager, made, "138 0013 8000", "林阿婆")
    assert again == await scene.add(house, at.member, made, "+86 13800138000")
    other = await scene.add(house, at.member, made, "13900139000", "王伯伯")
    async with house.database.reading() as session:
        shown = await details.recipients_of(session, at.worker, house.vault, made)
        assert [(one.name, one.phone) for one in shown] == [
            ("林奶奶", "138****8000"),
            ("王伯伯", "139****9000"),
        ]
        for viewer in (at.officer, at.lady, at.outsider):
            with pytest.raises(NotFound):
                await details.recipients_of(session, viewer, house.vault, made)
        for row in (await session.scalars(select(DeliveryRecipient))).all():
            assert b"13" not in (row.phone_sealed or b"")[12:14] and row.phone_fingerprint
    for viewer in (at.officer, at.lady):
        with pytest.raises(NotPermitted):
            await scene.add(house, viewer, made, "13700137000")
    async with house.database.unit_of_work() as session:
        assert await recipients.remove(session, at.manager, other) == made
        assert await recipients.add_seats(session, at.manager, made, SeatsDraft(seats=4)) == 5
        with pytest.raises(RecipientsAreTooMany):
            await recipients.add_seats(session, at.manager, made, SeatsDraft(seats=496))
    assert (await scene.seen(house, at.manager, made)).people == 5
    ended = await scene.done(house, at)
    with pytest.raises(DeliveryIsDone):
        await scene.add(house, at.manager, ended, "13900139000")


async def test_a_phone_alone_never_tells_whose_account_it_is(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, recipients=())
    await scene.add(house, at.manager, made, scene.PHONE)
    await scene.add(house, at.manager, made, "13900139000")
    async with house.database.reading() as session:
        shown = await details.recipients_of(session, at.manager, house.vault, made)
    assert [one.name for one in shown] == [None, None]


async def test_a_longer_list_asks_no_more_statements(house: House) -> None:
    at = await scene.people(house)
    counted = []
    for _again in range(2):
        for _one in range(4):
            await scene.plan(house, at)
        with counting(house) as sent:
            async with house.database.reading() as session:
                rows = await details.of_contract(
                    session, at.officer, at.under.id, Shelf.COMING, PageRequest(50, None)
                )
                ids = [row.id for row in rows.rows]
                await details.commitments_of(session, at.officer, ids)
                await details.evidence_of(session, at.officer, ids)
        counted.append(len(sent))
    assert counted[0] == counted[1] and len(ids) == 8


async def test_numbers_out_of_range_are_no_record() -> None:
    for wrong in ({"minutes": -1}, {"minutes": 100_001}, {"minutes": 1, "actuals": {1: -5}}):
        with pytest.raises(ValidationError):
            RecordDraft.model_validate(wrong)
    with pytest.raises(ValidationError):
        RecordDraft(minutes=1, note="好" * 100_000)
