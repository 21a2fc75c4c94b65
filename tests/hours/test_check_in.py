"""Check-in: who, when, with which code, and what is on record afterwards (scenario 11)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from marketplace.hours.errors import (
    CheckInIsClosed,
    CheckInIsNotOpen,
    CodeIsForTheOtherStep,
    CodeIsOld,
    CodeIsWrong,
    KeyWasUsed,
    NotForOneself,
    SignUpIsNotConfirmed,
    TooManyWrongCodes,
)
from marketplace.hours.models import Attendance, CheckInTry
from marketplace.hours.states import Direction, Method
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.volunteering.models import SignUp
from tests import builders, city
from tests.hours.scene import Scene

QUARTER = timedelta(minutes=15)


async def test_three_days_early_is_refused_and_told_when_it_opens(scene: Scene) -> None:
    with pytest.raises(CheckInIsNotOpen) as refusal:
        await scene.come(-timedelta(days=3))
    assert refusal.value.facts["opens_at"] == scene.starts_at - QUARTER
    assert refusal.value.article
    assert await _count(scene) == 0


async def test_check_in_opens_fifteen_minutes_before_the_start(scene: Scene) -> None:
    with pytest.raises(CheckInIsNotOpen):
        await scene.come(-QUARTER - timedelta(seconds=1))
    await scene.come(-QUARTER)
    attendance = await scene.attendance()
    assert attendance.checked_in_at == scene.starts_at - QUARTER
    assert (attendance.check_in_method, attendance.late_minutes) == (Method.QR, 0)


async def test_twenty_minutes_late_is_accepted_and_marked_late(scene: Scene) -> None:
    await scene.come(timedelta(minutes=20))
    assert (await scene.attendance()).late_minutes == 20


async def test_ten_minutes_late_are_forgiven(scene: Scene) -> None:
    await scene.come(timedelta(minutes=10))
    assert (await scene.attendance()).late_minutes == 0


async def test_check_in_lasts_until_the_shift_ends(scene: Scene) -> None:
    with pytest.raises(CheckInIsClosed):
        await scene.come(timedelta(hours=2))
    await scene.come(timedelta(hours=2) - timedelta(seconds=1))


async def test_checking_in_again_changes_nothing_and_answers_the_same(scene: Scene) -> None:
    first = await scene.come(key="once")
    assert await scene.come(timedelta(minutes=30), key="once") == first
    assert await scene.come(timedelta(minutes=40), key="another") == first
    assert (await scene.attendance()).checked_in_at == scene.starts_at


async def test_a_key_belongs_to_one_check_in(scene: Scene) -> None:
    await scene.come(key="once")
    async with scene.house.database.unit_of_work() as session:
        other = await builders.shift(session, scene.need_id, starts_at=scene.starts_at)
        await builders.sign_up(session, other, scene.volunteer.signed_in())
    token = scene.rotation.token(other, Direction.IN, scene.clock.now())
    with pytest.raises(KeyWasUsed):
        await scene.present(code=token, key="once")


async def test_six_digits_do_what_the_qr_does(scene: Scene) -> None:
    scene.at(timedelta(0))
    digits = scene.digits()
    await scene.present(code=f"{digits[:3]} {digits[3:]}", shift_id=scene.shift_id)
    assert (await scene.attendance()).check_in_method == Method.SHORT_CODE


async def test_full_width_digits_are_digits(scene: Scene) -> None:
    scene.at(timedelta(0))
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in scene.digits())
    await scene.present(code=wide, shift_id=scene.shift_id)


async def test_digits_need_to_know_their_shift(scene: Scene) -> None:
    scene.at(timedelta(0))
    with pytest.raises(InputIsInvalid):
        await scene.present(code=scene.digits())


async def test_an_old_qr_is_refused(scene: Scene) -> None:
    scene.at(timedelta(0))
    photograph = scene.token()
    scene.at(timedelta(minutes=2))
    with pytest.raises(CodeIsOld):
        await scene.present(code=photograph)
    assert await _count(scene) == 0


async def test_a_forged_qr_is_refused(scene: Scene) -> None:
    scene.at(timedelta(0))
    with pytest.raises(CodeIsWrong):
        await scene.present(code=scene.token()[:-4] + "AAAA")


async def test_the_qr_of_another_shift_is_refused(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        other = await builders.shift(session, scene.need_id, starts_at=scene.starts_at)
    token = scene.rotation.token(other, Direction.IN, scene.clock.now())
    with pytest.raises(SignUpIsNotConfirmed):
        await scene.present(code=token)
    with pytest.raises(CodeIsWrong):
        await scene.present(code=token, shift_id=scene.shift_id)


async def test_the_code_for_leaving_does_not_check_in(scene: Scene) -> None:
    scene.at(timedelta(0))
    with pytest.raises(CodeIsForTheOtherStep):
        await scene.present(code=scene.token(Direction.OUT))
    with pytest.raises(CodeIsWrong):
        await scene.present(code=scene.digits(Direction.OUT), shift_id=scene.shift_id)


async def test_guessing_ends_after_five_wrong_codes_and_a_scan_still_works(scene: Scene) -> None:
    scene.at(timedelta(0))
    wrong = f"{(int(scene.digits()) + 1) % 10**6:06d}"
    for _ in range(5):
        with pytest.raises(CodeIsWrong):
            await scene.present(code=wrong, shift_id=scene.shift_id)
    with pytest.raises(TooManyWrongCodes):
        await scene.present(code=scene.digits(), shift_id=scene.shift_id)
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(CheckInTry.wrong_tries)) == 5
    await scene.present()


async def test_right_codes_do_not_use_up_tries(scene: Scene) -> None:
    scene.at(timedelta(0))
    for _ in range(7):
        await scene.present(code=scene.digits(), shift_id=scene.shift_id)


async def test_the_place_is_measured_and_a_far_one_is_noted_not_refused(scene: Scene) -> None:
    await scene.come(latitude=31.2304, longitude=121.4737)
    assert (await scene.attendance()).check_in_metres == pytest.approx(4800, rel=0.05)


async def test_without_a_place_nothing_is_measured(scene: Scene) -> None:
    await scene.come()
    assert (await scene.attendance()).check_in_metres is None


async def test_an_organisers_own_screen_proves_no_more_than_their_hand(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        await builders.sign_up(session, scene.shift_id, scene.organiser.signed_in())
    await scene.present(scene.organiser)
    assert (await scene.attendance()).check_in_method == Method.OWN_SCREEN


async def test_an_organiser_checks_somebody_in_by_hand_with_a_reason(scene: Scene) -> None:
    scene.at(timedelta(minutes=5))
    await scene.by_hand(Direction.IN)
    attendance = await scene.attendance()
    assert attendance.check_in_method == Method.BY_HAND
    assert attendance.checked_in_by == scene.organiser.person_id
    assert attendance.check_in_reason == "手机没电"


async def test_by_hand_keeps_the_window(scene: Scene) -> None:
    scene.at(-timedelta(hours=1))
    with pytest.raises(CheckInIsNotOpen):
        await scene.by_hand(Direction.IN)


async def test_nobody_checks_themselves_in_by_hand(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        await builders.grant(
            session, scene.volunteer.signed_in(), Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY
        )
        viewer = await viewers.of_person(session, scene.volunteer.signed_in())
    with pytest.raises(NotForOneself):
        await scene.by_hand(Direction.IN, viewer)
    assert await _count(scene) == 0


async def test_by_hand_is_for_the_organisers_of_the_need(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        elsewhere = await builders.viewer(session, "徐汇", Role.COMMUNITY_WORKER, city.XUHUI)
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CITY)
    with pytest.raises(SignInNeeded):
        await scene.by_hand(Direction.IN, STRANGER)
    for viewer in (outsider, elsewhere, auditor):
        with pytest.raises(NotPermitted):
            await scene.by_hand(Direction.IN, viewer)
    assert await _count(scene) == 0


async def test_only_the_confirmed_person_checks_in(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        waiting = await builders.viewer(session, "候补")
        await builders.sign_up(
            session, scene.shift_id, waiting.signed_in(), confirmed_at=None, waiting_number=1
        )
    with pytest.raises(SignInNeeded):
        await scene.present(STRANGER)
    for viewer in (outsider, waiting):
        with pytest.raises(SignUpIsNotConfirmed):
            await scene.present(viewer)
        with pytest.raises(SignUpIsNotConfirmed):
            await scene.present(viewer, code="000000", shift_id=scene.shift_id)
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(CheckInTry)) == 0


async def test_whoever_withdrew_does_not_check_in(scene: Scene) -> None:
    scene.at(timedelta(0))
    async with scene.house.database.unit_of_work() as session:
        sign_up = await session.get_one(SignUp, scene.sign_up_id)
        sign_up.withdrawn_at = session.now()
    with pytest.raises(SignUpIsNotConfirmed):
        await scene.present()


async def test_a_shift_that_does_not_exist_is_not_found(scene: Scene) -> None:
    scene.at(timedelta(0))
    with pytest.raises(NotFound):
        await scene.present(code="123456", shift_id=uuid4())


async def _count(scene: Scene) -> int:
    async with scene.house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Attendance)) or 0
