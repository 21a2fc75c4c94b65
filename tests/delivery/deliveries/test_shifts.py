"""A finished volunteer shift becomes a delivery by itself, once, with the minutes of its ledger."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import details, shifts
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.hours.states import Direction
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import FixedClock
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering.models import Need
from tests import builders, city
from tests.delivery.deliveries import scene as deliveries_scene
from tests.hours import scene as hours_scene
from tests.hours.scene import Scene

_SETTLED = timedelta(days=1)


@pytest.fixture
async def scene(house: House, clock: FixedClock) -> Scene:
    return await hours_scene.build(house, clock)


async def turn(house: House) -> None:
    for _twice in range(2):
        async with house.database.unit_of_work() as session:
            await shifts.deliver_finished(session)


async def test_a_finished_shift_is_a_done_delivery_for_the_resident_who_asked(
    scene: Scene, house: House
) -> None:
    async with house.database.unit_of_work() as session:
        lady = await builders.viewer(session, "林奶奶")
        (await session.get_one(Need, scene.need_id)).raised_by = lady.signed_in()
        worker = await builders.viewer(session, "社工小赵", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    await scene.come()
    await scene.leave()
    await turn(house)
    async with house.database.reading() as session:
        assert (await session.scalars(select(Delivery))).all() == []
    scene.at(timedelta(hours=2) + _SETTLED)
    await turn(house)
    async with house.database.reading() as session:
        row = (await session.scalars(select(Delivery))).one()
        told = (await session.scalars(select(OutboxEvent.name))).all()
        came = await details.check_ins_of(session, worker, [row.id])
        (mine,) = (await session.scalars(select(DeliveryRecipient))).all()
    assert (row.shift_id, row.minutes, row.done_by) == (scene.shift_id, 120, None)
    assert (mine.person_id, told.count("DeliveryDone")) == (lady.person_id, 1)
    assert (came[row.id].people, came[row.id].by_code) == (1, 1)
    assert (await deliveries_scene.seen(house, lady, row.id)).state is DeliveryState.DONE


async def test_a_shift_to_which_nobody_came_is_none(scene: Scene, house: House) -> None:
    scene.at(timedelta(hours=2) + _SETTLED)
    await turn(house)
    async with house.database.reading() as session:
        assert (await session.scalars(select(Delivery))).all() == []


async def test_an_open_review_is_waited_for_and_not_for_ever(scene: Scene, house: House) -> None:
    await scene.come()
    scene.at(timedelta(hours=2) + _SETTLED)
    await scene.close_forgotten()
    await turn(house)
    async with house.database.reading() as session:
        assert (await session.scalars(select(Delivery))).all() == []
    scene.at(timedelta(days=4))
    await turn(house)
    async with house.database.reading() as session:
        assert (await session.scalars(select(Delivery))).one().minutes == 0


async def test_what_was_planned_for_the_shift_is_done_with_it(scene: Scene, house: House) -> None:
    at = await deliveries_scene.people(house)
    made = await deliveries_scene.plan(
        house,
        at,
        at.worker,
        need_id=scene.need_id,
        shift_id=scene.shift_id,
        commitments=(),
        starts_at=scene.starts_at,
        recipients=(),
        seats=3,
        people=3,
    )
    await scene.come()
    await scene.present(direction=Direction.IN)
    await scene.leave()
    scene.at(timedelta(hours=2) + _SETTLED)
    await turn(house)
    async with house.database.reading() as session:
        row = (await session.scalars(select(Delivery))).one()
    assert (row.id, row.minutes, row.people) == (made, 120, 3)


async def test_what_has_commitments_is_recorded_by_those_who_know_them(scene: Scene, house: House) -> None:
    at = await deliveries_scene.people(house)
    made = await deliveries_scene.plan(
        house, at, at.worker, need_id=scene.need_id, shift_id=scene.shift_id, starts_at=scene.starts_at
    )
    await scene.come()
    await scene.leave()
    scene.at(timedelta(hours=2) + _SETTLED)
    await turn(house)
    assert (await deliveries_scene.seen(house, at.worker, made)).state is DeliveryState.PLANNED
