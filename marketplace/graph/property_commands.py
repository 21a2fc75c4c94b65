"""What the two sides of a property contract do: its checklist, its facts and the talk before renewal."""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.delivery.properties import (
    commitments,
    contracts,
    fact_queries,
    facts,
    inside,
    renewal,
    sources,
)
from marketplace.delivery.properties.drafts import (
    FactDraft,
    LineDraft,
    MessageDraft,
    PropertyContractDraft,
    SourceDraft,
    StandardsDraft,
    WhyDraft,
)
from marketplace.delivery.properties.performance import Direction, Per
from marketplace.delivery.properties.standards import Part
from marketplace.delivery.properties.states import SourceKind
from marketplace.graph.compound_commands import split_fields
from marketplace.graph.context import Info
from marketplace.graph.nodes import change, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.graph.properties import PropertyContract, PropertyContractId
from marketplace.graph.property_inside import FactSource, PropertyFact, RenewalMessage
from marketplace.kernel.input import read

_KEY = "Of your choice, new for each act; repeated, it gives the first answer."
_UNIT = "times, minutes, hours, days, incidents or people."


@strawberry.input
class DraftPropertyContractInput:
    compound_id: strawberry.ID
    company_id: strawberry.ID = strawberry.field(description="The id of an Organisation.")
    fee: str = strawberry.field(description="In yuan per square metre and month, such as `2.20`.")
    starts_on: date
    ends_on: date
    standards: list[str] = strawberry.field(
        default_factory=list, description="Codes of standards to begin with."
    )


@strawberry.input
class AddPropertyStandardsInput:
    property_contract_id: strawberry.ID
    codes: list[str]


@strawberry.input
class AddPropertyCommitmentInput:
    property_contract_id: strawberry.ID
    part: Part
    text: str
    unit: str = strawberry.field(description=_UNIT)
    direction: Direction
    target: int
    per: Per
    demand_id: strawberry.ID | None = strawberry.field(
        default=None, description="The demand that it answers."
    )


@strawberry.input
class RemovePropertyCommitmentInput:
    property_contract_id: strawberry.ID
    number: int


@strawberry.input
class EndPropertyContractInput:
    property_contract_id: strawberry.ID
    reason: str


@strawberry.input
class RegisterFactSourceInput:
    compound_id: strawberry.ID
    name: str
    kind: SourceKind
    keeper_phone: str | None = strawberry.field(default=None, description="Who posts; you where it is empty.")


@strawberry.input
class PostPropertyFactInput:
    source_id: strawberry.ID
    commitment_id: strawberry.ID
    from_on: date
    until_on: date
    value: int
    idempotency_key: str = strawberry.field(description=_KEY)
    note: str | None = strawberry.field(default=None, description="Needed to correct: why.")
    corrects_id: strawberry.ID | None = strawberry.field(
        default=None, description="The fact that it takes the place of."
    )


@strawberry.input
class WriteRenewalMessageInput:
    property_contract_id: strawberry.ID
    text: str
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input
class HideRenewalMessageInput:
    message_id: strawberry.ID
    reason: str


@strawberry.type(description="The property contract as it is now.")
class ChangedPropertyContract:
    contract: PropertyContract


@strawberry.type(description="The source as it is now.")
class ChangedFactSource:
    source: FactSource


@strawberry.type(description="The fact as it was posted.")
class PostedPropertyFact:
    fact: PropertyFact


@strawberry.type(description="The message as it is now.")
class ChangedRenewalMessage:
    renewal_message: RenewalMessage


PropertyContractResult: TypeAlias = Annotated[
    ChangedPropertyContract | Problems, strawberry.union("PropertyContractResult")
]
FactSourceResult: TypeAlias = Annotated[ChangedFactSource | Problems, strawberry.union("FactSourceResult")]
PropertyFactResult: TypeAlias = Annotated[
    PostedPropertyFact | Problems, strawberry.union("PropertyFactResult")
]
RenewalMessageResult: TypeAlias = Annotated[
    ChangedRenewalMessage | Problems, strawberry.union("RenewalMessageResult")
]


async def _contract(info: Info, key: UUID) -> ChangedPropertyContract:
    return ChangedPropertyContract(contract=await must_fetch(info.context, PropertyContract, key))


async def _source(info: Info, key: UUID) -> ChangedFactSource:
    rows = await info.context.ask(fact_queries.sources_by_ids, [key])
    return ChangedFactSource(source=FactSource.of(rows[key]))


async def _message(info: Info, key: UUID) -> ChangedRenewalMessage:
    return ChangedRenewalMessage(
        renewal_message=RenewalMessage.of(await info.context.ask(inside.message, key))
    )


