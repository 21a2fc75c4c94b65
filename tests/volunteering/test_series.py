"""A series makes shifts by a rule; made anew, it keeps what was changed by hand and everybody's place."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock, local
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.volunteering import needs, recurrence, series, shifts
from marketplace.volunteering.drafts import ReasonDraft, SeriesDraft, TimesDraft
from marketplace.volunteering.errors import SeriesHasNoSlots, SeriesHasTooManySlots, SeriesReachesTooFar
from marketplace.volunteering.models import Shift
from tests import builders, city

# Tuesday 24 November 2026, 14:00 in Shanghai.
TUESDAY = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
WEEKLY = "FREQ=WEEKLY;BYDAY=TU;COUNT=4"
WEEK = timedelta(days=7)


def a_series(
    rule: str = WEEKLY, first: datetime = TUESDAY, minutes: int = 120, capacity: int = 3
) -> SeriesDraft:
    return SeriesDraft(rule=rule, first_starts_at=first, duration_minutes=minutes, capacity=capacity)


async def worker(session: Session, area: str = city.JIANGSU_COMMUNITY) -> Viewer:
    return await builders.viewer(session, "周社工", Role.COMMUNITY_WORKER, area)


async def made(house: House, draft: SeriesDraft) -> tuple[Viewer, UUID, UUID]:
    """An organiser, a need and its series."""
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        viewer = await worker(session)
        return viewer, need_id, await series.create(session, viewer, need_id, draft)


async def coming(house: House) -> list[Shift]:
    async with house.database.reading() as session:
        return list(
            await session.scalars(select(Shift).where(Shift.cancelled_at.is_(None)).order_by(Shift.starts_at))
        )


def slots(rule: str, first: datetime = TUESDAY, now: datetime = city.NOW) -> list[str]:
    return [f"{local(slot):%m-%d %H:%M}" for slot in recurrence.slots(recurrence.parse(rule), first, now)]


def test_rules_follow_the_wall_clock_of_shanghai() -> None:
    assert slots(WEEKLY) == ["11-24 14:00", "12-01 14:00", "12-08 14:00", "12-15 14:00"]
    assert slots("FREQ=DAILY;INTERVAL=2;UNTIL=20261128") == ["11-24 14:00", "11-26 14:00", "11-28 14:00"]
    assert slots("RRULE:freq=weekly;byday=tu,th;until=20261201t060000z") == [
        "11-24 14:00",
        "11-26 14:00",
        "12-01 14:00",
    ]
    assert slots("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2") == ["11-27 14:00", "12-25 14:00"]
    assert slots("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1;COUNT=2") == ["12-01 14:00", "01-01 14:00"]
    assert slots("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2") == ["12-31 14:00", "01-31 14:00"]


def test_slots_that_have_passed_count_but_are_not_made() -> None:
    assert slots(WEEKLY, first=TUESDAY - 2 * WEEK) == ["11-24 14:00", "12-01 14:00"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=HOURLY;COUNT=3", "rule_frequency"),
        ("FREQ=MINUTELY", "rule_frequency"),
        ("FREQ=SECONDLY", "rule_frequency"),
        ("FREQ=YEARLY;COUNT=1", "rule_frequency"),
        ("BYDAY=MO", "rule_frequency"),
        ("every Tuesday", "rule_unreadable"),
        ("FREQ=DAILY;FREQ=DAILY", "rule_unreadable"),
        ("FREQ=DAILY\nDTSTART:20260101T000000", "rule_frequency"),
        ("FREQ=WEEKLY;BYHOUR=1,2,3", "rule_part_not_taken"),
        ("FREQ=DAILY;BYMONTH=2", "rule_part_not_taken"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20261201", "rule_count_or_until"),
        ("FREQ=DAILY;COUNT=0", "rule_number_wrong"),
        ("FREQ=DAILY;INTERVAL=0", "rule_number_wrong"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "rule_number_wrong"),
        ("FREQ=DAILY;UNTIL=20260230", "rule_until_wrong"),
        ("FREQ=WEEKLY;BYDAY=XX", "rule_part_wrong"),
        ("FREQ=WEEKLY;BYDAY=1MO", "rule_part_wrong"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "rule_part_wrong"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2", "rule_part_wrong"),
        ("FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1", "rule_part_not_taken"),
    ],
)
def test_a_rule_that_is_not_taken_says_which_part(rule: str, code: str) -> None:
    with pytest.raises(InputIsInvalid) as refusal:
        recurrence.parse(rule)
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [("rule", code)]


@pytest.mark.parametrize(
    ("rule", "first", "error"),
    [
        ("FREQ=DAILY;COUNT=201", TUESDAY, SeriesHasTooManySlots),
        ("FREQ=DAILY;UNTIL=20271101", TUESDAY, SeriesHasTooManySlots),
        ("FREQ=WEEKLY;COUNT=60", TUESDAY, SeriesReachesTooFar),
        ("FREQ=WEEKLY;UNTIL=20280101", TUESDAY, SeriesReachesTooFar),
        ("FREQ=DAILY;COUNT=2", TUESDAY + timedelta(days=400), SeriesReachesTooFar),
        ("FREQ=DAILY;UNTIL=20260101", TUESDAY, SeriesHasNoSlots),
    ],
)
def test_a_series_is_bounded(rule: str, first: datetime, error: type[MarketplaceError]) -> None:
    with pytest.raises(error):
        slots(rule, first)


@given(
    st.text(max_size=60)
    | st.from_regex(r"FREQ=(DAILY|WEEKLY|MONTHLY)(;[A-Z]{4,10}=[0-9A-Z,+-]{1,8}){0,4}", fullmatch=True)
)
def test_any_text_is_a_rule_or_a_clear_refusal_and_quickly(text: str) -> None:
    started = perf_counter()
    try:
        found = slots(text)
    except (InputIsInvalid, SeriesHasNoSlots, SeriesHasTooManySlots, SeriesReachesTooFar):
        found = []
    assert len(found) <= recurrence.MOST_SLOTS
    assert perf_counter() - started < 2


async def test_a_series_becomes_shifts(house: House) -> None:
    _, _, series_id = await made(house, a_series())
    shifts_made = await coming(house)
    assert [shift.starts_at for shift in shifts_made] == [TUESDAY + week * WEEK for week in range(4)]
    assert {(shift.capacity, shift.series_id) for shift in shifts_made} == {(3, series_id)}


async def test_the_same_series_sent_twice_is_one(house: House) -> None:
    key = new_id()
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        viewer = await worker(session)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            assert await series.create(session, viewer, need_id, a_series(), key) == key
    assert len(await coming(house)) == 4


async def test_every_door_is_shut_to_strangers_and_outsiders(house: House) -> None:
    _, need_id, series_id = await made(house, a_series())
    async with house.database.unit_of_work() as session:
        outsider = await worker(session, city.HUAYANG_COMMUNITY)
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotPermitted)):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await series.create(session, viewer, need_id, a_series())
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await series.change(session, viewer, series_id, a_series())
    with pytest.raises(NotFound):
        async with house.database.unit_of_work() as session:
            await series.change(session, outsider, new_id(), a_series())


async def test_a_changed_rule_removes_empty_shifts_and_adds_new_ones(house: House) -> None:
    viewer, _, series_id = await made(house, a_series())
    async with house.database.unit_of_work() as session:
        outcome = await series.change(session, viewer, series_id, a_series("FREQ=WEEKLY;BYDAY=TH;COUNT=2"))
    assert (len(outcome.added), len(outcome.removed), outcome.moved, outcome.kept) == (2, 4, (), ())
    assert [shift.starts_at for shift in await coming(house)] == [
        TUESDAY + timedelta(days=2),
        TUESDAY + timedelta(days=9),
    ]


async def test_what_was_changed_by_hand_survives_a_changed_rule(house: House) -> None:
    viewer, _, series_id = await made(house, a_series())
    first, second, *_ = await coming(house)
    by_hand = TimesDraft(starts_at=TUESDAY + timedelta(hours=3), ends_at=TUESDAY + timedelta(hours=5))
    async with house.database.unit_of_work() as session:
        await shifts.move(session, viewer, first.id, by_hand)
        await shifts.cancel(session, viewer, second.id, ReasonDraft(reason="场地被占用"))
        outcome = await series.change(session, viewer, series_id, a_series(minutes=60))
    assert outcome.added == ()
    left = await coming(house)
    assert [shift.starts_at for shift in left] == [by_hand.starts_at, TUESDAY + 2 * WEEK, TUESDAY + 3 * WEEK]
    assert left[0].ends_at == by_hand.ends_at
    assert left[1].ends_at - left[1].starts_at == timedelta(hours=1)


async def test_people_move_with_their_day_and_stay_where_their_day_is_gone(house: House) -> None:
    viewer, _, series_id = await made(house, a_series())
    first, second, *_ = await coming(house)
    async with house.database.unit_of_work() as session:
        for shift in (first, second):
            await builders.sign_up(session, shift.id, await builders.person(session))
    later = TUESDAY + timedelta(hours=1)
    async with house.database.unit_of_work() as session:
        outcome = await series.change(
            session, viewer, series_id, a_series("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=2", first=later)
        )
    assert outcome.moved == (first.id,)
    assert outcome.kept == (second.id,)
    left = {shift.id: shift for shift in await coming(house)}
    assert left[first.id].starts_at == later
    assert left[second.id].starts_at == TUESDAY + WEEK
    assert {shift.places_taken for shift in left.values()} == {0, 1}
    assert len(left) == 3


async def test_a_smaller_capacity_never_takes_a_place_away(house: House) -> None:
    viewer, _, series_id = await made(house, a_series())
    first, *_ = await coming(house)
    async with house.database.unit_of_work() as session:
        for name in ("甲", "乙"):
            await builders.sign_up(session, first.id, await builders.person(session, name))
    async with house.database.unit_of_work() as session:
        await series.change(session, viewer, series_id, a_series(capacity=1))
    assert [shift.capacity for shift in await coming(house)] == [2, 1, 1, 1]


async def test_a_shift_that_somebody_once_left_stays_on_record(house: House) -> None:
    viewer, _, series_id = await made(house, a_series("FREQ=WEEKLY;COUNT=2"))
    first, _ = await coming(house)
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session)
        await builders.sign_up(session, first.id, person_id, confirmed_at=None, withdrawn_at=session.now())
    async with house.database.unit_of_work() as session:
        await series.change(session, viewer, series_id, a_series("FREQ=WEEKLY;BYDAY=WE;COUNT=1"))
    async with house.database.reading() as session:
        assert (await session.get_one(Shift, first.id)).cancelled_at is not None


async def test_an_open_ended_series_is_followed_as_time_goes_on(house: House, clock: FixedClock) -> None:
    await made(house, a_series("FREQ=WEEKLY"))
    before = await coming(house)
    assert len(before) == 13
    clock.advance(2 * WEEK)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await series.extend_open_ended(session)
    after = await coming(house)
    assert len(after) == 15
    assert after[-1].starts_at == before[-1].starts_at + 2 * WEEK


async def test_a_closed_need_is_not_followed(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, published=True)
        await series.create(session, await worker(session), need_id, a_series("FREQ=WEEKLY"))
    async with house.database.unit_of_work() as session:
        await needs.close(session, await worker(session), need_id)
    count = len(await coming(house))
    clock.advance(4 * WEEK)
    async with house.database.unit_of_work() as session:
        await series.extend_open_ended(session)
    assert len(await coming(house)) == count
