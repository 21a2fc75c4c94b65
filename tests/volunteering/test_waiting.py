"""The waiting list: offers in order, held for a time, passed on when unanswered, and never more places than there are."""

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.volunteering import waiting
from marketplace.volunteering.errors import NoPlaceIsOffered, OfferHasExpired, ShiftClashes
from marketplace.volunteering.models import Shift
from tests import city
from tests.volunteering import scene


class Line:
    """A shift with one place: ``holder`` has it, ``waiters`` wait in order."""

    def __init__(self, at: scene.Scene) -> None:
        self.at = at
        self.people: list[Viewer] = []
        self.ids: list[UUID] = []

    async def states(self, house: House) -> list[str]:
        return [
            (await scene.seen(house, person, one)).state.value
            for person, one in zip(self.people, self.ids, strict=True)
        ]


async def a_line(house: House, length: int = 3, **facts: object) -> Line:
    line = Line(await scene.shift(house, **{"capacity": 1, **facts}))
    for number in range(length):
        line.people.append(await scene.volunteer(house, f"志愿者{number}"))
        line.ids.append(await scene.join(house, line.people[-1], line.at.shift_id))
    return line


async def test_a_freed_place_is_offered_to_the_first_in_line(house: House) -> None:
    line = await a_line(house)
    await scene.withdraw(house, line.people[0], line.ids[0])
    assert await line.states(house) == ["withdrawn", "offered", "waiting"]
    assert await scene.places_taken(house, line.at.shift_id) == 1
    offered = await scene.seen(house, line.people[1], line.ids[1])
    assert offered.offer_expires_at == city.NOW + timedelta(hours=12)
    assert await scene.events(house, line.ids[1]) == ["SignUpWaiting", "PlaceOffered"]
    assert (await scene.seen(house, line.people[2], line.ids[2])).waiting_position == 1


async def test_an_accepted_offer_is_a_confirmed_place(house: House) -> None:
    line = await a_line(house)
    await scene.withdraw(house, line.people[0], line.ids[0])
    await scene.accept(house, line.people[1], line.ids[1])
    assert await line.states(house) == ["withdrawn", "confirmed", "waiting"]
    assert await scene.places_taken(house, line.at.shift_id) == 1
    assert (await scene.events(house, line.ids[1]))[-1] == "SignUpConfirmed"


async def test_a_declined_offer_passes_on(house: House) -> None:
    line = await a_line(house)
    await scene.withdraw(house, line.people[0], line.ids[0])
    await scene.decline_offer(house, line.people[1], line.ids[1])
    await scene.decline_offer(house, line.people[1], line.ids[1])
    assert await line.states(house) == ["withdrawn", "withdrawn", "offered"]
    assert await scene.places_taken(house, line.at.shift_id) == 1


async def test_whoever_still_wished_for_a_place_when_the_shift_began_is_told(
    house: House, clock: FixedClock
) -> None:
    line = await a_line(house, 2)
    clock.advance(timedelta(days=2))
    await scene.settle_overdue(house)
    assert await line.states(house) == ["confirmed", "lapsed"]
    assert await scene.events(house, line.ids[1]) == ["SignUpWaiting", "SignUpLapsed"]


async def test_an_unanswered_offer_passes_on_by_itself(house: House, clock: FixedClock) -> None:
    line = await a_line(house)
    await scene.withdraw(house, line.people[0], line.ids[0])
    clock.advance(timedelta(hours=12))
    await scene.settle_overdue(house)
    await scene.settle_overdue(house)
    assert await line.states(house) == ["withdrawn", "lapsed", "offered"]
    assert await scene.places_taken(house, line.at.shift_id) == 1
    assert (await scene.events(house, line.ids[1])).count("OfferLapsed") == 1


async def test_an_offer_lapses_in_time_even_when_the_worker_stands_still(
    house: House, clock: FixedClock
) -> None:
    line = await a_line(house)
    await scene.withdraw(house, line.people[0], line.ids[0])
    clock.advance(timedelta(hours=12))
    assert await line.states(house) == ["withdrawn", "lapsed", "waiting"]
    with pytest.raises(OfferHasExpired):
        await scene.accept(house, line.people[1], line.ids[1])
    newcomer = await scene.volunteer(house, "后来")
    await scene.join(house, newcomer, line.at.shift_id)
    assert await line.states(house) == ["withdrawn", "lapsed", "offered"]


async def test_the_last_unanswered_offer_leaves_the_place_free(house: House, clock: FixedClock) -> None:
    line = await a_line(house, 2)
    await scene.withdraw(house, line.people[0], line.ids[0])
    clock.advance(timedelta(hours=13))
    await scene.settle_overdue(house)
    assert await scene.places_taken(house, line.at.shift_id) == 0
    assert (await scene.events(house, line.at.need_id))[-1] == "NeedChanged"


