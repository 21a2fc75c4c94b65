"""How ratings become a score, version 1: exact whole-number sums, fading with age, drawn towards the citywide mean. Pure.

score = (m·C + Σ w·r) / (m + Σ w), the mean of m imagined ratings at the citywide mean C and the real ones; w = 0.5^(age/half-life).
Such a mean is a Bayesian average (Miller, "How Not To Sort By Average Rating", 2009, argues why small numbers need one). The
effective number of ratings is n = (Σ w)² / Σ w² (Kish 1965, "Survey Sampling"). The interval is score ± 1.96·√(v/(m + n)), where v
joins the citywide variance, weighted m, with that of the ratings around the score. Sums are whole numbers, so that the order of rows,
the database and the machine do not matter: whoever adds the same ratings gets the same score to the last figure.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

VERSION: Final = 1
SIXTIETHS: Final = 60
"""A mean of one to five whole numbers is a whole number of sixtieths."""
UNIT_WEIGHT: Final = 1_000_000
TEN_THOUSANDTHS: Final = 10_000
_LOWEST, _HIGHEST = Fraction(1), Fraction(5)
_NORMAL_95 = Fraction(196, 100)
_EXACTLY = Context(prec=60, rounding=ROUND_HALF_EVEN)
_FINE: Final = 1 << 64
_TOO_LARGE: Final = 10**57
"""From here on the last of sixty figures would be more than one."""


class Band(StrEnum):
    """A score against its city, told only where the interval allows. Words are keyed ``band.<value>``."""

    ABOVE = "above"
    AS_THE_CITY = "as_the_city"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Model:
    """The constants of a period: rules ``rating.score`` and ``rating.publication`` as they stood when it began."""

    prior_weight: int
    half_life_days: int
    kept_days: int
    city_days: int
    prior_hundredths: int
    least_raters: int
    least_effective: int
    smallest_cell: int

    @classmethod
    def of(cls, rules: Mapping[str, Mapping[str, Any]]) -> "Model":
        """From a period's ``rules``. Raises KeyError, TypeError where they are not whole."""
        return cls(**rules["rating.score"], **rules["rating.publication"])


@dataclass(frozen=True, slots=True)
class City:
    """All ratings of a service type in the city, unweighted: how many, their sum and the sum of their squares, in sixtieths."""

    ratings: int
    sum_sixtieths: int
    sum_squares: int

    def mean(self, model: Model) -> Fraction:
        """C, or the rule's prior where nobody rated yet."""
        if not self.ratings:
            return Fraction(model.prior_hundredths, 100)
        return Fraction(self.sum_sixtieths, SIXTIETHS * self.ratings)

    @property
    def variance(self) -> Fraction:
        """Around C; 1 where nobody rated yet, as between neighbouring stars."""
        if not self.ratings:
            return Fraction(1)
        mean = Fraction(self.sum_sixtieths, SIXTIETHS * self.ratings)
        return Fraction(self.sum_squares, SIXTIETHS**2 * self.ratings) - mean**2


@dataclass(frozen=True, slots=True)
class Sums:
    """What one provider's ratings of one service type add up to, in whole numbers: weights in millionths, ratings in sixtieths."""

    ratings: int = 0
    weight: int = 0
    weight_squares: int = 0
    weighted: int = 0
    weighted_squares: int = 0

    @property
    def effective(self) -> Fraction:
        """n = (Σ w)² / Σ w²; 0 without ratings."""
        return Fraction(self.weight**2, self.weight_squares) if self.weight_squares else Fraction(0)


@dataclass(frozen=True, slots=True)
class Score:
    """What is published, in ten-thousandths, rounded half to even; ``is_public`` says whether it may be."""

    score: int
    low: int
    high: int
    prior: int
    band: Band
    is_public: bool


def weight(age_days: int, model: Model) -> int:
    """The weight of a rating that is ``age_days`` old, in millionths; 0 once it counts no more. A rating of tomorrow counts as today's."""
    if age_days >= model.kept_days:
        return 0
    return _faded(max(age_days, 0), model.half_life_days)


@lru_cache(maxsize=8192)
def _faded(age_days: int, half_life_days: int) -> int:
    return round(UNIT_WEIGHT * math.pow(0.5, age_days / half_life_days))


def add_up(rows: Iterable[tuple[date, int, int]], as_of: date, model: Model) -> Sums:
    """The sums over rows of (day, sixtieths, how many such ratings), as of a day. Rows past ``kept_days`` count for nothing."""
    ratings = weights = squares = weighted = weighted_squares = 0
    for day, sixtieths, count in rows:
        one = weight((as_of - day).days, model)
        if not one:
            continue
        ratings += count
        weights += one * count
        squares += one * one * count
        weighted += one * sixtieths * count
        weighted_squares += one * sixtieths * sixtieths * count
    return Sums(ratings, weights, squares, weighted, weighted_squares)


