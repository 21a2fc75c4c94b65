"""A delivery is recorded, shown by evidence, confirmed or disputed by those who received it, and accepted by those who asked for it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.delivery.deliveries import accepting, deliveries, details, evidence, own_data, recipients
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.drafts import (
    AcceptanceOfManyDraft,
    CancelDraft,
    DisputeDraft,
    EvidenceDraft,
    EvidenceKind,
    Receiver,
    RecordDraft,
    SeatsDraft,
)
from marketplace.delivery.deliveries.errors import (
    AnotherOneConfirms,
    DeliveryIsCancelled,
    DeliveryIsDecided,
    DeliveryIsDisputedAlready,
    DeliveryIsDone,
    DeliveryIsNotDone,
    DeliveryIsRecordedAlready,
    DeliveryIsTooEarly,
    DisputeIsDecidedAlone,
    DisputeIsTooLate,
    EvidenceIsFixed,
    EvidenceIsTooMuch,
    ProviderDoesNotAccept,
    ProviderDoesNotConfirm,
    RecipientsAreTooMany,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.identity.models import Person
from marketplace.identity.viewer import STRANGER, HeldRole, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations.errors import DocumentIsTooLarge, DocumentTypeIsNotTaken
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement.bids.models import Bid
from marketplace.procurement.contracts.errors import ReasonIsMissing
from tests import builders, delivering
from tests.delivery.deliveries import scene
from tests.statements import counting

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
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


async def test_officers_accept_or_send_back_and_the_provider_puts_it_right(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    for viewer, refusal in (
        (at.manager, ProviderDoesNotAccept),
        (replace(at.manager, roles=(*at.manager.roles, *at.officer.roles)), ProviderDoesNotAccept),
        (at.worker, NotPermitted),
        (at.lady, NotPermitted),
        (at.outsider, NotFound),
    ):
        with pytest.raises(refusal):
            await scene.decide(house, viewer, made)
    with pytest.raises(ReasonIsMissing):
        await scene.decide(house, at.officer, made, False)
    await scene.decide(house, at.officer, made, False, reason="缺少签字单")
    await scene.decide(house, at.officer, made, False, reason="缺少签字单")
    with pytest.raises(DeliveryIsDecided):
        await scene.decide(house, at.officer, made)
    first_done_at = (await scene.seen(house, at.officer, made)).done_at
    clock.advance(timedelta(hours=1))
    await scene.record(house, at.manager, made, 65)
    row = await scene.seen(house, at.officer, made)
    assert (row.state, row.minutes, row.done_at) == (DeliveryState.DONE, 65, first_done_at)
    await scene.decide(house, at.officer, made)
    clock.advance(timedelta(hours=1))
    await scene.dispute(house, at.lady, made)
    assert (await scene.seen(house, at.officer, made)).state is DeliveryState.DISPUTED
    await scene.decide(house, at.officer, made)
    assert (await scene.seen(house, at.officer, made)).state is DeliveryState.ACCEPTED


async def test_several_are_accepted_together_and_a_dispute_by_itself(house: House) -> None:
    at = await scene.people(house)
    made = [await scene.done(house, at) for _one in range(3)]

    async def accept(viewer: Viewer) -> int:
        async with house.database.unit_of_work() as session:
            return await accepting.accept_many(
                session, viewer, AcceptanceOfManyDraft(delivery_ids=tuple(made))
            )

    with pytest.raises(ProviderDoesNotAccept):
        await accept(at.manager)
    await scene.dispute(house, at.lady, made[2])
    with pytest.raises(DisputeIsDecidedAlone):
        await accept(at.officer)
    assert (await scene.seen(house, at.officer, made[0])).state is DeliveryState.DONE
    made.pop()
    assert list(await asyncio.gather(accept(at.officer), accept(at.officer))) == [2, 2]
    for one in made:
        assert (await scene.seen(house, at.officer, one)).state is DeliveryState.ACCEPTED
    with pytest.raises(ValidationError):
        AcceptanceOfManyDraft(delivery_ids=())


async def test_the_community_accepts_what_came_of_a_need_but_not_its_own_record(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, raised_by=at.lady.signed_in())
        second = await builders.viewer(
            session, "社工小钱", Role.DISTRICT_OFFICER, at.worker.areas_of(Role.COMMUNITY_WORKER)[0]
        )
    made = await scene.plan(house, at, at.worker, need_id=need_id, starts_at=clock.now())
    await scene.record(house, at.worker, made)
    with pytest.raises(AnotherOneConfirms):
        await scene.decide(house, at.worker, made)
    await scene.decide(house, second, made)
    assert (await scene.seen(house, at.lady, made)).state is DeliveryState.ACCEPTED


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


async def test_a_partner_of_the_consortium_does_not_accept_either(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    async with house.database.unit_of_work() as session:
        partner_id = await builders.organisation(session, "联合体成员社")
        (await session.scalars(select(Bid))).one().members = [str(partner_id)]
    both = replace(
        at.officer,
        roles=(*at.officer.roles, HeldRole(Role.ORGANISATION_MEMBER, organisation_id=partner_id)),
    )
    with pytest.raises(ProviderDoesNotAccept):
        await scene.decide(house, both, made)


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


async def test_evidence_is_by_the_servers_time_bounded_and_provable(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    with pytest.raises(DeliveryIsTooEarly):
        await show(house, at.member, made, EvidenceKind.ARRIVED)
    clock.advance(timedelta(days=1))
    came = await show(house, at.member, made, EvidenceKind.ARRIVED)
    assert came == await show(house, at.member, made, EvidenceKind.ARRIVED)
    photo = await show(house, at.member, made, EvidenceKind.PHOTO, PNG)
    assert photo == await show(house, at.member, made, EvidenceKind.PHOTO, PNG)
    await show(house, at.member, made, EvidenceKind.SIGNED_NOTE, PDF)
    for kind, content, refusal in (
        (EvidenceKind.PHOTO, PDF, DocumentTypeIsNotTaken),
        (EvidenceKind.PHOTO, b"MZ", DocumentTypeIsNotTaken),
        (EvidenceKind.PHOTO, None, InputIsInvalid),
        (EvidenceKind.PHOTO, PNG + b"0" * 8 * 1024 * 1024, DocumentIsTooLarge),
        (EvidenceKind.REMARK, None, InputIsInvalid),
    ):
        with pytest.raises(refusal):
            await show(house, at.member, made, kind, content)
    for viewer, closed in ((at.lady, NotPermitted), (at.officer, NotPermitted), (at.outsider, NotFound)):
        with pytest.raises(closed):
            await show(house, viewer, made, EvidenceKind.ARRIVED)
    async with house.database.reading() as session:
        assert (await evidence.read(session, at.officer, house.files, photo)).content == PNG
        with pytest.raises(NotFound):
            await evidence.read(session, at.outsider, house.files, photo)
        rows = (await details.evidence_of(session, at.lady, [made]))[made]
        assert (rows[0].kind, rows[0].added_at, rows[0].is_mine) == ("arrived", clock.now(), False)
    with pytest.raises(NotPermitted):
        await take_back(house, at.worker, photo)
    await take_back(house, at.manager, photo)
    await take_back(house, at.manager, photo)
    async with house.database.reading() as session:
        with pytest.raises(NotFound):
            await evidence.read(session, at.manager, house.files, photo)
    for number in range(18):
        await show(house, at.member, made, EvidenceKind.REMARK, text=f"第 {number} 条")
    with pytest.raises(EvidenceIsTooMuch):
        await show(house, at.member, made, EvidenceKind.LEFT)


async def test_a_neighbour_does_not_read_the_signed_note_of_a_group(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, receiver=Receiver.GROUP, people=12)
    clock.advance(timedelta(days=1))
    note = await show(house, at.member, made, EvidenceKind.SIGNED_NOTE, PDF)
    async with house.database.reading() as session:
        assert (await evidence.read(session, at.worker, house.files, note)).content == PDF
        assert await details.evidence_of(session, at.officer, [made])
        assert not await details.evidence_of(session, at.lady, [made])
        with pytest.raises(NotFound):
            await evidence.read(session, at.lady, house.files, note)


async def test_what_was_accepted_keeps_its_evidence(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    piece = await show(house, at.member, made, EvidenceKind.REMARK, text="水温正常")
    await scene.decide(house, at.officer, made)
    with pytest.raises(EvidenceIsFixed):
        await show(house, at.member, made, EvidenceKind.LEFT)
    with pytest.raises(EvidenceIsFixed):
        await take_back(house, at.member, piece)


async def test_the_buyer_reads_what_a_contracts_deliveries_came_to(house: House) -> None:
    at = await scene.people(house)
    await scene.plan(house, at, milestone_id=at.under.milestone_id)
    accepted = await scene.done(house, at, milestone_id=at.under.milestone_id)
    await scene.decide(house, at.officer, accepted)
    waiting = await scene.done(house, at)
    await scene.dispute(house, at.lady, waiting)
    async with house.database.reading() as session:
        for viewer in (at.officer, at.member):
            told = await details.contract_deliveries(session, viewer, at.under.id)
            assert (told.planned, told.done, told.accepted, told.minutes) == (3, 2, 1, 120)
            assert (told.kept, told.told, told.shelves[Shelf.TO_DECIDE]) == (2, 2, 1)
        for closed in (at.worker, at.lady, at.outsider):
            with pytest.raises(NotFound):
                await details.contract_deliveries(session, closed, at.under.id)
        steps = await details.by_milestone(session, at.officer, at.under.id)
        assert steps == {at.under.milestone_id: (2, 1)}
        page = await details.of_contract(
            session, at.officer, at.under.id, Shelf.TO_DECIDE, PageRequest(20, None)
        )
        assert [row.id for row in page.rows] == [waiting]


async def test_what_is_disputed_after_its_acceptance_counts_as_accepted_no_more(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    await scene.decide(house, at.officer, made)
    clock.advance(timedelta(hours=1))
    await scene.dispute(house, at.lady, made)
    async with house.database.reading() as session:
        told = await details.contract_deliveries(session, at.officer, at.under.id)
    assert (told.done, told.accepted, told.shelves[Shelf.DISPUTED]) == (1, 0, 1)


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


async def test_whoever_is_erased_leaves_no_name_phone_or_word(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    await scene.dispute(house, at.lady, made)
    await show(house, at.member, made, EvidenceKind.REMARK, text="老人身体不适")
    async with house.database.unit_of_work() as session:
        mine = await own_data.collect(session, at.lady.signed_in())
        assert [one["title"] for one in mine["received"]] == ["上门助浴"]
        assert mine["disputed"][0]["dispute"] == "只来了一个人"
        await own_data.erase(session, at.lady.signed_in())
        await own_data.erase(session, at.member.signed_in())
    async with house.database.reading() as session:
        row = (await session.scalars(select(DeliveryRecipient))).one()
        assert (row.name_sealed, row.phone_sealed, row.phone_fingerprint) == (None, None, None)
        kept = (await session.scalars(select(Delivery))).one()
        assert kept.disputed_at is not None and (kept.dispute, kept.place) == ("", "")
        rows = (await details.evidence_of(session, at.officer, [made]))[made]
        assert [one.text for one in rows] == [None]


async def test_a_place_stays_while_others_receive_it_there_and_where_it_is_no_home(house: House) -> None:
    at = await scene.people(house)
    shared = await scene.plan(house, at, receiver=Receiver.HOUSEHOLD)
    await scene.add(house, at.manager, shared, "13900139000", "王伯伯")
    await scene.plan(house, at, receiver=Receiver.GROUP)
    async with house.database.unit_of_work() as session:
        await own_data.erase(session, at.lady.signed_in())
    async with house.database.reading() as session:
        assert all(await session.scalars(select(Delivery.place)))


async def test_whoever_gets_somebody_elses_number_gets_nothing_of_theirs(house: House) -> None:
    at = await scene.people(house)
    await scene.plan(house, at)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Person, at.lady.signed_in())).phone_fingerprint = None
        await session.flush()
        await scene.give_phone(house, session, at.outsider.signed_in())
        assert (await own_data.collect(session, at.outsider.signed_in()))["received"] == []
        await own_data.erase(session, at.outsider.signed_in())
        assert (await session.scalars(select(DeliveryRecipient))).one().name_sealed is not None


async def test_numbers_out_of_range_are_no_record() -> None:
    for wrong in ({"minutes": -1}, {"minutes": 100_001}, {"minutes": 1, "actuals": {1: -5}}):
        with pytest.raises(ValidationError):
            RecordDraft.model_validate(wrong)
    with pytest.raises(ValidationError):
        RecordDraft(minutes=1, note="好" * 100_000)


async def show(
    house: House,
    viewer: Viewer,
    delivery_id: UUID,
    kind: EvidenceKind,
    content: bytes | None = None,
    text: str | None = None,
) -> UUID:
    async with house.database.unit_of_work() as session:
        said = EvidenceDraft(kind=kind, text=text, file_name="照片")
        return await evidence.add(session, viewer, house.files, delivery_id, said, content)


async def take_back(house: House, viewer: Viewer, evidence_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await evidence.remove(session, viewer, evidence_id)
