"""A price split into shares: whole fen, nothing lost, nobody cheated by a fen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.procurement.contracts.splitting import split

shares = st.lists(st.integers(0, 100), min_size=1, max_size=30)


@given(st.integers(0, 10**15), shares)
def test_the_parts_sum_to_the_price_exactly(total: int, given_shares: list[int]) -> None:
    assert sum(split(total, given_shares)) == total


@given(st.integers(0, 10**15), shares.filter(any))
def test_each_part_is_within_a_fen_of_its_share(total: int, given_shares: list[int]) -> None:
    whole = sum(given_shares)
    for part, share in zip(split(total, given_shares), given_shares, strict=True):
        assert part >= 0
        assert abs(part - Fraction(total * share, whole)) < 1
        assert share or part == 0


@pytest.mark.parametrize(
    ("total", "given_shares", "parts"),
    [
        (10_000_000, [30, 40, 30], [3_000_000, 4_000_000, 3_000_000]),
        (100, [1, 1, 1], [33, 33, 34]),
        (1, [50, 50], [0, 1]),
        (7, [0, 0], [0, 7]),
        (7, [], []),
    ],
)
def test_known_splits(total: int, given_shares: list[int], parts: list[int]) -> None:
    assert split(total, given_shares) == parts
