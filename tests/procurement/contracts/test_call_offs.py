"""Services called off a framework: by choice, in turn, and by a second competition that nobody sees into."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.procurement import records
from marketplace.procurement.contracts import competitions
from marketplace.procurement.contracts.drafts import CallOffEndDraft
from marketplace.procurement.contracts.errors import (
    CallOffIsDecided,
    CallOffIsOutOfTerm,
    FrameworkIsRunning,
    OfferingIsOver,
    OfferIsOverTheBudget,
    OffersAreStillSecret,
    OffersNeedTime,
    QualityIsNotJudged,
    ReasonIsMissing,
    SupplementsAreTooMuch,
    SupplierDoesNotStand,
    ThereAreNoOffers,
    WayIsNotAllowed,
)
from marketplace.procurement.contracts.models import CallOff
from marketplace.procurement.contracts.ranking import Judged, rank
from marketplace.procurement.contracts.states import CallOffState, call_off_state
from marketplace.procurement.tenders.file import CallOffWay
from tests.procurement.contracts import scene


async def test_a_framework_is_a_contract_without_money(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=2)
    row = await scene.contract(house, at.contract_ids[0])
    assert row.is_framework and row.value_fen == 0
    assert await scene.steps(house, row.id) == []
    with pytest.raises(FrameworkIsRunning):
        await scene.accept(house, at.officer, row.id)
    with pytest.raises(Exception, match="framework_has_no_money"):
        await scene.propose(house, at.officer, row.id, scene.change(1))


async def test_turns_go_round_in_the_published_order(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    got = []
    for _ in range(4):
        call_off_id = await scene.call_off(house, at.officer, at.lot_id, scene.order())
        got.append((await scene.order_of(house, call_off_id)).organisation_id)
    parties = [organisation_id for organisation_id, _ in at.suppliers]
    assert got == [*parties, parties[0]]


async def test_turns_taken_at_once_are_fair(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    made = await asyncio.gather(
        *(scene.call_off(house, viewer, at.lot_id, scene.order()) for viewer in (at.officer, at.second) * 3)
    )
    orders = [await scene.order_of(house, call_off_id) for call_off_id in made]
    assert Counter(one.organisation_id for one in orders) == {party: 2 for party, _ in at.suppliers}
    assert len({one.reference for one in orders}) == 6


async def test_whoever_does_not_stand_is_passed_over_and_keeps_the_place(
    house: House, clock: FixedClock
) -> None:
    at = await scene.agreement(house, clock)
    (first, _), (second, _), (third, _) = at.suppliers
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, second)).suspended_at = session.now()
    got = []
    for turn in range(4):
        if turn == 2:
            async with house.database.unit_of_work() as session:
                (await session.get_one(Organisation, second)).suspended_at = None
        call_off_id = await scene.call_off(house, at.officer, at.lot_id, scene.order())
        got.append((await scene.order_of(house, call_off_id)).organisation_id)
    assert got == [first, third, first, second]


async def test_a_second_click_calls_off_once(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    draft = scene.order()
    made = await asyncio.gather(*(scene.call_off(house, at.officer, at.lot_id, draft) for _ in range(3)))
    assert len(set(made)) == 1


async def test_direct_choice_publishes_its_reason(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    second = at.suppliers[1][0]
    choice = scene.order(CallOffWay.DIRECT, organisation_id=second)
    with pytest.raises(ReasonIsMissing) as refused:
        await scene.call_off(house, at.officer, at.lot_id, choice)
    assert refused.value.article
    with pytest.raises(SupplierDoesNotStand):
        await scene.call_off(
            house,
            at.officer,
            at.lot_id,
            scene.order(CallOffWay.DIRECT, organisation_id=new_id(), basis="就近"),
        )
    call_off_id = await scene.call_off(
        house, at.officer, at.lot_id, choice.model_copy(update={"basis": "离服务对象最近"})
    )
    made = await scene.order_of(house, call_off_id)
    assert (made.organisation_id, made.value_fen, made.is_framework) == (second, 3_000_000, False)
    (step,) = await scene.steps(house, made.id)
    assert (step.value_fen, step.due_on) == (3_000_000, date(2027, 2, 28))


async def test_an_order_lives_like_any_contract(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    call_off_id = await scene.call_off(house, at.officer, at.lot_id, scene.order())
    made = await scene.order_of(house, call_off_id)
    purchase = scene.Purchase(at.tender_id, at.lot_id, new_id(), at.officer, at.second, *at.suppliers[0])
    await scene.sign(house, purchase, made.id)
    with pytest.raises(SupplementsAreTooMuch):
        await scene.propose(house, at.officer, made.id, scene.change(300_001))


async def test_the_file_says_which_ways_there_are_and_the_term_which_days(
    house: House, clock: FixedClock
) -> None:
    at = await scene.agreement(house, clock, suppliers=1, ways=(CallOffWay.ROTATION,))
    with pytest.raises(WayIsNotAllowed) as refused:
        await scene.competition(house, at)
    assert refused.value.article
    for starts_on, ends_on in (
        (date(2026, 10, 1), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 11, 1)),
        (date(2027, 2, 1), date(2027, 1, 1)),
    ):
        with pytest.raises(CallOffIsOutOfTerm):
            await scene.call_off(
                house, at.officer, at.lot_id, scene.order(starts_on=starts_on, ends_on=ends_on)
            )


async def test_offers_have_time_and_end_by_the_databases_clock(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    with pytest.raises(OffersNeedTime) as refused:
        soon = scene.order(CallOffWay.COMPETITION, offers_end_at=clock.now() + timedelta(hours=1))
        await scene.call_off(house, at.officer, at.lot_id, soon)
    assert refused.value.article
    with pytest.raises(InputIsInvalid):
        await scene.call_off(house, at.officer, at.lot_id, scene.order(CallOffWay.COMPETITION))
    call_off_id = await scene.competition(house, at)
    with pytest.raises(OfferIsOverTheBudget):
        await scene.offer(house, at.suppliers[0], call_off_id, 3_000_001)
    await scene.offer(house, at.suppliers[0], call_off_id, 3_000_000)
    await scene.offer(house, at.suppliers[0], call_off_id, 2_900_000)
    with pytest.raises(OffersAreStillSecret):
        await scene.choose(house, at.officer, call_off_id)
    clock.advance(timedelta(days=5))
    with pytest.raises(OfferingIsOver):
        await scene.offer(house, at.suppliers[1], call_off_id, 1_000_000)
    await scene.choose(house, at.officer, call_off_id)
    assert (await scene.order_of(house, call_off_id)).value_fen == 2_900_000


async def test_the_lowest_price_wins_unless_a_reason_is_published(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    call_off_id = await scene.competition(house, at)
    for party, fen in zip(at.suppliers, (2_500_000, 2_400_000, 2_600_000), strict=True):
        await scene.offer(house, party, call_off_id, fen)
    async with house.database.reading() as session:
        before = await records.entries(session, at.tender_id)
    assert not [one for one in before if "2400000" in str(one.facts)], "nothing is on record before the end"
    clock.advance(timedelta(days=5))
    dearer = at.suppliers[2][0]
    with pytest.raises(ReasonIsMissing):
        await scene.choose(house, at.officer, call_off_id, organisation_id=dearer)
    await scene.choose(house, at.officer, call_off_id, organisation_id=dearer, reason="只有其有夜间人员")
    made = await scene.order_of(house, call_off_id)
    assert (made.organisation_id, made.value_fen) == (dearer, 2_600_000)
    with pytest.raises(CallOffIsDecided):
        await scene.choose(house, at.officer, call_off_id)
    async with house.database.reading() as session:
        record = await records.entries(session, at.tender_id)
        row = await session.get_one(CallOff, call_off_id)
    (ranked,) = [one for one in record if one.action == "call_off.ranked"]
    assert [one["price_fen"] for one in ranked.facts["offers"]] == [2_400_000, 2_500_000, 2_600_000]
    assert row.basis == "只有其有夜间人员"


async def test_quality_counts_where_it_was_stated(house: House, clock: FixedClock) -> None:
    from sqlalchemy import select

    from marketplace.procurement.contracts.models import CallOffOffer

    at = await scene.agreement(house, clock, suppliers=2)
    call_off_id = await scene.competition(house, at, price_weight=40)
    await scene.offer(house, at.suppliers[0], call_off_id, 2_000_000)
    await scene.offer(house, at.suppliers[1], call_off_id, 2_500_000)
    clock.advance(timedelta(days=5))
    with pytest.raises(QualityIsNotJudged):
        await scene.choose(house, at.officer, call_off_id)
    async with house.database.reading() as session:
        rows = (await session.scalars(select(CallOffOffer))).all()
    quality = {one.id: 60 if one.price_fen == 2_000_000 else 90 for one in rows}
    await scene.choose(house, at.officer, call_off_id, quality=quality)
    assert (await scene.order_of(house, call_off_id)).organisation_id == at.suppliers[1][0]


def test_ranks_are_exact() -> None:
    moment = __import__("datetime").datetime(2026, 11, 22, tzinfo=__import__("datetime").UTC)
    one, two, three = (
        Judged(new_id(), price, moment + timedelta(minutes=place), quality)
        for place, (price, quality) in enumerate(((100_000, 88), (90_000, 80), (125_000, 95)))
    )
    ranked = rank([one, two, three], 20)
    assert [row.points for row in ranked] == [Fraction("90.4"), Fraction("88.4"), Fraction("84")]
    assert [row.offer for row in ranked] == [three, one, two]
    free = rank([Judged(new_id(), 0, moment, None), Judged(new_id(), 0, moment, None)], 100)
    assert [row.points for row in free] == [100, 100]


async def test_nobody_offered_so_it_ends_with_a_reason(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock)
    call_off_id = await scene.competition(house, at)
    clock.advance(timedelta(days=5))
    with pytest.raises(ThereAreNoOffers):
        await scene.choose(house, at.officer, call_off_id)
    async with house.database.unit_of_work() as session:
        await competitions.end(session, at.officer, call_off_id, CallOffEndDraft(reason="无人响应"))
        row = await session.get_one(CallOff, call_off_id)
        assert call_off_state(row, session.now()) is CallOffState.ENDED


async def test_only_suppliers_offer_and_only_officers_call_off(house: House, clock: FixedClock) -> None:
    at = await scene.agreement(house, clock, suppliers=1)
    outsider = await scene.resident(house)
    supplier = at.suppliers[0]
    for viewer, refusal in ((STRANGER, SignInNeeded), (outsider, NotPermitted), (supplier[1], NotPermitted)):
        with pytest.raises(refusal):
            await scene.call_off(house, viewer, at.lot_id, scene.order())
    call_off_id = await scene.competition(house, at)
    for viewer, refusal in ((STRANGER, SignInNeeded), (outsider, NotPermitted), (at.officer, NotPermitted)):
        with pytest.raises(refusal):
            await scene.offer(house, (supplier[0], viewer), call_off_id, 5)
    async with house.database.unit_of_work() as session:
        from tests import buying

        rival = await buying.supplier(session, "不在框架里的社工站")
    with pytest.raises(SupplierDoesNotStand):
        await scene.offer(house, rival, call_off_id, 5)
    plain = await scene.awarded(house)
    with pytest.raises(NotFound):
        await scene.call_off(house, at.officer, plain.lot_id, scene.order())
