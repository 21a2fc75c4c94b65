"""An explanation as it is kept in a row, and read back as it was then."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from matching.scoring import Explanation, FactorPoints


def factors_json(explanation: Explanation) -> list[dict[str, Any]]:
    """The factors as they are kept: names, tenths of points, and the facts behind them."""
    return [asdict(factor) | {"facts": dict(factor.facts)} for factor in explanation.factors]


def explanation_of(score: int, factors: Sequence[Mapping[str, Any]], weights_version: int) -> Explanation:
    """The explanation as it was. What barred the pair is not kept: nothing was then."""
    points = (FactorPoints(one["name"], one["points"], one["most"], one["facts"]) for one in factors)
    return Explanation(score, tuple(points), (), weights_version)
