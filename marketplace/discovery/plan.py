"""A search, ready to be carried out by the index or, when that is down, by the database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from marketplace.areas.codes import prefix_of
from marketplace.areas.queries import Point
from marketplace.discovery.documents import TAKES_PEOPLE, Kind, asked_in
from marketplace.discovery.wishes import Sorting
from matching import index as port
from matching.index import AnyOf, Between, Clause, Label, Near, Number, Query, Results, SearchIndex, Within

FACETS = (Label.CATEGORY, Label.DISTRICT)
_LAST = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Circle:
    """A place and how far from it."""

    centre: Point
    metres: float


@dataclass(frozen=True, slots=True)
class Fitness:
    """What a volunteer brings: whole years, and qualifications with all that they include."""

    age: int
    qualification_codes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All of these must hold. A category stands for those under it too; starts lie from ``starts_from`` to before ``starts_before``."""

    text: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    area: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    near: Circle | None = None
    fitness: Fitness | None = None
    sort: Sorting = Sorting.DATE
    limit: int = 20
    offset: int = 0

    def counting(self, label: Label) -> "Plan":
        """The same search without its own choice of ``label``: how many there would be under every other one."""
        return replace(self, category=None) if label is Label.CATEGORY else replace(self, area=None)

    def chooses(self, label: Label) -> bool:
        """Whether the search is narrowed by ``label``."""
        return (self.category if label is Label.CATEGORY else self.area) is not None


def search_index(index: SearchIndex, plan: Plan) -> Results:
    """Carry the plan out; blocks. Raises SearchUnavailable."""
    free = tuple(label for label in FACETS if not plan.chooses(label))
    found = index.search(
        Query(
            text=plan.text,
            clauses=_clauses(index, plan),
            sort=port.Sort(plan.sort.value),
            limit=plan.limit,
            offset=plan.offset,
            facets=free,
        )
    )
    chosen = {label: _count(index, plan, label) for label in FACETS if label not in free}
    return Results(found.hits, found.total, {**found.facets, **chosen}, found.approximate)


def _count(index: SearchIndex, plan: Plan, label: Label) -> Mapping[str, int]:
    query = Query(text=plan.text, clauses=_clauses(index, plan.counting(label)), limit=0, facets=(label,))
    return index.search(query).facets[label]


def _clauses(index: SearchIndex, plan: Plan) -> tuple[Clause, ...]:
    clauses: list[Clause] = [AnyOf(Label.KIND, (Kind.NEED.value,))]
    # A document carries its category and the broader one as tags, so that one label finds both.
    clauses += [AnyOf(Label.TAG, (tag,)) for tag in (plan.category, *plan.tags) if tag is not None]
    if plan.area is not None:
        clauses.append(Within((prefix_of(plan.area),)))
    if plan.starts_from is not None or plan.starts_before is not None:
        least = None if plan.starts_from is None else int(plan.starts_from.timestamp())
        most = (plan.starts_before or _LAST) - timedelta(seconds=1)
        clauses.append(Between(Number.STARTS_AT, least, int(most.timestamp())))
    if plan.near is not None:
        centre = port.Point(plan.near.centre.latitude, plan.near.centre.longitude)
        clauses.append(Near(centre, plan.near.metres))
    if plan.fitness is not None:
        clauses += _fitting(index, plan.fitness)
    return tuple(clauses)


def _fitting(index: SearchIndex, fitness: Fitness) -> list[Clause]:
    """An index can ask for labels but not forbid them: every combination of demands is a label, and these are the ones met."""
    flags = index.search(Query(limit=0, facets=(Label.FLAG,))).facets[Label.FLAG]
    met = [
        flag
        for flag in flags
        if (asked := asked_in(flag)) is not None and asked <= fitness.qualification_codes
    ]
    return [
        Between(Number.MINIMUM_AGE, most=fitness.age),
        AnyOf(Label.FLAG, (TAKES_PEOPLE,)),
        AnyOf(Label.FLAG, tuple(met)),
    ]
