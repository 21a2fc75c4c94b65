"""The end of an evaluation: with every sheet in, each lot is ranked and its report written, once and for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records, working_days
from marketplace.procurement.evaluation import report as made
from marketplace.procurement.evaluation.case import Case, Offered, load_held
from marketplace.procurement.evaluation.eligibility import end_lots_with_too_few
from marketplace.procurement.evaluation.errors import (
    CheckIsOpen,
    PanelIsIncomplete,
    PanelIsNotDrawn,
    PricesAreUndecided,
    SheetsAreMissing,
    TooFewQualifiedBidders,
)
from marketplace.procurement.evaluation.events import TenderEvaluated
from marketplace.procurement.evaluation.models import EvaluationReport, Score, ScoreSheet
from marketplace.procurement.evaluation.panels import EXPERT
from marketplace.procurement.evaluation.ranking import rank
from marketplace.procurement.evaluation.report import Report
from marketplace.procurement.tenders.models import Lot
from marketplace.procurement.working_days import Calendar


async def finish(session: Session, viewer: Viewer, tender_id: UUID) -> None:
    """Rank every lot, write the reports and end the evaluation.

    Raises SignInNeeded, NotPermitted, PanelIsNotDrawn, PanelIsIncomplete, CheckIsOpen, SheetsAreMissing, PricesAreUndecided,
    TooFewQualifiedBidders, and what ``case.held`` raises.
    """
    case = await load_held(session, tender_id)
    officer = policy.must_buy(viewer, case.tender.area_code, is_public=True)
    must_be_complete(case)
    if not await end_lots_with_too_few(session, case, officer):
        raise TooFewQualifiedBidders(
            needed=case.least_bidders, article=case.rules.rule("least_bidders").article
        )
    scores = await _scores(session, case)
    calendar = await working_days.calendar(session)
    for lot in case.live_lots():
        report = _report(case, lot, scores, calendar, session.now())
        session.add(
            EvaluationReport(
                lot_id=lot.id,
                tender_id=tender_id,
                finished_at=session.now(),
                finished_by=officer,
                report=report.plain(),
                report_hash=report.hash,
            )
        )
        await records.append(
            session, tender_id, "lot.evaluated", officer, lot_id=lot.id, report_hash=report.hash
        )
    case.tender.evaluated_at = session.now()
    await session.flush()
    await records.append(session, tender_id, "tender.evaluated", officer)
    await publish(session, TenderEvaluated(tender_id))


def must_be_complete(case: Case) -> None:
    """Raises PanelIsNotDrawn, PanelIsIncomplete, CheckIsOpen, SheetsAreMissing, PricesAreUndecided."""
    if case.panel is None:
        raise PanelIsNotDrawn()
    if case.vacant or any(one.declared_at is None for one in case.seats):
        raise PanelIsIncomplete(article=case.rules.rule("panel").article)
    if case.closing is None:
        raise CheckIsOpen()
    missing = case.missing_sheets()
    if missing:
        raise SheetsAreMissing(missing=len(missing))
    if any(one.is_accepted is None for one in case.queries.values()):
        raise PricesAreUndecided(article=case.rules.rule("low_price").article)


def report_due(case: Case, calendar: Calendar) -> datetime | None:
    """Until when the report is due: so many days after the last sheet was handed in; None while some are missing."""
    if case.panel is None or case.vacant or case.missing_sheets():
        return None
    seated = {one.id for one in case.seats}
    moments = [one.submitted_at for one in case.sheets if one.submitted_at and one.member_id in seated]
    return calendar.due(max(moments), case.rules.rule("report"), "within_days") if moments else None


def _report(
    case: Case, lot: Lot, scores: Mapping[UUID, Sequence[Score]], calendar: Calendar, now: datetime
) -> Report:
    assert case.panel is not None
    criteria = tuple(
        made.ReportCriterion(key=one.key, kind=one.kind, name=one.name, weight=one.weight)
        for one in case.file.criteria
    )
    sheets = _sheets(case, lot, scores)
    due = report_due(case, calendar)
    draft = Report(
        tender_id=str(case.tender.id),
        reference=case.tender.reference,
        lot_id=str(lot.id),
        lot_number=lot.number,
        lot_title=lot.title,
        currency=lot.currency,
        file_version=case.version.number,
        file_hash=case.version.content_hash,
        finished_at=now.isoformat(),
        due_at=(due or now).isoformat(),
        tie_break=case.file.tie_break,
        criteria=criteria,
        bids=tuple(_bid(case, one) for one in case.of_lot(lot.id)),
        panel=_panel(case, lot),
        sheets=sheets,
        ranking=(),
        spread=(),
    )
    weighed, offers = made.input_of(draft)
    ranked = rank(weighed, offers, draft.tie_break, case.panel.seed)
    return draft.model_copy(
        update={
            "ranking": made.places(criteria, ranked),
            "spread": made.spreads(criteria, sheets, [one.id for one in ranked]),
        }
    )


def _bid(case: Case, one: Offered) -> made.Bid:
    exclusion = case.exclusion(one)
    return made.Bid(
        id=str(one.id),
        bid_id=str(one.bid.id),
        organisation_id=None if one.bid.organisation_id is None else str(one.bid.organisation_id),
        name=one.name,
        partners=tuple(case.names.get(UUID(member), member) for member in one.bid.members),
        price_fen=one.offer.price_fen,
        findings=tuple(
            made.Finding(
                condition=condition.key, text=condition.text, is_met=found.is_met, reason=found.reason
            )
            for condition in case.file.conditions
            if (found := case.findings.get((one.bid.id, condition.key))) is not None
        ),
        low_price=_low_price(case, one),
        excluded_for=None if exclusion is None else exclusion.code,
        exclusion_facts={} if exclusion is None else dict(exclusion.facts),
    )


def _low_price(case: Case, one: Offered) -> made.LowPrice | None:
    query = case.queries.get(one.id)
    if query is None or query.is_accepted is None:
        return None
    seats = {member.id: member.seat for member in case.seats}
    return made.LowPrice(
        asked_at=query.asked_at.isoformat(),
        due_at=query.due_at.isoformat(),
        answer=query.answer,
        answered_at=None if query.answered_at is None else query.answered_at.isoformat(),
        votes=tuple(
            made.PriceVote(seat=seats[vote.member_id], is_accepted=vote.is_accepted, reason=vote.reason)
            for vote in sorted(
                (one for one in case.votes.get(query.id, ()) if one.member_id in seats),
                key=lambda one: seats[one.member_id],
            )
        ),
        is_accepted=query.is_accepted,
    )


def _panel(case: Case, lot: Lot) -> made.Panel:
    panel = case.panel
    assert panel is not None
    in_order = {expert_id: place for place, expert_id in enumerate(panel.order)}
    drawn = sorted(
        ((str(one.id), str(one.expert_id)) for one in case.members if one.expert_id is not None),
        key=lambda pair: in_order[pair[1]],
    )
    return made.Panel(
        size=panel.size,
        experts=panel.experts,
        seats=tuple(
            made.Seat(seat=one.seat, kind="expert" if one.kind == EXPERT else "buyer", member=str(one.id))
            for one in case.seats
        ),
        replaced=tuple(
            made.Replaced(
                seat=one.seat,
                member=str(one.id),
                replaced_at=one.replaced_at.isoformat(),
                reason=one.replaced_for or "",
                void_sheet=case.sheet(lot.id, one.id) is not None,
            )
            for one in case.members
            if one.replaced_at is not None
        ),
        draw=made.PanelDraw(
            promised_at=panel.promised_at.isoformat(),
            commitment=panel.commitment,
            secret=panel.secret,
            opening_hash=panel.opening_hash,
            drawn_at=panel.drawn_at.isoformat(),
            pool=tuple(panel.pool),
            pool_hash=panel.pool_hash,
            seed=panel.seed,
            order=tuple(panel.order),
            excluded=tuple((expert_id, why) for expert_id, why in panel.excluded),
            seated=tuple(drawn),
        ),
    )


def _sheets(case: Case, lot: Lot, scores: Mapping[UUID, Sequence[Score]]) -> tuple[made.Sheet, ...]:
    """The sheets that count, whole: also the points of a bid that was excluded for its price afterwards."""
    found = []
    scored = {one.id for one in case.eligible(lot.id)}
    for member in case.seats:
        sheet = case.sheet(lot.id, member.id)
        assert sheet is not None and sheet.submitted_at is not None
        found.append(
            made.Sheet(
                seat=member.seat,
                submitted_at=sheet.submitted_at.isoformat(),
                marks=tuple(
                    made.Mark(
                        bid=str(one.bid_lot_id),
                        criterion=one.criterion_key,
                        points=one.points,
                        reason=one.reason,
                    )
                    for one in scores.get(sheet.id, ())
                    if one.bid_lot_id in scored and one.points is not None
                ),
            )
        )
    return tuple(found)


async def _scores(session: Session, case: Case) -> dict[UUID, list[Score]]:
    seated = {one.id for one in case.seats}
    rows = await session.scalars(
        select(Score)
        .join(ScoreSheet, ScoreSheet.id == Score.sheet_id)
        .where(ScoreSheet.id.in_([one.id for one in case.sheets if one.member_id in seated]))
        .order_by(Score.bid_lot_id, Score.criterion_key)
    )
    found: dict[UUID, list[Score]] = {}
    for row in rows:
        found.setdefault(row.sheet_id, []).append(row)
    return found
