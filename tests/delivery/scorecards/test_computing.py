"""Scorecards computed: the ninth and the tenth rater (scenario 28), what is held, whom C is made of, and the same sums in any database."""

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.ratings import standing
from marketplace.delivery.ratings.models import Rating, RatingHold, RatingPeriod
from marketplace.delivery.scorecards import adding, computing
from marketplace.delivery.scorecards.models import CityMean, Scorecard
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from tests import delivering
from tests.delivery.scorecards import scene
from tests.statements import counting


async def test_nine_raters_have_no_score_and_the_tenth_makes_it_appear(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5, 5, 5, 4, 4, 5, 5, 4, 3])
        await scene.unused(session, under, 3)
    await scene.computed(house)
    nine = await scene.card(house, under.organisation_id)
    assert (nine.score, nine.low, nine.high, nine.band) == (None, None, None, None)
    assert (nine.raters, nine.ratings, nine.tickets) == (9, 9, 12)
    assert nine.detail == {"answered": 9} and nine.inputs["sums"] is None
    async with house.database.unit_of_work() as session:
        await scene.rated(session, under, [5])
    await scene.computed(house)
    ten = await scene.card(house, under.organisation_id)
    assert ten.id == nine.id, "the same row, computed again"
    assert ten.score is not None and ten.low is not None and ten.high is not None
    assert ten.low < ten.score < ten.high
    assert ten.detail["distribution"] == [0, 0, 1, 3, 6]
    assert (ten.tickets, ten.detail["answered"]) == (13, 10)
    assert ten.detail["continue"] == {"yes": 10, "asked": 10}
    assert ten.detail["dimensions"]["respect"] == {"answers": 10, "points": 45}


async def test_one_who_rates_ten_deliveries_is_one_rater(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        person = new_id()
        await scene.rated(session, under, [5] * 10, rater=person)
    await scene.computed(house)
    card = await scene.card(house, under.organisation_id)
    assert (card.ratings, card.raters, card.score) == (10, 1, None)


async def test_the_numbers_can_be_worked_out_again_from_the_inputs(house: House) -> None:
    async with house.database.unit_of_work() as session:
        ours, theirs = await delivering.contract(session), await delivering.contract(session, "邻里互助社")
        await scene.rated(session, ours, [5, 5, 4, 4, 5, 3, 5, 5, 4, 5, 5, 2])
        await scene.rated(session, theirs, [2, 3, 4, 2, 3, 3, 4, 1, 3, 2])
    await scene.computed(house)
    for one in (ours, theirs):
        card = await scene.card(house, one.organisation_id)
        told = card.inputs
        found = formula.score(
            Sums(**told["sums"]), told["raters"], City(**told["city"]), Model(**told["model"])
        )
        assert (found.score, found.low, found.high, found.prior) == (
            card.score,
            card.low,
            card.high,
            card.prior,
        )
    mean = await scene.mean(house)
    assert (mean.ratings, mean.sum_sixtieths) == (22, (52 + 27) * 60)


async def test_what_is_held_does_not_count_and_is_told(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        first, second, *_ = await scene.rated(session, under, [1, 1, *[5] * 11])
        await scene.hold(session, first)
        await scene.hold(session, second, "same_source")
        await scene.hold(session, second, "burst")
    await scene.computed(house)
    card = await scene.card(house, under.organisation_id)
    assert (card.ratings, card.held, card.detail["distribution"]) == (11, 2, [0, 0, 0, 0, 11])
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(RatingHold)
            .where(RatingHold.rating_id == second)
            .values(decided_at=session.now(), is_upheld=False)
        )
        assert await computing.compute_cell(session, under.organisation_id, delivering.SERVICE)
    again = await scene.card(house, under.organisation_id)
    assert (again.id, again.ratings, again.held) == (card.id, 12, 1)
    assert again.detail["distribution"] == [1, 0, 0, 0, 11]
    assert again.inputs["city"] == card.inputs["city"], "C stays what it was at the closing"
    async with house.database.reading() as session:
        told = (await session.scalars(select(OutboxEvent.name))).all()
    assert "ScorecardChanged" in told and "ScorecardsComputed" in told


async def test_two_who_compute_at_once_leave_one_card(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 12)
    await scene.computed(house)

    async def again() -> None:
        async with house.database.unit_of_work() as session:
            assert await computing.compute_cell(session, under.organisation_id, delivering.SERVICE)

    await asyncio.gather(scene.computed(house), again(), scene.computed(house), again())
    assert (await scene.card(house, under.organisation_id)).ratings == 12
    assert (await scene.mean(house)).ratings == 12


async def test_open_periods_are_not_looked_at(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 10)
        await delivering.rated(session, under, [1] * 10)
    await scene.computed(house)
    card = await scene.card(house, under.organisation_id)
    assert (card.ratings, card.tickets) == (10, 10)
    async with house.database.unit_of_work() as session:
        open_one = await delivering.period(session)
        assert await computing.compute_period(session, open_one) == 0


async def test_a_decision_before_anything_was_computed_waits_for_the_closing(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5])
        assert not await computing.compute_cell(session, under.organisation_id, delivering.SERVICE)


