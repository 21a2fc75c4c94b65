"""Objections and complaints in the graph: raised, answered, decided, taken back; processes at rest; who saw what."""

from datetime import datetime
from functools import partial
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.awards import OfTender, tender_key
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, change, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.awards import (
    complaints,
    objection_queries,
    objections,
    supervision_queries,
    suspensions,
)
from marketplace.procurement.awards.drafts import (
    About,
    AnswerDraft,
    ComplaintDraft,
    DecisionDraft,
    ObjectionDraft,
    Remedy,
    SuspensionDraft,
)
from marketplace.procurement.awards.objection_queries import ObjectionRow, Window
from marketplace.procurement.awards.objections import COMPLAINT, OBJECTION
from marketplace.procurement.awards.states import ObjectionState

strawberry.enum(About, name="ObjectionAbout", description="What an objection is about.")
strawberry.enum(Remedy, name="ComplaintRemedy", description="What an upheld complaint does.")
strawberry.enum(ObjectionState, description="Where an objection or complaint stands.")


@node(objection_queries.by_ids)
@strawberry.type(description="An objection, or the complaint about its answer. Public once it is answered.")
class Objection(Node):
    kind: str = strawberry.field(description="objection or complaint")
    tender_id: strawberry.ID
    lot_id: strawberry.ID | None
    objection_id: strawberry.ID | None = strawberry.field(description="What a complaint is about.")
    complaint_id: strawberry.ID | None
    about: About
    state: ObjectionState
    supplier: str | None = strawberry.field(
        description="For the parties, the buyer from the opening on, and everybody once a complaint is decided."
    )
    text: str
    wish: str
    raised_at: datetime
    due_at: datetime
    answer: str | None
    remedy: str | None
    answered_at: datetime | None
    is_late: bool
    is_mine: bool
    complaining_ends_at: datetime | None
    suspended_until: datetime | None

    @classmethod
    def of(cls, row: ObjectionRow) -> "Objection":
        return cls(
            id=global_id("Objection", row.id),
            kind=row.kind,
            tender_id=global_id("Tender", row.tender_id),
            lot_id=global_id("Lot", row.lot_id) if row.lot_id else None,
            objection_id=global_id("Objection", row.objection_id) if row.objection_id else None,
            complaint_id=global_id("Objection", row.complaint_id) if row.complaint_id else None,
            about=row.about,
            state=row.state,
            supplier=row.organisation,
            text=row.text,
            wish=row.wish,
            raised_at=row.raised_at,
            due_at=row.due_at,
            answer=row.answer,
            remedy=row.remedy,
            answered_at=row.answered_at,
            is_late=row.is_late,
            is_mine=row.is_mine,
            complaining_ends_at=row.complaining_ends_at,
            suspended_until=row.suspended_until,
        )


@strawberry.type(description="What your organisations may object to now, and until when.")
class ObjectionWindow:
    about: About
    ends_at: datetime
    organisation_ids: list[strawberry.ID]

    @classmethod
    def of(cls, row: Window) -> "ObjectionWindow":
        ids = [global_id("Organisation", organisation_id) for organisation_id, _ in row.organisations]
        return cls(about=row.about, ends_at=row.ends_at, organisation_ids=ids)


@strawberry.type(description="Somebody saw, or asked in vain for, something sensitive of a process.")
class SensitiveAccess:
    at: datetime
    person: str | None
    what: str
    was_allowed: bool


@strawberry.type
class ObjectionQueries:
    @strawberry.field(
        description="The objections and complaints of a process that you may read; at most 200."
    )
    async def tender_objections(self, info: Info, tender_id: OfTender) -> list[Objection]:
        rows = await info.context.ask(objection_queries.of_tender, tender_key(tender_id))
        return [Objection.of(row) for row in rows]

    @strawberry.field(description="What your organisations may object to in a process now.")
    async def objection_windows(self, info: Info, tender_id: OfTender) -> list[ObjectionWindow]:
        rows = await info.context.ask(objection_queries.windows, tender_key(tender_id))
        return [ObjectionWindow.of(row) for row in rows]

    @strawberry.field(description="Those of your organisations, the newest first; at most 100.")
    async def my_objections(self, info: Info) -> list[Objection]:
        return [Objection.of(row) for row in await info.context.ask(objection_queries.mine)]

    @strawberry.field(description="As buyer: objections that wait for an answer, the most urgent first.")
    async def objections_to_answer(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Objection]:
        request = PageRequest(first, after)
        page = await info.context.ask(objection_queries.waiting_for, request, OBJECTION)
        return connection(page, Objection.of)

    @strawberry.field(
        description="As supervisor: complaints that wait for a decision, the most urgent first."
    )
    async def complaints_to_decide(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Objection]:
        request = PageRequest(first, after)
        page = await info.context.ask(objection_queries.waiting_for, request, COMPLAINT)
        return connection(page, Objection.of)

    @strawberry.field(
        description="As supervisor: who saw what of a process, the newest first; at most 1,000."
    )
    async def process_accesses(self, info: Info, tender_id: OfTender) -> list[SensitiveAccess]:
        log = await info.context.ask(supervision_queries.accesses_of, tender_key(tender_id))
        return [
            SensitiveAccess(at=row.at, person=row.person, what=row.what, was_allowed=row.was_allowed)
            for row in log.rows
        ]


