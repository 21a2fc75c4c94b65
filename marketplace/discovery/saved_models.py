"""Tables of saved searches: what people want to hear of, and which needs they heard of already."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified

UNTOLD = "told_at IS NULL AND passed_over_at IS NULL"


class HowTold(StrEnum):
    """How a person hears of what is new for a saved search. Its words are keyed ``how_told.<value>``."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    OFF = "off"


class SavedSearch(Identified, Base):
    """A search that a person keeps. ``wishes`` are NeedWishes in a versioned form; ``digest`` keeps them from being saved twice.

    ``watches_from``: what was public before is no news. ``change_number`` grows with every change of any saved search, in the
    order of commits, so that each process hears of all of them by asking for what is above the last one it saw.
    """

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("person_id", "digest"),
        CheckConstraint("how_told IN ('at_once', 'daily', 'off')", name="told_in_a_known_way"),
        Index(None, "change_number"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(120))
    wishes: Mapped[dict[str, Any]]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    how_told: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    watches_from: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    change_number: Mapped[int] = mapped_column(default=0)


class SavedSearchMatch(Base):
    """A need that fits a saved search: one row, so that nobody is told twice, however often the need changes.

    ``passed_over_at``: it will not be told, because it was there before, was taken back, or was not for this person after all.
    """

    __tablename__ = "saved_search_matches"
    __table_args__ = (
        Index(None, "need_id"),
        Index(
            "ix_saved_search_matches_untold",
            "saved_search_id",
            postgresql_where=text(UNTOLD),
            sqlite_where=text(UNTOLD),
        ),
    )

    saved_search_id: Mapped[UUID] = mapped_column(ForeignKey("saved_searches.id"), primary_key=True)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    matched_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    passed_over_at: Mapped[datetime | None]


class SavedSearchCount(Base):
    """The last change number that was given out: one row, locked until the commit of whoever took the next one."""

    __tablename__ = "saved_search_counts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int]
