"""What shows that a delivery happened: by the server's time, bounded, read by those whom it concerns, fixed once it is accepted."""

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import details, evidence
from marketplace.delivery.deliveries.drafts import (
    EvidenceKind,
    Receiver,
)
from marketplace.delivery.deliveries.errors import (
    DeliveryIsTooEarly,
    EvidenceIsFixed,
    EvidenceIsTooMuch,
)
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.organisations.errors import DocumentIsTooLarge, DocumentTypeIsNotTaken
from tests.delivery.deliveries import scene

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
PDF = b"%PDF-1.7 " + b"0" * 40


async def test_evidence_is_by_the_servers_time_bounded_and_provable(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    with pytest.raises(DeliveryIsTooEarly):
        await scene.show(house, at.member, made, EvidenceKind.ARRIVED)
    clock.advance(timedelta(days=1))
    came = await scene.show(house, at.member, made, EvidenceKind.ARRIVED)
    assert came == await scene.show(house, at.member, made, EvidenceKind.ARRIVED)
    photo = await scene.show(house, at.member, made, EvidenceKind.PHOTO, PNG)
    assert photo == await scene.show(house, at.member, made, EvidenceKind.PHOTO, PNG)
    await scene.show(house, at.member, made, EvidenceKind.SIGNED_NOTE, PDF)
    for kind, content, refusal in (
        (EvidenceKind.PHOTO, PDF, DocumentTypeIsNotTaken),
        (EvidenceKind.PHOTO, b"MZ", DocumentTypeIsNotTaken),
        (EvidenceKind.PHOTO, None, InputIsInvalid),
        (EvidenceKind.PHOTO, PNG + b"0" * 8 * 1024 * 1024, DocumentIsTooLarge),
        (EvidenceKind.REMARK, None, InputIsInvalid),
    ):
        with pytest.raises(refusal):
            await scene.show(house, at.member, made, kind, content)
    for viewer, closed in ((at.lady, NotPermitted), (at.officer, NotPermitted), (at.outsider, NotFound)):
        with pytest.raises(closed):
            await scene.show(house, viewer, made, EvidenceKind.ARRIVED)
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
        await scene.show(house, at.member, made, EvidenceKind.REMARK, text=f"第 {number} 条")
    with pytest.raises(EvidenceIsTooMuch):
        await scene.show(house, at.member, made, EvidenceKind.LEFT)


async def test_a_neighbour_does_not_read_the_signed_note_of_a_group(house: House, clock: FixedClock) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, receiver=Receiver.GROUP, people=12)
    clock.advance(timedelta(days=1))
    note = await scene.show(house, at.member, made, EvidenceKind.SIGNED_NOTE, PDF)
    async with house.database.reading() as session:
        assert (await evidence.read(session, at.worker, house.files, note)).content == PDF
        assert await details.evidence_of(session, at.officer, [made])
        assert not await details.evidence_of(session, at.lady, [made])
        with pytest.raises(NotFound):
            await evidence.read(session, at.lady, house.files, note)


async def test_what_was_accepted_keeps_its_evidence(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    piece = await scene.show(house, at.member, made, EvidenceKind.REMARK, text="水温正常")
    await scene.decide(house, at.officer, made)
    with pytest.raises(EvidenceIsFixed):
        await scene.show(house, at.member, made, EvidenceKind.LEFT)
    with pytest.raises(EvidenceIsFixed):
        await take_back(house, at.member, piece)


async def take_back(house: House, viewer: Viewer, evidence_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await evidence.remove(session, viewer, evidence_id)
