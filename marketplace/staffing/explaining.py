"""Why somebody was proposed, told again from the factors that were stored: the same points, in sentences for whoever reads."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from marketplace.db.session import Session
from marketplace.recommendations import words
from marketplace.recommendations.words import Reader, Told
from matching.scoring import Explanation, FactorPoints

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Scored:
    """A score as it was stored, in tenths of a point; without factors where the person turned ranking off, or was erased."""

    score: int
    factors: Sequence[Mapping[str, Any]] | None
    weights_version: int


async def told(session: Session, scored: Mapping[Key, Scored], reader: Reader) -> dict[Key, Told]:
    """The explanation of each that has one. One statement."""
    explanations = {key: _explanation(one, one.factors) for key, one in scored.items() if one.factors}
    names = await words.names(session, explanations.values()) if explanations else {}
    return {key: words.told(one, names, reader) for key, one in explanations.items()}


def stored(explanation: Explanation) -> list[Mapping[str, Any]]:
    """The factors as plain JSON."""
    return [
        {"name": factor.name, "points": factor.points, "most": factor.most, "facts": dict(factor.facts)}
        for factor in explanation.factors
    ]


def _explanation(one: Scored, factors: Collection[Mapping[str, Any]]) -> Explanation:
    return Explanation(
        one.score, tuple(FactorPoints(**factor) for factor in factors), (), one.weights_version
    )
