"""What the two sides of a contract do, and what those say who are served."""

from datetime import date
from functools import partial
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.contracts import Contract, ContractId
from marketplace.graph.inputs import given
from marketplace.graph.nodes import change, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.procurement.contracts import (
    changes,
    closing,
    details,
    drafting,
    milestones,
    opinions,
    payments,
    signing,
)
from marketplace.procurement.contracts.drafts import (
    AcceptanceDraft,
    ChangeDecisionDraft,
    ChangeDraft,
    OpinionDraft,
    PaymentDraft,
    ReportDecisionDraft,
    ReportDraft,
    ReversalDraft,
    TerminationDraft,
)

_KEY = "Of your choice, new for each act; repeated, it gives the first answer."
_AMOUNT = "In yuan, such as `100000.00`; separators, full-width digits and 万 are understood."


@strawberry.input
class ReportMilestoneInput:
    milestone_id: strawberry.ID
    text: str = strawberry.field(description="What was delivered.")


@strawberry.input
class DecideMilestoneInput:
    milestone_id: strawberry.ID
    is_accepted: bool
    reason: str | None = strawberry.field(default=None, description="Needed to send a delivery back.")


@strawberry.input
class RecordPaymentInput:
    milestone_id: strawberry.ID
    amount: str = strawberry.field(description=_AMOUNT)
    paid_on: date
    reference: str = strawberry.field(description="The number of the transfer.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input
class ReversePaymentInput:
    payment_id: strawberry.ID
    reason: str
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input
class ProposeChangeInput:
    contract_id: strawberry.ID
    title: str
    what: str
    reason: str
    added: str = strawberry.field(default="0", description=_AMOUNT)
    ends_on: date | None = None


@strawberry.input
class ProposeTerminationInput:
    contract_id: strawberry.ID
    what: str = strawberry.field(description="What becomes of what was begun.")
    reason: str


@strawberry.input
class DecideChangeInput:
    change_id: strawberry.ID
    is_approved: bool
    reason: str | None = strawberry.field(default=None, description="Needed to refuse.")


@strawberry.input
class AcceptContractInput:
    contract_id: strawberry.ID
    acceptance: str = strawberry.field(description="What was found.")


@strawberry.input
class GiveOpinionInput:
    contract_id: strawberry.ID
    received: bool = strawberry.field(
        description="That you received the service, or look after somebody who did."
    )
    is_satisfied: bool
    text: str


@strawberry.type(description="The contract as it is now.")
class ChangedContract:
    contract: Contract


ContractResult: TypeAlias = Annotated[ChangedContract | Problems, strawberry.union("ContractResult")]


async def _of(info: Info, contract_id: UUID) -> ChangedContract:
    return ChangedContract(contract=await must_fetch(info.context, Contract, contract_id))


def _fields(input: Any, kind: str, name: str) -> tuple[UUID, dict[str, Any]]:
    """The key under ``name``, and the other fields; a field for money is called after fen in the drafts."""
    fields = given(input)
    key = key_of(kind, fields.pop(name))
    for shown in ("amount", "added"):
        if shown in fields:
            fields[f"{shown}_fen"] = fields.pop(shown)
    return key, fields


@strawberry.type
class ContractMutations:
    @strawberry.mutation(description="As officer: draft the contract of a published award.")
    async def draft_contract(
        self,
        info: Info,
        award_id: Annotated[strawberry.ID, strawberry.argument(description="The id of an Award.")],
    ) -> ContractResult:
        return await _of(info, await info.context.do(drafting.draft, key_of("Award", award_id)))

    @strawberry.mutation(description="As officer: sign for the buyer.")
    async def sign_contract_for_buyer(self, info: Info, contract_id: ContractId) -> ContractResult:
        return ChangedContract(
            contract=await change(info.context, Contract, contract_id, signing.sign_for_buyer)
        )

    @strawberry.mutation(description="As manager: sign for the supplier.")
    async def sign_contract_for_supplier(self, info: Info, contract_id: ContractId) -> ContractResult:
        return ChangedContract(
            contract=await change(info.context, Contract, contract_id, signing.sign_for_supplier)
        )

    @strawberry.mutation(
        description="As officer: make a signed contract public, with the hash of what it says."
    )
    async def publish_contract(self, info: Info, contract_id: ContractId) -> ContractResult:
        return ChangedContract(
            contract=await change(info.context, Contract, contract_id, signing.publish_contract)
        )

    @strawberry.mutation(description="As supplier: say that a milestone is delivered.")
    async def report_milestone(self, info: Info, input: ReportMilestoneInput) -> ContractResult:
        key, fields = _fields(input, "Milestone", "milestone_id")
        return await _of(info, await info.context.do(milestones.report, key, read(ReportDraft, fields)))

    @strawberry.mutation(description="As officer: accept a delivery, or send it back with the reason.")
    async def decide_milestone(self, info: Info, input: DecideMilestoneInput) -> ContractResult:
        key, fields = _fields(input, "Milestone", "milestone_id")
        draft = read(ReportDecisionDraft, fields)
        return await _of(info, await info.context.do(milestones.decide, key, draft))

    @strawberry.mutation(description="As officer: record a payment for an accepted milestone.")
    async def record_payment(self, info: Info, input: RecordPaymentInput) -> ContractResult:
        key, fields = _fields(input, "Milestone", "milestone_id")
        made = await info.context.do(payments.pay, key, read(PaymentDraft, fields))
        return await _of(info, (await info.context.ask(details.payment, made))[0].id)

    @strawberry.mutation(description="As officer: take a wrong payment off the record, by a second entry.")
    async def reverse_payment(self, info: Info, input: ReversePaymentInput) -> ContractResult:
        key, fields = _fields(input, "Payment", "payment_id")
        made = await info.context.do(payments.reverse, key, read(ReversalDraft, fields))
        return await _of(info, (await info.context.ask(details.payment, made))[0].id)

    @strawberry.mutation(description="As officer: propose a change or a supplement; another officer decides.")
    async def propose_change(self, info: Info, input: ProposeChangeInput) -> ContractResult:
        key, fields = _fields(input, "Contract", "contract_id")
        await info.context.do(changes.propose, key, read(ChangeDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As officer: propose to end a contract early; another officer decides.")
    async def propose_termination(self, info: Info, input: ProposeTerminationInput) -> ContractResult:
        key, fields = _fields(input, "Contract", "contract_id")
        await info.context.do(changes.propose_termination, key, read(TerminationDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As officer: decide what another officer proposed.")
    async def decide_change(self, info: Info, input: DecideChangeInput) -> ContractResult:
        key, fields = _fields(input, "ContractChange", "change_id")
        return await _of(info, await info.context.do(changes.decide, key, read(ChangeDecisionDraft, fields)))

    @strawberry.mutation(description="As officer: accept the whole service, once its users were heard.")
    async def accept_contract(self, info: Info, input: AcceptContractInput) -> ContractResult:
        key, fields = _fields(input, "Contract", "contract_id")
        await info.context.do(closing.accept, key, read(AcceptanceDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(
        description="Say what you think of a service that you received; your name is not shown."
    )
    async def give_opinion(self, info: Info, input: GiveOpinionInput) -> ContractResult:
        fields = given(input)
        contract_id = fields.pop("contract_id")
        give = partial(opinions.give, draft=read(OpinionDraft, fields))
        return ChangedContract(contract=await change(info.context, Contract, contract_id, give))
