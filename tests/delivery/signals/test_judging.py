"""When a whistle is blown: judgements of plain numbers, without a database."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from marketplace.delivery import formula
from marketplace.delivery.formula import Model, Sums
from marketplace.delivery.signals.judging import (
    AnswersRule,
    CommitmentsRule,
    Kept,
    QuietRule,
    RatingsRule,
    WhistleKind,
    commitments_slip,
    grew_worse,
    nobody_answers,
    ratings_fall,
)

COMMITMENTS = CommitmentsRule(least_deliveries=5, kept_percent=70, overdue_deliveries=3, days=60)
RATINGS = RatingsRule(least_ratings=8, sigmas_tenths=30, days=90)
QUIET = QuietRule(days=14, worse_percent=10)
ANSWERS = AnswersRule(least_tickets=20, answered_percent=5, days=60)
MODEL = Model(10, 365, 1095, 730, 400, 10, 8, 5)
AS_OF = date(2026, 10, 31)


def sums(points: list[int], age: int = 0) -> Sums:
    """Ratings of so many whole points, all of one day."""
    return formula.add_up(((AS_OF - timedelta(days=age), one * 60, 1) for one in points), AS_OF, MODEL)


@pytest.mark.parametrize(
    ("counted", "slips"),
    [
        (Kept(), False),
        (Kept(deliveries=5, kept=7, broken=3), False),
        (Kept(deliveries=5, kept=6, broken=3), True),
        (Kept(deliveries=4, kept=0, broken=9), False),
        (Kept(deliveries=5, kept=3, untold=2), True),
        (Kept(overdue=2), False),
        (Kept(overdue=3), True),
        (Kept(deliveries=9, kept=9, overdue=3), True),
    ],
)
def test_commitments_slip_below_the_share_or_with_too_much_overdue(counted: Kept, slips: bool) -> None:
    assert commitments_slip(counted, COMMITMENTS).slips is slips


@pytest.mark.parametrize(
    ("tickets", "used", "slips"),
    [(0, 0, False), (19, 0, False), (20, 0, True), (20, 1, False), (100, 4, True)],
)
def test_hardly_anybody_answers(tickets: int, used: int, slips: bool) -> None:
    assert nobody_answers(tickets, used, ANSWERS).slips is slips


def test_a_clear_fall_is_told_with_its_numbers() -> None:
    judged = ratings_fall(sums([5, 4, 5, 5, 4, 5] * 5, 200), sums([3, 2, 3, 3, 4, 2] * 2), 12, 5, RATINGS)
    assert judged.slips
    assert (judged.facts["earlier"]["mean"], judged.facts["newest"]["mean"]) == (46_667, 28_333)
    assert judged.facts["newest"]["low"] < 28_333 < judged.facts["newest"]["high"]
    assert judged.facts["sigmas_tenths"] > 30


@pytest.mark.parametrize(
    ("earlier", "newest", "raters"),
    [
        ([5] * 30, [2] * 7, 7),  # too few of the newest
        ([5] * 7, [2] * 30, 30),  # too few to compare with
        ([5] * 30, [2] * 30, 4),  # a few people who say it often
        ([3] * 30, [5] * 30, 30),  # a rise
        ([5] * 40, [5] * 9 + [4], 10),  # one who always says five less
        ([], [], 0),
    ],
)
def test_no_whistle_for_what_chance_or_few_people_can_do(
    earlier: list[int], newest: list[int], raters: int
) -> None:
    assert not ratings_fall(sums(earlier, 150), sums(newest), raters, 5, RATINGS).slips


def test_earlier_ratings_count_less_the_older_they_are() -> None:
    newest = sums([4] * 5 + [3] * 10)
    told = [
        ratings_fall(sums([5, 4, 3] * 8, age), newest, 15, 5, RATINGS).facts["earlier"] for age in (0, 900)
    ]
    assert told[0]["mean"] == told[1]["mean"] == 40_000
    assert told[0] == told[1], "all of one age: weights cancel out"
    mixed = formula.add_up([(AS_OF, 300, 10), (AS_OF - timedelta(days=730), 60, 10)], AS_OF, MODEL)
    assert ratings_fall(mixed, newest, 15, 5, RATINGS).facts["earlier"]["mean"] == 42_000


def test_honest_providers_are_hardly_ever_whistled_at() -> None:
    """Two thousand honest closings with only chance in them."""
    chance = random.Random(20261122)
    blown = 0
    for _ in range(2000):
        draw = [min(5, max(1, round(chance.gauss(4.2, 0.9)))) for _ in range(12 + 30)]
        blown += ratings_fall(sums(draw[12:], 150), sums(draw[:12]), 12, 5, RATINGS).slips
    assert blown <= 20, f"{blown} of 2000"


def test_a_fall_of_one_point_is_nearly_always_seen() -> None:
    chance = random.Random(20261123)
    blown = 0
    for _ in range(500):
        before = [min(5, max(1, round(chance.gauss(4.4, 0.8)))) for _ in range(60)]
        now = [min(5, max(1, round(chance.gauss(3.2, 0.8)))) for _ in range(30)]
        blown += ratings_fall(sums(before, 150), sums(now), 30, 5, RATINGS).slips
    assert blown >= 450, f"{blown} of 500"


def slipped(kept: int, broken: int, overdue: int = 0) -> dict[str, Any]:
    return commitments_slip(Kept(deliveries=9, kept=kept, broken=broken, overdue=overdue), COMMITMENTS).facts


@pytest.mark.parametrize(
    ("facts", "before", "worse"),
    [
        (slipped(69, 31), slipped(69, 31), False),
        (slipped(65, 35), slipped(69, 31), False),
        (slipped(60, 40), slipped(69, 31), True),
        (slipped(9, 0, overdue=3), slipped(9, 0, overdue=3), False),
        (slipped(9, 0, overdue=4), slipped(9, 0, overdue=3), True),
        (slipped(69, 31), slipped(70, 30, overdue=3), True),
    ],
)
def test_more_overdue_another_cause_or_a_plainly_lower_share_is_worse(
    facts: dict[str, Any], before: dict[str, Any], worse: bool
) -> None:
    assert grew_worse(WhistleKind.COMMITMENTS_SLIP, facts, before, QUIET) is worse


def test_lower_means_and_fewer_answers_are_worse() -> None:
    answers = [nobody_answers(100, used, ANSWERS).facts for used in (4, 3)]
    assert grew_worse(WhistleKind.NOBODY_ANSWERS, answers[1], answers[0], QUIET)
    assert not grew_worse(WhistleKind.NOBODY_ANSWERS, answers[0], answers[1], QUIET)
    means = [ratings_fall(sums([5] * 20), sums([one] * 20), 20, 10, RATINGS).facts for one in (3, 2)]
    assert grew_worse(WhistleKind.RATINGS_FALL, means[1], means[0], QUIET)
    assert not grew_worse(WhistleKind.RATINGS_FALL, means[0], means[0], QUIET)
