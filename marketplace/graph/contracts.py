"""Contracts in the graph: signed, delivered, paid, changed and accepted; what is public of them is everybody's to read."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.contracts import details, queries
from marketplace.procurement.contracts.details import (
    ChangeRow,
    MilestoneRow,
    OpinionRow,
    PaymentRow,
    ReportRow,
)
from marketplace.procurement.contracts.queries import AwardToDraft, ContractRow
from marketplace.procurement.contracts.states import ContractState, ContractStatus, MilestoneState

strawberry.enum(
    ContractState, description="Where a contract stands; void is a draft whose award does not stand."
)
strawberry.enum(ContractStatus, description="OCDS 1.1 `contract.status`.")
strawberry.enum(MilestoneState, name="ContractMilestoneState", description="Where a milestone stands.")


@strawberry.type(description="What the supplier reported of a milestone, and what the buyer said to it.")
class MilestoneReport:
    number: int
    text: str
    reported_at: datetime
    is_accepted: bool | None = strawberry.field(description="Null until it is decided.")
    decision_reason: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, row: ReportRow) -> "MilestoneReport":
        return cls(
            number=row.number,
            text=row.text,
            reported_at=row.reported_at,
            is_accepted=row.is_accepted,
            decision_reason=row.decision_reason,
            decided_at=row.decided_at,
        )


@strawberry.type(description="A step of a contract: what is delivered until when, and what is paid for it.")
class ContractMilestone:
    id: strawberry.ID
    number: int
    title: str
    deliverable: str
    due_on: date
    value: Money
    paid: Money
    state: MilestoneState
    days_late: int = strawberry.field(
        description="Against today while it is open, against the accepted report afterwards."
    )
    is_supplement: bool
    reports: list[MilestoneReport]

    @classmethod
    def of(cls, row: MilestoneRow) -> "ContractMilestone":
        return cls(
            id=global_id("Milestone", row.id),
            number=row.number,
            title=row.title,
            deliverable=row.deliverable,
            due_on=row.due_on,
            value=Money.of(row.value_fen, row.currency),
            paid=Money.of(row.paid_fen, row.currency),
            state=row.state,
            days_late=row.progress.days_late,
            is_supplement=row.is_supplement,
            reports=[MilestoneReport.of(one) for one in row.reports],
        )


@strawberry.type(description="A payment as recorded, or the reversal of one, which is negative.")
class ContractPayment:
    id: strawberry.ID
    milestone: int = strawberry.field(description="The number of the milestone.")
    amount: Money
    paid_on: date
    reference: str
    reason: str | None = strawberry.field(description="Why an earlier payment is reversed.")
    reverses_id: strawberry.ID | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: PaymentRow) -> "ContractPayment":
        return cls(
            id=global_id("Payment", row.id),
            milestone=row.milestone,
            amount=Money.of(row.amount_fen, row.currency),
            paid_on=row.paid_on,
            reference=row.reference,
            reason=row.reason,
            reverses_id=global_id("Payment", row.reverses_id) if row.reverses_id else None,
            recorded_at=row.recorded_at,
        )


@strawberry.type(
    description="A change, a supplement or an early end; proposed by one officer, decided by another."
)
class ContractChange:
    id: strawberry.ID
    number: int
    is_termination: bool
    title: str
    what: str
    reason: str
    added: Money
    ends_on: date | None
    proposed_at: datetime
    decided_at: datetime | None
    is_approved: bool | None
    decision_reason: str | None

    @classmethod
    def of(cls, row: ChangeRow) -> "ContractChange":
        return cls(
            id=global_id("ContractChange", row.id),
            number=row.number,
            is_termination=row.kind == "termination",
            title=row.title,
            what=row.what,
            reason=row.reason,
            added=Money.of(row.added_fen),
            ends_on=row.ends_on,
            proposed_at=row.proposed_at,
            decided_at=row.decided_at,
            is_approved=row.is_approved,
            decision_reason=row.decision_reason,
        )


@strawberry.type(description="What somebody said who was served; never who.")
class UserOpinion:
    is_satisfied: bool
    text: str
    given_at: datetime

    @classmethod
    def of(cls, row: OpinionRow) -> "UserOpinion":
        return cls(is_satisfied=row.is_satisfied, text=row.text, given_at=row.given_at)


@node(queries.contracts_by_ids)
@strawberry.type(description="What a buyer and a supplier signed; drafts are there for the two sides only.")
class Contract(Node):
    row: strawberry.Private[ContractRow]
    reference: str
    title: str
    state: ContractState
    status: ContractStatus
    is_framework: bool = strawberry.field(description="An agreement without money, from which is called off.")
    tender_id: strawberry.ID
    lot_id: strawberry.ID
    buyer: str
    supplier: str
    supplier_id: strawberry.ID
    value: Money = strawberry.field(description="As first signed.")
    added: Money = strawberry.field(description="What approved supplements added.")
    paid: Money
    starts_on: date
    ends_on: date = strawberry.field(description="The end in force.")
    sign_from: datetime = strawberry.field(description="Until then suppliers may object.")
    sign_due_at: datetime
    buyer_signed_at: datetime | None
    supplier_signed_at: datetime | None
    signed_at: datetime | None
    publish_due_at: datetime | None
    published_at: datetime | None
    content_hash: str | None = strawberry.field(description="SHA-256 over what was signed, as published.")
    accepted_at: datetime | None
    acceptance: str | None
    terminated_at: datetime | None
    termination_reason: str | None

    @classmethod
    def of(cls, row: ContractRow) -> "Contract":
        return cls(
            id=global_id("Contract", row.id),
            row=row,
            reference=row.reference,
            title=row.title,
            state=row.state,
            status=row.status,
            is_framework=row.is_framework,
            tender_id=global_id("Tender", row.tender_id),
            lot_id=global_id("Lot", row.lot_id),
            buyer=row.buyer,
            supplier=row.supplier,
            supplier_id=global_id("Organisation", row.organisation_id),
            value=Money.of(row.value_fen, row.currency),
            added=Money.of(row.added_fen, row.currency),
            paid=Money.of(row.paid_fen, row.currency),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            sign_from=row.sign_from,
            sign_due_at=row.sign_due_at,
            buyer_signed_at=row.buyer_signed_at,
            supplier_signed_at=row.supplier_signed_at,
            signed_at=row.signed_at,
            publish_due_at=row.publish_due_at,
            published_at=row.published_at,
            content_hash=row.content_hash,
            accepted_at=row.accepted_at,
            acceptance=row.acceptance,
            terminated_at=row.terminated_at,
            termination_reason=row.termination_reason,
        )

    @strawberry.field
    async def milestones(self, info: Info) -> list[ContractMilestone]:
        rows = await info.context.load(details.milestones_of, self.row.id)
        return [ContractMilestone.of(one) for one in rows or ()]

    @strawberry.field(description="In the order of recording.")
    async def payments(self, info: Info) -> list[ContractPayment]:
        rows = await info.context.load(details.payments_of, self.row.id)
        return [ContractPayment.of(one) for one in rows or ()]

    @strawberry.field(description="Decided ones for everybody, the open one for the two sides.")
    async def changes(self, info: Info) -> list[ContractChange]:
        rows = await info.context.load(details.changes_of, self.row.id)
        return [ContractChange.of(one) for one in rows or ()]

    @strawberry.field(description="The newest first, at most 50.")
    async def opinions(self, info: Info) -> list[UserOpinion]:
        rows = await info.context.load(details.opinions_of, self.row.id)
        return [UserOpinion.of(one) for one in rows or ()]

    @strawberry.field(description="How many people who were served were heard.")
    async def people_heard(self, info: Info) -> int:
        return await info.context.load(details.heard_of, self.row.id) or 0


@strawberry.type(description="A standing award whose contract is not drafted yet.")
class AwardToContract:
    award_id: strawberry.ID
    tender_id: strawberry.ID
    tender_title: str
    lot_title: str
    supplier: str
    price: Money

    @classmethod
    def of(cls, row: AwardToDraft) -> "AwardToContract":
        return cls(
            award_id=global_id("Award", row.award_id),
            tender_id=global_id("Tender", row.tender_id),
            tender_title=row.tender_title,
            lot_title=row.lot_title,
            supplier=row.supplier,
            price=Money.of(row.price_fen, row.currency),
        )


@strawberry.type
class ContractQueries:
    @strawberry.field(description="Public contracts, the newest first; of one supplier where named.")
    async def contracts(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        supplier_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The id of an Organisation.")
        ] = None,
    ) -> Connection[Contract]:
        supplier = None if supplier_id is None else key_of("Organisation", supplier_id)
        asked = partial(queries.published, organisation_id=supplier)
        return connection(await info.context.ask(asked, PageRequest(first, after)), Contract.of)

    @strawberry.field(description="As officer: the contracts of the buyers for which you act.")
    async def desk_contracts(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Contract]:
        page = await info.context.ask(queries.of_officer, PageRequest(first, after))
        return connection(page, Contract.of)

    @strawberry.field(description="As supplier: the contracts of your organisations.")
    async def supplier_contracts(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Contract]:
        page = await info.context.ask(queries.of_supplier, PageRequest(first, after))
        return connection(page, Contract.of)

    @strawberry.field(description="As officer: awards that wait for their contracts; at most 50.")
    async def awards_to_contract(self, info: Info) -> list[AwardToContract]:
        return [AwardToContract.of(row) for row in await info.context.ask(queries.to_draft)]


ContractId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The id of a Contract.")]
