"""What the timestamps of a sign-up mean: one pure function, and the same meanings as SQL."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, and_

from marketplace.volunteering.models import SignUp


class SignUpState(StrEnum):
    """Where a sign-up stands. Its words are keyed ``state.sign_up.<value>``."""

    APPLIED = "applied"
    WAITING = "waiting"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset(
    {SignUpState.APPLIED, SignUpState.WAITING, SignUpState.OFFERED, SignUpState.CONFIRMED}
)


class SignUpFacts(Protocol):
    """What of a sign-up decides its state."""

    @property
    def waiting_number(self) -> int | None: ...
    @property
    def offer_expires_at(self) -> datetime | None: ...
    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...
    @property
    def declined_at(self) -> datetime | None: ...
    @property
    def lapsed_at(self) -> datetime | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...


def sign_up_state(sign_up: SignUpFacts, now: datetime) -> SignUpState:
    """The sign-up's state at ``now``. An offer whose time is over has lapsed, whether or not anybody has noted it yet."""
    ended = _ended(sign_up)
    if ended is not None:
        return ended
    if sign_up.confirmed_at is not None:
        return SignUpState.CONFIRMED
    if sign_up.offer_expires_at is not None:
        return SignUpState.OFFERED if now < sign_up.offer_expires_at else SignUpState.LAPSED
    return SignUpState.APPLIED if sign_up.waiting_number is None else SignUpState.WAITING


def _ended(sign_up: SignUpFacts) -> SignUpState | None:
    if sign_up.cancelled_at is not None:
        return SignUpState.CANCELLED
    if sign_up.withdrawn_at is not None:
        return SignUpState.WITHDRAWN
    if sign_up.declined_at is not None:
        return SignUpState.DECLINED
    return None if sign_up.lapsed_at is None else SignUpState.LAPSED


# The same meanings as SQL, over ``sign_ups`` or an alias of it. A wish is open and not confirmed: applied, waiting or offered.


def is_open(rows: type[SignUp] = SignUp) -> ColumnElement[bool]:
    return and_(
        rows.withdrawn_at.is_(None),
        rows.declined_at.is_(None),
        rows.lapsed_at.is_(None),
        rows.cancelled_at.is_(None),
    )


def is_confirmed(rows: type[SignUp] = SignUp) -> ColumnElement[bool]:
    return and_(rows.confirmed_at.is_not(None), is_open(rows))


def is_wish(rows: type[SignUp] = SignUp) -> ColumnElement[bool]:
    return and_(rows.confirmed_at.is_(None), is_open(rows))


def is_offered(rows: type[SignUp] = SignUp) -> ColumnElement[bool]:
    return and_(rows.offered_at.is_not(None), is_wish(rows))


def is_waiting(rows: type[SignUp] = SignUp) -> ColumnElement[bool]:
    return and_(rows.waiting_number.is_not(None), rows.offered_at.is_(None), is_wish(rows))


IS_OPEN = is_open()
