"""Assignment runs: minimums first, nobody displaced, the same answer again, and nothing that happens before the offers are sent."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.hours.models import LedgerEntry
from marketplace.identity.consents import VERSION, ConsentKind
from marketplace.identity.models import Availability, Consent, Person
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.staffing import gathering, recorded, run_queries, runs
from marketplace.staffing.errors import NothingToStaff
from marketplace.staffing.models import AssignmentRun
from marketplace.staffing.settings import Settings
from marketplace.volunteering.models import SignUp
from tests import builders, city
from tests.staffing import scene
from tests.statements import counting
from tests.volunteering import scene as signing_up


async def test_every_minimum_is_filled_before_any_shift_gets_more(house: House) -> None:
    at = await scene.festival(house, 3, capacity=5)
    await scene.joined(house, at, 3, most=1)
    shown = await scene.seen(house, at, await scene.start(house, at))
    assert [(plan.before, plan.after, plan.covered_after) for plan in shown.shifts] == [(0, 1, 1)] * 3
    assert (shown.run.minimum_places, shown.run.needed, shown.run.people) == (3, 3, 3)
    assert shown.run.is_optimal
    assert shown.to_send == 3


async def test_the_same_data_and_seed_give_the_same_run_and_confirmed_people_stay(house: House) -> None:
    """Scenario 37."""
    at = await scene.festival(house, 4, capacity=3)
    people = await scene.joined(house, at, 9, most=2)
    confirmed = await signing_up.join(house, people[0], at.shifts[0])
    first, second = (
        await scene.start(house, at, seed=20_261_122),
        await scene.start(house, at, seed=20_261_122),
    )
    assert first != second
    assert await scene.pairs(house, first) == await scene.pairs(house, second) != set()
    async with house.database.reading() as session:
        one, other = await session.get_one(AssignmentRun, first), await session.get_one(AssignmentRun, second)
        assert one.input_hash == other.input_hash
        assert one.plan_hash == other.plan_hash
        assert one.input == other.input
    assert (people[0].person_id, at.shifts[0]) not in await scene.pairs(house, first)
    for run_id in (first, second):
        checked = await runs.check(house.database, at.organiser, run_id)
        assert checked.is_identical
        assert checked.is_up_to_date
    await scene.send(house, at, first)
    assert (await signing_up.state_of(house, people[0], confirmed)).value == "confirmed"
    async with house.database.reading() as session:
        made = (await session.scalars(select(SignUp).where(SignUp.id != confirmed))).all()
        assert made
        assert all(one.offered_at is not None and one.confirmed_at is None for one in made)


async def test_a_check_says_when_the_data_have_moved_on(house: House) -> None:
    at = await scene.festival(house)
    await scene.joined(house, at, 2)
    run_id = await scene.start(house, at)
    await scene.joined(house, at, 1)
    checked = await runs.check(house.database, at.organiser, run_id)
    assert checked.is_identical
    assert not checked.is_up_to_date


async def test_a_check_after_all_shifts_have_begun_still_computes_the_run(
    house: House, clock: FixedClock
) -> None:
    at = await scene.festival(house)
    await scene.joined(house, at, 2)
    run_id = await scene.start(house, at)
    clock.advance(timedelta(days=30))
    checked = await runs.check(house.database, at.organiser, run_id)
    assert (checked.is_identical, checked.is_up_to_date) == (True, False)


async def test_the_database_refuses_to_change_a_run(house: House) -> None:
    at = await scene.festival(house)
    run_id = await scene.start(house, at)
    for statement in (update(AssignmentRun).values(seed=1), text("DELETE FROM assignment_runs")):
        with pytest.raises(DBAPIError, match="append-only"):
            async with house.database.unit_of_work() as session:
                await session.execute(statement)
    assert (await scene.seen(house, at, run_id)).run.seed == 7


async def test_an_input_is_read_back_as_it_was(house: House) -> None:
    at = await scene.festival(house, latitude=31.22, longitude=121.43)
    await scene.add_role(house, at)
    await scene.joined(house, at, 3)
    async with house.database.reading() as session:
        run = await session.get_one(AssignmentRun, await scene.start(house, at))
    problem = recorded.opened(run.input)
    assert problem.input_hash() == run.input_hash
    assert recorded.kept(problem) == run.input
    assert problem.seed == 7


async def test_a_run_made_twice_with_one_key_is_one_run(house: House) -> None:
    at = await scene.festival(house)
    await scene.joined(house, at, 2)
    key = new_id()
    answers = await asyncio.gather(*(scene.start(house, at, key=key) for _ in range(3)))
    assert set(answers) == {key}
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(AssignmentRun)) == 1


async def test_a_drawn_seed_is_kept(house: House) -> None:
    at = await scene.festival(house)
    await scene.joined(house, at, 4)
    drawn = (await scene.seen(house, at, await scene.start(house, at, seed=None))).run
    again = await scene.start(house, at, seed=drawn.seed)
    assert await scene.pairs(house, drawn.id) == await scene.pairs(house, again)


async def test_nothing_happens_to_anybody_before_the_offers_are_sent(house: House) -> None:
    at = await scene.festival(house)
    await scene.joined(house, at, 3)
    before = await signing_up.count_events(house)
    run_id = await scene.start(house, at)
    assert await scene.pairs(house, run_id)
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignUp)) == 0
    assert [await signing_up.places_taken(house, shift_id) for shift_id in at.shifts] == [0, 0, 0]
    assert await signing_up.count_events(house) == before


async def test_nobody_gets_more_shifts_than_they_wish_or_the_run_allows(house: House) -> None:
    at = await scene.festival(house, 6)
    few, many = await scene.volunteer(house), await scene.volunteer(house)
    await scene.join(house, few, at, most=1)
    await scene.join(house, many, at, most=50)
    found = await scene.pairs(house, await scene.start(house, at, most_shifts=4))
    assert sum(person == few.person_id for person, _ in found) == 1
    assert sum(person == many.person_id for person, _ in found) == 4


async def test_confirmed_shifts_count_towards_the_most(house: House) -> None:
    at = await scene.festival(house, 4)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, most=2)
    await signing_up.join(house, me, at.shifts[0])
    found = await scene.pairs(house, await scene.start(house, at))
    assert len(found) == 1
    assert at.shifts[0] not in {shift_id for _, shift_id in found}


async def test_shifts_of_one_person_leave_room_for_rest(house: House) -> None:
    at = await scene.festival(house, 3, every=timedelta(hours=3))
    await scene.joined(house, at, 1)
    assert len(await scene.pairs(house, await scene.start(house, at, rest_minutes=60))) == 3
    assert len(await scene.pairs(house, await scene.start(house, at, rest_minutes=61))) == 2


async def test_a_shift_elsewhere_is_kept_free_with_rest_and_the_way(house: House) -> None:
    at = await scene.festival(house, 1, latitude=31.22, longitude=121.43)
    me = await scene.volunteer(house)
    await scene.join(house, me, at)
    elsewhere = await signing_up.shift(
        house, starts_in=timedelta(days=2, hours=3), latitude=31.40, longitude=121.43
    )
    await signing_up.join(house, me, elsewhere.shift_id)
    # Twenty kilometres away are 100 minutes, the gap is 60.
    assert not await scene.pairs(house, await scene.start(house, at, rest_minutes=0))
    async with house.database.unit_of_work() as session:
        await signing_up.change_need(session, elsewhere.need_id, latitude=31.22)
    assert await scene.pairs(house, await scene.start(house, at, rest_minutes=0))
    shown = await scene.seen(house, at, await scene.start(house, at, rest_minutes=0))
    assert [plan.shift_id for plan in shown.shifts] == [at.shifts[0]], (
        "shifts elsewhere are nobody's business here"
    )


async def test_somebody_who_chose_shifts_is_sent_to_no_other(house: House) -> None:
    at = await scene.festival(house, 3)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, at.shifts[1])
    assert await scene.pairs(house, await scene.start(house, at)) == {(me.person_id, at.shifts[1])}


async def test_without_a_choice_only_shifts_within_the_usual_times_are_proposed(house: House) -> None:
    at = await scene.festival(house, 3, starts_in=timedelta(days=1))  # Monday to Wednesday, 10:00
    me = await scene.volunteer(house)
    async with house.database.unit_of_work() as session:
        session.add(Availability(person_id=me.signed_in(), weekday=1, from_minute=9 * 60, to_minute=13 * 60))
    await scene.join(house, me, at)
    assert await scene.pairs(house, await scene.start(house, at)) == {(me.person_id, at.shifts[1])}
    await scene.join(house, me, at, at.shifts[0])
    assert await scene.pairs(house, await scene.start(house, at)) == {(me.person_id, at.shifts[0])}


async def test_the_law_is_asked_again_at_each_run(house: House) -> None:
    at = await scene.festival(house, 1)
    me = await scene.volunteer(house)
    await scene.join(house, me, at)
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Person).where(Person.id == me.person_id).values(birth_date=date(2013, 1, 1))
        )
    assert not await scene.pairs(house, await scene.start(house, at))


async def test_roles_are_filled_by_the_qualified(house: House) -> None:
    at = await scene.festival(house, 2, capacity=2, minimum_people=2)
    people = await scene.joined(house, at, 4, most=1)
    await scene.qualified(house, people[2])
    await scene.qualified(house, people[3])
    await scene.add_role(house, at)
    shown = await scene.seen(house, at, await scene.start(house, at))
    filled = [[one.person_id for one in plan.proposals if one.role == "急救员"] for plan in shown.shifts]
    assert sorted(person for some in filled for person in some) == sorted(
        [people[2].signed_in(), people[3].signed_in()]
    )
    assert [len(some) for some in filled] == [1, 1]
    assert shown.run.minimum_places == 4


async def test_whoever_applied_is_proposed_for_that_shift_without_joining_the_pool(house: House) -> None:
    at = await scene.festival(house, 2, needs_approval=True)
    me = await scene.volunteer(house)
    await signing_up.join(house, me, at.shifts[1])
    assert await scene.pairs(house, await scene.start(house, at)) == {(me.person_id, at.shifts[1])}


async def test_whoever_asked_for_the_shift_wins_a_tie(house: House) -> None:
    at = await scene.festival(house, 1, capacity=1, needs_approval=True)
    people = await scene.joined(house, at, 6)
    asker = people[3]
    await signing_up.join(house, asker, at.shifts[0])
    for seed in range(5):
        found = await scene.pairs(house, await scene.start(house, at, seed=seed))
        assert found == {(asker.person_id, at.shifts[0])}


async def test_who_served_much_lately_comes_after_who_did_not(house: House) -> None:
    at = await scene.festival(house, 1, capacity=1)
    people = await scene.joined(house, at, 3)
    async with house.database.unit_of_work() as session:
        for number, one in enumerate(people[:2]):
            session.add_all(_served(one.signed_in(), at.need_id, times) for times in range(5 + number))
    for seed in range(5):
        found = await scene.pairs(house, await scene.start(house, at, seed=seed))
        assert found == {(people[2].person_id, at.shifts[0])}
    async with house.database.reading() as session:
        question = await gathering.gather(session, at.organiser, at.need_id, _settings())
    assert [question.served.get(one.signed_in(), 0) for one in people] == [5, 6, 0]


async def test_a_plain_score_stands_in_where_ranking_is_turned_off(house: House) -> None:
    at = await scene.festival(house, 1)
    me = await scene.volunteer(house)
    await scene.join(house, me, at)
    async with house.database.unit_of_work() as session:
        session.add(
            Consent(
                id=new_id(),
                person_id=me.signed_in(),
                kind=ConsentKind.RANKING.value,
                version=VERSION,
                given=False,
                at=session.now(),
            )
        )
    shown = await scene.seen(house, at, await scene.start(house, at))
    (proposal,) = shown.shifts[0].proposals
    assert (proposal.score, proposal.told) == (500, None)


async def test_the_points_of_a_proposal_sum_to_its_score(house: House) -> None:
    at = await scene.festival(house)
    await scene.joined(house, at, 3)
    shown = await scene.seen(house, at, await scene.start(house, at))
    for plan in shown.shifts:
        for one in plan.proposals:
            assert one.told is not None
            assert sum(factor.points for factor in one.told.factors) == one.told.score == one.score


async def test_there_is_nothing_to_staff_without_coming_shifts(house: House) -> None:
    over = await scene.festival(house, starts_in=-timedelta(days=9))
    with pytest.raises(NothingToStaff):
        await scene.start(house, over)
    at = await scene.festival(house)
    with pytest.raises(NothingToStaff):
        await scene.start(house, at, shifts=(new_id(), over.shifts[0]))


async def test_a_run_over_chosen_shifts_leaves_the_others_alone(house: House) -> None:
    at = await scene.festival(house, 3)
    await scene.joined(house, at, 2)
    shown = await scene.seen(house, at, await scene.start(house, at, shifts=at.shifts[:1]))
    assert [plan.shift_id for plan in shown.shifts] == [at.shifts[0]]


async def test_runs_are_for_who_organises_the_need(house: House) -> None:
    at = await scene.festival(house)
    people = await scene.joined(house, at, 1)
    run_id = await scene.start(house, at)
    (proposal,) = [one for plan in (await scene.seen(house, at, run_id)).shifts for one in plan.proposals][:1]
    async with house.database.unit_of_work() as session:
        elsewhere = await builders.viewer(session, "别处", Role.COMMUNITY_WORKER, city.TIANPING_COMMUNITY)
    for visitor, refusal, hidden in (
        (STRANGER, SignInNeeded, SignInNeeded),
        (people[0], NotPermitted, NotFound),
        (elsewhere, NotPermitted, NotFound),
    ):
        with pytest.raises(refusal):
            await scene.start(house, at, visitor)
        with pytest.raises(hidden):
            await runs.check(house.database, visitor, run_id)
        with pytest.raises(hidden):
            await scene.send(house, at, run_id, visitor)
        with pytest.raises(hidden):
            await scene.drop(house, visitor, proposal.id)
        async with house.database.reading() as session:
            assert not await run_queries.runs_by_ids(session, visitor, [run_id])
            assert not await run_queries.proposals_by_runs(session, visitor, [run_id])


@pytest.mark.parametrize("size", [3, 24])
async def test_a_run_is_gathered_and_read_by_few_statements_however_many_people(
    house: House, size: int
) -> None:
    at = await scene.festival(house, 4)
    await scene.joined(house, at, size)
    async with house.database.reading() as session:
        with counting(house) as sent:
            await gathering.gather(session, at.organiser, at.need_id, _settings())
    assert len(sent) <= 32
    run_id = await scene.start(house, at)
    async with house.database.reading() as session:
        with counting(house) as sent:
            await run_queries.run(session, at.organiser, run_id)
    assert len(sent) == 3


def _settings() -> Settings:
    return Settings(shifts=(), most_shifts=3, rest_minutes=60, offer_minutes=720, seed=7)


def _served(person_id: UUID, need_id: UUID, number: int) -> LedgerEntry:
    return LedgerEntry(
        id=new_id(),
        person_id=person_id,
        need_id=need_id,
        minutes=60,
        grade="A",
        served_on=date(2026, 10, 1 + number),
        local_year=2026,
        entered_at=city.NOW,
        source="attendance",
        source_id=new_id(),
    )
