"""Needs, hours, roles, qualifications and organisations: each change is told to the few whom it concerns."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.hours.events import HourEntryRefused, HourEntryRequested, HoursRecorded, ReviewOpened
from marketplace.hours.models import HourEntryRequest, HourReview, LedgerEntry
from marketplace.identity import roles
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.events import QualificationDecided
from marketplace.identity.models import PersonQualification
from marketplace.identity.viewer import HeldRole, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import EN, ZH
from marketplace.notices import calendars, preferences
from marketplace.notices.drafts import QuietHoursDraft, WishesDraft
from marketplace.notices.kinds import Kind
from marketplace.notices.models import CalendarFeed, Notice, NoticeDelivery, NoticePreference, QuietHours
from marketplace.notices.telling import News, tell
from marketplace.organisations.events import (
    OrganisationChanged,
    OrganisationRefused,
    OrganisationSubmitted,
    OrganisationVerified,
)
from marketplace.organisations.models import Organisation
from marketplace.outbox.events import Event
from marketplace.outbox.publish import publish
from marketplace.volunteering import needs
from marketplace.volunteering.drafts import RaisedNeedDraft, ReasonDraft
from tests import builders, city
from tests.hours import scene as hours_scene
from tests.notices import scene


async def _publish(house: House, *rows: Any, events: tuple[Event, ...]) -> None:
    async with house.database.unit_of_work() as session:
        session.add_all(rows)
        await session.flush()
        await publish(session, *events)


async def _worker(house: House, scope: str, name: str = "周组织") -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, Role.COMMUNITY_WORKER, scope)


async def _raise_need(house: House, by: Viewer) -> UUID:
    draft = RaisedNeedDraft(
        title="楼道灯坏了要有人陪修",
        description="三号楼的楼道灯坏了，老人晚上不敢下楼。",
        category="elderly_care",
        area_code=city.JIANGSU_COMMUNITY,
        place="三号楼",
    )
    async with house.database.unit_of_work() as session:
        return await needs.raise_need(session, by, draft)


async def test_a_raised_need_is_told_to_the_nearest_worker_only(house: House) -> None:
    resident = await scene.reader(house)
    near = await _worker(house, city.JIANGSU_COMMUNITY)
    above = await _worker(house, city.JIANGSU_ROAD)
    elsewhere = await _worker(house, city.HUAYANG_COMMUNITY)
    need_id = await _raise_need(house, resident)
    (notice,) = await scene.inbox(house, near)
    assert (notice.kind, notice.link) == ("need_raised", f"/needs/{need_id}")
    assert [await scene.kinds(house, other) for other in (above, elsewhere, resident)] == [[], [], []]


async def test_where_a_community_has_no_worker_the_floor_above_is_told(house: House) -> None:
    resident = await scene.reader(house)
    above = await _worker(house, city.JIANGSU_ROAD)
    await _raise_need(house, resident)
    assert await scene.kinds(house, above) == ["need_raised"]


async def test_a_crowd_of_workers_is_not_told_all_at_once(house: House) -> None:
    resident = await scene.reader(house)
    workers = [await _worker(house, city.JIANGSU_COMMUNITY, f"社工{number}") for number in range(25)]
    await _raise_need(house, resident)
    told = [worker for worker in workers if await scene.kinds(house, worker)]
    assert len(told) == 20


async def test_who_raised_a_need_learns_what_became_of_it(house: House) -> None:
    resident, worker = await scene.reader(house), await _worker(house, city.JIANGSU_COMMUNITY)
    need_id = await _raise_need(house, resident)
    async with house.database.unit_of_work() as session:
        await needs.decline(session, worker, need_id, ReasonDraft(reason="物业已经修好"))
    (notice,) = await scene.inbox(house, resident)
    assert notice.kind == "need_declined"
    assert notice.in_words(EN).lines[1] == "The reason given: 物业已经修好"


async def test_recorded_hours_are_told_to_the_minute(house: House, clock: FixedClock) -> None:
    at = await hours_scene.build(house, clock)
    await at.come()
    await at.leave(timedelta(hours=1, minutes=40))
    notice = (await scene.inbox(house, at.volunteer))[0]
    assert notice.kind == "hours_recorded"
    assert notice.in_words(EN).title == "1 h 40 min recorded: 陪老人就医"


async def test_a_forgotten_check_out_is_told_to_both_sides(house: House, clock: FixedClock) -> None:
    at = await hours_scene.build(house, clock)
    await at.come()
    at.at(timedelta(days=1))
    await at.close_forgotten()
    assert "hours_in_review" in await scene.kinds(house, at.volunteer)
    assert "review_opened" in await scene.kinds(house, at.organiser)
    await at.decide(0)
    newest = (await scene.inbox(house, at.volunteer))[0]
    assert newest.kind == "hours_not_counted"
    assert newest.in_words(ZH).lines[1] == "说明：现场多人证明"


async def test_a_reversal_is_told_with_its_reason(house: House) -> None:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
    common: dict[str, Any] = {
        "person_id": reader.signed_in(),
        "need_id": need_id,
        "grade": "A",
        "served_on": date(2026, 11, 20),
        "local_year": 2026,
        "entered_at": house.clock.now(),
    }
    first = LedgerEntry(id=new_id(), minutes=760, source="attendance", source_id=new_id(), **common)
    back = LedgerEntry(
        id=new_id(),
        minutes=-760,
        source="reversal",
        source_id=first.id,
        reverses_id=first.id,
        reason="日期有误",
        **common,
    )
    await _publish(house, first, events=(HoursRecorded(reader.signed_in(), first.id),))
    await _publish(house, back, events=(HoursRecorded(reader.signed_in(), back.id),))
    reversed_, recorded = await scene.inbox(house, reader)
    assert recorded.in_words(EN).title == "12 h 40 min recorded: 陪老人就医"
    assert reversed_.in_words(EN).title == "12 h 40 min taken back: 陪老人就医"
    assert reversed_.in_words(EN).lines[1] == "The reason given: 日期有误"


async def test_hours_by_hand_are_told_to_who_may_approve_and_a_refusal_to_who_asked(
    house: House, clock: FixedClock
) -> None:
    at = await hours_scene.build(house, clock)
    request = HourEntryRequest(
        id=new_id(),
        person_id=at.volunteer.signed_in(),
        need_id=at.need_id,
        minutes=60,
        served_on=date(2026, 11, 20),
        reason="补登",
        requested_at=clock.now(),
        requested_by=at.organiser.signed_in(),
        approvals_needed=2,
    )
    await _publish(house, request, events=(HourEntryRequested(request.id),))
    assert "hours_requested" in await scene.kinds(house, at.colleague)
    assert "hours_requested" not in await scene.kinds(house, at.organiser)
    async with house.database.unit_of_work() as session:
        row = await session.get_one(HourEntryRequest, request.id)
        row.refused_at, row.refused_by = clock.now(), at.colleague.signed_in()
        row.refusal_reason = "没有签名"
        await publish(session, HourEntryRefused(request.id))
    assert (await scene.inbox(house, at.organiser))[0].in_words(EN).lines[1].endswith("没有签名")


async def test_a_decided_review_is_not_announced_late(house: House, clock: FixedClock) -> None:
    at = await hours_scene.build(house, clock)
    review = HourReview(
        id=new_id(),
        sign_up_id=at.sign_up_id,
        shift_id=at.shift_id,
        person_id=at.volunteer.signed_in(),
        cause="no_check_in",
        opened_at=clock.now(),
        decided_at=clock.now(),
        minutes=0,
    )
    await _publish(house, review, events=(ReviewOpened(review.id),))
    assert "review_opened" not in await scene.kinds(house, at.organiser)


async def test_a_role_is_told_with_its_reach(house: House) -> None:
    reader = await scene.reader(house)
    giver = await _worker(house, city.JIANGSU_COMMUNITY)
    async with house.database.unit_of_work() as session:
        held = HeldRole(Role.DISTRICT_OFFICER, area_code=city.CHANGNING)
        await roles.give(session, reader.signed_in(), held, granted_by=giver.signed_in())
    (notice,) = await scene.inbox(house, reader)
    assert notice.kind == "role_granted"
    assert notice.in_words(EN).lines == ("It holds in Changning District.",)
    assert notice.in_words(ZH).lines == ("范围：长宁区。",)


async def test_what_somebody_did_themselves_is_not_told(house: House) -> None:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        held = HeldRole(Role.ORGANISATION_MANAGER, organisation_id=organisation_id)
        await roles.give(session, reader.signed_in(), held, granted_by=reader.signed_in())
    assert await scene.kinds(house, reader) == []


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"verified_at": city.NOW}, "qualification_verified"),
        ({"refused_at": city.NOW, "refusal_reason": "照片不清"}, "qualification_refused"),
    ],
)
async def test_a_decided_qualification_is_told(house: House, facts: dict[str, Any], kind: str) -> None:
    reader = await scene.reader(house)
    row = PersonQualification(
        id=new_id(),
        person_id=reader.signed_in(),
        qualification_code="first_aid",
        stated_at=house.clock.now(),
        **facts,
    )
    await _publish(house, row, events=(QualificationDecided(reader.signed_in(), row.id),))
    assert await scene.kinds(house, reader) == [kind]


async def test_an_organisation_on_its_way_is_told_to_officers_and_managers(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, verified=False)
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
        manager = await builders.viewer(session, "经理", Role.ORGANISATION_MANAGER, organisation_id)
        other = await builders.viewer(session, "外人", Role.DISTRICT_OFFICER, city.XUHUI)
        await publish(session, OrganisationSubmitted(organisation_id))
    assert await scene.kinds(house, officer) == ["organisation_submitted"]
    steps: list[tuple[dict[str, Any], Event]] = [
        ({"refused_at": city.NOW, "refusal_reason": "缺章程"}, OrganisationRefused(organisation_id)),
        ({"refused_at": None, "verified_at": city.NOW}, OrganisationVerified(organisation_id)),
        ({"suspended_at": city.NOW}, OrganisationChanged(organisation_id)),
        ({"about": "改了简介"}, OrganisationChanged(organisation_id)),
    ]
    for facts, event in steps:
        async with house.database.unit_of_work() as session:
            row = await session.get_one(Organisation, organisation_id)
            for name, value in facts.items():
                setattr(row, name, value)
            await publish(session, event)
        await scene.inbox(house, manager)
    expected = ["organisation_refused", "organisation_suspended", "organisation_verified"]
    assert await scene.kinds(house, manager) == expected
    assert await scene.kinds(house, other) == []


async def test_nothing_is_kept_of_a_person_who_is_erased(house: House) -> None:
    reader, other = await scene.reader(house), await scene.reader(house, "王阿姨", email="w@example.org")
    news = News(Kind.NEED_PUBLISHED, "test:1", {"need": "陪诊"})
    async with house.database.unit_of_work() as session:
        for viewer in (reader, other):
            await tell(session, [viewer.signed_in()], news)
            await preferences.choose(session, viewer, WishesDraft(email=list(Kind)))
            draft = QuietHoursDraft(quiet_from="22:00", quiet_to="07:00")
            await preferences.set_quiet_hours(session, viewer, draft)
            await calendars.make_address(session, viewer)
        exported = (await house.personal_data.export(session, reader))["notices"]
    assert exported["notices"][0]["facts"] == {"need": "陪诊"}
    assert exported["quiet_minutes"] == [1320, 420]
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, reader, ErasureDraft(confirmed=True))
    assert await scene.inbox(house, other)
    async with house.database.unit_of_work() as session:
        assert await tell(session, [reader.signed_in()], news) == 0
        for table in (Notice, NoticePreference, QuietHours, CalendarFeed):
            people = set(await session.scalars(select(table.person_id)))
            assert people == {other.signed_in()}, table
        assert await session.scalar(select(func.count()).select_from(NoticeDelivery)) == 1
