"""Results as they are read: by the public once a notice is out, by buyers and supervisors before, and each bidder's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.organisations.models import Organisation
from marketplace.procurement import accesses, policy
from marketplace.procurement.awards import holding
from marketplace.procurement.awards.award_rows import (
    AwardRow,
    CorrectionRow,
    LotResult,
    NoticeRow,
    OwnResult,
    Results,
    Seated,
)
from marketplace.procurement.awards.awards import signing_ends_at
from marketplace.procurement.awards.models import Award, AwardCorrection, AwardNotice
from marketplace.procurement.awards.states import award_state
from marketplace.procurement.evaluation.models import EvaluationReport, PanelMember
from marketplace.procurement.evaluation.report import Report, read_report
from marketplace.procurement.profiles import Procedure, Profile, profile
from marketplace.procurement.tenders.models import Lot, Tender
from marketplace.procurement.tenders.states import stage
from marketplace.procurement.working_days import Calendar, calendar


async def results(session: Session, viewer: Viewer, tender_id: UUID) -> Results:
    """What is public of the results. Raises NotFound while nothing is."""
    found = await _load(session, viewer, tender_id)
    shown = tuple(_public(lot) for lot in found.lots)
    if not any(lot.is_public for lot in shown):
        raise NotFound()
    return replace(found, lots=shown, panel=found.panel if found.notices else ())


async def has_results(session: Session, tender_id: UUID) -> bool:
    """Whether there is a results page for everybody."""
    published = select(AwardNotice.id).where(AwardNotice.tender_id == tender_id).limit(1)
    ended = select(Lot.id).where(Lot.tender_id == tender_id, Lot.unsuccessful_at.is_not(None)).limit(1)
    return (await session.scalar(published)) is not None or (await session.scalar(ended)) is not None


async def desk(session: Session, viewer: Viewer, tender_id: UUID) -> Results:
    """All of it, for who buys. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    found = await _load(session, viewer, tender_id)
    policy.must_buy(viewer, found.area_code, is_public=True)
    return found


async def desk_seen(session: Session, viewer: Viewer, tender_id: UUID) -> Results:
    """The same, noted where the viewer is shown an evaluation that is not public yet (docs/adr/0024)."""
    found = await desk(session, viewer, tender_id)
    if any(lot.report is not None and not lot.is_public for lot in found.lots):
        accesses.seen(session, viewer, tender_id, "evaluation")
    return found


async def awards_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, AwardRow]:
    """Published ones for all; decided ones for buyers and supervisors."""
    rows = (
        await session.execute(
            select(Award, Tender.area_code, Organisation.name)
            .join(Tender, Tender.id == Award.tender_id)
            .join(Organisation, Organisation.id == Award.organisation_id)
            .where(Award.id.in_(ids))
        )
    ).all()
    seen = [
        row
        for row in rows
        if row.Award.published_at is not None
        or policy.may_buy(viewer, row.area_code)
        or policy.may_supervise(viewer, row.area_code)
    ]
    corrections = await _corrections(session, viewer, [row.Award.id for row in seen])
    days = await calendar(session)
    rules = await profile(session, Procedure.OPEN_TENDER)
    return {
        row.Award.id: _award(
            viewer, row.Award, row.name, _decided_unless(viewer, row.area_code, corrections.get(row.Award.id, [])),
            days, rules,
        )
        for row in seen
    }  # fmt: skip


async def tender_of_lot(session: Session, lot_id: UUID) -> UUID:
    """Raises NotFound."""
    lot = await session.get(Lot, lot_id)
    if lot is None or lot.removed_at is not None:
        raise NotFound()
    return lot.tender_id


async def tender_of_lot_seen(session: Session, _viewer: Viewer, lot_id: UUID) -> UUID:
    """The same, in the shape of a query. Raises NotFound."""
    return await tender_of_lot(session, lot_id)


