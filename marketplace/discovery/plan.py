"""A search, ready to be carried out by the index or, when that is down, by the database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.areas.codes import prefix_of
from marketplace.areas.queries import Point
from marketplace.discovery.cursors import Mark, Teller, marks_of
from marketplace.discovery.documents import TAKES_PEOPLE, Kind, asked_in, document_id, row_id_of
from marketplace.discovery.free_time import Days, OwnShift
from marketplace.discovery.wishes import NeedWishes, Sorting
from marketplace.kernel.clock import day_starts
from marketplace.kernel.pagination import CursorIsInvalid
from matching import blending
from matching import index as port
from matching.index import (
    MOST_HITS,
    AnyOf,
    Between,
    Clause,
    Key,
    Label,
    Near,
    Number,
    Query,
    Results,
    SearchIndex,
    Within,
)

_LAST = datetime(9000, 1, 1, tzinfo=UTC)


class Facet(StrEnum):
    """By what the found are counted. The value is the field of ``Plan`` that chooses one of them."""

    CATEGORY = "category"
    DISTRICT = "area"
    LANGUAGE = "language"


_LABELS = {Facet.CATEGORY: Label.CATEGORY, Facet.DISTRICT: Label.DISTRICT, Facet.LANGUAGE: Label.TAG}


def days_of(wishes: NeedWishes) -> Days:
    """The days that are wished for, the last one included."""
    return Days(
        None if wishes.day_from is None else day_starts(wishes.day_from),
        None if wishes.day_to is None else day_starts(wishes.day_to + timedelta(days=1)),
    )


@dataclass(frozen=True, slots=True)
class Circle:
    """A place and how far from it."""

    centre: Point
    metres: float


@dataclass(frozen=True, slots=True)
class Fitness:
    """What a volunteer brings: whole years, qualifications with all that they include, and the time that is left.

    ``own`` are their shifts to come, ``out_of_reach`` the needs of which these leave them none.
    """

    age: int
    qualification_codes: frozenset[str]
    own: Sequence[OwnShift] = ()
    out_of_reach: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All of these must hold. A category stands for those under it too. ``now`` is the moment at which the search is judged,
    ``mark`` where the page before ended."""

    now: datetime
    text: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    area: str | None = None
    days: Days = field(default_factory=Days)
    only_with_places: bool = False
    near: Circle | None = None
    fitness: Fitness | None = None
    sort: Sorting = Sorting.DATE
    limit: int = 20
    mark: Mark | None = None

    def without(self, facet: Facet) -> "Plan":
        """The same search without its own choice of ``facet``: how many there would be under every other one."""
        match facet:
            case Facet.CATEGORY:
                return replace(self, category=None)
            case Facet.DISTRICT:
                return replace(self, area=None)
            case Facet.LANGUAGE:
                return replace(self, language=None)

    def chooses(self, facet: Facet) -> bool:
        """Whether the search is narrowed by ``facet``."""
        return getattr(self, facet.value) is not None

    @property
    def wants_places(self) -> bool:
        """Whether only needs with a place left will do. What one can take has one."""
        return self.only_with_places or self.fitness is not None

    @property
    def seen(self) -> int:
        """How many this reader saw on the pages before."""
        return self.mark.seen if self.mark else 0

    @property
    def as_of(self) -> datetime:
        """When this reader began: the blended order of later pages is that of the first."""
        return self.mark.as_of if self.mark else self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found: ``listed`` needs with the mark after each, how many in all, and how many there would be under other choices.

    ``with_places`` are those of the whole with a place left.
    """

    listed: Sequence[tuple[UUID, Mark]]
    total: int
    counts: Mapping[Facet, Mapping[str, int]]
    with_places: int
    is_approximate: bool = False
    is_cut: bool = False

    @property
    def need_ids(self) -> list[UUID]:
        return [need_id for need_id, _ in self.listed]


def search_index(index: SearchIndex, plan: Plan) -> Answer:
    """Carry the plan out; blocks. Raises SearchUnavailable."""
    free = tuple(facet for facet in Facet if not plan.chooses(facet))
    query = replace(_query(index, plan), facets=tuple(_LABELS[facet] for facet in free))
    ordered = (
        index.search
        if plan.sort is not Sorting.BLENDED
        else lambda asked: blending.page(index.search, asked, int(plan.as_of.timestamp()))
    )
    results = page_of(ordered, query, plan.mark, plan.limit)
    counts = {facet: results.facets[_LABELS[facet]] for facet in free}
    counts |= {facet: _count(index, plan.without(facet), facet) for facet in Facet if facet not in free}
    marks = marks_of(results.hits, plan.seen, plan.as_of)
    return Answer(
        listed=[
            (row_id, mark)
            for hit, mark in zip(results.hits, marks, strict=True)
            if (row_id := row_id_of(hit.id))
        ],
        total=results.total,
        counts=counts,
        with_places=results.total if plan.wants_places else _with_places(index, plan),
        is_approximate=results.approximate,
        is_cut=results.cut,
    )


def page_of(search: Callable[[Query], Results], query: Query, mark: Mark | None, limit: int) -> Results:
    """One page of hits after ``mark``, and what is said of all of them. Raises CursorIsInvalid and what ``search`` raises."""
    if mark is None:
        return search(replace(query, limit=limit))
    if mark.teller is Teller.INDEX:
        return search(replace(query, limit=limit, after=_key(mark), seen=mark.seen))
    # The database listed the page before, in an order of its own: all that is known is how many were seen.
    results = search(replace(query, limit=min(mark.seen + limit, MOST_HITS)))
    return replace(results, hits=results.hits[mark.seen :])


def _key(mark: Mark) -> Key:
    """Raises CursorIsInvalid for a mark that no index made."""
    match mark.key:
        case (None | int() | float() as value, str(id_)):
            return Key(value, id_)
    raise CursorIsInvalid()


def _count(index: SearchIndex, plan: Plan, facet: Facet) -> Mapping[str, int]:
    label = _LABELS[facet]
    return index.search(replace(_query(index, plan), limit=0, facets=(label,))).facets[label]


def _with_places(index: SearchIndex, plan: Plan) -> int:
    return index.search(replace(_query(index, replace(plan, only_with_places=True)), limit=0)).total


def _query(index: SearchIndex, plan: Plan) -> Query:
    sort = port.Sort.RELEVANCE if plan.sort is Sorting.BLENDED else port.Sort(plan.sort.value)
    unwanted = plan.fitness.out_of_reach if plan.fitness else ()
    return Query(
        text=plan.text,
        clauses=clauses_of(plan) + _fitting(index, plan.fitness),
        sort=sort,
        without=tuple(document_id(Kind.NEED, need_id) for need_id in sorted(unwanted)),
    )


def clauses_of(plan: Plan) -> tuple[Clause, ...]:
    """What an index is asked to keep, but for what suits one volunteer alone."""
    clauses: list[Clause] = [AnyOf(Label.KIND, (Kind.NEED.value,))]
    # A document carries its category and the broader one as tags, so that one label finds both.
    chosen = (plan.category, plan.language, *plan.tags)
    clauses += [AnyOf(Label.TAG, (tag,)) for tag in chosen if tag is not None]
    if plan.area is not None:
        clauses.append(Within((prefix_of(plan.area),)))
    clauses += _starts(plan)
    if plan.near is not None:
        centre = port.Point(plan.near.centre.latitude, plan.near.centre.longitude)
        clauses.append(Near(centre, plan.near.metres))
    return tuple(clauses)


def _starts(plan: Plan) -> list[Clause]:
    days = plan.days
    if plan.wants_places:
        least = max(filter(None, (plan.now, days.starts_from)))
        return [Between(Number.OPEN_STARTS_AT, int(least.timestamp()), _last_second(days))]
    if days == Days():
        return []
    first = None if days.starts_from is None else int(days.starts_from.timestamp())
    return [Between(Number.STARTS_AT, first, _last_second(days))]


def _last_second(days: Days) -> int:
    return int(((days.starts_before or _LAST) - timedelta(seconds=1)).timestamp())


def _fitting(index: SearchIndex, fitness: Fitness | None) -> tuple[Clause, ...]:
    """An index can ask for labels but not forbid them: every combination of demands is a label, and these are the ones met."""
    if fitness is None:
        return ()
    needs = (AnyOf(Label.KIND, (Kind.NEED.value,)),)
    flags = index.search(Query(clauses=needs, limit=0, facets=(Label.FLAG,))).facets[Label.FLAG]
    met = [
        flag
        for flag in flags
        if (asked := asked_in(flag)) is not None and asked <= fitness.qualification_codes
    ]
    return (
        Between(Number.MINIMUM_AGE, most=fitness.age),
        AnyOf(Label.FLAG, (TAKES_PEOPLE,)),
        AnyOf(Label.FLAG, tuple(met)),
    )
