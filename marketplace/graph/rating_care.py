"""Moderation and examination of ratings in the graph: reports, hiding, appeals, what is held and why, and the public's monthly counts."""

from datetime import date, datetime
from typing import Annotated, TypeAlias

import orjson
import strawberry

from marketplace.delivery.formula import SIXTIETHS
from marketplace.delivery.ratings import held_queries, holds, moderation, moderation_queries
from marketplace.delivery.ratings.care_drafts import (
    AppealDecisionDraft,
    AppealDraft,
    HidingDraft,
    HidingReason,
    HoldDecisionDraft,
    Part,
)
from marketplace.delivery.ratings.held_queries import HeldGroup, HeldRating, HeldView
from marketplace.delivery.ratings.moderation_queries import Appeal, MonthOfCare, Report
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import global_id, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.graph.ratings import ChangedRating, OfProvider, Rating, RatingResult
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest


@strawberry.type(description="A reader's report about a part of a rating. Who reported is not told.")
class RatingReport:
    id: strawberry.ID
    rating: Rating
    what: Part
    text: str
    reported_at: datetime

    @classmethod
    def of(cls, row: Report) -> "RatingReport":
        return cls(
            id=global_id("RatingReport", row.id),
            rating=Rating.of(row.rating),
            what=Part(row.what),
            text=row.text,
            reported_at=row.reported_at,
        )


@strawberry.type(description="An appeal against something hidden, waiting for another moderator.")
class RatingAppeal:
    hiding_id: strawberry.ID
    rating: Rating
    what: Part
    reason: HidingReason
    explanation: str
    text: str
    appealed_at: datetime
    may_decide: bool

    @classmethod
    def of(cls, row: Appeal) -> "RatingAppeal":
        return cls(
            hiding_id=global_id("RatingHiding", row.hiding_id),
            rating=Rating.of(row.rating),
            what=Part(row.what),
            reason=HidingReason(row.reason),
            explanation=row.explanation,
            text=row.text,
            appealed_at=row.appealed_at,
            may_decide=row.may_decide,
        )


@strawberry.type(description="Something and how often.")
class RatingTally:
    name: str
    count: int


@strawberry.type(description="What moderators and auditors did in one month.")
class RatingCareMonth:
    month: date
    hidden: list[RatingTally] = strawberry.field(description="By reason.")
    appeals: int
    restored: int
    held: int
    released: int
    kept: int

    @classmethod
    def of(cls, row: MonthOfCare) -> "RatingCareMonth":
        return cls(
            month=row.month,
            hidden=[RatingTally(name=name, count=count) for name, count in row.hidden.items()],
            appeals=row.appeals,
            restored=row.restored,
            held=row.held,
            released=row.released,
            kept=row.kept,
        )


@strawberry.type(description="A provider's ratings about which an auditor has to decide.")
class HeldRatingGroup:
    provider_id: strawberry.ID
    provider: str
    service_type: str
    ratings: int
    causes: list[RatingTally]

    @classmethod
    def of(cls, row: HeldGroup) -> "HeldRatingGroup":
        return cls(
            provider_id=global_id("Organisation", row.organisation_id),
            provider=row.organisation,
            service_type=row.service_type,
            ratings=row.ratings,
            causes=[RatingTally(name=name, count=count) for name, count in row.causes.items()],
        )


@strawberry.type(
    description="Why a rating is held: the cause, the numbers it was seen from, and what was decided."
)
class HoldCause:
    cause: str
    evidence: str = strawberry.field(description="As JSON text.")
    decided_at: datetime | None
    is_upheld: bool | None
    reason: str | None


@strawberry.type(description="A held rating as an auditor sees it.")
class HeldRatingRow:
    rating_id: strawberry.ID
    given_at: datetime
    mean: float
    is_assisted: bool
    is_open: bool
    causes: list[HoldCause]

    @classmethod
    def of(cls, row: HeldRating) -> "HeldRatingRow":
        return cls(
            rating_id=global_id("Rating", row.id),
            given_at=row.given_at,
            mean=round(row.sixtieths / SIXTIETHS, 4),
            is_assisted=row.is_assisted,
            is_open=row.is_open,
            causes=[
                HoldCause(
                    cause=one.cause,
                    evidence=orjson.dumps(one.evidence, option=orjson.OPT_SORT_KEYS).decode(),
                    decided_at=one.decided_at,
                    is_upheld=one.is_upheld,
                    reason=one.reason,
                )
                for one in row.causes
            ],
        )


@strawberry.type(description="What is held of one provider and service; at most 200, the open ones first.")
class HeldRatings:
    provider: str
    service_type: str
    ratings: list[HeldRatingRow]
    is_cut: bool

    @classmethod
    def of(cls, row: HeldView) -> "HeldRatings":
        return cls(
            provider=row.organisation,
            service_type=row.service_type,
            ratings=[HeldRatingRow.of(one) for one in row.ratings],
            is_cut=row.is_cut,
        )


