"""Tables that every room of procurement stands on: buyers, the calendar of working days, the linked record, who saw what."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Buyer(Identified, Base):
    """A district, subdistrict or department that buys. Who may act for it holds a role over its area."""

    __tablename__ = "buyers"
    __table_args__ = (Index(None, "area_code"),)

    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    address: Mapped[str | None] = mapped_column(String(200))
    contact_name: Mapped[str | None] = mapped_column(String(60))
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]


class CalendarDay(Base):
    """A day that is not what its weekday says: a public holiday, or a weekend day worked to make up for one."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(200))
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class RecordHead(Base):
    """Where the record of one process (a list or a tender) stands; whoever appends holds this row."""

    __tablename__ = "procurement_record_heads"

    process_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_number: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))


class RecordEntry(Base):
    """One act of a process, linked to the one before by its hash. Never changed (a trigger refuses), kept for fifteen years.

    ``facts`` are plain values and ids, never personal data; ``hash`` is SHA-256 over the canonical JSON (RFC 8785) of the rest.
    """

    __tablename__ = "procurement_records"
    __table_args__ = (CheckConstraint("number > 0", name="number_positive"), Index(None, "at"))

    process_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(ShortCode)
    facts: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Access(Identified, Base):
    """Somebody saw, or asked in vain for, something sensitive of a process. Never changed (a trigger refuses)."""

    __tablename__ = "procurement_accesses"
    __table_args__ = (Index(None, "process_id", "at"), Index(None, "person_id", "at"))

    at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    process_id: Mapped[UUID]
    what: Mapped[str] = mapped_column(ShortCode)
    subject_id: Mapped[UUID | None]
    was_allowed: Mapped[bool]
