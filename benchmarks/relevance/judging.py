"""The relevance set: what people type, what they mean, and which needs answer it, judged by the rows and never by an engine."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from benchmarks.relevance.city import Thing
from marketplace.discovery.documents import Kind

FOUND: Final = 2
"""From this grade on an answer counts for recall."""

_GRADES: Final = (("full", 3), ("good", 2), ("fair", 1))
_ELSEWHERE: Final = 1
_HERE: Final = Path(__file__).parent


class Half(StrEnum):
    """An engine may be tuned by the queries of one half; the other says how good it is."""

    TUNE = "tune"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Criterion:
    """Facts of a row that must all hold; of each, any one of the values."""

    facts: tuple[tuple[str, tuple[str, ...]], ...]

    def holds(self, thing: Thing) -> bool:
        """Whether the thing is such. Raises AttributeError for a fact that no thing has."""
        return all(_has(thing, fact, values) for fact, values in self.facts)


@dataclass(frozen=True, slots=True)
class Topic:
    """What somebody means: ``grades`` from the best down, each with the criteria of which one is enough."""

    name: str
    intent: str
    look_for: Kind
    grades: tuple[tuple[int, tuple[Criterion, ...]], ...]

    def grade(self, thing: Thing) -> int:
        """How well the thing answers, from 0 to 3."""
        if thing.kind is not self.look_for:
            return 0
        return next(
            (grade for grade, criteria in self.grades if any(one.holds(thing) for one in criteria)), 0
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A query as it is typed, the way of typing that it stands for, what it means, and perhaps where."""

    text: str
    way: str
    topic: Topic
    place: Topic | None

    @property
    def half(self) -> Half:
        return half_of(self.text)

    def grade(self, thing: Thing) -> int:
        """How well the thing answers; what lies elsewhere is at most fair."""
        grade = self.topic.grade(thing)
        if self.place is None or self.place.grade(thing) >= FOUND:
            return grade
        return min(grade, _ELSEWHERE)

    def answers(self, things: Iterable[Thing]) -> dict[str, int]:
        """The grade of everything that answers at all, by id."""
        return {thing.id: grade for thing in things if (grade := self.grade(thing))}


def half_of(text: str) -> Half:
    """The half to which a query belongs: by the first bit of its text's SHA-256."""
    return Half.TUNE if sha256(text.encode()).digest()[0] & 0x80 else Half.REPORT


@cache
def relevance_set() -> tuple[Judged, ...]:
    """All queries, in the order of the file. Raises KeyError for a topic that is not there."""
    topics = {name: _topic(name, said) for name, said in _read("topics.toml").items()}
    return tuple(
        Judged(one["text"], way, topics[one["topic"]], topics[one["place"]] if "place" in one else None)
        for way, some in _read("queries.toml").items()
        for one in some
    )


def ways() -> Counter[str]:
    """How many queries there are of each way of typing."""
    return Counter(one.way for one in relevance_set())


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text("utf-8"))


def _topic(name: str, said: dict[str, Any]) -> Topic:
    return Topic(
        name,
        said["intent"],
        Kind(said.get("look_for", Kind.NEED)),
        tuple((grade, tuple(map(_criterion, said.get(word, ())))) for word, grade in _GRADES),
    )


def _criterion(said: dict[str, list[str]]) -> Criterion:
    return Criterion(tuple((fact, tuple(values)) for fact, values in said.items()))


def _has(thing: Thing, fact: str, values: tuple[str, ...]) -> bool:
    if fact == "category":
        return thing.category in values
    if fact == "tags":
        return not thing.tags.isdisjoint(values)
    if fact == "area":
        return thing.area_code.startswith(values)
    text: str = getattr(thing, fact)
    return any(value in text for value in values)
