"""Tables of notices: what was told to whom, by which channel it leaves, and how people want to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class Notice(Identified, Base):
    """One thing told to one person, in words made at reading time from ``kind`` and ``facts``. ``told_for`` makes it once only."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("person_id", "told_for"),
        Index(None, "person_id", "created_at"),
        Index(
            "ix_notices_unread",
            "person_id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(ShortCode)
    facts: Mapped[dict[str, Any]]
    link: Mapped[str | None] = mapped_column(String(200))
    told_for: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class NoticeDelivery(Identified, Base):
    """A notice on its way out by one channel; ``due_at`` respects quiet hours."""

    __tablename__ = "notice_deliveries"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index(
            "ix_notice_deliveries_due",
            "due_at",
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
            sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id"))
    channel: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(200))


class NoticePreference(Base):
    """A person's wish about one kind of notice on one channel; without a row the default of the kind holds."""

    __tablename__ = "notice_preferences"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(ShortCode, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    wanted: Mapped[bool]


class QuietHours(Base):
    """Local minutes of the day between which nothing leaves the house for this person; may run over midnight."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        CheckConstraint(
            "from_minute BETWEEN 0 AND 1439 AND to_minute BETWEEN 0 AND 1439", name="minutes_in_range"
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    from_minute: Mapped[int]
    to_minute: Mapped[int]


class CalendarFeed(Identified, Base):
    """A secret address under which a person's shifts can be read as iCalendar; one live feed a person."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (UniqueConstraint("token_digest"), Index(None, "person_id"))

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
