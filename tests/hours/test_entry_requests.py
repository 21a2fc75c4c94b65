"""Hours by hand and corrections: two people, a reason, the lowest grade, and never the subject (scenarios 14, 15, 16)."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from marketplace.hours import entry_requests
from marketplace.hours.drafts import CorrectionDraft, EntryDraft, RefusalDraft
from marketplace.hours.errors import (
    CorrectionChangesNothing,
    EntryIsReversed,
    HoursAreRecorded,
    KeyWasUsed,
    MinutesExceedTheShift,
    NotByTheSamePerson,
    NotForOneself,
    RequestIsDecided,
    RequestIsUnderWay,
    ServedInTheFuture,
    ShiftIsNotOver,
)
from marketplace.hours.models import HourEntryRequest, LedgerEntry
from marketplace.hours.states import Grade, Source
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from tests import builders, city
from tests.hours.scene import Scene

HOUR = timedelta(hours=1)


async def officer(scene: Scene, name: str = "区里") -> Viewer:
    async with scene.house.database.unit_of_work() as session:
        return await builders.viewer(session, name, Role.DISTRICT_OFFICER, city.CHANGNING)


async def enter(scene: Scene, viewer: Viewer | None = None, **given: object) -> UUID:
    draft = read(
        EntryDraft,
        {
            "person_id": scene.volunteer.person_id,
            "need_id": scene.need_id,
            "shift_id": scene.shift_id,
            "minutes": 90,
            "reason": "签到设备坏了",
        }
        | given,
    )
    async with scene.house.database.unit_of_work() as session:
        return await entry_requests.enter(session, viewer or scene.organiser, draft)


async def correct(
    scene: Scene, minutes: int, viewer: Viewer | None = None, entry_id: UUID | None = None
) -> UUID:
    if entry_id is None:
        entry_id = (await scene.entries())[-1].id
    draft = CorrectionDraft(entry_id=entry_id, minutes=minutes, reason="提前离开")
    async with scene.house.database.unit_of_work() as session:
        return await entry_requests.correct(session, viewer or scene.organiser, draft)


async def approve(scene: Scene, request_id: UUID, viewer: Viewer) -> UUID:
    async with scene.house.database.unit_of_work() as session:
        return await entry_requests.approve(session, viewer, request_id)


async def refuse(scene: Scene, request_id: UUID, viewer: Viewer) -> UUID:
    async with scene.house.database.unit_of_work() as session:
        return await entry_requests.refuse(
            session, viewer, RefusalDraft(request_id=request_id, reason="当天没有见到")
        )


async def request_of(scene: Scene, request_id: UUID) -> HourEntryRequest:
    async with scene.house.database.reading() as session:
        return await session.get_one(HourEntryRequest, request_id)


async def served(scene: Scene) -> LedgerEntry:
    await scene.come()
    await scene.leave()
    return (await scene.entries())[-1]


async def test_hours_without_evidence_need_two_other_people_and_get_the_lowest_grade(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    assert (await request_of(scene, request_id)).approvals_needed == 2
    await approve(scene, request_id, scene.colleague)
    assert await scene.entries() == []
    await approve(scene, request_id, await officer(scene))
    (entry,) = await scene.entries()
    assert (entry.minutes, entry.grade, entry.source) == (90, Grade.D, Source.REQUEST)
    assert (entry.entered_by, entry.reason) == (scene.organiser.person_id, "签到设备坏了")
    assert (await request_of(scene, request_id)).completed_at == scene.clock.now()
    assert await scene.news() == ["HourEntryRequested", "HoursRecorded"]


async def test_whoever_asked_does_not_approve(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    with pytest.raises(NotByTheSamePerson) as refusal:
        await approve(scene, request_id, scene.organiser)
    assert refusal.value.article
    assert "67" in refusal.value.article


async def test_the_same_approver_counts_once(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    for _ in range(3):
        assert await approve(scene, request_id, scene.colleague) == request_id
    assert await scene.entries() == []


async def test_the_subject_does_not_approve_whatever_their_rank(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    async with scene.house.database.unit_of_work() as session:
        await builders.grant(session, scene.volunteer.signed_in(), Role.ADMINISTRATOR, city.CITY)
        subject = await viewers.of_person(session, scene.volunteer.signed_in())
    with pytest.raises(NotForOneself):
        await approve(scene, request_id, subject)
    with pytest.raises(NotForOneself):
        await refuse(scene, request_id, subject)
    await approve(scene, request_id, scene.colleague)
    assert await scene.entries() == []


async def test_strangers_outsiders_and_auditors_neither_ask_nor_approve(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        elsewhere = await builders.viewer(session, "徐汇", Role.DISTRICT_OFFICER, city.XUHUI)
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CITY)
    for viewer, approving, asking in (
        (STRANGER, SignInNeeded, SignInNeeded),
        (outsider, NotFound, NotPermitted),
        (elsewhere, NotFound, NotPermitted),
        (auditor, NotPermitted, NotPermitted),
        (scene.volunteer, NotForOneself, NotPermitted),
    ):
        with pytest.raises(approving):
            await approve(scene, request_id, viewer)
        with pytest.raises(approving):
            await refuse(scene, request_id, viewer)
        with pytest.raises(asking):
            await enter(scene, viewer)


async def test_a_refused_request_stays_refused_with_its_reason(scene: Scene) -> None:
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    await refuse(scene, request_id, scene.colleague)
    with pytest.raises(RequestIsDecided):
        await approve(scene, request_id, await officer(scene))
    with pytest.raises(RequestIsDecided):
        await refuse(scene, request_id, scene.colleague)
    assert (await request_of(scene, request_id)).refusal_reason == "当天没有见到"
    assert await scene.entries() == []
    assert await scene.news() == ["HourEntryRequested", "HourEntryRefused"]


async def test_hours_are_asked_for_only_after_the_shift_and_within_it(scene: Scene) -> None:
    scene.at(HOUR)
    with pytest.raises(ShiftIsNotOver):
        await enter(scene)
    scene.at(3 * HOUR)
    with pytest.raises(MinutesExceedTheShift):
        await enter(scene, minutes=121)
    with pytest.raises(InputIsInvalid):
        await enter(scene, served_on="2026-01-01")


async def test_hours_without_a_shift_name_a_day_that_has_come(scene: Scene) -> None:
    scene.at(3 * HOUR)
    with pytest.raises(InputIsInvalid):
        await enter(scene, shift_id=None)
    with pytest.raises(ServedInTheFuture):
        await enter(scene, shift_id=None, served_on="2027-01-01")
    request_id = await enter(scene, shift_id=None, served_on="2026-11-01")
    assert (await request_of(scene, request_id)).served_on == date(2026, 11, 1)


async def test_only_people_who_signed_up_to_the_need_can_be_given_hours(scene: Scene) -> None:
    scene.at(3 * HOUR)
    async with scene.house.database.unit_of_work() as session:
        neighbour = await builders.person(session, "邻居")
    for person_id in (neighbour, uuid4()):
        with pytest.raises(NotFound):
            await enter(scene, person_id=person_id)


async def test_a_shift_of_another_need_is_not_found(scene: Scene) -> None:
    scene.at(3 * HOUR)
    async with scene.house.database.unit_of_work() as session:
        other = await builders.shift(
            session, await builders.need(session, "另一项"), starts_at=scene.starts_at
        )
    with pytest.raises(NotFound):
        await enter(scene, shift_id=other)


async def test_one_question_at_a_time(scene: Scene) -> None:
    scene.at(3 * HOUR)
    await enter(scene)
    with pytest.raises(RequestIsUnderWay):
        await enter(scene, scene.colleague, minutes=30)


async def test_a_request_sent_twice_with_one_key_is_one_request(scene: Scene) -> None:
    scene.at(3 * HOUR)
    first = await enter(scene, idempotency_key="once")
    assert await enter(scene, idempotency_key="once") == first
    with pytest.raises(KeyWasUsed):
        await enter(scene, idempotency_key="once", minutes=30)


async def test_hours_that_count_are_not_entered_again(scene: Scene) -> None:
    await served(scene)
    scene.at(3 * HOUR)
    with pytest.raises(HoursAreRecorded):
        await enter(scene)


async def test_hours_that_came_to_count_meanwhile_are_not_counted_again(scene: Scene) -> None:
    await scene.come()
    scene.at(3 * HOUR)
    request_id = await enter(scene)
    await approve(scene, request_id, scene.colleague)
    await scene.leave(3 * HOUR)
    with pytest.raises(HoursAreRecorded):
        await approve(scene, request_id, await officer(scene))
    assert sum(entry.minutes for entry in await scene.entries()) == 120


async def test_a_correction_reverses_the_entry_and_adds_a_new_one(scene: Scene) -> None:
    old = await served(scene)
    request_id = await correct(scene, 75)
    await approve(scene, request_id, scene.colleague)
    first, reversal, new = sorted(await scene.entries(), key=lambda entry: entry.id)
    assert first.id == old.id
    assert (reversal.minutes, reversal.reverses_id, reversal.reason) == (-120, old.id, "提前离开")
    assert (new.minutes, new.grade, new.source) == (75, Grade.C, Source.REQUEST)
    assert (await request_of(scene, request_id)).corrects_entry_id == old.id


async def test_a_correction_to_nothing_only_reverses(scene: Scene) -> None:
    await served(scene)
    await approve(scene, await correct(scene, 0), scene.colleague)
    assert [entry.minutes for entry in sorted(await scene.entries(), key=lambda entry: entry.id)] == [
        120,
        -120,
    ]


async def test_a_correction_upwards_is_hours_without_evidence(scene: Scene) -> None:
    await scene.come()
    await scene.leave(HOUR)
    request_id = await correct(scene, 110)
    await approve(scene, request_id, scene.colleague)
    assert len(await scene.entries()) == 1
    await approve(scene, request_id, await officer(scene))
    counting = [entry for entry in await scene.entries() if entry.source == Source.REQUEST]
    assert [(entry.minutes, entry.grade) for entry in counting] == [(110, Grade.D)]


async def test_a_volunteer_asks_for_their_own_hours_to_be_corrected_and_another_decides(scene: Scene) -> None:
    await served(scene)
    request_id = await correct(scene, 60, scene.volunteer)
    with pytest.raises(NotForOneself):
        await approve(scene, request_id, scene.volunteer)
    await approve(scene, request_id, scene.organiser)
    assert sum(entry.minutes for entry in await scene.entries()) == 60


async def test_whoever_asked_for_a_correction_does_not_approve_it(scene: Scene) -> None:
    await served(scene)
    request_id = await correct(scene, 60)
    with pytest.raises(NotByTheSamePerson):
        await approve(scene, request_id, scene.organiser)


async def test_what_no_longer_counts_is_not_corrected(scene: Scene) -> None:
    old = await served(scene)
    await approve(scene, await correct(scene, 75), scene.colleague)
    reversal = next(entry for entry in await scene.entries() if entry.reverses_id)
    for entry_id in (old.id, reversal.id):
        with pytest.raises(EntryIsReversed):
            await correct(scene, 30, entry_id=entry_id)


async def test_a_corrected_entry_can_be_corrected_again(scene: Scene) -> None:
    await served(scene)
    await approve(scene, await correct(scene, 75), scene.colleague)
    new = next(entry for entry in await scene.entries() if entry.source == Source.REQUEST)
    await approve(scene, await correct(scene, 60, entry_id=new.id), scene.colleague)
    assert sum(entry.minutes for entry in await scene.entries()) == 60


async def test_a_correction_changes_something_and_stays_within_the_shift(scene: Scene) -> None:
    await served(scene)
    with pytest.raises(CorrectionChangesNothing):
        await correct(scene, 120)
    with pytest.raises(MinutesExceedTheShift):
        await correct(scene, 121)
    await correct(scene, 60)
    with pytest.raises(RequestIsUnderWay):
        await correct(scene, 30)


async def test_others_do_not_see_an_entry_to_correct(scene: Scene) -> None:
    await served(scene)
    async with scene.house.database.unit_of_work() as session:
        outsider = await builders.viewer(session, "外人")
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CITY)
    for viewer, refusal in ((STRANGER, SignInNeeded), (outsider, NotFound), (auditor, NotPermitted)):
        with pytest.raises(refusal):
            await correct(scene, 60, viewer)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"minutes": "12:40"}, "minutes"),
        ({"served_on": "2026-02-30"}, "served_on"),
        ({"reason": ""}, "reason"),
        ({"person_id": "somebody"}, "person_id"),
        ({"shift_id": None}, "form"),
    ],
)
def test_an_entry_is_read_strictly(given: dict[str, object], field: str) -> None:
    right = {
        "person_id": str(uuid4()),
        "need_id": str(uuid4()),
        "shift_id": str(uuid4()),
        "minutes": 60,
        "reason": "在场",
    }
    with pytest.raises(InputIsInvalid) as refusal:
        read(EntryDraft, {**right, **given})
    assert [problem.field for problem in refusal.value.problems] == [field]
