"""Shifts and series in the graph: read by everybody who sees the need, changed by its organisers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.volunteering import queries, series, shifts, sign_up_queries
from marketplace.volunteering.drafts import (
    CapacityDraft,
    NoteDraft,
    ReasonDraft,
    SeriesDraft,
    ShiftDraft,
    TimesDraft,
)
from marketplace.volunteering.queries import ShiftRow
from marketplace.volunteering.states import ShiftState

if TYPE_CHECKING:
    from marketplace.graph.needs import Need
    from marketplace.graph.sign_ups import SignUp

strawberry.enum(ShiftState, description="Where a shift stands.")


@node(queries.shifts_by_ids)
@strawberry.type(description="One stretch of work with a number of places.")
class Shift(Node):
    starts_at: datetime
    ends_at: datetime
    minutes: Minutes
    state: ShiftState
    capacity: int
    minimum_people: int = strawberry.field(
        description="What the work cannot do without; 0 where nobody said."
    )
    places_taken: int = strawberry.field(description="By confirmed people and live offers.")
    places_left: int
    note: str | None
    cancel_reason: str | None
    series_id: strawberry.ID | None = strawberry.field(description="The repeating shift that made it.")
    need_id: strawberry.ID
    key: strawberry.Private[UUID]
    need_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: ShiftRow) -> "Shift":
        return cls(
            id=global_id("Shift", row.id),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            minutes=Minutes(row.minutes),
            state=row.state,
            capacity=row.capacity,
            minimum_people=row.minimum_people,
            places_taken=row.places_taken,
            places_left=row.places_left,
            note=row.note,
            cancel_reason=row.cancel_reason,
            series_id=global_id("Series", row.series_id) if row.series_id else None,
            need_id=global_id("Need", row.need_id),
            key=row.id,
            need_key=row.need_id,
        )

    @strawberry.field(description="What it belongs to.")
    async def need(self, info: Info) -> Annotated["Need", strawberry.lazy("marketplace.graph.needs")] | None:
        from marketplace.graph.needs import Need  # the graph is a web; modules are not

        return await fetch(info.context, Need, self.need_key)

    @strawberry.field(description="Your own open sign-up for it; null when there is none.")
    async def my_sign_up(
        self, info: Info
    ) -> Annotated["SignUp", strawberry.lazy("marketplace.graph.sign_ups")] | None:
        from marketplace.graph.sign_ups import SignUp  # the graph is a web; modules are not

        row = await info.context.load(sign_up_queries.my_open_by_shifts, self.key)
        return None if row is None else SignUp.of(row)


@strawberry.type
class ShiftQueries:
    @strawberry.field(description="A need's shifts that have not ended, cancelled ones too, soonest first.")
    async def shifts_of_need(
        self, info: Info, need_id: strawberry.ID, first: First = 20, after: After = None
    ) -> Connection[Shift]:
        key, request = key_of("Need", need_id), PageRequest(first, after)
        page = await info.context.ask(queries.shifts_of, key, request)
        return connection(page, Shift.of)

    @strawberry.field(description="A need's shifts that have ended, the latest first.")
    async def past_shifts_of_need(
        self, info: Info, need_id: strawberry.ID, first: First = 20, after: After = None
    ) -> Connection[Shift]:
        key, request = key_of("Need", need_id), PageRequest(first, after)
        page = await info.context.ask(queries.past_shifts_of, key, request)
        return connection(page, Shift.of)


@strawberry.input
class AddShiftInput:
    need_id: strawberry.ID
    starts_at: datetime
    ends_at: datetime = strawberry.field(description="At most 24 hours later.")
    capacity: int
    minimum_people: int = 0
    note: str | None = None
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input
class MoveShiftInput:
    shift_id: strawberry.ID
    starts_at: datetime
    ends_at: datetime


@strawberry.input
class ResizeShiftInput:
    shift_id: strawberry.ID
    capacity: int = strawberry.field(description="Never fewer than the places taken.")
    minimum_people: int | None = strawberry.field(
        default=None, description="What the work cannot do without; left out, it stays."
    )


@strawberry.input
class NoteShiftInput:
    shift_id: strawberry.ID
    note: str | None = None


@strawberry.input
class CancelShiftInput:
    shift_id: strawberry.ID
    reason: str = strawberry.field(
        description="Which the people signed up will read, at most 500 characters."
    )


@strawberry.input
class CreateSeriesInput:
    need_id: strawberry.ID
    rule: str = strawberry.field(
        description="An RFC 5545 rule, daily, weekly or monthly, such as `FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10`."
    )
    first_starts_at: datetime
    duration_minutes: int
    capacity: int
    minimum_people: int = 0
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input
class ChangeSeriesInput:
    series_id: strawberry.ID
    rule: str
    first_starts_at: datetime
    duration_minutes: int
    capacity: int
    minimum_people: int = 0


@strawberry.type(description="The shift as it is now.")
class ChangedShift:
    shift: Shift


@strawberry.type(
    description="What a series made. `kept` have people but no slot any more; they stay as they are."
)
class ChangedSeries:
    series_id: strawberry.ID
    added: list[strawberry.ID]
    moved: list[strawberry.ID]
    removed: list[strawberry.ID]
    kept: list[strawberry.ID]


ShiftResult: TypeAlias = Annotated[ChangedShift | Problems, strawberry.union("ShiftResult")]
SeriesResult: TypeAlias = Annotated[ChangedSeries | Problems, strawberry.union("SeriesResult")]


async def _changed(context: Context, key: UUID) -> ChangedShift:
    return ChangedShift(shift=await must_fetch(context, Shift, key))


def _shift_ids(keys: tuple[UUID, ...]) -> list[strawberry.ID]:
    return [global_id("Shift", key) for key in keys]


@strawberry.type
class ShiftMutations:
    @strawberry.mutation(description="As organiser: plan one more shift of an open need.")
    async def add_shift(self, info: Info, input: AddShiftInput) -> ShiftResult:
        fields = given(input)
        need_key, key = key_of("Need", fields.pop("need_id")), fields.pop("idempotency_key")
        shift_id = await info.context.do(shifts.add, need_key, read(ShiftDraft, fields), key)
        return await _changed(info.context, shift_id)

    @strawberry.mutation(
        description="As organiser: give a shift another time. People keep their places and are told."
    )
    async def move_shift(self, info: Info, input: MoveShiftInput) -> ShiftResult:
        key = key_of("Shift", input.shift_id)
        draft = read(TimesDraft, {"starts_at": input.starts_at, "ends_at": input.ends_at})
        await info.context.do(shifts.move, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(
        description="As organiser: more places, which go to the waiting list first, or fewer."
    )
    async def resize_shift(self, info: Info, input: ResizeShiftInput) -> ShiftResult:
        key = key_of("Shift", input.shift_id)
        draft = read(CapacityDraft, {"capacity": input.capacity, "minimum_people": input.minimum_people})
        await info.context.do(shifts.change_capacity, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: say what people should know about this one shift.")
    async def note_shift(self, info: Info, input: NoteShiftInput) -> ShiftResult:
        key, draft = key_of("Shift", input.shift_id), read(NoteDraft, {"note": input.note})
        await info.context.do(shifts.change_note, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: call a shift off. Its people are told why.")
    async def cancel_shift(self, info: Info, input: CancelShiftInput) -> ShiftResult:
        key, draft = key_of("Shift", input.shift_id), read(ReasonDraft, {"reason": input.reason})
        await info.context.do(shifts.cancel, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: plan a repeating shift, at most 200 and a year ahead.")
    async def create_series(self, info: Info, input: CreateSeriesInput) -> SeriesResult:
        fields = given(input)
        need_key, key = key_of("Need", fields.pop("need_id")), fields.pop("idempotency_key")
        draft = read(SeriesDraft, fields)
        async with info.context.unit_of_work() as session:
            made = await series.create(session, info.context.viewer, need_key, draft, key)
            added = await series.coming_shift_ids(session, made)
        return ChangedSeries(
            series_id=global_id("Series", made), added=_shift_ids(added), moved=[], removed=[], kept=[]
        )

    @strawberry.mutation(
        description="As organiser: repeat by another rule. What was changed by hand and everybody's place survive."
    )
    async def change_series(self, info: Info, input: ChangeSeriesInput) -> SeriesResult:
        fields = given(input)
        key = key_of("Series", fields.pop("series_id"))
        draft = read(SeriesDraft, fields)
        outcome = await info.context.do(series.change, key, draft)
        return ChangedSeries(
            series_id=input.series_id,
            added=_shift_ids(outcome.added),
            moved=_shift_ids(outcome.moved),
            removed=_shift_ids(outcome.removed),
            kept=_shift_ids(outcome.kept),
        )
