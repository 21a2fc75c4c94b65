"""Signing up: free places, full shifts, clashes, repeated keys, risks that are agreed to, and leaving again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.volunteering.errors import (
    AlreadySignedUp,
    KeyWasUsedElsewhere,
    NeedIsNotOpen,
    RisksAreNotAgreed,
    ShiftClashes,
    ShiftIsOff,
    SignUpHasEnded,
    SignUpIsTooLate,
    WithdrawalIsTooLate,
)
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.sign_up_drafts import JoinDraft
from marketplace.volunteering.sign_up_states import SignUpState
from tests import builders, city
from tests.volunteering import scene


def tomorrow_at(hour: int, minute: int = 0) -> datetime:
    """A moment on the wall clock of Shanghai, on Monday 23 November 2026."""
    return datetime(2026, 11, 23, hour - 8, minute, tzinfo=UTC)


async def refused(
    house: House, viewer: Viewer, at: scene.Scene, error: type[MarketplaceError], **facts: Any
) -> MarketplaceError:
    """Joining raises ``error`` and leaves nothing behind."""
    before = await _everything(house)
    with pytest.raises(error) as caught:
        await scene.join(house, viewer, at.shift_id, **facts)
    assert await _everything(house) == before
    return caught.value


async def _everything(house: House) -> tuple[int, int]:
    async with house.database.reading() as session:
        count = await session.scalar(select(func.count()).select_from(SignUp))
    return count or 0, await scene.count_events(house)


async def test_a_free_place_is_confirmed_at_once(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id, message="我会量血压。")
    shown = await scene.seen(house, me, sign_up_id)
    assert shown.state is SignUpState.CONFIRMED
    assert shown.message == "我会量血压。"
    assert await scene.places_taken(house, at.shift_id) == 1
    assert await scene.events(house, sign_up_id) == ["SignUpConfirmed"]
    assert await scene.events(house, at.need_id) == ["NeedChanged"]


async def test_a_full_shift_gives_numbered_waiting_places(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    people = [await scene.volunteer(house, f"志愿者{number}") for number in range(3)]
    ids = [await scene.join(house, person, at.shift_id) for person in people]
    shown = [await scene.seen(house, person, one) for person, one in zip(people, ids, strict=True)]
    assert [row.state.value for row in shown] == ["confirmed", "waiting", "waiting"]
    assert [row.waiting_position for row in shown] == [None, 1, 2]
    assert await scene.places_taken(house, at.shift_id) == 1
    assert await scene.events(house, ids[1]) == ["SignUpWaiting"]


async def test_where_the_organiser_approves_people_apply_and_take_no_place(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    assert await scene.state_of(house, me, sign_up_id) is SignUpState.APPLIED
    assert await scene.places_taken(house, at.shift_id) == 0
    assert await scene.events(house, sign_up_id) == ["SignUpApplied"]


async def test_a_repeated_key_gives_the_first_answer(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    first = await scene.join(house, me, at.shift_id, key="once", message="第一次")
    again = await scene.join(house, me, at.shift_id, key="once", message="第二次")
    assert first == again
    assert (await scene.seen(house, me, first)).message == "第一次"
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_a_repeated_key_gives_the_first_answer_even_after_withdrawing(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    first = await scene.join(house, me, at.shift_id, key="once")
    await scene.withdraw(house, me, first)
    assert await scene.join(house, me, at.shift_id, key="once") == first
    assert await scene.places_taken(house, at.shift_id) == 0


async def test_a_key_belongs_to_one_shift(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at.shift_id, key="once")
    other = await scene.shift(house, starts_in=timedelta(days=5))
    await refused(house, me, other, KeyWasUsedElsewhere, key="once")


async def test_two_people_may_use_the_same_key(house: House) -> None:
    at = await scene.shift(house)
    ids = [
        await scene.join(house, await scene.volunteer(house, name), at.shift_id, key="1")
        for name in ("甲", "乙")
    ]
    assert len(set(ids)) == 2


async def test_nobody_signs_up_twice_for_one_shift(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, at.shift_id)
    await refused(house, me, at, AlreadySignedUp)


async def test_shifts_that_touch_do_not_clash(house: House) -> None:
    morning = await scene.shift(house, starts_at=tomorrow_at(8), lasts=timedelta(hours=4))
    afternoon = await scene.shift(house, starts_at=tomorrow_at(12), lasts=timedelta(hours=6))
    me = await scene.volunteer(house)
    await scene.join(house, me, morning.shift_id)
    sign_up_id = await scene.join(house, me, afternoon.shift_id)
    assert await scene.state_of(house, me, sign_up_id) is SignUpState.CONFIRMED


async def test_shifts_that_overlap_are_refused_naming_the_clash(house: House) -> None:
    morning = await scene.shift(house, title="早餐配送", starts_at=tomorrow_at(8), lasts=timedelta(hours=4))
    noon = await scene.shift(house, starts_at=tomorrow_at(11), lasts=timedelta(hours=3))
    me = await scene.volunteer(house)
    await scene.join(house, me, morning.shift_id)
    error = await refused(house, me, noon, ShiftClashes)
    assert error.facts == {
        "need": "早餐配送",
        "starts_at": tomorrow_at(8),
        "ends_at": tomorrow_at(12),
    }


async def test_a_withdrawn_shift_clashes_no_more(house: House) -> None:
    morning = await scene.shift(house, starts_at=tomorrow_at(8), lasts=timedelta(hours=4))
    noon = await scene.shift(house, starts_at=tomorrow_at(11), lasts=timedelta(hours=3))
    me = await scene.volunteer(house)
    await scene.withdraw(house, me, await scene.join(house, me, morning.shift_id))
    await scene.join(house, me, noon.shift_id)


async def test_risks_must_be_agreed_to_where_the_task_is_risky(house: House) -> None:
    at = await scene.shift(house, is_risky=True, insurance="平安意外险 2026")
    me = await scene.volunteer(house)
    await refused(house, me, at, RisksAreNotAgreed)
    sign_up_id = await scene.join(house, me, at.shift_id, agreed=True)
    async with house.database.reading() as session:
        agreed_at = await session.scalar(select(SignUp.agreed_at).where(SignUp.id == sign_up_id))
    assert agreed_at == city.NOW


async def test_a_stranger_is_asked_to_sign_in(house: House) -> None:
    await refused(house, STRANGER, await scene.shift(house), SignInNeeded)


async def test_a_shift_that_is_not_there_or_not_public_is_not_found(house: House) -> None:
    me = await scene.volunteer(house)
    hidden = await scene.shift(house, published_at=None)
    await refused(house, me, hidden, NotFound)
    with pytest.raises(NotFound):
        await scene.join(house, me, new_id())


@pytest.mark.parametrize("over", ["closed_at", "cancelled_at"])
async def test_a_need_that_is_over_takes_nobody(house: House, over: str) -> None:
    at = await scene.shift(house)
    async with house.database.unit_of_work() as session:
        await scene.change_need(session, at.need_id, **{over: city.NOW})
    await refused(house, await scene.volunteer(house), at, NeedIsNotOpen)


async def test_a_cancelled_shift_takes_nobody(house: House) -> None:
    at = await scene.shift(house, cancelled_at=city.NOW)
    await refused(house, await scene.volunteer(house), at, ShiftIsOff)


@pytest.mark.parametrize("starts_in", [timedelta(0), timedelta(minutes=-30), timedelta(days=-3)])
async def test_a_shift_that_has_begun_takes_nobody(house: House, starts_in: timedelta) -> None:
    at = await scene.shift(house, starts_in=starts_in)
    await refused(house, await scene.volunteer(house), at, SignUpIsTooLate)


async def test_withdrawing_gives_the_place_back(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    await scene.withdraw(house, me, sign_up_id)
    assert await scene.state_of(house, me, sign_up_id) is SignUpState.WITHDRAWN
    assert await scene.places_taken(house, at.shift_id) == 0
    assert await scene.events(house, sign_up_id) == ["SignUpConfirmed", "SignUpWithdrawn"]


async def test_withdrawing_twice_changes_nothing_more(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    await scene.withdraw(house, me, sign_up_id)
    await scene.withdraw(house, me, sign_up_id)
    assert await scene.places_taken(house, at.shift_id) == 0
    assert await scene.events(house, sign_up_id) == ["SignUpConfirmed", "SignUpWithdrawn"]


async def test_who_withdrew_may_sign_up_anew(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    await scene.withdraw(house, me, await scene.join(house, me, at.shift_id))
    again = await scene.join(house, me, at.shift_id)
    assert await scene.state_of(house, me, again) is SignUpState.CONFIRMED


async def test_after_the_deadline_only_the_organiser_takes_a_confirmed_person_out(
    house: House, clock: FixedClock
) -> None:
    at = await scene.shift(house, starts_in=timedelta(days=2), withdrawal_notice_minutes=24 * 60)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    clock.advance(timedelta(days=1))
    with pytest.raises(WithdrawalIsTooLate) as caught:
        await scene.withdraw(house, me, sign_up_id)
    assert caught.value.facts == {"deadline": city.NOW + timedelta(days=1)}
    await scene.release(house, at.organiser, sign_up_id)
    shown = await scene.seen(house, me, sign_up_id)
    assert (shown.state, shown.withdrawal_reason) == (SignUpState.WITHDRAWN, "本人来电请假")


async def test_a_minute_before_the_deadline_withdrawing_is_still_possible(
    house: House, clock: FixedClock
) -> None:
    at = await scene.shift(house, starts_in=timedelta(days=2), withdrawal_notice_minutes=24 * 60)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    clock.advance(timedelta(hours=23, minutes=59))
    await scene.withdraw(house, me, sign_up_id)


async def test_who_waits_may_leave_after_the_deadline(house: House, clock: FixedClock) -> None:
    at = await scene.shift(house, capacity=1, withdrawal_notice_minutes=24 * 60)
    await scene.join(house, await scene.volunteer(house, "先到"), at.shift_id)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    clock.advance(timedelta(hours=40))
    await scene.withdraw(house, me, sign_up_id)
    assert await scene.state_of(house, me, sign_up_id) is SignUpState.WITHDRAWN


async def test_nobody_withdraws_from_a_shift_that_has_begun(house: House, clock: FixedClock) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    clock.advance(timedelta(days=2))
    with pytest.raises(WithdrawalIsTooLate):
        await scene.withdraw(house, me, sign_up_id)


async def test_what_was_cancelled_with_the_shift_cannot_be_withdrawn(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    async with house.database.unit_of_work() as session:
        sign_up_id = await builders.sign_up(session, at.shift_id, me.signed_in(), cancelled_at=city.NOW)
    with pytest.raises(SignUpHasEnded):
        await scene.withdraw(house, me, sign_up_id)


async def test_only_oneself_withdraws(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    with pytest.raises(SignInNeeded):
        await scene.withdraw(house, STRANGER, sign_up_id)
    with pytest.raises(NotFound):
        await scene.withdraw(house, await scene.volunteer(house, "邻居"), sign_up_id)
    with pytest.raises(NotPermitted):
        await scene.withdraw(house, at.organiser, sign_up_id)
    assert await scene.state_of(house, me, sign_up_id) is SignUpState.CONFIRMED


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "idempotency_key"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "x" * 65}, "idempotency_key"),
        ({"idempotency_key": "空 格"}, "idempotency_key"),
        ({"idempotency_key": "k", "message": "长" * 501}, "message"),
        ({"idempotency_key": "k", "message": "a\x00b"}, "message"),
        ({"idempotency_key": "k", "message": 7}, "message"),
        ({"idempotency_key": "k", "agreed": "perhaps"}, "agreed"),
        ({"idempotency_key": "k", "shift": "another"}, "shift"),
    ],
)
def test_a_wrong_wish_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        read(JoinDraft, given)
    assert [problem.field for problem in caught.value.problems] == [field]
