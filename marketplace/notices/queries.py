"""Notices as they are read: only ever by the person who was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.notices import contacts
from marketplace.notices.kinds import ChannelName, Kind, Topic, topics_for
from marketplace.notices.models import CalendarFeed, Notice, NoticeDelivery
from marketplace.notices.quiet import Quiet
from marketplace.notices.wording import Worded, worded

_MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice; its words are made by ``in_words``."""

    id: UUID
    kind: str
    facts: dict[str, Any]
    link: str | None
    created_at: datetime
    read_at: datetime | None

    def in_words(self, locale: str) -> Worded:
        return worded(locale, self.kind, self.facts)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be told: the kinds that can reach them, by topic, and which of them leave the house by e-mail.

    ``email`` is the confirmed address, None when there is none and so nothing leaves. ``undelivered_at`` says when the newest
    e-mail was given up; None when it arrived.
    """

    topics: Mapping[Topic, Sequence[Kind]]
    by_email: frozenset[Kind]
    email: str | None
    quiet: Quiet | None
    undelivered_at: datetime | None


async def inbox(session: Session, viewer: Viewer, request: PageRequest) -> Page[NoticeRow]:
    """What the viewer was told, newest first. Raises SignInNeeded."""
    viewer.signed_in()
    found = await session.execute(falling(_rows(viewer), request, Notice.created_at, Notice.id))
    rows = [NoticeRow(*row) for row in found]
    return cut(rows, request, lambda row: encode_cursor(row.created_at, row.id))


async def notices_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, NoticeRow]:
    """The viewer's own notices among ``ids``."""
    found = await session.execute(_rows(viewer).where(Notice.id.in_(ids)))
    return {row.id: NoticeRow(*row) for row in found}


async def unread_count(session: Session, viewer: Viewer) -> int:
    """How many notices the viewer has not read, counted to 100 at most: one look into a partial index. 0 for strangers."""
    if viewer.is_stranger:
        return 0
    unread = select(Notice.id).where(visible_to(viewer), Notice.read_at.is_(None)).limit(_MOST_COUNTED)
    return await session.scalar(select(func.count()).select_from(unread.subquery())) or 0


async def wishes(session: Session, viewer: Viewer) -> Wishes:
    """How the viewer wants to be told. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    contact = (await contacts.of(session, [person_id])).get(person_id)
    said = await contacts.wishes(session, [person_id], list(Kind))
    topics = topics_for(viewer)
    return Wishes(
        topics=topics,
        by_email=frozenset(
            kind
            for kinds in topics.values()
            for kind in kinds
            if contacts.wants(said, person_id, kind, ChannelName.EMAIL)
        ),
        email=contact.addresses.get(ChannelName.EMAIL) if contact else None,
        quiet=contact.quiet if contact else None,
        undelivered_at=await _undelivered_at(session, person_id),
    )


async def has_calendar(session: Session, viewer: Viewer) -> bool:
    """Whether the viewer's shifts can be read at a secret address now. Raises SignInNeeded."""
    live = exists().where(CalendarFeed.person_id == viewer.signed_in(), CalendarFeed.revoked_at.is_(None))
    return bool(await session.scalar(select(live)))


async def _undelivered_at(session: Session, person_id: UUID) -> datetime | None:
    """When the newest e-mail that was tried at all was given up."""
    newest = (
        select(NoticeDelivery.given_up_at)
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .where(
            Notice.person_id == person_id,
            NoticeDelivery.channel == ChannelName.EMAIL,
            NoticeDelivery.attempts > 0,
            or_(NoticeDelivery.sent_at.is_not(None), NoticeDelivery.given_up_at.is_not(None)),
        )
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(1)
    )
    return await session.scalar(newest)


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: one's own notices; nobody else's, whatever the role."""
    return Notice.person_id == viewer.person_id


def _rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return select(Notice.id, Notice.kind, Notice.facts, Notice.link, Notice.created_at, Notice.read_at).where(
        visible_to(viewer)
    )
