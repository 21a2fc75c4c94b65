"""Awards: to the first in rank, by a notice that lasts, passed on when somebody does not sign, corrected by two people."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, HeldRole, Role
from marketplace.kernel.clock import SHANGHAI, FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.procurement import records
from marketplace.procurement.awards import awards, corrections, suspensions
from marketplace.procurement.awards.drafts import (
    About,
    AwardDraft,
    CorrectionDecisionDraft,
    CorrectionDraft,
    NoticeDraft,
    ReasonDraft,
    Remedy,
    SuspensionDraft,
)
from marketplace.procurement.awards.errors import (
    AnotherIsNext,
    AwardIsOver,
    AwardIsSigned,
    BidIsNotRanked,
    CorrectionIsDecided,
    CorrectionNeedsAnother,
    CorrectionWaitsAlready,
    LotIsAwarded,
    LotIsSettled,
    NothingToPublish,
    ObjectionIsTooLate,
    OfficerBelongsToABidder,
    OneSupplierALot,
    SigningHasTimeLeft,
    SomebodyIsStillNext,
    SuccessorHoldsTheLot,
    TenderIsNotEvaluated,
    TooManySuppliers,
)
from marketplace.procurement.awards.models import Award, AwardNotice
from marketplace.procurement.awards.states import Ending
from marketplace.procurement.errors import TenderIsOver, TenderIsSuspended
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.file import CallOffWay, FrameworkTerms
from marketplace.procurement.tenders.models import Lot, Tender
from marketplace.procurement.tenders.states import Stage, stage
from tests import buying
from tests.procurement.awards import scene as scenes


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


async def _stage(house: House, it: scenes.Evaluated) -> Stage:
    async with house.database.reading() as session:
        return stage(await session.get_one(Tender, it.scene.tender.id), session.now())


async def _award(house: House, award_id: object) -> Award:
    async with house.database.reading() as session:
        return await session.get_one(Award, award_id)


async def test_the_first_in_rank_is_awarded_and_the_notice_lasts_a_working_day(
    house: House, clock: FixedClock
) -> None:
    scenes.at(clock, date(2026, 9, 30))
    it = await scenes.evaluated(house)
    (award_id,) = await scenes.award(house, it)
    assert await scenes.award(house, it) == [award_id], "a second click is the same award"
    assert await _stage(house, it) is Stage.EVALUATED, "nothing is public before the notice"
    notice_id = await scenes.publish(house, it)
    row = await _award(house, award_id)
    assert (row.place, row.price_fen, row.organisation_id) == (1, 12_500_000, scenes.winner(it)[0])
    assert row.notice_ends_at == _midnight(date(2026, 10, 9)), "the day after the holiday ends"
    assert await _stage(house, it) is Stage.AWARDED
    async with house.database.reading() as session:
        notice = await session.get_one(AwardNotice, notice_id)
        record = await records.entries(session, it.scene.tender.id)
    assert notice.content_hash == content_hash(notice.content)
    assert notice.official_notice_url == it.scene.tender.file.official_notice_url
    assert [one["seat"] for one in notice.content["panel"]] == [1, 2, 3]
    assert [one.action for one in record] == ["award.decided", "award.published"]
    with pytest.raises(NothingToPublish):
        await scenes.publish(house, it)


async def test_nobody_is_passed_over(house: House) -> None:
    it = await scenes.evaluated(house)
    with pytest.raises(AnotherIsNext) as refused:
        await scenes.award(house, it, it.ranked[1])
    assert refused.value.facts["place"] == 1 and refused.value.article
    with pytest.raises(OneSupplierALot):
        await scenes.award(house, it, *it.ranked[:2])
    with pytest.raises(BidIsNotRanked):
        await scenes.award(house, it, it.scene.tender.id)
    await scenes.award(house, it)
    with pytest.raises(LotIsAwarded):
        await scenes.award(house, it, it.ranked[1])


async def test_there_is_no_award_without_a_report(house: House) -> None:
    scene = await scenes.tender(house, opened=True)
    draft = AwardDraft(bid_lot_ids=(scene.tender.id,), reason="直接给它")
    with pytest.raises(TenderIsNotEvaluated):
        async with house.database.unit_of_work() as session:
            await awards.award(session, scene.officer, scene.tender.lot_ids[0], draft)


async def test_strangers_outsiders_and_suppliers_award_publish_and_correct_nothing(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    _, outsider = await scenes.stranger_and_outsider(house)
    draft = AwardDraft(bid_lot_ids=it.ranked[:1], reason="我说了算")
    wrong = CorrectionDraft(reason="算错了", successor_id=it.ranked[1])
    correction_id = await _propose(house, it, award_id)
    decision = CorrectionDecisionDraft(is_approved=True, reason="同意")
    for viewer, error, hidden in (
        (STRANGER, SignInNeeded, SignInNeeded),
        (outsider, NotPermitted, NotFound),
        (it.scene.suppliers[0][1], NotPermitted, NotFound),
        (it.scene.supervisor, NotPermitted, NotFound),
    ):
        async with house.database.unit_of_work() as session:
            with pytest.raises(error):
                await awards.award(session, viewer, it.lot_id, draft)
            with pytest.raises(error):
                await awards.publish(session, viewer, it.scene.tender.id, NoticeDraft())
            with pytest.raises(error):
                await awards.note_not_signed(session, viewer, award_id, ReasonDraft(reason="没签"))
            with pytest.raises(error):
                await awards.end_lot(session, viewer, it.lot_id, ReasonDraft(reason="算了"))
            with pytest.raises(error):
                await corrections.propose(session, viewer, award_id, wrong)
            with pytest.raises(hidden):
                await corrections.decide(session, viewer, correction_id, decision)
            with pytest.raises(hidden):
                await awards.decline(session, viewer, award_id, ReasonDraft(reason="不做"))


async def test_who_is_tied_to_a_bidder_awards_nothing(house: House) -> None:
    it = await scenes.evaluated(house)
    member = HeldRole(Role.ORGANISATION_MEMBER, organisation_id=it.scene.suppliers[1][0])
    tied = replace(it.scene.officer, roles=(*it.scene.officer.roles, member))
    with pytest.raises(OfficerBelongsToABidder) as refused:
        await scenes.award(house, it, by=tied)
    assert refused.value.article


async def test_who_declines_makes_room_for_the_next_and_at_last_the_lot_ends(
    house: House, clock: FixedClock
) -> None:
    it, award_id = await scenes.awarded(house)
    with pytest.raises(NotFound):
        await scenes.decline(house, it, award_id, rank=2)
    for _ in range(2):
        await scenes.decline(house, it, award_id)
    assert await _stage(house, it) is Stage.EVALUATED
    with pytest.raises(AnotherIsNext):
        await scenes.award(house, it, it.ranked[2])
    (second,) = await scenes.award(house, it, it.ranked[1])
    assert ((await _award(house, second)).replaces_id, (await _award(house, second)).place) == (award_id, 2)
    await scenes.publish(house, it)
    reason = ReasonDraft(reason="逾期未签合同")
    with pytest.raises(SigningHasTimeLeft) as early:
        async with house.database.unit_of_work() as session:
            await awards.note_not_signed(session, it.scene.officer, second, reason)
    assert "第四十六" in str(early.value.article)
    clock.advance(timedelta(days=31))
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await awards.note_not_signed(session, it.scene.officer, second, reason)
    with pytest.raises(SomebodyIsStillNext):
        await _end_lot(house, it)
    (third,) = await scenes.award(house, it, it.ranked[2])
    await scenes.publish(house, it)
    await scenes.decline(house, it, third, rank=3)
    await _end_lot(house, it)
    assert await _stage(house, it) is Stage.UNSUCCESSFUL
    with pytest.raises(TenderIsOver):
        await scenes.award(house, it)
    async with house.database.unit_of_work() as session:
        again = await buying.tender(session, replaces_tender_id=it.scene.tender.id)
    async with house.database.reading() as session:
        row = await session.get_one(Tender, it.scene.tender.id)
        linked = await session.scalar(select(Tender.id).where(Tender.replaces_tender_id == row.id))
    assert (row.unsuccessful_reason, linked) == ("no_contract", again.id)


async def test_one_lot_may_end_while_the_other_is_awarded(house: House) -> None:
    it, first = await scenes.awarded(house, lots=2)
    assert await _stage(house, it) is Stage.EVALUATED, "the second lot is open"
    await scenes.decline(house, it, first)
    for rank in (2, 3):
        (award_id,) = await scenes.award(house, it, it.ranked[rank - 1])
        await scenes.publish(house, it)
        await scenes.decline(house, it, award_id, rank=rank)
    await _end_lot(house, it)
    with pytest.raises(LotIsSettled):
        await scenes.award(house, it)
    async with house.database.reading() as session:
        offers = await session.scalars(
            select(scenes.BidLot.id).where(scenes.BidLot.lot_id == it.scene.tender.lot_ids[1])
        )
        wanted = list(offers)
        row = await session.get_one(Lot, it.lot_id)
    assert row.unsuccessful_reason == "no_contract"
    awarded = False
    for offer in wanted:
        try:
            await scenes.award(house, it, offer, lot_id=it.scene.tender.lot_ids[1])
            awarded = True
        except (AnotherIsNext, LotIsAwarded):
            continue
    assert awarded
    await scenes.publish(house, it)
    assert await _stage(house, it) is Stage.AWARDED


async def test_after_both_signed_nobody_declines(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Award, award_id)).signed_at = session.now()
    with pytest.raises(AwardIsSigned):
        await scenes.decline(house, it, award_id)
    with pytest.raises(AwardIsSigned):
        await _propose(house, it, award_id)


async def test_a_framework_takes_the_best_and_leaves_a_fifth_out(house: House) -> None:
    prices, quality = (10_000_000,) * 6, (9500, 9000, 8500, 8000, 7500, 7000)
    terms = FrameworkTerms(most_suppliers=5, ways=(CallOffWay.DIRECT,))
    async with house.database.reading() as session:
        file = buying.file(session, framework=terms)
    it = await scenes.evaluated(house, prices=prices, quality=quality, content=file, procedure="framework")
    with pytest.raises(TooManySuppliers) as refused:
        await scenes.award(house, it, *it.ranked[:5])
    assert refused.value.facts["most"] == 4, "a fifth of six, rounded up, is two"
    assert "110号" in str(refused.value.article)
    with pytest.raises(AnotherIsNext):
        await scenes.award(house, it, it.ranked[0], it.ranked[2])
    chosen = await scenes.award(house, it, *it.ranked[:4])
    await scenes.publish(house, it)
    await scenes.decline(house, it, chosen[1], rank=2)
    assert await _stage(house, it) is Stage.AWARDED, "three are left"
    (fifth,) = await scenes.award(house, it, it.ranked[4])
    row = await _award(house, fifth)
    assert (row.replaces_id, row.seat, row.place) == (chosen[1], 2, 5)


async def test_a_wrong_award_is_corrected_by_a_second_person_and_both_stay_on_record(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    correction_id = await _propose(house, it, award_id)
    assert await _propose(house, it, award_id) == correction_id
    with pytest.raises(CorrectionWaitsAlready):
        await _propose(house, it, award_id, reason="另一个理由")
    with pytest.raises(SuccessorHoldsTheLot):
        await _propose(house, it, award_id, successor=it.ranked[0], reason="还是它")
    with pytest.raises(CorrectionNeedsAnother):
        await _decide(house, it, correction_id, by=it.scene.officer)
    for _ in range(2):
        await _decide(house, it, correction_id)
    with pytest.raises(CorrectionIsDecided):
        await _decide(house, it, correction_id, approve=False)
    old = await _award(house, award_id)
    async with house.database.reading() as session:
        (new,) = (await session.scalars(select(Award).where(Award.ended_at.is_(None)))).all()
    assert (old.ended_for, new.replaces_id, new.bid_lot_id) == (Ending.CORRECTED, award_id, it.ranked[1])
    assert new.published_at is not None and new.notice_id != old.notice_id
    assert await _stage(house, it) is Stage.AWARDED
    with pytest.raises(AwardIsOver):
        await _propose(house, it, award_id, reason="再改一次")


async def test_a_refused_correction_changes_nothing_and_another_may_follow(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    await _decide(house, it, await _propose(house, it, award_id), approve=False)
    assert (await _award(house, award_id)).ended_at is None
    assert await _propose(house, it, award_id, reason="这回有证据")


async def test_of_two_corrections_at_once_one_is_decided(house: House) -> None:
    it, award_id = await scenes.awarded(house)
    proposals = await asyncio.gather(
        _propose(house, it, award_id, reason="理由一"),
        _propose(house, it, award_id, reason="理由二"),
        return_exceptions=True,
    )
    (correction_id,) = [one for one in proposals if not isinstance(one, BaseException)]
    assert sum(isinstance(one, CorrectionWaitsAlready) for one in proposals) == 1
    async with house.database.unit_of_work() as session:
        third = await buying.officer(session, "采购员老钱")
    deciders = (it.scene.officer, it.scene.colleague, third)
    answers = await asyncio.gather(
        *(
            _decide(house, it, correction_id, by=one, approve=place % 2 == 0)
            for place, one in enumerate(deciders)
        ),
        return_exceptions=True,
    )
    kinds = sorted(type(one).__name__ for one in answers)
    assert kinds == ["CorrectionIsDecided", "CorrectionNeedsAnother", "NoneType"]
    async with house.database.reading() as session:
        standing = (await session.scalars(select(Award).where(Award.ended_at.is_(None)))).all()
    assert len(standing) == 1


async def test_two_officers_award_at_once_and_one_award_stands(house: House) -> None:
    it = await scenes.evaluated(house)
    answers = await asyncio.gather(
        scenes.award(house, it), scenes.award(house, it, by=it.scene.colleague), return_exceptions=True
    )
    assert answers[0] == answers[1]
    async with house.database.reading() as session:
        assert len((await session.scalars(select(Award))).all()) == 1


async def test_an_upheld_complaint_ends_the_award_and_the_next_is_asked(
    house: House, clock: FixedClock
) -> None:
    it, award_id = await scenes.awarded(house)
    loser = scenes.winner(it, 3)
    objection_id = await scenes.object_to(house, it.scene, About.RESULT, who=loser, lot_id=it.lot_id)
    await scenes.answer(house, it.scene, objection_id)
    complaint_id = await scenes.complain(house, it.scene, objection_id, who=loser[1])
    async with house.database.unit_of_work() as session:
        draft = SuspensionDraft(reason="影响结果", days=30)
        await suspensions.suspend(session, it.scene.supervisor, complaint_id, draft)
    for refused in (
        scenes.award(house, it),
        scenes.publish(house, it),
        scenes.decline(house, it, award_id),
        _propose(house, it, award_id),
    ):
        with pytest.raises(TenderIsSuspended):
            await refused
    await scenes.decide(house, it.scene, complaint_id, Remedy.AWARD_ENDED)
    assert (await _award(house, award_id)).ended_for == Ending.COMPLAINT_UPHELD
    assert await _stage(house, it) is Stage.EVALUATED
    (second,) = await scenes.award(house, it, it.ranked[1])
    assert (await _award(house, second)).replaces_id == award_id
    # The notice of 22 November, a Sunday, lasts through Monday the 23rd: the last day to object is 2 December.
    clock.set(_midnight(date(2026, 12, 3)))
    with pytest.raises(ObjectionIsTooLate):
        await scenes.object_to(house, it.scene, About.RESULT, who=loser, lot_id=it.lot_id)


async def _propose(
    house: House,
    it: scenes.Evaluated,
    award_id: object,
    *,
    successor: object = None,
    reason: str = "价格分计算有误",
) -> object:
    draft = CorrectionDraft(reason=reason, successor_id=successor or it.ranked[1])  # type: ignore[arg-type]

    async with house.database.unit_of_work() as session:
        return await corrections.propose(session, it.scene.officer, award_id, draft)  # type: ignore[arg-type]


async def _decide(
    house: House, it: scenes.Evaluated, correction_id: object, *, by: object = None, approve: bool = True
) -> None:
    draft = CorrectionDecisionDraft(is_approved=approve, reason="已复核")
    async with house.database.unit_of_work() as session:
        await corrections.decide(session, by or it.scene.colleague, correction_id, draft)  # type: ignore[arg-type]


async def _end_lot(house: House, it: scenes.Evaluated) -> None:
    async with house.database.unit_of_work() as session:
        await awards.end_lot(session, it.scene.officer, it.lot_id, ReasonDraft(reason="无人可递补"))
