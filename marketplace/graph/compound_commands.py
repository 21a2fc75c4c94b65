"""What communities and owners do about a compound: register it, claim a home in it, ask something of its company."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from marketplace.delivery.properties import compounds, demands, inside, owners
from marketplace.delivery.properties.drafts import (
    ClaimDecisionDraft,
    ClaimDraft,
    CompoundDraft,
    DemandDraft,
    WhyDraft,
)
from marketplace.delivery.properties.standards import Part
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import change, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.graph.properties import Compound
from marketplace.graph.property_inside import OwnerClaim, PropertyDemand
from marketplace.kernel.input import read

_KEY = "Of your choice, new for each act; repeated, it gives the first answer."
DemandId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The id of a PropertyDemand.")]


@strawberry.input
class RegisterCompoundInput:
    area_code: str = strawberry.field(description="Twelve digits.")
    name: str
    address: str
    households: int
    buildings: int
    built_year: int | None = None


@strawberry.input
class CorrectCompoundInput(RegisterCompoundInput):
    compound_id: strawberry.ID = strawberry.field()


@strawberry.input
class ClaimHomeInput:
    compound_id: strawberry.ID
    home: str = strawberry.field(description="Building and door; only the community sees it.")


@strawberry.input
class DecideOwnerClaimInput:
    claim_id: strawberry.ID
    is_confirmed: bool
    reason: str | None = strawberry.field(default=None, description="Needed to refuse.")


@strawberry.input
class RaisePropertyDemandInput:
    compound_id: strawberry.ID
    part: Part
    text: str
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input
class DeclinePropertyDemandInput:
    demand_id: strawberry.ID
    reason: str


@strawberry.type(description="The compound as it is now.")
class ChangedCompound:
    compound: Compound


@strawberry.type(description="The claim as it is now.")
class ChangedOwnerClaim:
    claim: OwnerClaim


@strawberry.type(description="The demand as it is now.")
class ChangedPropertyDemand:
    demand: PropertyDemand


CompoundResult: TypeAlias = Annotated[ChangedCompound | Problems, strawberry.union("CompoundResult")]


OwnerClaimResult: TypeAlias = Annotated[ChangedOwnerClaim | Problems, strawberry.union("OwnerClaimResult")]


PropertyDemandResult: TypeAlias = Annotated[
    ChangedPropertyDemand | Problems, strawberry.union("PropertyDemandResult")
]


def split_fields(input: Any, kind: str, name: str) -> tuple[UUID, dict[str, Any]]:
    """The key under ``name``, and the other fields."""
    fields = given(input)
    return key_of(kind, fields.pop(name)), fields


async def _compound(info: Info, key: UUID) -> ChangedCompound:
    return ChangedCompound(compound=await must_fetch(info.context, Compound, key))


async def _claim(info: Info, key: UUID) -> ChangedOwnerClaim:
    row = await info.context.ask(inside.claim, info.context.house.vault, key)
    return ChangedOwnerClaim(claim=OwnerClaim.of(row))


async def _demand(info: Info, key: UUID) -> ChangedPropertyDemand:
    return ChangedPropertyDemand(demand=await must_fetch(info.context, PropertyDemand, key))


@strawberry.type
class CompoundMutations:
    @strawberry.mutation(description="As community: register a compound.")
    async def register_compound(self, info: Info, input: RegisterCompoundInput) -> CompoundResult:
        made = await info.context.do(compounds.register, read(CompoundDraft, given(input)))
        return await _compound(info, made)

    @strawberry.mutation(description="As community: say anew what a compound is.")
    async def correct_compound(self, info: Info, input: CorrectCompoundInput) -> CompoundResult:
        key, fields = split_fields(input, "Compound", "compound_id")
        await info.context.do(compounds.correct, key, read(CompoundDraft, fields))
        return await _compound(info, key)

    @strawberry.mutation(description="Say which home is yours; the community confirms it.")
    async def claim_home(self, info: Info, input: ClaimHomeInput) -> OwnerClaimResult:
        key, fields = split_fields(input, "Compound", "compound_id")
        made = await info.context.do(owners.claim, info.context.house.vault, key, read(ClaimDraft, fields))
        return await _claim(info, made)

    @strawberry.mutation(description="As community: confirm an owner, or refuse with the reason.")
    async def decide_owner_claim(self, info: Info, input: DecideOwnerClaimInput) -> OwnerClaimResult:
        key, fields = split_fields(input, "OwnerClaim", "claim_id")
        await info.context.do(owners.decide, key, read(ClaimDecisionDraft, fields))
        return await _claim(info, key)

    @strawberry.mutation(description="The home is sold, or the claim was a mistake.")
    async def end_ownership(
        self,
        info: Info,
        claim_id: Annotated[strawberry.ID, strawberry.argument(description="The id of an OwnerClaim.")],
    ) -> OwnerClaimResult:
        key = key_of("OwnerClaim", claim_id)
        await info.context.do(owners.end, key)
        return await _claim(info, key)

    @strawberry.mutation(description="As owner: ask something of the company.")
    async def raise_property_demand(
        self, info: Info, input: RaisePropertyDemandInput
    ) -> PropertyDemandResult:
        key, fields = split_fields(input, "Compound", "compound_id")
        return await _demand(
            info, await info.context.do(demands.raise_demand, key, read(DemandDraft, fields))
        )

    @strawberry.mutation(description="As owner: say that you want it too.")
    async def support_property_demand(self, info: Info, demand_id: DemandId) -> PropertyDemandResult:
        return ChangedPropertyDemand(
            demand=await change(info.context, PropertyDemand, demand_id, demands.support)
        )

    @strawberry.mutation(description="Take your support back.")
    async def withdraw_demand_support(self, info: Info, demand_id: DemandId) -> PropertyDemandResult:
        return ChangedPropertyDemand(
            demand=await change(info.context, PropertyDemand, demand_id, demands.withdraw_support)
        )

    @strawberry.mutation(description="As company or community: say why a demand is not promised.")
    async def decline_property_demand(
        self, info: Info, input: DeclinePropertyDemandInput
    ) -> PropertyDemandResult:
        key, fields = split_fields(input, "PropertyDemand", "demand_id")
        await info.context.do(demands.decline, key, read(WhyDraft, fields))
        return await _demand(info, key)
