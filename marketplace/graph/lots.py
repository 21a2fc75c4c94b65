"""What is bought in the graph, for those who look for it: the search over tenders and announced items, and lots for an organisation."""

from datetime import date, datetime

import strawberry

from marketplace.discovery import purchases
from marketplace.discovery.purchases import PurchaseKind, PurchaseWishes, find_purchases
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.recommendations import Explanation
from marketplace.graph.search import Count, Highlight, counted, wishes_in
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.tenders.file import Condition
from marketplace.recommendations import lots
from marketplace.recommendations.lots import LotForProvider

strawberry.enum(
    PurchaseKind,
    description="A tender, or an item that a buyer announced on its list and means to tender.",
)
_NODES = {PurchaseKind.TENDER: "Tender", PurchaseKind.LIST_ITEM: "ListItem"}


@strawberry.type(description="A tender or an announced item as a search finds it.")
class FoundPurchase:
    kind: PurchaseKind
    id: strawberry.ID = strawberry.field(description="Of the tender or the item.")
    title: str
    text: str = strawberry.field(description="What is bought, in the buyer's words.")
    buyer_name: str
    area_code: str
    category: str | None = strawberry.field(description="A category's code.")
    value: Money = strawberry.field(description="The ceiling of all lots together, or the budget.")
    closes_at: datetime | None = strawberry.field(description="The deadline for bids; null for an item.")
    planned_on: date | None = strawberry.field(
        description="When the tender is planned; null for a tender, which is here."
    )
    highlights: list[Highlight] = strawberry.field(
        description="Where the words stand in `title`, in `text` (DESCRIPTION) and in `buyerName` (ORGANISATION)."
    )

    @classmethod
    def of(cls, found: purchases.FoundPurchase) -> "FoundPurchase":
        return cls(
            kind=found.kind,
            id=global_id(_NODES[found.kind], found.id),
            title=found.title,
            text=found.text,
            buyer_name=found.buyer_name,
            area_code=found.area.code,
            category=found.category.code if found.category else None,
            value=Money.of(found.fen),
            closes_at=found.closes_at,
            planned_on=found.planned_on,
            highlights=Highlight.all_of(found.highlights),
        )


@strawberry.input(description="What is looked for; everything that is given must fit.")
class PurchaseWishesInput:
    text: str | None = strawberry.field(
        default=None,
        description="Any words about the service, its buyer or its place, pinyin or initials; the first 10,000 characters count.",
    )
    kind: PurchaseKind | None = None
    category: str | None = strawberry.field(
        default=None, description="A category's code, with those under it."
    )
    area: str | None = strawberry.field(default=None, description="A 12-digit code: there, or below.")


@strawberry.type(description="One page of what was found, and what there would be under other choices.")
class PurchaseSearchConnection(Connection[FoundPurchase]):
    by_category: list[Count] = strawberry.field(
        description="How many there would be in each other category; broad ones count the narrow ones too. Empty when reduced."
    )
    by_district: list[Count] = strawberry.field(
        description="How many there would be in each other district; empty when reduced."
    )
    is_reduced: bool = strawberry.field(
        description="The search engine did not answer: words are looked for in titles alone."
    )
    is_approximate: bool = strawberry.field(description="Nothing matched every word; these come near.")
    is_cut: bool = strawberry.field(
        description="The text was longer than 10,000 characters; the rest was not read."
    )


@strawberry.type(description="What a bid has to show, beyond what the platform knows of the organisation.")
class ConditionToProve:
    text: str
    proof: str | None = strawberry.field(description="The paper that is wanted.")

    @classmethod
    def of(cls, condition: Condition) -> "ConditionToProve":
        return cls(text=condition.text, proof=condition.proof)


@strawberry.type(description="A lot of an open tender in an organisation's fields.")
class LotForYou:
    why: Explanation
    lot_id: strawberry.ID
    tender_id: strawberry.ID
    number: int
    title: str
    tender_title: str
    buyer_name: str
    area_code: str
    category: str = strawberry.field(description="A category's code.")
    ceiling: Money = strawberry.field(description="The most that a bid may ask.")
    people: int | None = strawberry.field(description="How many people the tender serves, where it says so.")
    enquiries_end_at: datetime
    closes_at: datetime = strawberry.field(description="The deadline for bids.")
    conditions: list[ConditionToProve]

    @classmethod
    def of(cls, one: LotForProvider, locale: str) -> "LotForYou":
        return cls(
            why=Explanation.of(one.told, locale),
            lot_id=global_id("Lot", one.lot_id),
            tender_id=global_id("Tender", one.tender_id),
            number=one.number,
            title=one.title,
            tender_title=one.tender_title,
            buyer_name=one.buyer_name,
            area_code=one.area.code,
            category=one.category.code,
            ceiling=Money.of(one.ceiling_fen, one.currency),
            people=one.people,
            enquiries_end_at=one.enquiries_end_at,
            closes_at=one.closes_at,
            conditions=[ConditionToProve.of(condition) for condition in one.conditions],
        )


@strawberry.type
class LotQueries:
    @strawberry.field(
        description="Published tenders and items of lists in force that fit all wishes: with words what is most about them first, else the newest."
    )
    async def search_purchases(
        self, info: Info, wishes: PurchaseWishesInput | None = None, first: First = 20, after: After = None
    ) -> PurchaseSearchConnection:
        context = info.context
        asked, request = read(PurchaseWishes, wishes_in(wishes)), PageRequest(first, after)
        async with context.reading() as session:
            found = await find_purchases(session, context.house.search, asked, request)
        return PurchaseSearchConnection(
            **vars(connection(found.page, FoundPurchase.of)),
            by_category=counted(found.names.categories, found.by_category),
            by_district=counted(found.names.areas, found.by_district),
            is_reduced=found.reduced,
            is_approximate=found.approximate,
            is_cut=found.cut,
        )

    @strawberry.field(
        description="As its manager: lots that take bids in your organisation's fields, the best first; empty until it is verified."
    )
    async def lots_for_organisation(self, info: Info, organisation_id: strawberry.ID) -> list[LotForYou]:
        key = key_of("Organisation", organisation_id)
        found = await info.context.ask(lots.for_organisation, key)
        return [LotForYou.of(one, info.context.locale) for one in found.items]
