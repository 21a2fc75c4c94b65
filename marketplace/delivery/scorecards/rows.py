"""Scorecards as readers see them: what publication allows of a row, and nothing below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from marketplace.delivery import formula
from marketplace.delivery.formula import Band, City, Model, Sums
from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.delivery.scorecards import counting
from marketplace.delivery.scorecards.models import ProviderFacts, Scorecard

STARS: Final = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of service with its names."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class DimensionRow:
    """One question: how many answered it, and their mean in ten-thousandths; nothing of a cell that is too small."""

    name: str
    answers: int | None
    mean: int | None


@dataclass(frozen=True, slots=True)
class ScorecardRow:
    """One provider's scorecard of one service type and period. Without a score too few people rated: ``raters`` of ``wanted``.

    Figures in ten-thousandths. What is None is not told.
    """

    id: UUID
    organisation_id: UUID
    service: Service
    period_id: UUID
    starts_on: date
    as_of: date
    formula: int
    raters: int
    wanted: int
    ratings: int | None
    tickets: int
    answered: int
    held: int
    hidden: int
    score: int | None
    low: int | None
    high: int | None
    prior: int
    band: Band | None
    distribution: Sequence[int] | None
    dimensions: Sequence[DimensionRow]
    would_continue: int | None
    asked_to_continue: int | None
    sums: Sums | None
    city: City | None
    model: Model | None
    computed_at: datetime

    @property
    def is_public(self) -> bool:
        """Whether there is a score."""
        return self.score is not None

    @property
    def service_type(self) -> str:
        return self.service.code

    @property
    def response_rate(self) -> float | None:
        """The share of tickets that were answered; None where none was given out."""
        return self.answered / self.tickets if self.tickets else None

    @property
    def effective(self) -> int | None:
        """The effective number of ratings, in ten-thousandths."""
        return None if self.sums is None else formula.ten_thousandths(self.sums.effective)

    @property
    def own_mean(self) -> int | None:
        """The provider's own faded mean before it is drawn towards the city's, in ten-thousandths."""
        if self.sums is None or not self.sums.weight:
            return None
        return formula.ten_thousandths(Fraction(self.sums.weighted, self.sums.weight * formula.SIXTIETHS))


@dataclass(frozen=True, slots=True)
class FactsRow:
    """What records say of a provider and service type, by the names in ``counting.FACTS``."""

    organisation_id: UUID
    service: Service
    facts: Mapping[str, int]
    counted_from: date
    counted_at: datetime
    version: int

    def __getitem__(self, name: str) -> int:
        return self.facts.get(name, 0)


def scorecard_row(
    card: Scorecard, service: Service, starts_on: date, rules: Mapping[str, Any]
) -> ScorecardRow:
    """What may be told of a row of the table."""
    detail, inputs, is_public = card.detail, card.inputs, card.score is not None
    continuing = detail.get("continue") if is_public else None
    sums = inputs.get("sums") if is_public else None
    city, model = inputs.get("city"), inputs.get("model")
    return ScorecardRow(
        id=card.id,
        organisation_id=card.organisation_id,
        service=service,
        period_id=card.period_id,
        starts_on=starts_on,
        as_of=card.as_of,
        formula=card.formula,
        raters=card.raters,
        wanted=rules["rating.publication"]["least_raters"],
        ratings=card.ratings if is_public else None,
        tickets=card.tickets,
        answered=detail.get("answered", 0),
        held=card.held,
        hidden=card.hidden,
        score=card.score,
        low=card.low,
        high=card.high,
        prior=card.prior,
        band=None if card.band is None else Band(card.band),
        distribution=detail.get("distribution") if is_public else None,
        dimensions=_dimensions(detail.get("dimensions", {})) if is_public else (),
        would_continue=continuing["yes"] if continuing else None,
        asked_to_continue=continuing["asked"] if continuing else None,
        sums=Sums(**sums) if sums else None,
        city=City(**city) if city else None,
        model=Model(**model) if model else None,
        computed_at=card.computed_at,
    )


def facts_row(row: ProviderFacts, service: Service) -> FactsRow:
    """The facts of a row of the table."""
    return FactsRow(
        row.organisation_id, service, row.facts, row.counted_from, row.counted_at, counting.VERSION
    )


def _dimensions(told: Mapping[str, Mapping[str, int]]) -> list[DimensionRow]:
    """In the order in which they are asked; a small one is there without figures, so that a page can say so."""
    return [
        DimensionRow(
            name,
            told[name]["answers"] if name in told else None,
            formula.ten_thousandths(Fraction(told[name]["points"], told[name]["answers"]))
            if name in told
            else None,
        )
        for name in DIMENSIONS
    ]
