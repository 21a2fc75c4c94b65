"""Where objections and awards stand: pure functions of their facts."""

from datetime import datetime
from enum import StrEnum

from marketplace.procurement.awards.models import Award, Objection


class ObjectionState(StrEnum):
    """Words are keyed ``state.objection.<value>``; a complaint stands in the same places."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class AwardState(StrEnum):
    """OCDS 1.1 ``award.status``: decided and not yet published, published, or ended."""

    PENDING = "pending"
    ACTIVE = "active"
    CANCELLED = "cancelled"


class Ending(StrEnum):
    """Why an award does not stand any more. All but a correction pass the lot on to the next in rank."""

    DECLINED = "declined"
    NOT_SIGNED = "not_signed"
    CORRECTED = "corrected"
    COMPLAINT_UPHELD = "complaint_upheld"


def objection_state(row: Objection, now: datetime) -> ObjectionState:
    if row.withdrawn_at is not None:
        return ObjectionState.WITHDRAWN
    if row.answered_at is not None:
        return ObjectionState.UPHELD if row.is_upheld else ObjectionState.REJECTED
    return ObjectionState.OVERDUE if now >= row.due_at else ObjectionState.WAITING


def is_open(row: Objection) -> bool:
    return row.answered_at is None and row.withdrawn_at is None


def award_state(row: Award) -> AwardState:
    if row.ended_at is not None:
        return AwardState.CANCELLED
    return AwardState.PENDING if row.published_at is None else AwardState.ACTIVE