async def award_of_correction(session: Session, viewer: Viewer, correction_id: UUID) -> UUID:
    """The award that is to be corrected, for who buys. Raises SignInNeeded, NotFound."""
    found = (
        await session.execute(
            select(AwardCorrection.award_id, Tender.area_code)
            .join(Award, Award.id == AwardCorrection.award_id)
            .join(Tender, Tender.id == Award.tender_id)
            .where(AwardCorrection.id == correction_id)
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    policy.must_buy(viewer, found.area_code, is_public=False)
    award_id: UUID = found.award_id
    return award_id


async def own(session: Session, viewer: Viewer, tender_id: UUID) -> Sequence[OwnResult]:
    """The results of the viewer's organisations, lot by lot, once they are public. Raises SignInNeeded."""
    viewer.signed_in()
    mine = set(policy.supplies_for(viewer))
    if not mine:
        return []
    bids = {bid: who for who, bid in (await holding.bidders(session, tender_id)).items() if who in mine}
    if not bids:
        return []
    found = await _load(session, viewer, tender_id)
    names = await _names(session, list(bids.values()))
    answers = []
    for lot in found.lots:
        if lot.report is None or not any(one.published_at for one in lot.awards):
            continue
        for bid in lot.report.bids:
            who = bids.get(UUID(bid.bid_id))
            if who is not None:
                answers.append(_own(lot, lot.report, bid.id, who, names[who]))
    return answers


def _own(lot: LotResult, report: Report, bid_lot_id: str, who: UUID, name: str) -> OwnResult:
    bid = report.bid(bid_lot_id)
    place = next((one for one in report.ranking if one.bid == bid_lot_id), None)
    return OwnResult(
        lot_id=lot.id,
        lot_number=lot.number,
        lot_title=lot.title,
        organisation_id=who,
        organisation=name,
        bid_lot_id=UUID(bid_lot_id),
        price_fen=bid.price_fen,
        place=place.place if place else None,
        of=len(report.ranking),
        total=place.total if place else None,
        scores=place.scores if place else {},
        criteria={one.key: one.name for one in report.criteria},
        excluded_for=bid.excluded_for,
        is_awarded=any(
            str(one.bid_lot_id) == bid_lot_id and one.published_at is not None for one in lot.standing
        ),
    )


def _public(lot: LotResult) -> LotResult:
    """Without what is only decided, and without the report until a notice is out."""
    awards = tuple(
        replace(one, corrections=tuple(row for row in one.corrections if row.decided_at is not None))
        for one in lot.awards
        if one.published_at is not None
    )
    if awards:
        return replace(lot, awards=awards)
    return replace(lot, awards=(), report=None, report_hash=None, decision_due_at=None)


async def _load(session: Session, viewer: Viewer, tender_id: UUID) -> Results:
    tender = await session.get(Tender, tender_id)
    if tender is None or tender.published_at is None:
        raise NotFound()
    rules, days = await profile(session, Procedure(tender.procedure)), await calendar(session)
    rows = (
        await session.execute(
            select(Lot, EvaluationReport)
            .outerjoin(EvaluationReport, EvaluationReport.lot_id == Lot.id)
            .where(Lot.tender_id == tender_id, Lot.removed_at.is_(None))
            .order_by(Lot.number)
        )
    ).all()
    awards = await _awards(session, viewer, tender_id, rules, days)
    weight = rules.rule("price_weight").value
    return Results(
        tender_id=tender.id,
        title=tender.title,
        reference=tender.reference,
        area_code=tender.area_code,
        procedure=tender.procedure,
        stage=stage(tender, session.now()),
        evaluated_at=tender.evaluated_at,
        unsuccessful_at=tender.unsuccessful_at,
        unsuccessful_reason=tender.unsuccessful_reason,
        least_weight=weight["least_percent"],
        most_weight=weight["most_percent"],
        lots=tuple(_lot(row.Lot, row.EvaluationReport, awards, rules, days) for row in rows),
        notices=await _notices(session, tender_id),
        panel=await _panel(session, tender_id),
        is_buyer=policy.may_buy(viewer, tender.area_code),
    )


def _lot(
    lot: Lot,
    found: EvaluationReport | None,
    awards: Mapping[UUID, Sequence[AwardRow]],
    rules: Profile,
    days: Calendar,
) -> LotResult:
    return LotResult(
        id=lot.id,
        number=lot.number,
        title=lot.title,
        ceiling_fen=lot.ceiling_fen,
        currency=lot.currency,
        unsuccessful_at=lot.unsuccessful_at,
        unsuccessful_reason=lot.unsuccessful_reason,
        report=read_report(found.report) if found else None,
        report_hash=found.report_hash if found else None,
        decision_due_at=days.due(found.finished_at, rules.rule("decision"), "within_days") if found else None,
        awards=tuple(awards.get(lot.id, ())),
    )


async def _awards(
    session: Session, viewer: Viewer, tender_id: UUID, rules: Profile, days: Calendar
) -> dict[UUID, list[AwardRow]]:
    rows = (
        await session.execute(
            select(Award, Organisation.name)
            .join(Organisation, Organisation.id == Award.organisation_id)
            .where(Award.tender_id == tender_id)
            .order_by(Award.decided_at, Award.place, Award.id)
        )
    ).all()
    corrections = await _corrections(session, viewer, [row.Award.id for row in rows])
    return grouped(
        (
            row.Award.lot_id,
            _award(viewer, row.Award, row.name, corrections.get(row.Award.id, []), days, rules),
        )
        for row in rows
    )


def _award(
    viewer: Viewer,
    row: Award,
    name: str,
    corrections: Sequence[CorrectionRow],
    days: Calendar,
    rules: Profile,
) -> AwardRow:
    return AwardRow(
        id=row.id,
        tender_id=row.tender_id,
        lot_id=row.lot_id,
        bid_lot_id=row.bid_lot_id,
        organisation_id=row.organisation_id,
        organisation=name,
        place=row.place,
        price_fen=row.price_fen,
        currency=row.currency,
        reason=row.reason,
        decided_at=row.decided_at,
        notice_due_at=days.due(row.decided_at, rules.rule("award_notice"), "within_days"),
        published_at=row.published_at,
        notice_ends_at=row.notice_ends_at,
        signing_ends_at=signing_ends_at(row.published_at, rules.rule("contract"), days)
        if row.published_at
        else None,
        ended_at=row.ended_at,
        ended_for=row.ended_for,
        ended_reason=row.ended_reason,
        signed_at=row.signed_at,
        replaces_id=row.replaces_id,
        state=award_state(row),
        is_mine=policy.may_supply(viewer, row.organisation_id),
        corrections=tuple(corrections),
    )


def _decided_unless(viewer: Viewer, area_code: str, rows: Sequence[CorrectionRow]) -> list[CorrectionRow]:
    """What waits for the second person is for the trade alone."""
    if policy.may_buy(viewer, area_code) or policy.may_supervise(viewer, area_code):
        return list(rows)
    return [row for row in rows if row.decided_at is not None]


async def _corrections(
    session: Session, viewer: Viewer, award_ids: Sequence[UUID]
) -> dict[UUID, list[CorrectionRow]]:
    if not award_ids:
        return {}
    rows = await session.scalars(
        select(AwardCorrection)
        .where(AwardCorrection.award_id.in_(award_ids))
        .order_by(AwardCorrection.proposed_at, AwardCorrection.id)
    )
    return grouped(
        (
            row.award_id,
            CorrectionRow(
                id=row.id,
                award_id=row.award_id,
                successor_id=row.successor_bid_lot_id,
                reason=row.reason,
                proposed_at=row.proposed_at,
                is_mine=row.proposed_by == viewer.person_id,
                decided_at=row.decided_at,
                is_approved=row.is_approved,
                decision_reason=row.decision_reason,
            ),
        )
        for row in rows
    )


async def _notices(session: Session, tender_id: UUID) -> tuple[NoticeRow, ...]:
    rows = await session.scalars(
        select(AwardNotice)
        .where(AwardNotice.tender_id == tender_id)
        .order_by(AwardNotice.published_at, AwardNotice.id)
    )
    return tuple(
        NoticeRow(
            row.id, row.published_at, row.ends_at, row.official_notice_url, row.content, row.content_hash
        )
        for row in rows
    )


async def _panel(session: Session, tender_id: UUID) -> tuple[Seated, ...]:
    rows = await session.execute(
        select(PanelMember.seat, PanelMember.kind, Person.name, PanelMember.replaced_at)
        .join(Person, Person.id == PanelMember.person_id)
        .where(PanelMember.tender_id == tender_id)
        .order_by(PanelMember.seat, PanelMember.joined_at, PanelMember.id)
    )
    return tuple(Seated(row.seat, row.kind, row.name, row.replaced_at is not None) for row in rows)


async def _names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in rows}
