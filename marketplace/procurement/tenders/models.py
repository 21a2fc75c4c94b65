"""Tables of tenders: the process with its milestones, the published versions of its file, lots, documents, questions, followers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Tender(Identified, Base):
    """One contracting process. The draft is edited until it is published; from then on every change is a ``TenderVersion``.

    The moments are the facts from which ``states.stage`` derives where it stands; the rooms above write theirs. ``title`` and
    the dates are those of the version in force, so that lists and the deadline need no JSON. ``area_code`` is the buyer's: who
    holds a role over it acts for the tender; where the service is given, the lots say.
    """

    __tablename__ = "tenders"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("enquiries_end_at <= submissions_end_at", name="enquiries_end_first"),
        Index(None, "buyer_id"),
        Index(None, "published_at"),
        Index(None, "submissions_end_at"),
        Index(None, "list_item_id"),
        Index(None, "replaces_tender_id"),
    )

    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("buyers.id"))
    list_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("list_items.id"))
    replaces_tender_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenders.id"))
    reference: Mapped[str] = mapped_column(String(40))
    procedure: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(120))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    draft: Mapped[dict[str, Any]]
    draft_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    enquiries_end_at: Mapped[datetime | None]
    submissions_end_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    awarded_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    unsuccessful_at: Mapped[datetime | None]
    unsuccessful_reason: Mapped[str | None] = mapped_column(String(64))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    cancellation_reason: Mapped[str | None] = mapped_column(String(500))


class TenderSeries(Base):
    """The numbers given out in one place and year: whoever starts a tender takes the next one in the statement that counts it."""

    __tablename__ = "tender_series"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last_number: Mapped[int]


class TenderVersion(Identified, Base):
    """The file as it was published, never changed (a trigger refuses). ``content`` is a ``TenderFile``; the hash is over its
    canonical JSON. ``voids_bids`` says that bids for an older version count only once re-confirmed."""

    __tablename__ = "tender_versions"
    __table_args__ = (UniqueConstraint("tender_id", "number"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(500))
    voids_bids: Mapped[bool]
    published_at: Mapped[datetime]
    published_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class Lot(Identified, Base):
    """A part of a tender that is bid for and awarded by itself, as the version in force has it. Its id is the one in the file."""

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("tender_id", "number"),
        CheckConstraint("ceiling_fen > 0", name="ceiling_positive"),
        Index(None, "area_code"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    ceiling_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    removed_at: Mapped[datetime | None]
    unsuccessful_at: Mapped[datetime | None]
    unsuccessful_reason: Mapped[str | None] = mapped_column(String(64))


class TenderDocument(Identified, Base):
    """A paper that belongs to the file: requirements, a form of contract, a map."""

    __tablename__ = "tender_documents"
    __table_args__ = (Index(None, "tender_id"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    title: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(160))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]


class Asker(Base):
    """The pseudonym of an organisation in one tender: asker 1, asker 2, in the order of their first questions."""

    __tablename__ = "tender_askers"
    __table_args__ = (UniqueConstraint("tender_id", "number"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    number: Mapped[int]


class Question(Identified, Base):
    """A question about a tender, and its answer for all. ``version`` is the amendment that followed from it, if one did."""

    __tablename__ = "tender_questions"
    __table_args__ = (
        UniqueConstraint("tender_id", "number"),
        UniqueConstraint("asked_by", "idempotency_key"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    number: Mapped[int]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    text: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int | None]


class TenderFollow(Identified, Base):
    """An organisation wants to hear of a tender's amendments, answers and results."""

    __tablename__ = "tender_follows"
    __table_args__ = (
        Index(
            "uq_tender_follows_open",
            "tender_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "organisation_id"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    followed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    followed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
