"""Recommendations in the graph: needs for you, why this and why not you, whom to invite, and invitations."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.needs import Need
from marketplace.graph.nodes import Node, change, fetch, global_id, key_of, node
from marketplace.graph.problems import Problems
from marketplace.graph.shifts import Shift
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import Named, sentence
from marketplace.kernel.locale import EN
from marketplace.recommendations import (
    invitation_queries,
    invitations,
    inviting,
    providers,
    recommending,
    why,
)
from marketplace.recommendations.drafts import InviteDraft
from marketplace.recommendations.invitation_queries import InvitationRow, InvitationState
from marketplace.recommendations.inviting import Suggestion
from marketplace.recommendations.providers import NeedForProvider
from marketplace.recommendations.recommending import Recommended
from marketplace.recommendations.why import LiftCode, Obstacle, WhyThis
from marketplace.recommendations.words import Told, ToldFactor

strawberry.enum(
    InvitationState,
    description="Waiting for an answer, accepted by signing up for the need, declined, or over with its shift.",
)
strawberry.enum(LiftCode, name="Lift", description="The smallest change that would lift an obstacle.")
_TENTHS = 10


@strawberry.type(description="One reason of a score, with points that sum to it.")
class Factor:
    name: str = strawberry.field(description="Stable, for programs.")
    label: str = strawberry.field(description="For people, in the language of the request.")
    points: float = strawberry.field(description="To the tenth of a point.")
    most: float = strawberry.field(description="The most points that it can give.")
    sentence: str = strawberry.field(description="Why so many, in the language of the request.")

    @classmethod
    def of(cls, factor: ToldFactor, locale: str) -> "Factor":
        return cls(
            name=factor.name,
            label=sentence(locale, f"factor.{factor.name}", {}),
            points=factor.points / _TENTHS,
            most=factor.most / _TENTHS,
            sentence=sentence(locale, factor.key, factor.facts),
        )


@strawberry.type(description="A score from 0 to 100, and what it is made of.")
class Explanation:
    score: float = strawberry.field(description="The sum of the factors' points.")
    factors: list[Factor]
    weights_version: int = strawberry.field(description="The version of the weights that it was made with.")

    @classmethod
    def of(cls, told: Told, locale: str) -> "Explanation":
        return cls(
            score=told.score / _TENTHS,
            factors=[Factor.of(factor, locale) for factor in told.factors],
            weights_version=told.weights_version,
        )


@strawberry.type(description="A need for you, with the shift that suits best.")
class Recommendation:
    why: Explanation
    need_key: strawberry.Private[UUID]
    shift_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, item: Recommended, locale: str) -> "Recommendation":
        return cls(why=Explanation.of(item.told, locale), need_key=item.need_id, shift_key=item.shift.id)

    @strawberry.field
    async def need(self, info: Info) -> Need | None:
        return await fetch(info.context, Need, self.need_key)

    @strawberry.field
    async def shift(self, info: Info) -> Shift | None:
        return await fetch(info.context, Shift, self.shift_key)


@strawberry.type(description="Needs for you, the best first.")
class Recommendations:
    is_personal: bool = strawberry.field(
        description="False when you turned personal ranking off: then nothing is scored and the list is empty; `needs` has the plain order."
    )
    items: list[Recommendation] = strawberry.field(description="At most ten.")
    weights_version: int | None
    made_at: datetime | None = strawberry.field(
        description="When it was worked out: again every day, and when something about you or near you changes."
    )


@strawberry.type(description="Why you cannot take a shift, and the smallest change that would lift it.")
class ObstacleInTheWay:
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people, in the language of the request.")
    article: str | None = strawberry.field(description="The rule it rests on.")
    lift: LiftCode
    lift_message: str = strawberry.field(description="For people, in the language of the request.")
    lift_path: str = strawberry.field(description="The page where the change is made.")
    other_shift_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, obstacle: Obstacle, locale: str) -> "ObstacleInTheWay":
        lift = obstacle.lift
        return cls(
            code=obstacle.code,
            message=sentence(locale, obstacle.key, obstacle.facts),
            article=obstacle.article,
            lift=lift.code,
            lift_message=sentence(locale, f"lift.{lift.code.value}", lift.facts),
            lift_path=lift.path,
            other_shift_key=lift.shift_id,
        )

    @strawberry.field(description="The other shift, where taking it is the change.")
    async def other_shift(self, info: Info) -> Shift | None:
        return await fetch(info.context, Shift, self.other_shift_key)


@strawberry.type(description="How one shift suits you, and what is in the way.")
class WhyShift:
    why_this: Explanation | None = strawberry.field(description="Null when you turned personal ranking off.")
    why_not_me: list[ObstacleInTheWay] = strawberry.field(description="Empty when you can take it.")
    shift_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, found: WhyThis, locale: str) -> "WhyShift":
        return cls(
            why_this=Explanation.of(found.told, locale) if found.told else None,
            why_not_me=[ObstacleInTheWay.of(one, locale) for one in found.obstacles],
            shift_key=found.shift.id,
        )

    @strawberry.field
    async def shift(self, info: Info) -> Shift | None:
        return await fetch(info.context, Shift, self.shift_key)


@strawberry.type(
    description="Somebody to invite, with the name masked. Nothing else is told before they sign up."
)
class SuggestedVolunteer:
    person_id: strawberry.ID = strawberry.field(description="For `inviteVolunteers`.")
    masked_name: str
    district: str | None
    is_new: bool = strawberry.field(description="Has not served yet.")
    why: Explanation

    @classmethod
    def of(cls, one: Suggestion, locale: str) -> "SuggestedVolunteer":
        return cls(
            person_id=global_id("Person", one.person_id),
            masked_name=one.masked_name,
            district=_named(one.district, locale),
            is_new=one.is_new,
            why=Explanation.of(one.told, locale),
        )


@strawberry.type(description="Whom to invite to a shift, the best first.")
class SuggestedVolunteers:
    takes_people: bool = strawberry.field(description="Whether the shift is to come and has free places.")
    is_reduced: bool = strawberry.field(description="The database answered, more plainly than usual.")
    people: list[SuggestedVolunteer]


@node(invitation_queries.by_ids)
@strawberry.type(
    description="An organiser asks one person for one shift; for the person and the need's organisers."
)
class Invitation(Node):
    state: InvitationState
    person_id: strawberry.ID
    person_name: str = strawberry.field(description="Masked for organisers.")
    title: str = strawberry.field(description="The need's title.")
    place: str
    starts_at: datetime
    ends_at: datetime
    invited_at: datetime
    told: strawberry.Private[Told]
    shift_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: InvitationRow) -> "Invitation":
        return cls(
            id=global_id("Invitation", row.id),
            state=row.state,
            person_id=global_id("Person", row.person_id),
            person_name=row.name,
            title=row.title,
            place=row.place,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            invited_at=row.invited_at,
            told=row.told,
            shift_key=row.shift_id,
        )

    @strawberry.field(description="Why this person was asked, as it was then.")
    def why(self, info: Info) -> Explanation:
        return Explanation.of(self.told, info.context.locale)

    @strawberry.field
    async def shift(self, info: Info) -> Shift | None:
        return await fetch(info.context, Shift, self.shift_key)


@strawberry.type(description="A need's invitations, and how many said what.")
class InvitationsOfNeed:
    invited: int
    accepted: int
    declined: int
    invitations: list[Invitation]


@strawberry.type(description="A need in an organisation's fields.")
class NeedInYourFields:
    why: Explanation
    need_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, one: NeedForProvider, locale: str) -> "NeedInYourFields":
        return cls(why=Explanation.of(one.told, locale), need_key=one.row.id)

    @strawberry.field
    async def need(self, info: Info) -> Need | None:
        return await fetch(info.context, Need, self.need_key)


def _named(name: Named | None, locale: str) -> str | None:
    return None if name is None else name.en if locale == EN else name.zh


async def recommendations_of_viewer(context: Context) -> Recommendations:
    """What the viewer is recommended."""
    shown = await context.ask(recommending.for_viewer)
    return Recommendations(
        is_personal=shown.is_personal,
        items=[Recommendation.of(item, context.locale) for item in shown.items],
        weights_version=shown.weights_version,
        made_at=shown.made_at,
    )


@strawberry.type
class RecommendationQueries:
    @strawberry.field(
        description="How a shift suits you: factors that sum to its score, and what is in the way."
    )
    async def why_shift(self, info: Info, shift_id: strawberry.ID) -> WhyShift:
        found = await info.context.ask(why.of_shift, key_of("Shift", shift_id))
        return WhyShift.of(found, info.context.locale)

    @strawberry.field(description="The same for a need's next shift; null when none is planned.")
    async def why_need(self, info: Info, need_id: strawberry.ID) -> WhyShift | None:
        found = await info.context.ask(why.of_need, key_of("Need", need_id))
        return WhyShift.of(found, info.context.locale) if found else None

    @strawberry.field(description="As organiser: whom to invite to a shift.")
    async def suggested_volunteers(self, info: Info, shift_id: strawberry.ID) -> SuggestedVolunteers:
        context, key = info.context, key_of("Shift", shift_id)
        found = await context.ask(inviting.suggested, context.house.volunteers, key)
        people = [SuggestedVolunteer.of(one, context.locale) for one in found.people]
        return SuggestedVolunteers(
            takes_people=found.takes_people, is_reduced=found.is_reduced, people=people
        )

    @strawberry.field(description="Your invitations that wait for an answer.")
    async def my_invitations(self, info: Info) -> list[Invitation]:
        return [Invitation.of(row) for row in await info.context.ask(invitation_queries.mine)]

    @strawberry.field(description="As organiser: a need's newest hundred invitations.")
    async def invitations_of_need(self, info: Info, need_id: strawberry.ID) -> InvitationsOfNeed:
        key = key_of("Need", need_id)
        async with info.context.reading() as session:
            rows = await invitation_queries.of_need(session, info.context.viewer, key)
            counts = await invitation_queries.tally(session, key)
        return InvitationsOfNeed(
            invited=counts.invited,
            accepted=counts.accepted,
            declined=counts.declined,
            invitations=[Invitation.of(row) for row in rows],
        )

    @strawberry.field(
        description="As a member: open needs of communities in your organisation's fields and areas."
    )
    async def needs_for_organisation(
        self, info: Info, organisation_id: strawberry.ID
    ) -> list[NeedInYourFields]:
        key = key_of("Organisation", organisation_id)
        found = await info.context.ask(providers.for_organisation, key)
        return [NeedInYourFields.of(one, info.context.locale) for one in found.items]


@strawberry.input
class InviteVolunteersInput:
    shift_id: strawberry.ID
    person_ids: list[strawberry.ID] = strawberry.field(
        description="One to twenty, from `suggestedVolunteers`."
    )


@strawberry.type(description="How many of the people are newly invited.")
class InvitedVolunteers:
    invited: int


@strawberry.type(description="The invitation as it is now.")
class ChangedInvitation:
    invitation: Invitation


InviteVolunteersResult: TypeAlias = Annotated[
    InvitedVolunteers | Problems, strawberry.union("InviteVolunteersResult")
]
InvitationResult: TypeAlias = Annotated[ChangedInvitation | Problems, strawberry.union("InvitationResult")]


@strawberry.type
class RecommendationMutations:
    @strawberry.mutation(
        description="As organiser: invite these people to a shift; who has a live invitation to the need is passed over."
    )
    async def invite_volunteers(self, info: Info, input: InviteVolunteersInput) -> InviteVolunteersResult:
        people = [key_of("Person", one) for one in input.person_ids]
        draft, shift_id = read(InviteDraft, {"person_ids": people}), key_of("Shift", input.shift_id)
        return InvitedVolunteers(invited=await info.context.do(invitations.invite, shift_id, draft))

    @strawberry.mutation(description="Say no to an invitation. To say yes, sign up for the shift.")
    async def decline_invitation(self, info: Info, invitation_id: strawberry.ID) -> InvitationResult:
        declined = await change(info.context, Invitation, invitation_id, invitations.decline)
        return ChangedInvitation(invitation=declined)
