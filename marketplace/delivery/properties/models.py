"""Tables of property services: compounds and owners, contracts with measurable commitments, facts with a source, the talk before renewal."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Compound(Identified, Base):
    """A residential compound (小区) that a property-service company looks after. Public."""

    __tablename__ = "compounds"
    __table_args__ = (
        UniqueConstraint("area_code", "name"),
        CheckConstraint("households BETWEEN 1 AND 50000", name="households_in_range"),
        CheckConstraint("buildings BETWEEN 1 AND 2000", name="buildings_in_range"),
        CheckConstraint("built_year BETWEEN 1840 AND 2200", name="built_year_in_range"),
    )

    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200))
    households: Mapped[int]
    buildings: Mapped[int]
    built_year: Mapped[int | None]
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class CompoundOwner(Identified, Base):
    """Somebody says that they own a home in the compound; the community confirms or refuses.

    ``home_sealed`` is building and door; ``home_fingerprint`` finds who else says so of the same home. Both are forgotten together.
    """

    __tablename__ = "compound_owners"
    __table_args__ = (
        Index(
            "uq_compound_owners_open",
            "compound_id",
            "person_id",
            unique=True,
            postgresql_where=text("refused_at IS NULL AND ended_at IS NULL"),
            sqlite_where=text("refused_at IS NULL AND ended_at IS NULL"),
        ),
        CheckConstraint("(home_sealed IS NULL) = (home_fingerprint IS NULL)", name="home_whole"),
        Index(None, "person_id"),
    )

    compound_id: Mapped[UUID] = mapped_column(ForeignKey("compounds.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    home_sealed: Mapped[bytes | None]
    home_fingerprint: Mapped[bytes | None]
    claimed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    refused_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None] = mapped_column(String(500))
    ended_at: Mapped[datetime | None]


class PropertyStandard(Base):
    """A standard of the profession, measurable, shipped with the house: what is done how often. ``source`` is where it is written.

    ``direction`` is "at_least" or "at_most"; ``target`` counts ``unit`` per ``per`` (a day, week, month, quarter, year, or case).
    """

    __tablename__ = "property_standards"

    code: Mapped[str] = mapped_column(ShortCode, primary_key=True)
    part: Mapped[str] = mapped_column(String(32))
    text_zh: Mapped[str] = mapped_column(String(300))
    text_en: Mapped[str] = mapped_column(String(300))
    unit: Mapped[str] = mapped_column(String(32))
    direction: Mapped[str] = mapped_column(String(8))
    target: Mapped[int]
    per: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(200))


class PropertyContract(Identified, Base):
    """A company looks after a compound for a term. In force from both agreements on; what was agreed is only ended, never edited.

    ``fee_fen`` is per square metre and month. ``agreed_for_owners_by`` is the community worker who has the owners' decision before them.
    """

    __tablename__ = "property_contracts"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", name="ends_after_start"),
        CheckConstraint("fee_fen BETWEEN 0 AND 1000000", name="fee_in_range"),
        CheckConstraint("agreed_for_owners_by <> agreed_by_company", name="two_people_agree"),
        Index(None, "compound_id"),
        Index(None, "organisation_id"),
    )

    compound_id: Mapped[UUID] = mapped_column(ForeignKey("compounds.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    fee_fen: Mapped[int] = mapped_column(BigInteger)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    owners_agreed_at: Mapped[datetime | None]
    agreed_for_owners_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    company_agreed_at: Mapped[datetime | None]
    agreed_by_company: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    end_reason: Mapped[str | None] = mapped_column(String(500))


class PropertyDemand(Identified, Base):
    """What an owner asks of the company, supported by others; answered by a commitment or with the reason why not."""

    __tablename__ = "property_demands"
    __table_args__ = (UniqueConstraint("raised_by", "idempotency_key"), Index(None, "compound_id"))

    compound_id: Mapped[UUID] = mapped_column(ForeignKey("compounds.id"))
    part: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(String(500))
    raised_at: Mapped[datetime]
    raised_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    declined_at: Mapped[datetime | None]
    declined_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decline_reason: Mapped[str | None] = mapped_column(String(500))


class PropertyDemandSupport(Base):
    """One owner's "I want that too"."""

    __tablename__ = "property_demand_supports"

    demand_id: Mapped[UUID] = mapped_column(ForeignKey("property_demands.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    supported_at: Mapped[datetime]


class PropertyCommitment(Identified, Base):
    """One line of the checklist bound to the contract. ``origin`` is "standard", "demand" or "agreed"; added only before both agreed."""

    __tablename__ = "property_commitments"
    __table_args__ = (
        UniqueConstraint("property_contract_id", "number"),
        CheckConstraint("origin IN ('standard', 'demand', 'agreed')", name="origin_known"),
        CheckConstraint("(origin = 'standard') = (standard_code IS NOT NULL)", name="standard_named"),
        CheckConstraint("(origin = 'demand') = (demand_id IS NOT NULL)", name="demand_named"),
        CheckConstraint("direction IN ('at_least', 'at_most')", name="direction_known"),
        CheckConstraint("target >= 0", name="target_not_negative"),
    )

    property_contract_id: Mapped[UUID] = mapped_column(ForeignKey("property_contracts.id"))
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(16))
    standard_code: Mapped[str | None] = mapped_column(ForeignKey("property_standards.code"))
    demand_id: Mapped[UUID | None] = mapped_column(ForeignKey("property_demands.id"))
    part: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(String(300))
    unit: Mapped[str] = mapped_column(String(32))
    direction: Mapped[str] = mapped_column(String(8))
    target: Mapped[int]
    per: Mapped[str] = mapped_column(String(8))
    added_at: Mapped[datetime]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class FactSource(Identified, Base):
    """Who or what measures: a sensor, an inspection, the company itself, the owners. Its keeper posts, by page or with a token of their own."""

    __tablename__ = "fact_sources"
    __table_args__ = (
        UniqueConstraint("compound_id", "name"),
        CheckConstraint("kind IN ('sensor', 'inspection', 'company', 'owners')", name="kind_known"),
        Index(None, "keeper_id"),
    )

    compound_id: Mapped[UUID] = mapped_column(ForeignKey("compounds.id"))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    keeper_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]


