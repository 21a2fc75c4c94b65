"""Notices about results: the award, each bidder's own place, an award that ended, a correction that waits for its second person."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity.viewer import Role
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.awards import deadlines, holding
from marketplace.procurement.awards.drafts import About
from marketplace.procurement.awards.events import AwardEnded, AwardPublished, CorrectionProposed
from marketplace.procurement.awards.models import Award, AwardCorrection
from marketplace.procurement.evaluation.models import EvaluationReport
from marketplace.procurement.evaluation.report import Report, read_report
from marketplace.procurement.tenders.models import Lot, Tender


async def published(session: Session, event: AwardPublished) -> None:
    """The winner hears of the award; everybody else who bid for the lot of the own total and place, and of nobody else's."""
    award = await session.get_one(Award, event.award_id)
    tender, lot = await _about(session, award)
    facts: dict[str, Fact] = {"tender": tender.title, "lot": lot.title}
    won = News(Kind.AWARD_WON, f"{Kind.AWARD_WON}:{award.id}", facts, links.results(tender.id))
    winners = set(await audience.managers(session, award.organisation_id))
    await tell(session, winners, won)
    row = await session.get(EvaluationReport, lot.id)
    if row is None:
        return
    until = await deadlines.objecting_ends_at(session, tender, About.RESULT, lot.id)
    facts = {**facts, "until": until} if until else facts
    report = read_report(row.report)
    bids = await holding.bidders(session, tender.id)
    for bid in report.bids:
        people: set[UUID] = set()
        for organisation_id, bid_id in bids.items():
            if str(bid_id) == bid.bid_id:
                people |= set(await audience.managers(session, organisation_id))
        if str(award.bid_lot_id) != bid.id:
            # Told once for each notice: who is next in rank hears again when an award moves on.
            news = _own(facts, report, bid.id, f"{award.notice_id}:{lot.id}", links.results(tender.id))
            await tell(session, people - winners, news)


async def ended(session: Session, event: AwardEnded) -> None:
    """Who had the award hears why not any more; the buyer, that the lot waits for the next."""
    award = await session.get_one(Award, event.award_id)
    if award.published_at is None or award.ended_for is None:
        return
    tender, lot = await _about(session, award)
    facts: dict[str, Fact] = {
        "tender": tender.title,
        "lot": lot.title,
        "why": Word(f"award_ending.{award.ended_for}"),
    }
    told_for = f"{Kind.AWARD_ENDED}:{award.id}"
    people = [
        *await audience.managers(session, award.organisation_id),
        *await _officers(session, tender.area_code),
    ]
    await tell(session, people, News(Kind.AWARD_ENDED, told_for, facts, links.results(tender.id)))


async def correction_proposed(session: Session, event: CorrectionProposed) -> None:
    """The other officers hear that a correction waits for one of them."""
    row = await session.get_one(AwardCorrection, event.correction_id)
    award = await session.get_one(Award, row.award_id)
    tender, lot = await _about(session, award)
    officers = [one for one in await _officers(session, tender.area_code) if one != row.proposed_by]
    facts: Mapping[str, Fact] = {"tender": tender.title, "lot": lot.title}
    news = News(
        Kind.CORRECTION_PROPOSED, f"{Kind.CORRECTION_PROPOSED}:{row.id}", facts, links.award_desk(tender.id)
    )
    await tell(session, officers, news)


def _own(facts: Mapping[str, Fact], report: Report, bid_id: str, occasion: str, link: str) -> News:
    place = next((one for one in report.ranking if one.bid == bid_id), None)
    told_for = f"bid_result:{occasion}"
    if place is None:
        return News(Kind.BID_NOT_RANKED, told_for, facts, link)
    own = {**facts, "total": place.total, "place": place.place, "of": len(report.ranking)}
    return News(Kind.BID_RANKED, told_for, own, link)


async def _about(session: Session, award: Award) -> tuple[Tender, Lot]:
    return await session.get_one(Tender, award.tender_id), await session.get_one(Lot, award.lot_id)


async def _officers(session: Session, area_code: str) -> Sequence[UUID]:
    return await audience.nearest(session, area_code, Role.PROCUREMENT_OFFICER)
