"""Look up wishes: one's own, and what is asked for most in an area. Nobody's single wish is told to anybody else.

Numbers are told from the rule's least people on and only in steps of it: "at least 5", "at least 10". An exact count of a district and
of all but one of its communities would tell the last one; and a count that rises by one tells who has just been at the counter.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue import rules
from marketplace.catalogue.models import Tag
from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.delivery.signals import policy
from marketplace.delivery.signals.models import ServiceWish, WishDraft
from marketplace.delivery.signals.states import WishState, wish_state
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from marketplace.procurement.lists.policy import buys
from marketplace.procurement.models import Buyer
from marketplace.volunteering.models import Need
from marketplace.volunteering.policy import visible_to as needs_visible_to

_MOST_KINDS = 30
_MOST_WORDS = 20
_MOST_EDITIONS = 50


@dataclass(frozen=True, slots=True)
class WishRow:
    """One's own wish. ``need_id`` and ``item_id`` are what it became, once the public sees it."""

    id: UUID
    service_type: str
    type_zh: str
    type_en: str
    area_code: str
    area: str
    area_en: str
    text: str | None
    state: WishState
    wished_at: datetime
    taken_up_at: datetime | None
    need_id: UUID | None
    item_id: UUID | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of service that at least so many people of an area wish for."""

    service_type: str
    name_zh: str
    name_en: str
    at_least: int


@dataclass(frozen=True, slots=True)
class EditionToEdit:
    """An edition in which the viewer may put an item now."""

    id: UUID
    title: str
    number: int
    buyer: str
    area_code: str


async def mine(session: Session, viewer: Viewer, request: PageRequest) -> Page[WishRow]:
    """The viewer's wishes, the newest first, without withdrawn ones. Raises SignInNeeded."""
    query = _own(viewer).where(ServiceWish.withdrawn_at.is_(None))
    found = await session.execute(falling(query, request, ServiceWish.wished_at, ServiceWish.id))
    return cut([_row(row) for row in found], request, lambda row: encode_cursor(row.wished_at, row.id))


async def wishes_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WishRow]:
    """Those of the wishes that are the viewer's own; a stranger has none."""
    if viewer.is_stranger:
        return {}
    rows = await session.execute(_own(viewer).where(ServiceWish.id.in_(ids)))
    return {row[0].id: _row(row) for row in rows}


def _own(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """One's own wishes with their words and what they became, as far as the public sees it. Raises SignInNeeded."""
    published = (
        select(Need.id)
        .where(Need.id == WishDraft.need_id, needs_visible_to(viewer), Need.published_at.is_not(None))
        .correlate(WishDraft)
        .scalar_subquery()
    )
    shown = (
        select(ListItem.id)
        .join(ListItemVersion, ListItemVersion.item_id == ListItem.id)
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .where(ListItem.id == WishDraft.item_id, ListEdition.consultation_opened_at.is_not(None))
        .limit(1)
        .correlate(WishDraft)
        .scalar_subquery()
    )
    return (
        select(ServiceWish, Tag.name_zh, Tag.name_en, Area.name, Area.name_en, published, shown)
        .join(Tag, Tag.code == ServiceWish.service_type)
        .join(Area, Area.code == ServiceWish.area_code)
        .outerjoin(WishDraft, WishDraft.id == ServiceWish.draft_id)
        .where(ServiceWish.person_id == viewer.signed_in())
    )


def _row(row: Row[*tuple[Any, ...]]) -> WishRow:
    one, type_zh, type_en, area, area_en, need_id, item_id = row
    return WishRow(
        id=one.id,
        service_type=one.service_type,
        type_zh=type_zh,
        type_en=type_en,
        area_code=one.area_code,
        area=area,
        area_en=area_en,
        text=one.text,
        state=wish_state(one),
        wished_at=one.wished_at,
        taken_up_at=one.taken_up_at,
        need_id=need_id,
        item_id=item_id,
    )


async def asked_for(session: Session, _viewer: Viewer, area_code: str) -> tuple[list[Asked], int]:
    """What is wished for most in an area with all below it, and from how many people on it is told. Public."""
    told, least = await _asked(session, area_code)
    return sorted(told, key=lambda one: (-one.at_least, one.service_type))[:_MOST_KINDS], least


async def asked(session: Session, _viewer: Viewer, area_code: str, service_type: str) -> Asked | None:
    """How many wish for one kind in an area; None below the least number."""
    told, _ = await _asked(session, area_code, ServiceWish.service_type == service_type)
    return told[0] if told else None


async def _asked(session: Session, area_code: str, *which: ColumnElement[bool]) -> tuple[list[Asked], int]:
    rule = (await rules.in_force(session, "signal.wishes")).value
    least = max(int(rule["least_people"]), 1)
    people = func.count(ServiceWish.person_id.distinct())
    rows = await session.execute(
        select(ServiceWish.service_type, Tag.name_zh, Tag.name_en, people)
        .join(Tag, Tag.code == ServiceWish.service_type)
        .where(*open_in(session, area_code, rule["days"]), *which)
        .group_by(ServiceWish.service_type, Tag.name_zh, Tag.name_en)
        .having(people >= least)
    )
    return [Asked(code, zh, en, count - count % least) for code, zh, en, count in rows], least


async def words_of(session: Session, viewer: Viewer, area_code: str, service_type: str) -> Sequence[str]:
    """What people wrote beside their wishes, for who may take them up; by the alphabet, which tells nobody apart.

    Raises SignInNeeded, NotPermitted. Below the least number of people there is nothing.
    """
    viewer.signed_in()
    if not (policy.may_take_up_as_need(viewer, area_code) or policy.may_take_up_as_item(viewer, area_code)):
        raise NotPermitted()
    if await asked(session, viewer, area_code, service_type) is None:
        return ()
    days = (await rules.in_force(session, "signal.wishes")).value["days"]
    found = await session.scalars(
        select(ServiceWish.text)
        .where(
            *open_in(session, area_code, days),
            ServiceWish.service_type == service_type,
            ServiceWish.text.is_not(None),
        )
        .order_by(ServiceWish.text)
        .limit(_MOST_WORDS)
    )
    return [text for text in found if text]


async def editions_to_edit(session: Session, viewer: Viewer) -> list[EditionToEdit]:
    """Editions in which the viewer may put an item now: drafts, and those that take up what the public said."""
    own = buys(viewer)
    if not own:
        return []
    is_draft = ListEdition.consultation_ends_at.is_(None)
    rows = await session.execute(
        select(ListEdition.id, ServiceList.title, ListEdition.number, Buyer.name, Buyer.area_code)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .where(
            or_(*own),
            ListEdition.finalised_at.is_(None),
            ListEdition.withdrawn_at.is_(None),
            or_(is_draft, ListEdition.consultation_ends_at <= session.now()),
        )
        .order_by(ListEdition.created_at.desc(), ListEdition.id)
        .limit(_MOST_EDITIONS)
    )
    return [EditionToEdit(*row) for row in rows]


def open_in(session: Session, area_code: str, days: int) -> tuple[ColumnElement[bool], ...]:
    """SQL over wishes: those that count in an area now."""
    return (
        within(ServiceWish.area_code, area_code),
        ServiceWish.withdrawn_at.is_(None),
        ServiceWish.taken_up_at.is_(None),
        ServiceWish.wished_at >= session.now() - timedelta(days=days),
    )
