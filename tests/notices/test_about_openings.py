"""Who hears of sealed bids: openers what they have to do, the buyer that the key is ready, bidders nothing until the bids are open."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from marketplace.notices import about_openings
from marketplace.notices.models import Notice
from marketplace.outbox.publish import publish
from marketplace.procurement.bids.events import OpenersNamed
from marketplace.procurement.tenders.models import Tender
from tests import buying
from tests.deliveries import drain
from tests.procurement.bids import scene


async def told(house: House) -> list[tuple[str, UUID]]:
    async with house.database.reading() as session:
        rows = await session.execute(select(Notice.kind, Notice.person_id).order_by(Notice.id))
        return [(kind, person_id) for kind, person_id in rows]


async def test_openers_are_asked_and_bidders_hear_after_the_opening(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
    at = await scene.sealed_tender(house, lots=(buying.lot(1, ceiling_fen=15_000_000),))
    async with house.database.unit_of_work() as session:
        await publish(session, OpenersNamed(at.id))
    await drain(house)
    everybody = [one.signed_in() for one in at.openers]
    expected = [
        ("opening_key_ready", officer.signed_in()),
        *[("opener_code_wanted", one) for one in everybody],
    ]
    assert sorted(await told(house)) == sorted(expected)
    one, manager = await scene.supplier(house, "甲社")
    two, rival = await scene.supplier(house, "乙社")
    await scene.bid(house, at, one, manager)
    await scene.bid(house, at, two, rival, "150,000.01")
    await drain(house)
    assert len(await told(house)) == len(expected)  # not a word of bids
    clock.set(await scene.deadline(house, at) + timedelta(seconds=1))
    await scene.give(house, at, 1)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await about_openings.ask_openers(session)
    asked = [person for kind, person in await told(house) if kind == "opening_due"]
    assert sorted(asked) == sorted(everybody[1:])
    await scene.give(house, at, 2)
    await scene.give(house, at, 3)
    await drain(house)
    heard = {person: kind for kind, person in await told(house)}
    assert heard[manager.signed_in()] == "bids_opened"
    assert heard[rival.signed_in()] == "bid_refused"


async def test_a_tender_that_is_over_asks_nobody(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    clock.set(await scene.deadline(house, at) + timedelta(seconds=1))
    async with house.database.unit_of_work() as session:
        await session.execute(update(Tender).values(cancelled_at=session.now()))
    async with house.database.unit_of_work() as session:
        await about_openings.ask_openers(session)
    assert [kind for kind, _ in await told(house) if kind == "opening_due"] == []
