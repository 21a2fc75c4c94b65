"""What facts mean: minutes, lateness, grades, presence and stars, without a database."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.hours import states
from marketplace.hours.states import Grade, Method, Presence, PresenceFacts
from tests.city import NOW

HOUR = timedelta(hours=1)
SHIFT = (NOW, NOW + 2 * HOUR)
minutes_around = st.integers(-300, 300).map(lambda minutes: NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (NOW, NOW + 2 * HOUR, 120),
        (NOW - HOUR / 4, NOW + 3 * HOUR, 120),
        (NOW + timedelta(minutes=20), NOW + 2 * HOUR, 100),
        (NOW, NOW + timedelta(minutes=59, seconds=59), 59),
        (NOW - HOUR / 4, NOW - HOUR / 8, 0),
    ],
)
def test_minutes_are_those_within_the_shift(came: datetime, left: datetime, minutes: int) -> None:
    assert states.served_minutes(SHIFT, (came, left)) == minutes


@given(came=minutes_around, left=minutes_around)
def test_minutes_are_never_negative_and_never_more_than_the_shift(came: datetime, left: datetime) -> None:
    assert 0 <= states.served_minutes(SHIFT, (came, left)) <= 120


@pytest.mark.parametrize(("minutes", "late"), [(-15, 0), (0, 0), (10, 0), (11, 11), (20, 20)])
def test_late_is_what_the_rule_does_not_forgive(minutes: int, late: int) -> None:
    assert states.late_minutes(NOW, NOW + timedelta(minutes=minutes), late_after_minutes=10) == late


@pytest.mark.parametrize(
    ("method", "metres", "is_witnessed"),
    [
        (Method.QR, None, True),
        (Method.SHORT_CODE, 500, True),
        (Method.QR, 501, False),
        (Method.BY_HAND, None, False),
        (Method.OWN_SCREEN, 0, False),
    ],
)
def test_only_a_code_at_the_place_is_evidence(method: Method, metres: int | None, is_witnessed: bool) -> None:
    assert states.is_witnessed(method, metres, place_metres=500) is is_witnessed


def test_grades_follow_the_evidence() -> None:
    assert states.attendance_grade(True, True) is Grade.A
    assert states.attendance_grade(True, False) is Grade.B
    assert states.attendance_grade(False, True) is Grade.B
    assert states.attendance_grade(False, False) is None
    assert [states.corrected_grade(grade) for grade in "ABCD"] == [Grade.C, Grade.C, Grade.C, Grade.D]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((None, None, None, None), Presence.EXPECTED),
        ((NOW, None, None, None), Presence.CHECKED_IN),
        ((NOW, NOW, None, None), Presence.CHECKED_OUT),
        ((NOW, None, NOW, None), Presence.IN_REVIEW),
        ((None, None, NOW, NOW), Presence.REVIEWED),
    ],
)
def test_presence_follows_what_is_on_record(
    facts: tuple[datetime | None, datetime | None, datetime | None, datetime | None], state: Presence
) -> None:
    assert states.presence(PresenceFacts(SHIFT[1], *facts), NOW) is state


def test_a_confirmed_person_who_left_no_trace_was_absent() -> None:
    nothing = PresenceFacts(SHIFT[1], None, None, None, None)
    assert states.presence(nothing, SHIFT[1]) is Presence.ABSENT


@pytest.mark.parametrize(
    ("minutes", "reached", "to_next"),
    [(0, 0, 6000), (5999, 0, 1), (6000, 1, 12000), (89_999, 4, 1), (90_000, 5, 0), (10**6, 5, 0)],
)
def test_stars_are_reached_at_100_300_600_1000_and_1500_hours(
    minutes: int, reached: int, to_next: int
) -> None:
    stars = states.stars(minutes, (6000, 18000, 36000, 60000, 90000))
    assert (stars.reached, stars.minutes_to_next) == (reached, to_next)
