"""Buyers in the graph: who buys services, and how to reach them. They are public."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.areas import Area
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, fetch, global_id, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement import buyers, models
from marketplace.procurement.drafts import BuyerDraft
from marketplace.procurement.lists import queries


@node(queries.buyers_by_ids)
@strawberry.type(description="A district, subdistrict or department that buys services.")
class Buyer(Node):
    name: str
    credit_code: str | None = strawberry.field(description="The unified social credit code.")
    address: str | None
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    registered_at: datetime
    area_code: strawberry.Private[str]

    @classmethod
    def of(cls, row: models.Buyer) -> "Buyer":
        return cls(
            id=global_id("Buyer", row.id),
            name=row.name,
            credit_code=row.credit_code,
            address=row.address,
            contact_name=row.contact_name,
            contact_phone=row.contact_phone,
            contact_email=row.contact_email,
            registered_at=row.created_at,
            area_code=row.area_code,
        )

    @strawberry.field(description="For which it buys.")
    async def area(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.area_code)


@strawberry.type
class BuyerQueries:
    @strawberry.field(description="Buyers, the newest first; those of an area with all below it.")
    async def buyers(
        self,
        info: Info,
        area_code: Annotated[
            str | None, strawberry.argument(description="An official 12-digit code.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Buyer]:
        page = await info.context.ask(queries.buyers_page, area_code, PageRequest(first, after))
        return connection(page, Buyer.of)


@strawberry.input
class RegisterBuyerInput:
    area_code: str = strawberry.field(description="For which it buys; you are a procurement officer there.")
    name: str
    credit_code: str | None = strawberry.UNSET
    address: str | None = strawberry.UNSET
    contact_name: str | None = strawberry.UNSET
    contact_phone: str | None = strawberry.UNSET
    contact_email: str | None = strawberry.UNSET


@strawberry.type(description="The buyer as it is now.")
class ChangedBuyer:
    buyer: Buyer


BuyerResult: TypeAlias = Annotated[ChangedBuyer | Problems, strawberry.union("BuyerResult")]


@strawberry.type
class BuyerMutations:
    @strawberry.mutation(description="As procurement officer: register a buyer of your area.")
    async def register_buyer(self, info: Info, input: RegisterBuyerInput) -> BuyerResult:
        draft = read(BuyerDraft, given(input))
        key = await info.context.do(buyers.register, draft)
        return ChangedBuyer(buyer=await must_fetch(info.context, Buyer, key))
