"""Needs are read in pages by few statements, each visitor seeing what is for them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, SignInNeeded
from marketplace.kernel.pagination import CursorIsInvalid, PageRequest
from marketplace.volunteering import queries
from marketplace.volunteering.models import NeedQualification, NeedTag
from marketplace.volunteering.queries import NeedFilters
from marketplace.volunteering.states import NeedState, ShiftState
from tests import builders, city
from tests.statements import counting

DAY = timedelta(days=1)


async def test_a_page_of_fifty_needs_with_their_organisations_takes_at_most_four_statements(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(51):
            organisation_id = await builders.organisation(session, f"服务社{number}")
            need_id = await builders.need(session, organisation_id=organisation_id)
            session.add(NeedTag(need_id=need_id, tag_code="older_people"))
            for days in (2, 1, 3):
                await builders.shift(session, need_id, starts_in=days * DAY)
    async with house.database.reading() as session:
        with counting(house) as sent:
            page = await queries.page(session, STRANGER, NeedFilters(), PageRequest(50))
            told = [
                (row.organisation.name, row.area.name, row.category.name_zh, row.tags[0].code, row.next_shift)
                for row in page.rows
                if row.organisation
            ]
    assert len(told) == 50
    assert page.has_next
    assert all(shift is not None and shift.starts_at == city.NOW + DAY for *_, shift in told)
    assert len(sent) <= 4


async def test_pages_follow_each_other_without_gap_or_repeat(house: House, clock: FixedClock) -> None:
    newest_first: list[UUID] = []
    for _ in range(5):
        async with house.database.unit_of_work() as session:
            together = [await builders.need(session), await builders.need(session)]
        newest_first = [*sorted(together, reverse=True), *newest_first]
        clock.advance(timedelta(minutes=1))
    read: list[UUID] = []
    after = None
    async with house.database.reading() as session:
        while True:
            page = await queries.page(session, STRANGER, NeedFilters(), PageRequest(3, after))
            read += [row.id for row in page.rows]
            after = page.end_cursor
            if not page.has_next:
                break
        with pytest.raises(CursorIsInvalid):
            await queries.page(session, STRANGER, NeedFilters(), PageRequest(3, "nonsense"))
    assert read == newest_first


async def test_three_visitors_see_what_is_for_them(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        public = await builders.need(session)
        raised = await builders.need(session, published=False, raised_by=resident.person_id)
        declined = await builders.need(
            session, published=False, raised_by=resident.person_id, declined_at=session.now()
        )
        outsider = await builders.viewer(session, "外人")
        worker = await builders.viewer(session, "社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        far = await builders.viewer(session, "社工", Role.COMMUNITY_WORKER, city.TIANPING_COMMUNITY)
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CHANGNING)
    everything = {public, raised, declined}
    async with house.database.reading() as session:
        for viewer, seen in (
            (STRANGER, {public}),
            (outsider, {public}),
            (far, {public}),
            (resident, everything),
            (worker, everything),
            (auditor, everything),
        ):
            assert set(await queries.needs_by_ids(session, viewer, everything)) == seen
        with pytest.raises(NotFound):
            await queries.need(session, outsider, raised)
        assert (await queries.need(session, worker, raised)).raised_by_name == "林小满"
        assert (await queries.need(session, resident, raised)).raised_by_name is None


async def test_shifts_are_hidden_with_their_need(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shown = await builders.shift(session, await builders.need(session))
        hidden_need = await builders.need(session, published=False)
        hidden = await builders.shift(session, hidden_need)
    async with house.database.reading() as session:
        assert set(await queries.shifts_by_ids(session, STRANGER, [shown, hidden])) == {shown}
        assert (await queries.shifts_of(session, STRANGER, hidden_need, PageRequest())).rows == []
        assert await queries.coming_shifts_by_needs(session, STRANGER, [hidden_need]) == {}


async def test_the_next_shift_with_places_comes_before_a_full_one(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        await builders.shift(session, need_id, starts_in=-DAY)
        await builders.shift(session, need_id, starts_in=DAY, capacity=1, places_taken=1)
        await builders.shift(session, need_id, starts_in=DAY, cancelled_at=session.now())
        free = await builders.shift(session, need_id, starts_in=2 * DAY, capacity=3, places_taken=1)
    async with house.database.reading() as session:
        row = (await queries.needs_by_ids(session, STRANGER, [need_id]))[need_id]
    assert row.next_shift is not None
    assert (row.next_shift.id, row.next_shift.places_left, row.next_shift.minutes) == (free, 2, 120)


async def test_shifts_are_read_soonest_first_and_past_ones_latest_first(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        for days in (3, 1, -1, 2, -3):
            await builders.shift(session, need_id, starts_in=days * DAY)
    async with house.database.reading() as session:
        first = await queries.shifts_of(session, STRANGER, need_id, PageRequest(2))
        rest = await queries.shifts_of(session, STRANGER, need_id, PageRequest(2, first.end_cursor))
        past = await queries.past_shifts_of(session, STRANGER, need_id, PageRequest(1))
        older = await queries.past_shifts_of(session, STRANGER, need_id, PageRequest(1, past.end_cursor))
    assert [(row.starts_at - city.NOW).days for row in (*first.rows, *rest.rows)] == [1, 2, 3]
    assert [(row.starts_at - city.NOW).days for row in (*past.rows, *older.rows)] == [-1, -3]
    assert past.rows[0].state is ShiftState.ENDED


Filter = Callable[[UUID], NeedFilters]


@pytest.mark.parametrize(
    ("fits", "fails"),
    [
        (NeedFilters(text="就医"), NeedFilters(text="100%")),
        (NeedFilters(category="elderly_care"), NeedFilters(category="environment")),
        (NeedFilters(area_code=city.CHANGNING), NeedFilters(area_code=city.XUHUI)),
        (NeedFilters(starts_from=city.NOW + DAY), NeedFilters(starts_from=city.NOW + 3 * DAY)),
        (NeedFilters(starts_before=city.NOW + 3 * DAY), NeedFilters(starts_before=city.NOW + DAY)),
        (NeedFilters(has_places=True), NeedFilters(states=(NeedState.CLOSED,))),
    ],
)
async def test_filters_narrow_the_list(house: House, fits: NeedFilters, fails: NeedFilters) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, category_code="medical_company")
        await builders.shift(session, need_id)
    async with house.database.reading() as session:
        assert [row.id for row in (await queries.page(session, STRANGER, fits, PageRequest())).rows] == [
            need_id
        ]
        assert (await queries.page(session, STRANGER, fails, PageRequest())).rows == []


async def test_organisers_and_residents_find_their_own(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        member = await builders.viewer(session, "成员", Role.ORGANISATION_MEMBER, organisation_id)
        theirs = await builders.need(
            session, organisation_id=organisation_id, area_code=city.TIANPING_COMMUNITY
        )
        resident = await builders.viewer(session)
        raised = await builders.need(session, published=False, raised_by=resident.person_id)
        worker = await builders.viewer(session, "社工", Role.COMMUNITY_WORKER, city.CHANGNING)
    waiting = NeedFilters(states=(NeedState.RAISED,))
    async with house.database.reading() as session:
        page = await queries.managed(session, member, NeedFilters(), PageRequest())
        assert [row.id for row in page.rows] == [theirs]
        page = await queries.managed(session, worker, waiting, PageRequest())
        assert [row.id for row in page.rows] == [raised]
        assert (await queries.managed(session, resident, waiting, PageRequest())).rows == []
        page = await queries.raised_by_viewer(session, resident, PageRequest())
        assert [row.id for row in page.rows] == [raised]
        with pytest.raises(SignInNeeded):
            await queries.raised_by_viewer(session, STRANGER, PageRequest())


async def test_what_a_need_asks_is_told_with_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        session.add(NeedQualification(need_id=need_id, qualification_code="first_aid"))
    async with house.database.reading() as session:
        details = await queries.need(session, STRANGER, need_id)
        assert [held.code for held in details.qualifications] == ["first_aid"]
        assert not details.is_managed
