"""When the numbers of a contract call for a whistle: pure judgements of counts and sums, each with the numbers that led to it.

*Commitments slip* where too small a share of what was measured was kept, or too much is overdue. *Nobody answers* where hardly any
ticket was used before its time ran out. *Ratings fall* compares the newest ratings with the earlier ones of the same contract by the
difference of two means in units of its standard error, without assuming equal variances (Welch 1947, Biometrika 34). Earlier ratings
fade with age as they do in the score, and count as many as Kish's effective number says. Everything is exact; no root is taken.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import isqrt
from typing import Any, Final

from marketplace.delivery.formula import SIXTIETHS, Sums, ten_thousandths

_LEAST_VARIANCE: Final = Fraction(SIXTIETHS**2, 12)
"""What rounding to whole points alone leaves uncertain. Without it five people who all say "5" would make any other word a fall."""

_MILLION: Final = 1_000_000


class WhistleKind(StrEnum):
    """What slips. Words are keyed ``whistle.<value>``."""

    COMMITMENTS_SLIP = "commitments_slip"
    RATINGS_FALL = "ratings_fall"
    NOBODY_ANSWERS = "nobody_answers"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether to blow, and the plain numbers that said so, which are kept and shown."""

    slips: bool
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was promised and measured in the last days: commitments kept, broken and never told, over so many deliveries or facts."""

    deliveries: int = 0
    kept: int = 0
    broken: int = 0
    untold: int = 0
    overdue: int = 0

    @property
    def measured(self) -> int:
        return self.kept + self.broken + self.untold


@dataclass(frozen=True, slots=True)
class CommitmentsRule:
    """Rule ``signal.commitments``."""

    least_deliveries: int
    kept_percent: int
    overdue_deliveries: int
    days: int


@dataclass(frozen=True, slots=True)
class RatingsRule:
    """Rule ``signal.ratings``."""

    least_ratings: int
    sigmas_tenths: int
    days: int


@dataclass(frozen=True, slots=True)
class AnswersRule:
    """Rule ``signal.answers``."""

    least_tickets: int
    answered_percent: int
    days: int


@dataclass(frozen=True, slots=True)
class QuietRule:
    """Rule ``signal.quiet``: a value at the edge does not whistle again so soon, unless it is worse by so much of itself."""

    days: int
    worse_percent: int


def cause(kind: str, facts: dict[str, Any]) -> str:
    """What slips in one word, keyed ``whistle.<cause>``: the kind, or "overdue" where nothing else of the commitments is wrong."""
    is_only_late = kind == WhistleKind.COMMITMENTS_SLIP and not facts["is_broken"]
    return "overdue" if is_only_late else kind


def commitments_slip(counted: Kept, rule: CommitmentsRule) -> Judgement:
    """Too few kept of enough deliveries, or too much overdue. What was done and never measured was not kept."""
    is_enough = counted.deliveries >= rule.least_deliveries and counted.measured > 0
    too_few = is_enough and counted.kept * 100 < rule.kept_percent * counted.measured
    too_late = counted.overdue >= rule.overdue_deliveries
    return Judgement(
        too_few or too_late,
        {
            "deliveries": counted.deliveries,
            "kept": counted.kept,
            "broken": counted.broken,
            "untold": counted.untold,
            "overdue": counted.overdue,
            "is_overdue": too_late,
            "is_broken": too_few,
            "kept_percent": rule.kept_percent,
            "overdue_deliveries": rule.overdue_deliveries,
            "days": rule.days,
        },
    )


def nobody_answers(tickets: int, used: int, rule: AnswersRule) -> Judgement:
    """Of enough tickets whose time ran out hardly any was used."""
    slips = tickets >= rule.least_tickets and used * 100 < rule.answered_percent * tickets
    return Judgement(
        slips,
        {"tickets": tickets, "used": used, "answered_percent": rule.answered_percent, "days": rule.days},
    )


def ratings_fall(earlier: Sums, newest: Sums, raters: int, least_raters: int, rule: RatingsRule) -> Judgement:
    """The newest mean lies below the earlier one by more than the rule's standard errors.

    ``raters`` are the different people behind the newest ratings: below ``least_raters`` one of them alone could blow, or be told by it.
    """
    facts: dict[str, Any] = {
        "earlier": _told(earlier),
        "newest": _told(newest) | {"raters": raters},
        "sigmas_needed_tenths": rule.sigmas_tenths,
        "sigmas_tenths": None,
        "days": rule.days,
    }
    if min(earlier.ratings, newest.ratings) < rule.least_ratings or raters < least_raters:
        return Judgement(False, facts)
    fall = _mean(earlier) - _mean(newest)
    squared_error = _variance(earlier) / earlier.effective + _variance(newest) / newest.effective
    squared = fall**2 / squared_error
    facts["sigmas_tenths"] = (1 if fall >= 0 else -1) * isqrt(int(squared * 100))
    return Judgement(fall > 0 and squared * 100 > rule.sigmas_tenths**2, facts)


def grew_worse(kind: WhistleKind, facts: dict[str, Any], before: dict[str, Any], rule: QuietRule) -> bool:
    """Whether the numbers tell more than those with which an earlier whistle ended: another cause, one more overdue, or plainly lower."""
    if kind is WhistleKind.COMMITMENTS_SLIP and (
        facts["overdue"] > before["overdue"] or facts["is_broken"] > before["is_broken"]
    ):
        return True
    return _level(kind, facts) * 100 < _level(kind, before) * (100 - rule.worse_percent)


def _level(kind: WhistleKind, facts: dict[str, Any]) -> Fraction:
    """What a whistle of the kind looks at; less is worse."""
    if kind is WhistleKind.RATINGS_FALL:
        return Fraction(facts["newest"]["mean"])
    if kind is WhistleKind.NOBODY_ANSWERS:
        return Fraction(facts["used"], facts["tickets"])
    measured = facts["kept"] + facts["broken"] + facts["untold"]
    return Fraction(facts["kept"], measured) if measured else Fraction(1)


def _mean(sums: Sums) -> Fraction:
    """In sixtieths."""
    return Fraction(sums.weighted, sums.weight)


def _variance(sums: Sums) -> Fraction:
    """Of one rating, in sixtieths squared, unbiased for the effective number."""
    plain = Fraction(sums.weighted_squares, sums.weight) - _mean(sums) ** 2
    beyond_one = max(sums.effective - 1, Fraction(1))
    return max(plain * sums.effective / beyond_one, _LEAST_VARIANCE)


def _told(sums: Sums) -> dict[str, Any]:
    """How many ratings, and their mean in ten-thousandths of a point with the 95 % interval around it."""
    if not sums.weight:
        return {"ratings": 0, "mean": None, "low": None, "high": None}
    mean = _mean(sums) / SIXTIETHS
    squared_error = _variance(sums) / sums.effective / SIXTIETHS**2
    margin = Fraction(196, 100) * Fraction(isqrt(int(squared_error * _MILLION**2)), _MILLION)
    return {
        "ratings": sums.ratings,
        "mean": ten_thousandths(mean),
        "low": ten_thousandths(max(mean - margin, Fraction(1))),
        "high": ten_thousandths(min(mean + margin, Fraction(5))),
    }
