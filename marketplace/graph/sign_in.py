"""Signing in through the graph: a code to the phone, and the answer to it makes a token for the program that asks."""

from datetime import date
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.identity import phones, sign_in, tokens
from marketplace.identity.challenges import LASTS
from marketplace.identity.drafts import PhoneDraft, SignInDraft, TokenDraft
from marketplace.identity.viewer import Scope
from marketplace.kernel.input import read

_TOKEN_DAYS = 90


@strawberry.type(description="A code is on its way; known and unknown numbers are answered alike.")
class SentCode:
    challenge_id: strawberry.ID = strawberry.field(description="To be handed in with the code.")
    phone: str = strawberry.field(description="The number, masked.")
    minutes: Minutes = strawberry.field(description="How long the code works.")


@strawberry.type(description="Signed in: the token is shown this once.")
class SignedIn:
    token: str = strawberry.field(
        description="For the Authorization header, as `Bearer …`; works for 90 days."
    )


@strawberry.type(
    description="The code is right; answer it once more with what is missing. It was not spent and cost no try."
)
class SignInNeedsMore:
    needs_name: bool
    needs_consent: bool = strawberry.field(
        description="To `agrees`: to the terms of service (`/terms`) and the privacy notice (`/privacy`)."
    )


@strawberry.input
class SignInInput:
    challenge_id: strawberry.ID
    phone: str
    code: str
    name: str | None = strawberry.UNSET
    birth_date: date | None = strawberry.UNSET
    agrees: bool = False
    program: str = strawberry.field(default="GraphQL", description="What the token is called in the list.")


SentCodeResult: TypeAlias = Annotated[SentCode | Problems, strawberry.union("SentCodeResult")]
SignInResult: TypeAlias = Annotated[SignedIn | SignInNeedsMore | Problems, strawberry.union("SignInResult")]


@strawberry.type
class SignInMutations:
    @strawberry.mutation(description="Have a one-time code sent to a mobile phone.")
    async def ask_for_code(self, info: Info, phone: str) -> SentCodeResult:
        context, draft = info.context, read(PhoneDraft, {"phone": phone})
        async with context.unit_of_work() as session:
            message = await sign_in.ask(session, context.house.vault, draft, context.source, context.locale)
        await context.house.codes.send(message)
        return SentCode(
            challenge_id=strawberry.ID(str(message.challenge_id)),
            phone=phones.mask(draft.phone),
            minutes=Minutes(int(LASTS.total_seconds()) // 60),
        )

    @strawberry.mutation(description="Answer the code. The first time, this makes the account.")
    async def sign_in(self, info: Info, input: SignInInput) -> SignInResult:
        handed_in = given(input)
        facts = {"name": handed_in.pop("program"), "scopes": list(Scope), "days": _TOKEN_DAYS}
        wanted = read(TokenDraft, facts)
        draft = read(SignInDraft, {**handed_in, "locale": info.context.locale})
        async with info.context.unit_of_work() as session:
            answered = await sign_in.answer(session, info.context.house.vault, draft)
            new = await tokens.issue(session, answered.person_id, wanted) if answered.person_id else None
        answered.or_refusal()
        if new is None:
            return SignInNeedsMore(needs_name=answered.needs_name, needs_consent=answered.needs_consent)
        return SignedIn(token=new.token)
