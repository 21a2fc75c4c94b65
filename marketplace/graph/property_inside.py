"""What of property services is for owners, company and community: demands, claims, sources, facts and the talk before renewal."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from marketplace.delivery.properties import fact_queries, inside
from marketplace.delivery.properties.drafts import Side
from marketplace.delivery.properties.fact_queries import FactRow, SourceRow
from marketplace.delivery.properties.inside import ClaimRow, DemandRow, MessageRow
from marketplace.delivery.properties.states import ClaimState, DemandState, SourceKind
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.graph.properties import CompoundId, PropertyContractId
from marketplace.kernel.pagination import PageRequest

strawberry.enum(ClaimState, name="OwnerClaimState", description="Where an owner's claim stands.")
strawberry.enum(DemandState, name="PropertyDemandState", description="Where an owner's demand stands.")
strawberry.enum(Side, name="PropertySide", description="Who speaks in the talk before renewal.")


@strawberry.type(description="A fact as a source told it; a later one may have taken its place.")
class PropertyFact:
    id: strawberry.ID
    source: str
    kind: SourceKind
    from_on: date
    until_on: date
    value: int
    note: str | None
    corrects_id: strawberry.ID | None
    corrected_by_id: strawberry.ID | None
    posted_at: datetime

    @classmethod
    def of(cls, row: FactRow) -> "PropertyFact":
        return cls(
            id=global_id("PropertyFact", row.id),
            source=row.source,
            kind=row.kind,
            from_on=row.from_on,
            until_on=row.until_on,
            value=row.value,
            note=row.note,
            corrects_id=global_id("PropertyFact", row.corrects_id) if row.corrects_id else None,
            corrected_by_id=global_id("PropertyFact", row.corrected_by) if row.corrected_by else None,
            posted_at=row.posted_at,
        )


@strawberry.type(description="Who or what measures.")
class FactSource:
    id: strawberry.ID
    compound_id: strawberry.ID
    compound: str
    name: str
    kind: SourceKind
    ended_at: datetime | None
    is_mine: bool = strawberry.field(description="Whether you keep it and post for it.")

    @classmethod
    def of(cls, row: SourceRow) -> "FactSource":
        return cls(
            id=global_id("FactSource", row.id),
            compound_id=global_id("Compound", row.compound_id),
            compound=row.compound,
            name=row.name,
            kind=row.kind,
            ended_at=row.ended_at,
            is_mine=row.is_mine,
        )


@node(inside.demands_by_ids)
@strawberry.type(
    description="What owners ask of the company; never who asked. For owners, company and community."
)
class PropertyDemand(Node):
    part: str
    text: str
    raised_at: datetime
    wanted_by: int = strawberry.field(description="How many owners want it.")
    state: DemandState
    decline_reason: str | None
    is_mine: bool
    is_supported: bool

    @classmethod
    def of(cls, row: DemandRow) -> "PropertyDemand":
        return cls(
            id=global_id("PropertyDemand", row.id),
            part=row.part,
            text=row.text,
            raised_at=row.raised_at,
            wanted_by=row.wanted_by,
            state=row.state,
            decline_reason=row.decline_reason,
            is_mine=row.is_mine,
            is_supported=row.is_supported,
        )


@strawberry.type(description="Somebody's claim to own a home, for its community and for themselves.")
class OwnerClaim:
    id: strawberry.ID
    compound_id: strawberry.ID
    compound: str
    name: str
    home: str | None
    claimed_at: datetime
    state: ClaimState
    refusal_reason: str | None

    @classmethod
    def of(cls, row: ClaimRow) -> "OwnerClaim":
        return cls(
            id=global_id("OwnerClaim", row.id),
            compound_id=global_id("Compound", row.compound_id),
            compound=row.compound,
            name=row.name,
            home=row.home,
            claimed_at=row.claimed_at,
            state=row.state,
            refusal_reason=row.refusal_reason,
        )


@strawberry.type(description="A word in the talk before renewal, under the name of a side.")
class RenewalMessage:
    id: strawberry.ID
    side: Side
    text: str | None = strawberry.field(description="Null where it is hidden.")
    written_at: datetime
    hidden_reason: str | None

    @classmethod
    def of(cls, row: MessageRow) -> "RenewalMessage":
        return cls(
            id=global_id("RenewalMessage", row.id),
            side=Side(row.side),
            text=row.text,
            written_at=row.written_at,
            hidden_reason=row.hidden_reason,
        )


@strawberry.type
class PropertyInsideQueries:
    @strawberry.field(description="Who measures in a compound.")
    async def fact_sources(self, info: Info, compound_id: CompoundId) -> list[FactSource]:
        rows = await info.context.ask(fact_queries.sources, key_of("Compound", compound_id))
        return [FactSource.of(row) for row in rows]

    @strawberry.field(description="The sources that you keep.")
    async def my_fact_sources(self, info: Info) -> list[FactSource]:
        return [FactSource.of(row) for row in await info.context.ask(fact_queries.kept_sources)]

    @strawberry.field(
        description="Every fact of one promise, the latest days first; for insiders and keepers."
    )
    async def property_facts(
        self,
        info: Info,
        commitment_id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of a PropertyCommitment.")
        ],
        first: First = 20,
        after: After = None,
    ) -> Connection[PropertyFact]:
        key = key_of("PropertyCommitment", commitment_id)
        page = await info.context.ask(fact_queries.facts, key, PageRequest(first, after))
        return connection(page, PropertyFact.of)

    @strawberry.field(description="What owners ask, the newest first; for insiders.")
    async def property_demands(
        self, info: Info, compound_id: CompoundId, first: First = 20, after: After = None
    ) -> Connection[PropertyDemand]:
        key = key_of("Compound", compound_id)
        page = await info.context.ask(inside.demands, key, PageRequest(first, after))
        return connection(page, PropertyDemand.of)

    @strawberry.field(description="As community: claims that wait for you, the oldest first.")
    async def waiting_owner_claims(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[OwnerClaim]:
        vault = info.context.house.vault
        page = await info.context.ask(inside.waiting_claims, vault, PageRequest(first, after))
        return connection(page, OwnerClaim.of)

    @strawberry.field(description="Your own claims in a compound, the newest first.")
    async def my_owner_claims(self, info: Info, compound_id: CompoundId) -> list[OwnerClaim]:
        key = key_of("Compound", compound_id)
        rows = await info.context.ask(inside.my_claims, info.context.house.vault, key)
        return [OwnerClaim.of(row) for row in rows]

    @strawberry.field(description="The talk before renewal, the newest word first; for those who take part.")
    async def renewal_messages(
        self, info: Info, property_contract_id: PropertyContractId, first: First = 20, after: After = None
    ) -> Connection[RenewalMessage]:
        key = key_of("PropertyContract", property_contract_id)
        page = await info.context.ask(inside.messages, key, PageRequest(first, after))
        return connection(page, RenewalMessage.of)
