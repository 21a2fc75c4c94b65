"""Public ratings in the graph: numbers, words and replies after the period, reports about them, and the provider's desk."""

from datetime import date, datetime
from typing import Annotated, TypeAlias

import strawberry

import marketplace.graph.tickets  # noqa: F401 - names the enumeration Assistance, which is used here too
from marketplace.delivery.formula import SIXTIETHS
from marketplace.delivery.ratings import cells, moderation, published, replies
from marketplace.delivery.ratings.care_drafts import HidingReason, Part, ReplyDraft, ReportDraft
from marketplace.delivery.ratings.cells import CellCount
from marketplace.delivery.ratings.drafts import Assistance
from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.delivery.ratings.published import Hidden, PublishedRating, Reply
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest

strawberry.enum(Part, name="RatingPart", description="What of a rating can be reported and hidden.")
strawberry.enum(HidingReason, description="Why a part of a rating is hidden.")

OfProvider = Annotated[strawberry.ID, strawberry.argument(description="The id of an Organisation.")]


@strawberry.type(description="What was said of one side of the service, 1 to 5; null where it did not apply.")
class RatingPoints:
    dimension: str
    points: int | None


@strawberry.type(description="The provider's word beside a rating.")
class RatingReply:
    text: str
    written_at: datetime

    @classmethod
    def of(cls, row: Reply) -> "RatingReply":
        return cls(text=row.text, written_at=row.written_at)


@strawberry.type(description="A part that a moderator hid. The number of the rating stays.")
class RatingHiding:
    id: strawberry.ID
    what: Part
    reason: HidingReason
    hidden_at: datetime
    is_appealed: bool
    is_decided: bool
    is_restored: bool
    explanation: str | None = strawberry.field(description="For its author and the moderators.")
    appeal: str | None
    decision: str | None
    appeal_until: datetime
    may_appeal: bool

    @classmethod
    def of(cls, row: Hidden) -> "RatingHiding":
        return cls(
            id=global_id("RatingHiding", row.id),
            what=Part(row.what),
            reason=HidingReason(row.reason),
            hidden_at=row.hidden_at,
            is_appealed=row.is_appealed,
            is_decided=row.is_decided,
            is_restored=row.is_restored,
            explanation=row.explanation,
            appeal=row.appeal,
            decision=row.decision,
            appeal_until=row.appeal_until,
            may_appeal=row.may_appeal,
        )


@node(published.by_ids)
@strawberry.type(description="A rating whose period is over. Who gave it is nobody's to know.")
class Rating(Node):
    provider_id: strawberry.ID | None
    service_type: str
    month: date = strawberry.field(description="The first day of its period.")
    published_at: datetime
    points: list[RatingPoints] | None = strawberry.field(
        description="Null while fewer people rated this service than publication asks for."
    )
    mean: float | None = strawberry.field(description="Of the points that were given.")
    should_continue: bool | None
    assisted_how: Assistance | None = strawberry.field(
        description="Entered by a helper of the community, from a call or a slip of paper."
    )
    words: str | None
    photo_paths: list[str]
    reply: RatingReply | None
    update: RatingReply | None = strawberry.field(description="The one update of the reply.")
    hidden: list[RatingHiding]
    is_held: bool = strawberry.field(
        description="Kept out of the score until an auditor decides, or for good."
    )
    is_mine: bool
    may_reply: bool
    may_update: bool
    reply_until: datetime
    update_until: datetime
    may_moderate: bool

    @classmethod
    def of(cls, row: PublishedRating) -> "Rating":
        said = row.points
        return cls(
            id=global_id("Rating", row.id),
            provider_id=global_id("Organisation", row.organisation_id) if row.organisation_id else None,
            service_type=row.service_type,
            month=row.month,
            published_at=row.published_at,
            points=[RatingPoints(dimension=one, points=said[one]) for one in DIMENSIONS] if said else None,
            mean=round(row.sixtieths / SIXTIETHS, 4) if row.sixtieths is not None else None,
            should_continue=row.should_continue,
            assisted_how=Assistance(row.assisted_how) if row.assisted_how else None,
            words=row.words,
            photo_paths=[f"/ratings/photos/{one}" for one in row.photos],
            reply=RatingReply.of(row.reply) if row.reply else None,
            update=RatingReply.of(row.update) if row.update else None,
            hidden=[RatingHiding.of(one) for one in row.hidden],
            is_held=row.is_held,
            is_mine=row.is_mine,
            may_reply=row.may_reply,
            may_update=row.may_update,
            reply_until=row.reply_until,
            update_until=row.update_until,
            may_moderate=row.may_moderate,
        )


