"""Drafts are written, linted and published once; who may not see one does not learn that it is there."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import Conflict, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.pagination import PageRequest
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement import records
from marketplace.procurement.errors import ChangedMeanwhile
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import drafting, linting, queries, tenders
from marketplace.procurement.tenders.drafts import CancellationDraft, NewTenderDraft
from marketplace.procurement.tenders.errors import (
    FileIsUnlawful,
    TenderGoesOn,
    TenderHasASuccessor,
    TenderIsAwarded,
)
from marketplace.procurement.tenders.file import Criterion, CriterionKind, read_file
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.tenders.states import Stage
from tests import builders, buying, city
from tests.procurement.tenders import scene
from tests.statements import counting


class KeyIsMissing(Conflict):
    """Stands for what the room of bids raises."""


async def _no_key(_session: Session, _tender_id: UUID) -> None:
    raise KeyIsMissing()


async def test_a_published_file_is_version_one_with_its_hash_lots_record_and_news(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer, lots=2)
    async with house.database.reading() as session:
        details = await queries.tender(session, STRANGER, tender_id)
        assert details.stage is Stage.ENQUIRY
        assert details.tender.reference == "CN-2026-0001"
        assert details.in_force is not None
        assert details.in_force.content_hash == details.file.hash
        assert [one.lot.number for one in details.lots] == [1, 2]
        assert details.row.ceiling_fen == 2 * buying.CEILING
        actions = [one.action for one in await records.entries(session, tender_id)]
        assert actions == ["tender.drafted", "tender.published"]
        names = (await session.scalars(select(OutboxEvent.name))).all()
        assert "TenderPublished" in names


async def test_a_second_click_changes_nothing(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
    async with house.database.unit_of_work() as session:
        await tenders.publish(session, officer, tender_id, must_be_ready=scene.ready)
        assert await session.scalar(select(func.count()).select_from(TenderVersion)) == 1
        assert len(await records.entries(session, tender_id)) == 2


async def test_two_officers_publish_at_once_and_there_is_one_version(house: House) -> None:
    async with house.database.unit_of_work() as session:
        first = await buying.officer(session)
        second = await buying.officer(session, "采购员小赵")
        tender_id = await scene.drafted(session, first)

    async def publish(officer: Viewer) -> None:
        async with house.database.unit_of_work() as session:
            await tenders.publish(session, officer, tender_id, must_be_ready=scene.ready)

    await asyncio.gather(publish(first), publish(second))
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(TenderVersion)) == 1
        assert await session.scalar(select(func.count()).select_from(Lot)) == 1


async def test_references_are_given_out_once_each_under_a_race(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        buyer_id = await buying.buyer(session)

    async def start() -> None:
        async with house.database.unit_of_work() as session:
            draft = NewTenderDraft(buyer_id=buyer_id, procedure=Procedure.FRAMEWORK)
            await drafting.start(session, officer, draft)

    await asyncio.gather(*(start() for _ in range(6)))
    async with house.database.reading() as session:
        given = sorted(await session.scalars(select(Tender.reference)))
    assert given == [f"CN-2026-{number:04d}" for number in range(1, 7)]


async def test_weights_of_ninety_nine_are_refused_with_the_article(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        file = buying.file(session)
        weights = zip(file.criteria, (50, 30, 19), strict=True)
        criteria = tuple(one.model_copy(update={"weight": weight}) for one, weight in weights)
        tender_id = await scene.drafted(session, officer, criteria=criteria)
    async with house.database.unit_of_work() as session:
        with pytest.raises(FileIsUnlawful) as refusal:
            await tenders.publish(session, officer, tender_id, must_be_ready=scene.ready)
    assert [(one.field, one.code) for one in refusal.value.problems] == [("criteria", "lint_weights_under")]
    assert refusal.value.article and "第五十五条" in refusal.value.article
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, tender_id)).published_at is None


async def test_a_price_of_eight_percent_and_registered_capital_are_refused_with_their_articles(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        scale = buying.file(session).criteria[1].scale
        tender_id = await scene.drafted(
            session,
            officer,
            criteria=(
                Criterion(key="price", kind=CriterionKind.PRICE, name="价格", weight=8),
                Criterion(key="plan", kind=CriterionKind.QUALITY, name="方案", weight=62, scale=scale),
                Criterion(key="size", kind=CriterionKind.QUALITY, name="注册资本", weight=30, scale=scale),
            ),
        )
        found = {one.code: one for one in await linting.of_draft(session, officer, tender_id)}
    assert "第五十五条" in (found["lint_price_weight_low"].article or "")
    assert "第十七条" in (found["lint_size"].article or "")


async def test_without_a_key_nothing_is_published(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.drafted(session, officer)
    with pytest.raises(KeyIsMissing):
        async with house.database.unit_of_work() as session:
            await tenders.publish(session, officer, tender_id, must_be_ready=_no_key)
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, tender_id)).published_at is None


async def test_whoever_saves_an_older_draft_is_told(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.drafted(session, officer)
        with pytest.raises(ChangedMeanwhile):
            await drafting.save(session, officer, tender_id, buying.file(session, title="另一份"), 1)
        assert (await session.get_one(Tender, tender_id)).title == "社区助浴服务"


async def test_a_lot_cannot_borrow_the_id_of_another_tenders_lot(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        other = await buying.tender(session)
        stolen = buying.file(session)
        stolen = stolen.model_copy(update={"lots": (buying.lot(1, id=other.lot_ids[0]),)})
        tender_id = await scene.drafted(session, officer)
        await drafting.save(session, officer, tender_id, stolen, 2)
        await tenders.publish(session, officer, tender_id, must_be_ready=scene.ready)
        mine = (await queries.tender(session, officer, tender_id)).lots
        assert [one.id for one in mine] != list(other.lot_ids)


async def test_a_draft_is_seen_by_its_buyer_and_the_supervisor_only(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        supervisor = await buying.supervisor(session)
        outsider = await buying.officer(session, "徐汇采购员", city.XUHUI)
        resident = await builders.viewer(session)
        tender_id = await scene.drafted(session, officer)
        for viewer in (officer, supervisor):
            assert (await queries.tender(session, viewer, tender_id)).stage is Stage.DRAFT
        for viewer in (STRANGER, outsider, resident):
            with pytest.raises(NotFound):
                await queries.tender(session, viewer, tender_id)
            with pytest.raises((NotFound, SignInNeeded)):
                await tenders.publish(session, viewer, tender_id, must_be_ready=scene.ready)
        with pytest.raises(NotPermitted):
            await drafting.save(session, supervisor, tender_id, buying.file(session), 2)
        await tenders.publish(session, officer, tender_id, must_be_ready=scene.ready)
        with pytest.raises(NotPermitted):
            await tenders.cancel(session, outsider, tender_id, CancellationDraft(reason="不该由我"))


async def test_a_tender_that_ended_has_one_successor_and_both_say_so(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        ended = await session.get_one(Tender, tender_id)
        again = NewTenderDraft(
            buyer_id=ended.buyer_id, procedure=Procedure.OPEN_TENDER, replaces_tender_id=tender_id
        )
        with pytest.raises(TenderGoesOn):
            await drafting.start(session, officer, again)
        await tenders.end_unsuccessful(session, tender_id, "too_few_bids", officer.person_id)
        successor_id = await drafting.start(session, officer, again)
        with pytest.raises(TenderHasASuccessor):
            await drafting.start(session, officer, again)
        details = await queries.tender(session, officer, tender_id)
        assert details.stage is Stage.UNSUCCESSFUL
        assert details.replaced_by is not None and details.replaced_by.id == successor_id
        after, file = await queries.draft(session, officer, successor_id)
        assert after.replaces is not None and after.replaces.id == tender_id
        assert file.problem == details.file.problem
        assert file.submissions_end_at is None
        assert file.lots[0].id != details.file.lots[0].id
        assert (await queries.tender(session, STRANGER, tender_id)).replaced_by is None


async def test_a_tender_is_called_off_with_a_reason_until_it_is_awarded(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        awarded = await buying.tender(session, awarded_at=session.now())
        with pytest.raises(TenderIsAwarded):
            await tenders.cancel(session, officer, awarded.id, CancellationDraft(reason="不需要了"))
        await tenders.cancel(session, officer, tender_id, CancellationDraft(reason="预算取消"))
        await tenders.cancel(session, officer, tender_id, CancellationDraft(reason="第二次"))
        details = await queries.tender(session, STRANGER, tender_id)
        assert details.stage is Stage.CANCELLED
        assert details.tender.cancellation_reason == "预算取消"


async def test_with_its_last_lot_a_tender_ends(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer, lots=2)
        first, second = [one.id for one in (await queries.tender(session, officer, tender_id)).lots]
        await tenders.end_lot_unsuccessful(session, first, "too_few_bids", None)
        assert (await queries.row(session, STRANGER, tender_id)).stage is Stage.ENQUIRY
        await tenders.end_lot_unsuccessful(session, second, "too_few_bids", None)
        assert (await queries.row(session, STRANGER, tender_id)).stage is Stage.UNSUCCESSFUL


async def test_a_list_of_tenders_costs_the_same_however_long(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for _ in range(3):
            await buying.tender(session, buying.file(session, lots=2))
    counts = []
    for first in (1, 3):
        async with house.database.reading() as session:
            with counting(house) as seen:
                page = await queries.page(session, STRANGER, queries.TenderFilters(), PageRequest(first))
            counts.append(len(seen))
            assert len(page.rows) == first
    assert counts[0] == counts[1] == 3


async def test_a_stage_in_sql_is_the_stage_in_python(house: House) -> None:
    async with house.database.unit_of_work() as session:
        now = session.now()
        cases: list[dict[str, Any]] = [
            {},
            {"enquiries_end_at": now},
            {"enquiries_end_at": now, "submissions_end_at": now},
            {"opened_at": now},
            {"opened_at": now, "evaluated_at": now},
            {"opened_at": now, "evaluated_at": now, "awarded_at": now},
            {"opened_at": now, "evaluated_at": now, "awarded_at": now, "completed_at": now},
            {"suspended_at": now, "opened_at": now},
            {"unsuccessful_at": now},
            {"cancelled_at": now, "unsuccessful_at": now},
            {"published_at": None},
        ]
        for facts in cases:
            await buying.tender(session, **facts)
        for stage in Stage:
            rows = await session.scalars(select(Tender).where(queries.is_in(stage, now)))
            found = rows.all()
            assert len(found) == 1, stage
            assert queries.stage(found[0], now) is stage
        assert read_file(found[0].draft).title
