"""Tables of contracts: signing, milestones with deliveries and acceptance, payments, changes, final acceptance, call-offs."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Contract(Identified, Base):
    """What buyer and supplier signed after an award, or what a call-off of a framework made. ``value_fen`` is as first signed.

    A framework agreement is a contract without a value that others are called off from. ``added_fen`` sums the approved supplements
    and ``paid_fen`` the payments on record; both only ever move by a guarded UPDATE. ``ends_on`` is as first signed, too.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("award_id"),
        UniqueConstraint("call_off_id"),
        CheckConstraint("value_fen >= 0", name="value_not_negative"),
        CheckConstraint("(award_id IS NULL) <> (call_off_id IS NULL)", name="one_origin"),
        CheckConstraint("added_fen >= 0", name="added_not_negative"),
        CheckConstraint("paid_fen BETWEEN 0 AND value_fen + added_fen", name="paid_within_value"),
        CheckConstraint("signed_by_buyer <> signed_by_supplier", name="two_people_sign"),
        Index(None, "tender_id"),
        Index(None, "organisation_id"),
        Index(None, "buyer_id"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("awards.id"))
    call_off_id: Mapped[UUID | None] = mapped_column(ForeignKey("call_offs.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("buyers.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    reference: Mapped[str] = mapped_column(String(60))
    is_framework: Mapped[bool]
    title: Mapped[str] = mapped_column(String(120))
    value_fen: Mapped[int] = mapped_column(BigInteger)
    added_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    sign_from: Mapped[datetime]
    sign_due_at: Mapped[datetime]
    buyer_signed_at: Mapped[datetime | None]
    signed_by_buyer: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    supplier_signed_at: Mapped[datetime | None]
    signed_by_supplier: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    signed_at: Mapped[datetime | None]
    publish_due_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    content_hash: Mapped[str | None] = mapped_column(String(64))
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    acceptance: Mapped[str | None]
    terminated_at: Mapped[datetime | None]
    terminated_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    termination_reason: Mapped[str | None] = mapped_column(String(500))


class Milestone(Identified, Base):
    """A step of a contract: what is delivered until when, and what is paid for it. A supplement with money adds one (``change_id``),

    so the milestones of a contract always sum to its value and supplements, and nothing is paid beside them.
    """

    __tablename__ = "contract_milestones"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        UniqueConstraint("change_id"),
        CheckConstraint("value_fen >= 0", name="value_not_negative"),
        CheckConstraint("paid_fen BETWEEN 0 AND value_fen", name="paid_within_value"),
        Index(None, "due_on"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    deliverable: Mapped[str]
    due_on: Mapped[date]
    value_fen: Mapped[int] = mapped_column(BigInteger)
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("contract_changes.id"))


class MilestoneReport(Identified, Base):
    """The supplier says that a milestone is delivered; the buyer accepts it or sends it back with the reason. Reports add up."""

    __tablename__ = "milestone_reports"
    __table_args__ = (
        UniqueConstraint("milestone_id", "number"),
        Index(
            "uq_milestone_reports_open",
            "milestone_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
            sqlite_where=text("decided_at IS NULL"),
        ),
    )

    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("contract_milestones.id"))
    number: Mapped[int]
    text: Mapped[str]
    reported_at: Mapped[datetime]
    reported_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    is_accepted: Mapped[bool | None]
    decision_reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class Payment(Identified, Base):
    """Money that the buyer paid, as recorded; a wrong record is reversed by another one. Never changed (a trigger refuses)."""

    __tablename__ = "contract_payments"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        UniqueConstraint("recorded_by", "idempotency_key"),
        CheckConstraint("(amount_fen < 0) = (reverses_id IS NOT NULL)", name="only_reversals_are_negative"),
        Index(None, "contract_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("contract_milestones.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    paid_on: Mapped[date]
    reference: Mapped[str] = mapped_column(String(80))
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("contract_payments.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class ContractChange(Identified, Base):
    """A change, supplement or early end: proposed by one person, decided by another. Added money is at most a tenth of the first value."""

    __tablename__ = "contract_changes"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("kind IN ('change', 'termination')", name="kind_known"),
        CheckConstraint("added_fen >= 0", name="added_not_negative"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        Index(
            "uq_contract_changes_open",
            "contract_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
            sqlite_where=text("decided_at IS NULL"),
        ),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    added_fen: Mapped[int] = mapped_column(BigInteger)
    ends_on: Mapped[date | None]
    what: Mapped[str]
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_approved: Mapped[bool | None]
    decision_reason: Mapped[str | None] = mapped_column(String(500))


class UserOpinion(Identified, Base):
    """What somebody who received the service says of it. Final acceptance needs at least one (财库〔2021〕22号, article 24)."""

    __tablename__ = "user_opinions"
    __table_args__ = (UniqueConstraint("contract_id", "person_id"),)

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    is_satisfied: Mapped[bool]
    text: Mapped[str]
    given_at: Mapped[datetime]


class ContractRater(Base):
    """Somebody to whom the service was delivered, and who rated it: heard, too. ``rater`` is opaque, and who it is lies a room above.

    The public counts them from ``told_from`` on; when they rated is not kept here.
    """

    __tablename__ = "contract_raters"

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    rater: Mapped[UUID] = mapped_column(primary_key=True)
    told_from: Mapped[datetime]


class CallOff(Identified, Base):
    """A buyer calls a service off a framework: directly by published choice, by a second competition, or by rotation.

    ``organisation_id`` is who got it, with the ``basis`` on which; ``ended_at`` without it means that nobody did. ``price_weight``
    is the percent that the price has in a second competition; the rest is quality, which the buyer judges after the end. ``turn``
    numbers the turns of a rotation within the lot.
    """

    __tablename__ = "call_offs"
    __table_args__ = (
        CheckConstraint("way IN ('direct', 'competition', 'rotation')", name="way_known"),
        CheckConstraint("budget_fen > 0", name="budget_positive"),
        CheckConstraint("price_weight BETWEEN 1 AND 100", name="price_weight_known"),
        CheckConstraint("rating_weight BETWEEN 0 AND 100 - price_weight", name="rating_weight_known"),
        CheckConstraint("(way = 'competition') = (offers_end_at IS NOT NULL)", name="offers_end"),
        UniqueConstraint("opened_by", "idempotency_key"),
        UniqueConstraint("lot_id", "turn"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("buyers.id"))
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    way: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str]
    budget_fen: Mapped[int] = mapped_column(BigInteger)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    offers_end_at: Mapped[datetime | None]
    price_weight: Mapped[int] = mapped_column(default=100)
    rating_weight: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    turn: Mapped[int | None]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    basis: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class CallOffOffer(Identified, Base):
    """An offer in a second competition, hidden from everybody else until its end.

    ``rating_low`` is the lower end of the supplier's rating when the call-off was decided, in ten-thousandths; empty where users' ratings
    have no weight.
    """

    __tablename__ = "call_off_offers"
    __table_args__ = (
        UniqueConstraint("call_off_id", "organisation_id"),
        CheckConstraint("price_fen >= 0", name="price_not_negative"),
        CheckConstraint("quality BETWEEN 0 AND 100", name="quality_in_range"),
    )

    call_off_id: Mapped[UUID] = mapped_column(ForeignKey("call_offs.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    price_fen: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str]
    offered_at: Mapped[datetime]
    offered_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    quality: Mapped[int | None]
    rating_low: Mapped[int | None]