@strawberry.input
class RaiseObjectionInput:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID
    about: About
    text: str
    wish: str
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each objection; repeated, it gives the first answer."
    )
    lot_id: strawberry.ID | None = None


@strawberry.input
class ComplainInput:
    objection_id: strawberry.ID
    text: str
    wish: str
    idempotency_key: str


@strawberry.input
class AnswerObjectionInput:
    objection_id: strawberry.ID
    answer: str = strawberry.field(description="Public.")
    is_upheld: bool


@strawberry.input
class DecideComplaintInput:
    complaint_id: strawberry.ID
    answer: str = strawberry.field(description="Public, with the supplier's name.")
    is_upheld: bool
    remedy: Remedy = Remedy.NONE


@strawberry.input
class SuspendTenderInput:
    complaint_id: strawberry.ID
    reason: str
    days: int


@strawberry.type(description="The objection or complaint as it is now.")
class ChangedObjection:
    objection: Objection


ObjectionResult: TypeAlias = Annotated[ChangedObjection | Problems, strawberry.union("ObjectionResult")]
ObjectionId = Annotated[strawberry.ID, strawberry.argument(description="The id of an Objection.")]


@strawberry.type
class ObjectionMutations:
    @strawberry.mutation(description="As supplier: object to the file, the process or the result.")
    async def raise_objection(self, info: Info, input: RaiseObjectionInput) -> ObjectionResult:
        fields = given(input)
        tender_id = tender_key(fields.pop("tender_id"))
        fields["organisation_id"] = key_of("Organisation", fields["organisation_id"])
        if fields.get("lot_id"):
            fields["lot_id"] = key_of("Lot", fields["lot_id"])
        raised = await info.context.do(objections.raise_objection, tender_id, read(ObjectionDraft, fields))
        return ChangedObjection(objection=await must_fetch(info.context, Objection, raised))

    @strawberry.mutation(description="As supplier: take an objection back before its answer.")
    async def withdraw_objection(self, info: Info, objection_id: ObjectionId) -> ObjectionResult:
        return ChangedObjection(
            objection=await change(info.context, Objection, objection_id, objections.withdraw)
        )

    @strawberry.mutation(description="As buyer: answer an objection; the answer is public.")
    async def answer_objection(self, info: Info, input: AnswerObjectionInput) -> ObjectionResult:
        fields = given(input)
        objection_id = fields.pop("objection_id")
        command = partial(objections.answer, draft=read(AnswerDraft, fields))
        return ChangedObjection(objection=await change(info.context, Objection, objection_id, command))

    @strawberry.mutation(description="As supplier: complain about the answer, or about its absence.")
    async def complain(self, info: Info, input: ComplainInput) -> ObjectionResult:
        fields = given(input)
        objection_id = key_of("Objection", fields.pop("objection_id"))
        raised = await info.context.do(complaints.complain, objection_id, read(ComplaintDraft, fields))
        return ChangedObjection(objection=await must_fetch(info.context, Objection, raised))

    @strawberry.mutation(description="As supplier: take a complaint back; the process goes on.")
    async def withdraw_complaint(self, info: Info, complaint_id: ObjectionId) -> ObjectionResult:
        return ChangedObjection(
            objection=await change(info.context, Objection, complaint_id, complaints.withdraw)
        )

    @strawberry.mutation(description="As supervisor: decide a complaint; the decision is public.")
    async def decide_complaint(self, info: Info, input: DecideComplaintInput) -> ObjectionResult:
        fields = given(input)
        complaint_id = fields.pop("complaint_id")
        command = partial(complaints.decide, draft=read(DecisionDraft, fields))
        return ChangedObjection(objection=await change(info.context, Objection, complaint_id, command))

    @strawberry.mutation(description="As supervisor: let the process rest while a complaint is decided.")
    async def suspend_tender(self, info: Info, input: SuspendTenderInput) -> ObjectionResult:
        fields = given(input)
        complaint_id = fields.pop("complaint_id")
        command = partial(suspensions.suspend, draft=read(SuspensionDraft, fields))
        return ChangedObjection(objection=await change(info.context, Objection, complaint_id, command))

    @strawberry.mutation(description="As supervisor: let the process go on before the decision.")
    async def resume_tender(self, info: Info, complaint_id: ObjectionId) -> ObjectionResult:
        return ChangedObjection(
            objection=await change(info.context, Objection, complaint_id, suspensions.lift)
        )
