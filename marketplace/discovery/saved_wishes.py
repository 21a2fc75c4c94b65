"""A saved search's wishes: written in a versioned form, read back or found too old, and asked of documents as a query of the port."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import Row, select

from marketplace.areas import queries as areas
from marketplace.areas.queries import Point
from marketplace.db.session import Session
from marketplace.discovery.free_time import Days
from marketplace.discovery.plan import Circle, Plan, clauses_of, days_of
from marketplace.discovery.saved_models import SavedSearch
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity.models import Person
from matching.index import Query
from matching.text import asked_words

VERSION = 1
"""Of the written form. Whoever renames a wish, or gives it another meaning, raises it and reads the older one here."""

_ORDERING = {"sort"}


def written(wishes: NeedWishes) -> dict[str, Any]:
    """The wishes as they are stored: only those that were made. The order of a list is none of them."""
    said = wishes.model_dump(mode="json", exclude_defaults=True, exclude=_ORDERING)
    if "tags" in said:
        said["tags"] = sorted(set(said["tags"]))
    return {"version": VERSION, "wishes": said}


def read_back(stored: dict[str, Any]) -> NeedWishes | None:
    """The wishes that ``written`` wrote; None for those of a version, or of words, that nobody understands any more."""
    if stored.get("version") != VERSION:
        return None
    try:
        return NeedWishes.model_validate(stored.get("wishes"))
    except ValidationError:
        return None


def digest(stored: dict[str, Any]) -> bytes:
    """The same for the same wishes, whatever the order in which they were made."""
    return hashlib.sha256(orjson.dumps(stored, option=orjson.OPT_SORT_KEYS)).digest()


def query_of(wishes: NeedWishes, origin: Point | None, now: datetime) -> Query | None:
    """What the wishes ask of a document made after ``now``; whether it suits the person is judged elsewhere.

    ``origin`` is where ``within_km`` is measured from; None when that is nowhere, and then nothing can be near it.
    """
    if wishes.within_km is not None and origin is None:
        return None
    near = Circle(origin, 1000 * wishes.within_km) if wishes.within_km is not None and origin else None
    plan = Plan(
        now=now,
        text=wishes.text or "",
        category=wishes.category,
        tags=wishes.tags,
        language=wishes.language,
        area=None if near else wishes.area,
        days=days_of(wishes),
        # What one can take has a place left.
        only_with_places=wishes.only_with_places or wishes.only_suitable,
        near=near,
    )
    return Query(text=plan.text, clauses=clauses_of(plan))


def asks_for_something(wishes: NeedWishes) -> bool:
    """Whether there is a word that can be found, or a filter that says what or where or when; a search for everything has neither."""
    if wishes.text is not None and not asked_words(wishes.text):
        return False
    chosen = (wishes.text, wishes.category, *wishes.tags, wishes.area, wishes.language)
    return any(chosen) or wishes.within_km is not None or days_of(wishes) != Days()


async def origins(session: Session, searches: Collection[SavedSearch | Row[Any]]) -> dict[UUID, Point]:
    """Where each of these searches measures distances from: the middle of its area, else its owner's home. At most three statements."""
    distant = {
        search.id: (search, wishes)
        for search in searches
        if (wishes := read_back(search.wishes)) is not None and wishes.within_km is not None
    }
    if not distant:
        return {}
    homes = await _homes(
        session, {search.person_id for search, wishes in distant.values() if not wishes.area}
    )
    middles = await areas.points_of(session, {wishes.area for _, wishes in distant.values()})
    found = {
        search_id: middles.get(wishes.area) if wishes.area else homes.get(search.person_id)
        for search_id, (search, wishes) in distant.items()
    }
    return {search_id: point for search_id, point in found.items() if point is not None}


async def _homes(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Point]:
    if not person_ids:
        return {}
    rows = (
        await session.execute(
            select(Person.id, Person.latitude, Person.longitude, Person.home_area_code).where(
                Person.id.in_(person_ids)
            )
        )
    ).all()
    middles = await areas.points_of(session, {row.home_area_code for row in rows if row.latitude is None})
    homes = {row.id: middles[row.home_area_code] for row in rows if row.home_area_code in middles}
    exact = {row.id: Point(row.latitude, row.longitude) for row in rows if row.latitude is not None}
    return homes | exact
