"""Mobilisations: called in waves by score and distance until filled; an offer to each, never an order; a drill is only a drill."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.hours.models import LedgerEntry
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import SHANGHAI, FixedClock, local
from marketplace.kernel.errors import MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.notices import preferences
from marketplace.notices.drafts import QuietHoursDraft
from marketplace.notices.models import Notice
from marketplace.staffing import (
    mobilisation_own_data,
    mobilisation_queries,
    mobilisation_waves,
    mobilisations,
)
from marketplace.staffing.mobilisation_errors import (
    CallIsAnsweredOtherwise,
    CallIsOver,
    EverybodyIsFound,
    MobilisationIsOver,
    NobodyToCallFor,
    OnlyGovernmentCallsInEmergencies,
    ShiftIsMobilisedAlready,
)
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import CallState, MobilisationKind, StopCause
from marketplace.volunteering import sign_ups
from marketplace.volunteering.errors import RisksAreNotAgreed
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.sign_up_drafts import JoinDraft
from marketplace.volunteering.sign_up_states import SignUpState, sign_up_state
from tests import builders, city
from tests.deliveries import drain
from tests.notices import scene as notices
from tests.recommendations import scene as people
from tests.staffing import mobilisation_scene as scene
from tests.statements import counting


async def join(house: House, viewer: Viewer, shift_id: Any) -> None:
    async with house.database.unit_of_work() as session:
        await sign_ups.join(session, viewer, shift_id, JoinDraft(idempotency_key=str(new_id())))


async def test_waves_go_out_until_the_places_are_taken_then_it_stops_itself(
    house: House, clock: FixedClock
) -> None:
    at = await scene.flood(house, capacity=3)
    await scene.neighbours(house, 7)
    mobilisation_id = await scene.start(house, at, wave_size=2)
    await scene.wave(house)
    first = await scene.called(house, mobilisation_id)
    assert [call.wave for call in first] == [1, 1]
    await scene.wave(house)
    assert len(await scene.called(house, mobilisation_id)) == 2, "the next wave waits for its time"
    by_id = {call.person_id: call for call in first}
    async with house.database.reading() as session:
        viewers_of = {person: await _viewer(session, person) for person in by_id}
    for person_id, call in by_id.items():
        await scene.answer(house, viewers_of[person_id], call.id)
    await scene.wave(house, clock)
    third = [call for call in await scene.called(house, mobilisation_id) if call.wave == 2]
    assert len(third) == 2
    async with house.database.reading() as session:
        last = await _viewer(session, third[0].person_id)
    await scene.answer(house, last, third[0].id)
    row = await scene.seen(house, at.officer, mobilisation_id)
    assert (row.stopped_because, row.places_taken) == (StopCause.FILLED, 3)
    assert [(wave.called, wave.accepted, wave.unanswered) for wave in row.waves] == [(2, 2, 0), (2, 1, 1)]
    await scene.wave(house, clock)
    assert len(await scene.called(house, mobilisation_id)) == 4


async def _viewer(session: Any, person_id: Any) -> Viewer:
    from marketplace.identity import viewers

    return await viewers.of_person(session, person_id)


async def test_the_near_are_called_before_the_far_and_among_the_near_the_best(
    house: House, clock: FixedClock
) -> None:
    at = await scene.flood(house, capacity=4)
    far = await people.volunteer(house, "远邻", longitude=121.50, travel_radius_metres=50_000)
    near = await people.volunteer(house, "近邻")
    unsuited = await people.volunteer(house, "十岁", invitable=False)
    mobilisation_id = await scene.start(house, at, wave_size=1, first_kilometres=2)
    await scene.wave(house)
    await scene.wave(house, clock)
    calls = await scene.called(house, mobilisation_id)
    assert [call.person_id for call in calls] == [near.person_id, far.person_id]
    assert (calls[0].metres or 0) < 1000 < 5000 < (calls[1].metres or 0)
    assert unsuited.person_id not in {call.person_id for call in calls}


async def test_people_are_found_through_the_arrays_of_the_city_too(house: House) -> None:
    at = await scene.flood(house)
    neighbours = await scene.neighbours(house, 3)
    await house.volunteers.rebuild()
    mobilisation_id = await scene.start(house, at, wave_size=3)
    await scene.wave(house)
    called = {call.person_id for call in await scene.called(house, mobilisation_id)}
    assert called == {one.person_id for one in neighbours}


async def test_nobody_is_called_who_may_not_come_is_busy_opted_out_or_is_in_already(house: House) -> None:
    at = await scene.flood(house, capacity=9, minimum_age=18, is_risky=True, insurance="平安意外险")
    await people.volunteer(house, "不愿被邀", invitable=False)
    minor = await people.volunteer(house, "少年", birth_date=city.NOW.date().replace(year=2012))
    busy, inside = await people.volunteer(house, "已有安排"), await people.volunteer(house, "已报名")
    async with house.database.unit_of_work() as session:
        shift = await session.get_one(Shift, at.shift_id)
        other = await builders.need(session, "别的活动")
        other_shift = await builders.shift(session, other, starts_in=shift.starts_at - session.now())
        await builders.sign_up(session, other_shift, busy.signed_in())
        await builders.sign_up(session, at.shift_id, inside.signed_in())
    free = await people.volunteer(house, "有空")
    mobilisation_id = await scene.start(house, at, wave_size=50)
    await scene.wave(house)
    assert [call.person_id for call in await scene.called(house, mobilisation_id)] == [free.person_id]
    assert minor.person_id != free.person_id


async def test_a_person_has_one_live_call_whoever_calls(house: House, clock: FixedClock) -> None:
    one, other = await scene.flood(house), await scene.flood(house)
    (neighbour,) = await scene.neighbours(house, 1)
    first, second = await scene.start(house, one), await scene.start(house, other)
    await scene.wave(house)
    calls = [*await scene.called(house, first), *await scene.called(house, second)]
    assert [call.person_id for call in calls] == [neighbour.person_id]
    async with house.database.reading() as session:
        live = await session.scalar(
            select(func.count()).where(Call.answered_at.is_(None), Call.ended_at.is_(None))
        )
    assert live == 1


async def test_the_last_place_goes_to_one_of_many_who_say_yes_at_once(house: House) -> None:
    at = await scene.flood(house, capacity=1)
    rivals = await scene.neighbours(house, 5)
    mobilisation_id = await scene.start(house, at, wave_size=5)
    await scene.wave(house)
    calls = {one.person_id: await scene.call_of(house, one, mobilisation_id) for one in rivals}
    answers = await asyncio.gather(
        *(scene.answer(house, one, calls[one.person_id].id) for one in rivals), return_exceptions=True
    )
    assert all(isinstance(answer, EverybodyIsFound) for answer in answers if answer is not None), answers
    assert sum(answer is None for answer in answers) == 1
    async with house.database.reading() as session:
        assert (await session.get_one(Shift, at.shift_id)).places_taken == 1
        assert await session.scalar(select(func.count()).where(SignUp.shift_id == at.shift_id)) == 1
        assert await session.scalar(select(func.count()).where(Call.ended_at.is_not(None))) == 4


async def test_two_workers_send_one_wave(house: House) -> None:
    at = await scene.flood(house)
    await scene.neighbours(house, 6)
    mobilisation_id = await scene.start(house, at)
    await asyncio.gather(*(scene.wave(house) for _ in range(4)))
    assert [call.wave for call in await scene.called(house, mobilisation_id)] == [1, 1]


async def test_a_worker_killed_in_a_wave_has_called_nobody_and_the_next_one_calls(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = await scene.flood(house)
    await scene.neighbours(house, 2)
    mobilisation_id = await scene.start(house, at)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(mobilisation_waves, "publish", _killed)
        await scene.wave(house)
    assert await scene.called(house, mobilisation_id) == []
    await scene.wave(house)
    assert len(await scene.called(house, mobilisation_id)) == 2


async def _killed(*_: object) -> None:
    raise RuntimeError("killed")


async def test_it_stops_when_nobody_is_left_and_when_the_shift_begins(
    house: House, clock: FixedClock
) -> None:
    at, other = await scene.flood(house, capacity=5), await scene.flood(house, capacity=5)
    await scene.neighbours(house, 1)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    await scene.wave(house, clock)
    assert (await scene.seen(house, at.officer, mobilisation_id)).stopped_because is StopCause.NOBODY_LEFT
    late = await scene.start(house, other)
    await scene.wave(house, clock, timedelta(days=3))
    assert (await scene.seen(house, other.officer, late)).stopped_because is StopCause.BEGUN


async def test_it_stops_when_others_took_the_places(house: House, clock: FixedClock) -> None:
    at = await scene.flood(house, capacity=1)
    called, other = await people.volunteer(house), await people.volunteer(house, "自己报名", invitable=False)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    await join(house, other, at.shift_id)
    call = await scene.call_of(house, called, mobilisation_id)
    with pytest.raises(EverybodyIsFound):
        await scene.answer(house, called, call.id)
    async with house.database.reading() as session:
        assert await session.scalar(select(SignUp.id).where(SignUp.person_id == called.person_id)) is None
    await scene.wave(house, clock)
    assert (await scene.seen(house, at.officer, mobilisation_id)).stopped_because is StopCause.FILLED


async def test_a_drill_counts_answers_and_never_becomes_a_sign_up_or_hours(house: House) -> None:
    at = await scene.flood(house, capacity=1)
    first, second = await scene.neighbours(house, 2)
    mobilisation_id = await scene.start(house, at, kind=MobilisationKind.DRILL)
    await scene.wave(house)
    await scene.answer(house, first, (await scene.call_of(house, first, mobilisation_id)).id)
    row = await scene.seen(house, at.officer, mobilisation_id)
    assert (row.stopped_because, row.places_taken) == (StopCause.FILLED, 0)
    with pytest.raises(EverybodyIsFound):
        await scene.answer(house, second, (await scene.call_of(house, second, mobilisation_id)).id)
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignUp)) == 0
        assert await session.scalar(select(func.count()).select_from(LedgerEntry)) == 0
    await drain(house)
    async with house.database.reading() as session:
        notices = (await session.scalars(select(Notice))).all()
    assert {notice.kind for notice in notices} == {"call_drill", "call_ended"}


@pytest.mark.parametrize(
    ("kind", "told", "hour"),
    [
        (MobilisationKind.EMERGENCY, "called_in_emergency", 3),
        (MobilisationKind.LARGE, "called", 7),
        (MobilisationKind.DRILL, "call_drill", 7),
    ],
)
async def test_only_a_true_emergency_passes_quiet_hours(
    house: House, clock: FixedClock, kind: MobilisationKind, told: str, hour: int
) -> None:
    clock.set(datetime(2026, 11, 23, 3, tzinfo=SHANGHAI))
    at = await scene.flood(house)
    sleeper = await people.volunteer(
        house, "熟睡的人", email="sleep@example.org", email_confirmed_at=clock.now()
    )
    async with house.database.unit_of_work() as session:
        night = QuietHoursDraft(quiet_from="22:00", quiet_to="07:00")
        await preferences.set_quiet_hours(session, sleeper, night)
    await scene.start(house, at, kind=kind, wave_minutes=600)
    await scene.wave(house)
    await drain(house)
    (due_at,) = await notices.due_times(house)
    assert local(due_at).hour == hour
    post = notices.Post()
    await notices.send_due(house, post)
    assert [message.kind for message in post.sent] == ([told] if hour == 3 else [])


async def test_no_is_an_answer_and_the_same_answer_twice_is_one(house: House) -> None:
    at = await scene.flood(house)
    (one,) = await scene.neighbours(house, 1)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    for _ in range(2):
        await scene.answer(house, one, call.id, accepted=False)
    with pytest.raises(CallIsAnsweredOtherwise):
        await scene.answer(house, one, call.id, accepted=True)
    row = await scene.seen(house, at.officer, mobilisation_id)
    assert [(wave.accepted, wave.declined) for wave in row.waves] == [(0, 1)]


async def test_yes_twice_at_once_is_one_sign_up(house: House) -> None:
    at = await scene.flood(house)
    (one,) = await scene.neighbours(house, 1)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    await asyncio.gather(*(scene.answer(house, one, call.id) for _ in range(4)))
    async with house.database.reading() as session:
        (sign_up,) = (await session.scalars(select(SignUp))).all()
        assert sign_up_state(sign_up, session.now()) is SignUpState.CONFIRMED


async def test_risks_are_agreed_to_as_in_every_sign_up(house: House) -> None:
    at = await scene.flood(house, is_risky=True, risks="涉水", insurance="平安意外险")
    (one,) = await scene.neighbours(house, 1)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    with pytest.raises(RisksAreNotAgreed):
        await scene.answer(house, one, call.id)
    await scene.answer(house, one, call.id, agreed=True)


async def test_an_answer_after_the_wave_is_too_late(house: House, clock: FixedClock) -> None:
    at = await scene.flood(house)
    (one,) = await scene.neighbours(house, 1)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    clock.advance(timedelta(minutes=30))
    with pytest.raises(CallIsOver):
        await scene.answer(house, one, call.id)


async def test_in_an_emergency_only_the_government_calls(house: House) -> None:
    at = await scene.flood(house)
    worker = await scene.role(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    elsewhere = await scene.role(house, Role.DISTRICT_OFFICER, city.XUHUI)
    outsider = await people.volunteer(house)
    with pytest.raises(OnlyGovernmentCallsInEmergencies) as refused:
        await scene.start(house, at, by=worker)
    assert "第二十四条" in str(refused.value.article)
    refusals: list[tuple[Viewer, type[MarketplaceError]]] = [
        (STRANGER, SignInNeeded),
        (outsider, NotPermitted),
        (elsewhere, NotPermitted),
    ]
    for viewer, refusal in refusals:
        for kind in MobilisationKind:
            with pytest.raises(refusal):
                await scene.start(house, at, by=viewer, kind=kind)
    mobilisation_id = await scene.start(house, at, by=worker, kind=MobilisationKind.LARGE)
    for viewer, refusal in refusals:
        with pytest.raises(refusal):
            await scene.stop(house, viewer, mobilisation_id)


async def test_an_organisation_never_calls_even_for_its_own_need(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
    manager = await scene.role(house, Role.ORGANISATION_MANAGER, organisation_id)
    at = await scene.flood(house, organisation_id=organisation_id)
    with pytest.raises(OnlyGovernmentCallsInEmergencies):
        await scene.start(house, at, by=manager, kind=MobilisationKind.LARGE)


async def test_who_and_why_is_on_record(house: House) -> None:
    at = await scene.flood(house)
    mobilisation_id = await scene.start(house, at)
    await scene.stop(house, at.officer, mobilisation_id)
    async with house.database.reading() as session:
        entries = (
            await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(mobilisation_id)))
        ).all()
    assert [entry.action for entry in entries] == ["mobilisation.started", "mobilisation.stopped"]
    assert entries[0].actor_id == at.officer.person_id and entries[0].facts["reason"] == "暴雨红色预警"


async def test_a_stop_ends_live_calls_tells_and_keeps_places(house: House, clock: FixedClock) -> None:
    at = await scene.flood(house, capacity=3)
    first, second = await scene.neighbours(house, 2)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    await scene.answer(house, first, (await scene.call_of(house, first, mobilisation_id)).id)
    for _ in range(2):
        await scene.stop(house, at.officer, mobilisation_id)
    with pytest.raises(CallIsOver):
        await scene.answer(house, second, (await scene.call_of(house, second, mobilisation_id)).id)
    await drain(house)
    async with house.database.reading() as session:
        told = {
            (notice.person_id, notice.kind)
            for notice in await session.scalars(select(Notice))
            if notice.kind.startswith("call")
        }
        assert (await session.get_one(Shift, at.shift_id)).places_taken == 1
    assert told == {
        (first.person_id, "called_in_emergency"),
        (second.person_id, "called_in_emergency"),
        (second.person_id, "call_ended"),
    }
    await scene.wave(house, clock)
    assert len(await scene.called(house, mobilisation_id)) == 2


async def test_one_mobilisation_at_a_time_a_shift_and_none_for_a_full_one(house: House) -> None:
    at = await scene.flood(house, capacity=1)
    key = new_id()
    assert await scene.start(house, at, key=key) == await scene.start(house, at, key=key) == key
    with pytest.raises(ShiftIsMobilisedAlready):
        await scene.start(house, at)
    other = await people.volunteer(house, invitable=False)
    await join(house, other, at.shift_id)
    await scene.wave(house)
    with pytest.raises(MobilisationIsOver):
        await scene.stop(house, at.officer, key)
    with pytest.raises(NobodyToCallFor):
        await scene.start(house, at)


async def test_five_officers_start_one_mobilisation(house: House) -> None:
    at = await scene.flood(house)
    started = await asyncio.gather(*(scene.start(house, at) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, ShiftIsMobilisedAlready) for one in started) == 4
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Mobilisation)) == 1


async def test_progress_is_for_organisers_and_a_call_for_the_called(house: House) -> None:
    at = await scene.flood(house)
    one, other = await people.volunteer(house), await people.volunteer(house, "外人", invitable=False)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    for viewer in (STRANGER, one, other):
        with pytest.raises(NotFound):
            await scene.seen(house, viewer, mobilisation_id)
    async with house.database.reading() as session:
        mine = await mobilisation_queries.call(session, one, call.id)
        assert (mine.state, mine.reason, mine.kind) == (
            CallState.LIVE,
            "暴雨红色预警",
            MobilisationKind.EMERGENCY,
        )
        assert [row.id for row in await mobilisation_queries.my_calls(session, one)] == [call.id]
        for viewer in (other, at.officer):
            with pytest.raises(NotFound):
                await mobilisation_queries.call(session, viewer, call.id)
        with pytest.raises(SignInNeeded):
            await mobilisation_queries.call(session, STRANGER, call.id)
    with pytest.raises(NotFound):
        await scene.answer(house, other, call.id)
    with pytest.raises(SignInNeeded):
        await scene.answer(house, STRANGER, call.id)


async def test_calls_are_in_the_export_and_erasure_ends_them(house: House) -> None:
    at = await scene.flood(house)
    (one,) = await scene.neighbours(house, 1)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    async with house.database.unit_of_work() as session:
        (exported,) = (await mobilisation_own_data.collect(session, one.signed_in()))["calls"]
        assert (exported["title"], exported["accepted"]) == ("防汛值守", None)
        await mobilisation_own_data.erase(session, one.signed_in())
    call = await scene.call_of(house, one, mobilisation_id)
    assert call.ended_at is not None and call.metres is None


async def test_lists_take_a_constant_number_of_statements(house: House, clock: FixedClock) -> None:
    at = await scene.flood(house, capacity=9)
    await scene.neighbours(house, 6)
    mobilisation_id = await scene.start(house, at, wave_size=2)
    counts = []
    for _ in range(2):
        await scene.wave(house, clock)
        with counting(house) as statements:
            await scene.seen(house, at.officer, mobilisation_id)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 3


async def test_the_errand_is_on_the_clock(house: House) -> None:
    assert "staffing.send_waves" in house.registry.tasks
    assert mobilisations.RULE == "staffing.emergency"
