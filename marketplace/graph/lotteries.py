"""Lotteries in the graph: opened, entered, left, called off; and the public record with which anybody redoes a draw."""

import json
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
from marketplace.staffing import lotteries, lottery_entries, lottery_queries
from marketplace.staffing.lottery_drafts import CallOffDraft, EntryDraft, LotteryDraft
from marketplace.staffing.lottery_queries import LotteryRow, MyEntry
from marketplace.staffing.lottery_states import LotteryState

strawberry.enum(LotteryState, description="Where a lottery stands; closed is the moment before the draw.")


@strawberry.type(description="Your own entry. Others see its number and tickets, and not whose it is.")
class LotteryEntry:
    number: int
    tickets: int
    entered_at: datetime
    place_in_order: int | None = strawberry.field(description="Where you were drawn; null before the draw.")
    sign_up_id: strawberry.ID | None = strawberry.field(description="What the draw made of it.")

    @classmethod
    def of(cls, entry: MyEntry) -> "LotteryEntry":
        return cls(
            number=entry.number,
            tickets=entry.tickets,
            entered_at=entry.entered_at,
            place_in_order=entry.place_in_order,
            sign_up_id=global_id("SignUp", entry.sign_up_id) if entry.sign_up_id else None,
        )


@strawberry.type(description="An entry as everybody sees it.")
class LotteryTickets:
    number: int
    tickets: int


@strawberry.type(description="A draw as it is published; it never changes.")
class LotteryRecord:
    drawn_at: datetime
    secret: str = strawberry.field(description="What the commitment promised: its SHA-256 is the commitment.")
    entries: list[LotteryTickets]
    entries_hash: str
    places: int
    order: list[int] = strawberry.field(description="All numbers in the order drawn.")
    winners: list[int] = strawberry.field(description="Those who are offered a place first.")
    json: str = strawberry.field(description="The whole record, for `marketplace verify lottery`.")

    @classmethod
    def of(cls, row: LotteryRow) -> "LotteryRecord | None":
        if row.record is None or row.drawn_at is None:
            return None
        return cls(
            drawn_at=row.drawn_at,
            secret=row.record["secret"],
            entries=[LotteryTickets(**one) for one in row.record["entries"]],
            entries_hash=row.record["entries_hash"],
            places=row.record["places"],
            order=row.record["order"],
            winners=row.record["winners"],
            json=json.dumps(row.record, sort_keys=True),
        )


@node(lottery_queries.lotteries_by_ids)
@strawberry.type(description="The free places of a shift, drawn by lot among those who enter in time.")
class Lottery(Node):
    shift_id: strawberry.ID
    need_id: strawberry.ID
    state: LotteryState
    opened_at: datetime
    closes_at: datetime
    places: int
    first_timer_tickets: int = strawberry.field(
        description="How many tickets somebody has who never served before; everybody else has one."
    )
    commitment: str = strawberry.field(
        description="SHA-256 of the secret that decides the draw, published before anybody enters."
    )
    entries: int
    call_off_reason: str | None
    my_entry: LotteryEntry | None
    draw: LotteryRecord | None

    @classmethod
    def of(cls, row: LotteryRow) -> "Lottery":
        return cls(
            id=global_id("Lottery", row.id),
            shift_id=global_id("Shift", row.shift_id),
            need_id=global_id("Need", row.need_id),
            state=row.state,
            opened_at=row.opened_at,
            closes_at=row.closes_at,
            places=row.places,
            first_timer_tickets=row.first_timer_tickets,
            commitment=row.commitment,
            entries=row.entries,
            call_off_reason=row.call_off_reason,
            my_entry=None if row.mine is None else LotteryEntry.of(row.mine),
            draw=LotteryRecord.of(row),
        )


LotteryId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Lottery.")]


@strawberry.type
class LotteryQueries:
    @strawberry.field(description="The lottery for a shift's places; null where they are not drawn by lot.")
    async def lottery_of_shift(
        self,
        info: Info,
        shift_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Shift.")],
    ) -> Lottery | None:
        row = await info.context.load(lottery_queries.of_shifts, key_of("Shift", shift_id))
        return None if row is None else Lottery.of(row)

    @strawberry.field(description="The lotteries that you are in, those that close last first; at most 100.")
    async def my_lotteries(self, info: Info) -> list[Lottery]:
        return [Lottery.of(row) for row in await info.context.ask(lottery_queries.mine)]


@strawberry.input
class OpenLotteryInput:
    shift_id: strawberry.ID
    closes_at: datetime = strawberry.field(description="When entries close; the draw follows at once.")
    first_timer_tickets: int = 2
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input
class EnterLotteryInput:
    lottery_id: strawberry.ID
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each entry; repeated, it gives the first answer."
    )
    agreed: bool = strawberry.field(
        default=False, description="That the stated risks were read and accepted; risky needs ask for it."
    )


@strawberry.input
class CallOffLotteryInput:
    lottery_id: strawberry.ID
    reason: str = strawberry.field(description="For everybody who entered to read.")


@strawberry.type(description="The lottery as it is now.")
class ChangedLottery:
    lottery: Lottery


LotteryResult: TypeAlias = Annotated[ChangedLottery | Problems, strawberry.union("LotteryResult")]


@strawberry.type
class LotteryMutations:
    @strawberry.mutation(description="As organiser: draw the free places of a shift by lot.")
    async def open_lottery(self, info: Info, input: OpenLotteryInput) -> LotteryResult:
        fields, context = given(input), info.context
        shift_id, key = key_of("Shift", fields.pop("shift_id")), fields.pop("idempotency_key")
        draft = read(LotteryDraft, fields)
        opened = await context.do(lotteries.open_lottery, shift_id, draft, context.house.vault, key)
        return ChangedLottery(lottery=await must_fetch(context, Lottery, opened))

    @strawberry.mutation(description="Enter a lottery, once; you may leave it until entries close.")
    async def enter_lottery(self, info: Info, input: EnterLotteryInput) -> LotteryResult:
        fields = given(input)
        lottery_id = fields.pop("lottery_id")
        enter = partial(lottery_entries.enter, draft=read(EntryDraft, fields))
        return ChangedLottery(lottery=await change(info.context, Lottery, lottery_id, enter))

    @strawberry.mutation(description="Leave a lottery before its entries close.")
    async def leave_lottery(self, info: Info, lottery_id: LotteryId) -> LotteryResult:
        return ChangedLottery(lottery=await change(info.context, Lottery, lottery_id, lottery_entries.leave))

    @strawberry.mutation(description="As organiser: end a lottery before its entries close.")
    async def call_off_lottery(self, info: Info, input: CallOffLotteryInput) -> LotteryResult:
        fields = given(input)
        lottery_id = fields.pop("lottery_id")
        call_off = partial(lotteries.call_off, draft=read(CallOffDraft, fields))
        return ChangedLottery(lottery=await change(info.context, Lottery, lottery_id, call_off))
