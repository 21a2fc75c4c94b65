"""Look up comments: as everybody sees them, without the name of who spoke; a hidden one with the reason in place of its words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select

from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.procurement import policy
from marketplace.procurement.lists.models import ListComment, ListEdition, ServiceList
from marketplace.procurement.lists.policy import editions_visible_to, may_moderate
from marketplace.procurement.models import Buyer


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment. ``text`` is None where a moderator hid it from this viewer; ``organisation`` is who says it, else a resident."""

    id: UUID
    edition_id: UUID
    list_id: UUID
    item_id: UUID | None
    organisation: str | None
    text: str | None
    created_at: datetime
    answer: str | None
    answered_at: datetime | None
    hidden_at: datetime | None
    hidden_reason: str | None
    is_mine: bool
    may_answer: bool
    may_hide: bool


async def of_edition(
    session: Session, viewer: Viewer, edition_id: UUID, request: PageRequest
) -> Page[CommentRow]:
    """The comments on an edition, the first one first. Raises NotFound."""
    seen = await session.scalar(
        select(ListEdition.id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .where(ListEdition.id == edition_id, editions_visible_to(viewer))
    )
    if seen is None:
        raise NotFound()
    chosen = _select(viewer).where(ListComment.edition_id == edition_id)
    rows = (await session.execute(rising(chosen, request, ListComment.created_at, ListComment.id))).all()
    total = await session.scalar(
        select(func.count()).select_from(ListComment).where(ListComment.edition_id == edition_id)
    )
    told = [_told(row, viewer) for row in rows]
    return cut(told, request, lambda row: encode_cursor(row.created_at, row.id), total)


async def comments_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, CommentRow]:
    """Those of the comments whose edition the viewer may see."""
    rows = await session.execute(_select(viewer).where(ListComment.id.in_(ids)))
    return {row[0].id: _told(row, viewer) for row in rows}


async def comment(session: Session, viewer: Viewer, comment_id: UUID) -> CommentRow:
    """One comment. Raises NotFound."""
    found = (await comments_by_ids(session, viewer, [comment_id])).get(comment_id)
    if found is None:
        raise NotFound()
    return found


async def unanswered(session: Session, edition_id: UUID) -> int:
    """How many comments that are in sight wait for the buyer's answer."""
    which: tuple[ColumnElement[bool], ...] = (
        ListComment.edition_id == edition_id,
        ListComment.answered_at.is_(None),
        ListComment.hidden_at.is_(None),
    )
    return await session.scalar(select(func.count()).select_from(ListComment).where(*which)) or 0


def _select(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(ListComment, ServiceList.id, Buyer.area_code, Organisation.name)
        .join(ListEdition, ListEdition.id == ListComment.edition_id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .outerjoin(Organisation, Organisation.id == ListComment.organisation_id)
        .where(editions_visible_to(viewer))
    )


def _told(row: Row[*tuple[Any, ...]], viewer: Viewer) -> CommentRow:
    one, list_id, area_code, organisation = row
    is_mine = one.person_id == viewer.person_id
    moderates = may_moderate(viewer, area_code)
    is_shown = one.hidden_at is None or moderates or is_mine
    return CommentRow(
        id=one.id,
        edition_id=one.edition_id,
        list_id=list_id,
        item_id=one.item_id,
        organisation=organisation,
        text=one.text if is_shown else None,
        created_at=one.created_at,
        answer=one.answer,
        answered_at=one.answered_at,
        hidden_at=one.hidden_at,
        hidden_reason=one.hidden_reason,
        is_mine=is_mine,
        may_answer=policy.may_buy(viewer, area_code) and one.hidden_at is None,
        may_hide=moderates and one.hidden_at is None,
    )
