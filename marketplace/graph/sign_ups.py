"""Sign-ups in the graph: one's own, an organiser's roster, and the commands of both."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.needs import Need
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems, message_of
from marketplace.graph.shifts import Shift
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.volunteering import decisions, eligibility, sign_up_queries, sign_ups
from marketplace.volunteering.errors import Reason
from marketplace.volunteering.sign_up_drafts import AddDraft, DecisionDraft, JoinDraft
from marketplace.volunteering.sign_up_queries import SignUpRow
from marketplace.volunteering.sign_up_states import SignUpState

strawberry.enum(
    SignUpState,
    description="Open: applied, waiting, offered, confirmed. Ended: withdrawn, declined, lapsed, cancelled.",
)


@node(sign_up_queries.sign_ups_by_ids)
@strawberry.type(
    description="One person's place, or wish for a place, in one shift; for the person and the need's organisers."
)
class SignUp(Node):
    state: SignUpState
    shift_id: strawberry.ID
    need_id: strawberry.ID
    shift_key: strawberry.Private[UUID]
    need_key: strawberry.Private[UUID]
    person_id: strawberry.ID
    person_name: str
    title: str = strawberry.field(description="The need's title.")
    place: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    confirmed_at: datetime | None
    withdraw_until: datetime = strawberry.field(
        description="Until when a confirmed person withdraws without asking the organiser."
    )
    waiting_position: int | None = strawberry.field(
        description="The place in line, from 1; null unless waiting."
    )
    has_free_place: bool = strawberry.field(
        description="So near the start nothing is offered any more; who waits may take a free place with acceptOffer."
    )
    offer_expires_at: datetime | None = strawberry.field(description="Null unless a place is offered.")
    message: str | None = strawberry.field(description="What the person wrote to the organiser.")
    decline_reason: str | None
    withdrawal_reason: str | None = strawberry.field(description="Why the organiser released the person.")
    override_reason: str | None = strawberry.field(
        description="Why the organiser added the person in spite of a clash."
    )
    is_added: bool = strawberry.field(description="Whether an organiser added the person.")

    @classmethod
    def of(cls, row: SignUpRow) -> "SignUp":
        return cls(
            id=global_id("SignUp", row.id),
            state=row.state,
            shift_id=global_id("Shift", row.shift_id),
            need_id=global_id("Need", row.need_id),
            shift_key=row.shift_id,
            need_key=row.need_id,
            person_id=global_id("Person", row.person_id),
            person_name=row.name,
            title=row.title,
            place=row.place,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            created_at=row.created_at,
            confirmed_at=row.confirmed_at,
            withdraw_until=row.withdraw_until,
            waiting_position=row.waiting_position,
            has_free_place=row.has_free_place,
            offer_expires_at=row.offer_expires_at,
            message=row.message,
            decline_reason=row.decline_reason,
            withdrawal_reason=row.withdrawal_reason,
            override_reason=row.override_reason,
            is_added=row.is_added,
        )

    @strawberry.field(description="What it is for.")
    async def shift(self, info: Info) -> Shift | None:
        return await fetch(info.context, Shift, self.shift_key)

    @strawberry.field(description="The need of the shift.")
    async def need(self, info: Info) -> Need | None:
        return await fetch(info.context, Need, self.need_key)


@strawberry.type(description="Why somebody may not take a shift; nobody can override it.")
class ReasonAgainst:
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people, in the language of the request.")
    article: str | None = strawberry.field(description="The rule it rests on.")

    @classmethod
    def of(cls, reason: Reason, locale: str) -> "ReasonAgainst":
        return cls(code=reason.code, message=message_of(reason, locale), article=reason.article)


@strawberry.type
class SignUpQueries:
    @strawberry.field(
        description="Your open or cancelled sign-ups for shifts that have not ended, soonest first."
    )
    async def my_coming_sign_ups(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[SignUp]:
        page = await info.context.ask(sign_up_queries.my_coming, PageRequest(first, after))
        return connection(page, SignUp.of)

    @strawberry.field(
        description="Your sign-ups for shifts that have ended, and those that came to nothing, latest first."
    )
    async def my_past_sign_ups(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[SignUp]:
        page = await info.context.ask(sign_up_queries.my_past, PageRequest(first, after))
        return connection(page, SignUp.of)

    @strawberry.field(
        description="Everybody who signed up for a shift, for its organisers; for others their own sign-ups alone."
    )
    async def sign_ups_of_shift(
        self, info: Info, shift_id: strawberry.ID, first: First = 20, after: After = None
    ) -> Connection[SignUp]:
        key, request = key_of("Shift", shift_id), PageRequest(first, after)
        page = await info.context.ask(sign_up_queries.of_shift, key, request)
        return connection(page, SignUp.of)

    @strawberry.field(description="Why you may not take a shift, every reason of it; empty when you may.")
    async def reasons_against(self, info: Info, shift_id: strawberry.ID) -> list[ReasonAgainst]:
        reasons = await info.context.ask(eligibility.mine, key_of("Shift", shift_id))
        return [ReasonAgainst.of(reason, info.context.locale) for reason in reasons]


@strawberry.input
class SignUpInput:
    shift_id: strawberry.ID
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each sign-up; repeated, it gives the first answer."
    )
    message: str | None = strawberry.field(
        default=strawberry.UNSET, description="To the organiser, at most 500 characters."
    )
    agreed: bool = strawberry.field(
        default=False, description="That the stated risks were read and accepted; risky needs ask for it."
    )


@strawberry.input
class AddToShiftInput:
    shift_id: strawberry.ID
    person_id: strawberry.ID
    in_spite_of_clash: bool = strawberry.field(default=False, description="The override; it wants a reason.")
    reason: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 500 characters; kept on record."
    )


@strawberry.input
class DecideSignUpInput:
    sign_up_id: strawberry.ID
    reason: str = strawberry.field(description="Which the person will read, at most 500 characters.")


SignUpId = Annotated[strawberry.ID, strawberry.argument(description="The id of a SignUp.")]


@strawberry.type(description="The sign-up as it is now.")
class ChangedSignUp:
    sign_up: SignUp


SignUpResult: TypeAlias = Annotated[ChangedSignUp | Problems, strawberry.union("SignUpResult")]


async def _changed(context: Context, sign_up_id: UUID) -> ChangedSignUp:
    return ChangedSignUp(sign_up=await must_fetch(context, SignUp, sign_up_id))


@strawberry.type
class SignUpMutations:
    @strawberry.mutation(
        description="Sign up for a shift: confirmed at once, applied where the organiser approves, or waiting when it is full."
    )
    async def sign_up(self, info: Info, input: SignUpInput) -> SignUpResult:
        draft = read(JoinDraft, _without(input, "shift_id"))
        key = await info.context.do(sign_ups.join, key_of("Shift", input.shift_id), draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Take your own sign-up back.")
    async def withdraw(self, info: Info, sign_up_id: SignUpId) -> SignUpResult:
        key = key_of("SignUp", sign_up_id)
        await info.context.do(sign_ups.withdraw, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Take the place that is offered to you.")
    async def accept_offer(self, info: Info, sign_up_id: SignUpId) -> SignUpResult:
        key = key_of("SignUp", sign_up_id)
        await info.context.do(sign_ups.accept_offer, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Leave the offered place to the next in line.")
    async def decline_offer(self, info: Info, sign_up_id: SignUpId) -> SignUpResult:
        key = key_of("SignUp", sign_up_id)
        await info.context.do(sign_ups.decline_offer, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: give an applicant a place, or a place in line.")
    async def approve_sign_up(self, info: Info, sign_up_id: SignUpId) -> SignUpResult:
        key = key_of("SignUp", sign_up_id)
        await info.context.do(decisions.approve, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: say no to somebody who is not confirmed.")
    async def decline_sign_up(self, info: Info, input: DecideSignUpInput) -> SignUpResult:
        key, draft = key_of("SignUp", input.sign_up_id), read(DecisionDraft, {"reason": input.reason})
        await info.context.do(decisions.decline, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: take a confirmed person out of a shift to come.")
    async def release_sign_up(self, info: Info, input: DecideSignUpInput) -> SignUpResult:
        key, draft = key_of("SignUp", input.sign_up_id), read(DecisionDraft, {"reason": input.reason})
        await info.context.do(decisions.release, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(
        description="As organiser: give somebody a place. A clash wants an override with a reason; the law has none."
    )
    async def add_to_shift(self, info: Info, input: AddToShiftInput) -> SignUpResult:
        person_id = key_of("Person", input.person_id)
        draft = read(AddDraft, {**_without(input, "shift_id"), "person_id": person_id})
        key = await info.context.do(decisions.add, key_of("Shift", input.shift_id), draft)
        return await _changed(info.context, key)


def _without(input: SignUpInput | AddToShiftInput, *names: str) -> dict[str, object]:
    """What the client gave, but for the ids that are arguments of their own."""
    return {name: value for name, value in given(input).items() if name not in names}
