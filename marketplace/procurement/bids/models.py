"""Tables of sealed bids: openers and keys, submissions that name nobody, and what the opening made of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class Opener(Identified, Base):
    """A person named to open the bids of a tender. ``public_key`` comes from the opener's code, which only they have.

    ``sealed_share`` is their part of the tender's private key, sealed to ``public_key``; ``commitment`` is the public promise
    against which the given part is checked.
    """

    __tablename__ = "tender_openers"
    __table_args__ = (UniqueConstraint("tender_id", "number"), UniqueConstraint("tender_id", "person_id"))

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    number: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    named_at: Mapped[datetime]
    named_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    public_key: Mapped[bytes | None]
    code_made_at: Mapped[datetime | None]
    code_confirmed_at: Mapped[datetime | None]
    sealed_share: Mapped[bytes | None]
    share_salt: Mapped[bytes | None]
    commitment: Mapped[str | None] = mapped_column(String(64))


class TenderKey(Base):
    """The key to which bids for a tender are sealed. Ready once every combination of parts opened the canary."""

    __tablename__ = "tender_keys"
    __table_args__ = (CheckConstraint("threshold BETWEEN 2 AND shares", name="threshold_within_shares"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    public_key: Mapped[bytes]
    threshold: Mapped[int]
    shares: Mapped[int]
    canary: Mapped[bytes]
    combinations_tried: Mapped[int]
    ready_at: Mapped[datetime]


class BidDraft(Base):
    """A bid that is being written, encrypted by the vault. ``bidder_tag`` finds it for its organisation and names nobody."""

    __tablename__ = "bid_drafts"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    bidder_tag: Mapped[bytes] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    saved_at: Mapped[datetime]


class ConsortiumConsent(Base):
    """A partner agrees to bid together under a lead; both are tags until the opening."""

    __tablename__ = "consortium_consents"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    lead_tag: Mapped[bytes] = mapped_column(primary_key=True)
    partner_tag: Mapped[bytes] = mapped_column(primary_key=True)
    agreed_at: Mapped[datetime]


class BidSubmission(Identified, Base):
    """One act of a bidder before the deadline: submit, replace, confirm or withdraw. The newest counts; none is ever changed.

    ``sealed_key`` finds the sealed bytes in the file store and is their SHA-256. ``bidder_tag`` names nobody.
    """

    __tablename__ = "bid_submissions"
    __table_args__ = (
        UniqueConstraint("tender_id", "bidder_tag", "number"),
        UniqueConstraint("tender_id", "bidder_tag", "idempotency_key"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    bidder_tag: Mapped[bytes]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    tender_version: Mapped[int]
    sealed_key: Mapped[str | None] = mapped_column(String(64))
    sealed_size: Mapped[int | None]
    submitted_at: Mapped[datetime]
    receipt: Mapped[str]


class OpeningShare(Base):
    """An opener gave their part after the deadline; encrypted by the vault until there are enough."""

    __tablename__ = "opening_shares"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    opener_id: Mapped[UUID] = mapped_column(ForeignKey("tender_openers.id"), primary_key=True)
    sealed_share: Mapped[bytes]
    given_at: Mapped[datetime]


class Opening(Base):
    """The public record of an opening, never changed (a trigger refuses)."""

    __tablename__ = "tender_openings"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    opened_at: Mapped[datetime]
    record: Mapped[dict[str, Any]]
    record_hash: Mapped[str] = mapped_column(String(64))


class Bid(Identified, Base):
    """An opened bid. ``organisation_id`` leads, ``members`` are the ids of a consortium's others. Refused ones stay, with the reason.

    ``content`` is the ``BidFile`` as it was sealed; a submission that could not be opened has none and nobody's name.
    """

    __tablename__ = "bids"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        Index(None, "tender_id", "organisation_id"),
        Index(None, "organisation_id"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("bid_submissions.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    members: Mapped[list[str]]
    submitted_at: Mapped[datetime]
    content: Mapped[dict[str, Any] | None]
    content_hash: Mapped[str | None] = mapped_column(String(64))
    refused_for: Mapped[str | None] = mapped_column(String(64))
    refusal_facts: Mapped[dict[str, Any] | None]


class BidLot(Identified, Base):
    """What a bid offers for one lot. ``refused_for`` is why this offer does not count, such as ``over_ceiling``."""

    __tablename__ = "bid_lots"
    __table_args__ = (
        UniqueConstraint("bid_id", "lot_id"),
        CheckConstraint("price_fen >= 0", name="price_not_negative"),
        Index(None, "lot_id"),
    )

    bid_id: Mapped[UUID] = mapped_column(ForeignKey("bids.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    price_fen: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    answers: Mapped[dict[str, Any]]
    refused_for: Mapped[str | None] = mapped_column(String(64))
    refusal_facts: Mapped[dict[str, Any] | None]


class BidDocument(Identified, Base):
    """A paper that came with a bid, readable by the panel, the buyer and its bidder after the opening."""

    __tablename__ = "bid_documents"
    __table_args__ = (Index(None, "bid_id"),)

    bid_id: Mapped[UUID] = mapped_column(ForeignKey("bids.id"))
    title: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(160))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(64))
