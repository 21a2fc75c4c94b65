"""Low prices: pointed out by the rule, asked about, answered in time, and decided by the majority of the panel's seats (87号 article 60)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records, working_days
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.evaluation.case import Case, Offered, load_held
from marketplace.procurement.evaluation.declarations import declared_seat_of
from marketplace.procurement.evaluation.drafts import PriceAnswerDraft, PriceVoteDraft
from marketplace.procurement.evaluation.eligibility import end_lots_with_too_few
from marketplace.procurement.evaluation.errors import (
    CheckIsOpen,
    PanelIsNotDrawn,
    PriceIsNotLow,
    PriceQuestionIsClosed,
    PriceQuestionIsOpen,
    VotedAlready,
)
from marketplace.procurement.evaluation.events import PriceQueried
from marketplace.procurement.evaluation.models import PriceQuery, PriceVote


async def ask(session: Session, viewer: Viewer, bid_lot_id: UUID) -> UUID:
    """Ask a bidder to justify a price that looks low: an officer of the buyer or any member may. Answers the question's id.

    Raises SignInNeeded, NotFound, CheckIsOpen, PriceIsNotLow, DeclarationIsMissing, and what ``case.held`` raises.
    """
    person_id = viewer.signed_in()
    case = await load_held(session, await _tender_of(session, bid_lot_id))
    if not policy.may_buy(viewer, case.tender.area_code):
        declared_seat_of(case, person_id)
    if case.closing is None:
        raise CheckIsOpen()
    rule = case.rules.rule("low_price")
    one = next((one for one in case.low_prices() if one.id == bid_lot_id), None)
    if one is None or bid_lot_id in case.queries:
        raise PriceIsNotLow(article=rule.article)
    calendar = await working_days.calendar(session)
    row = PriceQuery(
        id=new_id(),
        bid_lot_id=bid_lot_id,
        asked_at=session.now(),
        asked_by=person_id,
        due_at=calendar.due(session.now(), rule, "answer_days"),
    )
    session.add(row)
    await session.flush()
    await records.append(session, case.tender.id, "price.asked", person_id, bid_lot_id=bid_lot_id)
    await publish(session, PriceQueried(case.tender.id, row.id))
    return row.id


async def answer(session: Session, viewer: Viewer, query_id: UUID, draft: PriceAnswerDraft) -> None:
    """Justify the price, once, as a manager of the bidder. Raises SignInNeeded, NotFound, PriceQuestionIsClosed, and what ``case.held`` raises."""
    viewer.signed_in()
    case, one, query = await _case_of(session, query_id)
    if one.bid.organisation_id is None:
        raise NotFound()
    person_id = policy.must_supply(viewer, one.bid.organisation_id)
    if query.answered_at is not None or query.decided_at is not None or session.now() >= query.due_at:
        raise PriceQuestionIsClosed()
    query.answer, query.answered_at, query.answered_by = draft.text, session.now(), person_id
    await session.flush()
    await records.append(session, case.tender.id, "price.answered", person_id, query_id=query_id)


async def vote(session: Session, viewer: Viewer, query_id: UUID, draft: PriceVoteDraft) -> bool | None:
    """Say as a member whether the reasons hold; with the majority of all seats it is decided. Gives the decision, or None.

    Once the bidder answered or the time is over. Raises SignInNeeded, NotFound, DeclarationIsMissing, PriceQuestionIsOpen,
    PriceQuestionIsClosed, VotedAlready, PanelIsNotDrawn, and what ``case.held`` raises.
    """
    person_id = viewer.signed_in()
    case, _, query = await _case_of(session, query_id)
    member = declared_seat_of(case, person_id)
    if case.panel is None:
        raise PanelIsNotDrawn()
    if query.decided_at is not None:
        raise PriceQuestionIsClosed()
    if not may_be_decided(query, session.now()):
        raise PriceQuestionIsOpen(due=query.due_at)
    # The tender's lock lets one in at a time; the key of the table stands behind that.
    if any(one.member_id == member.id for one in case.votes.get(query_id, ())):
        raise VotedAlready()
    row = PriceVote(query_id=query_id, member_id=member.id, voted_at=session.now(), **draft.model_dump())
    session.add(row)
    await session.flush()
    await records.append(
        session, case.tender.id, "price.voted", person_id, query_id=query_id, is_accepted=draft.is_accepted
    )
    case.votes.setdefault(query_id, []).append(row)
    return await _decide(session, case, query, person_id)


def may_be_decided(query: PriceQuery, now: datetime) -> bool:
    """Whether the bidder has answered, or let the time pass."""
    return query.answered_at is not None or now >= query.due_at


async def _decide(session: Session, case: Case, query: PriceQuery, by: UUID) -> bool | None:
    decided = case.majority(query.id)
    if decided is None:
        return None
    query.is_accepted, query.decided_at = decided, session.now()
    await session.flush()
    await records.append(session, case.tender.id, "price.decided", by, query_id=query.id, is_accepted=decided)
    if not decided:
        await end_lots_with_too_few(session, case, by)
    return decided


async def _case_of(session: Session, query_id: UUID) -> tuple[Case, Offered, PriceQuery]:
    found = await session.execute(select(PriceQuery.bid_lot_id).where(PriceQuery.id == query_id))
    bid_lot_id = found.scalar()
    if bid_lot_id is None:
        raise NotFound()
    case = await load_held(session, await _tender_of(session, bid_lot_id))
    one = next(one for one in case.offered if one.id == bid_lot_id)
    return case, one, case.queries[bid_lot_id]


async def _tender_of(session: Session, bid_lot_id: UUID) -> UUID:
    tender_id = await session.scalar(
        select(Bid.tender_id).join(BidLot, BidLot.bid_id == Bid.id).where(BidLot.id == bid_lot_id)
    )
    if tender_id is None:
        raise NotFound()
    return tender_id
