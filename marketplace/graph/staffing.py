"""Staffing in the graph: the pool of a need, its roles, and how its shifts are staffed."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.staffing import pool, queries, roles
from marketplace.staffing.drafts import PoolDraft, RoleDraft
from marketplace.staffing.queries import EntryRow, NeedStaffing, RoleRow, ShiftStaffing


@strawberry.type(description="Your place in the pool of a need: you go where you are needed.")
class PoolEntry:
    need_id: strawberry.ID
    most_shifts: int
    joined_at: datetime
    shift_ids: list[strawberry.ID] = strawberry.field(
        description="The shifts you chose; empty for all that fit your times."
    )

    @classmethod
    def of(cls, row: EntryRow) -> "PoolEntry":
        return cls(
            need_id=global_id("Need", row.need_id),
            most_shifts=row.most_shifts,
            joined_at=row.joined_at,
            shift_ids=[global_id("Shift", shift_id) for shift_id in row.shift_ids],
        )


@strawberry.type(description="How many people with a qualification each shift of a need wants at least.")
class NeedRole:
    id: strawberry.ID
    name: str
    minimum_people: int
    qualification_code: str
    qualification_name_zh: str
    qualification_name_en: str

    @classmethod
    def of(cls, row: RoleRow) -> "NeedRole":
        return cls(
            id=global_id("NeedRole", row.id),
            name=row.name,
            minimum_people=row.minimum_people,
            qualification_code=row.qualification.code,
            qualification_name_zh=row.qualification.name_zh,
            qualification_name_en=row.qualification.name_en,
        )


@strawberry.type(description="A coming shift and its people now.")
class StaffedShift:
    shift_id: strawberry.ID
    starts_at: datetime
    ends_at: datetime
    minimum_people: int
    capacity: int
    confirmed: int
    offered: int = strawberry.field(description="Live offers that wait for an answer.")
    asking: int = strawberry.field(description="People who applied or wait, without a place.")
    missing: int = strawberry.field(
        description="How many the minimum still lacks, if every offer is accepted."
    )

    @classmethod
    def of(cls, row: ShiftStaffing) -> "StaffedShift":
        return cls(
            shift_id=global_id("Shift", row.shift_id),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            minimum_people=row.minimum,
            capacity=row.capacity,
            confirmed=row.confirmed,
            offered=row.offered,
            asking=row.asking,
            missing=row.missing,
        )


@strawberry.type(description="A need as its organisers staff it.")
class Staffing:
    need_id: strawberry.ID
    title: str
    pool: int = strawberry.field(description="How many people may be put where they are needed.")
    shifts: list[StaffedShift]
    roles: list[NeedRole]

    @classmethod
    def of(cls, row: NeedStaffing) -> "Staffing":
        return cls(
            need_id=global_id("Need", row.need_id),
            title=row.title,
            pool=row.pool,
            shifts=[StaffedShift.of(shift) for shift in row.shifts],
            roles=[NeedRole.of(role) for role in row.roles],
        )


NeedId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Need.")]


@strawberry.type
class StaffingQueries:
    @strawberry.field(description="Your entry in a need's pool; null when you are not in it.")
    async def my_pool_entry(self, info: Info, need_id: NeedId) -> PoolEntry | None:
        row = await info.context.load(queries.my_entries, key_of("Need", need_id))
        return None if row is None else PoolEntry.of(row)

    @strawberry.field(description="As organiser: how the need's coming shifts are staffed now.")
    async def staffing(self, info: Info, need_id: NeedId) -> Staffing:
        return Staffing.of(await info.context.ask(queries.of_need, key_of("Need", need_id)))


@strawberry.input
class JoinPoolInput:
    need_id: strawberry.ID
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each entry; repeated, it gives the first answer."
    )
    most_shifts: int = 3
    shift_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Which shifts you can take; empty for all that fit your times."
    )
    agreed: bool = strawberry.field(
        default=False, description="That the stated risks were read and accepted; risky needs ask for it."
    )


@strawberry.input
class AddNeedRoleInput:
    need_id: strawberry.ID
    name: str
    qualification_code: str
    minimum_people: int = 1


@strawberry.type(description="Your entry as it is now; null when you are not in the pool.")
class ChangedPoolEntry:
    pool_entry: PoolEntry | None


@strawberry.type(description="The need's staffing as it is now.")
class ChangedStaffing:
    staffing: Staffing


PoolResult: TypeAlias = Annotated[ChangedPoolEntry | Problems, strawberry.union("PoolResult")]
StaffingResult: TypeAlias = Annotated[ChangedStaffing | Problems, strawberry.union("StaffingResult")]


async def _entry(context: Context, need_id: UUID) -> ChangedPoolEntry:
    row = await context.load(queries.my_entries, need_id)
    return ChangedPoolEntry(pool_entry=None if row is None else PoolEntry.of(row))


async def _staffing(context: Context, need_id: UUID) -> ChangedStaffing:
    return ChangedStaffing(staffing=Staffing.of(await context.ask(queries.of_need, need_id)))


@strawberry.type
class StaffingMutations:
    @strawberry.mutation(description="Join a need's pool, or say anew for how many shifts and which.")
    async def join_pool(self, info: Info, input: JoinPoolInput) -> PoolResult:
        fields = given(input)
        need_id = key_of("Need", fields.pop("need_id"))
        fields["shifts"] = [key_of("Shift", shift_id) for shift_id in fields.pop("shift_ids")]
        await info.context.do(pool.join, need_id, read(PoolDraft, fields))
        return await _entry(info.context, need_id)

    @strawberry.mutation(description="Leave a need's pool; places and offers that you have stay yours.")
    async def leave_pool(self, info: Info, need_id: NeedId) -> PoolResult:
        key = key_of("Need", need_id)
        await info.context.do(pool.leave, key)
        return await _entry(info.context, key)

    @strawberry.mutation(description="As organiser: want people with a qualification in every shift.")
    async def add_need_role(self, info: Info, input: AddNeedRoleInput) -> StaffingResult:
        fields = given(input)
        need_id = key_of("Need", fields.pop("need_id"))
        fields["qualification"] = fields.pop("qualification_code")
        await info.context.do(roles.add, need_id, read(RoleDraft, fields))
        return await _staffing(info.context, need_id)

    @strawberry.mutation(description="As organiser: end a role. Runs made with it stay as they are.")
    async def remove_need_role(
        self,
        info: Info,
        role_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a NeedRole.")],
    ) -> StaffingResult:
        need_id = await info.context.do(roles.remove, key_of("NeedRole", role_id))
        return await _staffing(info.context, need_id)
