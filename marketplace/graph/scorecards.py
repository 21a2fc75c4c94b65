"""Scorecards in the graph: scores with their range and how they are computed, facts apart from them, the directory, and a few side by side."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from marketplace.delivery.formula import Band
from marketplace.delivery.scorecards import queries
from marketplace.delivery.scorecards.queries import Listed, ServiceCount
from marketplace.delivery.scorecards.rows import DimensionRow, FactsRow, ScorecardRow, Service
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, fetch, global_id, key_of, node
from marketplace.graph.scalars import Minutes
from marketplace.kernel.pagination import PageRequest

if TYPE_CHECKING:
    from marketplace.graph.organisations import Organisation

strawberry.enum(
    Band, name="ScoreBand", description="A score against the city, said only where its range allows."
)

_ONE = 10_000


@strawberry.type(description="A kind of service: a tag of the kind category.")
class ScoredService:
    code: str
    name_zh: str
    name_en: str

    @classmethod
    def of(cls, row: Service) -> "ScoredService":
        return cls(code=row.code, name_zh=row.name_zh, name_en=row.name_en)


@strawberry.type(description="One question of the five. Nothing is told where too few answered it.")
class ScoreDimension:
    name: str = strawberry.field(description="content, quality, timeliness, respect or handling.")
    answers: int | None
    mean: float | None = strawberry.field(description="The plain mean, 1 to 5.")

    @classmethod
    def of(cls, row: DimensionRow) -> "ScoreDimension":
        return cls(name=row.name, answers=row.answers, mean=_points(row.mean))


@strawberry.type(description="The constants of the period in which the ratings were given.")
class ScoreConstants:
    prior_weight: int = strawberry.field(description="How many imagined ratings at the city's mean join in.")
    half_life_days: int
    kept_days: int
    city_days: int
    prior_hundredths: int = strawberry.field(
        description="The city's mean where nobody's ratings can be told."
    )
    least_raters: int
    least_effective: int
    smallest_cell: int


@strawberry.type(
    description="Exact whole numbers as text, for they may pass what JSON's numbers hold: weights in millionths, ratings in sixtieths."
)
class ScoreSums:
    ratings: str
    weight: str
    weight_squares: str
    weighted: str
    weighted_squares: str


@strawberry.type(
    description="The city's ratings of the service, unweighted: how many, their sum and that of their squares."
)
class CitySums:
    ratings: str
    sum_sixtieths: str
    sum_squares: str


@strawberry.type(description="From this every number of the scorecard can be worked out again.")
class HowComputed:
    formula_version: int
    expression: str
    as_of: date
    constants: ScoreConstants | None
    sums: ScoreSums | None = strawberry.field(description="Null below publication.")
    city: CitySums | None
    effective_ratings: float | None = strawberry.field(description="(Σ w)² / Σ w²")
    own_mean: float | None = strawberry.field(
        description="Σ w·r / Σ w: the provider's own mean, before it is drawn towards the city's."
    )

    @classmethod
    def of(cls, row: ScorecardRow) -> "HowComputed":
        model, sums, city = row.model, row.sums, row.city
        return cls(
            formula_version=row.formula,
            expression="score = (m·C + Σ w·r) / (m + Σ w); w = 0.5^(days / halfLife); score ± 1.96·√(v / (m + n)); n = (Σ w)² / Σ w²",
            as_of=row.as_of,
            constants=None
            if model is None
            else ScoreConstants(**{name: getattr(model, name) for name in model.__slots__}),
            sums=None
            if sums is None
            else ScoreSums(**{name: str(getattr(sums, name)) for name in sums.__slots__}),
            city=None
            if city is None
            else CitySums(**{name: str(getattr(city, name)) for name in city.__slots__}),
            effective_ratings=_points(row.effective),
            own_mean=_points(row.own_mean),
        )


@node(queries.by_ids)
@strawberry.type(
    description="What the ratings of one provider and service came to when a period closed. Without a score too few people rated yet."
)
class Scorecard(Node):
    row: strawberry.Private[ScorecardRow]
    service: ScoredService
    starts_on: date = strawberry.field(description="The first day of the period that closed.")
    as_of: date
    is_public: bool
    raters: int
    wanted: int = strawberry.field(description="How many raters a score needs.")
    ratings: int | None
    tickets: int
    answered: int = strawberry.field(description="Of the tickets.")
    response_rate: float | None = strawberry.field(
        description="The share of tickets that were answered; null where none was given out."
    )
    held: int = strawberry.field(description="Kept out until an auditor decides.")
    hidden: int = strawberry.field(description="Ratings of which a moderator hid words; their numbers count.")
    score: float | None = strawberry.field(
        description="1 to 5, to four places; so are low, high and cityMean."
    )
    low: float | None
    high: float | None
    city_mean: float
    band: Band | None
    distribution: list[int] | None = strawberry.field(description="Ratings with 1, 2, 3, 4 and 5 points.")
    dimensions: list[ScoreDimension]
    would_continue: int | None
    asked_to_continue: int | None
    how_computed: HowComputed

    @classmethod
    def of(cls, row: ScorecardRow) -> "Scorecard":
        return cls(
            id=global_id("Scorecard", row.id),
            row=row,
            service=ScoredService.of(row.service),
            starts_on=row.starts_on,
            as_of=row.as_of,
            is_public=row.is_public,
            raters=row.raters,
            wanted=row.wanted,
            ratings=row.ratings,
            tickets=row.tickets,
            answered=row.answered,
            response_rate=row.response_rate,
            held=row.held,
            hidden=row.hidden,
            score=_points(row.score),
            low=_points(row.low),
            high=_points(row.high),
            city_mean=row.prior / _ONE,
            band=row.band,
            distribution=None if row.distribution is None else list(row.distribution),
            dimensions=[ScoreDimension.of(one) for one in row.dimensions],
            would_continue=row.would_continue,
            asked_to_continue=row.asked_to_continue,
            how_computed=HowComputed.of(row),
        )

    @strawberry.field
    async def organisation(
        self, info: Info
    ) -> Annotated["Organisation", strawberry.lazy("marketplace.graph.organisations")] | None:
        from marketplace.graph.organisations import Organisation as Kind

        return await fetch(info.context, Kind, self.row.organisation_id)

    @strawberry.field(description="Those of the last two years, the oldest first.")
    async def trend(self, info: Info) -> list["Scorecard"]:
        cell = (self.row.organisation_id, self.row.service_type)
        return [Scorecard.of(row) for row in await info.context.load(queries.trends_of, cell) or ()]


@strawberry.type(
    description="What records say of one provider and service, counted once a day. Never part of a score."
)
class ProviderFacts:
    service: ScoredService
    counted_from: date
    counted_at: datetime
    counting_version: int = strawberry.field(
        description="Of the rules by which all of these numbers are counted."
    )
    contracts_signed: int
    milestones_due: int = strawberry.field(
        description="Whose day has passed, without those that an early end dropped."
    )
    milestones_on_time: int = strawberry.field(
        description="With a report by their day that was not sent back."
    )
    milestones_late: int
    reports_accepted_at_once: int = strawberry.field(description="First reports that the buyer accepted.")
    reports_sent_back: int
    contracts_accepted: int = strawberry.field(description="With their final acceptance.")
    contracts_ended_early: int
    contract_changes: int = strawberry.field(description="That were approved.")
    added: Money = strawberry.field(description="What changes added to the contracts' values.")
    deliveries_ahead: int = strawberry.field(description="Neither done nor overdue.")
    deliveries_done: int = strawberry.field(description="Recorded as done and not called off.")
    deliveries_overdue: int = strawberry.field(
        description="Not recorded within the days allowed after their end."
    )
    deliveries_cancelled: int
    deliveries_disputed: int = strawberry.field(
        description="Done, disputed, and not decided by the buyer since."
    )
    deliveries_accepted: int = strawberry.field(description="Done, and accepted by the buyer.")
    deliveries_sent_back: int
    delivered: Minutes = strawberry.field(description="Of deliveries that were done.")
    commitments_told: int = strawberry.field(description="Measurable promises whose outcome is on record.")
    commitments_kept: int
    objections_upheld: int = strawberry.field(description="Of others, against what was awarded to it.")
    complaints_upheld: int
    volunteered: Minutes = strawberry.field(description="By volunteers, in its needs of this kind.")

    @classmethod
    def of(cls, row: FactsRow) -> "ProviderFacts":
        plain = {name: row[name] for name in _PLAIN}
        return cls(
            service=ScoredService.of(row.service),
            counted_from=row.counted_from,
            counted_at=row.counted_at,
            counting_version=row.version,
            added=Money.of(row["added_fen"]),
            delivered=Minutes(row["delivered_minutes"]),
            volunteered=Minutes(row["volunteer_minutes"]),
            **plain,
        )


_PLAIN = (
    "contracts_signed", "milestones_due", "milestones_on_time", "milestones_late", "reports_accepted_at_once",
    "reports_sent_back", "contracts_accepted", "contracts_ended_early", "contract_changes", "deliveries_ahead",
    "deliveries_done", "deliveries_overdue", "deliveries_cancelled", "deliveries_disputed", "deliveries_accepted",
    "deliveries_sent_back", "commitments_told", "commitments_kept", "objections_upheld", "complaints_upheld",
)  # fmt: skip


@strawberry.type(description="A provider in the directory, or beside others.")
class ScoredProvider:
    name: str
    row: strawberry.Private[Listed]
    scorecard: Scorecard | None
    facts: ProviderFacts | None

    @classmethod
    def of(cls, row: Listed) -> "ScoredProvider":
        return cls(
            name=row.provider.name,
            row=row,
            scorecard=None if row.card is None else Scorecard.of(row.card),
            facts=None if row.facts is None else ProviderFacts.of(row.facts),
        )

    @strawberry.field
    async def organisation(
        self, info: Info
    ) -> Annotated["Organisation", strawberry.lazy("marketplace.graph.organisations")] | None:
        from marketplace.graph.organisations import Organisation as Kind

        return await fetch(info.context, Kind, self.row.provider.id)


@strawberry.type(description="How many providers have a scorecard of a kind of service.")
class ScoredServiceCount:
    service: ScoredService
    providers: int
    published: int = strawberry.field(description="With a score.")

    @classmethod
    def of(cls, row: ServiceCount) -> "ScoredServiceCount":
        return cls(service=ScoredService.of(row.service), providers=row.providers, published=row.published)


ServiceType = Annotated[str, strawberry.argument(description="The code of a category.")]
AreaCode = Annotated[str | None, strawberry.argument(description="Registered there, or serving there.")]


@strawberry.type
class ScorecardQueries:
    @strawberry.field(description="The kinds of service of which anybody has a scorecard.")
    async def scored_services(self, info: Info, area_code: AreaCode = None) -> list[ScoredServiceCount]:
        return [ScoredServiceCount.of(row) for row in await info.context.ask(queries.services, area_code)]

    @strawberry.field(
        description="Providers with a scorecard of a kind of service, by the sound of their names: this is no ranking."
    )
    async def scorecards(
        self,
        info: Info,
        service_type: ServiceType,
        first: First = 20,
        after: After = None,
        area_code: AreaCode = None,
    ) -> Connection[ScoredProvider]:
        page = await info.context.ask(queries.directory, service_type, PageRequest(first, after), area_code)
        return connection(page, ScoredProvider.of)

    @strawberry.field(
        description="At most four providers side by side, by the sound of their names; who is not for you is left out."
    )
    async def compare_scorecards(
        self,
        info: Info,
        service_type: ServiceType,
        organisation_ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Ids of Organisations, at most four.")
        ],
    ) -> list[ScoredProvider]:
        # One more than may be: the query refuses it, and no list however long is decoded.
        keys = [key_of("Organisation", one) for one in organisation_ids[: queries.MOST_COMPARED + 1]]
        rows = await info.context.ask(queries.compare, service_type, keys)
        return [ScoredProvider.of(row) for row in rows]


def _points(value: int | None) -> float | None:
    return None if value is None else value / _ONE
