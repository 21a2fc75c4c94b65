"""Reminders come a day and two hours before a shift, once each, and again when the shift moves; never for what is off."""

from datetime import datetime, timedelta

from marketplace.bootstrap import House
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.notices import reminders
from marketplace.volunteering import shifts
from marketplace.volunteering.drafts import ReasonDraft, TimesDraft
from marketplace.volunteering.models import Shift
from tests import city
from tests.notices import scene
from tests.volunteering import scene as volunteering

STARTS = city.NOW + timedelta(days=2)


async def _remind(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await reminders.remind(session)


async def _reminded(house: House, viewer: Viewer) -> list[str]:
    """What the viewer has been reminded of so far, oldest first, after the repeated task ran twice."""
    for _ in range(2):
        await _remind(house)
    told = reversed(await scene.inbox(house, viewer))
    return [notice.kind for notice in told if notice.kind in {"shift_tomorrow", "shift_soon"}]


async def _volunteer(house: House, at: volunteering.Scene) -> Viewer:
    person = await scene.reader(house)
    await volunteering.join(house, person, at.shift_id)
    return person


async def test_a_reminder_comes_a_day_and_two_hours_ahead_and_once_each(
    house: House, clock: FixedClock
) -> None:
    at = await volunteering.shift(house)
    person = await _volunteer(house, at)
    steps: list[tuple[datetime, list[str]]] = [
        (STARTS - timedelta(hours=24, minutes=1), []),
        (STARTS - timedelta(hours=24), ["shift_tomorrow"]),
        (STARTS - timedelta(hours=5), ["shift_tomorrow"]),
        (STARTS - timedelta(hours=2), ["shift_tomorrow", "shift_soon"]),
        (STARTS - timedelta(minutes=1), ["shift_tomorrow", "shift_soon"]),
        (STARTS + timedelta(hours=1), ["shift_tomorrow", "shift_soon"]),
    ]
    for moment, expected in steps:
        clock.set(moment)
        assert await _reminded(house, person) == expected, moment


async def test_a_moved_shift_is_reminded_of_at_its_new_time(house: House, clock: FixedClock) -> None:
    at = await volunteering.shift(house)
    person = await _volunteer(house, at)
    clock.set(STARTS - timedelta(hours=24))
    assert await _reminded(house, person) == ["shift_tomorrow"]
    async with house.database.unit_of_work() as session:
        shift = await session.get_one(Shift, at.shift_id)
        later = timedelta(days=3)
        draft = TimesDraft(starts_at=shift.starts_at + later, ends_at=shift.ends_at + later)
        await shifts.move(session, at.organiser, at.shift_id, draft)
    clock.set(STARTS - timedelta(hours=2))
    assert await _reminded(house, person) == ["shift_tomorrow"]
    clock.set(STARTS + timedelta(days=2))
    assert await _reminded(house, person) == ["shift_tomorrow", "shift_tomorrow"]


async def test_who_signs_up_late_is_not_told_at_once_what_they_just_read(
    house: House, clock: FixedClock
) -> None:
    at = await volunteering.shift(house)
    clock.set(STARTS - timedelta(hours=20))
    person = await _volunteer(house, at)
    assert await _reminded(house, person) == []
    clock.set(STARTS - timedelta(hours=1, minutes=55))
    assert await _reminded(house, person) == ["shift_soon"]


async def test_only_confirmed_people_of_shifts_that_take_place_are_reminded(
    house: House, clock: FixedClock
) -> None:
    at = await volunteering.shift(house, capacity=1)
    confirmed = await _volunteer(house, at)
    waiting = await volunteering.volunteer(house, "候补")
    await volunteering.join(house, waiting, at.shift_id)
    off = await volunteering.shift(house)
    called_off = await volunteering.volunteer(house, "不必来")
    await volunteering.join(house, called_off, off.shift_id)
    async with house.database.unit_of_work() as session:
        await shifts.cancel(session, off.organiser, off.shift_id, ReasonDraft(reason="暴雨"))
    clock.set(STARTS - timedelta(hours=23))
    assert await _reminded(house, confirmed) == ["shift_tomorrow"]
    assert await _reminded(house, waiting) == []
    assert await _reminded(house, called_off) == []


async def test_a_worker_that_slept_too_long_lets_the_reminder_be(house: House, clock: FixedClock) -> None:
    at = await volunteering.shift(house)
    person = await _volunteer(house, at)
    clock.set(STARTS - timedelta(hours=17))
    assert await _reminded(house, person) == []


async def test_reminders_and_the_postman_are_in_the_timetable(house: House) -> None:
    assert {"notices.remind", "notices.send_due"} <= house.registry.tasks.keys()
