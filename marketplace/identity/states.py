"""The state of a stated qualification, from its facts."""

from datetime import date
from enum import StrEnum

from marketplace.identity.models import PersonQualification


class QualificationState(StrEnum):
    """Where a stated qualification stands."""

    STATED = "stated"
    VERIFIED = "verified"
    REFUSED = "refused"
    EXPIRED = "expired"


def qualification_state(row: PersonQualification, today: date) -> QualificationState:
    """What the row's facts add up to on ``today``: valid through its last day."""
    if row.refused_at is not None:
        return QualificationState.REFUSED
    if row.expires_on is not None and row.expires_on < today:
        return QualificationState.EXPIRED
    return QualificationState.STATED if row.verified_at is None else QualificationState.VERIFIED
