"""How a price is split into shares of whole fen that sum to it exactly."""

from collections.abc import Sequence
from itertools import accumulate, pairwise


def split(total: int, shares: Sequence[int]) -> list[int]:
    """``total`` in parts proportional to ``shares``: each less than one fen from its exact share, none negative, nothing lost.

    Parts are the steps between running sums, each rounded down once, so no remainder has to be given to somebody afterwards.
    Shares that are all nothing leave everything to the last.
    """
    whole = sum(shares)
    if whole == 0:
        return [0] * (len(shares) - 1) + [total] if shares else []
    marks = [0, *(total * reached // whole for reached in accumulate(shares))]
    return [after - before for before, after in pairwise(marks)]
