"""Who hears of contracts and call-offs, once each, and in words of both languages."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock, day_starts
from marketplace.kernel.locale import LOCALES
from marketplace.notices import about_contracts
from marketplace.notices.models import Notice
from marketplace.notices.wording import worded
from tests.deliveries import drain
from tests.procurement.contracts import scene


async def kinds_of(house: House, person_id: UUID) -> list[str]:
    """What the person was told, by kind, and that every word of it is there in both languages."""
    async with house.database.reading() as session:
        notices = (
            await session.scalars(
                select(Notice).where(Notice.person_id == person_id).order_by(Notice.created_at, Notice.id)
            )
        ).all()
    for notice in notices:
        for locale in LOCALES:
            told = worded(locale, notice.kind, notice.facts)
            assert "%(" not in told.title + "".join(told.lines) and "notice." not in told.title + "".join(
                told.lines
            )
    return sorted(notice.kind for notice in notices)


async def test_both_sides_hear_what_happens_to_their_contract(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    await scene.report(house, at.supplier, first.id)
    await drain(house)
    await scene.decide(house, at.officer, first.id, accepted=False, reason="缺少入户记录")
    await drain(house)
    await scene.report(house, at.supplier, first.id)
    await scene.decide(house, at.officer, first.id)
    await scene.pay(house, at.officer, first.id, 100)
    change_id = await scene.propose(house, at.officer, contract_id, scene.change(1))
    await drain(house)
    await scene.decide_change(house, at.second, change_id)
    await scene.terminate(house, at, contract_id)
    await drain(house)
    await drain(house)
    assert await kinds_of(house, at.supplier.signed_in()) == [
        "change_approved",
        "contract_signed",
        "contract_terminated",
        "contract_to_sign",
        "milestone_accepted",
        "milestone_sent_back",
        "payment_recorded",
    ]
    officer = await kinds_of(house, at.officer.signed_in())
    assert officer.count("milestone_reported") == 2 and "change_proposed" not in officer
    assert (await kinds_of(house, at.second.signed_in())).count("change_proposed") == 2


async def test_milestones_that_come_soon_or_are_late_are_told_once(house: House, clock: FixedClock) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]

    async def remind_on(days: int) -> list[str]:
        clock.set(day_starts(first.due_on + timedelta(days=days)) + timedelta(hours=9))
        for _ in range(2):
            async with house.database.unit_of_work() as session:
                await about_contracts.remind(session)
        return [one for one in await kinds_of(house, at.supplier.signed_in()) if one.startswith("milestone")]

    assert await remind_on(-8) == []
    assert await remind_on(-7) == ["milestone_soon"]
    assert await remind_on(0) == ["milestone_soon"]
    assert await remind_on(1) == ["milestone_late", "milestone_soon"]
    assert await remind_on(2) == ["milestone_late", "milestone_soon"]
    assert "milestone_late" in await kinds_of(house, at.officer.signed_in())


async def test_what_is_reported_in_time_is_not_called_late(house: House, clock: FixedClock) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    await scene.report(house, at.supplier, first.id)
    clock.set(day_starts(first.due_on + timedelta(days=3)))
    async with house.database.unit_of_work() as session:
        await about_contracts.remind(session)
    assert "milestone_late" not in await kinds_of(house, at.supplier.signed_in())


async def test_suppliers_hear_of_a_second_competition_and_of_its_end(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=3)
    call_off_id = await scene.competition(house, at)
    await drain(house)
    for party, price in zip(at.suppliers[:2], (200, 100), strict=True):
        await scene.offer(house, party, call_off_id, price)
    await drain(house)
    clock.advance(timedelta(days=5))
    await scene.choose(house, at.officer, call_off_id)
    await drain(house)
    told = [await kinds_of(house, manager.signed_in()) for _, manager in at.suppliers]
    assert [one.count("call_off_opened") for one in told] == [1, 1, 1]
    assert [one.count("call_off_decided") for one in told] == [1, 0, 0]
    assert [one.count("contract_to_sign") for one in told] == [1, 2, 1]
