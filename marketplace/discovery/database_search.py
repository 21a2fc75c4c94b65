"""The same search without the index: slower and plainer, from the rows themselves. It knows no synonyms by sound and forgives no slips."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import cos, radians
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from marketplace.areas.codes import CITY, within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag, TagKind, TagSynonym
from marketplace.db.session import Session
from marketplace.db.types import UtcDateTime
from marketplace.discovery.cursors import Mark, Part, Teller
from marketplace.discovery.free_time import Days
from marketplace.discovery.plan import Answer, Circle, Facet, Fitness, Plan
from marketplace.discovery.sources import need_is_findable
from marketplace.discovery.wishes import Sorting
from marketplace.kernel.pagination import CursorIsInvalid
from marketplace.organisations.models import Organisation
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift
from matching import text
from matching.index import LONGEST_QUERY

_MOST_WORDS = 8
_METRES_A_DEGREE = 111_195.0
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
_district = aliased(Area)


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing that the found are ordered by; never NULL. It rises unless it falls."""

    by: ColumnElement[Any]
    falls: bool = False

    @property
    def ordered(self) -> ColumnElement[Any]:
        return self.by.desc() if self.falls else self.by.asc()

    def beyond(self, value: object) -> ColumnElement[bool]:
        return self.by < value if self.falls else self.by > value


_BY_ID = _Step(Need.id.expression)


async def search_database(session: Session, plan: Plan) -> Answer:
    """Carry the plan out; six statements, the same filters and counts as the index's. Raises CursorIsInvalid."""
    order = _order(plan, session)
    rows = (await session.execute(_page(plan, session, order))).all()
    total = await _how_many(session, plan)
    return Answer(
        listed=[
            (row.id, Mark(Teller.DATABASE, _key(row), plan.seen + place, plan.as_of))
            for place, row in enumerate(rows, 1)
        ],
        total=total,
        counts={facet: await _count(session, plan.without(facet), facet) for facet in Facet},
        with_places=total
        if plan.wants_places
        else await _how_many(session, replace(plan, only_with_places=True)),
        is_cut=len(plan.text) > LONGEST_QUERY,
    )


def _page(plan: Plan, session: Session, order: Sequence[_Step]) -> Select[*tuple[Any, ...]]:
    """The page after the plan's mark: after its key, or, when the index made it, after as many as were seen."""
    columns = [step.by.label(f"by_{place}") for place, step in enumerate(order)]
    page = _chosen(plan, session).add_columns(*columns)
    page = page.order_by(*(step.ordered for step in (*order, _BY_ID))).limit(plan.limit)
    if plan.mark is None:
        return page
    if plan.mark.teller is Teller.INDEX:
        return page.offset(plan.mark.seen)
    return page.where(_after(plan.mark, order))


def _key(row: Row[Any]) -> tuple[Part, ...]:
    return (*(_part(value) for value in tuple(row)[1:]), str(row.id))


def _part(value: Any) -> Part:
    return value.isoformat() if isinstance(value, datetime) else value


def _after(mark: Mark, order: Sequence[_Step]) -> ColumnElement[bool]:
    """What follows the mark's key: equal in the first steps, and beyond it in the next."""
    steps, values = [*order, _BY_ID], _values(mark, order)
    return or_(
        *(
            and_(
                *(step.by == value for step, value in zip(steps[:place], values[:place], strict=True)),
                steps[place].beyond(values[place]),
            )
            for place in range(len(steps))
        )
    )


def _values(mark: Mark, order: Sequence[_Step]) -> list[object]:
    parts, last = mark.key[:-1], mark.key[-1:]
    try:
        return [
            *(_value(step, part) for step, part in zip(order, parts, strict=True)),
            *(UUID(str(id_)) for id_ in last),
        ]
    except ValueError:
        raise CursorIsInvalid() from None


def _value(step: _Step, part: Part) -> object:
    if isinstance(step.by.type, UtcDateTime):
        moment = datetime.fromisoformat(str(part))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(part, int | float):
        return part
    raise ValueError("the cursor holds another kind of value")


async def _how_many(session: Session, plan: Plan) -> int:
    return await session.scalar(select(func.count()).select_from(_chosen(plan, session).subquery())) or 0


async def _count(session: Session, plan: Plan, facet: Facet) -> dict[str, int]:
    ids = _chosen(plan, session).subquery()
    # Grouped by name: PostgreSQL takes two parameters of one expression for two expressions.
    label = _LABELS[facet].label("label")
    query = select(label, func.count()).select_from(Need).join(ids, ids.c.id == Need.id).group_by("label")
    if facet is Facet.LANGUAGE:
        query = query.join(NeedTag, NeedTag.need_id == Need.id).join(
            Tag, and_(Tag.code == NeedTag.tag_code, Tag.kind == TagKind.LANGUAGE.value)
        )
    rows = await session.execute(query)
    return dict(rows.all())


_LABELS: Final[dict[Facet, ColumnElement[str]]] = {
    Facet.CATEGORY: Need.category_code.expression,
    Facet.DISTRICT: func.substr(Need.area_code, 1, 6),
    Facet.LANGUAGE: NeedTag.tag_code.expression,
}


