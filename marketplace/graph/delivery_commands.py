"""What people do with deliveries: plan, move, cancel, record and show them; confirm, dispute and accept them."""

import base64
import binascii
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from marketplace.delivery.deliveries import accepting, confirming, deliveries, evidence, recipients
from marketplace.delivery.deliveries.drafts import (
    AcceptanceOfManyDraft,
    CancelDraft,
    CommitmentDirection,
    DecisionDraft,
    DisputeDraft,
    EvidenceDraft,
    EvidenceKind,
    MoveDraft,
    PlanDraft,
    Receiver,
    RecipientDraft,
    RecordDraft,
    SeatsDraft,
)
from marketplace.graph.context import Info
from marketplace.graph.deliveries import Delivery, DeliveryId
from marketplace.graph.inputs import given
from marketplace.graph.nodes import change, key_of, must_fetch, must_fetch_all
from marketplace.graph.problems import Problems
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read

_KINDS = {
    "contract_id": "Contract",
    "milestone_id": "Milestone",
    "need_id": "Need",
    "shift_id": "Shift",
    "property_contract_id": "PropertyContract",
}


@strawberry.input
class DeliveryCommitmentInput:
    text: str
    unit: str
    direction: CommitmentDirection = CommitmentDirection.AT_LEAST
    target: int


@strawberry.input
class DeliveryRecipientInput:
    phone: str = strawberry.field(description="A mobile number. Whether it has an account is never told.")
    name: str | None = None


@strawberry.input
class PlanDeliveriesInput:
    contract_id: strawberry.ID | None = strawberry.field(
        default=None, description="Exactly one origin: this, a need, or a property contract."
    )
    need_id: strawberry.ID | None = None
    property_contract_id: strawberry.ID | None = None
    milestone_id: strawberry.ID | None = strawberry.field(default=None, description="Of the contract.")
    shift_id: strawberry.ID | None = strawberry.field(
        default=None, description="A shift of the need, which becomes this delivery when it is over."
    )
    area_code: str | None = strawberry.field(default=None, description="Within the origin's area.")
    title: str
    promised: str
    place: str
    receiver: Receiver
    people: int = 1
    served_by: str = strawberry.field(description="A role or a team, no names.")
    starts_at: datetime
    ends_at: datetime
    weeks: int = strawberry.field(default=1, description="So many times, a week apart; 52 at most.")
    commitments: list[DeliveryCommitmentInput] = strawberry.field(default_factory=list)
    recipients: list[DeliveryRecipientInput] = strawberry.field(default_factory=list)
    seats: int = strawberry.field(default=0, description="People of a group whom nobody names.")
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each plan; repeated, it gives the first answer."
    )


@strawberry.input
class MoveDeliveryInput:
    delivery_id: strawberry.ID
    starts_at: datetime
    ends_at: datetime
    place: str | None = None


@strawberry.input
class CancelDeliveryInput:
    delivery_id: strawberry.ID
    reason: str


@strawberry.input
class CommitmentActualInput:
    number: int
    actual: int


@strawberry.input
class RecordDeliveryInput:
    delivery_id: strawberry.ID
    minutes: int = strawberry.field(description="All hands together.")
    actuals: list[CommitmentActualInput] = strawberry.field(
        default_factory=list, description="One for each commitment."
    )
    note: str | None = None


@strawberry.input
class AddDeliveryRecipientInput:
    delivery_id: strawberry.ID
    phone: str
    name: str | None = None


@strawberry.input
class AddDeliverySeatsInput:
    delivery_id: strawberry.ID
    seats: int


@strawberry.input
class AddDeliveryEvidenceInput:
    delivery_id: strawberry.ID
    kind: EvidenceKind
    text: str | None = None
    file_name: str | None = None
    content: str | None = strawberry.field(
        default=None, description="The file in base64; larger ones are uploaded on the page."
    )


@strawberry.input
class DisputeDeliveryInput:
    delivery_id: strawberry.ID
    text: str = strawberry.field(description="What was different.")


@strawberry.input
class DecideDeliveryInput:
    delivery_id: strawberry.ID
    is_accepted: bool
    reason: str | None = strawberry.field(default=None, description="Needed to send it back.")


@strawberry.input
class AcceptDeliveriesInput:
    delivery_ids: list[strawberry.ID] = strawberry.field(description="At most 50, none of them disputed.")


@strawberry.type(description="The delivery as it is now.")
class ChangedDelivery:
    delivery: Delivery


@strawberry.type(description="What was planned, in order.")
class PlannedDeliveries:
    deliveries: list[Delivery]


@strawberry.type(description="What was accepted together.")
class AcceptedDeliveries:
    deliveries: list[Delivery]


DeliveryResult: TypeAlias = Annotated[ChangedDelivery | Problems, strawberry.union("DeliveryResult")]
PlanDeliveriesResult: TypeAlias = Annotated[
    PlannedDeliveries | Problems, strawberry.union("PlanDeliveriesResult")
]

AcceptDeliveriesResult: TypeAlias = Annotated[
    AcceptedDeliveries | Problems, strawberry.union("AcceptDeliveriesResult")
]


