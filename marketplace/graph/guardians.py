"""A guardian's consent in the graph: asked for by the minor, proved by the code on the guardian's phone."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.graph.sign_in import SentCode, SentCodeResult
from marketplace.identity import guardian, phones
from marketplace.identity.challenges import LASTS
from marketplace.identity.drafts import GuardianAnswerDraft, GuardianDraft, Relation
from marketplace.kernel.input import read

strawberry.enum(Relation, name="GuardianRelation", description="What a guardian is to the minor.")


@strawberry.type(description="A consent that was given for you, or by you.")
class GuardianConsent:
    id: strawberry.ID
    minor_name: str
    guardian_name: str
    guardian_phone: str = strawberry.field(description="Masked.")
    relation: Relation
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, shown: guardian.ConsentShown) -> "GuardianConsent":
        return cls(
            id=global_id("GuardianConsent", shown.row.id),
            minor_name=shown.minor_name,
            guardian_name=shown.guardian_name,
            guardian_phone=shown.guardian_phone,
            relation=Relation(shown.row.relation),
            given_at=shown.row.given_at,
            withdrawn_at=shown.row.withdrawn_at,
        )


@strawberry.type
class GuardianQueries:
    @strawberry.field(description="The consents that were given for you, and those you gave for others.")
    async def guardian_consents(self, info: Info) -> list[GuardianConsent]:
        return await _consents(info.context)


async def _consents(context: Context) -> list[GuardianConsent]:
    async with context.reading() as session:
        shown = await guardian.consents_of(session, context.house.vault, context.viewer)
    return [GuardianConsent.of(item) for item in shown]


@strawberry.input
class AskGuardianInput:
    guardian_name: str
    guardian_phone: str
    relation: Relation


@strawberry.input
class GiveGuardianConsentInput(AskGuardianInput):
    challenge_id: strawberry.ID
    code: str


@strawberry.type(description="The consents as they are now.")
class ChangedGuardianConsents:
    consents: list[GuardianConsent]


GuardianConsentsResult: TypeAlias = Annotated[
    ChangedGuardianConsents | Problems, strawberry.union("GuardianConsentsResult")
]


@strawberry.type
class GuardianMutations:
    @strawberry.mutation(description="As a minor: have a code sent to your guardian's phone.")
    async def ask_guardian(self, info: Info, input: AskGuardianInput) -> SentCodeResult:
        context, draft = info.context, read(GuardianDraft, given(input))
        async with context.unit_of_work() as session:
            message = await guardian.ask(session, context.house.vault, context.viewer, draft, context.source)
        await context.house.codes.send(message)
        return SentCode(
            challenge_id=strawberry.ID(str(message.challenge_id)),
            phone=phones.mask(draft.guardian_phone),
            minutes=Minutes(int(LASTS.total_seconds()) // 60),
        )

    @strawberry.mutation(description="Record the consent, proved by the guardian's code.")
    async def give_guardian_consent(
        self, info: Info, input: GiveGuardianConsentInput
    ) -> GuardianConsentsResult:
        context, draft = info.context, read(GuardianAnswerDraft, given(input))
        async with context.unit_of_work() as session:
            answered = await guardian.give(session, context.house.vault, context.viewer, draft)
        answered.or_refusal()
        return ChangedGuardianConsents(consents=await _consents(context))

    @strawberry.mutation(description="As the minor or the guardian: end a consent.")
    async def withdraw_guardian_consent(
        self, info: Info, consent_id: strawberry.ID
    ) -> GuardianConsentsResult:
        key = key_of("GuardianConsent", consent_id)
        await info.context.do(guardian.withdraw, key)
        return ChangedGuardianConsents(consents=await _consents(info.context))
