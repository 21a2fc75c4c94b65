"""The pool: who may be put where they are needed, for how many shifts, and who sees it."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.staffing import own_data, queries
from marketplace.staffing.models import PoolEntry
from marketplace.staffing.queries import EntryRow
from marketplace.volunteering.errors import (
    GuardianHasNotConsented,
    KeyWasUsedElsewhere,
    NeedIsNotOpen,
    RisksAreNotAgreed,
)
from tests.staffing import scene


async def entry(house: House, viewer: Viewer, at: scene.Scene) -> EntryRow | None:
    async with house.database.reading() as session:
        return (await queries.my_entries(session, viewer, [at.need_id])).get(at.need_id)


async def count(house: House, at: scene.Scene) -> int:
    async with house.database.reading() as session:
        return (await queries.of_need(session, at.organiser, at.need_id)).pool


async def test_somebody_joins_for_chosen_shifts_and_leaves_again(house: House) -> None:
    at = await scene.festival(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, at.shifts[0], at.shifts[2], most=2)
    shown = await entry(house, me, at)
    assert shown is not None
    assert (shown.most_shifts, set(shown.shift_ids)) == (2, {at.shifts[0], at.shifts[2]})
    assert await count(house, at) == 1
    await scene.leave(house, me, at)
    await scene.leave(house, me, at)
    assert await entry(house, me, at) is None
    assert await count(house, at) == 0


async def test_joining_again_replaces_what_was_said(house: House) -> None:
    at = await scene.festival(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, at.shifts[0])
    await scene.join(house, me, at, most=5)
    shown = await entry(house, me, at)
    assert shown is not None
    assert (shown.most_shifts, list(shown.shift_ids)) == (5, [])
    assert await count(house, at) == 1


async def test_one_key_sent_five_times_at_once_is_one_entry(house: House) -> None:
    at = await scene.festival(house)
    me = await scene.volunteer(house)
    answers = await asyncio.gather(*(scene.join(house, me, at, key="once") for _ in range(5)))
    assert len(set(answers)) == 1
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(PoolEntry)) == 1


async def test_five_keys_at_once_leave_one_open_entry(house: House) -> None:
    at = await scene.festival(house)
    me = await scene.volunteer(house)
    await asyncio.gather(*(scene.join(house, me, at) for _ in range(5)))
    assert await count(house, at) == 1


async def test_a_key_of_another_need_is_refused(house: House) -> None:
    at, other = await scene.festival(house), await scene.festival(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, key="once")
    with pytest.raises(KeyWasUsedElsewhere):
        await scene.join(house, me, other, key="once")


async def test_the_law_is_asked_at_the_door(house: House) -> None:
    at = await scene.festival(house)
    child = await scene.volunteer(house, birth_date=date(2012, 1, 1))
    with pytest.raises(GuardianHasNotConsented):
        await scene.join(house, child, at)
    closed = await scene.festival(house, closed_at=house.clock.now())
    with pytest.raises(NeedIsNotOpen):
        await scene.join(house, await scene.volunteer(house), closed)


async def test_risks_are_agreed_to_before_joining(house: House) -> None:
    at = await scene.festival(house, is_risky=True, insurance="志愿者人身意外险")
    me = await scene.volunteer(house)
    with pytest.raises(RisksAreNotAgreed):
        await scene.join(house, me, at)
    await scene.join(house, me, at, agreed=True)
    assert await count(house, at) == 1


async def test_only_coming_shifts_of_the_need_are_chosen(house: House) -> None:
    at, other = await scene.festival(house), await scene.festival(house, starts_in=-timedelta(days=5))
    me = await scene.volunteer(house)
    for wrong in (new_id(), other.shifts[0]):
        with pytest.raises(InputIsInvalid):
            await scene.join(house, me, at, at.shifts[0], wrong)
    assert await entry(house, me, at) is None


async def test_a_stranger_signs_in_and_a_hidden_need_is_not_found(house: House) -> None:
    at = await scene.festival(house, published=False)
    with pytest.raises(SignInNeeded):
        await scene.join(house, STRANGER, at)
    with pytest.raises(NotFound):
        await scene.join(house, await scene.volunteer(house), at)


async def test_a_pool_is_its_organisers_business(house: House) -> None:
    at = await scene.festival(house)
    me, outsider = await scene.joined(house, at, 1), await scene.volunteer(house, "路人")
    assert await entry(house, outsider, at) is None
    assert await entry(house, STRANGER, at) is None
    assert await entry(house, at.organiser, at) is None, "an organiser's own entry, not somebody else's"
    async with house.database.reading() as session:
        for visitor, refusal in ((STRANGER, SignInNeeded), (outsider, NotPermitted), (me[0], NotPermitted)):
            with pytest.raises(refusal):
                await queries.of_need(session, visitor, at.need_id)


async def test_whoever_is_erased_leaves_the_pool_and_takes_the_choices_along(house: House) -> None:
    at = await scene.festival(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, at.shifts[0])
    async with house.database.unit_of_work() as session:
        exported = await own_data.collect(session, me.signed_in())
        assert [one["title"] for one in exported["pools"]] == ["社区运动会"]
        await own_data.erase(session, me.signed_in())
    assert await count(house, at) == 0
