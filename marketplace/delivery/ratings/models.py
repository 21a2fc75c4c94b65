"""Tables of ratings: periods, one-time tickets, ratings with words apart from numbers, replies, moderation, and what is held and why."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode

DIMENSIONS = ("content", "quality", "timeliness", "respect", "handling")
"""Promised content, quality, timeliness, respect and accessibility, problem handling: the order in which they are asked."""


class RatingPeriod(Identified, Base):
    """A stretch of local days whose ratings appear together when it closes. ``rules`` are the constants it began with, never changed.

    A closed period stays closed. ``closed_at`` is set once, by the worker, after everything of it was examined.
    """

    __tablename__ = "rating_periods"
    __table_args__ = (
        UniqueConstraint("starts_on"),
        CheckConstraint("starts_on < ends_on", name="ends_after_start"),
        Index(None, "closed_at"),
    )

    starts_on: Mapped[date]
    ends_on: Mapped[date]
    rules: Mapped[dict[str, Any]]
    formula: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class RatingTicket(Identified, Base):
    """The right to rate one delivery once. The code stands on a link, a QR or a slip of paper; here is only its fingerprint.

    ``rater`` is who the rating will count as: a person, a phone seen before, or the ticket itself. It is opaque and unique per delivery.
    """

    __tablename__ = "rating_tickets"
    __table_args__ = (
        UniqueConstraint("code_fingerprint"),
        UniqueConstraint("recipient_id"),
        UniqueConstraint("delivery_id", "rater"),
        Index(None, "person_id"),
        Index(None, "expires_at"),
        Index(None, "organisation_id", "service_type", "issued_at"),
    )

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_recipients.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    rater: Mapped[UUID]
    code_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(String(32))


class Rating(Identified, Base):
    """The numbers that one ticket's holder gave. Never changed (a trigger refuses): words lie apart, so that they can be hidden or erased.

    A dimension that does not apply is empty; at least one is given. ``sixtieths`` is the mean of those given, in sixtieths, which is a
    whole number for one to five of them. ``rater`` as of the ticket. ``given_on`` is Shanghai's day, from which its weight fades.
    """

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("ticket_id"),
        UniqueConstraint("delivery_id", "rater"),
        *(CheckConstraint(f"{name} BETWEEN 1 AND 5", name=f"{name}_in_range") for name in DIMENSIONS),
        CheckConstraint("sixtieths BETWEEN 60 AND 300", name="mean_in_range"),
        Index(None, "organisation_id", "service_type", "given_on"),
        Index(None, "period_id"),
    )

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("rating_tickets.id"))
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    period_id: Mapped[UUID] = mapped_column(ForeignKey("rating_periods.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    rater: Mapped[UUID]
    content: Mapped[int | None]
    quality: Mapped[int | None]
    timeliness: Mapped[int | None]
    respect: Mapped[int | None]
    handling: Mapped[int | None]
    sixtieths: Mapped[int]
    should_continue: Mapped[bool | None]
    assisted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    assisted_how: Mapped[str | None] = mapped_column(String(16))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    given_on: Mapped[date]
    given_at: Mapped[datetime]


class RatingWords(Base):
    """What the rater wrote beside the numbers. Erased with the person; the numbers stay."""

    __tablename__ = "rating_words"

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"), primary_key=True)
    text: Mapped[str | None] = mapped_column(String(1000))
    text_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    erased_at: Mapped[datetime | None]


class RatingPhoto(Identified, Base):
    """A picture that the rater added. Removed, its bytes are dropped, and then its key."""

    __tablename__ = "rating_photos"
    __table_args__ = (Index(None, "rating_id"), Index(None, "file_key"))

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    file_key: Mapped[str | None] = mapped_column(String(64))
    removed_at: Mapped[datetime | None]


class RatingSource(Base):
    """Where a rating came from, as keyed fingerprints, to find many from one place. Deleted once nothing is left to examine."""

    __tablename__ = "rating_sources"
    __table_args__ = (Index(None, "address_fingerprint"), Index(None, "noted_at"))

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"), primary_key=True)
    address_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    device_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    noted_at: Mapped[datetime]


class RatingHold(Identified, Base):
    """A rating is kept out of the score for one cause until an auditor decides; the public page says how many are held.

    ``evidence`` is what the cause was seen from: counts, moments, ids of other ratings; never who.
    """

    __tablename__ = "rating_holds"
    __table_args__ = (
        UniqueConstraint("rating_id", "cause"),
        CheckConstraint(
            "cause IN ('burst', 'same_source', 'identical_text', 'linked', 'mean_shift')", name="cause_known"
        ),
        Index(None, "decided_at"),
    )

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"))
    cause: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[dict[str, Any]]
    held_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_upheld: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(String(500))


class RatingReply(Identified, Base):
    """The provider's public word beside a rating: a reply (1) and one update of it (2). Never changed (a trigger refuses)."""

    __tablename__ = "rating_replies"
    __table_args__ = (
        UniqueConstraint("rating_id", "number"),
        CheckConstraint("number BETWEEN 1 AND 2", name="one_reply_one_update"),
    )

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(String(1000))
    written_at: Mapped[datetime]
    written_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class RatingHiding(Identified, Base):
    """Words, photos or a reply hidden by a moderator, with a reason that is public; the number stays. Appealed once, decided by another one."""

    __tablename__ = "rating_hidings"
    __table_args__ = (
        UniqueConstraint("rating_id", "what"),
        CheckConstraint("what IN ('words', 'photos', 'reply')", name="what_known"),
        CheckConstraint("appeal_decided_by <> hidden_by", name="another_one_decides"),
        Index(None, "hidden_at"),
    )

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"))
    what: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    explanation: Mapped[str] = mapped_column(String(500))
    hidden_at: Mapped[datetime]
    hidden_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    appeal: Mapped[str | None] = mapped_column(String(1000))
    appealed_at: Mapped[datetime | None]
    appealed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    appeal_decided_at: Mapped[datetime | None]
    appeal_decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_restored: Mapped[bool | None]
    appeal_reason: Mapped[str | None] = mapped_column(String(500))


class TicketTry(Base):
    """How often codes that do not exist were typed from one place in one hour; past the limit nobody is answered there."""

    __tablename__ = "ticket_tries"

    source_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    wrong_tries: Mapped[int] = mapped_column(default=0)


class RatingComplaint(Identified, Base):
    """A reader reports words, photos or a reply to the moderators; one a person, rating and part."""

    __tablename__ = "rating_complaints"
    __table_args__ = (UniqueConstraint("rating_id", "what", "complained_by"),)

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("ratings.id"))
    what: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(String(500))
    complained_at: Mapped[datetime]
    complained_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
