"""What attendances, reviews and requests mean, worked out from their facts. Pure: no session, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MINUTES_A_DAY = 1440


class Direction(StrEnum):
    """Which of the two a code is for."""

    IN = "in"
    OUT = "out"


class Method(StrEnum):
    """How a check-in or check-out was witnessed.

    An organiser who is also a volunteer can read the code off the own screen: nobody else saw it, so it proves no more than a
    check-in by hand.
    """

    QR = "qr"
    SHORT_CODE = "short_code"
    OWN_SCREEN = "own_screen"
    BY_HAND = "by_hand"


class Grade(StrEnum):
    """How well a presence was witnessed, best first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Cause(StrEnum):
    """Why a presence waits for an organiser's decision."""

    NO_CHECK_OUT = "no_check_out"
    NO_CHECK_IN = "no_check_in"
    BY_HAND = "by_hand"


class Source(StrEnum):
    """What a ledger entry came from; its ``source_id`` is a row of that kind."""

    ATTENDANCE = "attendance"
    REVIEW = "review"
    REQUEST = "request"
    REVERSAL = "reversal"


class Presence(StrEnum):
    """Where one confirmed person stands in one shift."""

    EXPECTED = "expected"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    ABSENT = "absent"


class RequestState(StrEnum):
    """Where hours by hand, or a correction, stand."""

    WAITING = "waiting"
    COUNTED = "counted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PresenceFacts:
    """What is on record of one person in one shift."""

    shift_ends_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    review_opened_at: datetime | None
    review_decided_at: datetime | None


def presence(facts: PresenceFacts, now: datetime) -> Presence:
    """Absent is what a confirmed person is by default when the shift is over; asking for a review changes that."""
    if facts.review_decided_at is not None:
        return Presence.REVIEWED
    if facts.review_opened_at is not None:
        return Presence.IN_REVIEW
    if facts.checked_out_at is not None:
        return Presence.CHECKED_OUT
    if facts.checked_in_at is not None:
        return Presence.CHECKED_IN
    return Presence.EXPECTED if now < facts.shift_ends_at else Presence.ABSENT


def request_state(completed_at: datetime | None, refused_at: datetime | None) -> RequestState:
    if refused_at is not None:
        return RequestState.REFUSED
    return RequestState.WAITING if completed_at is None else RequestState.COUNTED


def whole_minutes(span: timedelta) -> int:
    """Completed minutes; never negative."""
    return max(0, span // timedelta(minutes=1))


def served_minutes(shift: tuple[datetime, datetime], presence: tuple[datetime, datetime]) -> int:
    """Minutes of the presence that lie within the shift.

    Coming early or staying on is kind, but hours are promised by the shift's bounds, so nobody gains by idling at the door.
    """
    return whole_minutes(min(presence[1], shift[1]) - max(presence[0], shift[0]))


def late_minutes(starts_at: datetime, checked_in_at: datetime, late_after_minutes: int) -> int:
    """Minutes after the start, counted only once somebody is later than the rule forgives."""
    late = whole_minutes(checked_in_at - starts_at)
    return late if late > late_after_minutes else 0


def is_witnessed(method: str, metres: int | None, place_metres: int) -> bool:
    """Whether a code proves this end of the presence.

    Far from the place does not refuse: a phone's position is often wrong between tall houses, and can be made up anyway. It is on
    record, and proves less.
    """
    return method in (Method.QR, Method.SHORT_CODE) and (metres is None or metres <= place_metres)


def attendance_grade(came_witnessed: bool, left_witnessed: bool) -> Grade | None:
    """A for both ends witnessed, B for one; None when only the organiser's word is there, which another one must review."""
    if came_witnessed and left_witnessed:
        return Grade.A
    return Grade.B if came_witnessed or left_witnessed else None


def corrected_grade(grade: str) -> Grade:
    """The grade after a correction: two people's judgement, but never better than what it corrects."""
    return max(Grade(grade), Grade.C)


@dataclass(frozen=True, slots=True)
class Stars:
    """The level reached by ``minutes``; ``next_at`` is the total for one more star, None at the top."""

    reached: int
    most: int
    minutes: int
    previous_at: int
    next_at: int | None

    @property
    def minutes_to_next(self) -> int:
        return 0 if self.next_at is None else self.next_at - self.minutes


def stars(minutes: int, thresholds: Sequence[int]) -> Stars:
    """How many of the rising ``thresholds`` (in minutes) a total has reached."""
    reached = sum(minutes >= threshold for threshold in thresholds)
    return Stars(
        reached=reached,
        most=len(thresholds),
        minutes=minutes,
        previous_at=thresholds[reached - 1] if reached else 0,
        next_at=thresholds[reached] if reached < len(thresholds) else None,
    )
