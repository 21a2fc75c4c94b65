"""Notices' share of a person's data: what they were told and how they wish to be told, exported and forgotten."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from marketplace.db.session import Session
from marketplace.identity.events import PersonErased
from marketplace.notices.models import (
    CalendarFeed,
    Notice,
    NoticeDelivery,
    NoticePreference,
    QuietHours,
)


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """Plain JSON values for the person's own export."""
    notices = await session.scalars(
        select(Notice).where(Notice.person_id == person_id).order_by(Notice.created_at)
    )
    wishes = await session.scalars(select(NoticePreference).where(NoticePreference.person_id == person_id))
    quiet = await session.get(QuietHours, person_id)
    feeds = await session.scalars(select(CalendarFeed).where(CalendarFeed.person_id == person_id))
    return {
        "notices": [
            {
                "kind": notice.kind,
                "facts": notice.facts,
                "told_at": notice.created_at.isoformat(),
                "read_at": notice.read_at.isoformat() if notice.read_at else None,
            }
            for notice in notices
        ],
        "wishes": [{"kind": wish.kind, "channel": wish.channel, "wanted": wish.wanted} for wish in wishes],
        "quiet_minutes": None if quiet is None else [quiet.from_minute, quiet.to_minute],
        "calendar_addresses_made_at": [feed.created_at.isoformat() for feed in feeds],
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Nothing that was told to the person is kept, nor how they wished to be told, nor their calendar's address."""
    theirs = select(Notice.id).where(Notice.person_id == person_id)
    await session.execute(delete(NoticeDelivery).where(NoticeDelivery.notice_id.in_(theirs)))
    for table in (Notice, NoticePreference, QuietHours, CalendarFeed):
        await session.execute(delete(table).where(table.person_id == person_id))


async def forget(session: Session, event: PersonErased) -> None:
    """Consumer: what was told in the very moment of the erasure goes as well."""
    await erase(session, event.person_id)
