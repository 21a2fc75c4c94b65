"""Users' ratings in a second competition: a stated weight, the lower end of each interval, and the city's for who is new."""

from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.scorecards import intervals
from marketplace.delivery.scorecards.models import CityMean
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.procurement import records
from marketplace.procurement.contracts import call_off_queries
from marketplace.procurement.contracts.call_off_queries import CallOffRow, OfferRow
from marketplace.procurement.contracts.drafts import CallOffDraft
from marketplace.procurement.contracts.errors import QualityIsNotJudged
from marketplace.procurement.contracts.models import CallOffOffer
from marketplace.procurement.contracts.ranking import Judged, rank, rating_points
from marketplace.procurement.tenders.file import CallOffWay
from tests import city, delivering
from tests.procurement.contracts import scene
from tests.statements import counting

PRIOR_MODEL = Model(10, 365, 1096, 730, 400, 10, 8, 5)


async def _shown(house: House, call_off_id: UUID) -> tuple[CallOffRow, list[OfferRow]]:
    async with house.database.reading() as session:
        row = await call_off_queries.call_off(session, STRANGER, call_off_id)
        offers = await call_off_queries.offers_of(session, STRANGER, [call_off_id])
    return row, offers.get(call_off_id, [])


async def _city(house: House, ratings: int = 100, points: int = 4) -> None:
    async with house.database.unit_of_work() as session:
        session.add(
            CityMean(
                id=new_id(),
                period_id=await delivering.period(session, closed=True),
                service_type="elderly_care",
                ratings=ratings,
                sum_sixtieths=ratings * points * 60,
                sum_squares=ratings * (points * 60) ** 2 + ratings * 1800,
                computed_at=session.now(),
            )
        )


def test_points_of_ratings_are_exact() -> None:
    assert [rating_points(low) for low in (10_000, 30_000, 50_000)] == [0, 50, 100]
    assert rating_points(43_846) == Fraction(33_846, 400)
    assert [rating_points(low) for low in (9_000, 51_000)] == [0, 100]
    one, two = (Judged(new_id(), price, city.NOW, None, low) for price, low in ((90, 30_000), (100, 46_000)))
    ranked = rank([one, two], 80, 20)
    assert [row.points for row in ranked] == [Fraction(90), Fraction(90)] and ranked[0].offer is one
    three = Judged(new_id(), 100, city.NOW, None, 46_001)
    ranked = rank([one, three], 80, 20)
    assert ranked[0].offer is three and ranked[0].points == Fraction(90) + Fraction(5, 1000) / 10
    assert rank([one, two], 80)[0].points == 80, "without a weight a rating counts for nothing"


async def test_the_rating_counts_by_its_lower_end_and_the_new_one_starts_at_the_citys(
    house: House, clock: FixedClock
) -> None:
    at = await scene.agreement(house, clock, suppliers=3)
    (rated, _), (newcomer, _), (unsure, _) = at.suppliers
    await _city(house)
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, rated)
        await delivering.scorecard(session, unsure, score=48_000, low=30_000, high=50_000)
    call_off_id = await scene.competition(house, at, price_weight=70, rating_weight=30)
    for party in at.suppliers:
        await scene.offer(house, party, call_off_id, 2_000_000)
    clock.advance(timedelta(days=5))
    await scene.choose(house, at.officer, call_off_id)
    row, offers = await _shown(house, call_off_id)
    prior = formula.score(Sums(), 0, City(100, 24_000, 5_940_000), PRIOR_MODEL)
    assert prior.score == 40_000 and prior.low < 40_000
    assert {one.organisation_id: one.rating_low for one in offers} == {
        rated: 44_000,
        newcomer: prior.low,
        unsure: 30_000,
    }
    assert [one.organisation_id for one in offers] == [rated, newcomer, unsure]
    assert offers[0].points == 70 + Fraction(30 * 34_000, 40_000)
    assert (row.price_weight, row.rating_weight, row.organisation_id) == (70, 30, rated)


