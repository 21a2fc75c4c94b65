"""Check-in in the graph: doors, codes, attendances, and the organiser's screen."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.graph.shifts import Shift
from marketplace.hours import attendances, presence_queries, proofs
from marketplace.hours.drafts import ByHandDraft, CodeDraft
from marketplace.hours.proofs import Proof
from marketplace.hours.states import Direction, Grade, Method, Presence
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read

strawberry.enum(Direction, name="CheckInDirection", description="Coming in, or going out.")
strawberry.enum(
    Method,
    name="CheckInMethod",
    description="How it was witnessed. An organiser's own screen proves no more than the organiser's hand.",
)
strawberry.enum(Presence, name="PresenceState", description="Where one confirmed person stands in one shift.")
strawberry.enum(
    Grade,
    name="EvidenceGrade",
    description="How well a presence was witnessed: A by code in and out, B one of the two by hand, C reviewed, D entered by hand.",
)


@node(presence_queries.attendances_by_ids)
@strawberry.type(
    description="One person's presence in one shift; for the person, the organisers and the area's auditors."
)
class Attendance(Node):
    shift_id: strawberry.ID
    need_id: strawberry.ID
    person_id: strawberry.ID
    person_name: str
    checked_in_at: datetime
    check_in_method: Method
    check_in_metres: int | None = strawberry.field(
        description="How far from the need's place the code was held; null when it is not known."
    )
    late_minutes: Minutes = strawberry.field(description="0 unless later than the rule forgives.")
    checked_out_at: datetime | None
    check_out_method: Method | None
    closed_by_rule_at: datetime | None = strawberry.field(
        description="When it was closed without a check-out and went to review."
    )
    shift_key: strawberry.Private[UUID]

    @strawberry.field(description="The shift, where the viewer may see it.")
    async def shift(self, info: Info) -> Shift | None:
        return await fetch(info.context, Shift, self.shift_key)

    @classmethod
    def of(cls, row: presence_queries.AttendanceRow) -> "Attendance":
        return cls(
            id=global_id("Attendance", row.id),
            shift_key=row.shift_id,
            shift_id=global_id("Shift", row.shift_id),
            need_id=global_id("Need", row.need_id),
            person_id=global_id("Person", row.person_id),
            person_name=row.person_name,
            checked_in_at=row.checked_in_at,
            check_in_method=Method(row.check_in_method),
            check_in_metres=row.check_in_metres,
            late_minutes=Minutes(row.late_minutes),
            checked_out_at=row.checked_out_at,
            check_out_method=Method(row.check_out_method) if row.check_out_method else None,
            closed_by_rule_at=row.closed_by_rule_at,
        )


@strawberry.type(description="A shift of today at whose door the viewer stands, or soon will.")
class CheckInDoor:
    sign_up_id: strawberry.ID
    shift_id: strawberry.ID
    need_id: strawberry.ID
    need_title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime = strawberry.field(description="When check-in opens.")
    closes_at: datetime = strawberry.field(description="Until when one may check out.")
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    step: Direction | None = strawberry.field(description="What can be done now; null while it is too early.")

    @classmethod
    def of(cls, row: presence_queries.DoorRow) -> "CheckInDoor":
        return cls(
            sign_up_id=global_id("SignUp", row.sign_up_id),
            shift_id=global_id("Shift", row.shift_id),
            need_id=global_id("Need", row.need_id),
            need_title=row.need_title,
            place=row.place,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            checked_in_at=row.checked_in_at,
            checked_out_at=row.checked_out_at,
            step=row.step,
        )


@strawberry.type(description="One confirmed person of a shift and where they stand.")
class RollEntry:
    sign_up_id: strawberry.ID
    person_id: strawberry.ID
    name: str
    state: Presence
    attendance_id: strawberry.ID | None
    late_minutes: Minutes
    minutes: Minutes = strawberry.field(description="What the ledger counts for this shift.")
    grade: Grade | None

    @classmethod
    def of(cls, row: presence_queries.RollRow, now: datetime) -> "RollEntry":
        return cls(
            sign_up_id=global_id("SignUp", row.sign_up_id),
            person_id=global_id("Person", row.person_id),
            name=row.name,
            state=row.state(now),
            attendance_id=global_id("Attendance", row.attendance_id) if row.attendance_id else None,
            late_minutes=Minutes(row.late_minutes),
            minutes=Minutes(row.minutes),
            grade=Grade(row.grade) if row.grade else None,
        )


@strawberry.type(description="What an organiser's screen shows: the codes of this moment, and who is in.")
class CheckInScreen:
    shift_id: strawberry.ID
    need_title: str
    starts_at: datetime
    ends_at: datetime
    direction: Direction
    token: str = strawberry.field(description="What the QR carries after the address of the check-in page.")
    short_code: str = strawberry.field(description="Six digits for whoever cannot scan.")
    seconds_left: int = strawberry.field(description="How long these codes are the newest; ask again then.")
    roll: list[RollEntry]


@strawberry.type
class CheckInQueries:
    @strawberry.field(
        description="The viewer's confirmed shifts of today and tomorrow that are not over and done."
    )
    async def check_in_doors(self, info: Info) -> list[CheckInDoor]:
        async with info.context.reading() as session:
            return [CheckInDoor.of(row) for row in await presence_queries.doors(session, info.context.viewer)]

    @strawberry.field(
        description="The screen of a shift, for its organisers; null for a shift that is not there for you."
    )
    async def check_in_screen(
        self, info: Info, shift_id: strawberry.ID, direction: Direction | None = None
    ) -> CheckInScreen | None:
        viewer, vault = info.context.viewer, info.context.house.vault
        try:
            key = key_of("Shift", shift_id)
            async with info.context.reading() as session:
                row = await presence_queries.screen(session, viewer, vault, key, direction)
                roll = await presence_queries.roll(session, viewer, key)
                now = session.now()
        except NotFound:
            return None
        return CheckInScreen(
            shift_id=shift_id,
            need_title=row.need_title,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            direction=row.direction,
            token=row.token,
            short_code=row.short_code,
            seconds_left=row.seconds_left,
            roll=[RollEntry.of(entry, now) for entry in roll],
        )


@strawberry.input
class PresentCodeInput:
    code: str = strawberry.field(description="The QR's token, or the six digits.")
    shift_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Needed with six digits: they name no shift."
    )
    latitude: float | None = strawberry.field(
        default=strawberry.UNSET, description="Where the code is held, if the person wants to say."
    )
    longitude: float | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class WitnessInput:
    sign_up_id: strawberry.ID
    reason: str = strawberry.field(description="Why there is no code; kept on record.")


@strawberry.type(description="The presence as it now stands.")
class WitnessedAttendance:
    attendance: Attendance


CheckInResult: TypeAlias = Annotated[WitnessedAttendance | Problems, strawberry.union("CheckInResult")]
CheckOutResult: TypeAlias = Annotated[WitnessedAttendance | Problems, strawberry.union("CheckOutResult")]
CheckInByHandResult: TypeAlias = Annotated[
    WitnessedAttendance | Problems, strawberry.union("CheckInByHandResult")
]
CheckOutByHandResult: TypeAlias = Annotated[
    WitnessedAttendance | Problems, strawberry.union("CheckOutByHandResult")
]


@strawberry.type
class CheckInMutations:
    @strawberry.mutation(description="Come: hold the code of the moment out. Repeating it changes nothing.")
    async def check_in(self, info: Info, input: PresentCodeInput) -> CheckInResult:
        proof = await _judged(info, Direction.IN, input)
        async with info.context.unit_of_work() as session:
            attendance_id = await attendances.check_in(session, proof)
        return await _witnessed(info, attendance_id)

    @strawberry.mutation(description="Go: hold the check-out code out. The minutes are recorded at once.")
    async def check_out(self, info: Info, input: PresentCodeInput) -> CheckOutResult:
        proof = await _judged(info, Direction.OUT, input)
        async with info.context.unit_of_work() as session:
            attendance_id = await attendances.check_out(session, proof)
        return await _witnessed(info, attendance_id)

    @strawberry.mutation(description="An organiser checks somebody else in, with a reason; never themselves.")
    async def check_in_by_hand(self, info: Info, input: WitnessInput) -> CheckInByHandResult:
        draft = _by_hand(input)
        attendance_id = await info.context.do(attendances.check_in_by_hand, draft)
        return await _witnessed(info, attendance_id)

    @strawberry.mutation(
        description="An organiser checks somebody else out, with a reason. With both ends by hand, another organiser reviews it."
    )
    async def check_out_by_hand(self, info: Info, input: WitnessInput) -> CheckOutByHandResult:
        draft = _by_hand(input)
        attendance_id = await info.context.do(attendances.check_out_by_hand, draft)
        return await _witnessed(info, attendance_id)


async def _judged(info: Info, direction: Direction, input: PresentCodeInput) -> Proof:
    """The proof, judged and its wrong tries committed before the command that needs it."""
    named = given(input)
    if named.get("shift_id") is not None:
        named["shift_id"] = key_of("Shift", named["shift_id"])
    draft = read(CodeDraft, named)
    return await info.context.do(proofs.judge, info.context.house.vault, direction, draft)


def _by_hand(input: WitnessInput) -> ByHandDraft:
    return read(ByHandDraft, given(input) | {"sign_up_id": key_of("SignUp", input.sign_up_id)})


async def _witnessed(info: Info, attendance_id: UUID) -> WitnessedAttendance:
    return WitnessedAttendance(attendance=await must_fetch(info.context, Attendance, attendance_id))
