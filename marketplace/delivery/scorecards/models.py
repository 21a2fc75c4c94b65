"""Tables of scorecards: what ratings came to at each closing, citywide means, and delivery facts, which are never mixed with opinions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified


class CityMean(Identified, Base):
    """The citywide mean of a service type at a closing: the C towards which small numbers are drawn. Sums are in sixtieths."""

    __tablename__ = "city_means"
    __table_args__ = (
        UniqueConstraint("period_id", "service_type"),
        CheckConstraint("ratings >= 0", name="ratings_not_negative"),
    )

    period_id: Mapped[UUID] = mapped_column(ForeignKey("rating_periods.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    ratings: Mapped[int]
    sum_sixtieths: Mapped[int] = mapped_column(BigInteger)
    sum_squares: Mapped[int] = mapped_column(BigInteger)
    computed_at: Mapped[datetime]


class Scorecard(Identified, Base):
    """What the ratings of one provider and service type came to at one closing; the newest row is the public one, the others its trend.

    Scores are in ten-thousandths. ``score``, ``low``, ``high`` and ``band`` are empty below the number of raters that publication
    asks for. ``inputs`` are the exact sums, from which every number can be worked out again; ``detail`` what pages draw.
    """

    __tablename__ = "scorecards"
    __table_args__ = (
        UniqueConstraint("organisation_id", "service_type", "period_id"),
        CheckConstraint("low <= score AND score <= high", name="within_its_interval"),
        CheckConstraint("raters >= 0 AND held >= 0 AND tickets >= 0", name="counts_not_negative"),
        Index(None, "period_id", "service_type"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    period_id: Mapped[UUID] = mapped_column(ForeignKey("rating_periods.id"))
    formula: Mapped[int]
    as_of: Mapped[date]
    ratings: Mapped[int]
    raters: Mapped[int]
    tickets: Mapped[int]
    held: Mapped[int]
    hidden: Mapped[int]
    score: Mapped[int | None]
    low: Mapped[int | None]
    high: Mapped[int | None]
    prior: Mapped[int]
    band: Mapped[str | None] = mapped_column(String(16))
    inputs: Mapped[dict[str, Any]]
    detail: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]


class ProviderFacts(Identified, Base):
    """Delivery facts of one provider and service type, counted from records and not from opinions: what was on time, accepted, changed."""

    __tablename__ = "provider_facts"
    __table_args__ = (UniqueConstraint("organisation_id", "service_type"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    service_type: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    facts: Mapped[dict[str, Any]]
    counted_from: Mapped[date]
    counted_at: Mapped[datetime]