@strawberry.type(
    description="How many ratings of one service of a provider count, by how many people, and how many are held."
)
class RatingCount:
    service_type: str
    ratings: int
    raters: int
    held: int
    least_raters: int = strawberry.field(description="From so many people on, numbers are public.")

    @classmethod
    def of(cls, row: CellCount) -> "RatingCount":
        return cls(
            service_type=row.service_type,
            ratings=row.ratings,
            raters=row.raters,
            held=row.held,
            least_raters=row.least_raters,
        )


@strawberry.type
class RatingQueries:
    @strawberry.field(
        description="What residents said of a provider, the newest month first. Held ratings are only counted."
    )
    async def provider_ratings(
        self,
        info: Info,
        organisation_id: OfProvider,
        service_type: str | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Rating]:
        provider = key_of("Organisation", organisation_id)
        page = await info.context.ask(
            published.of_provider, provider, service_type, PageRequest(first, after)
        )
        return connection(page, Rating.of)

    @strawberry.field(description="How many ratings a provider has, by kind of service.")
    async def provider_rating_counts(self, info: Info, organisation_id: OfProvider) -> list[RatingCount]:
        rows = await info.context.ask(cells.of_provider, key_of("Organisation", organisation_id))
        return [RatingCount.of(row) for row in rows]

    @strawberry.field(description="As a provider's manager: public ratings that have no reply yet.")
    async def ratings_to_answer(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Rating]:
        page = await info.context.ask(published.to_answer, PageRequest(first, after))
        return connection(page, Rating.of)


@strawberry.input
class RatingReplyInput:
    rating_id: strawberry.ID
    text: str = strawberry.field(description="Public, at most 1,000 characters.")


@strawberry.input
class ReportRatingInput:
    rating_id: strawberry.ID
    what: Part
    text: str = strawberry.field(description="What is wrong; for the moderators.")


@strawberry.type(description="The rating as it is now.")
class ChangedRating:
    rating: Rating


RatingResult: TypeAlias = Annotated[ChangedRating | Problems, strawberry.union("RatingResult")]


@strawberry.type
class RatingMutations:
    @strawberry.mutation(description="As a provider's manager: reply to a rating, once. It stays as it is.")
    async def reply_to_rating(self, info: Info, input: RatingReplyInput) -> RatingResult:
        rating_id = key_of("Rating", input.rating_id)
        await info.context.do(replies.reply, rating_id, read(ReplyDraft, {"text": input.text}))
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))

    @strawberry.mutation(description="As a provider's manager: add the one update to a reply.")
    async def update_rating_reply(self, info: Info, input: RatingReplyInput) -> RatingResult:
        rating_id = key_of("Rating", input.rating_id)
        await info.context.do(replies.update, rating_id, read(ReplyDraft, {"text": input.text}))
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))

    @strawberry.mutation(description="Tell the moderators what is wrong with words, photos or a reply.")
    async def report_rating(self, info: Info, input: ReportRatingInput) -> RatingResult:
        fields = given(input)
        rating_id = key_of("Rating", fields.pop("rating_id"))
        await info.context.do(moderation.report, rating_id, read(ReportDraft, fields))
        return ChangedRating(rating=await must_fetch(info.context, Rating, rating_id))