async def test_an_offer_ends_an_hour_before_the_start_at_the_latest(house: House, clock: FixedClock) -> None:
    line = await a_line(house, starts_in=timedelta(hours=5))
    await scene.withdraw(house, line.people[0], line.ids[0])
    offered = await scene.seen(house, line.people[1], line.ids[1])
    assert offered.offer_expires_at == city.NOW + timedelta(hours=4)


async def test_in_the_last_hour_a_free_place_is_whoever_waits_and_takes_it_first(
    house: House, clock: FixedClock
) -> None:
    line = await a_line(house, starts_in=timedelta(minutes=50))
    assert not (await scene.seen(house, line.people[2], line.ids[2])).has_free_place
    await scene.withdraw(house, line.people[0], line.ids[0])
    assert await line.states(house) == ["withdrawn", "waiting", "waiting"]
    assert (await scene.seen(house, line.people[2], line.ids[2])).has_free_place
    await scene.accept(house, line.people[2], line.ids[2])
    with pytest.raises(NoPlaceIsOffered):
        await scene.accept(house, line.people[1], line.ids[1])
    assert await line.states(house) == ["withdrawn", "waiting", "confirmed"]
    assert await scene.places_taken(house, line.at.shift_id) == 1


async def test_wishes_lapse_when_the_shift_begins(house: House, clock: FixedClock) -> None:
    line = await a_line(house)
    clock.advance(timedelta(days=2))
    await scene.settle_overdue(house)
    assert await line.states(house) == ["confirmed", "lapsed", "lapsed"]
    assert await scene.places_taken(house, line.at.shift_id) == 1


async def test_a_bigger_shift_offers_its_new_places_in_order(house: House) -> None:
    line = await a_line(house, 4)
    async with house.database.unit_of_work() as session:
        shift = await session.get_one(Shift, line.at.shift_id)
        shift.capacity = 3
        await waiting.fill_free_places(session, line.at.shift_id)
    assert await line.states(house) == ["confirmed", "offered", "offered", "waiting"]
    assert await scene.places_taken(house, line.at.shift_id) == 3


@pytest.mark.parametrize("over", ["closed_at", "cancelled_at"])
async def test_a_need_that_is_over_offers_nothing(house: House, over: str) -> None:
    line = await a_line(house)
    async with house.database.unit_of_work() as session:
        await scene.change_need(session, line.at.need_id, **{over: city.NOW})
    await scene.withdraw(house, line.people[0], line.ids[0])
    assert await line.states(house) == ["withdrawn", "waiting", "waiting"]
    assert await scene.places_taken(house, line.at.shift_id) == 0


async def test_an_offer_that_clashes_by_now_is_refused_and_stays(house: House) -> None:
    line = await a_line(house)
    other = await scene.shift(house, title="同时的另一班")
    await scene.join(house, line.people[1], other.shift_id)
    await scene.withdraw(house, line.people[0], line.ids[0])
    with pytest.raises(ShiftClashes) as caught:
        await scene.accept(house, line.people[1], line.ids[1])
    assert caught.value.facts["need"] == "同时的另一班"
    assert await line.states(house) == ["withdrawn", "offered", "waiting"]


async def test_who_has_no_offer_accepts_and_declines_nothing(house: House) -> None:
    line = await a_line(house)
    with pytest.raises(NoPlaceIsOffered):
        await scene.accept(house, line.people[2], line.ids[2])
    with pytest.raises(NoPlaceIsOffered):
        await scene.decline_offer(house, line.people[2], line.ids[2])
    await scene.accept(house, line.people[0], line.ids[0])
    assert await line.states(house) == ["confirmed", "waiting", "waiting"]


async def test_an_offer_is_only_for_the_person_it_was_made_to(house: House) -> None:
    line = await a_line(house)
    await scene.withdraw(house, line.people[0], line.ids[0])
    for step in (scene.accept, scene.decline_offer):
        with pytest.raises(SignInNeeded):
            await step(house, STRANGER, line.ids[1])
        with pytest.raises(NotFound):
            await step(house, line.people[2], line.ids[1])
        with pytest.raises(NotPermitted):
            await step(house, line.at.organiser, line.ids[1])
    assert await line.states(house) == ["withdrawn", "offered", "waiting"]


async def test_settling_what_is_settled_changes_nothing(house: House) -> None:
    line = await a_line(house)
    before = await scene.count_events(house)
    await scene.settle_overdue(house)
    async with house.database.unit_of_work() as session:
        await waiting.fill_free_places(session, line.at.shift_id)
    assert await scene.count_events(house) == before