def score(sums: Sums, raters: int, city: City, model: Model) -> Score:
    """The score with its interval and band. Below the numbers that publication asks for it is worked out and not public."""
    found = _in_whole_numbers(sums, city, model) or _in_fractions(sums, city, model)
    value, low, high, mean, band = found
    return Score(value, low, high, mean, band, is_public=may_be_published(sums, raters, model))


def _in_fractions(sums: Sums, city: City, model: Model) -> tuple[int, int, int, int, Band]:
    """The formula as it is written above: score, low, high, prior, band."""
    prior, real = Fraction(model.prior_weight), Fraction(sums.weight, UNIT_WEIGHT)
    mean = city.mean(model)
    total = Fraction(sums.weighted, UNIT_WEIGHT * SIXTIETHS)
    value = (prior * mean + total) / (prior + real)
    squares = Fraction(sums.weighted_squares, UNIT_WEIGHT * SIXTIETHS**2)
    spread = squares - 2 * value * total + value**2 * real
    variance = (prior * (city.variance + (mean - value) ** 2) + spread) / (prior + real)
    margin = _NORMAL_95 * _root(variance / (prior + sums.effective))
    low, high = max(value - margin, _LOWEST), min(value + margin, _HIGHEST)
    band = Band.ABOVE if low > mean else Band.BELOW if high < mean else Band.AS_THE_CITY
    return ten_thousandths(value), ten_thousandths(low), ten_thousandths(high), ten_thousandths(mean), band


def _in_whole_numbers(sums: Sums, city: City, model: Model) -> tuple[int, int, int, int, Band] | None:
    """The same eight times sooner, everything over one denominator; None where a hair's breadth decides, or nothing can be worked out.

    The root lies between ``least`` and ``most``, and so does the one to sixty figures. Where both ends round to the same and lie on the
    same side of the mean, that is the answer; a test compares it with the fractions.
    """
    prior = model.prior_weight
    weights = prior * UNIT_WEIGHT + sums.weight
    if city.ratings:
        mean, whole = city.sum_sixtieths, SIXTIETHS * city.ratings
        city_spread = city.sum_squares * city.ratings - mean**2
    else:
        mean, whole = model.prior_hundredths, 100
        city_spread = whole**2
    value, over = prior * mean * UNIT_WEIGHT * SIXTIETHS + sums.weighted * whole, whole * SIXTIETHS * weights
    away = mean * SIXTIETHS * weights - value
    spread = (
        UNIT_WEIGHT * prior * (city_spread * (SIXTIETHS * weights) ** 2 + away**2)
        + sums.weighted_squares * (whole * weights) ** 2
        - 2 * value * sums.weighted * whole * weights
        + value**2 * sums.weight
    )
    known, squares = prior * sums.weight_squares + sums.weight**2, sums.weight_squares
    if not squares:
        known, squares = prior, 1
    if weights <= 0 or known <= 0 or spread < 0:
        return None
    root = math.isqrt(spread * squares * _FINE**2 // (weights * known))
    if root >= _TOO_LARGE:
        return None
    least, most = (196 * (root - 1), 196 * (root + 2)) if spread else (0, 0)
    middle, over = 100 * value * _FINE, over * _FINE
    low, lower = (_rounded(100 * (middle - one), over) for one in (least, most))
    high, higher = (_rounded(100 * (middle + one), over) for one in (least, most))
    gap = 100 * abs(away) * _FINE
    if low != lower or high != higher or least < gap <= most:
        return None
    is_apart = gap > most
    is_above, is_below = (is_apart and away < 0) or mean < whole, (is_apart and away > 0) or mean > 5 * whole
    return (
        _rounded(100 * middle, over),
        max(low, TEN_THOUSANDTHS),
        min(high, 5 * TEN_THOUSANDTHS),
        _rounded(TEN_THOUSANDTHS * mean, whole),
        Band.ABOVE if is_above else Band.BELOW if is_below else Band.AS_THE_CITY,
    )


def _rounded(number: int, over: int) -> int:
    """The whole number nearest to ``number / over``, half to even, as ``ten_thousandths`` rounds."""
    nearest, rest = divmod(number, over)
    return nearest + (2 * rest > over or (2 * rest == over and nearest % 2 == 1))


def may_be_published(sums: Sums, raters: int, model: Model) -> bool:
    """Whether so many raters, who count so much, are enough for a score of their own."""
    enough = sums.weight**2 >= model.least_effective * sums.weight_squares
    return raters >= model.least_raters and bool(sums.weight_squares) and enough


def ten_thousandths(value: Fraction) -> int:
    """Rounded half to even."""
    whole: int = round(value * TEN_THOUSANDTHS)
    return whole


def _root(value: Fraction) -> Fraction:
    """The square root to sixty figures: the same on every machine, which a binary floating point root need not be."""
    exact = _EXACTLY.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Fraction(_EXACTLY.sqrt(exact))
