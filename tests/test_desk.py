"""The desk: every count is what the list behind it holds for this viewer to decide, and nobody sees a task that is not theirs."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace import desk, jobs
from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.delivery.deliveries import queries as delivery_queries
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.ratings import held_queries
from marketplace.delivery.ratings.models import RatingComplaint, RatingHold
from marketplace.delivery.signals import queries as whistles
from marketplace.desk import Desk, Task
from marketplace.hours import desk_queries
from marketplace.hours.models import HourEntryApproval, HourEntryRequest, HourReview
from marketplace.identity import governance
from marketplace.identity import queries as people
from marketplace.identity.models import PersonQualification
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import Page, PageRequest
from marketplace.organisations import queries as organisations
from marketplace.volunteering import queries as needs
from marketplace.volunteering.queries import NeedFilters
from marketplace.volunteering.states import NeedState
from tests import builders, city, delivering
from tests.delivery.signals import scene as signals
from tests.outbox.test_dead_jobs import a_dead_job
from tests.statements import counting

AREA_TASKS = [
    Task.APPLICATIONS,
    Task.RAISED_NEEDS,
    Task.REVIEWS,
    Task.HOUR_ENTRIES,
    Task.ORGANISATIONS,
    Task.QUALIFICATIONS,
]
NEED_TASKS = AREA_TASKS[:4]
COMMUNITY_TASKS = [Task.DELIVERIES_TO_DECIDE, Task.WHISTLES]
EVERYTHING = PageRequest(50)


async def somebody(house: House, role: Role | None = None, scope: str | UUID = city.CITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, role=role, scope=scope)


async def desk_of(house: House, viewer: Viewer) -> Desk:
    async with house.database.reading() as session:
        return await desk.of_viewer(session, viewer)


async def apply(session: Session, shift_id: UUID, person_id: UUID) -> UUID:
    return await builders.sign_up(session, shift_id, person_id, confirmed_at=None, applied_at=session.now())


async def one_of_each(session: Session, area_code: str) -> None:
    """A thing of every kind that waits in an area, of somebody who lives there."""
    person_id = await builders.person(session, home_area_code=area_code)
    organiser_id = await builders.person(session, "陈岚")
    need_id = await builders.need(session, area_code=area_code)
    await builders.need(session, "想学用手机", published=False, area_code=area_code)
    await builders.organisation(session, f"社工站{area_code}", verified=False, area_code=area_code)
    coming = await builders.shift(session, need_id)
    await apply(session, coming, person_id)
    ended = await builders.shift(session, need_id, starts_in=timedelta(days=-2))
    await review(session, ended, person_id)
    await entry_request(session, need_id, person_id, requested_by=organiser_id)
    session.add(
        PersonQualification(
            id=new_id(), person_id=person_id, qualification_code="first_aid", stated_at=session.now()
        )
    )
    await session.flush()


async def review(session: Session, shift_id: UUID, person_id: UUID, opened_by: UUID | None = None) -> None:
    sign_up_id = await builders.sign_up(session, shift_id, person_id)
    session.add(
        HourReview(
            id=new_id(),
            sign_up_id=sign_up_id,
            shift_id=shift_id,
            person_id=person_id,
            cause="no_check_out",
            opened_at=session.now(),
            opened_by=opened_by,
        )
    )
    await session.flush()


async def entry_request(session: Session, need_id: UUID, person_id: UUID, *, requested_by: UUID) -> UUID:
    request = HourEntryRequest(
        id=new_id(),
        person_id=person_id,
        need_id=need_id,
        minutes=60,
        served_on=date(2026, 11, 20),
        reason="纸质签到表",
        requested_at=session.now(),
        requested_by=requested_by,
        approvals_needed=2,
    )
    session.add(request)
    await session.flush()
    return request.id


@pytest.mark.parametrize(
    ("role", "scope", "tasks"),
    [
        (None, city.CITY, []),
        (Role.AUDITOR, city.CITY, [Task.HELD_RATINGS]),
        (Role.MODERATOR, city.CHANGNING, [Task.REPORTED_RATINGS]),
        (Role.MODERATOR, city.CITY, [Task.TAGS, Task.REPORTED_RATINGS]),
        (Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, NEED_TASKS + COMMUNITY_TASKS),
        (Role.DISTRICT_OFFICER, city.CHANGNING, AREA_TASKS + COMMUNITY_TASKS),
        (Role.PROCUREMENT_OFFICER, city.CHANGNING, [Task.WHISTLES]),
        (Role.PROCUREMENT_SUPERVISOR, city.CHANGNING, []),
        (Role.ADMINISTRATOR, city.CHANGNING, AREA_TASKS),
        (Role.ADMINISTRATOR, city.CITY, [*AREA_TASKS, Task.TAGS, Task.DEAD_JOBS]),
    ],
)
async def test_each_role_has_its_tasks(
    house: House, role: Role | None, scope: str, tasks: list[Task]
) -> None:
    found = await desk_of(house, await somebody(house, role, scope))
    assert list(found.waiting) == tasks and not any(found.waiting.values())
    assert found.is_empty == (not tasks)


async def test_people_of_an_organisation_have_the_tasks_of_needs(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        member = await builders.viewer(session, role=Role.ORGANISATION_MEMBER, scope=organisation_id)
    assert list((await desk_of(house, member)).waiting) == [*NEED_TASKS, Task.DELIVERIES_TO_ANSWER]


async def test_a_stranger_has_no_desk(house: House) -> None:
    with pytest.raises(SignInNeeded):
        await desk_of(house, STRANGER)


async def test_an_officer_counts_what_lies_in_their_own_area(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await one_of_each(session, city.JIANGSU_COMMUNITY)
        await one_of_each(session, city.TIANPING_COMMUNITY)
    changning = await desk_of(house, await somebody(house, Role.DISTRICT_OFFICER, city.CHANGNING))
    assert {changning.waiting[task] for task in AREA_TASKS} == {1}
    whole = await desk_of(house, await somebody(house, Role.ADMINISTRATOR))
    assert [whole.waiting[task] for task in AREA_TASKS] == [2] * 6
    huayang = await desk_of(house, await somebody(house, Role.COMMUNITY_WORKER, city.HUAYANG_COMMUNITY))
    assert not any(huayang.waiting.values()) and not huayang.shifts and not huayang.applied_for


async def test_every_count_agrees_with_its_list(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await one_of_each(session, city.JIANGSU_COMMUNITY)
        await one_of_each(session, city.TIANPING_COMMUNITY)
        session.add(tag("topic_a", proposed_by=await builders.person(session)))
    await a_dead_job(house, new_id())
    viewer = await somebody(house, Role.ADMINISTRATOR)
    counted = (await desk_of(house, viewer)).waiting
    raised = NeedFilters(states=(NeedState.RAISED,))
    async with house.database.reading() as session:
        lists: dict[Task, Page[Any]] = {
            Task.RAISED_NEEDS: await needs.managed(session, viewer, raised, EVERYTHING),
            Task.REVIEWS: await desk_queries.open_reviews(session, viewer, EVERYTHING),
            Task.HOUR_ENTRIES: await desk_queries.waiting_requests(session, viewer, EVERYTHING),
            Task.ORGANISATIONS: await organisations.waiting(session, viewer, EVERYTHING),
            Task.QUALIFICATIONS: await people.qualifications_to_verify(session, viewer, EVERYTHING),
            Task.TAGS: await governance.proposed_tags(session, viewer, EVERYTHING),
            Task.DEAD_JOBS: await jobs.dead(session, viewer, EVERYTHING),
        }
    assert {task: counted[task] for task in lists} == {task: len(page.rows) for task, page in lists.items()}
    assert all(counted.values())


def tag(code: str, proposed_by: UUID) -> Tag:
    return Tag(
        code=code, kind="topic", name_zh=code, name_en=code, proposed_by=proposed_by, proposed_at=city.NOW
    )


async def test_what_waits_around_deliveries_agrees_with_its_lists(house: House) -> None:
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        property_contract_id, manager = await delivering.property_contract(session, compound_id)
        facts: dict[str, Any] = {"contract_id": None, "property_contract_id": property_contract_id}
        organisation_id = manager.organisations_of(Role.ORGANISATION_MANAGER)[0]
        for disputed_at in (None, session.now(), session.now()):
            await delivering.delivery(
                session, organisation_id=organisation_id, disputed_at=disputed_at, **facts
            )
        by = manager.signed_in()
        await delivering.delivery(session, organisation_id=organisation_id, planned_by=by, **facts)
        under = await delivering.contract(session)
        await delivering.delivery(session, under)  # the buyer decides
        ratings = await delivering.rated(
            session, under, [1, 5], period_id=await delivering.period(session, closed=True)
        )
        reporter = await builders.person(session)
        for rating_id in ratings:
            for cause in ("burst", "same_source"):
                session.add(
                    RatingHold(
                        id=new_id(), rating_id=rating_id, cause=cause, evidence={}, held_at=session.now()
                    )
                )
            session.add(
                RatingComplaint(
                    id=new_id(),
                    rating_id=rating_id,
                    what="words",
                    text="骂人",
                    complained_at=session.now(),
                    complained_by=reporter,
                )
            )
    await signals.slipping(house)
    (whistle, *_) = await signals.watch(house)
    worker = await somebody(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    officer = await somebody(house, Role.PROCUREMENT_OFFICER, city.CHANGNING)
    auditor, moderator = await somebody(house, Role.AUDITOR), await somebody(house, Role.MODERATOR)
    assert (await desk_of(house, worker)).waiting[
        Task.DELIVERIES_TO_DECIDE
    ] == 3  # a round only when owners dispute it
    assert (await desk_of(house, manager)).waiting[Task.DELIVERIES_TO_ANSWER] == 2
    assert (await desk_of(house, officer)).waiting[Task.WHISTLES] == 1
    assert (await desk_of(house, worker)).waiting[Task.WHISTLES] == 0
    assert (await desk_of(house, auditor)).waiting[Task.HELD_RATINGS] == 2
    assert (await desk_of(house, moderator)).waiting[Task.REPORTED_RATINGS] == 2
    async with house.database.reading() as session:
        counts = await delivery_queries.community_counts(session, worker)
        own = await delivery_queries.provider_counts(session, manager)
        listed = await whistles.page(session, officer, EVERYTHING)
        assert (counts[Shelf.TO_DECIDE], own[Shelf.TO_ANSWER]) == (3, 2)
        assert [row.id for row in listed.rows] == [whistle.id]
        assert await held_queries.waiting(session, auditor) == 2


async def test_what_is_ones_own_waits_for_a_colleague(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await builders.viewer(session, role=Role.ADMINISTRATOR)
        own = officer.signed_in()
        volunteer = await builders.person(session)
        need_id = await builders.need(session)
        await apply(session, await builders.shift(session, need_id), own)
        ended = await builders.shift(session, need_id, starts_in=timedelta(days=-2))
        await review(session, ended, own)
        await review(session, ended, volunteer, opened_by=own)
        await entry_request(session, need_id, own, requested_by=volunteer)
        await entry_request(session, need_id, volunteer, requested_by=own)
        approved = await entry_request(
            session, need_id, volunteer, requested_by=await builders.person(session)
        )
        session.add(HourEntryApproval(request_id=approved, approver_id=own, approved_at=session.now()))
        session.add(tag("topic_a", proposed_by=own))
    found = await desk_of(house, officer)
    assert not any(found.waiting.values()) and not found.applied_for
    waiting = (await desk_of(house, await somebody(house, Role.ADMINISTRATOR))).waiting
    colleagues = (Task.APPLICATIONS, Task.REVIEWS, Task.HOUR_ENTRIES, Task.TAGS)
    assert [waiting[task] for task in colleagues] == [1, 2, 3, 1]


async def test_only_an_application_counts_as_one(house: House) -> None:
    """Whoever waits, was offered a place, is confirmed, or has withdrawn asks nothing of the organiser."""
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session), capacity=9)
        now = session.now()
        facts: list[dict[str, Any]] = [
            {"confirmed_at": now},
            {"confirmed_at": None, "waiting_number": 1},
            {
                "confirmed_at": None,
                "waiting_number": 2,
                "offered_at": now,
                "offer_expires_at": now + timedelta(hours=1),
            },
            {"confirmed_at": None, "applied_at": now, "withdrawn_at": now},
            {"confirmed_at": None, "applied_at": now, "declined_at": now},
            {"confirmed_at": None, "applied_at": now},
        ]
        for fact in facts:
            await builders.sign_up(session, shift_id, await builders.person(session), **fact)
    found = await desk_of(house, await somebody(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY))
    assert found.waiting[Task.APPLICATIONS] == 1
    assert [shift.applications for shift in found.shifts] == [1]
    assert found.shifts == found.applied_for


async def test_shifts_come_soonest_first_without_ended_and_cancelled_ones(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        later = await builders.shift(session, need_id, starts_in=timedelta(days=3))
        running = await builders.shift(session, need_id, starts_in=timedelta(hours=-1))
        await builders.shift(session, need_id, starts_in=timedelta(hours=-3))
        await builders.shift(session, need_id, cancelled_at=session.now())
        elsewhere = await builders.need(session, area_code=city.TIANPING_COMMUNITY)
        await builders.shift(session, elsewhere)
    found = await desk_of(house, await somebody(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY))
    assert [shift.id for shift in found.shifts] == [running, later]


async def test_an_application_far_ahead_is_not_lost_behind_nearer_shifts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        for day in range(desk.MOST_SHIFTS + 1):
            await builders.shift(session, need_id, starts_in=timedelta(days=1 + day))
        far = await builders.shift(session, need_id, starts_in=timedelta(days=90))
        await apply(session, far, await builders.person(session))
    found = await desk_of(house, await somebody(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY))
    assert len(found.shifts) == desk.MOST_SHIFTS and far not in {shift.id for shift in found.shifts}
    assert [shift.id for shift in found.applied_for] == [far]


async def test_a_full_desk_costs_three_statements(house: House) -> None:
    viewer = await somebody(house, Role.ADMINISTRATOR)
    async with house.database.unit_of_work() as session:
        for area_code in (city.JIANGSU_COMMUNITY, city.HUAYANG_COMMUNITY, city.TIANPING_COMMUNITY):
            await one_of_each(session, area_code)
    with counting(house) as sent:
        await desk_of(house, viewer)
    assert len(sent) == 3
