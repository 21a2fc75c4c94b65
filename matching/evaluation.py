"""How good rankings and recommendations are: pure functions over grades and counts, each with the paper it follows."""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Final, TypeVar

Thing = TypeVar("Thing", bound=Hashable)

PASSABLE: Final = 1
"""The lowest grade that counts as relevant where nothing else is said."""


def discounted_gain(grades: Sequence[int], k: int) -> float:
    """The gain of the first ``k`` of a ranking, given the grades of its places from the top.

    The gain of a grade g is exponential, 2^g − 1 (Burges et al. 2005, "Learning to Rank using Gradient Descent"); that of place i
    is divided by log2(i + 1), so that the first two places differ too (Järvelin & Kekäläinen 2002, "Cumulated gain-based
    evaluation of IR techniques", with b = 2 and the discount moved by one place).
    """
    return sum((2.0**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades[:k], 1))


def ndcg(ranking: Sequence[Thing], judged: Mapping[Thing, int], k: int) -> float:
    """Normalised discounted cumulative gain at ``k``, from 0 to 1: the gain against that of the best order of all that was judged.

    What was not judged has grade 0; what stands in the ranking twice gains once. Raises ValueError when nothing is relevant: there
    is no best order then (Järvelin & Kekäläinen 2002).
    """
    best = discounted_gain(sorted(judged.values(), reverse=True), k)
    if best == 0:
        raise ValueError("nothing judged is relevant")
    return discounted_gain(_grades(ranking, judged), k) / best


def recall(ranking: Sequence[Thing], judged: Mapping[Thing, int], k: int, least: int = PASSABLE) -> float:
    """The share of what is relevant that stands among the first ``k``, from 0 to 1.

    Relevant is a grade of at least ``least``. Where more than ``k`` are relevant a perfect ranking would still fail, so that the
    share is that of the ``k`` it can hold (as in capped recall: Thakur et al. 2021, "BEIR"). Raises ValueError when nothing is
    relevant.
    """
    relevant = sum(grade >= least for grade in judged.values())
    if relevant == 0:
        raise ValueError("nothing judged is relevant")
    return _relevant_among(ranking, judged, k, least) / min(k, relevant)


def precision(ranking: Sequence[Thing], judged: Mapping[Thing, int], k: int, least: int = PASSABLE) -> float:
    """The share of the first ``k`` places that hold something relevant; a place left empty holds nothing (Manning et al. 2008, § 8.4).

    Raises ValueError for fewer than one place.
    """
    if k < 1:
        raise ValueError(f"there are no {k} first places")
    return _relevant_among(ranking, judged, k, least) / k


def reciprocal_rank(ranking: Sequence[Thing], judged: Mapping[Thing, int], least: int = PASSABLE) -> float:
    """One by the place of the first relevant answer; 0 without one (Voorhees 1999, "The TREC-8 Question Answering Track Report")."""
    places = (place for place, thing in enumerate(ranking, 1) if judged.get(thing, 0) >= least)
    return next((1 / place for place in places), 0.0)


def coverage(recommended: Collection[Thing], catalogue: Collection[Thing]) -> float:
    """The share of a catalogue that is recommended to anybody at all (Ge et al. 2010, "Beyond Accuracy").

    Raises ValueError for an empty catalogue.
    """
    everything = set(catalogue)
    if not everything:
        raise ValueError("there is nothing to recommend")
    return len(everything.intersection(recommended)) / len(everything)


def parity(recommended: Collection[Thing], members: Collection[Thing], everybody: Collection[Thing]) -> float:
    """How a group fares: its share among ``recommended``, counted as often as it stands there, by its share among ``everybody``.

    1 is parity; at less than four fifths the group is passed over (the rule of thumb of 29 CFR 1607.4 D; Feldman et al. 2015,
    "Certifying and Removing Disparate Impact"). Newcomers are such a group. Raises ValueError when nobody is recommended, or when
    nobody of the group is there.
    """
    group, all_of_them = set(members), set(everybody)
    there = len(group & all_of_them)
    if not recommended or there == 0:
        raise ValueError("there is nobody to compare")
    share = sum(thing in group for thing in recommended) / len(recommended)
    return share / (there / len(all_of_them))


def gini(exposures: Sequence[float]) -> float:
    """How unequally exposure is shared out: 0 when all have the same, near 1 when one has all (Gini 1912; Fleder & Hosanagar 2009).

    ``exposures`` has an entry for each that could have been shown, 0 for those that never were. Nothing to share is equality.
    Raises ValueError when there is nobody, or for an exposure below zero.
    """
    if not exposures or min(exposures) < 0:
        raise ValueError("exposures are those of somebody, and not below zero")
    total = sum(exposures)
    if total == 0:
        return 0.0
    weighted = sum(place * exposure for place, exposure in enumerate(sorted(exposures), 1))
    count = len(exposures)
    return 2 * weighted / (count * total) - (count + 1) / count


def _grades(ranking: Sequence[Thing], judged: Mapping[Thing, int]) -> list[int]:
    seen: set[Thing] = set()
    grades = []
    for thing in ranking:
        grades.append(0 if thing in seen else judged.get(thing, 0))
        seen.add(thing)
    return grades


def _relevant_among(ranking: Sequence[Thing], judged: Mapping[Thing, int], k: int, least: int) -> int:
    return sum(judged.get(thing, 0) >= least for thing in set(ranking[:k]))
