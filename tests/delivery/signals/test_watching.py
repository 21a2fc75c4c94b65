"""The watch of the night: whistles begin, follow the numbers and end by themselves; nothing of an open period is heard."""

import asyncio
from datetime import date, timedelta

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.ratings.models import Rating, RatingHold, RatingPeriod
from marketplace.delivery.scorecards.events import ScorecardChanged, ScorecardsComputed
from marketplace.delivery.signals import watching
from marketplace.delivery.signals.models import Whistle
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.procurement.contracts.models import Contract
from tests import builders, city, delivering
from tests.delivery.signals import scene
from tests.statements import counting


async def test_a_broken_word_blows_once_and_a_second_night_changes_nothing(house: House) -> None:
    under = await scene.slipping(house)
    (first,) = await scene.watch(house)
    assert (first.kind, first.contract_id, first.organisation_id) == (
        "commitments_slip",
        under.id,
        under.organisation_id,
    )
    assert (first.facts["kept"], first.facts["broken"], first.facts["deliveries"]) == (2, 4, 6)
    (again,) = await scene.watch(house)
    assert (again.id, again.facts, again.blown_at) == (first.id, first.facts, first.blown_at)


async def test_its_numbers_follow_and_it_ends_when_they_are_well(house: House) -> None:
    under = await scene.slipping(house)
    await scene.watch(house)
    await scene.kept_again(house, under, 2)
    (later,) = await scene.watch(house)
    assert (later.facts["kept"], later.closed_at) == (4, None)
    await scene.kept_again(house, under)
    (over,) = await scene.watch(house)
    assert over.closed_at is not None


async def test_a_value_at_the_edge_is_quiet_for_a_while_after_a_whistle_ended(
    house: House, clock: FixedClock
) -> None:
    under = await scene.slipping(house)
    await scene.watch(house)
    await scene.kept_again(house, under, 8)
    (over,) = await scene.watch(house)
    assert over.closed_at is not None
    await scene.broken_again(house, under, 1)
    assert len(await scene.watch(house)) == 1, "10 of 15, after 2 of 6: no worse than before"
    clock.advance(timedelta(days=15))
    assert len(await scene.watch(house)) == 2, "the quiet time is over and the numbers are still bad"


async def test_numbers_that_grow_plainly_worse_break_the_quiet(house: House) -> None:
    under = await scene.slipping(house)
    await scene.watch(house)
    await scene.kept_again(house, under, 8)
    await scene.watch(house)
    await scene.broken_again(house, under, 24)
    (_over, again) = await scene.watch(house)
    assert again.closed_at is None and again.facts["kept"] == 10


async def test_what_was_never_told_was_not_kept_and_what_is_overdue_counts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        silent = await delivering.contract(session, "沉默服务社")
        for _ in range(5):
            await delivering.promise(session, await delivering.delivery(session, silent))
        late = await delivering.contract(session, "迟到服务社")
        for day in (10, 20, 30):
            starts_at = session.now() - timedelta(days=day)
            await delivering.delivery(session, late, done=False, starts_at=starts_at)
        # Not overdue yet, and so long ago that nobody waits for it any more.
        for day in (1, 90):
            starts_at = session.now() - timedelta(days=day)
            await delivering.delivery(session, late, done=False, starts_at=starts_at)
    found = {one.contract_id: one.facts for one in await scene.watch(house)}
    assert found.keys() == {silent.id, late.id}
    assert found[silent.id]["untold"] == 5
    assert (found[late.id]["overdue"], found[late.id]["is_overdue"]) == (3, True)


async def test_a_contract_that_is_over_ends_its_whistle(house: House, clock: FixedClock) -> None:
    under = await scene.slipping(house)
    await scene.watch(house)
    async with house.database.unit_of_work() as session:
        row = await session.get_one(Contract, under.id)
        row.terminated_at = session.now()
    (one,) = await scene.watch(house)
    assert one.closed_at is not None


async def test_an_answer_holds_for_the_days_of_the_rule(house: House, clock: FixedClock) -> None:
    under = await scene.slipping(house)
    (one,) = await scene.watch(house)
    async with house.database.unit_of_work() as session:
        row = await session.get_one(Whistle, one.id)
        row.answer, row.answered_at, row.answered_by = "已约谈", session.now(), under.officer.signed_in()
    assert len(await scene.watch(house)) == 1
    clock.advance(timedelta(days=61))
    async with house.database.unit_of_work() as session:
        for _ in range(6):
            await delivering.promise(session, await delivering.delivery(session, under), actual=1)
    first, second = await scene.watch(house)
    assert first.closed_at is not None and second.closed_at is None and second.answer is None


