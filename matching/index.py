"""The search port: what an index is given, what it is asked, what it answers, and how it says that it cannot."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol, Self

LONGEST_QUERY: Final = 10_000
"""Characters of a query that are read; the rest is ignored."""

MOST_HITS: Final = 1_000
"""Hits that one query may ask for."""

DEEPEST: Final = 10_000
"""How many hits of one query can be paged through; who wants more narrows the search."""


class SearchUnavailable(Exception):
    """The index cannot answer now. Callers fall back to the database and say that the answer is reduced."""


class IndexIsMissing(SearchUnavailable):
    """There is no index yet: rebuild it."""


class IndexIsFromAnotherVersion(SearchUnavailable):
    """The index was written by another version of this software: rebuild it."""


class IndexIsBroken(SearchUnavailable):
    """The files of the index cannot be read or written: rebuild it, or look at the disk."""


class EngineIsUnreachable(SearchUnavailable):
    """The server that holds the index does not answer, or not in time: wait for it."""


class IndexIsBusy(SearchUnavailable):
    """Somebody else has been writing for longer than we wait: try again later."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth, in degrees. Raises ValueError for degrees that do not exist."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= 90 and abs(self.longitude) <= 180):
            raise ValueError(f"no such place: {self.latitude}, {self.longitude}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the index knows of one thing. It holds no personal data: every hit is read again from the database.

    `id` is unique over all kinds. `version` grows with every change of the thing. `title`, `keywords` (names and
    synonyms of tags, say) and `names` (places, organisations) are found by any part, `names` by pinyin and initials
    too; `body` is found by words. `sounds` are readings of names that the caller knows better, with a space between
    syllables ("chang ning qu"). `starts_at` are the moments still to come at which it happens, `open_starts_at` those
    of them that have a place left, `published_at` the one at which it became public, in seconds since 1970 (UTC).
    """

    id: str
    kind: str
    version: int
    title: str
    body: str = ""
    keywords: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    area_code: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    starts_at: tuple[int, ...] = ()
    open_starts_at: tuple[int, ...] = ()
    published_at: int | None = None
    minimum_age: int = 0
    place: Point | None = None


FULL: Final = 10**12
"""Seconds added to the first start of what is full: in the order of dates it follows everything that has a place left."""

_FARTHEST: Final = 10**11
"""Seconds before and after 1970 within which moments are told apart: some three thousand years."""


def date_value(document: Document) -> int | None:
    """The number by which Sort.DATE puts a document; None, which comes last, for what has no date. See `Sort`."""
    if document.open_starts_at:
        return _within_reach(min(document.open_starts_at))
    return _within_reach(min(document.starts_at)) + FULL if document.starts_at else None


def newest_value(document: Document) -> int | None:
    """The number by which Sort.NEWEST puts a document, the largest first; None comes last."""
    return None if document.published_at is None else _within_reach(document.published_at)


def _within_reach(moment: int) -> int:
    return max(-_FARTHEST, min(_FARTHEST, moment))


@dataclass(frozen=True, slots=True)
class Removal:
    """A thing that must no longer be found, as of a version. It wins over a document of the same version."""

    id: str
    version: int


class Label(StrEnum):
    """Fields that hold labels. A district is the first six digits of an area code."""

    KIND = "kind"
    CATEGORY = "category"
    TAG = "tag"
    FLAG = "flag"
    DISTRICT = "district"


class Number(StrEnum):
    """Fields that hold whole numbers."""

    STARTS_AT = "starts_at"
    OPEN_STARTS_AT = "open_starts_at"
    PUBLISHED_AT = "published_at"
    MINIMUM_AGE = "minimum_age"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Keeps what carries at least one of these labels. Several clauses on one field mean all of them."""

    label: Label
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """Keeps what lies in one of these areas, each given as the digits its codes begin with ("310105" for 长宁区)."""

    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Keeps what has a number from `least` to `most`, both included; None leaves a side open."""

    number: Number
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Keeps what has a place at most so many metres from a point, as the crow flies."""

    point: Point
    metres: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.metres) and self.metres >= 0):
            raise ValueError(f"no such distance: {self.metres}")


Clause = AnyOf | Within | Between | Near


