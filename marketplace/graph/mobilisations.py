"""Mobilisations in the graph: started and stopped by officers, answered by those who are called, with numbers wave by wave."""

from datetime import datetime
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, change, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.staffing import calls, mobilisation_queries, mobilisations
from marketplace.staffing.mobilisation_drafts import AnswerDraft, MobilisationDraft, StopDraft
from marketplace.staffing.mobilisation_queries import CallRow, MobilisationRow
from marketplace.staffing.mobilisation_states import CallState, MobilisationKind, StopCause

strawberry.enum(MobilisationKind, description="Why people are called. Nothing ever comes of a drill.")
strawberry.enum(StopCause, description="Why no more waves go out.")
strawberry.enum(CallState, description="Where one call stands.")


@strawberry.type(description="How many people a wave called, and what they answered.")
class MobilisationWave:
    number: int
    called_at: datetime
    called: int
    accepted: int
    declined: int
    unanswered: int


@node(mobilisation_queries.by_ids)
@strawberry.type(
    description="People are called to a shift in waves until its places are taken. For organisers."
)
class Mobilisation(Node):
    shift_id: strawberry.ID
    need_id: strawberry.ID
    kind: MobilisationKind
    reason: str
    wave_size: int
    wave_minutes: int
    first_metres: int = strawberry.field(description="How far the first wave reaches; each doubles that.")
    started_at: datetime
    next_wave_at: datetime | None = strawberry.field(description="Null when it has stopped.")
    stopped_at: datetime | None
    stopped_because: StopCause | None
    stop_reason: str | None
    capacity: int
    places_taken: int
    waves: list[MobilisationWave]

    @classmethod
    def of(cls, row: MobilisationRow) -> "Mobilisation":
        return cls(
            id=global_id("Mobilisation", row.id),
            shift_id=global_id("Shift", row.shift_id),
            need_id=global_id("Need", row.need_id),
            kind=row.kind,
            reason=row.reason,
            wave_size=row.wave_size,
            wave_minutes=row.wave_minutes,
            first_metres=row.first_metres,
            started_at=row.started_at,
            next_wave_at=row.next_wave_at if row.stopped_at is None else None,
            stopped_at=row.stopped_at,
            stopped_because=row.stopped_because,
            stop_reason=row.stop_reason,
            capacity=row.capacity,
            places_taken=row.places_taken,
            waves=[
                MobilisationWave(
                    number=wave.number,
                    called_at=wave.called_at,
                    called=wave.called,
                    accepted=wave.accepted,
                    declined=wave.declined,
                    unanswered=wave.unanswered,
                )
                for wave in row.waves
            ],
        )


@node(mobilisation_queries.calls_by_ids)
@strawberry.type(description="Somebody calls you to help. Nobody has to come; no is an answer, too.")
class Call(Node):
    shift_id: strawberry.ID
    need_id: strawberry.ID
    kind: MobilisationKind
    reason: str
    metres: int | None = strawberry.field(
        description="How far it is from your coarse home; null when not known."
    )
    called_at: datetime
    expires_at: datetime
    state: CallState
    sign_up_id: strawberry.ID | None = strawberry.field(description="What your yes made; never in a drill.")

    @classmethod
    def of(cls, row: CallRow) -> "Call":
        return cls(
            id=global_id("Call", row.id),
            shift_id=global_id("Shift", row.shift_id),
            need_id=global_id("Need", row.need_id),
            kind=row.kind,
            reason=row.reason,
            metres=row.metres,
            called_at=row.called_at,
            expires_at=row.expires_at,
            state=row.state,
            sign_up_id=global_id("SignUp", row.sign_up_id) if row.sign_up_id else None,
        )


@strawberry.type
class MobilisationQueries:
    @strawberry.field(
        description="As organiser: the mobilisations for a shift, the newest first; at most 100."
    )
    async def mobilisations_of_shift(
        self,
        info: Info,
        shift_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Shift.")],
    ) -> list[Mobilisation]:
        rows = await info.context.ask(mobilisation_queries.of_shift, key_of("Shift", shift_id))
        return [Mobilisation.of(row) for row in rows]

    @strawberry.field(description="Calls to you, the newest first; at most 100.")
    async def my_calls(self, info: Info) -> list[Call]:
        return [Call.of(row) for row in await info.context.ask(mobilisation_queries.my_calls)]


@strawberry.input
class StartMobilisationInput:
    shift_id: strawberry.ID
    kind: MobilisationKind
    reason: str = strawberry.field(description="For everybody who is called to read.")
    wave_size: int = 20
    wave_minutes: int = 30
    first_kilometres: int = 3
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input
class StopMobilisationInput:
    mobilisation_id: strawberry.ID
    reason: str


@strawberry.input
class AnswerCallInput:
    call_id: strawberry.ID
    accepted: bool
    agreed: bool = strawberry.field(
        default=False, description="That the stated risks were read and accepted; risky needs ask for it."
    )


@strawberry.type(description="The mobilisation as it is now.")
class ChangedMobilisation:
    mobilisation: Mobilisation


@strawberry.type(description="Your call as it is now.")
class AnsweredCall:
    call: Call


MobilisationResult: TypeAlias = Annotated[
    ChangedMobilisation | Problems, strawberry.union("MobilisationResult")
]
CallResult: TypeAlias = Annotated[AnsweredCall | Problems, strawberry.union("CallResult")]


@strawberry.type
class MobilisationMutations:
    @strawberry.mutation(
        description="Call people to a shift in waves. In an emergency for officers and administrators of the area only."
    )
    async def start_mobilisation(self, info: Info, input: StartMobilisationInput) -> MobilisationResult:
        fields, context = given(input), info.context
        shift_id, key = key_of("Shift", fields.pop("shift_id")), fields.pop("idempotency_key")
        draft = read(MobilisationDraft, fields)
        started = await context.do(mobilisations.start, shift_id, draft, key)
        return ChangedMobilisation(mobilisation=await must_fetch(context, Mobilisation, started))

    @strawberry.mutation(description="Send no more waves and end the calls that nobody answered.")
    async def stop_mobilisation(self, info: Info, input: StopMobilisationInput) -> MobilisationResult:
        fields = given(input)
        mobilisation_id = fields.pop("mobilisation_id")
        stop = partial(mobilisations.stop, draft=read(StopDraft, fields))
        found = await change(info.context, Mobilisation, mobilisation_id, stop)
        return ChangedMobilisation(mobilisation=found)

    @strawberry.mutation(description="Answer a call to you, yes or no.")
    async def answer_call(self, info: Info, input: AnswerCallInput) -> CallResult:
        fields = given(input)
        call_id = fields.pop("call_id")
        answer = partial(calls.answer, draft=read(AnswerDraft, fields))
        return AnsweredCall(call=await change(info.context, Call, call_id, answer))
