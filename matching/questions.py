"""One opportunity as tables: what a scan over volunteers looks up instead of computing, filled by the factors themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from matching import volunteer_factors as factors
from matching.arrays import NEVER_SERVED, NO_AGE, day_number
from matching.cells import UNKNOWN_DISTANCE, Anchor
from matching.features import Opportunity, TagTree
from matching.vocabulary import MOST_DISTRICTS, Vocabulary
from matching.week import SHANGHAI, week_of_shift
from matching.weights import Weights, tenths

Points = NDArray[np.int16]
Masks = NDArray[np.uint64]
Small = NDArray[np.uint8]

DISTANCES = UNKNOWN_DISTANCE + 1
RESTS = factors.RESTED_DAYS + 1
ASKED = factors.MOST_RECOMMENDED + 1
SAME = (None, False, True)

STAGES = (
    "skill",
    "availability",
    "district",
    "distance",
    "interest",
    "language",
    "fairness",
    "reliability",
    "training",
)
"""The order in which a scan adds points: first what tells people apart most, so that most are given up early.

They are the factors, travel in two: what the district allows at most, and what the distance takes of that.
"""


@dataclass(frozen=True)
class Question:
    """An opportunity, weights and what the bits of the arrays mean. Every `…_points` is a table of tenths of a point."""

    opportunity: Opportunity
    weights: Weights
    vocabulary: Vocabulary
    tree: TagTree

    @property
    def is_open(self) -> bool:
        """Whether anybody in the arrays can pass what is asked of all."""
        known = self.vocabulary.codes("qualification")
        return not self.opportunity.is_uninsured and self.opportunity.qualifications <= known

    @property
    def minimum_age(self) -> np.uint8:
        """The age from which people are allowed, as a column holds it."""
        return _age(self.opportunity.minimum_age)

    @property
    def adult_from(self) -> np.uint8:
        """The age from which no guardian is asked, as a column holds it."""
        return _age(self.opportunity.adult_from)

    @cached_property
    def qualifications(self) -> Masks:
        return _words(self.vocabulary.known("qualification", self.opportunity.qualifications))

    @cached_property
    def anchor(self) -> Anchor:
        return Anchor(self.opportunity.place)

    @cached_property
    def sameness(self) -> Small:
        """For each district's number: 0 not known, 1 another, 2 the same."""
        number = self.vocabulary.known_district(self.opportunity.district)
        table = np.full(MOST_DISTRICTS + 1, 0 if self.opportunity.district is None else 1, dtype=np.uint8)
        table[0] = 0
        if number:
            table[number] = 2
        return table

    @cached_property
    def district_points(self) -> Points:
        """By sameness: the most that the way can give."""
        most: Points = _travel_points(self.weights.most("travel")).max(axis=1)
        return most

    @cached_property
    def distance_points(self) -> Points:
        """By sameness and distance: what the distance takes of the most, 0 or less."""
        return _travel_points(self.weights.most("travel")) - self.district_points[:, np.newaxis]

    @cached_property
    def skills(self) -> tuple[Masks, Masks]:
        """For each skill asked: the words of what counts whole, and of what counts a half."""
        asked = sorted(self.tree.meant(self.opportunity.skills))
        whole = (self.tree.narrower(code) | {code} for code in asked)
        half = (self.tree.broader(code) for code in asked)
        return self._masks("skill", whole), self._masks("skill", half)

    @cached_property
    def skill_points(self) -> Points:
        """By twice the skills held plus those held in part, rising; the last for who lists none."""
        asked = len(self.skills[0])
        values = [
            factors.skill_value(asked, halves // 2, halves % 2, True) for halves in range(2 * asked + 1)
        ]
        return self._points("skill", [*values, factors.skill_value(asked, 0, 0, False)])

    @cached_property
    def week(self) -> Masks:
        return _words(week_of_shift(self.opportunity.starts_at, self.opportunity.ends_at))

    @cached_property
    def availability_points(self) -> Points:
        """By half hours shared, rising; the last for who states no week."""
        asked = int(np.bitwise_count(self.week).sum())
        values = [factors.availability_value(shared, asked, True) for shared in range(asked + 1)]
        return self._points("availability", [*values, factors.availability_value(0, asked, False)])

    @cached_property
    def languages(self) -> Masks:
        return _words(self.vocabulary.known("language", self.tree.meant(self.opportunity.languages)))

    @cached_property
    def language_points(self) -> Points:
        """By languages spoken; the last for who lists none."""
        asked = len(self.tree.meant(self.opportunity.languages))
        values = [factors.language_value(asked, spoken, True) for spoken in range(asked + 1)]
        return self._points("language", [*values, factors.language_value(asked, 0, False)])

    @cached_property
    def interests(self) -> tuple[Masks, Masks]:
        """The words of interests that mean a subject, and of those that touch one."""
        subjects = self.tree.meant(self.opportunity.subjects)
        meant = frozenset[str]().union(*(self.tree.broader(code) | {code} for code in subjects))
        near = frozenset[str]().union(*(self.tree.narrower(code) for code in subjects))
        return self._masks("interest", [meant])[0], self._masks("interest", [near])[0]

    @cached_property
    def interest_points(self) -> Points:
        """For none, near, meant; the last for who states none."""
        kinds = ((False, False, True), (False, True, True), (True, False, True), (False, False, False))
        return self._points("interest", [factors.interest_value(*kind) for kind in kinds])

    @property
    def reliability_points(self) -> Points:
        return _reliability_points(self.weights.most("reliability"))

    @cached_property
    def rests(self) -> Small:
        """For each day of last service: the days rested, at most RESTED_DAYS."""
        day = day_number(self.opportunity.starts_at.astimezone(SHANGHAI).date())
        rests = np.clip(day - np.arange(NEVER_SERVED + 1), 0, factors.RESTED_DAYS)
        rests[NEVER_SERVED] = factors.RESTED_DAYS
        return rests.astype(np.uint8)

    @property
    def fairness_points(self) -> Points:
        """By being new, times recommended and days rested."""
        return _fairness_points(self.weights.most("fairness"))

    @cached_property
    def training(self) -> Masks:
        return _words(self.vocabulary.known("training", self.tree.meant(self.opportunity.teaches)))

    @cached_property
    def training_points(self) -> Points:
        return self._points("training", [factors.training_value(False), factors.training_value(True)])

    @cached_property
    def most(self) -> NDArray[np.int64]:
        """For each stage of STAGES: the most tenths that it can add."""
        return np.array([getattr(self, f"{stage}_points").max() for stage in STAGES], dtype=np.int64)

    def _masks(self, field: str, sets: Iterable[frozenset[str]]) -> Masks:
        words = [self.vocabulary.known(field, codes) for codes in sets]
        return np.array(words, dtype=np.uint64).reshape(len(words), self.vocabulary.words[field])

    def _points(self, factor: str, values: Sequence[float]) -> Points:
        return np.array([self.weights.tenths(factor, value) for value in values], dtype=np.int16)


def _age(years: int) -> np.uint8:
    return np.uint8(min(max(years, 0), NO_AGE))


def _words(words: Sequence[int]) -> Masks:
    return np.array(words, dtype=np.uint64)


@lru_cache(maxsize=32)
def _travel_points(most: int) -> Points:
    values = (factors.travel_value(step, same) for same in SAME for step in range(DISTANCES))
    return _table(most, values).reshape(len(SAME), DISTANCES)


@lru_cache(maxsize=32)
def _reliability_points(most: int) -> Points:
    levels = range(factors.RELIABILITY_LEVELS + 1)
    return _table(most, (factors.reliability_value(level) for level in levels))


@lru_cache(maxsize=32)
def _fairness_points(most: int) -> Points:
    values = (
        factors.fairness_value(rest, asked, is_new)
        for is_new in (False, True)
        for asked in range(ASKED)
        for rest in range(RESTS)
    )
    return _table(most, values).reshape(2, ASKED, RESTS)


def _table(most: int, values: Iterable[float]) -> Points:
    return np.array([tenths(value, most) for value in values], dtype=np.int16)
