"""The check of conditions, and what too few qualified bidders mean; low prices, justified or not."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement.errors import TenderIsOver
from marketplace.procurement.evaluation import eligibility, finishing, low_prices, sheets
from marketplace.procurement.evaluation.drafts import FindingDraft, PriceAnswerDraft, PriceVoteDraft
from marketplace.procurement.evaluation.errors import (
    CheckIsClosed,
    CheckIsIncomplete,
    PriceIsNotLow,
    PriceQuestionIsClosed,
    PriceQuestionIsOpen,
    PricesAreUndecided,
    TooFewQualifiedBidders,
    VotedAlready,
)
from marketplace.procurement.evaluation.models import EligibilityFinding, EvaluationReport, PriceQuery
from marketplace.procurement.evaluation.report import read_report
from marketplace.procurement.tenders.models import Lot
from tests import builders
from tests.procurement.evaluation import scene as scenes

LOW = (10_000_000, 9_000_000, 12_500_000, 5_000_000)
"""The last is less than 60 % of the others' mean of 105,000 yuan."""
MET = FindingDraft(condition_key="registered", is_met=True, reason="证书有效")


async def test_two_qualified_where_three_are_needed_end_the_tender_with_the_reason(house: House) -> None:
    """Scenario 24: evaluation refused, unsuccessful with reason; the tender's row is free for a successor."""
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        await scenes.found(session, scene, failing=[scene.bids[1]])
        assert not await eligibility.close(session, scene.officer, scene.tender.id)
    async with house.database.unit_of_work() as session:
        tender = await scenes.tender_row(session, scene)
        lot = await session.get_one(Lot, scene.lot)
        events = set(await session.scalars(select(OutboxEvent.name)))
        with pytest.raises(TenderIsOver):
            await finishing.finish(session, scene.officer, scene.tender.id)
    assert tender.unsuccessful_reason == lot.unsuccessful_reason == "too_few_qualified"
    assert tender.unsuccessful_at is not None
    assert tender.evaluated_at is None
    assert any(name.endswith("TenderEndedUnsuccessful") for name in events)


async def test_a_lot_with_too_few_ends_and_the_others_go_on(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house, lots=2)
        offer = (await scenes.offers_of(session, scene, scene.tender.lot_ids[1]))[0]
        row = await session.get_one(scenes.BidLot, offer)
        row.refused_for = "over_ceiling"
        await scenes.found(session, scene)
        assert await eligibility.close(session, scene.officer, scene.tender.id)
        for member, viewer in await scenes.members(session, scene):
            assert member.seat
            await scenes.declarations.declare(
                session, viewer, scene.tender.id, scenes.DeclarationDraft(confirmed=True)
            )
            with pytest.raises(TooFewQualifiedBidders) as refused:
                await sheets.submit(session, viewer, scene.tender.lot_ids[1])
            await sheets.submit(session, viewer, scene.lot, scenes.points(scene))
        await finishing.finish(session, scene.officer, scene.tender.id)
        reports = (await session.scalars(select(EvaluationReport.lot_id))).all()
        tender = await scenes.tender_row(session, scene)
    assert "第四十三" in (refused.value.article or "")
    assert reports == [scene.lot]
    assert tender.unsuccessful_at is None


async def test_the_check_is_whole_before_it_is_closed_and_the_newest_finding_counts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        with pytest.raises(CheckIsIncomplete) as refused:
            await eligibility.close(session, scene.officer, scene.tender.id)
        assert refused.value.facts == {"missing": 3}
        await scenes.found(session, scene, failing=[scene.bids[0]])
        await eligibility.find(session, scene.officer, scene.bids[0], scene.tender.id, MET)
        assert await eligibility.close(session, scene.officer, scene.tender.id)
        with pytest.raises(CheckIsClosed):
            await eligibility.find(session, scene.officer, scene.bids[0], scene.tender.id, MET)
        kept = await session.scalars(
            select(EligibilityFinding.is_met)
            .where(EligibilityFinding.bid_id == scene.bids[0])
            .order_by(EligibilityFinding.number)
        )
        assert kept.all() == [False, True]


