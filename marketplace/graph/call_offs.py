"""Call-offs in the graph: opened, offered for, decided; secret offers are secret here too."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

# The ways become an enum of the graph there.
import marketplace.graph.tender_file  # noqa: F401
from marketplace.db.session import Session
from marketplace.delivery.scorecards.intervals import Interval, for_service, low_ends
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.contracts import Contract
from marketplace.graph.inputs import given
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.contracts import call_off_queries, call_offs, competitions, frameworks
from marketplace.procurement.contracts.call_off_queries import CallOffRow, OfferRow
from marketplace.procurement.contracts.drafts import (
    CallOffDecisionDraft,
    CallOffDraft,
    CallOffEndDraft,
    OfferDraft,
)
from marketplace.procurement.contracts.frameworks import Standing
from marketplace.procurement.contracts.states import CallOffState
from marketplace.procurement.tenders.file import CallOffWay

strawberry.enum(CallOffState, description="Where a call-off stands.")

_ONE = 10_000
_AMOUNT = "In yuan, such as `100000.00`; separators, full-width digits and 万 are understood."


@strawberry.type(description="An offer in a second competition.")
class CallOffOffer:
    id: strawberry.ID
    supplier: str
    supplier_id: strawberry.ID
    price: Money
    text: str
    offered_at: datetime
    quality: int | None
    rating_low: float | None = strawberry.field(
        description="The lower end of the supplier's rating that counted, from 1 to 5; null where ratings have no weight."
    )
    place: int | None = strawberry.field(description="Null until quality is judged, where it counts.")
    points: str | None = strawberry.field(description="With four places.")

    @classmethod
    def of(cls, row: OfferRow) -> "CallOffOffer":
        return cls(
            id=global_id("CallOffOffer", row.id),
            supplier=row.supplier,
            supplier_id=global_id("Organisation", row.organisation_id),
            price=Money.of(row.price_fen),
            text=row.text,
            offered_at=row.offered_at,
            quality=row.quality,
            rating_low=None if row.rating_low is None else row.rating_low / _ONE,
            place=row.place,
            points=None if row.points is None else f"{float(row.points):.4f}",
        )


@node(call_off_queries.call_offs_by_ids)
@strawberry.type(description="A service called off a framework agreement.")
class CallOff(Node):
    row: strawberry.Private[CallOffRow]
    way: CallOffWay
    state: CallOffState
    title: str
    description: str
    budget: Money
    starts_on: date
    ends_on: date
    buyer: str
    tender_id: strawberry.ID
    lot_id: strawberry.ID
    opened_at: datetime
    offers_end_at: datetime | None
    price_weight: int = strawberry.field(description="Percent of the price in a second competition.")
    rating_weight: int = strawberry.field(
        description="Percent of users' ratings in a second competition; the rest is quality."
    )
    supplier: str | None = strawberry.field(description="Who got it.")
    basis: str | None = strawberry.field(description="Why, where a reason was needed.")
    ended_at: datetime | None

    @classmethod
    def of(cls, row: CallOffRow) -> "CallOff":
        return cls(
            id=global_id("CallOff", row.id),
            row=row,
            way=CallOffWay(row.way),
            state=row.state,
            title=row.title,
            description=row.description,
            budget=Money.of(row.budget_fen, row.currency),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            buyer=row.buyer,
            tender_id=global_id("Tender", row.tender_id),
            lot_id=global_id("Lot", row.lot_id),
            opened_at=row.opened_at,
            offers_end_at=row.offers_end_at,
            price_weight=row.price_weight,
            rating_weight=row.rating_weight,
            supplier=row.supplier,
            basis=row.basis,
            ended_at=row.ended_at,
        )

    @strawberry.field(
        description="Your own until offers end; the buyer's and bidders' then; everybody's at last."
    )
    async def offers(self, info: Info) -> list[CallOffOffer]:
        rows = await info.context.load(call_off_queries.offers_of, self.row.id)
        return [CallOffOffer.of(one) for one in rows or ()]

    @strawberry.field(description="The contract that came of it, once it is yours to read.")
    async def contract(self, info: Info) -> Contract | None:
        return await fetch(info.context, Contract, self.row.contract_id)


@strawberry.type(
    description="A supplier of a framework that may be given orders today, with what its users' ratings come to."
)
class FrameworkSupplier:
    supplier: str
    supplier_id: strawberry.ID
    place: int = strawberry.field(description="In the order that was published.")
    rating: float = strawberry.field(description="1 to 5, in the kind of service that is bought.")
    rating_low: float = strawberry.field(description="The lower end, which a second competition counts.")
    rating_high: float
    raters: int
    wanted: int = strawberry.field(description="How many raters a rating of its own needs.")
    is_prior: bool = strawberry.field(
        description="Too few people rated, so the city's mean counts, with the interval of somebody new."
    )

    @classmethod
    def of(cls, row: Standing, rated: Interval) -> "FrameworkSupplier":
        return cls(
            supplier=row.name,
            supplier_id=global_id("Organisation", row.organisation_id),
            place=row.place,
            rating=rated.score / _ONE,
            rating_low=rated.low / _ONE,
            rating_high=rated.high / _ONE,
            raters=rated.raters,
            wanted=rated.wanted,
            is_prior=rated.is_prior,
        )


async def _suppliers(session: Session, _viewer: Viewer, lot_id: UUID) -> Sequence[tuple[Standing, Interval]]:
    """Suppliers and ratings are public both. Raises NotFound."""
    known = await frameworks.framework(session, lot_id)
    keys = [one.organisation_id for one in known.suppliers]
    rated = await for_service(session, keys, known.tender.category_code)
    return [(one, rated[one.organisation_id]) for one in known.suppliers]


@strawberry.type
class CallOffQueries:
    @strawberry.field(
        description="The suppliers of a framework's lot in the published order, to choose among or to invite."
    )
    async def framework_suppliers(
        self,
        info: Info,
        lot_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Lot.")],
    ) -> list[FrameworkSupplier]:
        rows = await info.context.ask(_suppliers, key_of("Lot", lot_id))
        return [FrameworkSupplier.of(row, rated) for row, rated in rows]

    @strawberry.field(description="What was called off one lot of a framework, the newest first.")
    async def call_offs(
        self,
        info: Info,
        lot_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Lot.")],
        first: First = 20,
        after: After = None,
    ) -> Connection[CallOff]:
        key = key_of("Lot", lot_id)
        page = await info.context.ask(call_off_queries.of_lot, key, PageRequest(first, after))
        return connection(page, CallOff.of)

    @strawberry.field(description="As supplier: second competitions that wait for your offer; at most 50.")
    async def call_offs_to_offer(self, info: Info) -> list[CallOff]:
        return [CallOff.of(row) for row in await info.context.ask(call_off_queries.to_offer)]


@strawberry.input
class OpenCallOffInput:
    lot_id: strawberry.ID
    way: CallOffWay
    title: str
    description: str
    budget: str = strawberry.field(description=_AMOUNT)
    starts_on: date
    ends_on: date
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each act; repeated, it gives the first answer."
    )
    supplier_id: strawberry.ID | None = strawberry.field(default=None, description="For direct choice.")
    basis: str | None = strawberry.field(default=None, description="The published reason of a direct choice.")
    offers_end_at: datetime | None = strawberry.field(default=None, description="For second competitions.")
    price_weight: int = strawberry.field(default=100, description="For second competitions, in percent.")
    rating_weight: int = strawberry.field(
        default=0,
        description="For second competitions, 0 to 30 percent: the lower ends of the suppliers' ratings count so much.",
    )


@strawberry.input
class CallOffOfferInput:
    call_off_id: strawberry.ID
    supplier_id: strawberry.ID
    price: str = strawberry.field(description=_AMOUNT)
    text: str


@strawberry.input
class OfferQualityInput:
    offer_id: strawberry.ID
    points: int = strawberry.field(description="From 0 to 100.")


@strawberry.input
class DecideCallOffInput:
    call_off_id: strawberry.ID
    supplier_id: strawberry.ID | None = strawberry.field(
        default=None, description="Null for the first in rank; another one needs a reason."
    )
    reason: str | None = None
    quality: list[OfferQualityInput] = strawberry.field(default_factory=list)


@strawberry.input
class EndCallOffInput:
    call_off_id: strawberry.ID
    reason: str


@strawberry.type(description="The call-off as it is now.")
class ChangedCallOff:
    call_off: CallOff


CallOffResult: TypeAlias = Annotated[ChangedCallOff | Problems, strawberry.union("CallOffResult")]


@strawberry.type
class CallOffMutations:
    @strawberry.mutation(description="As officer: call a service off a framework.")
    async def open_call_off(self, info: Info, input: OpenCallOffInput) -> CallOffResult:
        fields = given(input)
        lot_id = key_of("Lot", fields.pop("lot_id"))
        fields["budget_fen"] = fields.pop("budget")
        supplier_id = fields.pop("supplier_id")
        if supplier_id is not None:
            fields["organisation_id"] = key_of("Organisation", supplier_id)
        made = await info.context.do(call_offs.open_call_off, lot_id, read(CallOffDraft, fields))
        return ChangedCallOff(call_off=await must_fetch(info.context, CallOff, made))

    @strawberry.mutation(
        description="As supplier: offer in a second competition; a later offer replaces yours."
    )
    async def offer_for_call_off(self, info: Info, input: CallOffOfferInput) -> CallOffResult:
        key, supplier = key_of("CallOff", input.call_off_id), key_of("Organisation", input.supplier_id)
        draft = read(OfferDraft, {"price_fen": input.price, "text": input.text})
        await info.context.do(competitions.offer, key, supplier, draft)
        return ChangedCallOff(call_off=await must_fetch(info.context, CallOff, key))

    @strawberry.mutation(description="As officer: decide a second competition after the end of offers.")
    async def decide_call_off(self, info: Info, input: DecideCallOffInput) -> CallOffResult:
        key = key_of("CallOff", input.call_off_id)
        quality = {key_of("CallOffOffer", one.offer_id): one.points for one in input.quality}
        supplier = None if input.supplier_id is None else key_of("Organisation", input.supplier_id)
        draft = read(
            CallOffDecisionDraft,
            {"organisation_id": supplier, "reason": input.reason, "quality": quality},
        )
        await info.context.do(competitions.decide, key, draft, low_ends)
        return ChangedCallOff(call_off=await must_fetch(info.context, CallOff, key))

    @strawberry.mutation(description="As officer: end a second competition without a supplier.")
    async def end_call_off(self, info: Info, input: EndCallOffInput) -> CallOffResult:
        key = key_of("CallOff", input.call_off_id)
        await info.context.do(competitions.end, key, read(CallOffEndDraft, {"reason": input.reason}))
        return ChangedCallOff(call_off=await must_fetch(info.context, CallOff, key))
