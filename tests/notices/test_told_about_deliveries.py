"""Who hears of deliveries, once each, and in words of both languages."""

from datetime import timedelta

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import deliveries
from marketplace.delivery.deliveries.drafts import CancelDraft, MoveDraft
from marketplace.kernel.clock import FixedClock
from tests import delivering
from tests.deliveries import drain
from tests.delivery.deliveries import scene
from tests.procurement.contracts.test_notices import kinds_of


async def test_those_who_receive_it_hear_when_it_comes_moves_and_is_off(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, weeks=3)
    await drain(house)
    later = clock.now() + timedelta(days=2)
    async with house.database.unit_of_work() as session:
        said = MoveDraft(starts_at=later, ends_at=later + scene.HOUR)
        await deliveries.move(session, at.manager, made, said)
    await drain(house)
    async with house.database.unit_of_work() as session:
        await deliveries.cancel(session, at.manager, made, CancelDraft(reason="护理员生病"))
    for _twice in range(2):
        await drain(house)
    assert await kinds_of(house, at.lady.signed_in()) == [
        "delivery_cancelled",
        "delivery_moved",
        "delivery_planned",
    ]
    assert await kinds_of(house, at.outsider.signed_in()) == []


async def test_a_done_delivery_asks_and_a_dispute_reaches_provider_and_buyer(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    await drain(house)
    await drain(house)
    told_her = await kinds_of(house, at.lady.signed_in())
    assert "rating_wanted" in told_her and "delivery_done" not in told_her
    await scene.dispute(house, at.lady, made)
    await drain(house)
    await scene.decide(house, at.officer, made, False, reason="缺少签字单")
    await drain(house)
    await scene.record(house, at.member, made, 65)
    await drain(house)
    await scene.decide(house, at.officer, made)
    await drain(house)
    told = set(await kinds_of(house, at.manager.signed_in()))
    assert {"delivery_disputed", "delivery_sent_back", "delivery_accepted"} <= told
    heard = set(await kinds_of(house, at.officer.signed_in()))
    assert {"delivery_disputed", "delivery_put_right"} <= heard


async def test_whoever_receives_it_and_may_not_rate_is_asked_whether_it_was_so(house: House) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at, starts_at=house.clock.now())
    async with house.database.unit_of_work() as session:
        await delivering.recipient(session, made, at.officer.signed_in())
    await scene.record(house, at.manager, made)
    for _twice in range(2):
        await drain(house)
    heard = await kinds_of(house, at.officer.signed_in())
    assert heard.count("delivery_done") == 1 and "rating_wanted" not in heard
