"""Rivals on real connections: what happens at the same moment happens once, and the subject never slips through (scenario 15)."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.hours import attendances, entry_requests, proofs, reviews
from marketplace.hours.drafts import CodeDraft, CorrectionDraft, DecisionDraft, EntryDraft
from marketplace.hours.errors import (
    CodeIsWrong,
    NotForOneself,
    RequestIsUnderWay,
    ReviewIsDecided,
    TooManyWrongCodes,
)
from marketplace.hours.models import Attendance, CheckInTry, HourEntryRequest
from marketplace.hours.states import Direction
from marketplace.identity import viewers
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import MarketplaceError
from tests import builders, city
from tests.hours.scene import Scene

HOUR = timedelta(hours=1)


async def at_once(*rivals: Awaitable[Any]) -> list[Any]:
    """What each rival got: an answer, or the refusal. Anything unexpected is raised."""
    outcomes = await asyncio.gather(*rivals, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, MarketplaceError):
            raise outcome
    return outcomes


async def approve(scene: Scene, request_id: UUID, viewer: Viewer) -> UUID:
    async with scene.house.database.unit_of_work() as session:
        return await entry_requests.approve(session, viewer, request_id)


async def enter(scene: Scene, viewer: Viewer, key: str | None = None) -> UUID:
    draft = EntryDraft(
        person_id=scene.volunteer.signed_in(),
        need_id=scene.need_id,
        shift_id=scene.shift_id,
        minutes=90,
        reason="设备坏了",
        idempotency_key=key,
    )
    async with scene.house.database.unit_of_work() as session:
        return await entry_requests.enter(session, viewer, draft)


async def officers(scene: Scene, count: int) -> list[Viewer]:
    async with scene.house.database.unit_of_work() as session:
        return [
            await builders.viewer(session, f"专员{number}", Role.DISTRICT_OFFICER, city.CHANGNING)
            for number in range(count)
        ]


async def test_checking_in_ten_times_at_once_is_one_attendance(scene: Scene) -> None:
    scene.at(timedelta(0))
    answers = await at_once(*(scene.present(key="tapped-twice") for _ in range(10)))
    assert len(set(answers)) == 1
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Attendance)) == 1


async def test_checking_out_ten_times_at_once_counts_once(scene: Scene) -> None:
    await scene.come()
    scene.at(2 * HOUR)
    answers = await at_once(*(scene.present(direction=Direction.OUT) for _ in range(10)))
    assert len(set(answers)) == 1
    assert [entry.minutes for entry in await scene.entries()] == [120]


async def test_guesses_sent_at_once_are_all_counted(scene: Scene) -> None:
    scene.at(timedelta(0))
    wrong = f"{(int(scene.digits()) + 1) % 10**6:06d}"
    outcomes = await at_once(*(scene.present(code=wrong, shift_id=scene.shift_id) for _ in range(12)))
    assert sum(isinstance(outcome, CodeIsWrong) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, TooManyWrongCodes) for outcome in outcomes) == 7
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(CheckInTry.wrong_tries)) == 5


async def test_a_check_out_that_began_in_time_beats_the_closing(scene: Scene) -> None:
    await scene.come()
    scene.at(4 * HOUR)
    draft = CodeDraft(code=scene.token(Direction.OUT))
    async with scene.house.database.unit_of_work() as session:
        proof = await proofs.judge(session, scene.volunteer, scene.house.vault, Direction.OUT, draft)
    async with scene.house.database.unit_of_work() as session:
        await attendances.check_out(session, proof)
        scene.at(4 * HOUR + timedelta(seconds=1))
        closing = asyncio.create_task(scene.close_forgotten())
        await asyncio.sleep(0.1)
    await closing
    assert [entry.minutes for entry in await scene.entries()] == [120]
    assert await scene.reviews() == []


async def test_the_last_two_approvals_at_once_count_the_hours_once(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene, scene.organiser)
    one, other = await officers(scene, 2)
    assert (
        await at_once(approve(scene, request_id, one), approve(scene, request_id, other)) == [request_id] * 2
    )
    assert [entry.minutes for entry in await scene.entries()] == [90]


async def test_one_approver_twice_at_once_is_one_approval(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene, scene.organiser)
    await at_once(*(approve(scene, request_id, scene.colleague) for _ in range(5)))
    assert await scene.entries() == []


async def test_the_subject_is_refused_also_when_another_approves_at_the_same_moment(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene, scene.organiser)
    async with scene.house.database.unit_of_work() as session:
        await builders.grant(session, scene.volunteer.signed_in(), Role.DISTRICT_OFFICER, city.CHANGNING)
        subject = await viewers.of_person(session, scene.volunteer.signed_in())
    outcomes = await at_once(approve(scene, request_id, subject), approve(scene, request_id, scene.colleague))
    assert isinstance(outcomes[0], NotForOneself)
    assert outcomes[1] == request_id
    assert await scene.entries() == []


async def test_two_organisers_decide_one_review_at_once_and_one_is_heard(scene: Scene) -> None:
    await scene.come()
    scene.at(5 * HOUR)
    await scene.close_forgotten()
    review_id = (await scene.review()).id

    async def decide(viewer: Viewer, minutes: int) -> UUID:
        draft = DecisionDraft(review_id=review_id, minutes=minutes, reason="证明")
        async with scene.house.database.unit_of_work() as session:
            return await reviews.decide(session, viewer, draft)

    outcomes = await at_once(decide(scene.organiser, 60), decide(scene.colleague, 90))
    assert sum(isinstance(outcome, ReviewIsDecided) for outcome in outcomes) == 1
    (entry,) = await scene.entries()
    assert entry.minutes == (await scene.review()).minutes


async def test_two_corrections_of_one_entry_at_once_are_one_question(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()

    async def correct(viewer: Viewer) -> UUID:
        draft = CorrectionDraft(entry_id=entry.id, minutes=60, reason="早退")
        async with scene.house.database.unit_of_work() as session:
            return await entry_requests.correct(session, viewer, draft)

    outcomes = await at_once(correct(scene.organiser), correct(scene.colleague))
    assert sum(isinstance(outcome, RequestIsUnderWay) for outcome in outcomes) == 1


async def test_one_request_sent_five_times_at_once_is_one(scene: Scene) -> None:
    scene.at(3 * HOUR)
    answers = await at_once(*(enter(scene, scene.organiser, "once") for _ in range(5)))
    assert len(set(answers)) == 1
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(HourEntryRequest)) == 1


async def test_entering_and_deciding_for_one_person_at_once_never_hangs(scene: Scene) -> None:
    await scene.come()
    scene.at(5 * HOUR)
    await scene.close_forgotten()
    review_id = (await scene.review()).id
    people = [scene.organiser, scene.colleague, *await officers(scene, 5)]

    async def decide(viewer: Viewer) -> UUID:
        async with scene.house.database.unit_of_work() as session:
            return await reviews.decide(
                session, viewer, DecisionDraft(review_id=review_id, minutes=30, reason="证明")
            )

    await asyncio.wait_for(
        at_once(*(act(person) for person in people for act in (decide, lambda who: enter(scene, who)))), 30
    )
    assert sum(entry.minutes for entry in await scene.entries()) == 30
