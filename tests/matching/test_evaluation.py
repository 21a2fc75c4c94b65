"""Measures of rankings and recommendations, against values worked out by hand."""

from math import log2

import pytest

from matching import evaluation

JUDGED = {"a": 3, "b": 2, "c": 1, "d": 0}


def test_gain_is_exponential_and_falls_with_the_logarithm_of_the_place() -> None:
    # 7/log2(2) + 3/log2(3) + 1/log2(4) = 7 + 1.8928 + 0.5
    assert evaluation.discounted_gain([3, 2, 1], 10) == pytest.approx(7 + 3 / log2(3) + 0.5)
    assert evaluation.discounted_gain([3, 2, 1], 1) == 7


def test_the_example_of_the_textbooks() -> None:
    # Grades 3 2 3 0 1 2: DCG = 7 + 1.8928 + 3.5 + 0 + 0.3869 + 1.0686; best order 3 3 2 2 1 0.
    grades = [3, 2, 3, 0, 1, 2]
    gained = 7 + 3 / log2(3) + 7 / 2 + 0 + 1 / log2(6) + 3 / log2(7)
    best = 7 + 7 / log2(3) + 3 / 2 + 3 / log2(5) + 1 / log2(6)
    judged = dict(enumerate(grades))
    assert evaluation.ndcg(list(judged), judged, 6) == pytest.approx(gained / best)
    assert gained / best == pytest.approx(0.94881, abs=1e-5)


def test_the_best_order_gains_one_and_the_worst_less() -> None:
    assert evaluation.ndcg(["a", "b", "c"], JUDGED, 10) == 1
    assert 0 < evaluation.ndcg(["d", "c", "b", "a"], JUDGED, 10) < 1
    assert evaluation.ndcg(["d", "unknown"], JUDGED, 10) == 0


def test_an_answer_that_is_missing_costs_gain() -> None:
    # The best order gains 7 + 3/log2(3) + 0.5; a and c alone 7 + 1/log2(3).
    best = 7 + 3 / log2(3) + 0.5
    assert evaluation.ndcg(["a", "c"], JUDGED, 10) == pytest.approx((7 + 1 / log2(3)) / best)


def test_an_answer_given_twice_gains_once() -> None:
    assert evaluation.ndcg(["a", "a", "b"], JUDGED, 10) < evaluation.ndcg(["a", "b"], JUDGED, 10)
    assert evaluation.recall(["a", "a"], JUDGED, 10) == pytest.approx(1 / 3)


def test_recall_counts_what_is_relevant_enough() -> None:
    assert evaluation.recall(["a", "d", "x"], JUDGED, 10) == pytest.approx(1 / 3)
    assert evaluation.recall(["a", "d", "x"], JUDGED, 10, least=2) == 0.5
    assert evaluation.recall(["x", "a"], JUDGED, 1) == 0


def test_recall_asks_for_no_more_than_a_page_can_hold() -> None:
    assert evaluation.recall(["a"], JUDGED, 1) == 1
    assert evaluation.recall(["a", "b"], JUDGED, 2) == 1


def test_an_empty_place_counts_against_precision() -> None:
    assert evaluation.precision(["a", "x"], JUDGED, 2) == 0.5
    assert evaluation.precision(["a", "x"], JUDGED, 4) == 0.25


def test_reciprocal_rank_is_that_of_the_first_good_answer() -> None:
    assert evaluation.reciprocal_rank(["x", "c", "a"], JUDGED) == 0.5
    assert evaluation.reciprocal_rank(["x", "c", "a"], JUDGED, least=2) == pytest.approx(1 / 3)
    assert evaluation.reciprocal_rank(["x"], JUDGED) == 0


def test_where_nothing_is_relevant_there_is_no_figure() -> None:
    with pytest.raises(ValueError, match="relevant"):
        evaluation.ndcg(["a"], {"a": 0}, 10)
    with pytest.raises(ValueError, match="relevant"):
        evaluation.recall(["a"], {}, 10)
    with pytest.raises(ValueError, match="first places"):
        evaluation.precision(["a"], JUDGED, 0)


def test_coverage_is_the_share_that_anybody_is_shown() -> None:
    assert evaluation.coverage(["a", "a", "b", "stranger"], "abcd") == 0.5
    with pytest.raises(ValueError, match="recommend"):
        evaluation.coverage(["a"], [])


def test_parity_compares_a_groups_share_with_its_share_of_everybody() -> None:
    everybody, newcomers = "abcdefghij", "ab"
    # Two newcomers in ten are a fifth; one of five recommended is a fifth too.
    assert evaluation.parity(["a", "c", "d", "e", "f"], newcomers, everybody) == pytest.approx(1)
    assert evaluation.parity(["a", "b", "c", "d", "e"], newcomers, everybody) == pytest.approx(2)
    assert evaluation.parity(["a", "c", "c", "c", "c", "c", "c", "c", "c", "c"], newcomers, everybody) == (
        pytest.approx(0.5)
    )
    assert evaluation.parity(["c"], newcomers, everybody) == 0


def test_parity_needs_somebody_on_both_sides() -> None:
    with pytest.raises(ValueError, match="nobody"):
        evaluation.parity([], "a", "ab")
    with pytest.raises(ValueError, match="nobody"):
        evaluation.parity(["a"], "", "ab")


def test_gini_of_equal_and_of_unequal_shares() -> None:
    assert evaluation.gini([5, 5, 5, 5]) == pytest.approx(0)
    assert evaluation.gini([0, 0, 0, 8]) == pytest.approx(0.75)
    # 1, 2, 3, 4: 2·(1+4+9+16)/(4·10) − 5/4 = 1.5 − 1.25
    assert evaluation.gini([4, 2, 1, 3]) == pytest.approx(0.25)
    assert evaluation.gini([0, 0]) == 0
    with pytest.raises(ValueError, match="below zero"):
        evaluation.gini([1, -1])
    with pytest.raises(ValueError, match="somebody"):
        evaluation.gini([])
