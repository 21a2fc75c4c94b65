"""Deliveries under the orders of a framework: never under the agreement itself; and the whole way to an accepted one."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import deliveries
from marketplace.delivery.deliveries.errors import FrameworkHasNoDeliveries
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.kernel.clock import FixedClock
from marketplace.procurement.contracts.models import Contract
from tests import buying
from tests.delivery.deliveries import scene
from tests.procurement.contracts import scene as contracts


async def test_an_order_has_deliveries_and_its_agreement_none(house: House, clock: FixedClock) -> None:
    at = await contracts.agreement(house, clock)
    order = await contracts.order_of(
        house, await contracts.call_off(house, at.officer, at.lot_id, contracts.order())
    )
    manager = dict(at.suppliers)[order.organisation_id]
    async with house.database.unit_of_work() as session:
        (await session.get_one(Contract, order.id)).signed_at = session.now()
        third = await buying.officer(session, "采购员小江")
    starts_at = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
    asked = scene.draft(house, contract_id=order.id, starts_at=starts_at, area_code=None)
    async with house.database.unit_of_work() as session:
        (made,) = await deliveries.plan(session, manager, house.vault, asked)
    with pytest.raises(FrameworkHasNoDeliveries):
        async with house.database.unit_of_work() as session:
            wrong = scene.draft(house, contract_id=at.contract_ids[0], starts_at=starts_at, area_code=None)
            await deliveries.plan(session, at.suppliers[0][1], house.vault, wrong)
    clock.set(starts_at + timedelta(hours=1))
    await scene.record(house, manager, made)
    await scene.decide(house, third, made)
    assert (await scene.seen(house, at.officer, made)).state is DeliveryState.ACCEPTED