def _chosen(plan: Plan, session: Session) -> Select[UUID]:
    tags = (*plan.tags, *filter(None, [plan.language]))
    clauses = [need_is_findable(), *_words(plan.text[:LONGEST_QUERY]), *(_has_tag(tag) for tag in tags)]
    if plan.category is not None:
        below = select(Tag.code).where(or_(Tag.code == plan.category, Tag.parent_code == plan.category))
        clauses.append(Need.category_code.in_(below))
    if plan.area is not None:
        clauses.append(within(Need.area_code, plan.area))
    if plan.days != Days() or plan.wants_places:
        clauses.append(_starts(plan, session))
    if plan.near is not None:
        clauses.append(_square_metres(plan.near) <= plan.near.metres**2)
    if plan.fitness is not None:
        clauses += _fits(plan.fitness)
    return (
        select(Need.id)
        .outerjoin(_district, _district.code == func.substr(Need.area_code, 1, 6) + "000000")
        .where(*clauses)
    )


def _order(plan: Plan, session: Session) -> list[_Step]:
    """What the found are ordered by, before their ids."""
    if plan.sort is Sorting.NEWEST:
        return [_Step(Need.published_at.expression, falls=True)]
    if plan.sort is Sorting.DISTANCE and plan.near is not None:
        return [_Step(_square_metres(plan.near))]
    words = _asked(plan.text)
    if plan.sort in (Sorting.RELEVANCE, Sorting.BLENDED) and words:
        in_title = and_(*(_contains(Need.title, word) for word in words))
        return [_Step(case((in_title, 0), else_=1)), *_soonest(session)]
    return _soonest(session)


def _soonest(session: Session) -> list[_Step]:
    """The first start with a place left, then what is full by its first start, then what has no date."""
    first = _first_start(session)
    first_open = _first_start(session, Shift.places_taken < Shift.capacity)
    standing = case((first_open.is_not(None), 0), (first.is_not(None), 1), else_=2)
    return [_Step(standing), _Step(func.coalesce(first_open, first, literal(_NEVER, UtcDateTime())))]


def _first_start(session: Session, *clauses: ColumnElement[bool]) -> ScalarSelect[Any]:
    return (
        select(func.min(Shift.starts_at))
        .where(
            Shift.need_id == Need.id, Shift.cancelled_at.is_(None), Shift.starts_at > session.now(), *clauses
        )
        .correlate(Need)
        .scalar_subquery()
    )


def _starts(plan: Plan, session: Session) -> ColumnElement[bool]:
    clauses = [Shift.need_id == Need.id, Shift.cancelled_at.is_(None), Shift.starts_at > session.now()]
    if plan.wants_places:
        clauses.append(Shift.places_taken < Shift.capacity)
    if plan.days.starts_from is not None:
        clauses.append(Shift.starts_at >= plan.days.starts_from)
    if plan.days.starts_before is not None:
        clauses.append(Shift.starts_at < plan.days.starts_before)
    return exists().where(*clauses)


def _square_metres(near: Circle) -> ColumnElement[float]:
    """The square of the distance: databases need no square roots to compare it."""
    latitude = func.coalesce(Need.latitude, _district.latitude)
    longitude = func.coalesce(Need.longitude, _district.longitude)
    north = (latitude - near.centre.latitude) * _METRES_A_DEGREE
    east = (longitude - near.centre.longitude) * (_METRES_A_DEGREE * cos(radians(near.centre.latitude)))
    return north * north + east * east


def _fits(fitness: Fitness) -> list[ColumnElement[bool]]:
    lacking = exists().where(
        NeedQualification.need_id == Need.id,
        NeedQualification.qualification_code.not_in(fitness.qualification_codes),
    )
    return [
        Need.id.not_in(fitness.out_of_reach),
        Need.minimum_age <= fitness.age,
        or_(Need.is_risky.is_(False), func.coalesce(Need.insurance, "") != ""),
        ~lacking,
    ]


def _has_tag(code: str) -> ColumnElement[bool]:
    return exists().where(NeedTag.need_id == Need.id, NeedTag.tag_code == code)


def _asked(given: str) -> list[str]:
    return list(dict.fromkeys(text.query_words(text.normalise(given))))[:_MOST_WORDS]


def _words(given: str) -> list[ColumnElement[bool]]:
    """Every word must be somewhere; text without a word in it is about nothing we hold."""
    words = _asked(given)
    if given and not words:
        return [false()]
    return [_says(word) for word in words]


def _says(word: str) -> ColumnElement[bool]:
    tags = select(Tag.code).where(
        or_(
            _contains(Tag.name_zh, word),
            _contains(Tag.name_en, word),
            Tag.code.in_(select(TagSynonym.tag_code).where(_contains(TagSynonym.text, word))),
        )
    )
    organisations = select(Organisation.id).where(_contains(Organisation.name, word))
    return or_(
        _contains(Need.title, word),
        _contains(Need.description, word),
        _contains(Need.place, word),
        Need.category_code.in_(tags),
        exists().where(NeedTag.need_id == Need.id, NeedTag.tag_code.in_(tags)),
        Need.organisation_id.in_(organisations),
        *_lies_in(word),
    )


def _lies_in(word: str) -> list[ColumnElement[bool]]:
    areas = select(Area.code).where(
        Area.code != CITY,
        or_(
            _contains(Area.name, word),
            Area.pinyin == word,
            Area.initials == word,
            _contains(Area.name_en, word),
        ),
    )
    return [
        Need.area_code.in_(areas),
        (func.substr(Need.area_code, 1, 9) + "000").in_(areas),
        (func.substr(Need.area_code, 1, 6) + "000000").in_(areas),
    ]


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    contains: ColumnElement[bool] = func.lower(column).contains(word, autoescape=True)
    return contains
