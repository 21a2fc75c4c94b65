"""Tickets: one for each who received a delivery and may rate it, with a code that people can read out and nobody can guess."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.delivery.deliveries.events import DeliveryCancelled, DeliveryDone
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.ratings import codes, queries, reminders, tickets
from marketplace.delivery.ratings.errors import HelperIsOfTheProvider, TicketTriesAreUsedUp
from marketplace.delivery.ratings.models import RatingTicket, TicketTry
from marketplace.delivery.ratings.sources import Source
from marketplace.identity import phones, viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import publish
from tests import builders, buying, city, delivering
from tests.deliveries import drain
from tests.delivery.ratings import scene

PHONE = "+8613800138000"


async def events(house: House, name: str) -> int:
    async with house.database.reading() as session:
        return len((await session.scalars(select(OutboxEvent.id).where(OutboxEvent.name == name))).all())


async def typed(house: House, code: str, source: Source = scene.HERE) -> UUID | None:
    async with house.database.unit_of_work() as session:
        return await tickets.judge(session, house.vault, code, source)


async def test_a_done_delivery_gives_one_ticket_to_each_who_received_it(house: House) -> None:
    under, grandma = await scene.supplied(house), await scene.resident(house)
    delivery_id = await scene.done(house, under, grandma.signed_in(), None, None)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await publish(session, DeliveryDone(delivery_id=delivery_id))
        await drain(house)
    issued = await scene.tickets_of(house, delivery_id)
    assert len(issued) == 3 and await events(house, "TicketsIssued") == 1
    assert [ticket.rater for ticket in issued] == [grandma.person_id, issued[1].id, issued[2].id]
    assert {ticket.organisation_id for ticket in issued} == {under.organisation_id}


async def test_who_is_added_later_gets_a_ticket_too_and_nobody_a_second_one(house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None)
    first = await scene.issue(house, delivery_id)
    async with house.database.unit_of_work() as session:
        await delivering.recipient(session, delivery_id)
    both = await scene.issue(house, delivery_id)
    assert len(both) == 2 and both[0].id == first[0].id


async def test_tickets_issued_at_the_same_moment_are_one_each(house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), *[None] * 5)
    found = await asyncio.gather(*(scene.issue(house, delivery_id) for _ in range(3)))
    assert {len(one) for one in found} == {5}


async def test_nothing_is_issued_before_it_is_done_nor_when_it_is_called_off(house: House) -> None:
    under = await scene.supplied(house)
    planned = await scene.done(house, under, None, done=False)
    called_off = await scene.done(house, under, None, done=False, cancelled_at=house.clock.now())
    for delivery_id in (planned, called_off, new_id()):
        assert await scene.issue(house, delivery_id) == []


async def test_a_phone_without_an_account_is_the_same_rater_across_deliveries(house: House) -> None:
    under = await scene.supplied(house)
    fingerprint = house.vault.fingerprint(PHONE, phones.PURPOSE)
    raters = set()
    for _ in range(2):
        delivery_id = await scene.done(house, under)
        async with house.database.unit_of_work() as session:
            await delivering.recipient(session, delivery_id, phone_fingerprint=fingerprint)
        raters.add((await scene.issue(house, delivery_id))[0].rater)
    assert len(raters) == 1 and raters.pop() == tickets.rater_of_phone(house.vault, fingerprint)


async def test_one_person_named_by_account_and_by_phone_gets_one_ticket(house: House) -> None:
    fingerprint = house.vault.fingerprint(PHONE, phones.PURPOSE)
    grandma = await scene.resident(house, phone_fingerprint=fingerprint)
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in())
    async with house.database.unit_of_work() as session:
        await delivering.recipient(session, delivery_id, phone_fingerprint=fingerprint)
    issued = await scene.issue(house, delivery_id)
    assert [ticket.person_id for ticket in issued] == [grandma.person_id]


async def test_a_ticket_is_good_for_thirty_days_to_the_midnight_of_the_last(house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None)
    async with house.database.reading() as session:
        ticket = (await scene.issue(house, delivery_id))[0]
        found = await queries.by_code(session, STRANGER, house.vault, codes.code_of(house.vault, ticket.id))
    assert found is not None and found.last_day == date(2026, 12, 22)


async def test_those_who_are_tied_to_the_purchase_get_none(house: House) -> None:
    under, grandma = await scene.supplied(house), await scene.resident(house)
    async with house.database.unit_of_work() as session:
        member = await builders.viewer(session, "护理员", Role.ORGANISATION_MEMBER, under.organisation_id)
        colleague = await buying.officer(session, "采购员老钱")
    people = [one.signed_in() for one in (member, under.manager, under.officer, colleague, grandma)]
    delivery_id = await scene.done(house, under, *people)
    assert [ticket.person_id for ticket in await scene.issue(house, delivery_id)] == [grandma.person_id]


async def test_tickets_of_a_delivery_that_is_called_off_are_void(house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None)
    await scene.issue(house, delivery_id)
    async with house.database.unit_of_work() as session:
        await publish(session, DeliveryCancelled(delivery_id=delivery_id))
    await drain(house)
    ticket = (await scene.tickets_of(house, delivery_id))[0]
    assert ticket.void_at is not None and ticket.void_reason == "delivery_cancelled"


# Codes


async def test_a_code_is_read_however_it_is_written(house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None)
    ticket = (await scene.issue(house, delivery_id))[0]
    code = codes.code_of(house.vault, ticket.id)
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code)
    alike = code.replace("0", "o").replace("1", "l")
    for written in (code, code.lower(), codes.grouped(code), f"  {' '.join(code)} ", full_width, alike):
        assert await typed(house, written) == ticket.id
    assert code not in str(ticket.code_fingerprint)


@pytest.mark.parametrize(
    "wrong", ["", "   ", "ABCD", "U" * 12, "7K2M-Q0XD-91A", "字" * 12, "0" * 100_000, "\x00"]
)
def test_what_is_no_code_is_not_read(wrong: str) -> None:
    assert codes.read(wrong) is None


async def test_wrong_codes_are_counted_by_place_and_hour_and_then_not_answered(
    house: House, clock: FixedClock
) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None)
    ticket = (await scene.issue(house, delivery_id))[0]
    right = codes.code_of(house.vault, ticket.id)
    for _ in range(20):
        assert await typed(house, "0000-0000-0000") is None
    with pytest.raises(TicketTriesAreUsedUp) as refusal:
        await typed(house, right)
    assert refusal.value.facts["most"] == 20 and refusal.value.article
    assert await typed(house, right, Source("198.51.100.9")) == ticket.id
    clock.advance(timedelta(hours=1))
    assert await typed(house, right) == ticket.id
    clock.advance(timedelta(days=3))
    async with house.database.unit_of_work() as session:
        await tickets.forget_tries(session)
        assert (await session.scalars(select(TicketTry))).all() == []


# Who sees codes


async def see(house: House, viewer: Viewer, delivery_id: UUID) -> list[str]:
    async with house.database.unit_of_work() as session:
        _service, found = await queries.slips(session, viewer, house.vault, delivery_id)
        return [slip.plain for slip in found]


async def test_the_communitys_workers_see_unused_codes_and_that_is_on_record(house: House) -> None:
    helper = await scene.worker(house)
    delivery_id = await scene.done(house, await scene.supplied(house), None, None)
    first, second = await scene.issue(house, delivery_id)
    await scene.give(house, first.id)
    assert await see(house, helper, delivery_id) == [codes.code_of(house.vault, second.id)]
    async with house.database.reading() as session:
        entry = (
            await session.scalars(select(AuditEntry).where(AuditEntry.action == "rating_codes.seen"))
        ).one()
    assert entry.actor_id == helper.person_id and entry.facts == {"codes": 1}


async def test_nobody_else_sees_a_code(house: House) -> None:
    under, outsider = await scene.supplied(house), await scene.resident(house, "路人")
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, under, grandma.signed_in())
    await scene.issue(house, delivery_id)
    elsewhere = await scene.worker(house, city.TIANPING_COMMUNITY)
    refused: list[tuple[Viewer, type[Exception]]] = [
        (STRANGER, SignInNeeded),
        (outsider, NotFound),
        (elsewhere, NotFound),
        (grandma, NotPermitted),
        (under.manager, NotPermitted),
        (under.officer, NotPermitted),
    ]
    for viewer, refusal in refused:
        with pytest.raises(refusal):
            await see(house, viewer, delivery_id)


async def test_a_worker_who_is_also_of_the_provider_or_buys_from_it_sees_none(house: House) -> None:
    under = await scene.supplied(house)
    delivery_id = await scene.done(house, under, None)
    await scene.issue(house, delivery_id)
    for role, scope in (
        (Role.ORGANISATION_MEMBER, under.organisation_id),
        (Role.PROCUREMENT_OFFICER, city.CHANGNING),
    ):
        async with house.database.unit_of_work() as session:
            person_id = await builders.person(session, "社工兼职")
            await builders.grant(session, person_id, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
            await builders.grant(session, person_id, role, scope)
            both = await viewers.of_person(session, person_id)
        with pytest.raises(HelperIsOfTheProvider):
            await see(house, both, delivery_id)


# Reminders


async def remind(house: House) -> int:
    async with house.database.unit_of_work() as session:
        await reminders.remind(session)
    return await events(house, "TicketIsWaiting")


async def test_an_unused_ticket_is_reminded_of_once_and_never_twice(house: House, clock: FixedClock) -> None:
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in(), None)
    await scene.issue(house, delivery_id)
    clock.advance(timedelta(days=6))
    assert await remind(house) == 0
    clock.advance(timedelta(days=1))
    await asyncio.gather(*(remind(house) for _ in range(3)))
    clock.advance(timedelta(days=7))
    assert await remind(house) == 1
    issued = await scene.tickets_of(house, delivery_id)
    assert [ticket.reminded_at is not None for ticket in issued] == [True, False]


async def test_used_void_and_expired_tickets_are_not_reminded_of(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        delivery_id = await delivering.delivery(session)
        for facts in (
            {"used_at": session.now()},
            {"void_at": session.now()},
            {"expires_at": session.now() + timedelta(days=7)},
        ):
            await delivering.ticket(session, delivery_id, await builders.person(session), **facts)
    clock.advance(timedelta(days=8))
    assert await remind(house) == 0


async def test_a_recipient_row_and_its_ticket_stay_tied(house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None)
    ticket = (await scene.issue(house, delivery_id))[0]
    async with house.database.reading() as session:
        receiver = await session.get_one(DeliveryRecipient, ticket.recipient_id)
        assert receiver.delivery_id == delivery_id
        assert (await session.get_one(Delivery, delivery_id)).done_at is not None
        assert (await session.scalars(select(RatingTicket.id))).all() == [ticket.id]
