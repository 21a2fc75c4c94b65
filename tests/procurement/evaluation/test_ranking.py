"""The ranking: scenario 21, ties, and the same answer from an independent, naive reckoning."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.procurement.evaluation.ranking import (
    DecidedBy,
    Offer,
    UnfitInput,
    Weighed,
    rank,
    shown,
    with_price_weight,
)
from marketplace.procurement.tenders.file import CriterionKind, TieBreak

PRICE = Weighed("price", CriterionKind.PRICE, 20)
QUALITY = Weighed("quality", CriterionKind.QUALITY, 80)
SEED = "5" * 64


def offer(name: str, yuan: int, *points: int) -> Offer:
    return Offer(name, yuan * 100, {"quality": [one * 100 for one in points]})


def test_prices_and_quality_of_the_scenario_give_its_scores_totals_and_order() -> None:
    ranked = rank(
        [PRICE, QUALITY],
        [offer("first", 100_000, 88), offer("second", 90_000, 80), offer("third", 125_000, 95)],
        TieBreak.DRAW,
        SEED,
    )
    assert [one.id for one in ranked] == ["third", "first", "second"]
    found = {one.id: (shown(one.scores["price"]), shown(one.total), one.place) for one in ranked}
    assert found == {
        "first": ("90.00", "88.40", 2),
        "second": ("100.00", "84.00", 3),
        "third": ("72.00", "90.40", 1),
    }


def test_quality_is_the_mean_of_all_members_and_nothing_is_trimmed() -> None:
    ranked = rank([PRICE, QUALITY], [offer("one", 10, 0, 90, 91, 92, 100)], TieBreak.DRAW, SEED)
    assert ranked[0].scores["quality"] == Fraction(373, 5)


def test_at_equal_totals_the_lower_price_comes_first() -> None:
    # 90 % of the price weight less is made good by the quality: 20 + 0.8 × 80 = 18 + 0.8 × 82.5
    ranked = rank(
        [PRICE, QUALITY],
        [
            Offer("dear", 100_000, {"quality": [8250]}),
            Offer("cheap", 90_000, {"quality": [8000]}),
        ],
        TieBreak.DRAW,
        SEED,
    )
    assert [one.total for one in ranked] == [84, 84]
    assert [(one.id, one.decided_by) for one in ranked] == [
        ("cheap", DecidedBy.TOTAL),
        ("dear", DecidedBy.PRICE),
    ]


def _tied() -> tuple[list[Weighed], list[Offer]]:
    criteria = [
        PRICE,
        Weighed("plan", CriterionKind.QUALITY, 50),
        Weighed("team", CriterionKind.QUALITY, 30),
    ]
    return criteria, [
        Offer("strong_team", 900, {"plan": [7000], "team": [9000]}),
        Offer("strong_plan", 900, {"plan": [8200], "team": [7000]}),
    ]


def test_at_equal_prices_too_the_file_may_let_the_heaviest_criterion_decide() -> None:
    criteria, offers = _tied()
    ranked = rank(criteria, offers, TieBreak.QUALITY, SEED)
    assert ranked[0].total == ranked[1].total
    assert [(one.id, one.decided_by) for one in ranked] == [
        ("strong_plan", DecidedBy.TOTAL),
        ("strong_team", DecidedBy.QUALITY),
    ]


def test_else_a_draw_decides_and_its_seed_alone() -> None:
    criteria, offers = _tied()
    winners = {rank(criteria, offers, TieBreak.DRAW, f"{seed:064x}")[0].id for seed in range(20)}
    assert winners == {"strong_team", "strong_plan"}
    ranked = rank(criteria, offers, TieBreak.DRAW, SEED)
    assert ranked == rank(criteria, offers[::-1], TieBreak.DRAW, SEED)
    assert ranked[1].decided_by is DecidedBy.DRAW


def test_totals_that_only_look_equal_are_not_a_tie() -> None:
    criteria = [QUALITY]
    offers = [Offer("a", 100, {"quality": [8000, 8000, 8001]}), Offer("b", 50, {"quality": [8000] * 3})]
    ranked = rank(criteria, offers, TieBreak.DRAW, SEED)
    assert [shown(one.total) for one in ranked] == ["80.00", "80.00"]
    assert [(one.id, one.decided_by) for one in ranked] == [("a", DecidedBy.TOTAL), ("b", DecidedBy.TOTAL)]


def test_who_asks_for_nothing_has_the_full_points_of_the_price() -> None:
    ranked = rank([PRICE, QUALITY], [offer("gift", 0, 60), offer("paid", 5, 60)], TieBreak.DRAW, SEED)
    assert [shown(one.scores["price"]) for one in ranked] == ["100.00", "0.00"]


def test_another_weight_of_the_price_leaves_the_proportions_of_quality() -> None:
    criteria = [
        PRICE,
        Weighed("plan", CriterionKind.QUALITY, 50),
        Weighed("team", CriterionKind.QUALITY, 30),
    ]
    assert [one.weight for one in with_price_weight(criteria, 52)] == [52, 30, 18]
    assert [one.weight for one in with_price_weight(criteria, 100)] == [100, 0, 0]


@pytest.mark.parametrize(("score", "text"), [("0.005", "0.01"), ("88.4", "88.40"), ("99.995", "100.00")])
def test_a_half_is_shown_upwards(score: str, text: str) -> None:
    assert shown(Fraction(score)) == text


def test_a_bid_that_nobody_scored_is_no_evaluation() -> None:
    with pytest.raises(UnfitInput):
        rank([PRICE, QUALITY], [Offer("one", 10, {})], TieBreak.DRAW, SEED)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**9),
            st.lists(st.integers(0, 10_000), min_size=5, max_size=5),
            st.lists(st.integers(0, 10_000), min_size=5, max_size=5),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 98),
    st.data(),
)
def test_a_naive_reckoning_comes_to_the_same_totals_and_order(
    bids: list[tuple[int, list[int], list[int]]], price: int, data: st.DataObject
) -> None:
    plan = data.draw(st.integers(1, 99 - price))
    criteria = [
        Weighed("price", CriterionKind.PRICE, price),
        Weighed("plan", CriterionKind.QUALITY, plan),
        Weighed("team", CriterionKind.QUALITY, 100 - price - plan),
    ]
    offers = [Offer(str(number), one[0], {"plan": one[1], "team": one[2]}) for number, one in enumerate(bids)]
    ranked = rank(criteria, offers, TieBreak.DRAW, SEED)

    with localcontext() as context:
        context.prec = 60
        naive = {}
        cheapest = min(fen for fen, _, _ in bids)
        for number, (fen, plans, teams) in enumerate(bids):
            total = Decimal(cheapest) / Decimal(fen) * price
            total += Decimal(sum(plans)) / 500 * plan / 100
            total += Decimal(sum(teams)) / 500 * (100 - price - plan) / 100
            naive[str(number)] = total
        for one in ranked:
            exact = Decimal(one.total.numerator) / Decimal(one.total.denominator)
            assert abs(exact - naive[one.id]) < Decimal("1e-40")
        for above, below in pairwise(ranked):
            assert naive[above.id] - naive[below.id] > Decimal("-1e-40")
            if above.total == below.total:
                assert bids[int(above.id)][0] <= bids[int(below.id)][0]
    assert [one.place for one in ranked] == list(range(1, len(bids) + 1))