@strawberry.type
class PropertyContractMutations:
    @strawberry.mutation(description="As community: draft a contract with a property company.")
    async def draft_property_contract(
        self, info: Info, input: DraftPropertyContractInput
    ) -> PropertyContractResult:
        key, fields = split_fields(input, "Compound", "compound_id")
        fields["organisation_id"] = key_of("Organisation", fields.pop("company_id"))
        fields["fee_fen"] = fields.pop("fee")
        draft = read(PropertyContractDraft, fields)
        return await _contract(info, await info.context.do(contracts.draft, key, draft))

    @strawberry.mutation(description="As community: put standards into the checklist of a draft.")
    async def add_property_standards(
        self, info: Info, input: AddPropertyStandardsInput
    ) -> PropertyContractResult:
        key, fields = split_fields(input, "PropertyContract", "property_contract_id")
        await info.context.do(commitments.add_standards, key, read(StandardsDraft, fields))
        return await _contract(info, key)

    @strawberry.mutation(description="As community: add a line to the checklist of a draft.")
    async def add_property_commitment(
        self, info: Info, input: AddPropertyCommitmentInput
    ) -> PropertyContractResult:
        key, fields = split_fields(input, "PropertyContract", "property_contract_id")
        if fields.get("demand_id"):
            fields["demand_id"] = key_of("PropertyDemand", fields["demand_id"])
        await info.context.do(commitments.add, key, read(LineDraft, fields))
        return await _contract(info, key)

    @strawberry.mutation(description="As community: take a line out of a draft.")
    async def remove_property_commitment(
        self, info: Info, input: RemovePropertyCommitmentInput
    ) -> PropertyContractResult:
        key, fields = split_fields(input, "PropertyContract", "property_contract_id")
        await info.context.do(commitments.remove, key, fields["number"])
        return await _contract(info, key)

    @strawberry.mutation(description="As community: record that the owners decided for it.")
    async def agree_for_owners(
        self, info: Info, property_contract_id: PropertyContractId
    ) -> PropertyContractResult:
        return ChangedPropertyContract(
            contract=await change(
                info.context, PropertyContract, property_contract_id, contracts.agree_for_owners
            )
        )

    @strawberry.mutation(description="As manager: agree for the company.")
    async def agree_for_company(
        self, info: Info, property_contract_id: PropertyContractId
    ) -> PropertyContractResult:
        return ChangedPropertyContract(
            contract=await change(
                info.context, PropertyContract, property_contract_id, contracts.agree_for_company
            )
        )

    @strawberry.mutation(description="As community: end a contract early; either side withdraws a draft.")
    async def end_property_contract(
        self, info: Info, input: EndPropertyContractInput
    ) -> PropertyContractResult:
        key, fields = split_fields(input, "PropertyContract", "property_contract_id")
        await info.context.do(contracts.end, key, read(WhyDraft, fields))
        return await _contract(info, key)

    @strawberry.mutation(description="As community, or as company its own: register who measures.")
    async def register_fact_source(self, info: Info, input: RegisterFactSourceInput) -> FactSourceResult:
        key, fields = split_fields(input, "Compound", "compound_id")
        draft = read(SourceDraft, fields)
        made = await info.context.do(sources.register, info.context.house.vault, key, draft)
        return await _source(info, made)

    @strawberry.mutation(description="As community or keeper: let a source post no more.")
    async def end_fact_source(
        self,
        info: Info,
        source_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a FactSource.")],
    ) -> FactSourceResult:
        key = key_of("FactSource", source_id)
        await info.context.do(sources.end, key)
        return await _source(info, key)

    @strawberry.mutation(
        description="As keeper, or as your program with a token that may write: post a fact."
    )
    async def post_property_fact(self, info: Info, input: PostPropertyFactInput) -> PropertyFactResult:
        source_id, fields = split_fields(input, "FactSource", "source_id")
        fields["source_id"] = source_id
        fields["commitment_id"] = key_of("PropertyCommitment", fields["commitment_id"])
        if fields.get("corrects_id"):
            fields["corrects_id"] = key_of("PropertyFact", fields["corrects_id"])
        made = await info.context.do(facts.post, read(FactDraft, fields))
        return PostedPropertyFact(fact=PropertyFact.of(await info.context.ask(fact_queries.fact, made)))

    @strawberry.mutation(description="Say something in the talk before renewal.")
    async def write_renewal_message(
        self, info: Info, input: WriteRenewalMessageInput
    ) -> RenewalMessageResult:
        key, fields = split_fields(input, "PropertyContract", "property_contract_id")
        made = await info.context.do(renewal.write, key, read(MessageDraft, fields))
        return await _message(info, made)

    @strawberry.mutation(description="As community or moderator: hide a message, with the reason.")
    async def hide_renewal_message(self, info: Info, input: HideRenewalMessageInput) -> RenewalMessageResult:
        key, fields = split_fields(input, "RenewalMessage", "message_id")
        await info.context.do(renewal.hide, key, read(WhyDraft, fields))
        return await _message(info, key)
