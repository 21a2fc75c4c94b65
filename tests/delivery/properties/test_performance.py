"""Whether promises were kept, from made-up facts alone: only whole evidence, each source by itself, kinds apart."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.delivery.properties.performance import (
    Direction,
    Per,
    Promise,
    Told,
    Verdict,
    kept_in_all,
    months_until,
    results,
)
from marketplace.delivery.properties.states import SourceKind
from marketplace.kernel.ids import new_id

PROMISE = new_id()
INSPECTOR, SENSOR, OTHER = new_id(), new_id(), new_id()


def promised(target: int, per: Per, direction: Direction = Direction.AT_LEAST) -> Promise:
    return Promise(PROMISE, direction, target, per)


def told(
    value: int,
    first: date,
    last: date | None = None,
    source: UUID = INSPECTOR,
    kind: SourceKind = SourceKind.INSPECTION,
) -> Told:
    return Told(PROMISE, source, kind, first, last or first, value)


@pytest.mark.parametrize(("value", "verdict"), [(7, Verdict.KEPT), (6, Verdict.NOT_KEPT)])
def test_a_promise_per_week_is_judged_over_a_told_week(value: int, verdict: Verdict) -> None:
    (one,) = results(promised(7, Per.WEEK), [told(value, date(2026, 11, 2), date(2026, 11, 8))])
    assert (one.month, one.verdict, one.days, one.value) == (date(2026, 11, 1), verdict, 7, value)


def test_less_than_a_week_says_nothing_of_a_promise_per_week() -> None:
    (one,) = results(promised(7, Per.WEEK), [told(0, date(2026, 11, 2), date(2026, 11, 7))])
    assert one.verdict is Verdict.UNKNOWN and (one.judged, one.days) == (0, 6)


def test_what_is_less_than_one_unit_is_not_asked_for() -> None:
    once_a_week = promised(1, Per.WEEK)
    (ten_days,) = results(once_a_week, [told(1, date(2026, 11, 1), date(2026, 11, 10))])
    (two_weeks,) = results(once_a_week, [told(1, date(2026, 11, 1), date(2026, 11, 14))])
    assert (ten_days.verdict, two_weeks.verdict) == (Verdict.KEPT, Verdict.NOT_KEPT)
    at_most = promised(1, Per.WEEK, Direction.AT_MOST)
    (in_ten_days,) = results(at_most, [told(2, date(2026, 11, 1), date(2026, 11, 10))])
    assert in_ten_days.verdict is Verdict.KEPT


def test_a_month_is_judged_only_when_every_day_of_it_is_told() -> None:
    twice_a_month = promised(2, Per.MONTH)
    gap = [told(5, date(2026, 10, 1), date(2026, 10, 15)), told(5, date(2026, 10, 17), date(2026, 10, 31))]
    assert results(twice_a_month, gap)[0].verdict is Verdict.UNKNOWN
    whole = [told(1, date(2026, 10, 1), date(2026, 10, 15)), told(1, date(2026, 10, 16), date(2026, 10, 31))]
    assert results(twice_a_month, whole)[0].verdict is Verdict.KEPT
    across = [told(9, date(2026, 9, 30), date(2026, 10, 31))]
    assert results(twice_a_month, across)[0].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("per", "first"), [(Per.QUARTER, date(2026, 7, 1)), (Per.YEAR, date(2026, 1, 1))])
def test_quarters_and_years_are_judged_in_their_last_month(per: Per, first: date) -> None:
    last = date(2026, 9, 30) if per is Per.QUARTER else date(2026, 12, 31)
    middle = first + (last - first) // 2
    facts = [told(1, first, middle), told(1, middle + timedelta(days=1), last)]
    found = results(promised(2, per), facts)
    assert [one.judged for one in found] == [0, 1]
    assert (found[-1].month, found[-1].verdict, found[-1].value) == (last.replace(day=1), Verdict.KEPT, 2)


def test_each_case_is_judged_by_itself() -> None:
    within_an_hour = promised(60, Per.CASE, Direction.AT_MOST)
    day = date(2026, 11, 3)
    (one,) = results(within_an_hour, [told(30, day), told(60, day), told(61, day)])
    assert (one.kept, one.judged, one.verdict, one.value) == (2, 3, Verdict.NOT_KEPT, 61)


def test_kinds_of_sources_are_never_one_number() -> None:
    week = (date(2026, 11, 2), date(2026, 11, 8))
    facts = [
        told(7, *week, OTHER, SourceKind.COMPANY),
        told(3, *week, INSPECTOR, SourceKind.INSPECTION),
        told(4, *week, SENSOR, SourceKind.SENSOR),
    ]
    found = results(promised(7, Per.WEEK), facts)
    assert [(one.kind, one.value, one.verdict) for one in found] == [
        (SourceKind.INSPECTION, 3, Verdict.NOT_KEPT),
        (SourceKind.SENSOR, 4, Verdict.NOT_KEPT),
        (SourceKind.COMPANY, 7, Verdict.KEPT),
    ]


def test_two_sources_of_one_kind_are_counted_and_not_added_up() -> None:
    week = (date(2026, 11, 2), date(2026, 11, 8))
    found = results(promised(7, Per.WEEK), [told(4, *week), told(4, *week, OTHER), told(7, *week, SENSOR)])
    assert [(one.kept, one.judged, one.verdict) for one in found] == [(1, 3, Verdict.NOT_KEPT)]
    assert kept_in_all(found) == (1, 3)


def test_facts_of_another_promise_play_no_part() -> None:
    stray = Told(new_id(), INSPECTOR, SourceKind.INSPECTION, date(2026, 11, 2), date(2026, 11, 8), 9)
    assert results(promised(7, Per.WEEK), [stray]) == []


def test_months_are_counted_across_years() -> None:
    assert months_until(date(2027, 2, 14), 4) == [
        date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1),
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 400), st.integers(1, 40)), max_size=30),
    st.sampled_from(Per),
    st.sampled_from(Direction),
    st.integers(0, 20),
)
def test_the_order_of_facts_changes_nothing_and_counts_stay_in_bounds(
    drawn: list[tuple[int, int, int]], per: Per, direction: Direction, target: int
) -> None:
    facts = [
        told(value, date(2026, 1, 1) + timedelta(days=at), date(2026, 1, 1) + timedelta(days=at + length))
        for value, at, length in drawn
    ]
    found = results(promised(target, per, direction), facts)
    assert all(0 <= one.kept <= one.judged for one in found)
    backwards = results(promised(target, per, direction), facts[::-1])
    assert [(one.month, one.kept, one.judged) for one in found] == [
        (one.month, one.kept, one.judged) for one in backwards
    ]