async def _of(info: Info, delivery_id: UUID) -> ChangedDelivery:
    return ChangedDelivery(delivery=await must_fetch(info.context, Delivery, delivery_id))


def _fields(input: Any) -> tuple[UUID, dict[str, Any]]:
    fields = given(input)
    return key_of("Delivery", fields.pop("delivery_id")), fields


@strawberry.type
class DeliveryMutations:
    @strawberry.mutation(description="As provider or organiser: put deliveries on the calendar.")
    async def plan_deliveries(self, info: Info, input: PlanDeliveriesInput) -> PlanDeliveriesResult:
        fields = given(input)
        for name, kind in _KINDS.items():
            if fields.get(name) is not None:
                fields[name] = key_of(kind, fields[name])
        draft = read(PlanDraft, fields)
        made = await info.context.do(deliveries.plan, info.context.house.vault, draft)
        return PlannedDeliveries(deliveries=await must_fetch_all(info.context, Delivery, made))

    @strawberry.mutation(description="As provider: another time or place.")
    async def move_delivery(self, info: Info, input: MoveDeliveryInput) -> DeliveryResult:
        key, fields = _fields(input)
        await info.context.do(deliveries.move, key, read(MoveDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As provider: it does not take place.")
    async def cancel_delivery(self, info: Info, input: CancelDeliveryInput) -> DeliveryResult:
        key, fields = _fields(input)
        await info.context.do(deliveries.cancel, key, read(CancelDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As provider or community: it took place; sent back, record it anew.")
    async def record_delivery(self, info: Info, input: RecordDeliveryInput) -> DeliveryResult:
        key, fields = _fields(input)
        fields["actuals"] = {one["number"]: one["actual"] for one in fields.get("actuals", [])}
        await info.context.do(deliveries.record, key, read(RecordDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As provider: name somebody who receives it.")
    async def add_delivery_recipient(self, info: Info, input: AddDeliveryRecipientInput) -> DeliveryResult:
        key, fields = _fields(input)
        add = partial(recipients.add, vault=info.context.house.vault)
        await info.context.do(add, delivery_id=key, draft=read(RecipientDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As provider: so many more whom nobody names.")
    async def add_delivery_seats(self, info: Info, input: AddDeliverySeatsInput) -> DeliveryResult:
        key, fields = _fields(input)
        await info.context.do(recipients.add_seats, key, read(SeatsDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As provider: take somebody off the list.")
    async def remove_delivery_recipient(
        self,
        info: Info,
        recipient_id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of a DeliveryRecipient.")
        ],
    ) -> DeliveryResult:
        key = key_of("DeliveryRecipient", recipient_id)
        return await _of(info, await info.context.do(recipients.remove, key))

    @strawberry.mutation(description="As provider or community: show that it happened.")
    async def add_delivery_evidence(self, info: Info, input: AddDeliveryEvidenceInput) -> DeliveryResult:
        key, fields = _fields(input)
        handed_in = fields.pop("content", None)
        content: bytes | None = None
        if handed_in is not None:
            try:
                content = base64.b64decode(handed_in, validate=True)
            except (binascii.Error, ValueError):
                raise InputIsInvalid.of("content", "base64") from None
        draft = read(EvidenceDraft, fields)
        await info.context.do(evidence.add, info.context.house.files, key, draft, content)
        return await _of(info, key)

    @strawberry.mutation(description="As whoever added it, or manager: take a piece of evidence back.")
    async def remove_delivery_evidence(
        self,
        info: Info,
        evidence_id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of a DeliveryEvidence.")
        ],
    ) -> DeliveryResult:
        key = key_of("DeliveryEvidence", evidence_id)
        return await _of(info, await info.context.do(evidence.remove, key))

    @strawberry.mutation(description="As somebody who received it, or community: it took place as recorded.")
    async def confirm_delivery(self, info: Info, delivery_id: DeliveryId) -> DeliveryResult:
        return ChangedDelivery(delivery=await change(info.context, Delivery, delivery_id, confirming.confirm))

    @strawberry.mutation(description="As somebody who received it, or community: it was different.")
    async def dispute_delivery(self, info: Info, input: DisputeDeliveryInput) -> DeliveryResult:
        key, fields = _fields(input)
        await info.context.do(confirming.dispute, key, read(DisputeDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(
        description="As officer of the buyer, or community without one: accept it or send it back."
    )
    async def decide_delivery(self, info: Info, input: DecideDeliveryInput) -> DeliveryResult:
        key, fields = _fields(input)
        await info.context.do(accepting.decide, key, read(DecisionDraft, fields))
        return await _of(info, key)

    @strawberry.mutation(description="As officer or community: accept several that nobody disputed.")
    async def accept_deliveries(self, info: Info, input: AcceptDeliveriesInput) -> AcceptDeliveriesResult:
        keys = [key_of("Delivery", one) for one in input.delivery_ids]
        await info.context.do(accepting.accept_many, read(AcceptanceOfManyDraft, {"delivery_ids": keys}))
        return AcceptedDeliveries(deliveries=await must_fetch_all(info.context, Delivery, keys))
