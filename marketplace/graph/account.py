"""One's account in the graph: devices, tokens, consents, everything kept about oneself, and the end of it."""

from datetime import datetime
from typing import Annotated, TypeAlias

import orjson
import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.identity import consents, models, sessions, tokens
from marketplace.identity.consents import ConsentKind
from marketplace.identity.drafts import ErasureDraft, TokenDraft
from marketplace.identity.viewer import Scope
from marketplace.kernel.input import read

strawberry.enum(Scope, name="TokenScope", description="What a token allows.")
strawberry.enum(ConsentKind, description="What a person agrees to. Terms and privacy come with the account.")


@strawberry.type(description="A browser that is signed in.")
class Device:
    id: strawberry.ID
    name: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_this_one: bool

    @classmethod
    def of(cls, row: models.SignedInSession, context: Context) -> "Device":
        return cls(
            id=global_id("Device", row.id),
            name=row.device,
            signed_in_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_this_one=row.id == context.viewer.session_id,
        )


@strawberry.type(description="A program's token; what it spells was shown once.")
class Token:
    id: strawberry.ID
    name: str
    hint: str = strawberry.field(description="Its last characters.")
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = strawberry.field(description="To ten minutes.")

    @classmethod
    def of(cls, row: models.ApiToken) -> "Token":
        return cls(
            id=global_id("Token", row.id),
            name=row.name,
            hint=row.hint,
            scopes=[Scope(scope) for scope in row.scopes],
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )


@strawberry.type(description="One decision about one's data; the newest of a kind is what holds.")
class ConsentDecision:
    kind: ConsentKind
    given: bool
    version: str
    at: datetime

    @classmethod
    def of(cls, row: models.Consent) -> "ConsentDecision":
        return cls(kind=ConsentKind(row.kind), given=row.given, version=row.version, at=row.at)


@strawberry.type
class AccountQueries:
    @strawberry.field(description="Your browsers that are signed in.")
    async def my_devices(self, info: Info) -> list[Device]:
        return await _devices(info.context)

    @strawberry.field(description="Your tokens that work; at most 20.")
    async def my_tokens(self, info: Info) -> list[Token]:
        return await _tokens(info.context)

    @strawberry.field(description="All your decisions about consent, the newest first.")
    async def my_consents(self, info: Info) -> list[ConsentDecision]:
        return await _consents(info.context)

    @strawberry.field(description="Everything that is kept about you, as JSON text.")
    async def my_data(self, info: Info) -> str:
        context = info.context
        exported = await context.ask(context.house.personal_data.export)
        return orjson.dumps(exported).decode()


async def _devices(context: Context) -> list[Device]:
    rows = await context.ask(sessions.live)
    return [Device.of(row, context) for row in rows]


async def _tokens(context: Context) -> list[Token]:
    rows = await context.ask(tokens.live)
    return [Token.of(row) for row in rows]


async def _consents(context: Context) -> list[ConsentDecision]:
    rows = await context.ask(consents.history)
    return [ConsentDecision.of(row) for row in rows]


@strawberry.type(description="Your signed-in browsers as they are now.")
class ChangedDevices:
    devices: list[Device]


@strawberry.type(description="Your tokens as they are now.")
class ChangedTokens:
    tokens: list[Token]


@strawberry.type(description="A token, shown this once.")
class MadeToken:
    token: str
    tokens: list[Token]


@strawberry.type(description="Your decisions as they are now.")
class ChangedConsents:
    consents: list[ConsentDecision]


@strawberry.type(description="The account is erased for good; the token or session that asked works no more.")
class ErasedAccount:
    erased: bool = True


@strawberry.input
class MakeTokenInput:
    name: str
    scopes: list[Scope]
    days: int = 90


DevicesResult: TypeAlias = Annotated[ChangedDevices | Problems, strawberry.union("DevicesResult")]
EraseResult: TypeAlias = Annotated[ErasedAccount | Problems, strawberry.union("EraseAccountResult")]
TokensResult: TypeAlias = Annotated[ChangedTokens | Problems, strawberry.union("TokensResult")]
MakeTokenResult: TypeAlias = Annotated[MadeToken | Problems, strawberry.union("MakeTokenResult")]
ConsentsResult: TypeAlias = Annotated[ChangedConsents | Problems, strawberry.union("ConsentsResult")]


@strawberry.type
class AccountMutations:
    @strawberry.mutation(description="Sign one of your browsers out.")
    async def sign_out_device(self, info: Info, device_id: strawberry.ID) -> DevicesResult:
        await info.context.do(sessions.revoke, key_of("Device", device_id))
        return ChangedDevices(devices=await _devices(info.context))

    @strawberry.mutation(description="Sign all your browsers out; tokens stay.")
    async def sign_out_everywhere(self, info: Info) -> DevicesResult:
        await info.context.do(sessions.sign_out_everywhere)
        return ChangedDevices(devices=[])

    @strawberry.mutation(description="Make a token for a program of yours.")
    async def make_token(self, info: Info, input: MakeTokenInput) -> MakeTokenResult:
        draft = read(TokenDraft, given(input))
        new = await info.context.do(tokens.create, draft)
        return MadeToken(token=new.token, tokens=await _tokens(info.context))

    @strawberry.mutation(description="End one of your tokens.")
    async def revoke_token(self, info: Info, token_id: strawberry.ID) -> TokensResult:
        await info.context.do(tokens.revoke, key_of("Token", token_id))
        return ChangedTokens(tokens=await _tokens(info.context))

    @strawberry.mutation(description="Agree to something.")
    async def give_consent(self, info: Info, kind: ConsentKind) -> ConsentsResult:
        await info.context.do(consents.give, kind)
        return ChangedConsents(consents=await _consents(info.context))

    @strawberry.mutation(description="Agree to it no longer. Terms and privacy end with the account.")
    async def withdraw_consent(self, info: Info, kind: ConsentKind) -> ConsentsResult:
        await info.context.do(consents.withdraw, kind)
        return ChangedConsents(consents=await _consents(info.context))

    @strawberry.mutation(description="Erase your account. It cannot be undone, so it is confirmed.")
    async def erase_my_account(self, info: Info, confirmed: bool) -> EraseResult:
        context, draft = info.context, read(ErasureDraft, {"confirmed": confirmed})
        await context.do(context.house.personal_data.erase, draft)
        return ErasedAccount()