async def test_the_buyer_checks_and_whom_it_sends_and_nobody_else(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        seated = await scenes.members(session, scene)
        for _, viewer in seated:
            await scenes.declarations.declare(
                session, viewer, scene.tender.id, scenes.DeclarationDraft(confirmed=True)
            )
        await eligibility.find(session, seated[4][1], scene.bids[0], scene.tender.id, MET)
        stranger = await builders.viewer(session, "路人")
        for viewer in (seated[0][1], scene.bidders[0][1], scene.supervisor, stranger):
            with pytest.raises(NotFound):
                await eligibility.find(session, viewer, scene.bids[0], scene.tender.id, MET)
            with pytest.raises(NotPermitted):
                await eligibility.close(session, viewer, scene.tender.id)


async def test_a_low_price_that_is_not_justified_does_not_count(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house, prices=LOW)
        seated = await scenes.members(session, scene)
        with pytest.raises(PriceIsNotLow):
            await low_prices.ask(session, scene.officer, scene.offers[0])
        query_id = await low_prices.ask(session, scene.officer, scene.offers[3])
        with pytest.raises(PriceIsNotLow):
            await low_prices.ask(session, seated[0][1], scene.offers[3])
        for viewer in (scene.bidders[0][1], scene.officer):
            with pytest.raises(NotFound):
                await low_prices.answer(session, viewer, query_id, PriceAnswerDraft(text="我们有志愿者"))
        no = PriceVoteDraft(is_accepted=False, reason="未说明人工成本")
        with pytest.raises(PriceQuestionIsOpen):
            await low_prices.vote(session, seated[0][1], query_id, no)
        await low_prices.answer(
            session, scene.bidders[3][1], query_id, PriceAnswerDraft(text="场地由基金会无偿提供")
        )
        for _, viewer in seated:
            await sheets.submit(session, viewer, scene.lot, scenes.points(scene, (88, 80, 95, 99)))
        with pytest.raises(PricesAreUndecided):
            await finishing.finish(session, scene.officer, scene.tender.id)
        yes = PriceVoteDraft(is_accepted=True, reason="说明合理")
        answers = [
            await low_prices.vote(session, viewer, query_id, draft)
            for (_, viewer), draft in zip(seated[:4], (no, yes, no, no), strict=True)
        ]
        assert answers == [None, None, None, False]
        with pytest.raises(PriceQuestionIsClosed):
            await low_prices.vote(session, seated[4][1], query_id, yes)
        await finishing.finish(session, scene.officer, scene.tender.id)
        report = read_report((await session.get_one(EvaluationReport, scene.lot)).report)
    low = report.bid(str(scene.offers[3]))
    assert low.excluded_for == "low_price"
    assert low.low_price is not None
    assert [vote.is_accepted for vote in low.low_price.votes] == [False, True, False, False]
    assert [one.bid for one in report.ranking] == [str(scene.offers[place]) for place in (2, 0, 1)]
    assert report.ranking[2].price_score == "100.00", "the lowest of the valid prices is the measure"


async def test_silence_until_the_due_day_is_an_answer_too(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house, prices=LOW)
        query_id = await low_prices.ask(session, scene.officer, scene.offers[3])
        due = (await session.get_one(PriceQuery, query_id)).due_at
        seated = await scenes.members(session, scene)
    # Asked on a Sunday: two working days are Monday and Tuesday.
    assert due - clock.now() == timedelta(days=2, hours=14)
    clock.advance(timedelta(days=3))
    async with house.database.unit_of_work() as session:
        with pytest.raises(PriceQuestionIsClosed):
            await low_prices.answer(
                session, scene.bidders[3][1], query_id, PriceAnswerDraft(text="晚到的说明")
            )
        no = PriceVoteDraft(is_accepted=False, reason="没有说明")
        await low_prices.vote(session, seated[0][1], query_id, no)
        with pytest.raises(VotedAlready):
            await low_prices.vote(session, seated[0][1], query_id, no)


async def test_a_low_price_that_falls_out_may_leave_too_few(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house, prices=(10_000_000, 9_000_000, 3_000_000))
        query_id = await low_prices.ask(session, scene.officer, scene.offers[2])
        await low_prices.answer(session, scene.bidders[2][1], query_id, PriceAnswerDraft(text="成本低"))
        no = PriceVoteDraft(is_accepted=False, reason="不足以证明")
        for _, viewer in (await scenes.members(session, scene))[:3]:
            await low_prices.vote(session, viewer, query_id, no)
        tender = await scenes.tender_row(session, scene)
    assert tender.unsuccessful_reason == "too_few_qualified"