async def test_ratings_that_fall_beyond_chance_are_told_once_they_are_public(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await scene.fallen(session, await delivering.contract(session), closed=False)
    assert await scene.watch(house) == [], "October is open: nothing of it may be heard"
    async with house.database.unit_of_work() as session:
        row = await session.scalar(select(RatingPeriod).where(RatingPeriod.starts_on == date(2026, 10, 1)))
        assert row is not None
        row.closed_at = session.now()
        await session.flush()
        await watching.closed(session, ScorecardsComputed(row.id))
    (one,) = await scene.whistles(house)
    assert (one.kind, one.facts["newest"]["ratings"], one.facts["newest"]["raters"]) == (
        "ratings_fall",
        12,
        12,
    )
    assert one.facts["sigmas_tenths"] > 30


async def test_a_mean_of_too_few_people_is_told_to_nobody_not_even_as_the_one_before(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        before = await delivering.period(session, closed=True, starts_on=date(2026, 4, 1))
        people = [new_id() for _ in range(4)]
        for number in range(30):
            ticket_id = await delivering.ticket(session, await delivering.delivery(session, under))
            rater, day = people[number % 4], date(2026, 4, 15)
            await delivering.rating(session, ticket_id, period_id=before, rater=rater, given_on=day)
        last = await delivering.period(session, closed=True, starts_on=date(2026, 10, 1))
        await delivering.rated(session, under, [2, 3, 2, 1] * 3, period_id=last, given_on=date(2026, 10, 15))
    assert await scene.watch(house) == []


async def test_held_ratings_do_not_count_until_an_auditor_lets_them(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.fallen(session, under)
        bad = await session.scalars(select(Rating).where(Rating.sixtieths < 200))
        for row in bad.all():
            session.add(
                RatingHold(id=new_id(), rating_id=row.id, cause="burst", evidence={}, held_at=session.now())
            )
    assert await scene.watch(house) == []
    async with house.database.unit_of_work() as session:
        for hold in (await session.scalars(select(RatingHold))).all():
            hold.decided_at, hold.is_upheld = session.now(), False
            hold.decided_by = under.officer.signed_in()
        await session.flush()
        await watching.changed(session, ScorecardChanged(under.organisation_id, delivering.SERVICE))
    assert [one.kind for one in await scene.whistles(house)] == ["ratings_fall"]


async def test_hardly_any_answer_is_told_from_tickets_whose_time_ran_out(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.unanswered(session, under, 19)
    assert await scene.watch(house) == []
    async with house.database.unit_of_work() as session:
        await scene.unanswered(session, under, 1)
        # Still valid: nobody knows yet whether they will be used.
        for _ in range(30):
            await delivering.ticket(session, await delivering.delivery(session, under))
    (one,) = await scene.watch(house)
    assert (one.kind, one.facts["tickets"], one.facts["used"]) == ("nobody_answers", 20, 0)


async def test_property_services_are_measured_against_what_was_committed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        contract_id, _ = await delivering.property_contract(session, compound_id)
        commitment_id = await delivering.property_commitment(session, contract_id)
        keeper = await builders.viewer(session, "巡查员老周")
        wrong = await delivering.fact(session, commitment_id, 0, keeper)
        await delivering.fact(session, commitment_id, 7, keeper, corrects_id=wrong)
        for value in (5, 6, 2):
            await delivering.fact(session, commitment_id, value, keeper)
    assert await scene.watch(house) == [], "four measurements are too few"
    async with house.database.unit_of_work() as session:
        await delivering.fact(session, commitment_id, 7, keeper)
    (one,) = await scene.watch(house)
    assert (one.property_contract_id, one.contract_id, one.area_code) == (
        contract_id,
        None,
        city.JIANGSU_COMMUNITY,
    )
    assert (one.facts["kept"], one.facts["broken"]) == (2, 3)


async def test_two_watches_at_once_blow_one_whistle(house: House) -> None:
    await scene.slipping(house)
    await asyncio.gather(*(scene.watch(house) for _ in range(3)))
    assert len(await scene.whistles(house)) == 1


async def test_a_night_costs_no_more_statements_for_more_contracts_that_are_well(house: House) -> None:
    costs: list[int] = []
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            under = await delivering.contract(session, f"好服务社{len(costs)}")
            await delivering.rated(
                session, under, [5] * 6, period_id=await delivering.period(session, closed=True)
            )
        await scene.kept_again(house, under, 5)
        with counting(house) as sent:
            await scene.watch(house)
        costs.append(len(sent))
    assert costs[0] == costs[1]
