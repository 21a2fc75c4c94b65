"""Was it kept? Pure: a promise and the facts that stand, and for each month and kind of source how often the promise was kept.

Three things make the answer fair. Only whole evidence counts: a promise per week is judged over at least seven told days, one per month,
quarter or year only when every day of it is told. Each source is judged by itself, so that two that watched the same days are not added
up. And kinds of sources stand apart: the company's own figures never share a number with an inspector's or a sensor's.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.delivery.properties.states import SourceKind


class Direction(StrEnum):
    """Which way a target is kept. Words are keyed ``property_direction.<value>``."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Per(StrEnum):
    """Over what a target is counted. Words are keyed ``property_per.<value>``."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    CASE = "case"


class Verdict(StrEnum):
    """What a month's evidence says. Words are keyed ``property_verdict.<value>``."""

    KEPT = "kept"
    NOT_KEPT = "not_kept"
    UNKNOWN = "unknown"


_SHORT = {Per.DAY: 1, Per.WEEK: 7}
_MONTHS = {Per.MONTH: 1, Per.QUARTER: 3, Per.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, as far as it is counted."""

    id: UUID
    direction: Direction
    target: int
    per: Per


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that stands: no later one has taken its place."""

    promise_id: UUID
    source_id: UUID
    kind: SourceKind
    from_on: date
    until_on: date
    value: int

    @property
    def days(self) -> int:
        return (self.until_on - self.from_on).days + 1


@dataclass(frozen=True, slots=True)
class Result:
    """One promise in one month (its first day) by one kind of source: how many judgements, how many say that it was kept.

    ``days`` were told, the most that any one source told; ``value`` is that source's sum, for a case the worst one.
    """

    promise_id: UUID
    month: date
    kind: SourceKind
    judged: int
    kept: int
    days: int
    value: int

    @property
    def verdict(self) -> Verdict:
        if not self.judged:
            return Verdict.UNKNOWN
        return Verdict.KEPT if self.kept == self.judged else Verdict.NOT_KEPT


def results(promise: Promise, facts: Iterable[Told]) -> list[Result]:
    """Month by month and kind by kind, the earliest first. A fact belongs to the month of its last day."""
    by_source: dict[tuple[SourceKind, UUID], list[Told]] = defaultdict(list)
    for fact in facts:
        if fact.promise_id == promise.id:
            by_source[(fact.kind, fact.source_id)].append(fact)
    found: dict[tuple[date, SourceKind], list[Result]] = defaultdict(list)
    for (kind, _source), told in by_source.items():
        for one in _of_source(promise, kind, told):
            found[(one.month, kind)].append(one)
    order = list(SourceKind)
    return [_together(found[key]) for key in sorted(found, key=lambda pair: (pair[0], order.index(pair[1])))]


def kept_in_all(found: Iterable[Result]) -> tuple[int, int]:
    """How many judgements say kept, of how many. The results must be of one kind of source."""
    rows = list(found)
    return sum(row.kept for row in rows), sum(row.judged for row in rows)


def months_until(last: date, count: int) -> list[date]:
    """The first days of ``count`` months, the last one being that of ``last``."""
    number = last.year * 12 + last.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - count + 1, number + 1)]


def _of_source(promise: Promise, kind: SourceKind, told: Sequence[Told]) -> list[Result]:
    by_month: dict[date, list[Told]] = defaultdict(list)
    for fact in told:
        by_month[fact.until_on.replace(day=1)].append(fact)
    return [_month(promise, kind, month, by_month[month], told) for month in sorted(by_month)]


def _month(
    promise: Promise, kind: SourceKind, month: date, facts: Sequence[Told], every: Sequence[Told]
) -> Result:
    days, value = sum(fact.days for fact in facts), sum(fact.value for fact in facts)
    if promise.per is Per.CASE:
        kept = sum(_is_kept(promise, fact.value, 1, 1) for fact in facts)
        worst = (min if promise.direction is Direction.AT_LEAST else max)(fact.value for fact in facts)
        return Result(promise.id, month, kind, len(facts), kept, days, worst)
    if promise.per in _SHORT:
        length = _SHORT[promise.per]
        judged = days >= length
        kept = judged and _is_kept(promise, value, days, length)
        return Result(promise.id, month, kind, int(judged), int(kept), days, value)
    whole = _whole(promise.per, month, every)
    if whole is None:
        return Result(promise.id, month, kind, 0, 0, days, value)
    return Result(promise.id, month, kind, 1, int(_is_kept(promise, whole, 1, 1)), days, whole)


def _is_kept(promise: Promise, value: int, days: int, length: int) -> bool:
    """Against the target for ``days``, of which ``length`` make one period; what is less than one of the unit is not asked for."""
    if promise.direction is Direction.AT_LEAST:
        return value >= promise.target * days // length
    return value <= -(-promise.target * days // length)


def _whole(per: Per, month: date, facts: Sequence[Told]) -> int | None:
    """The sum over the month, quarter or year that ends with ``month``; None when it does not end there or a day of it is not told."""
    count = _MONTHS[per]
    if month.month % count:
        return None
    first = months_until(month, count)[0]
    last = _last_day(month)
    inside = [fact for fact in facts if first <= fact.from_on and fact.until_on <= last]
    told = sum(fact.days for fact in inside)
    return sum(fact.value for fact in inside) if told == (last - first).days + 1 else None


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _together(found: Sequence[Result]) -> Result:
    """Several sources of one kind: judgements are counted, values are not added."""
    most = max(found, key=lambda one: one.days)
    return Result(
        most.promise_id,
        most.month,
        most.kind,
        sum(one.judged for one in found),
        sum(one.kept for one in found),
        most.days,
        most.value,
    )
