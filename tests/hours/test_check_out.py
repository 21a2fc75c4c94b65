"""Check-out makes hours at once where a code proves them, and a review where nothing does (scenarios 12 and 13)."""

from datetime import timedelta

import pytest

from marketplace.bootstrap import House
from marketplace.hours.errors import CheckOutIsClosed, CodeIsWrong, NotCheckedIn
from marketplace.hours.states import Cause, Direction, Grade, Source
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.local_forms import duration
from tests.hours import scene as scenes
from tests.hours.scene import Scene

HOUR = timedelta(hours=1)


async def test_in_and_out_by_code_are_hours_of_grade_a(scene: Scene) -> None:
    attendance_id = await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()
    assert (entry.minutes, entry.grade, entry.source) == (120, Grade.A, Source.ATTENDANCE)
    assert (entry.source_id, entry.person_id) == (attendance_id, scene.volunteer.person_id)
    assert entry.local_year == 2026


async def test_twelve_hours_forty_are_760_minutes(house: House, clock: FixedClock) -> None:
    scene = await scenes.build(house, clock, lasts=timedelta(hours=13))
    await scene.come()
    await scene.leave(timedelta(hours=12, minutes=40, seconds=50))
    (entry,) = await scene.entries()
    assert entry.minutes == 760
    assert duration("zh_Hans", entry.minutes) == "12 小时 40 分"
    assert duration("en", entry.minutes) == "12 h 40 min"


async def test_waiting_at_the_door_and_staying_on_do_not_count(scene: Scene) -> None:
    await scene.come(-HOUR / 4)
    await scene.leave(3 * HOUR)
    (entry,) = await scene.entries()
    assert entry.minutes == 120


async def test_leaving_before_the_start_makes_no_entry(scene: Scene) -> None:
    await scene.come(-HOUR / 4)
    await scene.leave(-HOUR / 12)
    assert await scene.entries() == []
    assert (await scene.attendance()).checked_out_at is not None


async def test_leaving_twice_counts_once(scene: Scene) -> None:
    attendance_id = await scene.come()
    assert await scene.leave(HOUR) == attendance_id
    assert await scene.leave(2 * HOUR) == attendance_id
    (entry,) = await scene.entries()
    assert entry.minutes == 60


async def test_nobody_leaves_who_has_not_come(scene: Scene) -> None:
    with pytest.raises(NotCheckedIn):
        await scene.leave()


async def test_a_wrong_code_does_not_check_out(scene: Scene) -> None:
    await scene.come()
    with pytest.raises(CodeIsWrong):
        await scene.leave(code=scene.digits(Direction.IN), shift_id=scene.shift_id)
    assert (await scene.attendance()).checked_out_at is None


@pytest.mark.parametrize("hand", Direction)
async def test_one_end_by_hand_is_grade_b(scene: Scene, hand: Direction) -> None:
    scene.at(timedelta(0))
    await (scene.by_hand(hand) if hand is Direction.IN else scene.present())
    scene.at(2 * HOUR)
    await (scene.by_hand(hand) if hand is Direction.OUT else scene.present(direction=Direction.OUT))
    (entry,) = await scene.entries()
    assert (entry.minutes, entry.grade) == (120, Grade.B)


async def test_far_from_the_place_is_grade_b(scene: Scene) -> None:
    await scene.come(latitude=31.2304, longitude=121.4737)
    await scene.leave()
    (entry,) = await scene.entries()
    assert entry.grade == Grade.B


async def test_both_ends_by_hand_wait_for_another_organiser(scene: Scene) -> None:
    scene.at(timedelta(0))
    await scene.by_hand(Direction.IN)
    scene.at(2 * HOUR)
    await scene.by_hand(Direction.OUT)
    assert await scene.entries() == []
    review = await scene.review()
    assert (review.cause, review.opened_by) == (Cause.BY_HAND, scene.organiser.person_id)


async def test_by_hand_after_a_check_out_changes_nothing(scene: Scene) -> None:
    await scene.come()
    attendance_id = await scene.leave()
    assert await scene.by_hand(Direction.OUT) == attendance_id
    assert (await scene.attendance()).check_out_method == "qr"


async def test_check_out_closes_two_hours_after_the_end(scene: Scene) -> None:
    await scene.come()
    with pytest.raises(CheckOutIsClosed) as refusal:
        await scene.leave(4 * HOUR + timedelta(seconds=1))
    assert refusal.value.article
    await scene.leave(4 * HOUR)


async def test_what_was_never_checked_out_is_closed_and_waits_for_review(scene: Scene) -> None:
    await scene.come()
    scene.at(4 * HOUR + timedelta(minutes=1))
    await scene.close_forgotten()
    attendance, review = await scene.attendance(), await scene.review()
    assert attendance.closed_by_rule_at == scene.clock.now()
    assert (review.cause, review.opened_by, review.minutes) == (Cause.NO_CHECK_OUT, None, None)
    assert await scene.entries() == []


async def test_closing_waits_for_the_window_and_happens_once(scene: Scene) -> None:
    await scene.come()
    scene.at(4 * HOUR)
    await scene.close_forgotten()
    assert await scene.reviews() == []
    scene.at(5 * HOUR)
    for _ in range(2):
        await scene.close_forgotten()
    assert len(await scene.reviews()) == 1


async def test_closing_leaves_alone_who_checked_out(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    scene.at(24 * HOUR)
    await scene.close_forgotten()
    assert await scene.reviews() == []


async def test_the_closing_is_a_repeated_task_of_the_house(house: House) -> None:
    assert "hours.close_forgotten" in house.registry.tasks
