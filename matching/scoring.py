"""Scores that explain themselves: hard rules with the change that would lift each, and named factors that sum to the score.

One shape for both kinds of pair, volunteer and opportunity, organisation and lot, and for both directions: the score of
a pair is one number, whichever of the two is asking. `ranking` gives the same numbers for a whole city at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from matching import blocks, provider_factors, volunteer_factors
from matching.blocks import Block
from matching.features import FLAT, Lot, Opportunity, Provider, TagTree, Volunteer
from matching.volunteer_factors import Facts, Fit
from matching.weights import Weights

One = TypeVar("One")
Other = TypeVar("Other")
Asked = TypeVar("Asked", Provider, Lot)


@dataclass(frozen=True, slots=True)
class FactorPoints:
    """What one factor gives, in tenths of a point, of the `most` it could give, and why.

    The facts hold `"unknown": True` where a neutral value stands in for something that is not known.
    """

    name: str
    points: int
    most: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair, explained. `score` is in tenths of a point, 0 to 1000, and is exactly the sum of the factors' points.

    It says how well the two suit each other even where `blocks` say why not.
    """

    score: int
    factors: tuple[FactorPoints, ...]
    blocks: tuple[Block, ...]
    weights_version: int


def explain(
    volunteer: Volunteer, opportunity: Opportunity, weights: Weights, tree: TagTree = FLAT
) -> Explanation:
    """How well a volunteer and an opportunity suit each other, and why not where they may not."""
    factors = _points(volunteer_factors.FITS, volunteer, opportunity, weights, tree)
    return _explanation(factors, blocks.of_volunteer(volunteer, opportunity), weights)


def explain_provider(provider: Provider, lot: Lot, weights: Weights, tree: TagTree = FLAT) -> Explanation:
    """How well an organisation and a lot suit each other, and why not where they may not."""
    factors = _points(provider_factors.FITS, provider, lot, weights, tree)
    return _explanation(factors, blocks.of_provider(provider, lot), weights)


def rank_providers(
    providers: Iterable[Provider], lot: Lot, weights: Weights, k: int, tree: TagTree = FLAT
) -> list[tuple[Provider, Explanation]]:
    """The k organisations that suit a lot best, blocked ones left out, ties by id.

    One by one: a city has tens of thousands of organisations and a lot is tendered once.
    """
    return _best(((provider, explain_provider(provider, lot, weights, tree)) for provider in providers), k)


def rank_lots(
    provider: Provider, lots: Iterable[Lot], weights: Weights, k: int, tree: TagTree = FLAT
) -> list[tuple[Lot, Explanation]]:
    """The k lots that suit an organisation best, blocked ones left out, ties by id."""
    return _best(((lot, explain_provider(provider, lot, weights, tree)) for lot in lots), k)


def _best(explained: Iterable[tuple[Asked, Explanation]], k: int) -> list[tuple[Asked, Explanation]]:
    allowed = [pair for pair in explained if not pair[1].blocks]
    return sorted(allowed, key=lambda pair: (-pair[1].score, pair[0].id))[:k]


def _points(
    fits: Mapping[str, Callable[[One, Other, TagTree], Fit]],
    one: One,
    other: Other,
    weights: Weights,
    tree: TagTree,
) -> Sequence[FactorPoints]:
    found = []
    for name, fit_of in fits.items():
        fit = fit_of(one, other, tree)
        found.append(FactorPoints(name, weights.tenths(name, fit.value), weights.most(name), fit.facts))
    return found


def _explanation(factors: Sequence[FactorPoints], found: tuple[Block, ...], weights: Weights) -> Explanation:
    return Explanation(sum(factor.points for factor in factors), tuple(factors), found, weights.version)
