"""Score sheets: one member, one lot, written alone; nobody else reads them before the result, and handing in freezes them (87号 article 55, 62)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.insert import insert_once, upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import accesses, policy, records
from marketplace.procurement.evaluation.case import Case, Offered, load, load_held
from marketplace.procurement.evaluation.declarations import declared_seat_of
from marketplace.procurement.evaluation.drafts import ScoreDraft, SheetDraft
from marketplace.procurement.evaluation.errors import (
    CheckIsOpen,
    PointsAreOffTheScale,
    SheetIsFrozen,
    SheetIsIncomplete,
    SheetIsSecret,
    TooFewQualifiedBidders,
)
from marketplace.procurement.evaluation.events import SheetsComplete
from marketplace.procurement.evaluation.models import PanelMember, Score, ScoreSheet
from marketplace.procurement.tenders.file import Criterion
from marketplace.procurement.tenders.models import Lot, Tender

SHEET: Final = "sheet"
"""The word for a sheet in the log of accesses."""

_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A member's own sheet, with what is scored."""

    case: Case
    lot: Lot
    member: PanelMember
    sheet: ScoreSheet | None
    offers: Sequence[Offered]
    scores: dict[tuple[UUID, str], Score]

    @property
    def submitted_at(self) -> datetime | None:
        return None if self.sheet is None else self.sheet.submitted_at

    @property
    def gaps(self) -> int:
        """How many points or reasons are missing."""
        return len(_gaps(self.case, self.lot.id, self.scores))


async def my_sheet(session: Session, viewer: Viewer, lot_id: UUID) -> SheetRow:
    """The viewer's own sheet of a lot, for reading and writing; noted in the log of accesses. Raises what ``save`` raises."""
    person_id = viewer.signed_in()
    tender = await _tender_of(session, lot_id)
    case = await load(session, tender)
    member = declared_seat_of(case, person_id)
    lot = _lot_to_score(case, lot_id)
    sheet = case.sheet(lot_id, member.id)
    accesses.seen(session, viewer, tender.id, SHEET, None if sheet is None else sheet.id)
    scores = {} if sheet is None else await _scores(session, sheet.id)
    return SheetRow(case, lot, member, sheet, case.eligible(lot_id), scores)


async def read(session: Session, viewer: Viewer, sheet_id: UUID) -> SheetRow:
    """A sheet by its id: for its member alone.

    Colleagues, officers and supervisors know that sheets exist: they are refused and logged (SheetIsSecret). Everybody else finds
    nothing. Raises SignInNeeded, NotFound, SheetIsSecret.
    """
    person_id = viewer.signed_in()
    found = (
        await session.execute(
            select(ScoreSheet, PanelMember, Tender)
            .join(PanelMember, PanelMember.id == ScoreSheet.member_id)
            .join(Tender, Tender.id == PanelMember.tender_id)
            .where(ScoreSheet.id == sheet_id)
        )
    ).first()
    if found is None:
        raise NotFound()
    sheet, member, tender = found
    if member.person_id == person_id and member.replaced_at is None:
        return await my_sheet(session, viewer, sheet.lot_id)
    colleague = select(PanelMember.id).where(
        PanelMember.tender_id == tender.id, PanelMember.person_id == person_id
    )
    if (
        policy.may_buy(viewer, tender.area_code)
        or policy.may_supervise(viewer, tender.area_code)
        or await session.scalar(colleague) is not None
    ):
        raise SheetIsSecret(tender.id, SHEET)
    raise NotFound()


async def save(session: Session, viewer: Viewer, lot_id: UUID, draft: SheetDraft) -> UUID:
    """Save points and reasons of the viewer's sheet; answers its id.

    Raises SignInNeeded, NotFound, DeclarationIsMissing, CheckIsOpen, TooFewQualifiedBidders, SheetIsFrozen, InputIsInvalid,
    PointsAreOffTheScale, and what ``case.held`` raises.
    """
    _, sheet, _ = await _save(session, viewer, lot_id, draft)
    return sheet.id


async def submit(session: Session, viewer: Viewer, lot_id: UUID, draft: SheetDraft | None = None) -> UUID:
    """Hand in the sheet, after saving ``draft`` if one is given; it is frozen from here on. Answers its id.

    Raises what ``save`` raises, and SheetIsIncomplete.
    """
    case, sheet, member = await _save(session, viewer, lot_id, draft or SheetDraft(scores=()))
    gaps = _gaps(case, lot_id, await _scores(session, sheet.id))
    if gaps:
        raise SheetIsIncomplete(missing=len(gaps))
    frozen = await session.execute(
        update(ScoreSheet)
        .where(ScoreSheet.id == sheet.id, ScoreSheet.submitted_at.is_(None), ScoreSheet.voided_at.is_(None))
        .values(submitted_at=session.now())
        .returning(ScoreSheet.id)
    )
    if frozen.first() is None:
        raise SheetIsFrozen()
    await session.refresh(sheet)
    await records.append(
        session, case.tender.id, "sheet.submitted", member.person_id, lot_id=lot_id, seat=member.seat
    )
    after = await load(session, case.tender)
    if not after.vacant and not after.missing_sheets():
        await publish(session, SheetsComplete(case.tender.id))
    return sheet.id


