"""Tables of volunteering: needs, series, shifts, sign-ups. Timestamps say what happened; states.py says what it means."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode

OPEN_SIGN_UP = "withdrawn_at IS NULL AND declined_at IS NULL AND lapsed_at IS NULL AND cancelled_at IS NULL"


class Need(Identified, Base):
    """Something that a community, an organisation or a resident needs done. ``organisation_id`` is empty when the area itself asks.

    ``suspended_at`` is set while its organisation is suspended.
    """

    __tablename__ = "needs"
    __table_args__ = (
        UniqueConstraint("import_key"),
        CheckConstraint("minimum_age BETWEEN 0 AND 120", name="minimum_age_in_range"),
        CheckConstraint("withdrawal_notice_minutes BETWEEN 0 AND 43200", name="withdrawal_notice_in_range"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="place_is_a_point"),
        Index(None, "area_code"),
        Index(None, "organisation_id"),
        Index(None, "category_code"),
        Index(None, "published_at", "id"),
        Index(None, "raised_by"),
    )

    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str]
    category_code: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    place: Mapped[str] = mapped_column(String(200))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    risks: Mapped[str | None]
    is_risky: Mapped[bool] = mapped_column(default=False)
    insurance: Mapped[str | None] = mapped_column(String(200))
    minimum_age: Mapped[int] = mapped_column(default=0)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    withdrawal_notice_minutes: Mapped[int] = mapped_column(default=0)
    contact: Mapped[str | None] = mapped_column(String(200))
    raised_at: Mapped[datetime]
    raised_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    declined_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    import_key: Mapped[str | None] = mapped_column(String(160))
    version: Mapped[int] = mapped_column(default=1)


class NeedTag(Base):
    """A tag of the need: a skill it asks for, who is served, a language, a topic. The tag's kind says which."""

    __tablename__ = "need_tags"
    __table_args__ = (Index(None, "tag_code"),)

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    tag_code: Mapped[str] = mapped_column(ForeignKey("tags.code"), primary_key=True)


class NeedQualification(Base):
    """A qualification that the law or the task demands of everyone who signs up."""

    __tablename__ = "need_qualifications"

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    qualification_code: Mapped[str] = mapped_column(ForeignKey("qualification_types.code"), primary_key=True)


class ShiftSeries(Identified, Base):
    """A repeating shift: an RFC 5545 rule over local wall-clock time in Shanghai."""

    __tablename__ = "shift_series"
    __table_args__ = (
        CheckConstraint("minimum_people BETWEEN 0 AND capacity", name="minimum_within_capacity"),
        Index(None, "need_id"),
    )

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    rule: Mapped[str] = mapped_column(String(400))
    first_starts_at: Mapped[datetime]
    duration_minutes: Mapped[int]
    capacity: Mapped[int]
    minimum_people: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Shift(Identified, Base):
    """One stretch of work with a number of places. ``places_taken`` counts confirmed people and live offers.

    ``minimum_people`` is what the work cannot do without; 0 where nobody said. While ``lottery_closes_at`` is set, free places
    are kept for a draw: nobody takes one otherwise.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        UniqueConstraint("series_id", "series_slot"),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        CheckConstraint("capacity BETWEEN 1 AND 10000", name="capacity_in_range"),
        CheckConstraint("places_taken BETWEEN 0 AND capacity", name="never_overbooked"),
        CheckConstraint("minimum_people BETWEEN 0 AND capacity", name="minimum_within_capacity"),
        Index(None, "need_id", "starts_at"),
        Index(None, "starts_at"),
        Index(None, "ends_at"),
    )

    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("shift_series.id"))
    series_slot: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    minimum_people: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    places_taken: Mapped[int] = mapped_column(default=0)
    lottery_closes_at: Mapped[datetime | None]
    next_waiting_number: Mapped[int] = mapped_column(default=1)
    note: Mapped[str | None] = mapped_column(String(500))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class SignUp(Identified, Base):
    """One person's place, or wish for a place, in one shift. At most one open row a person and shift; ended rows stay.

    Open: applied (waits for approval), waiting, offered (until ``offer_expires_at``) or confirmed. Ended: withdrawn by the person (or
    for them, then ``withdrawn_by`` is the organiser), declined by the organiser, lapsed (an offer nobody took), or cancelled with the shift.
    """

    __tablename__ = "sign_ups"
    __table_args__ = (
        UniqueConstraint("person_id", "idempotency_key"),
        CheckConstraint("(offered_at IS NULL) = (offer_expires_at IS NULL)", name="offers_expire"),
        Index(
            "uq_sign_ups_open",
            "shift_id",
            "person_id",
            unique=True,
            postgresql_where=text(OPEN_SIGN_UP),
            sqlite_where=text(OPEN_SIGN_UP),
        ),
        Index(None, "shift_id", "waiting_number"),
        Index(None, "person_id", "created_at"),
        Index(
            "ix_sign_ups_live_offers",
            "offer_expires_at",
            postgresql_where=text(f"offered_at IS NOT NULL AND confirmed_at IS NULL AND {OPEN_SIGN_UP}"),
            sqlite_where=text(f"offered_at IS NOT NULL AND confirmed_at IS NULL AND {OPEN_SIGN_UP}"),
        ),
        Index(
            "ix_sign_ups_wishes",
            "shift_id",
            postgresql_where=text(f"confirmed_at IS NULL AND {OPEN_SIGN_UP}"),
            sqlite_where=text(f"confirmed_at IS NULL AND {OPEN_SIGN_UP}"),
        ),
    )

    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str | None] = mapped_column(ShortCode)
    created_at: Mapped[datetime]
    message: Mapped[str | None] = mapped_column(String(500))
    agreed_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    waiting_number: Mapped[int | None]
    offered_at: Mapped[datetime | None]
    offer_expires_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawal_reason: Mapped[str | None] = mapped_column(String(500))
    declined_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(String(500))
    lapsed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    override_reason: Mapped[str | None] = mapped_column(String(500))
