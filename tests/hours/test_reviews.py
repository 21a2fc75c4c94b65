"""Reviews: asked for or opened by the rule, decided once, in minutes, with a reason, by a second person."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from marketplace.hours import reviews
from marketplace.hours.drafts import AskDraft, DecisionDraft
from marketplace.hours.errors import (
    MinutesExceedTheShift,
    NotByTheSamePerson,
    NotForOneself,
    ReviewIsDecided,
    ReviewIsNotNeeded,
    ShiftIsNotOver,
    SignUpIsNotConfirmed,
)
from marketplace.hours.states import Cause, Direction, Grade, Source
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.volunteering.models import SignUp
from tests import builders, city
from tests.hours.scene import Scene

HOUR = timedelta(hours=1)


async def ask(scene: Scene, viewer: Viewer) -> UUID:
    async with scene.house.database.unit_of_work() as session:
        return await reviews.ask(session, viewer, AskDraft(sign_up_id=scene.sign_up_id))


async def forgotten(scene: Scene) -> None:
    await scene.come()
    scene.at(5 * HOUR)
    await scene.close_forgotten()


async def test_a_decision_makes_hours_of_grade_c(scene: Scene) -> None:
    await forgotten(scene)
    await scene.decide(90)
    (entry,) = await scene.entries()
    assert (entry.minutes, entry.grade, entry.source) == (90, Grade.C, Source.REVIEW)
    assert (entry.entered_by, entry.reason) == (scene.organiser.person_id, "现场多人证明")


async def test_a_decision_of_nothing_makes_no_entry_and_is_on_record(scene: Scene) -> None:
    await forgotten(scene)
    await scene.decide(0)
    assert await scene.entries() == []
    review = await scene.review()
    assert (review.minutes, review.decided_by) == (0, scene.organiser.person_id)


async def test_a_review_is_decided_once(scene: Scene) -> None:
    await forgotten(scene)
    await scene.decide(90)
    with pytest.raises(ReviewIsDecided):
        await scene.decide(30, scene.colleague)
    (entry,) = await scene.entries()
    assert entry.minutes == 90


async def test_a_review_never_counts_more_than_the_shift(scene: Scene) -> None:
    await forgotten(scene)
    with pytest.raises(MinutesExceedTheShift):
        await scene.decide(121)
    await scene.decide(120)


async def test_the_one_who_opened_it_does_not_decide_it(scene: Scene) -> None:
    scene.at(timedelta(0))
    await scene.by_hand(Direction.IN)
    scene.at(2 * HOUR)
    await scene.by_hand(Direction.OUT)
    with pytest.raises(NotByTheSamePerson):
        await scene.decide(120)
    await scene.decide(120, scene.colleague)


async def test_the_subject_never_decides(scene: Scene) -> None:
    await forgotten(scene)
    async with scene.house.database.unit_of_work() as session:
        await builders.grant(session, scene.volunteer.signed_in(), Role.DISTRICT_OFFICER, city.CHANGNING)
        promoted = await viewers.of_person(session, scene.volunteer.signed_in())
    with pytest.raises(NotForOneself):
        await scene.decide(120, promoted)
    assert await scene.entries() == []


async def test_strangers_outsiders_and_auditors_do_not_decide(scene: Scene) -> None:
    await forgotten(scene)
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        elsewhere = await builders.viewer(session, "徐汇", Role.DISTRICT_OFFICER, city.XUHUI)
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CITY)
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (outsider, NotFound),
        (elsewhere, NotFound),
        (auditor, NotPermitted),
    ):
        with pytest.raises(refusal):
            await scene.decide(120, viewer)
    assert (await scene.review()).decided_at is None


async def test_a_volunteer_who_was_not_checked_in_asks_for_a_review(scene: Scene) -> None:
    scene.at(2 * HOUR)
    review_id = await ask(scene, scene.volunteer)
    assert await ask(scene, scene.volunteer) == review_id
    review = await scene.review()
    assert (review.cause, review.opened_by) == (Cause.NO_CHECK_IN, scene.volunteer.person_id)
    await scene.decide(60)
    (entry,) = await scene.entries()
    assert (entry.minutes, entry.grade) == (60, Grade.C)


async def test_an_organiser_asks_and_another_one_decides(scene: Scene) -> None:
    scene.at(2 * HOUR)
    await ask(scene, scene.organiser)
    with pytest.raises(NotByTheSamePerson):
        await scene.decide(60)
    await scene.decide(60, scene.colleague)


async def test_nobody_asks_before_the_shift_is_over(scene: Scene) -> None:
    scene.at(HOUR)
    with pytest.raises(ShiftIsNotOver):
        await ask(scene, scene.volunteer)


async def test_nobody_asks_about_hours_that_count_already(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    with pytest.raises(ReviewIsNotNeeded):
        await ask(scene, scene.volunteer)


async def test_who_withdrew_does_not_ask(scene: Scene) -> None:
    scene.at(2 * HOUR)
    async with scene.house.database.unit_of_work() as session:
        (await session.get_one(SignUp, scene.sign_up_id)).withdrawn_at = session.now()
    with pytest.raises(SignUpIsNotConfirmed):
        await ask(scene, scene.volunteer)


async def test_others_neither_ask_nor_learn_that_there_is_something_to_ask(scene: Scene) -> None:
    scene.at(2 * HOUR)
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
    with pytest.raises(SignInNeeded):
        await ask(scene, STRANGER)
    with pytest.raises(NotFound):
        await ask(scene, outsider)


async def test_reviews_that_open_and_that_count_nothing_are_told(scene: Scene) -> None:
    await forgotten(scene)
    await scene.decide(0)
    assert await scene.news() == ["ReviewOpened", "ReviewDeclined"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"minutes": -1}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"minutes": "一小时"}, "minutes"),
        ({"minutes": 1.5}, "minutes"),
        ({"reason": " "}, "reason"),
        ({"reason": "长" * 501}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"review_id": "nothing"}, "review_id"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_decision_is_read_strictly(given: dict[str, object], field: str) -> None:
    right = {"review_id": str(uuid4()), "minutes": 60, "reason": "在场"}
    with pytest.raises(InputIsInvalid) as refusal:
        read(DecisionDraft, {**right, **given})
    assert [problem.field for problem in refusal.value.problems] == [field]