async def _save(
    session: Session, viewer: Viewer, lot_id: UUID, draft: SheetDraft
) -> tuple[Case, ScoreSheet, PanelMember]:
    person_id = viewer.signed_in()
    case = await load_held(session, (await _tender_of(session, lot_id)).id)
    member = declared_seat_of(case, person_id)
    _lot_to_score(case, lot_id)
    for number, one in enumerate(draft.scores):
        _must_be_on_the_scale(case, lot_id, number, one)
    sheet = case.sheet(lot_id, member.id) or await _start(session, lot_id, member.id)
    if sheet.submitted_at is not None or sheet.voided_at is not None:
        raise SheetIsFrozen()
    rows = {(one.bid_lot_id, one.criterion_key): one for one in draft.scores}
    if rows:
        insert = upsert(session, Score)
        await session.execute(
            insert.on_conflict_do_update(
                index_elements=[Score.sheet_id, Score.bid_lot_id, Score.criterion_key],
                set_={"points": insert.excluded.points, "reason": insert.excluded.reason},
            ),
            [{"sheet_id": sheet.id, **one.model_dump()} for one in rows.values()],
        )
    return case, sheet, member


async def _start(session: Session, lot_id: UUID, member_id: UUID) -> ScoreSheet:
    # Whoever scores holds the tender, so nobody else begins this sheet; the constraint stands behind that.
    row = ScoreSheet(id=new_id(), lot_id=lot_id, member_id=member_id, started_at=session.now())
    if not await insert_once(session, row):
        raise SheetIsFrozen()
    return row


def _lot_to_score(case: Case, lot_id: UUID) -> Lot:
    """The lot, if it is still evaluated. Raises CheckIsOpen, TooFewQualifiedBidders."""
    if case.closing is None:
        raise CheckIsOpen()
    lot = next((one for one in case.live_lots() if one.id == lot_id), None)
    if lot is None:
        raise TooFewQualifiedBidders(
            needed=case.least_bidders, article=case.rules.rule("least_bidders").article
        )
    return lot


def _must_be_on_the_scale(case: Case, lot_id: UUID, number: int, one: ScoreDraft) -> None:
    """Points between the lowest and the highest step: a step says what a level is, a bid may lie between two."""
    if one.bid_lot_id not in {offer.id for offer in case.eligible(lot_id)}:
        raise InputIsInvalid.of(f"scores.{number}.bid_lot_id", "unknown_choice", choice=str(one.bid_lot_id))
    criterion = next((known for known in case.quality if known.key == one.criterion_key), None)
    if criterion is None:
        raise InputIsInvalid.of(f"scores.{number}.criterion_key", "unknown_choice", choice=one.criterion_key)
    lowest, highest = scale_of(criterion)
    if one.points is not None and not lowest * _HUNDREDTHS <= one.points <= highest * _HUNDREDTHS:
        raise PointsAreOffTheScale(criterion=criterion.name, lowest=lowest, highest=highest)


def scale_of(criterion: Criterion) -> tuple[int, int]:
    """The lowest and highest points that a criterion gives."""
    steps = [step.points for step in criterion.scale]
    return (min(steps), max(steps)) if len(steps) > 1 else (0, 100)


def _gaps(case: Case, lot_id: UUID, scores: dict[tuple[UUID, str], Score]) -> list[tuple[UUID, str]]:
    return [
        (offer.id, criterion.key)
        for offer in case.eligible(lot_id)
        for criterion in case.quality
        if (found := scores.get((offer.id, criterion.key))) is None
        or found.points is None
        or not found.reason.strip()
    ]


async def _scores(session: Session, sheet_id: UUID) -> dict[tuple[UUID, str], Score]:
    rows = await session.scalars(
        select(Score).where(Score.sheet_id == sheet_id).execution_options(populate_existing=True)
    )
    return {(row.bid_lot_id, row.criterion_key): row for row in rows}


async def _tender_of(session: Session, lot_id: UUID) -> Tender:
    tender = await session.scalar(
        select(Tender)
        .join(Lot, Lot.tender_id == Tender.id)
        .where(Lot.id == lot_id, Tender.published_at.is_not(None))
    )
    if tender is None:
        raise NotFound()
    return tender