class PropertyFact(Identified, Base):
    """A measured value of one commitment over some days, from one source. Never changed (a trigger refuses): a later fact corrects it."""

    __tablename__ = "property_facts"
    __table_args__ = (
        UniqueConstraint("source_id", "idempotency_key"),
        UniqueConstraint("corrects_id"),
        CheckConstraint("from_on <= until_on", name="days_in_order"),
        CheckConstraint("value >= 0", name="value_not_negative"),
        Index(None, "commitment_id", "from_on"),
    )

    commitment_id: Mapped[UUID] = mapped_column(ForeignKey("property_commitments.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("fact_sources.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    value: Mapped[int]
    note: Mapped[str | None] = mapped_column(String(500))
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("property_facts.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    posted_at: Mapped[datetime]
    posted_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class RenewalMessage(Identified, Base):
    """A word in the talk before a contract is renewed, by an owner, the company or the community. Hidden words keep their row."""

    __tablename__ = "renewal_messages"
    __table_args__ = (
        UniqueConstraint("written_by", "idempotency_key"),
        CheckConstraint("side IN ('owner', 'company', 'community')", name="side_known"),
        Index(None, "property_contract_id", "written_at"),
    )

    property_contract_id: Mapped[UUID] = mapped_column(ForeignKey("property_contracts.id"))
    side: Mapped[str] = mapped_column(String(16))
    text: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    idempotency_key: Mapped[str] = mapped_column(ShortCode)
    hidden_at: Mapped[datetime | None]
    hidden_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    hidden_reason: Mapped[str | None] = mapped_column(String(500))