@strawberry.type
class RatingCareQueries:
    @strawberry.field(description="As moderator: open reports of your areas, the oldest first.")
    async def rating_reports(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[RatingReport]:
        page = await info.context.ask(moderation_queries.reports, PageRequest(first, after))
        return connection(page, RatingReport.of)

    @strawberry.field(description="As moderator: appeals of your areas that wait, the oldest first.")
    async def rating_appeals(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[RatingAppeal]:
        page = await info.context.ask(moderation_queries.appeals, PageRequest(first, after))
        return connection(page, RatingAppeal.of)

    @strawberry.field(description="What was hidden, restored, held and released in the last twelve months.")
    async def rating_care_months(self, info: Info) -> list[RatingCareMonth]:
        return [RatingCareMonth.of(row) for row in await info.context.ask(moderation_queries.months)]

    @strawberry.field(description="As auditor: providers of your areas with held ratings, by name.")
    async def held_rating_groups(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[HeldRatingGroup]:
        page = await info.context.ask(held_queries.groups, PageRequest(first, after))
        return connection(page, HeldRatingGroup.of)

    @strawberry.field(description="As auditor: what is held of one provider and service, with the evidence.")
    async def held_ratings(self, info: Info, organisation_id: OfProvider, service_type: str) -> HeldRatings:
        provider = key_of("Organisation", organisation_id)
        return HeldRatings.of(await info.context.ask(held_queries.held_of, provider, service_type))


@strawberry.input
class HideRatingPartInput:
    rating_id: strawberry.ID
    what: Part
    reason: HidingReason = strawberry.field(description="Public.")
    explanation: str = strawberry.field(description="For whose words they are.")


@strawberry.input
class DismissRatingReportsInput:
    rating_id: strawberry.ID
    what: Part


@strawberry.input
class AppealHidingInput:
    hiding_id: strawberry.ID
    text: str


@strawberry.input
class DecideHidingAppealInput:
    hiding_id: strawberry.ID
    is_restored: bool
    reason: str


@strawberry.input
class DecideHeldRatingsInput:
    rating_ids: list[strawberry.ID] = strawberry.field(description="At most 200, all of them or none.")
    is_upheld: bool = strawberry.field(description="True keeps them out of the score, false lets them count.")
    reason: str


@strawberry.type(description="The auditor's decision stands.")
class DecidedHeldRatings:
    ratings: int


DecideHeldRatingsResult: TypeAlias = Annotated[
    DecidedHeldRatings | Problems, strawberry.union("DecideHeldRatingsResult")
]


@strawberry.type
class RatingCareMutations:
    @strawberry.mutation(description="As moderator: hide words, photos or a reply. The number stays.")
    async def hide_rating_part(self, info: Info, input: HideRatingPartInput) -> RatingResult:
        fields = given(input)
        rating_id = key_of("Rating", fields.pop("rating_id"))
        await info.context.do(moderation.hide, rating_id, read(HidingDraft, fields))
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))

    @strawberry.mutation(
        description="As moderator: nothing is wrong; the reports about this part are settled."
    )
    async def dismiss_rating_reports(self, info: Info, input: DismissRatingReportsInput) -> RatingResult:
        rating_id = key_of("Rating", input.rating_id)
        await info.context.do(moderation.dismiss, rating_id, input.what)
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))

    @strawberry.mutation(description="As its author: ask that another moderator looks at what was hidden.")
    async def appeal_hiding(self, info: Info, input: AppealHidingInput) -> RatingResult:
        fields = given(input)
        hiding_id = key_of("RatingHiding", fields.pop("hiding_id"))
        rating_id = await info.context.do(moderation.appeal, hiding_id, read(AppealDraft, fields))
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))

    @strawberry.mutation(description="As another moderator: restore what was hidden, or leave it so.")
    async def decide_hiding_appeal(self, info: Info, input: DecideHidingAppealInput) -> RatingResult:
        fields = given(input)
        hiding_id = key_of("RatingHiding", fields.pop("hiding_id"))
        rating_id = await info.context.do(moderation.decide, hiding_id, read(AppealDecisionDraft, fields))
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))

    @strawberry.mutation(description="As auditor: let held ratings count, or keep them out, with one reason.")
    async def decide_held_ratings(self, info: Info, input: DecideHeldRatingsInput) -> DecideHeldRatingsResult:
        fields = given(input)
        ids = [key_of("Rating", one) for one in fields.pop("rating_ids")]
        draft = read(HoldDecisionDraft, {**fields, "rating_ids": ids})
        return DecidedHeldRatings(ratings=await info.context.do(holds.decide, draft))
