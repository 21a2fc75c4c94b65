"""The formula: the law's two checks (scenario 31), and what holds for any ratings at all."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.delivery import formula
from marketplace.delivery.formula import Band, City, Model, Sums

MODEL = Model(
    prior_weight=10,
    half_life_days=365,
    kept_days=1095,
    city_days=730,
    prior_hundredths=400,
    least_raters=10,
    least_effective=8,
    smallest_cell=5,
)
TODAY = date(2026, 11, 30)
AT_4_2 = City(ratings=100, sum_sixtieths=100 * 252, sum_squares=100 * (252**2 + 60**2))
"""A hundred ratings around 4.2 with a variance of 1."""

Row = tuple[date, int, int]
rows = st.lists(
    st.tuples(
        st.integers(-1, 1_200).map(lambda age: TODAY - timedelta(days=age)),
        st.integers(60, 300),
        st.integers(1, 40),
    ),
    max_size=30,
)
cities = st.lists(st.integers(60, 300), max_size=40).map(
    lambda all_of: City(len(all_of), sum(all_of), sum(one * one for one in all_of))
)


def same_day(sixtieths: Sequence[int]) -> Sums:
    return formula.add_up([(TODAY, one, 1) for one in sixtieths], TODAY, MODEL)


def test_three_fives_where_the_city_has_4_2_come_to_4_3846() -> None:
    assert formula.score(same_day([300] * 3), 3, AT_4_2, MODEL).score == 43_846


def test_fifty_that_average_4_6_come_to_4_5333() -> None:
    made = [300] * 30 + [240] * 20
    assert sum(made) == 50 * 276
    found = formula.score(same_day(made), 50, AT_4_2, MODEL)
    assert (found.score, found.is_public, found.band) == (45_333, True, Band.ABOVE)


def test_without_ratings_the_score_is_the_citys_mean_and_is_not_public() -> None:
    found = formula.score(Sums(), 0, AT_4_2, MODEL)
    assert (found.score, found.is_public, found.band) == (42_000, False, Band.AS_THE_CITY)


def test_where_nobody_in_the_city_rated_the_rule_tells_the_prior() -> None:
    assert formula.score(Sums(), 0, City(0, 0, 0), MODEL).prior == 40_000


@pytest.mark.parametrize(("age", "weight"), [(0, 1_000_000), (365, 500_000), (730, 250_000), (1_095, 0)])
def test_a_rating_fades_by_half_a_year_and_is_gone_after_three(age: int, weight: int) -> None:
    assert formula.weight(age, MODEL) == weight


def test_ten_raters_of_long_ago_are_too_little_once_they_are_worth_less_than_eight() -> None:
    fresh = formula.add_up([(TODAY, 300, 1), (TODAY - timedelta(days=1000), 300, 9)], TODAY, MODEL)
    assert fresh.effective < 8
    assert not formula.score(fresh, 10, AT_4_2, MODEL).is_public
    alike = formula.add_up([(TODAY - timedelta(days=1_000), 300, 10)], TODAY, MODEL)
    assert alike.effective == 10 and formula.score(alike, 10, AT_4_2, MODEL).is_public


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(made: list[Row], chance: random.Random) -> None:
    shuffled = list(made)
    chance.shuffle(shuffled)
    assert formula.add_up(made, TODAY, MODEL) == formula.add_up(shuffled, TODAY, MODEL)


@given(rows)
def test_equal_rows_may_come_counted_or_one_by_one(made: list[Row]) -> None:
    single = [(day, sixtieths, 1) for day, sixtieths, count in made for _ in range(count)]
    assert formula.add_up(made, TODAY, MODEL) == formula.add_up(single, TODAY, MODEL)


@given(rows, cities, st.integers(0, 2_000))
def test_a_score_lies_within_its_interval_between_one_and_five(
    made: list[Row], city: City, raters: int
) -> None:
    found = formula.score(formula.add_up(made, TODAY, MODEL), raters, city, MODEL)
    assert 10_000 <= found.low <= found.score <= found.high <= 50_000


@given(rows, cities)
def test_a_score_lies_between_the_citys_mean_and_the_providers_own(made: list[Row], city: City) -> None:
    sums = formula.add_up(made, TODAY, MODEL)
    found = formula.score(sums, 20, city, MODEL)
    mean = city.mean(MODEL)
    own = Fraction(sums.weighted, sums.weight * formula.SIXTIETHS) if sums.weight else mean
    low, high = (formula.ten_thousandths(one) for one in sorted((mean, own)))
    assert low <= found.score <= high


@given(rows, cities, st.integers(60, 299), st.integers(0, 1_000))
def test_a_better_rating_never_lowers_the_score(
    made: list[Row], city: City, sixtieths: int, age: int
) -> None:
    day = TODAY - timedelta(days=age)
    worse = formula.score(formula.add_up([*made, (day, sixtieths, 1)], TODAY, MODEL), 20, city, MODEL)
    better = formula.score(formula.add_up([*made, (day, sixtieths + 1, 1)], TODAY, MODEL), 20, city, MODEL)
    assert better.score >= worse.score


@given(rows, cities)
@settings(max_examples=50)
def test_a_band_is_told_only_where_the_interval_leaves_the_citys_mean_out(
    made: list[Row], city: City
) -> None:
    found = formula.score(formula.add_up(made, TODAY, MODEL), 20, city, MODEL)
    if found.band is Band.ABOVE:
        assert found.low >= found.prior
    elif found.band is Band.BELOW:
        assert found.high <= found.prior
    else:
        assert found.low <= found.prior <= found.high


@given(st.integers(60, 300), st.integers(1, 300))
def test_more_of_the_same_ratings_make_the_interval_no_wider(sixtieths: int, count: int) -> None:
    def width(of: int) -> int:
        found = formula.score(formula.add_up([(TODAY, sixtieths, of)], TODAY, MODEL), of, AT_4_2, MODEL)
        return found.high - found.low

    # Far from the city, the first few make what is known less certain, not more.
    if abs(sixtieths - 252) < 60:
        assert width(count * 2) <= width(count)


@given(rows)
def test_the_effective_number_is_at_most_the_number_of_ratings(made: list[Row]) -> None:
    sums = formula.add_up(made, TODAY, MODEL)
    assert sums.effective <= sums.ratings


wide_cities = st.builds(
    lambda all_of, times: City(
        times * len(all_of), times * sum(all_of), times * sum(one * one for one in all_of)
    ),
    st.lists(st.sampled_from((60, 240, 252, 299, 300)), max_size=8),
    st.sampled_from((1, 7, 1_000_003)),
)
models = st.builds(
    lambda weight, prior: replace(MODEL, prior_weight=weight, prior_hundredths=prior),
    st.sampled_from((1, 3, 10, 100)),
    st.sampled_from((0, 100, 333, 400, 500, 600)),
)


@given(rows, cities | wide_cities, models)
@settings(max_examples=300)
def test_whole_numbers_give_what_fractions_give(made: list[Row], city: City, model: Model) -> None:
    sums = formula.add_up(made, TODAY, model)
    found = formula.score(sums, 20, city, model)
    assert (found.score, found.low, found.high, found.prior, found.band) == by_definition(sums, city, model)


@given(st.sampled_from((60, 240, 252, 299, 300)), st.integers(0, 5_000), st.integers(0, 1_100), models)
@settings(max_examples=200)
def test_whole_numbers_round_halves_as_fractions_do(
    sixtieths: int, count: int, age: int, model: Model
) -> None:
    """Everybody said the same: nothing spreads, and scores fall on halves."""
    sums = formula.add_up([(TODAY - timedelta(days=age), sixtieths, count)], TODAY, model)
    city = City(1, sixtieths, sixtieths**2)
    found = formula.score(sums, 20, city, model)
    assert (found.score, found.low, found.high, found.prior, found.band) == by_definition(sums, city, model)


def test_the_interval_of_nobody_is_the_citys_own() -> None:
    city, model = City(0, 0, 0), replace(MODEL, prior_weight=100)
    found = formula.score(Sums(), 0, city, model)
    assert (found.score, found.low, found.high) == (40_000, 38_040, 41_960)
    assert (found.score, found.low, found.high, found.prior, found.band) == by_definition(Sums(), city, model)


def by_definition(sums: Sums, city: City, model: Model) -> tuple[int, int, int, int, Band]:
    """The formula in fractions, as the design has it."""
    exactly = Context(prec=60, rounding=ROUND_HALF_EVEN)
    prior, real = Fraction(model.prior_weight), Fraction(sums.weight, 10**6)
    mean, total = city.mean(model), Fraction(sums.weighted, 10**6 * 60)
    value = (prior * mean + total) / (prior + real)
    spread = Fraction(sums.weighted_squares, 10**6 * 3600) - 2 * value * total + value**2 * real
    variance = (prior * (city.variance + (mean - value) ** 2) + spread) / (prior + real)
    square = variance / (prior + sums.effective)
    root = exactly.sqrt(exactly.divide(Decimal(square.numerator), Decimal(square.denominator)))
    margin = Fraction(196, 100) * Fraction(root)
    low, high = max(value - margin, Fraction(1)), min(value + margin, Fraction(5))
    band = Band.ABOVE if low > mean else Band.BELOW if high < mean else Band.AS_THE_CITY
    return round(value * 10_000), round(low * 10_000), round(high * 10_000), round(mean * 10_000), band
