"""Amendments: the next version, the deadline that moves by rule, bids that have to be confirmed, never after the deadline."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.notices.models import Notice
from marketplace.procurement import records
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.tenders import amendments, documents, drafting, follows, queries
from marketplace.procurement.tenders.drafts import AmendmentDraft, DocumentDraft
from marketplace.procurement.tenders.errors import (
    AmendmentAffectsBids,
    AmendmentChangesNothing,
    AmendmentIsTooLate,
    DeadlineMovesForwardOnly,
)
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Lot, Tender
from tests import buying
from tests.deliveries import drain
from tests.procurement.tenders import scene

_WHY = AmendmentDraft(reason="澄清评分标准")
_HARMLESS = AmendmentDraft(reason="改正错字", affects_bids=False)


async def _edit(session: Session, officer: Viewer, tender_id: UUID, **changes: object) -> TenderFile:
    details, file = await queries.draft(session, officer, tender_id)
    changed = file.model_copy(update=changes)
    await drafting.save(session, officer, tender_id, changed, details.tender.draft_version)
    return changed


def _weights(file: TenderFile, *weights: int) -> dict[str, object]:
    return {
        "criteria": tuple(
            one.model_copy(update={"weight": weight})
            for one, weight in zip(file.criteria, weights, strict=True)
        )
    }


async def test_fewer_than_fifteen_days_left_and_the_deadline_moves_so_that_fifteen_remain(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        organisation_id, manager = await buying.supplier(session)
        await follows.follow(session, manager, tender_id, organisation_id)
    clock.advance(timedelta(days=20))
    async with house.database.unit_of_work() as session:
        before = (await session.get_one(Tender, tender_id)).submissions_end_at
        _, file = await queries.draft(session, officer, tender_id)
        await _edit(session, officer, tender_id, **_weights(file, 30, 40, 30))
        assert await amendments.amend(session, officer, tender_id, _WHY) == 2
    await drain(house)
    async with house.database.reading() as session:
        details = await queries.tender(session, STRANGER, tender_id)
        assert before is not None and details.tender.submissions_end_at is not None
        assert details.tender.submissions_end_at > before
        left = details.tender.submissions_end_at - clock.now()
        assert timedelta(days=15) <= left <= timedelta(days=18), left
        assert [one.voids_bids for one in details.versions] == [False, True]
        assert details.file.submissions_end_at == details.tender.submissions_end_at
        assert details.in_force is not None and details.in_force.content_hash == details.file.hash
        kinds = await session.scalars(select(Notice.kind).where(Notice.person_id == manager.signed_in()))
        assert "tender_amended_bids" in set(kinds)
        assert "tender.amended" in {one.action for one in await records.entries(session, tender_id)}


async def test_with_more_than_fifteen_days_left_the_deadline_stays(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        before = (await session.get_one(Tender, tender_id)).submissions_end_at
        await _edit(session, officer, tender_id, description="每周一至周六上门。")
        await amendments.amend(session, officer, tender_id, _WHY)
        assert (await session.get_one(Tender, tender_id)).submissions_end_at == before


async def test_a_corrected_word_leaves_bids_and_deadline_where_they_are(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
    clock.advance(timedelta(days=25))
    async with house.database.unit_of_work() as session:
        before = (await session.get_one(Tender, tender_id)).submissions_end_at
        await _edit(session, officer, tender_id, description="由持证护理员上门协助洗浴。")
        content = b"%PDF-1.7 map"
        await documents.add(
            session,
            officer,
            house.files,
            tender_id,
            DocumentDraft(title="地图", file_name="地图.pdf"),
            content,
        )
        await amendments.amend(session, officer, tender_id, _HARMLESS)
        details = await queries.tender(session, STRANGER, tender_id)
        assert details.tender.submissions_end_at == before
        assert details.versions[-1].voids_bids is False
        (paper,) = details.file.documents
        shown = await documents.read(session, STRANGER, house.files, paper.id)
        assert shown.content == content


async def test_what_bids_are_made_by_cannot_be_declared_harmless(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        _, file = await queries.draft(session, officer, tender_id)
        await _edit(session, officer, tender_id, **_weights(file, 30, 40, 30))
        with pytest.raises(AmendmentAffectsBids):
            await amendments.amend(session, officer, tender_id, _HARMLESS)


async def test_the_deadline_never_comes_nearer_and_no_change_is_no_amendment(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        with pytest.raises(AmendmentChangesNothing):
            await amendments.amend(session, officer, tender_id, _WHY)
        await _edit(session, officer, tender_id, submissions_end_at=session.now() + timedelta(days=25))
        with pytest.raises(DeadlineMovesForwardOnly):
            await amendments.amend(session, officer, tender_id, _WHY)
        await drafting.reset(session, officer, tender_id)
        with pytest.raises(AmendmentChangesNothing):
            await amendments.amend(session, officer, tender_id, _WHY)


async def test_lots_are_added_and_removed_and_keep_their_numbers(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer, lots=2)
        _, file = await queries.draft(session, officer, tender_id)
        await _edit(session, officer, tender_id, lots=(file.lots[0], buying.lot(2)))
        _, changed = await queries.draft(session, officer, tender_id)
        assert changed.lots[1].id == file.lots[1].id, "the known lot with this number"
        await _edit(session, officer, tender_id, lots=(file.lots[0], buying.lot(3)))
        await amendments.amend(session, officer, tender_id, _WHY)
        rows = (
            await session.scalars(select(Lot).where(Lot.tender_id == tender_id).order_by(Lot.number))
        ).all()
        assert [(row.number, row.removed_at is None) for row in rows] == [(1, True), (2, False), (3, True)]
        await _edit(session, officer, tender_id, lots=(file.lots[0], buying.lot(2, title="新的第二包")))
        with pytest.raises(InputIsInvalid):
            await amendments.amend(session, officer, tender_id, _WHY)


async def test_after_the_deadline_nothing_is_amended(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        await _edit(session, officer, tender_id, description="另一种说法")
    clock.advance(timedelta(days=30))
    with pytest.raises(AmendmentIsTooLate):
        async with house.database.unit_of_work() as session:
            await amendments.amend(session, officer, tender_id, _HARMLESS)
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, tender_id)).version == 1


async def test_the_deadline_that_moves_meanwhile_is_judged_by_the_statement_that_writes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        await _edit(session, officer, tender_id, description="另一种说法")

    lint = amendments.linting.must_be_lawful

    async def slow(session: Session, tender: Tender, file: TenderFile) -> None:
        """While the linter reads, the deadline passes."""
        await lint(session, tender, file)
        await session.execute(
            update(Tender)
            .where(Tender.id == tender_id)
            .values(enquiries_end_at=session.now(), submissions_end_at=session.now())
            .execution_options(synchronize_session=False)
        )

    monkeypatch.setattr(amendments.linting, "must_be_lawful", slow)
    with pytest.raises(AmendmentIsTooLate):
        async with house.database.unit_of_work() as session:
            await amendments.amend(session, officer, tender_id, _HARMLESS)


async def test_two_officers_amend_at_once_and_there_is_one_more_version(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officers = [await buying.officer(session), await buying.officer(session, "采购员小赵")]
        tender_id = await scene.published(session, officers[0])
        await _edit(session, officers[0], tender_id, description="另一种说法")

    async def amend(officer: Viewer) -> None:
        async with house.database.unit_of_work() as session:
            await amendments.amend(session, officer, tender_id, _HARMLESS)

    outcomes = await asyncio.gather(*map(amend, officers), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["AmendmentChangesNothing", "NoneType"]
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, tender_id)).version == 2


async def test_a_tender_at_rest_is_not_amended_and_a_draft_is_nobody_elses(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        await _edit(session, officer, tender_id, description="另一种说法")
        public = await queries.tender(session, STRANGER, tender_id)
        assert public.file.description != "另一种说法", "an amendment in preparation is not public"
        with pytest.raises(NotFound):
            await queries.draft(session, STRANGER, tender_id)
        tender = await session.get_one(Tender, tender_id)
        tender.suspended_at = session.now()
        await session.flush()
        with pytest.raises(TenderIsSuspended):
            await amendments.amend(session, officer, tender_id, _HARMLESS)
        assert read_file(tender.draft).description == "另一种说法"
