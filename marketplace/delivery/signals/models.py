"""Tables of signals: alarms to the buyer, what residents wish for, and the drafts that were made of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Whistle(Identified, Base):
    """The data say that something slips: commitments, ratings beyond chance, or nobody answers. Open until somebody says what was done.

    ``facts`` are the numbers that blew it. It is about a contract or a property contract.
    """

    __tablename__ = "whistles"
    __table_args__ = (
        CheckConstraint("kind IN ('commitments_slip', 'ratings_fall', 'nobody_answers')", name="kind_known"),
        CheckConstraint("(contract_id IS NULL) <> (property_contract_id IS NULL)", name="one_subject"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_with_words"),
        *(
            Index(
                f"uq_whistles_open_{subject}",
                "kind",
                subject,
                unique=True,
                postgresql_where=text("closed_at IS NULL"),
                sqlite_where=text("closed_at IS NULL"),
            )
            for subject in ("contract_id", "property_contract_id")
        ),
        Index(None, "area_code", "blown_at"),
        Index(None, "organisation_id"),
    )

    kind: Mapped[str] = mapped_column(String(24))
    contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("contracts.id"))
    property_contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("property_contracts.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    facts: Mapped[dict[str, Any]]
    blown_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(1000))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    closed_at: Mapped[datetime | None]


class ServiceWish(Identified, Base):
    """Somebody would like a kind of service where they live; one open wish a person, kind and area."""

    __tablename__ = "service_wishes"
    __table_args__ = (
        Index(
            "uq_service_wishes_open",
            "person_id",
            "service_type",
            "area_code",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND taken_up_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL AND taken_up_at IS NULL"),
        ),
        Index(None, "area_code", "service_type"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    text: Mapped[str | None] = mapped_column(String(500))
    wished_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    taken_up_at: Mapped[datetime | None]
    draft_id: Mapped[UUID | None] = mapped_column(ForeignKey("wish_drafts.id"))


class WishDraft(Identified, Base):
    """Wishes of one kind and area became a draft need or a draft item of a service list; those who wished are told."""

    __tablename__ = "wish_drafts"
    __table_args__ = (
        CheckConstraint("(need_id IS NULL) <> (item_id IS NULL)", name="one_draft"),
        UniqueConstraint("made_by", "idempotency_key"),
    )

    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    people: Mapped[int]
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("needs.id"))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("list_items.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
