"""Where a tender stands: derived from its moments, in OCDS's words and, finer, as a stage of the way."""

from datetime import datetime
from enum import StrEnum

from marketplace.procurement.tenders.models import Lot, Tender


class TenderStatus(StrEnum):
    """OCDS 1.1 ``tender.status``."""

    PLANNING = "planning"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    UNSUCCESSFUL = "unsuccessful"
    COMPLETE = "complete"


class Stage(StrEnum):
    """A tender's way from draft to the end of its contracts. ``closed`` waits for the opening, ``opened`` for the report,
    ``evaluated`` for the decision, ``awarded`` for the contracts; ``suspended`` rests while a complaint is decided."""

    DRAFT = "draft"
    ENQUIRY = "enquiry"
    SUBMISSION = "submission"
    CLOSED = "closed"
    OPENED = "opened"
    EVALUATED = "evaluated"
    AWARDED = "awarded"
    COMPLETE = "complete"
    SUSPENDED = "suspended"
    UNSUCCESSFUL = "unsuccessful"
    CANCELLED = "cancelled"


class EndReason(StrEnum):
    """Why a tender or a lot ended without a result. Words: ``end_reason.<value>``; rooms above may have further codes."""

    TOO_FEW_BIDS = "too_few_bids"
    TOO_FEW_QUALIFIED = "too_few_qualified"
    NOT_OPENED = "not_opened"
    OVER_BUDGET = "over_budget"
    UNFAIR = "unfair"
    NO_CONTRACT = "no_contract"


ENDED = frozenset({Stage.COMPLETE, Stage.UNSUCCESSFUL, Stage.CANCELLED})

_STATUSES = {
    Stage.DRAFT: TenderStatus.PLANNING,
    Stage.CANCELLED: TenderStatus.CANCELLED,
    Stage.UNSUCCESSFUL: TenderStatus.UNSUCCESSFUL,
    Stage.AWARDED: TenderStatus.COMPLETE,
    Stage.COMPLETE: TenderStatus.COMPLETE,
}


def stage(tender: Tender, now: datetime) -> Stage:
    """The stage at ``now``. Ends come first, then a suspension, then the furthest step that was reached."""
    ended = _end(tender)
    if ended is not None:
        return ended
    if tender.published_at is None:
        return Stage.DRAFT
    if tender.suspended_at is not None:
        return Stage.SUSPENDED
    for moment, reached in (
        (tender.awarded_at, Stage.AWARDED),
        (tender.evaluated_at, Stage.EVALUATED),
        (tender.opened_at, Stage.OPENED),
    ):
        if moment is not None:
            return reached
    return _before_opening(tender, now)


def status(tender: Tender, now: datetime) -> TenderStatus:
    """The OCDS status: a tender is active until it is awarded, complete from then on."""
    reached = stage(tender, now)
    if reached is Stage.SUSPENDED and tender.awarded_at is not None:
        return TenderStatus.COMPLETE
    return _STATUSES.get(reached, TenderStatus.ACTIVE)


def lot_status(lot: Lot, tender: Tender, now: datetime) -> TenderStatus:
    """The OCDS status of one lot: its own end, or that of its tender."""
    if lot.removed_at is not None:
        return TenderStatus.CANCELLED
    if lot.unsuccessful_at is not None:
        return TenderStatus.UNSUCCESSFUL
    return status(tender, now)


def takes_bids(tender: Tender, now: datetime) -> bool:
    """Whether bids may come in, as far as the process's own clock knows; the deadline itself is judged by the database's."""
    return stage(tender, now) in {Stage.ENQUIRY, Stage.SUBMISSION}


def _end(tender: Tender) -> Stage | None:
    if tender.cancelled_at is not None:
        return Stage.CANCELLED
    if tender.unsuccessful_at is not None:
        return Stage.UNSUCCESSFUL
    return Stage.COMPLETE if tender.completed_at is not None else None


def _before_opening(tender: Tender, now: datetime) -> Stage:
    assert tender.enquiries_end_at is not None and tender.submissions_end_at is not None
    if now < tender.enquiries_end_at:
        return Stage.ENQUIRY
    return Stage.SUBMISSION if now < tender.submissions_end_at else Stage.CLOSED
