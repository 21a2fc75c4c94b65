"""The same search without the index: slower and plainer, from the rows themselves. It knows no synonyms by sound and forgives no slips."""

from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from marketplace.areas.codes import CITY, within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag, TagSynonym
from marketplace.db.session import Session
from marketplace.discovery.documents import Kind, document_id
from marketplace.discovery.plan import Circle, Fitness, Plan
from marketplace.discovery.sources import need_is_findable
from marketplace.discovery.wishes import Sorting
from marketplace.organisations.models import Organisation
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift
from matching import text
from matching.index import Hit, Label, Results

_MOST_WORDS = 8
_METRES_A_DEGREE = 111_195.0
_district = aliased(Area)


async def search_database(session: Session, plan: Plan) -> Results:
    """Carry the plan out; four statements."""
    found = _chosen(plan, session)
    ids = await session.scalars(found.order_by(*_order(plan, session)).limit(plan.limit).offset(plan.offset))
    total = await session.scalar(select(func.count()).select_from(found.subquery()))
    facets = {
        Label.CATEGORY: await _count(session, plan.counting(Label.CATEGORY), Need.category_code),
        Label.DISTRICT: await _count(
            session, plan.counting(Label.DISTRICT), func.substr(Need.area_code, 1, 6)
        ),
    }
    return Results(
        tuple(Hit(document_id(Kind.NEED, need_id), Kind.NEED.value, 0.0) for need_id in ids),
        total or 0,
        facets,
    )


async def _count(session: Session, plan: Plan, label: Any) -> dict[str, int]:
    ids = _chosen(plan, session).subquery()
    # Grouped by name: PostgreSQL takes two parameters of one expression for two expressions.
    rows = await session.execute(
        select(label.label("label"), func.count()).join(ids, ids.c.id == Need.id).group_by("label")
    )
    return dict(rows.all())


def _chosen(plan: Plan, session: Session) -> Select[UUID]:
    clauses = [need_is_findable(), *_words(plan.text), *(_has_tag(tag) for tag in plan.tags)]
    if plan.category is not None:
        below = select(Tag.code).where(or_(Tag.code == plan.category, Tag.parent_code == plan.category))
        clauses.append(Need.category_code.in_(below))
    if plan.area is not None:
        clauses.append(within(Need.area_code, plan.area))
    if plan.starts_from is not None or plan.starts_before is not None:
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


def _order(plan: Plan, session: Session) -> list[ColumnElement[Any]]:
    soonest = _next_start(session)
    order: list[ColumnElement[Any]] = [soonest.asc().nulls_last(), Need.id.asc()]
    if plan.sort is Sorting.NEWEST:
        return [Need.published_at.desc(), Need.id.desc()]
    if plan.sort is Sorting.DISTANCE and plan.near is not None:
        return [_square_metres(plan.near), *order]
    words = _asked(plan.text)
    if plan.sort is Sorting.RELEVANCE and words:
        in_title = and_(*(_contains(Need.title, word) for word in words))
        return [case((in_title, 0), else_=1), *order]
    return order


def _next_start(session: Session) -> ScalarSelect[Any]:
    return (
        select(func.min(Shift.starts_at))
        .where(Shift.need_id == Need.id, Shift.cancelled_at.is_(None), Shift.starts_at > session.now())
        .correlate(Need)
        .scalar_subquery()
    )


def _starts(plan: Plan, session: Session) -> ColumnElement[bool]:
    clauses = [Shift.need_id == Need.id, Shift.cancelled_at.is_(None), Shift.starts_at > session.now()]
    if plan.starts_from is not None:
        clauses.append(Shift.starts_at >= plan.starts_from)
    if plan.starts_before is not None:
        clauses.append(Shift.starts_at < plan.starts_before)
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
