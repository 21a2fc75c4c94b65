"""Shifts are planned, moved, resized and cancelled by the need's organisers; whoever signed up keeps a place and is told."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering import needs, shifts
from marketplace.volunteering.drafts import CapacityDraft, NoteDraft, ReasonDraft, ShiftDraft, TimesDraft
from marketplace.volunteering.errors import (
    CapacityIsBelowPlacesTaken,
    NeedIsNotPublished,
    NeedIsOver,
    ShiftHasBegun,
    ShiftIsCancelled,
    ShiftIsInThePast,
    ShiftIsOver,
    ShiftIsTooFarAhead,
)
from marketplace.volunteering.models import Need, Shift, SignUp
from tests import builders, city

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def times(starts_at: datetime, lasts: timedelta = 2 * HOUR) -> TimesDraft:
    return TimesDraft(starts_at=starts_at, ends_at=starts_at + lasts)


def a_shift(starts_at: datetime, lasts: timedelta = 2 * HOUR, capacity: int = 3) -> ShiftDraft:
    return ShiftDraft(starts_at=starts_at, ends_at=starts_at + lasts, capacity=capacity)


async def worker(session: Session, area: str = city.JIANGSU_COMMUNITY) -> Viewer:
    return await builders.viewer(session, "周社工", Role.COMMUNITY_WORKER, area)


async def news_of(session: Session, name: str) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(OutboxEvent.payload).where(OutboxEvent.name == name).order_by(OutboxEvent.sequence)
    )
    return list(rows)


async def test_an_organiser_adds_a_shift_and_readers_hear_of_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await shifts.add(session, await worker(session), need_id, a_shift(city.NOW + DAY))
    async with house.database.reading() as session:
        shift = await session.get_one(Shift, shift_id)
        assert (shift.capacity, shift.places_taken, shift.starts_at) == (3, 0, city.NOW + DAY)
        assert (await session.get_one(Need, need_id)).version == 2
        assert len(await news_of(session, "NeedChanged")) == 1


async def test_the_same_shift_sent_twice_is_one_shift(house: House) -> None:
    key = new_id()
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        viewer = await worker(session)
        for _ in range(2):
            assert await shifts.add(session, viewer, need_id, a_shift(city.NOW + DAY), key) == key
    async with house.database.reading() as session:
        assert len((await session.scalars(select(Shift.id))).all()) == 1
        assert len(await news_of(session, "NeedChanged")) == 1


@pytest.mark.parametrize(
    ("starts_at", "error"),
    [
        (city.NOW, ShiftIsInThePast),
        (city.NOW - DAY, ShiftIsInThePast),
        (city.NOW + timedelta(days=731), ShiftIsTooFarAhead),
    ],
)
async def test_a_shift_lies_in_the_near_future(
    house: House, starts_at: datetime, error: type[MarketplaceError]
) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        viewer = await worker(session)
    with pytest.raises(error):
        async with house.database.unit_of_work() as session:
            await shifts.add(session, viewer, need_id, a_shift(starts_at))


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"published": False, "raised_by": None}, NeedIsNotPublished),
        ({"closed_at": city.NOW}, NeedIsOver),
        ({"cancelled_at": city.NOW}, NeedIsOver),
    ],
)
async def test_only_an_open_need_takes_shifts(
    house: House, facts: dict[str, Any], error: type[MarketplaceError]
) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, **facts)
        viewer = await worker(session)
    with pytest.raises(error):
        async with house.database.unit_of_work() as session:
            await shifts.add(session, viewer, need_id, a_shift(city.NOW + DAY))


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"starts_at": "2026-02-30T10:00:00+08:00"}, "starts_at", "datetime_from_date_parsing"),
        ({"starts_at": "2026-11-24T10:00:00"}, "starts_at", "timezone_aware"),
        ({"starts_at": "9999-12-31T23:59:59+00:00"}, "starts_at", "date_out_of_range"),
        ({"ends_at": "2026-11-24T09:00:00+08:00"}, "ends_at", "ends_before_start"),
        ({"ends_at": "2026-11-26T09:00:00+08:00"}, "ends_at", "shift_too_long"),
        ({"capacity": 0}, "capacity", "greater_than_equal"),
        ({"capacity": 10001}, "capacity", "less_than_equal"),
        ({"capacity": "many"}, "capacity", "int_parsing"),
        ({"note": "长" * 501}, "note", "string_too_long"),
    ],
)
def test_bad_input_names_its_field(facts: dict[str, Any], field: str, code: str) -> None:
    good = {
        "starts_at": "2026-11-24T10:00:00+08:00",
        "ends_at": "2026-11-24T12:00:00+08:00",
        "capacity": "２",
    }
    assert read(ShiftDraft, good).capacity == 2
    with pytest.raises(InputIsInvalid) as refusal:
        read(ShiftDraft, {**good, **facts})
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [(field, code)]


Command = Callable[[Session, Viewer, UUID], Awaitable[Any]]
COMMANDS: list[Command] = [
    lambda session, viewer, shift_id: shifts.move(session, viewer, shift_id, times(city.NOW + 3 * DAY)),
    lambda session, viewer, shift_id: shifts.cancel(session, viewer, shift_id, ReasonDraft(reason="下雨")),
    lambda session, viewer, shift_id: shifts.change_capacity(
        session, viewer, shift_id, CapacityDraft(capacity=5)
    ),
    lambda session, viewer, shift_id: shifts.change_note(session, viewer, shift_id, NoteDraft(note="带水")),
]


@pytest.mark.parametrize("command", COMMANDS, ids=["move", "cancel", "capacity", "note"])
async def test_every_door_is_shut_to_strangers_and_outsiders(house: House, command: Command) -> None:
    async with house.database.unit_of_work() as session:
        shown = await builders.shift(session, await builders.need(session))
        hidden = await builders.shift(session, await builders.need(session, published=False))
        outsider = await worker(session, city.HUAYANG_COMMUNITY)
        member = await worker(session)
    for viewer, shift_id, error in (
        (STRANGER, shown, SignInNeeded),
        (outsider, shown, NotPermitted),
        (outsider, hidden, NotFound),
        (member, new_id(), NotFound),
    ):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await command(session, viewer, shift_id)
    async with house.database.unit_of_work() as session:
        await command(session, member, shown)


@pytest.mark.parametrize("command", COMMANDS, ids=["move", "cancel", "capacity", "note"])
async def test_what_has_ended_or_was_cancelled_stays_as_it_was(
    house: House, clock: FixedClock, command: Command
) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        cancelled = await builders.shift(session, need_id, cancelled_at=session.now())
        ended = await builders.shift(session, need_id, starts_in=HOUR)
        member = await worker(session)
    with pytest.raises(ShiftIsCancelled):
        async with house.database.unit_of_work() as session:
            await command(session, member, cancelled)
    clock.advance(3 * HOUR)
    with pytest.raises(ShiftIsOver):
        async with house.database.unit_of_work() as session:
            await command(session, member, ended)


async def test_a_shift_under_way_is_neither_moved_nor_cancelled_but_may_grow(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session), starts_in=HOUR)
        member = await worker(session)
    clock.advance(90 * timedelta(minutes=1))
    for command in COMMANDS[:2]:
        with pytest.raises(ShiftHasBegun):
            async with house.database.unit_of_work() as session:
                await command(session, member, shift_id)
    async with house.database.unit_of_work() as session:
        await COMMANDS[2](session, member, shift_id)


async def test_people_keep_their_places_when_a_shift_moves_and_are_told_once(house: House) -> None:
    """Scenario 7."""
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session))
        volunteer = await builders.person(session)
        sign_up_id = await builders.sign_up(session, shift_id, volunteer)
        member = await worker(session)
        was = (await session.get_one(Shift, shift_id)).starts_at
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await shifts.move(session, member, shift_id, times(city.NOW + 3 * DAY))
    async with house.database.reading() as session:
        shift = await session.get_one(Shift, shift_id)
        assert (shift.starts_at, shift.places_taken, shift.calendar_sequence) == (city.NOW + 3 * DAY, 1, 1)
        assert (await session.get_one(SignUp, sign_up_id)).confirmed_at is not None
        told = await news_of(session, "ShiftMoved")
        assert [datetime.fromisoformat(event["was_starts_at"]) for event in told] == [was]


async def test_moving_an_empty_shift_tells_readers_only(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session))
        await shifts.move(session, await worker(session), shift_id, times(city.NOW + 3 * DAY))
    async with house.database.reading() as session:
        assert await news_of(session, "ShiftMoved") == []
        assert len(await news_of(session, "NeedChanged")) == 1


async def test_places_never_fall_below_those_taken(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session), capacity=3)
        for name in ("甲", "乙"):
            await builders.sign_up(session, shift_id, await builders.person(session, name))
        member = await worker(session)
    with pytest.raises(CapacityIsBelowPlacesTaken) as refusal:
        async with house.database.unit_of_work() as session:
            await shifts.change_capacity(session, member, shift_id, CapacityDraft(capacity=1))
    assert refusal.value.facts == {"taken": 2}
    async with house.database.unit_of_work() as session:
        await shifts.change_capacity(session, member, shift_id, CapacityDraft(capacity=2))


async def test_a_shift_that_grows_offers_its_new_place_to_the_first_who_waits(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(
            session, await builders.need(session), capacity=1, next_waiting_number=3
        )
        await builders.sign_up(session, shift_id, await builders.person(session, "甲"))
        waiting = [
            await builders.sign_up(
                session,
                shift_id,
                await builders.person(session, name),
                confirmed_at=None,
                waiting_number=number,
            )
            for number, name in ((1, "乙"), (2, "丙"))
        ]
        await shifts.change_capacity(session, await worker(session), shift_id, CapacityDraft(capacity=2))
    async with house.database.reading() as session:
        offered = [(await session.get_one(SignUp, sign_up_id)).offered_at for sign_up_id in waiting]
        assert [moment is not None for moment in offered] == [True, False]
        assert (await session.get_one(Shift, shift_id)).places_taken == 2


async def test_cancelling_a_shift_ends_its_open_sign_ups_only(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session))
        ended = await builders.sign_up(
            session,
            shift_id,
            await builders.person(session, "甲"),
            confirmed_at=None,
            withdrawn_at=session.now(),
        )
        going = await builders.sign_up(session, shift_id, await builders.person(session, "乙"))
        await shifts.cancel(session, await worker(session), shift_id, ReasonDraft(reason="台风预警"))
    async with house.database.reading() as session:
        shift = await session.get_one(Shift, shift_id)
        assert (shift.cancel_reason, shift.places_taken, shift.calendar_sequence) == ("台风预警", 0, 1)
        assert (await session.get_one(SignUp, ended)).cancelled_at is None
        assert (await session.get_one(SignUp, going)).cancelled_at == city.NOW
        told = await news_of(session, "ShiftCancelled")
        assert [event["sign_up_ids"] for event in told] == [[str(going)]]


async def test_a_cancelled_need_ends_coming_shifts_and_leaves_what_was_done(
    house: House, clock: FixedClock
) -> None:
    """Scenario 8."""
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        done = await builders.shift(session, need_id, starts_in=HOUR)
        coming = await builders.shift(session, need_id, starts_in=3 * DAY)
        volunteer = await builders.person(session)
        served = await builders.sign_up(session, done, volunteer)
        planned = await builders.sign_up(session, coming, volunteer)
        member = await worker(session)
    clock.advance(DAY)
    async with house.database.unit_of_work() as session:
        await needs.cancel(session, member, need_id, ReasonDraft(reason="活动室漏水"))
    async with house.database.reading() as session:
        assert (await session.get_one(Shift, done)).cancelled_at is None
        assert (await session.get_one(Shift, coming)).cancelled_at == clock.now()
        assert (await session.get_one(SignUp, served)).cancelled_at is None
        assert (await session.get_one(SignUp, planned)).cancelled_at == clock.now()
        assert len(await news_of(session, "NeedCancelled")) == 1
        assert [event["shift_id"] for event in await news_of(session, "ShiftCancelled")] == [str(coming)]
    with pytest.raises(NeedIsOver):
        async with house.database.unit_of_work() as session:
            await needs.cancel(session, member, need_id, ReasonDraft(reason="再说一次"))
