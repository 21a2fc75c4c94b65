"""Lotteries: opened with a promise, entered by whoever suits, drawn once, and checked by anybody."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.notices.models import Notice
from marketplace.notices.wording import worded
from marketplace.staffing import lottery_draws, lottery_own_data, lottery_queries
from marketplace.staffing.lotteries import PURPOSE
from marketplace.staffing.lottery_errors import (
    AlreadyEntered,
    LotteryClosesTooLate,
    LotteryClosesTooSoon,
    LotteryIsOver,
    NothingToDraw,
    OrganisersDoNotEnter,
    PeopleWaitAlready,
    ShiftHasItsLottery,
)
from marketplace.staffing.lottery_models import Lottery, LotteryDraw, LotteryEntry
from marketplace.staffing.lottery_states import LotteryState
from marketplace.volunteering import decisions, shifts, sign_ups
from marketplace.volunteering.drafts import TimesDraft
from marketplace.volunteering.errors import (
    GuardianHasNotConsented,
    KeyWasUsedElsewhere,
    PlacesAreDrawnByLot,
    RisksAreNotAgreed,
    ShiftClashes,
)
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_drafts import AddDraft, JoinDraft
from marketplace.volunteering.sign_up_states import SignUpState, sign_up_state
from matching import lottery as draws
from tests import builders
from tests.deliveries import drain
from tests.staffing import lottery_scene as scene
from tests.staffing import scene as pools
from tests.statements import counting


async def test_a_draw_gives_the_places_in_the_drawn_order_and_anybody_can_redo_it(
    house: House, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    announced = await scene.seen(house, STRANGER, lottery_id)
    people = [await scene.volunteer(house, f"志愿者{n}") for n in range(5)] + [await scene.experienced(house)]
    for one in people:
        await scene.enter(house, one, lottery_id)
    await scene.close_and_draw(house, clock)
    public = await scene.seen(house, STRANGER, lottery_id)
    assert public.state is LotteryState.DRAWN and public.record is not None
    published = json.loads(json.dumps(public.record))
    assert draws.verify(published) == ()
    assert published["commitment"] == announced.commitment
    assert [one["tickets"] for one in published["entries"]] == [3, 3, 3, 3, 3, 1]
    async with house.database.reading() as session:
        rows = await session.execute(
            select(LotteryEntry.number, SignUp).join(SignUp, SignUp.id == LotteryEntry.sign_up_id)
        )
        lined_up = sorted(((row[1].waiting_number, row[0], row[1]) for row in rows), key=lambda one: one[:2])
        assert [number for _, number, _ in lined_up] == published["order"]
        states = [sign_up_state(sign_up, session.now()) for _, _, sign_up in lined_up]
    assert states == [SignUpState.OFFERED] * 2 + [SignUpState.WAITING] * 4
    assert published["winners"] == published["order"][:2]


async def test_nobody_signs_up_directly_or_is_added_while_places_are_drawn(
    house: House, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    me = await scene.volunteer(house)
    assert me.person_id is not None
    lottery_id = await scene.open_for(house, at)

    async def join() -> None:
        async with house.database.unit_of_work() as session:
            await sign_ups.join(session, me, at.shift_id, JoinDraft(idempotency_key=str(new_id())))

    with pytest.raises(PlacesAreDrawnByLot) as refused:
        await join()
    assert refused.value.facts["closes_at"] == (await scene.seen(house, me, lottery_id)).closes_at
    with pytest.raises(PlacesAreDrawnByLot):
        async with house.database.unit_of_work() as session:
            await decisions.add(session, at.organiser, at.shift_id, AddDraft(person_id=me.person_id))
    await scene.call_off(house, at.organiser, lottery_id)
    await join()


async def test_who_does_not_suit_does_not_enter(house: House) -> None:
    at = await scene.concert(house, is_risky=True, insurance="意外险")
    lottery_id = await scene.open_for(house, at)
    me = await scene.volunteer(house)
    with pytest.raises(RisksAreNotAgreed):
        await scene.enter(house, me, lottery_id)
    minor = await scene.volunteer(house, "小同学", birth_date=date(2012, 1, 1))
    with pytest.raises(GuardianHasNotConsented):
        await scene.enter(house, minor, lottery_id, agreed=True)
    busy = await scene.volunteer(house, "忙人")
    assert busy.person_id is not None
    async with house.database.unit_of_work() as session:
        other = await builders.shift(session, at.need_id, starts_in=timedelta(days=3, hours=1))
        await builders.sign_up(session, other, busy.person_id)
    with pytest.raises(ShiftClashes):
        await scene.enter(house, busy, lottery_id, agreed=True)
    with pytest.raises(OrganisersDoNotEnter):
        await scene.enter(house, at.organiser, lottery_id, agreed=True)
    with pytest.raises(SignInNeeded):
        await scene.enter(house, STRANGER, lottery_id, agreed=True)
    await scene.enter(house, me, lottery_id, agreed=True)
    with pytest.raises(AlreadyEntered):
        await scene.enter(house, me, lottery_id, agreed=True)


async def test_one_key_sent_five_times_at_once_is_one_entry_and_another_lottery_refuses_it(
    house: House,
) -> None:
    at, other = await scene.concert(house), await scene.concert(house)
    lottery_id, second = await scene.open_for(house, at), await scene.open_for(house, other)
    me = await scene.volunteer(house)
    entries = await asyncio.gather(*(scene.enter(house, me, lottery_id, key="once") for _ in range(5)))
    assert len(set(entries)) == 1
    assert (await scene.seen(house, me, lottery_id)).entries == 1
    with pytest.raises(KeyWasUsedElsewhere):
        await scene.enter(house, me, second, key="once")


async def test_twenty_people_at_once_get_twenty_numbers(house: House) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    people = [await scene.volunteer(house, f"志愿者{n}") for n in range(20)]
    await asyncio.gather(*(scene.enter(house, one, lottery_id) for one in people))
    async with house.database.reading() as session:
        numbers = (await session.scalars(select(LotteryEntry.number))).all()
    assert sorted(numbers) == list(range(1, 21))


async def test_leaving_and_coming_back_until_the_close_and_not_after(house: House, clock: FixedClock) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    me, late = await scene.volunteer(house), await scene.volunteer(house, "迟到")
    await scene.enter(house, me, lottery_id)
    await scene.leave(house, me, lottery_id)
    await scene.leave(house, me, lottery_id)
    assert (await scene.seen(house, me, lottery_id)).mine is None
    await scene.enter(house, me, lottery_id)
    mine = (await scene.seen(house, me, lottery_id)).mine
    assert mine is not None and mine.number == 2
    clock.advance(timedelta(days=1))
    assert (await scene.seen(house, me, lottery_id)).state is LotteryState.CLOSED
    for too_late in (scene.leave(house, me, lottery_id), scene.enter(house, late, lottery_id)):
        with pytest.raises(LotteryIsOver):
            await too_late


async def test_five_workers_at_once_draw_once_and_everybody_is_told_once(
    house: House, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    people = [await scene.volunteer(house, f"志愿者{n}") for n in range(4)]
    for one in people:
        await scene.enter(house, one, lottery_id)
    clock.advance(timedelta(days=1))
    await asyncio.gather(*(lottery_draws.draw_due(house.database, house.vault) for _ in range(5)))
    await drain(house)
    await lottery_draws.draw_due(house.database, house.vault)
    await drain(house)
    async with house.database.reading() as session:
        drawn = await session.scalar(select(func.count()).select_from(LotteryDraw))
        wishes = await session.scalar(select(func.count()).select_from(SignUp))
        taken = await session.scalar(select(Shift.places_taken).where(Shift.id == at.shift_id))
        told = (
            await session.execute(select(Notice.person_id, func.count()).group_by(Notice.person_id))
        ).all()
    assert (drawn, wishes, taken) == (1, 4, 2)
    assert {count for _, count in told} == {1} and len(told) == 4


async def test_the_secret_is_nowhere_in_the_clear_before_the_draw(house: House, clock: FixedClock) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    async with house.database.reading() as session:
        row = await session.get_one(Lottery, lottery_id)
        secret = house.vault.decrypt(row.sealed_secret, PURPOSE)
        audited = (await session.scalars(select(AuditEntry.facts))).all()
    assert draws.commitment(secret) == row.commitment
    assert secret.encode() not in row.sealed_secret and secret not in json.dumps(audited)
    assert (await scene.seen(house, at.organiser, lottery_id)).record is None


async def test_a_published_draw_cannot_be_changed(house: House, clock: FixedClock) -> None:
    at = await scene.concert(house)
    await scene.open_for(house, at)
    await scene.close_and_draw(house, clock)
    for statement in ("UPDATE lottery_draws SET drawn_at = drawn_at", "DELETE FROM lottery_draws"):
        with pytest.raises(Exception, match="append-only"):
            async with house.database.unit_of_work() as session:
                await session.execute(text(statement))


async def test_a_lottery_wants_free_places_nobody_waiting_and_time(house: House) -> None:
    full = await scene.concert(house, capacity=1)
    me = await scene.volunteer(house)
    assert me.person_id is not None
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, full.shift_id, me.person_id)
    with pytest.raises(NothingToDraw):
        await scene.open_for(house, full)
    wanted = await scene.concert(house)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(
            session, wanted.shift_id, me.person_id, confirmed_at=None, applied_at=session.now()
        )
    with pytest.raises(PeopleWaitAlready):
        await scene.open_for(house, wanted)
    at = await scene.concert(house)
    with pytest.raises(LotteryClosesTooSoon):
        await scene.open_for(house, at, closes_in=timedelta(minutes=9))
    with pytest.raises(LotteryClosesTooLate):
        await scene.open_for(house, at, closes_in=timedelta(days=3))
    key = new_id()
    assert await scene.open_for(house, at, key=key) == await scene.open_for(house, at, key=key) == key
    with pytest.raises(ShiftHasItsLottery):
        await scene.open_for(house, at)


async def test_only_organisers_open_and_call_off(house: House) -> None:
    at = await scene.concert(house)
    outsider = await scene.volunteer(house)
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotPermitted)):
        with pytest.raises(error):
            await scene.open_for(house, at, by=viewer)
    lottery_id = await scene.open_for(house, at)
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotPermitted)):
        with pytest.raises(error):
            await scene.call_off(house, viewer, lottery_id)


async def test_a_lottery_of_a_hidden_need_is_hidden(house: House) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, at.need_id)).published_at = None
    outsider = await scene.volunteer(house)
    for viewer in (STRANGER, outsider):
        with pytest.raises(NotFound):
            await scene.seen(house, viewer, lottery_id)
    with pytest.raises(NotFound):
        await scene.enter(house, outsider, lottery_id)
    assert (await scene.seen(house, at.organiser, lottery_id)).is_managed


async def test_from_the_close_on_even_the_organiser_cannot_stop_the_draw(
    house: House, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    clock.advance(timedelta(days=1))
    with pytest.raises(LotteryIsOver):
        await scene.call_off(house, at.organiser, lottery_id)


async def test_a_lottery_of_a_cancelled_shift_ends_and_those_who_entered_are_told_once(
    house: House, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    me = await scene.volunteer(house)
    await scene.enter(house, me, lottery_id)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Shift, at.shift_id)).cancelled_at = session.now()
    for _ in range(2):
        await lottery_draws.draw_due(house.database, house.vault)
        await drain(house)
    assert (await scene.seen(house, me, lottery_id)).state is LotteryState.CALLED_OFF
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).where(Notice.person_id == me.person_id)) == 1


async def test_who_entered_is_told_that_the_shift_has_moved_and_may_leave(
    house: House, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    stays, leaves, left = [await scene.volunteer(house, name) for name in ("留下", "退出", "早退")]
    for one in (stays, leaves, left):
        await scene.enter(house, one, lottery_id)
    await scene.leave(house, left, lottery_id)
    later = clock.now() + timedelta(days=4)
    async with house.database.unit_of_work() as session:
        draft = TimesDraft(starts_at=later, ends_at=later + timedelta(hours=2))
        await shifts.move(session, at.organiser, at.shift_id, draft)
    await drain(house)
    async with house.database.reading() as session:
        notices = (await session.scalars(select(Notice).order_by(Notice.person_id))).all()
    assert {notice.person_id for notice in notices} == {stays.person_id, leaves.person_id}
    assert {(notice.kind, notice.link) for notice in notices} == {
        ("lottery_shift_moved", f"/lotteries/{lottery_id}")
    }
    for locale in ("zh_Hans", "en"):
        told = worded(locale, notices[0].kind, notices[0].facts)
        assert "新年音乐会引导" in told.title and "%(" not in " ".join(told.lines)
    await scene.leave(house, leaves, lottery_id)
    await scene.close_and_draw(house, clock)
    record = (await scene.seen(house, stays, lottery_id)).record
    assert record is not None and len(record["order"]) == 1


async def test_who_is_gone_keeps_a_number_and_gets_no_place(house: House, clock: FixedClock) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    gone, stays = await scene.volunteer(house), await scene.volunteer(house, "还在")
    for one in (gone, stays):
        await scene.enter(house, one, lottery_id)
    assert gone.person_id is not None
    clock.advance(timedelta(days=1))
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, gone, ErasureDraft(confirmed=True))
    await lottery_draws.draw_due(house.database, house.vault)
    public = await scene.seen(house, STRANGER, lottery_id)
    assert public.record is not None and sorted(public.record["order"]) == [1, 2]
    async with house.database.reading() as session:
        assert (await session.scalars(select(SignUp.person_id))).all() == [stays.person_id]


async def test_an_export_tells_what_one_entered_and_an_erasure_leaves(house: House) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    me = await scene.volunteer(house)
    await scene.enter(house, me, lottery_id)
    assert me.person_id is not None
    async with house.database.unit_of_work() as session:
        told: dict[str, Any] = await lottery_own_data.collect(session, me.person_id)
        await lottery_own_data.erase(session, me.person_id)
    assert [(one["number"], one["tickets"]) for one in told["entries"]] == [(1, 3)]
    assert (await scene.seen(house, STRANGER, lottery_id)).entries == 0


async def test_lotteries_of_many_shifts_take_one_statement(house: House) -> None:
    places = [await scene.concert(house) for _ in range(4)]
    for at in places:
        await scene.open_for(house, at)
    async with house.database.reading() as session:
        with counting(house) as statements:
            found = await lottery_queries.of_shifts(session, STRANGER, [at.shift_id for at in places])
    assert len(found) == 4 and len(statements) == 1


async def test_an_assignment_run_leaves_out_a_shift_whose_places_are_drawn(house: House) -> None:
    at = await pools.festival(house, 2)
    await pools.joined(house, at, 2)
    drawn, kept = at.shifts
    await scene.open_for(
        house, scene.Concert(at.organiser, at.need_id, drawn), closes_in=timedelta(minutes=20)
    )
    assert {shift_id for _, shift_id in await pools.pairs(house, await pools.start(house, at))} == {kept}