async def test_the_city_mean_is_made_of_published_cells_only(house: House) -> None:
    async with house.database.unit_of_work() as session:
        public = await delivering.contract(session)
        await scene.rated(session, public, [5] * 10)
        small = await delivering.contract(session, "邻里互助社")
        other = await delivering.contract(session, "乐龄家园")
        await scene.rated(session, small, [1] * 9)
        await scene.rated(session, other, [1] * 6)
    await scene.computed(house)
    mean = await scene.mean(house)
    assert (mean.ratings, mean.sum_sixtieths) == (10, 10 * 300), "the small ones could be told by subtraction"
    assert (await scene.card(house, small.organisation_id)).inputs["in_mean"] is False
    async with house.database.unit_of_work() as session:
        await scene.rated(session, small, [1])
    await scene.computed(house)
    assert (await scene.mean(house)).ratings == 20
    assert (await scene.card(house, small.organisation_id)).inputs["in_mean"] is True


async def test_what_fewer_than_five_said_is_left_out(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 7, handling=None, should_continue=None)
        await scene.rated(session, under, [5] * 4)
    await scene.computed(house)
    detail = (await scene.card(house, under.organisation_id)).detail
    assert set(detail["dimensions"]) == {"content", "quality", "timeliness", "respect"}
    assert "continue" not in detail


async def test_the_day_a_rating_turns_three_years_old_it_is_gone(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5], given_on=scene.LAST_DAY - timedelta(days=1_095))
        await scene.rated(session, under, [4], given_on=scene.LAST_DAY - timedelta(days=1_094))
        await scene.rated(session, under, [3], given_on=scene.LAST_DAY - timedelta(days=730))
        await scene.rated(session, under, [2] * 10, given_on=scene.LAST_DAY - timedelta(days=729))
    await scene.computed(house)
    card = await scene.card(house, under.organisation_id)
    assert (card.ratings, (await scene.mean(house)).ratings) == (12, 10)


async def test_statements_do_not_grow_with_cells(house: House) -> None:
    async def sent() -> int:
        with counting(house) as statements:
            await scene.computed(house)
        return len([one for one in statements if "INSERT INTO outbox" not in one])

    async with house.database.unit_of_work() as session:
        await scene.rated(session, await delivering.contract(session), [5] * 10)
    few = await sent()
    async with house.database.unit_of_work() as session:
        for number in range(6):
            await scene.rated(session, await delivering.contract(session, f"机构{number}"), [5, 4, 3, 3, 4])
    assert await sent() <= few


points = st.lists(
    st.tuples(st.integers(0, 1_200), st.lists(st.integers(1, 5), min_size=1, max_size=5)),
    min_size=1,
    max_size=12,
)


@given(points)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_database_adds_what_the_formula_adds(
    house: House, made: list[tuple[int, list[int]]]
) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session, f"机构{new_id().hex[-8:]}")
        rows: list[tuple[Any, int, int]] = []
        for age, given_points in made:
            sixtieths = sum(given_points) * 60 // len(given_points)
            day = scene.LAST_DAY - timedelta(days=age)
            await scene.rated(session, under, [3], sixtieths=sixtieths, given_on=day)
            rows.append((day, sixtieths, 1))
        period = await session.get_one(RatingPeriod, await scene.closed(session))
        window = await adding.window_of(session, period, (under.organisation_id, delivering.SERVICE))
        found = await adding.cells(session, window)
    ((_, sums),) = found.items()
    assert sums.sums == formula.add_up(rows, scene.LAST_DAY, window.model)
    assert sum(sums.stars) == sums.sums.ratings


async def test_what_a_closing_looks_at_is_what_counts(house: House) -> None:
    """The closing names its periods beforehand; ``standing.counts()`` asks for each rating. Both are the same set."""
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        first, *_ = await scene.rated(session, under, [5] * 4)
        await scene.hold(session, first)
        await delivering.rated(session, under, [4])
        period = await session.get_one(RatingPeriod, await scene.closed(session))
        window = await adding.window_of(session, period)
        ours = await session.scalars(select(Rating.id).where(window.counting()))
        theirs = await session.scalars(select(Rating.id).where(standing.counts()))
        assert set(ours) == set(theirs) and first not in set(theirs)
    async with house.database.reading() as session:
        assert (await session.scalars(select(CityMean))).all() == []
        assert (await session.scalars(select(Scorecard))).all() == []
