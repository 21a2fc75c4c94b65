"""Tables of service lists: lists, editions, items as each edition has them, comments of the public, and who follows an item."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class ServiceList(Identified, Base):
    """What a buyer means to buy between two days, told in editions."""

    __tablename__ = "service_lists"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", name="ends_after_it_starts"),
        Index(None, "buyer_id"),
    )

    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("buyers.id"))
    title: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class ListEdition(Identified, Base):
    """One version of a list: drafted, put before the public until ``consultation_ends_at``, then final or withdrawn.

    At most one edition of a list is under way. A final one is never edited; the newest final one is in force. ``consulted`` is
    the document that the public was asked about: what was changed since, to take comments up, is seen beside it.
    """

    __tablename__ = "list_editions"
    __table_args__ = (
        UniqueConstraint("list_id", "number"),
        Index(
            "uq_list_editions_under_way",
            "list_id",
            unique=True,
            postgresql_where=text("finalised_at IS NULL AND withdrawn_at IS NULL"),
            sqlite_where=text("finalised_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index(None, "finalised_at"),
    )

    list_id: Mapped[UUID] = mapped_column(ForeignKey("service_lists.id"))
    number: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    consultation_opened_at: Mapped[datetime | None]
    consultation_ends_at: Mapped[datetime | None]
    consulted: Mapped[dict[str, Any] | None]
    finalised_at: Mapped[datetime | None]
    finalised_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    consultation_answer: Mapped[str | None]
    content_hash: Mapped[str | None] = mapped_column(String(64))
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(String(500))


class ListItem(Identified, Base):
    """One line of a list through all its editions; ``number`` is stable within the list."""

    __tablename__ = "list_items"
    __table_args__ = (UniqueConstraint("list_id", "number"),)

    list_id: Mapped[UUID] = mapped_column(ForeignKey("service_lists.id"))
    number: Mapped[int]


class ListItemVersion(Identified, Base):
    """The item as one edition has it. Money is fen; ``renewal`` is none, once or yearly."""

    __tablename__ = "list_item_versions"
    __table_args__ = (
        UniqueConstraint("edition_id", "item_id"),
        CheckConstraint("budget_fen >= 0", name="budget_not_negative"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(None, "item_id"),
        Index(None, "planned_tender_on"),
        Index(None, "category_code"),
        Index(None, "area_code"),
    )

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("list_editions.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("list_items.id"))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str]
    category_code: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    audience_code: Mapped[str | None] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    people_served: Mapped[int | None]
    budget_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(40))
    planned_tender_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    renewal: Mapped[str] = mapped_column(String(16))
    standards: Mapped[str]


class ListComment(Identified, Base):
    """What somebody of the public said about an edition or one of its items, kept with the list, and the buyer's answer."""

    __tablename__ = "list_comments"
    __table_args__ = (
        UniqueConstraint("person_id", "idempotency_key"),
        Index(None, "edition_id", "created_at"),
    )

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("list_editions.id"))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("list_items.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    text: Mapped[str]
    created_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    hidden_at: Mapped[datetime | None]
    hidden_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    hidden_reason: Mapped[str | None] = mapped_column(String(500))


class ItemFollow(Identified, Base):
    """An organisation wants to hear what becomes of an item."""

    __tablename__ = "item_follows"
    __table_args__ = (
        Index(
            "uq_item_follows_open",
            "item_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "organisation_id"),
    )

    item_id: Mapped[UUID] = mapped_column(ForeignKey("list_items.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    followed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    followed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
