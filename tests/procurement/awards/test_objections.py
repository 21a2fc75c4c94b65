"""Objections and complaints: in time by the calendar of working days, by whom the law lets, answered, decided, and a process at rest."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import SHANGHAI, FixedClock
from marketplace.kernel.errors import MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.procurement import records
from marketplace.procurement.awards import complaints, objection_queries, objections, suspensions
from marketplace.procurement.awards.drafts import (
    About,
    AnswerDraft,
    ComplaintDraft,
    DecisionDraft,
    Remedy,
    SuspensionDraft,
)
from marketplace.procurement.awards.errors import (
    ComplaintIsThereAlready,
    ComplaintIsTooLate,
    NothingToObjectToYet,
    ObjectionIsBeforeTheSupervisor,
    ObjectionIsSettled,
    ObjectionIsTooLate,
    ObjectionWaitsAlready,
    ObjectionWaitsForItsAnswer,
    OnlyBiddersObjectToThis,
    SuspensionIsOver,
    SuspensionIsTooLong,
)
from marketplace.procurement.awards.models import Objection, Suspension
from marketplace.procurement.awards.states import ObjectionState
from marketplace.procurement.errors import TenderIsOver, TenderIsSuspended
from marketplace.procurement.tenders.models import Tender, TenderVersion
from marketplace.procurement.tenders.running import must_run
from tests.procurement.awards import scene as scenes
from tests.procurement.awards.scene import Scene

BEFORE_THE_HOLIDAY = date(2026, 9, 29)
"""A Tuesday. Wednesday is worked; 1 to 7 October are not; Saturday 10 October is; Sunday 20 September was."""


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


async def _row(house: House, objection_id: object) -> Objection:
    async with house.database.reading() as session:
        return await session.get_one(Objection, objection_id)


async def test_working_days_skip_the_holiday_and_count_the_weekend_worked_for_it(
    house: House, clock: FixedClock
) -> None:
    scenes.at(clock, BEFORE_THE_HOLIDAY)
    scene = await scenes.tender(house)
    first = await scenes.object_to(house, scene)
    # 30 September, 8, 9, Saturday 10, 12, 13 and 14 October: seven days after the 29th.
    assert (await _row(house, first)).due_at == _midnight(date(2026, 10, 15))
    other, outsider = scene.suppliers[1], scene.outsider
    scenes.at(clock, date(2026, 10, 14), 23, 59)
    await scenes.object_to(house, scene, who=other)
    scenes.at(clock, date(2026, 10, 15), 0, 0)
    with pytest.raises(ObjectionIsTooLate) as refused:
        await scenes.object_to(house, scene, who=outsider)
    assert "第五十二" in str(refused.value.article)
    assert refused.value.facts["until"] == _midnight(date(2026, 10, 15))


async def test_an_amendment_opens_the_time_to_object_anew(house: House, clock: FixedClock) -> None:
    scene = await scenes.tender(house)
    clock.advance(timedelta(days=20))
    with pytest.raises(ObjectionIsTooLate):
        await scenes.object_to(house, scene)
    async with house.database.unit_of_work() as session:
        session.add(
            TenderVersion(
                tender_id=scene.tender.id,
                number=2,
                content=scene.tender.file.plain(),
                content_hash=scene.tender.file.hash,
                voids_bids=False,
                published_at=session.now(),
                published_by=scene.officer.signed_in(),
            )
        )
    assert await scenes.object_to(house, scene)


async def test_only_who_bid_objects_to_the_process_and_nobody_learns_before_the_opening_who_that_is(
    house: House, clock: FixedClock
) -> None:
    sealed = await scenes.tender(house)
    for who in (sealed.suppliers[0], sealed.outsider):
        with pytest.raises(NothingToObjectToYet):
            await scenes.object_to(house, sealed, About.PROCESS, who=who)
    scene = await scenes.tender(house, opened=True)
    with pytest.raises(OnlyBiddersObjectToThis) as refused:
        await scenes.object_to(house, scene, About.PROCESS, who=scene.outsider)
    assert refused.value.article
    assert await scenes.object_to(house, scene, About.PROCESS)
    assert await scenes.object_to(house, scene, About.FILE, who=scene.outsider)
    with pytest.raises(NothingToObjectToYet):
        await scenes.object_to(house, scene, About.RESULT)


async def test_repeated_it_is_the_same_and_one_waits_at_a_time(house: House) -> None:
    scene = await scenes.tender(house)
    first = await scenes.object_to(house, scene, key="one")
    assert await scenes.object_to(house, scene, key="one") == first
    with pytest.raises(ObjectionWaitsAlready):
        await scenes.object_to(house, scene, key="two")
    both = await asyncio.gather(
        *(scenes.object_to(house, scene, who=scene.suppliers[1], key="same") for _ in range(2))
    )
    assert both[0] == both[1]
    await scenes.answer(house, scene, first)
    assert await scenes.object_to(house, scene, key="three") != first


async def test_strangers_and_outsiders_raise_answer_and_decide_nothing(house: House) -> None:
    scene = await scenes.tender(house)
    organisation_id, manager = scene.suppliers[0]
    _, outsider = await scenes.stranger_and_outsider(house)
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotFound), (scene.officer, NotFound)):
        with pytest.raises(error):
            await scenes.object_to(house, scene, who=(organisation_id, viewer))
    objection_id = await scenes.object_to(house, scene)
    answer = AnswerDraft(answer="不成立")
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotFound), (manager, NotFound)):
        async with house.database.unit_of_work() as session:
            with pytest.raises(error):
                await objections.answer(session, viewer, objection_id, answer)
            with pytest.raises(SignInNeeded if viewer is STRANGER else NotFound):
                await objections.withdraw(session, outsider if viewer is manager else viewer, objection_id)
    await scenes.answer(house, scene, objection_id)
    complaint = ComplaintDraft(text="不满意", wish="重评", idempotency_key="k")
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotFound), (scene.officer, NotFound)):
        async with house.database.unit_of_work() as session:
            with pytest.raises(error):
                await complaints.complain(session, viewer, objection_id, complaint)
    complaint_id = await scenes.complain(house, scene, objection_id)
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotPermitted), (scene.officer, NotPermitted)):
        async with house.database.unit_of_work() as session:
            with pytest.raises(error):
                await complaints.decide(session, viewer, complaint_id, DecisionDraft(answer="不成立"))
            with pytest.raises(error):
                await suspensions.suspend(
                    session, viewer, complaint_id, SuspensionDraft(reason="先停", days=3)
                )


async def test_who_objects_is_for_the_parties_until_a_complaint_is_decided(house: House) -> None:
    scene = await scenes.tender(house)
    manager, (_, outsider) = scene.suppliers[0][1], await scenes.stranger_and_outsider(house)

    async def name(viewer: Viewer, objection_id: object) -> str | None:
        async with house.database.reading() as session:
            row = await objection_queries.objection(session, viewer, objection_id)  # type: ignore[arg-type]
        return row.organisation

    objection_id = await scenes.object_to(house, scene)
    assert await name(manager, objection_id) == await name(scene.supervisor, objection_id) == scenes.NAMES[0]
    assert await name(scene.officer, objection_id) is None, "before the opening nobody learns who might bid"
    for viewer in (STRANGER, outsider, scene.suppliers[1][1]):
        with pytest.raises(NotFound):
            await name(viewer, objection_id)
    await scenes.answer(house, scene, objection_id)
    assert await name(STRANGER, objection_id) is None
    complaint_id = await scenes.complain(house, scene, objection_id)
    with pytest.raises(NotFound):
        await name(STRANGER, complaint_id)
    async with house.database.reading() as session:
        (public,) = await objection_queries.of_tender(session, STRANGER, scene.tender.id)
    assert (public.id, public.complaint_id) == (objection_id, None)
    await scenes.decide(house, scene, complaint_id)
    assert await name(STRANGER, objection_id) == await name(STRANGER, complaint_id) == scenes.NAMES[0]
    async with house.database.reading() as session:
        record = await records.entries(session, scene.tender.id)
    assert [one.action for one in record] == [
        "objection.raised", "objection.answered", "complaint.raised", "complaint.decided",
    ]  # fmt: skip
    assert record[0].actor_id is None and str(scene.suppliers[0][0]) not in str(record[0].facts)


async def test_an_answer_is_given_once_late_if_need_be(house: House, clock: FixedClock) -> None:
    scene = await scenes.tender(house)
    objection_id = await scenes.object_to(house, scene)
    clock.advance(timedelta(days=12))
    async with house.database.reading() as session:
        row = await objection_queries.objection(session, scene.officer, objection_id)
    assert (row.state, row.may_answer) == (ObjectionState.OVERDUE, True)
    for _ in range(2):
        await scenes.answer(house, scene, objection_id, upheld=True)
    with pytest.raises(ObjectionIsSettled):
        await scenes.answer(house, scene, objection_id, text="又想了想")
    async with house.database.unit_of_work() as session:
        with pytest.raises(ObjectionIsSettled):
            await objections.withdraw(session, scene.suppliers[0][1], objection_id)
        row = await objection_queries.objection(session, scene.officer, objection_id)
    assert (row.state, row.is_late) == (ObjectionState.UPHELD, True)


async def test_one_complains_after_the_answer_or_when_its_time_ran_out(
    house: House, clock: FixedClock
) -> None:
    scenes.at(clock, BEFORE_THE_HOLIDAY)
    scene = await scenes.tender(house)
    objection_id = await scenes.object_to(house, scene)
    with pytest.raises(ObjectionWaitsForItsAnswer) as early:
        await scenes.complain(house, scene, objection_id)
    assert "第五十五" in str(early.value.article)
    # The answer was due by the end of 14 October; fifteen working days later is 4 November.
    scenes.at(clock, date(2026, 11, 5), 0, 0)
    with pytest.raises(ComplaintIsTooLate):
        await scenes.complain(house, scene, objection_id)
    scenes.at(clock, date(2026, 11, 4), 23, 59)
    complaint_id = await scenes.complain(house, scene, objection_id, key="c")
    assert await scenes.complain(house, scene, objection_id, key="c") == complaint_id
    with pytest.raises(ComplaintIsThereAlready):
        await scenes.complain(house, scene, objection_id)
    with pytest.raises(ObjectionIsBeforeTheSupervisor):
        await scenes.answer(house, scene, objection_id)
    # Thirty working days after 4 November 2026.
    assert (await _row(house, complaint_id)).due_at == _midnight(date(2026, 12, 17))


async def test_a_process_rests_while_a_complaint_is_decided_and_goes_on_by_itself(
    house: House, clock: FixedClock
) -> None:
    scene = await scenes.tender(house)
    complaint_id = await scenes.complaint(house, scene)

    async def suspend(days: int) -> object:
        async with house.database.unit_of_work() as session:
            draft = SuspensionDraft(reason="投诉事项影响结果", days=days)
            return await suspensions.suspend(session, scene.supervisor, complaint_id, draft)

    with pytest.raises(SuspensionIsTooLong) as refused:
        await suspend(31)
    assert "第五十七" in str(refused.value.article)
    await suspend(20)
    with pytest.raises(TenderIsSuspended):
        await suspend(1)
    assert isinstance(await _refusal(house, scene), TenderIsSuspended)
    clock.advance(timedelta(days=20))
    async with house.database.unit_of_work() as session:
        await suspensions.end_due(session)
    assert await _refusal(house, scene) is None
    with pytest.raises(SuspensionIsTooLong):
        await suspend(11)
    await suspend(10)
    await scenes.decide(house, scene, complaint_id)
    assert await _refusal(house, scene) is None, "the decision ends the rest"
    async with house.database.reading() as session:
        rests = (await session.scalars(select(Suspension).order_by(Suspension.suspended_at))).all()
    assert [rest.lifted_by for rest in rests] == [None, scene.supervisor.signed_in()]


async def test_who_could_not_bid_during_a_rest_can_as_long_afterwards(
    house: House, clock: FixedClock
) -> None:
    scenes.at(clock, date(2026, 11, 23))
    scene = await scenes.tender(house)
    ends_at, enquiries_end_at = scene.tender.file.submissions_end_at, scene.tender.file.enquiries_end_at
    assert ends_at is not None and enquiries_end_at is not None
    complaint_id = await scenes.complaint(house, scene)
    async with house.database.unit_of_work() as session:
        draft = SuspensionDraft(reason="影响结果", days=7)
        await suspensions.suspend(session, scene.supervisor, complaint_id, draft)
    clock.advance(timedelta(days=7))
    async with house.database.unit_of_work() as session:
        await suspensions.end_due(session)
    async with house.database.reading() as session:
        row = await session.get_one(Tender, scene.tender.id)
        version = await session.scalar(select(TenderVersion).where(TenderVersion.number == 2))
    # 23 December and 7 December, both working days, are a week later working days too.
    assert row.submissions_end_at == ends_at + timedelta(days=7)
    assert row.enquiries_end_at == enquiries_end_at + timedelta(days=7)
    assert version is not None and (row.version, version.voids_bids) == (2, False)
    assert version.content_hash == records.content_hash(version.content)


async def test_a_rest_is_lifted_once_and_only_by_the_supervisor(house: House) -> None:
    scene = await scenes.tender(house)
    complaint_id = await scenes.complaint(house, scene)
    async with house.database.unit_of_work() as session:
        draft = SuspensionDraft(reason="先停", days=3)
        await suspensions.suspend(session, scene.supervisor, complaint_id, draft)
    for viewer, error in ((STRANGER, SignInNeeded), (scene.officer, NotPermitted)):
        async with house.database.unit_of_work() as session:
            with pytest.raises(error):
                await suspensions.lift(session, viewer, complaint_id)
    async with house.database.unit_of_work() as session:
        await suspensions.lift(session, scene.supervisor, complaint_id)
    with pytest.raises(SuspensionIsOver):
        async with house.database.unit_of_work() as session:
            await suspensions.lift(session, scene.supervisor, complaint_id)


async def test_a_complaint_that_is_taken_back_lets_the_process_go_on(house: House) -> None:
    scene = await scenes.tender(house)
    complaint_id = await scenes.complaint(house, scene)
    async with house.database.unit_of_work() as session:
        await suspensions.suspend(
            session, scene.supervisor, complaint_id, SuspensionDraft(reason="先停", days=3)
        )
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await complaints.withdraw(session, scene.suppliers[0][1], complaint_id)
    assert await _refusal(house, scene) is None
    with pytest.raises(ObjectionIsSettled):
        await scenes.decide(house, scene, complaint_id)


async def test_an_upheld_complaint_may_end_the_process_and_a_new_one_refers_to_it(house: House) -> None:
    scene = await scenes.tender(house)
    complaint_id = await scenes.complaint(house, scene)
    for _ in range(2):
        await scenes.decide(house, scene, complaint_id, Remedy.RETENDER)
    with pytest.raises(ObjectionIsSettled):
        await scenes.decide(house, scene, complaint_id)
    assert isinstance(await _refusal(house, scene), TenderIsOver)
    async with house.database.reading() as session:
        row = await session.get_one(Tender, scene.tender.id)
    assert row.unsuccessful_reason == "complaint_upheld"


async def _refusal(house: House, scene: Scene) -> MarketplaceError | None:
    """What a command of the process is told."""
    async with house.database.reading() as session:
        try:
            must_run(await session.get_one(Tender, scene.tender.id))
        except MarketplaceError as error:
            return error
    return None
