"""Property services in the graph: compounds, contracts with their checklists, and how they were kept, month by month."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, TypeAlias

import strawberry

from marketplace.delivery.properties import evidence, queries, standards
from marketplace.delivery.properties.evidence import Comparison, Record
from marketplace.delivery.properties.models import PropertyStandard as StandardModel
from marketplace.delivery.properties.performance import Direction, Per, Result, Verdict
from marketplace.delivery.properties.queries import CompoundRow, ContractRow, LineRow
from marketplace.delivery.properties.standards import Part
from marketplace.delivery.properties.states import (
    PropertyContractState,
    SourceKind,
)
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.kernel.pagination import PageRequest

strawberry.enum(Part, name="PropertyPart", description="The parts of property service.")
strawberry.enum(Direction, name="PropertyDirection", description="Which way a target is kept.")
strawberry.enum(Per, name="PropertyPer", description="Over what a target is counted.")
strawberry.enum(Verdict, name="PropertyVerdict", description="What a month's evidence says.")
strawberry.enum(SourceKind, name="FactSourceKind", description="Who measures; kinds are never added up.")
strawberry.enum(PropertyContractState, description="Where a property contract stands.")

CompoundId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The id of a Compound.")]
PropertyContractId: TypeAlias = Annotated[
    strawberry.ID, strawberry.argument(description="The id of a PropertyContract.")
]


@strawberry.type(
    description="A measurable standard of the profession; `source` says where it is written and how well that is checked."
)
class PropertyStandard:
    code: str
    part: Part
    text: str
    unit: str
    direction: Direction
    target: int
    per: Per
    source: str

    @classmethod
    def of(cls, row: StandardModel, locale: str) -> "PropertyStandard":
        return cls(
            code=row.code,
            part=Part(row.part),
            text=row.text_en if locale == "en" else row.text_zh,
            unit=row.unit,
            direction=Direction(row.direction),
            target=row.target,
            per=Per(row.per),
            source=row.source,
        )


@strawberry.type(description="One month of one promise by one kind of source.")
class PropertyResult:
    month: date
    kind: SourceKind
    verdict: Verdict
    kept: int
    judged: int
    days: int = strawberry.field(description="How many days were told, the most of any one source.")
    value: int

    @classmethod
    def of(cls, row: Result) -> "PropertyResult":
        return cls(
            month=row.month,
            kind=row.kind,
            verdict=row.verdict,
            kept=row.kept,
            judged=row.judged,
            days=row.days,
            value=row.value,
        )


@strawberry.type(description="One line of the checklist bound to a contract.")
class PropertyCommitment:
    row: strawberry.Private[LineRow]
    id: strawberry.ID
    number: int
    origin: str = strawberry.field(description="`standard`, `demand` or `agreed`.")
    part: str
    text: str
    unit: str
    direction: Direction
    target: int
    per: Per
    source: str | None = strawberry.field(description="Where a standard is written.")
    demand_id: strawberry.ID | None

    @classmethod
    def of(cls, row: LineRow, locale: str) -> "PropertyCommitment":
        return cls(
            row=row,
            id=global_id("PropertyCommitment", row.id),
            number=row.number,
            origin=row.origin,
            part=row.part,
            text=row.text(locale),
            unit=row.unit,
            direction=row.promise.direction,
            target=row.promise.target,
            per=row.promise.per,
            source=row.source,
            demand_id=global_id("PropertyDemand", row.demand_id) if row.demand_id else None,
        )

    @strawberry.field(
        description="The last twelve months, from the facts that stand; kinds of sources apart."
    )
    async def results(self, info: Info) -> list[PropertyResult]:
        record: Record | None = await info.context.load(evidence.records_of, self.row.property_contract_id)
        return [PropertyResult.of(one) for one in (record.by_line.get(self.row.id, ()) if record else ())]


@strawberry.type(
    description="Shares kept over three months by one kind of source; others are nameless, and none where fewer than three are similar."
)
class CompoundComparison:
    kind: SourceKind
    own: int | None
    others: list[int]
    middle: int | None

    @classmethod
    def of(cls, row: Comparison) -> "CompoundComparison":
        return cls(kind=row.kind, own=row.own, others=list(row.others), middle=row.middle)


@node(queries.contracts_by_ids)
@strawberry.type(
    description="A company looks after a compound for a term; drafts are there for the two sides."
)
class PropertyContract(Node):
    row: strawberry.Private[ContractRow]
    compound_id: strawberry.ID
    compound: str
    company_id: strawberry.ID
    company: str
    fee: Money = strawberry.field(description="Per square metre and month.")
    starts_on: date
    ends_on: date
    state: PropertyContractState
    owners_agreed_at: datetime | None
    company_agreed_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    talk_opens_on: date
    talk_is_open: bool

    @classmethod
    def of(cls, row: ContractRow) -> "PropertyContract":
        return cls(
            id=global_id("PropertyContract", row.id),
            row=row,
            compound_id=global_id("Compound", row.compound_id),
            compound=row.compound,
            company_id=global_id("Organisation", row.organisation_id),
            company=row.company,
            fee=Money.of(row.fee_fen),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            state=row.state,
            owners_agreed_at=row.owners_agreed_at,
            company_agreed_at=row.company_agreed_at,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
            talk_opens_on=row.talk.opens_on,
            talk_is_open=row.talk.is_open,
        )

    @strawberry.field(description="The checklist, at most 40 lines.")
    async def commitments(self, info: Info) -> list[PropertyCommitment]:
        rows = await info.context.load(queries.lines_of, self.row.id)
        return [PropertyCommitment.of(one, info.context.locale) for one in rows or ()]


@node(queries.compounds_by_ids)
@strawberry.type(description="A residential compound that a property company looks after.")
class Compound(Node):
    row: strawberry.Private[CompoundRow]
    name: str
    address: str
    area_code: str
    households: int
    buildings: int
    built_year: int | None
    owners: int = strawberry.field(
        description="How many owners are confirmed; who they are is told to nobody."
    )
    company: str | None = strawberry.field(description="Who looks after it today.")
    company_id: strawberry.ID | None

    @classmethod
    def of(cls, row: CompoundRow) -> "Compound":
        return cls(
            id=global_id("Compound", row.id),
            row=row,
            name=row.name,
            address=row.address,
            area_code=row.area_code,
            households=row.households,
            buildings=row.buildings,
            built_year=row.built_year,
            owners=row.owners,
            company=row.company,
            company_id=global_id("Organisation", row.organisation_id) if row.organisation_id else None,
        )

    @strawberry.field(description="The contracts that you may see, the latest term first.")
    async def contracts(self, info: Info) -> list[PropertyContract]:
        rows = await info.context.load(queries.contracts_of, self.row.id)
        return [PropertyContract.of(one) for one in rows or ()]


@strawberry.type
class PropertyQueries:
    @strawberry.field(description="Compounds by name; `text` is looked for in names and addresses.")
    async def compounds(
        self, info: Info, first: First = 20, after: After = None, text: str = ""
    ) -> Connection[Compound]:
        asked = partial(queries.compounds, text=text)
        return connection(await info.context.ask(asked, PageRequest(first, after)), Compound.of)

    @strawberry.field(description="Compounds of which you are an owner, the company or the community.")
    async def my_compounds(self, info: Info, first: First = 20, after: After = None) -> Connection[Compound]:
        page = await info.context.ask(queries.my_compounds, PageRequest(first, after))
        return connection(page, Compound.of)

    @strawberry.field(description="The standards of the profession that a checklist may take up.")
    async def property_standards(self, info: Info) -> list[PropertyStandard]:
        rows = await info.context.ask(standards.all_standards)
        return [PropertyStandard.of(row, info.context.locale) for row in rows]

    @strawberry.field(description="How a compound stands beside similar ones, without names.")
    async def compound_comparison(self, info: Info, compound_id: CompoundId) -> list[CompoundComparison]:
        rows = await info.context.ask(evidence.comparison, key_of("Compound", compound_id))
        return [CompoundComparison.of(row) for row in rows]

    @strawberry.field(description="As company: your contracts, the newest draft first.")
    async def company_property_contracts(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[PropertyContract]:
        page = await info.context.ask(queries.contracts_of_company, PageRequest(first, after))
        return connection(page, PropertyContract.of)

    @strawberry.field(description="As community: the contracts of your compounds, the newest draft first.")
    async def community_property_contracts(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[PropertyContract]:
        page = await info.context.ask(queries.contracts_of_community, PageRequest(first, after))
        return connection(page, PropertyContract.of)
