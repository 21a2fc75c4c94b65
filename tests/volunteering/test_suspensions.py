"""While an organisation is suspended its needs rest: nobody finds them or signs up, nothing planned is lost, and all of it comes back."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.discovery.finding import find_needs
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import verification
from marketplace.organisations.drafts import ReasonDraft
from marketplace.volunteering import needs, queries, shifts
from marketplace.volunteering.drafts import ReasonDraft as EndingDraft
from marketplace.volunteering.drafts import ShiftDraft
from marketplace.volunteering.errors import NeedIsNotOpen, OrganisationMayNotPublish
from marketplace.volunteering.queries import NeedFilters
from marketplace.volunteering.states import NeedState
from tests import builders, city
from tests.deliveries import drain
from tests.volunteering import scene
from tests.volunteering.test_needs_publishing import a_need


async def _suspend(house: House, organisation_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
        await verification.suspend(session, officer, organisation_id, ReasonDraft(reason="年报逾期"))
    await drain(house)


async def _lift(house: House, organisation_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
        await verification.lift(session, officer, organisation_id)
    await drain(house)


async def _organisation(house: House) -> tuple[UUID, Viewer]:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        return organisation_id, manager


async def _state(house: House, need_id: UUID) -> NeedState:
    async with house.database.reading() as session:
        return (await queries.need(session, STRANGER, need_id)).row.state


async def _found(house: House, need_id: UUID) -> bool:
    """By search, and in the list of the database: the two agree."""
    async with house.database.reading() as session:
        searched = await find_needs(session, STRANGER, house.search, NeedWishes(), PageRequest(50))
        listed = await queries.page(session, STRANGER, NeedFilters(), PageRequest(50))
    by_search = need_id in {card.id for card in searched.page.rows}
    assert by_search == (need_id in {row.id for row in listed.rows})
    return by_search


async def test_a_need_rests_with_its_organisation_and_comes_back(house: House) -> None:
    organisation_id, manager = await _organisation(house)
    at = await scene.shift(house, organisation_id=organisation_id)
    other = await scene.shift(house)
    await rebuild(house.database, house.search)
    assert await _found(house, at.need_id)
    await _suspend(house, organisation_id)
    assert await _state(house, at.need_id) is NeedState.SUSPENDED
    assert not await _found(house, at.need_id)
    with pytest.raises(NeedIsNotOpen):
        await scene.join(house, await scene.volunteer(house), at.shift_id)
    await scene.join(house, await scene.volunteer(house), other.shift_id)
    draft = ShiftDraft(
        starts_at=city.NOW + timedelta(days=3), ends_at=city.NOW + timedelta(days=3, hours=1), capacity=1
    )
    with pytest.raises(OrganisationMayNotPublish):
        async with house.database.unit_of_work() as session:
            await shifts.add(session, manager, at.need_id, draft)
    await _lift(house, organisation_id)
    assert await _state(house, at.need_id) is NeedState.OPEN
    assert await _found(house, at.need_id)
    await scene.join(house, await scene.volunteer(house), at.shift_id)


async def test_those_who_have_a_place_keep_it_and_a_place_that_becomes_free_waits_for_the_end(
    house: House,
) -> None:
    organisation_id, _manager = await _organisation(house)
    at = await scene.shift(house, organisation_id=organisation_id, capacity=2)
    stays, leaves, waits = [await scene.volunteer(house, name) for name in "甲乙丙"]
    ids = [await scene.join(house, one, at.shift_id) for one in (stays, leaves, waits)]
    await _suspend(house, organisation_id)
    await scene.withdraw(house, leaves, ids[1])
    await scene.settle_overdue(house)
    states = [
        (await scene.seen(house, who, one)).state.value
        for who, one in zip((stays, leaves, waits), ids, strict=True)
    ]
    assert states == ["confirmed", "withdrawn", "waiting"]
    await _lift(house, organisation_id)
    assert (await scene.seen(house, waits, ids[2])).state.value == "offered"


async def test_a_need_published_in_the_moment_of_the_suspension_rests_too(house: House) -> None:
    organisation_id, manager = await _organisation(house)
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, manager, a_need(organisation_id=organisation_id))
        suspending = asyncio.create_task(_suspend(house, organisation_id))
        await asyncio.sleep(0.2)
        assert not suspending.done()
    await suspending
    assert await _state(house, need_id) is NeedState.SUSPENDED


async def test_what_was_over_before_is_over_afterwards(house: House) -> None:
    organisation_id, manager = await _organisation(house)
    async with house.database.unit_of_work() as session:
        closed = await builders.need(session, organisation_id=organisation_id, closed_at=session.now())
        off = await builders.need(session, organisation_id=organisation_id)
    await _suspend(house, organisation_id)
    assert [await _state(house, one) for one in (closed, off)] == [NeedState.CLOSED, NeedState.SUSPENDED]
    async with house.database.unit_of_work() as session:
        await needs.cancel(session, manager, off, EndingDraft(reason="不办了"))
    await _lift(house, organisation_id)
    assert [await _state(house, one) for one in (closed, off)] == [NeedState.CLOSED, NeedState.CANCELLED]


async def test_every_state_is_the_same_in_sql_as_in_python(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organiser = await builders.viewer(session, "周", Role.ADMINISTRATOR, city.CITY)
        now = session.now()
        facts: list[dict[str, object]] = [
            {},
            {"published": False},
            {"published": False, "declined_at": now},
            {"closed_at": now},
            {"closed_at": now, "suspended_at": now},
            {"suspended_at": now},
            {"suspended_at": now, "cancelled_at": now},
        ]
        for one in facts:
            await builders.need(session, **one)  # type: ignore[arg-type]
    async with house.database.reading() as session:
        counts = []
        for state in NeedState:
            page = await queries.managed(session, organiser, NeedFilters(states=(state,)), PageRequest(50))
            assert {row.state for row in page.rows} == {state}
            counts.append(len(page.rows))
    assert sum(counts) == len(facts)