class Sort(StrEnum):
    """The order of hits. RELEVANCE without words means DATE.

    DATE puts the first start with a place left first, then what is full by its first start, and what has no date last;
    NEWEST the last published first; DISTANCE the nearest first, and needs a `Near` clause. Hits of one value follow
    their ids. A blend of relevance with other things is made of hits, by `matching.blending`, alike for every engine.
    """

    RELEVANCE = "relevance"
    DATE = "date"
    NEWEST = "newest"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class Key:
    """Where a hit stands in its order: the value it is sorted by and its id. The next page goes on after it.

    The value is the score, `date_value`, `newest_value` or the metres, as the engine that gave it knows them; None when
    there is no date. Raises ValueError for a value that is no number or has no end.
    """

    value: float | None
    id: str

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"no such value: {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question. Any text is a valid one; all clauses must hold. Raises ValueError for a page that cannot be.

    `after` is the key of the last hit already seen: what was added or removed before it moves nothing. `seen` says how
    many hits that were, a hint where to begin looking and nothing more. In the order of relevance every document that
    comes or goes moves all scores a little: there the page goes on after the place that the last hit seen has now.
    `without` are the ids of documents that are not wanted, however well they fit: they are neither hits nor counted.
    """

    text: str = ""
    clauses: tuple[Clause, ...] = ()
    without: tuple[str, ...] = ()
    sort: Sort = Sort.RELEVANCE
    limit: int = 20
    after: Key | None = None
    seen: int = 0
    facets: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= MOST_HITS:
            raise ValueError(f"limit must be from 0 to {MOST_HITS}, not {self.limit}")
        if not 0 <= self.seen <= DEEPEST:
            raise ValueError(f"seen must be from 0 to {DEEPEST}, not {self.seen}")
        if self.sort is Sort.DISTANCE and self.near is None:
            raise ValueError("hits can be sorted by distance only near a point")

    @property
    def is_cut(self) -> bool:
        """Whether the text is longer than what is read of it."""
        return len(self.text) > LONGEST_QUERY

    @property
    def order(self) -> Sort:
        """The order that hits come in: without words nothing is more relevant than another."""
        return Sort.DATE if self.sort is Sort.RELEVANCE and not self.text.strip() else self.sort

    @property
    def near(self) -> Near | None:
        """The point from which distances are measured: that of the first `Near` clause."""
        return next((clause for clause in self.clauses if isinstance(clause, Near)), None)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. `score` is its relevance, `metres` its distance when the query was near a point.

    `first_start` is the first start still to come, `first_open_start` the first that has a place left.

    Which words were found is not said: the text that people see is the database's own, and `matching.highlighting`
    marks it, alike for every engine.
    """

    id: str
    kind: str
    score: float
    key: Key
    metres: float | None = None
    first_start: int | None = None
    first_open_start: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """An answer: one page of hits, the exact total, and how many of all hits carry each label asked for.

    `approximate` says that nothing matched every word, and the hits match nearly: misspelt, or with a word missing;
    `cut` that the text was longer than LONGEST_QUERY and was not read to its end.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[Label, Mapping[str, int]] = field(default_factory=dict)
    approximate: bool = False
    cut: bool = False


class Condition(StrEnum):
    """How an index is. Everything but READY is mended by a rebuild; UNREACHABLE only by the server's return."""

    READY = "ready"
    MISSING = "missing"
    OUTDATED = "outdated"
    BROKEN = "broken"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Status:
    """What readiness checks and the doctor ask: the condition, how many documents, and which build serves them."""

    condition: Condition
    documents: int = 0
    generation: str = ""
    detail: str = ""


class Rebuild(Protocol):
    """A fresh index being filled while the old one serves.

    Used as a context manager it is published at the end, or discarded when something was raised. Changes that are
    written to the index meanwhile are not lost: they are applied to the fresh one before it takes over. So start
    reading the documents only after the rebuild has begun.
    """

    def add(self, documents: Iterable[Document]) -> int:
        """Adds documents and returns how many; of two with one id the last is kept."""

    def publish(self) -> None:
        """Lets the fresh index take over, at once and for every process."""

    def discard(self) -> None:
        """Drops the fresh index; the old one stays."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.publish()
        finally:
            self.discard()


class SearchIndex(Protocol):
    """A search engine. Calls block and may come from any thread; all but `status` raise SearchUnavailable."""

    def upsert(self, documents: Iterable[Document]) -> int:
        """Makes documents findable and returns how many were written; older versions never replace newer ones."""

    def delete(self, removals: Iterable[Removal]) -> int:
        """Makes things unfindable and returns how many removals were newer than what the index knew."""

    def search(self, query: Query) -> Results:
        """Answers a query."""

    def versions(self, ids: Iterable[str]) -> dict[str, int]:
        """The versions of those of these documents that can be found, for comparing with the database."""

    def begin_rebuild(self) -> Rebuild:
        """Starts a fresh index. Raises IndexIsBusy when a rebuild is under way."""

    def status(self) -> Status:
        """How the index is. Never raises."""
