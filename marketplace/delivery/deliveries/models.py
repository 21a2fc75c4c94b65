"""Tables of deliveries: what is brought to whom and when, its measurable commitments, those who receive it, and the evidence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Delivery(Identified, Base):
    """One service brought to a person, a household, a building or a group, under exactly one origin.

    The origin is a contract (a framework's order is one), a volunteer need, or a property contract. ``organisation_id`` is the
    provider, empty where a community brings it itself. ``minutes`` is what it took, all hands together. ``served_by`` names a role or a
    team ("两名护理员"), never a person.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("planned_by", "idempotency_key"),
        UniqueConstraint("shift_id"),
        CheckConstraint(
            "(CASE WHEN contract_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN need_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN property_contract_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_origin",
        ),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        CheckConstraint("receiver IN ('person', 'household', 'building', 'group')", name="receiver_known"),
        CheckConstraint("people BETWEEN 1 AND 50000", name="people_in_range"),
        CheckConstraint("minutes BETWEEN 0 AND 100000", name="minutes_in_range"),
        CheckConstraint("done_at IS NULL OR cancelled_at IS NULL", name="done_or_cancelled"),
        Index(None, "contract_id", "starts_at"),
        Index(None, "need_id"),
        Index(None, "property_contract_id"),
        Index(None, "organisation_id", "starts_at"),
        Index(None, "area_code", "starts_at"),
        Index(None, "organisation_id", "service_type", "done_at"),
    )

    contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("contracts.id"))
    milestone_id: Mapped[UUID | None] = mapped_column(ForeignKey("contract_milestones.id"))
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("needs.id"))
    shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shifts.id"))
    property_contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("property_contracts.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    title: Mapped[str] = mapped_column(String(120))
    promised: Mapped[str]
    place: Mapped[str] = mapped_column(String(200))
    receiver: Mapped[str] = mapped_column(String(16))
    people: Mapped[int]
    served_by: Mapped[str] = mapped_column(String(120))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    planned_at: Mapped[datetime]
    planned_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    moved_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    minutes: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(String(500))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    cancel_reason: Mapped[str | None] = mapped_column(String(500))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    confirmed_as: Mapped[str | None] = mapped_column(String(16))
    disputed_at: Mapped[datetime | None]
    disputed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    dispute: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_accepted: Mapped[bool | None]
    decision_reason: Mapped[str | None] = mapped_column(String(500))


class DeliveryCommitment(Identified, Base):
    """Something measurable that was promised of one delivery: at least or at most so many of a unit; ``actual`` is told when it is done."""

    __tablename__ = "delivery_commitments"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        CheckConstraint("direction IN ('at_least', 'at_most')", name="direction_known"),
        CheckConstraint("target >= 0", name="target_not_negative"),
        CheckConstraint("actual >= 0", name="actual_not_negative"),
    )

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(String(120))
    unit: Mapped[str] = mapped_column(String(32))
    direction: Mapped[str] = mapped_column(String(8))
    target: Mapped[int]
    actual: Mapped[int | None]


class DeliveryRecipient(Identified, Base):
    """Somebody who receives a delivery: a person with an account, somebody known by name and phone, or one unnamed of a group.

    ``phone_fingerprint`` finds the same person again across deliveries without telling who it is.
    """

    __tablename__ = "delivery_recipients"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        UniqueConstraint("delivery_id", "person_id"),
        UniqueConstraint("delivery_id", "phone_fingerprint"),
        Index(None, "person_id"),
        Index(None, "phone_fingerprint"),
    )

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    name_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    phone_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class DeliveryEvidence(Identified, Base):
    """What shows that it happened: somebody arrived or left (the server's time), a photo, a signed note, a remark."""

    __tablename__ = "delivery_evidence"
    __table_args__ = (
        CheckConstraint("kind IN ('arrived', 'left', 'photo', 'signed_note', 'remark')", name="kind_known"),
        Index(None, "delivery_id"),
    )

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str | None] = mapped_column(String(500))
    file_name: Mapped[str | None] = mapped_column(String(160))
    content_type: Mapped[str | None] = mapped_column(String(80))
    size: Mapped[int | None]
    file_key: Mapped[str | None] = mapped_column(String(64))
    added_at: Mapped[datetime]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]