async def test_the_ranking_can_be_redone_from_the_record_alone(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=2)
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, at.suppliers[1][0])
    call_off_id = await scene.competition(house, at, price_weight=50, rating_weight=30)
    await scene.offer(house, at.suppliers[0], call_off_id, 2_000_000)
    await scene.offer(house, at.suppliers[1], call_off_id, 2_100_000)
    clock.advance(timedelta(days=5))
    with pytest.raises(QualityIsNotJudged):
        await scene.choose(house, at.officer, call_off_id)
    async with house.database.reading() as session:
        offers = (await session.scalars(select(CallOffOffer))).all()
    assert [one.rating_low for one in offers] == [None, None], "a refused decision writes nothing"
    await scene.choose(house, at.officer, call_off_id, quality={one.id: 80 for one in offers})
    async with house.database.reading() as session:
        entries = await records.entries(session, at.tender_id)
    (ranked,) = [one for one in entries if one.action == "call_off.ranked"]
    again = rank(
        (
            Judged(
                UUID(one["organisation_id"]), one["price_fen"], city.NOW, one["quality"], one["rating_low"]
            )
            for one in ranked.facts["offers"]
        ),
        ranked.facts["price_weight"],
        ranked.facts["rating_weight"],
    )
    assert [str(one.offer.organisation_id) for one in again] == [
        one["organisation_id"] for one in ranked.facts["offers"]
    ]
    assert [f"{float(one.points):.4f}" for one in again] == [one["points"] for one in ranked.facts["offers"]]


async def test_a_later_scorecard_changes_nothing_that_was_decided(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=1)
    call_off_id = await scene.competition(house, at, price_weight=70, rating_weight=30)
    await scene.offer(house, at.suppliers[0], call_off_id, 2_000_000)
    clock.advance(timedelta(days=5))
    await scene.choose(house, at.officer, call_off_id)
    _, before = await _shown(house, call_off_id)
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, at.suppliers[0][0], low=49_000, score=49_500, high=50_000)
    _, after = await _shown(house, call_off_id)
    assert before == after and before[0].rating_low == 33_802


async def test_weights_beyond_their_bounds_are_refused(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=1)
    for facts in ({"rating_weight": 31}, {"rating_weight": -1}, {"rating_weight": "viel"}):
        with pytest.raises(InputIsInvalid):
            read(CallOffDraft, {**scene.order(CallOffWay.COMPETITION).model_dump(), **facts})
    with pytest.raises(InputIsInvalid) as refused:
        await scene.competition(house, at, price_weight=90, rating_weight=20)
    assert refused.value.problems[0].code == "weights_over_100"
    drawn = await scene.call_off(house, at.officer, at.lot_id, scene.order(rating_weight=20))
    row, _ = await _shown(house, drawn)
    assert row.rating_weight == 0, "weights belong to competitions"


async def test_a_rating_of_the_very_service_goes_first_then_one_under_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        one = under.organisation_id
        await delivering.scorecard(session, one, service_type="bathing_help", low=41_000)
        await delivering.scorecard(session, one, service_type="meal_help", low=42_000, raters=60)
    async with house.database.reading() as session:
        broad = await intervals.low_ends(session, [one], "elderly_care")
        exact = await intervals.low_ends(session, [one], "bathing_help")
        other = await intervals.for_service(session, [one], "education")
        nothing = await intervals.for_service(session, [one], None)
    assert (broad[one], exact[one]) == (42_000, 41_000)
    assert other[one].is_prior and nothing[one].is_prior and other[one].score == 40_000


async def test_below_publication_the_number_of_raters_is_told_and_no_score(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await delivering.scorecard(
            session, under.organisation_id, score=None, low=None, high=None, band=None, raters=9, ratings=9
        )
    async with house.database.reading() as session:
        found = await intervals.for_service(session, [under.organisation_id], "elderly_care")
    one = found[under.organisation_id]
    assert (one.raters, one.wanted, one.is_prior, one.score) == (9, 10, True, 40_000)


async def test_the_newest_of_closed_periods_counts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        one = under.organisation_id
        await delivering.scorecard(session, one, low=41_000)
        older = await delivering.period(
            session, closed=True, starts_on=city.NOW.date().replace(month=1, day=1)
        )
        await delivering.scorecard(session, one, older, low=39_000)
        await delivering.scorecard(session, one, await delivering.period(session), low=45_000)
    async with house.database.reading() as session:
        assert (await intervals.low_ends(session, [one], "elderly_care"))[one] == 41_000
        with counting(house) as few:
            await intervals.low_ends(session, [one], "elderly_care")
        with counting(house) as many:
            await intervals.low_ends(session, [one, *(new_id() for _ in range(30))], "elderly_care")
    assert len(few) == len(many)
