"""Deliveries in the graph: what is brought to whom, for those whom it concerns: provider, buyer, community, and who receives it."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, TypeAlias

import strawberry

from marketplace.delivery.deliveries import details, queries
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.details import (
    CheckIns,
    CommitmentRow,
    ContractDeliveries,
    EvidenceRow,
    RecipientRow,
)
from marketplace.delivery.deliveries.drafts import CommitmentDirection, EvidenceKind, Receiver
from marketplace.delivery.deliveries.queries import DeliveryRow
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.kernel.pagination import PageRequest

strawberry.enum(DeliveryState, description="Where a delivery stands.")
strawberry.enum(Receiver, name="DeliveryReceiver", description="To whom a delivery is brought.")
strawberry.enum(EvidenceKind, name="DeliveryEvidenceKind", description="What shows that it happened.")
strawberry.enum(
    CommitmentDirection, description="Whether a number is the least or the most that is promised."
)
strawberry.enum(Shelf, name="DeliveryShelf", description="A stretch of somebody's deliveries.")


@strawberry.type(description="Something measurable that is promised of a delivery.")
class DeliveryCommitment:
    number: int
    text: str
    unit: str
    direction: CommitmentDirection
    target: int
    actual: int | None = strawberry.field(description="Null until the delivery is recorded.")
    is_kept: bool | None

    @classmethod
    def of(cls, row: CommitmentRow) -> "DeliveryCommitment":
        return cls(
            number=row.number,
            text=row.text,
            unit=row.unit,
            direction=CommitmentDirection(row.direction),
            target=row.target,
            actual=row.actual,
            is_kept=row.is_kept,
        )


@strawberry.type(description="A piece of evidence; its file is read on the page.")
class DeliveryEvidence:
    id: strawberry.ID
    kind: EvidenceKind
    text: str | None
    file_name: str | None
    content_type: str | None
    added_at: datetime = strawberry.field(description="By the server's clock.")
    is_mine: bool

    @classmethod
    def of(cls, row: EvidenceRow) -> "DeliveryEvidence":
        return cls(
            id=global_id("DeliveryEvidence", row.id),
            kind=EvidenceKind(row.kind),
            text=row.text,
            file_name=row.file_name,
            content_type=row.content_type,
            added_at=row.added_at,
            is_mine=row.is_mine,
        )


@strawberry.type(description="Somebody who receives it; without name and phone, an unnamed seat.")
class DeliveryRecipient:
    id: strawberry.ID
    number: int
    name: str | None = strawberry.field(description="As the provider calls them.")
    phone: str | None = strawberry.field(description="Masked.")

    @classmethod
    def of(cls, row: RecipientRow) -> "DeliveryRecipient":
        return cls(
            id=global_id("DeliveryRecipient", row.id), number=row.number, name=row.name, phone=row.phone
        )


@strawberry.type(description="Volunteers who checked in to the shift that became a delivery.")
class DeliveryCheckIns:
    people: int
    by_code: int

    @classmethod
    def of(cls, row: CheckIns) -> "DeliveryCheckIns":
        return cls(people=row.people, by_code=row.by_code)


@node(queries.deliveries_by_ids)
@strawberry.type(description="One service brought to people under a contract, a need or a property contract.")
class Delivery(Node):
    row: strawberry.Private[DeliveryRow]
    title: str
    promised: str
    place: str
    state: DeliveryState
    receiver: Receiver
    people: int = strawberry.field(description="Served in all.")
    recipients: int = strawberry.field(description="Named, or with a seat: those who can rate it.")
    served_by: str
    provider: str | None = strawberry.field(description="Null where a community brings it itself.")
    provider_id: strawberry.ID | None
    origin_title: str
    contract_id: strawberry.ID | None
    milestone_id: strawberry.ID | None
    need_id: strawberry.ID | None
    shift_id: strawberry.ID | None
    property_contract_id: strawberry.ID | None
    service_type: str = strawberry.field(description="The code of a tag.")
    area_code: str
    starts_at: datetime
    ends_at: datetime
    planned_at: datetime
    moved_at: datetime | None
    record_from: datetime = strawberry.field(description="From then on it can be recorded.")
    done_at: datetime | None
    minutes: int | None = strawberry.field(description="All hands together.")
    note: str | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    confirmed_at: datetime | None
    confirmed_as: str | None = strawberry.field(description="`recipient` or `community`.")
    disputed_at: datetime | None
    dispute: str | None = strawberry.field(description="Not for others who receive it.")
    dispute_until: datetime | None
    decided_at: datetime | None
    is_accepted: bool | None
    decision_reason: str | None
    may_plan: bool
    may_record: bool
    may_confirm: bool
    may_decide: bool

    @classmethod
    def of(cls, row: DeliveryRow) -> "Delivery":
        return cls(
            id=global_id("Delivery", row.id),
            row=row,
            title=row.title,
            promised=row.promised,
            place=row.place,
            state=row.state,
            receiver=Receiver(row.receiver),
            people=row.people,
            recipients=row.recipients,
            served_by=row.served_by,
            provider=row.provider,
            provider_id=global_id("Organisation", row.organisation_id) if row.organisation_id else None,
            origin_title=row.origin_title,
            contract_id=global_id("Contract", row.contract_id) if row.contract_id else None,
            milestone_id=global_id("Milestone", row.milestone_id) if row.milestone_id else None,
            need_id=global_id("Need", row.need_id) if row.need_id else None,
            shift_id=global_id("Shift", row.shift_id) if row.shift_id else None,
            property_contract_id=(
                global_id("PropertyContract", row.property_contract_id) if row.property_contract_id else None
            ),
            service_type=row.service_type,
            area_code=row.area_code,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            planned_at=row.planned_at,
            moved_at=row.moved_at,
            record_from=row.record_from,
            done_at=row.done_at,
            minutes=row.minutes,
            note=row.note,
            cancelled_at=row.cancelled_at,
            cancel_reason=row.cancel_reason,
            confirmed_at=row.confirmed_at,
            confirmed_as=row.confirmed_as,
            disputed_at=row.disputed_at,
            dispute=row.dispute,
            dispute_until=row.dispute_until,
            decided_at=row.decided_at,
            is_accepted=row.is_accepted,
            decision_reason=row.decision_reason,
            may_plan=row.may_plan,
            may_record=row.may_record,
            may_confirm=row.may_speak,
            may_decide=row.may_decide,
        )

    @strawberry.field
    async def commitments(self, info: Info) -> list[DeliveryCommitment]:
        rows = await info.context.load(details.commitments_of, self.row.id)
        return [DeliveryCommitment.of(one) for one in rows or ()]

    @strawberry.field(description="In the order of adding.")
    async def evidence(self, info: Info) -> list[DeliveryEvidence]:
        rows = await info.context.load(details.evidence_of, self.row.id)
        return [DeliveryEvidence.of(one) for one in rows or ()]

    @strawberry.field(description="Null where it did not come of a volunteer shift.")
    async def check_ins(self, info: Info) -> DeliveryCheckIns | None:
        found = await info.context.load(details.check_ins_of, self.row.id)
        return None if found is None else DeliveryCheckIns.of(found)


@strawberry.type(description="How much lies on one stretch of a desk.")
class DeliveryShelfCount:
    shelf: Shelf
    count: int


@strawberry.type(description="What the deliveries of a contract came to so far.")
class ContractDeliverySummary:
    planned: int
    done: int
    accepted: int
    minutes: int
    commitments_told: int = strawberry.field(description="Of so many it is known what they came to.")
    commitments_kept: int
    shelves: list[DeliveryShelfCount]

    @classmethod
    def of(cls, row: ContractDeliveries) -> "ContractDeliverySummary":
        return cls(
            planned=row.planned,
            done=row.done,
            accepted=row.accepted,
            minutes=row.minutes,
            commitments_told=row.told,
            commitments_kept=row.kept,
            shelves=_counts(row.shelves),
        )


def _counts(found: dict[Shelf, int]) -> list[DeliveryShelfCount]:
    return [DeliveryShelfCount(shelf=shelf, count=count) for shelf, count in found.items()]


DeliveryId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The id of a Delivery.")]
_ContractId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The id of a Contract.")]


@strawberry.type
class DeliveryQueries:
    @strawberry.field(description="As provider: a stretch of what you bring, of one contract where named.")
    async def provider_deliveries(
        self,
        info: Info,
        shelf: Shelf,
        contract_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The id of a Contract.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Delivery]:
        contract = None if contract_id is None else key_of("Contract", contract_id)
        asked = partial(queries.of_provider, contract_id=contract)
        return connection(await info.context.ask(asked, shelf, PageRequest(first, after)), Delivery.of)

    @strawberry.field(description="As provider: how much lies on each stretch of your desk.")
    async def provider_backlog(self, info: Info) -> list[DeliveryShelfCount]:
        return _counts(await info.context.ask(queries.provider_counts))

    @strawberry.field(description="As provider: what you bring between two days, at most 400.")
    async def delivery_calendar(
        self,
        info: Info,
        from_day: date,
        before: Annotated[date, strawberry.argument(description="The day after the last.")],
    ) -> list[Delivery]:
        return [Delivery.of(row) for row in await info.context.ask(queries.month, from_day, before)]

    @strawberry.field(description="As community worker: what is brought in your area, or in one below it.")
    async def community_deliveries(
        self,
        info: Info,
        shelf: Shelf,
        area_code: Annotated[str | None, strawberry.argument(description="Official, 12 digits.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Delivery]:
        asked = partial(queries.of_community, area_code=area_code)
        return connection(await info.context.ask(asked, shelf, PageRequest(first, after)), Delivery.of)

    @strawberry.field(description="As somebody who is served: TO_CONFIRM, COMING or PAST.")
    async def my_deliveries(
        self, info: Info, shelf: Shelf, first: First = 20, after: After = None
    ) -> Connection[Delivery]:
        page = await info.context.ask(queries.mine, shelf, PageRequest(first, after))
        return connection(page, Delivery.of)

    @strawberry.field(description="As a side of a contract: a stretch of its deliveries.")
    async def contract_deliveries(
        self, info: Info, contract_id: _ContractId, shelf: Shelf, first: First = 20, after: After = None
    ) -> Connection[Delivery]:
        key = key_of("Contract", contract_id)
        page = await info.context.ask(details.of_contract, key, shelf, PageRequest(first, after))
        return connection(page, Delivery.of)

    @strawberry.field(description="As a side of a contract: what its deliveries came to.")
    async def contract_delivery_summary(
        self, info: Info, contract_id: _ContractId
    ) -> ContractDeliverySummary:
        key = key_of("Contract", contract_id)
        return ContractDeliverySummary.of(await info.context.ask(details.contract_deliveries, key))

    @strawberry.field(description="As provider or community: those who receive it.")
    async def delivery_recipients(self, info: Info, delivery_id: DeliveryId) -> list[DeliveryRecipient]:
        key = key_of("Delivery", delivery_id)
        rows = await info.context.ask(details.recipients_of, info.context.house.vault, key)
        return [DeliveryRecipient.of(row) for row in rows]
