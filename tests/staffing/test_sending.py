"""The offers of a run: sent once, judged one by one, behind nobody who waits, accepted or declined like every other offer."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.identity.models import Person
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.staffing import own_data, queries, sending
from marketplace.staffing.errors import RunWasSent
from marketplace.staffing.models import Proposal
from marketplace.staffing.run_queries import ProposalState
from marketplace.volunteering import shifts
from marketplace.volunteering.drafts import CapacityDraft
from marketplace.volunteering.errors import CapacityIsBelowPlacesTaken
from marketplace.volunteering.models import Shift, SignUp
from tests import builders, city
from tests.staffing import scene
from tests.statements import counting
from tests.volunteering import scene as signing_up


async def a_sent_run(house: House, at: scene.Scene, **facts: Any) -> UUID:
    run_id = await scene.start(house, at, **facts)
    await scene.send(house, at, run_id)
    return run_id


async def test_a_proposal_becomes_an_offer_that_the_person_accepts_or_declines(house: House) -> None:
    at = await scene.festival(house, 1, capacity=2)
    one, other = await scene.joined(house, at, 2)
    run_id = await a_sent_run(house, at, offer_minutes=180)
    assert await scene.outcomes(house, at, run_id) == {one.person_id: "offered", other.person_id: "offered"}
    assert await signing_up.places_taken(house, at.shifts[0]) == 2
    mine = await scene.sign_up_of(house, one, run_id)
    shown = await signing_up.seen(house, one, mine)
    assert shown.state.value == "offered"
    assert shown.offer_expires_at == city.NOW + timedelta(hours=3)
    assert await signing_up.events(house, mine) == ["PlaceOffered"]
    await signing_up.accept(house, one, mine)
    await signing_up.decline_offer(house, other, await scene.sign_up_of(house, other, run_id))
    assert await scene.outcomes(house, at, run_id) == {one.person_id: "accepted", other.person_id: "declined"}
    assert await signing_up.places_taken(house, at.shifts[0]) == 1


async def test_a_further_run_fills_what_was_declined_and_displaces_nobody(house: House) -> None:
    at = await scene.festival(house, 1, capacity=2, minimum_people=2)
    one, other, third = await scene.joined(house, at, 3)
    first = await a_sent_run(house, at)
    offered = [
        person for person in (one, other, third) if person.person_id in await scene.outcomes(house, at, first)
    ]
    await signing_up.accept(house, offered[0], await scene.sign_up_of(house, offered[0], first))
    await signing_up.decline_offer(house, offered[1], await scene.sign_up_of(house, offered[1], first))
    await scene.leave(house, offered[1], at)
    rest = next(person for person in (one, other, third) if person not in offered)
    second = await a_sent_run(house, at)
    assert await scene.outcomes(house, at, second) == {rest.person_id: "offered"}
    assert (await scene.outcomes(house, at, first))[offered[0].signed_in()] == "accepted"
    third_run = await scene.start(house, at)
    assert await scene.pairs(house, third_run) == set(), "live offers are not displaced either"


async def test_two_organisers_who_send_the_same_run_make_one_set_of_offers(house: House) -> None:
    at = await scene.festival(house, 3, capacity=3)
    await scene.joined(house, at, 5, most=2)
    async with house.database.unit_of_work() as session:
        colleague = await builders.viewer(session, "同事", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    run_id = await scene.start(house, at)
    await asyncio.gather(
        *(scene.send(house, at, run_id, who) for who in (at.organiser, colleague, at.organiser, colleague))
    )
    made = await scene.pairs(house, run_id)
    async with house.database.reading() as session:
        offered = (await session.scalars(select(SignUp))).all()
    assert {(one.person_id, one.shift_id) for one in offered} == made
    assert len(offered) == len(made)
    taken = [await signing_up.places_taken(house, shift_id) for shift_id in at.shifts]
    assert sum(taken) == len(made)


async def test_two_runs_sent_at_once_never_promise_a_place_twice(house: House) -> None:
    at = await scene.festival(house, 2, capacity=2)
    await scene.joined(house, at, 6)
    one, other = await scene.start(house, at, seed=1), await scene.start(house, at, seed=2)
    await asyncio.gather(scene.send(house, at, one), scene.send(house, at, other))
    assert [await signing_up.places_taken(house, shift_id) for shift_id in at.shifts] == [2, 2]
    states = [
        *(await scene.outcomes(house, at, one)).values(),
        *(await scene.outcomes(house, at, other)).values(),
    ]
    assert {state.partition(":")[0] for state in states} <= {"offered", "skipped"}


async def test_whoever_waits_has_what_is_free_before_any_run(house: House) -> None:
    at = await scene.festival(house, 1, capacity=1)
    holder, waiter = await scene.volunteers(house, 2)
    held = await signing_up.join(house, holder, at.shifts[0])
    waiting = await signing_up.join(house, waiter, at.shifts[0])
    await scene.joined(house, at, 3)
    assert await scene.pairs(house, await scene.start(house, at)) == set(), "the shift is full"
    async with house.database.unit_of_work() as session:
        # A second place comes into being without anybody looking at the waiting list.
        await session.execute(update(Shift).where(Shift.id == at.shifts[0]).values(capacity=2))
    run_id = await scene.start(house, at)
    assert await scene.pairs(house, run_id) == {(waiter.person_id, at.shifts[0])}, "who asked wins the tie"
    newcomer = await scene.volunteer(house, "后来")
    await scene.join(house, newcomer, at)
    async with house.database.unit_of_work() as session:
        proposal = (await session.scalars(select(Proposal).where(Proposal.run_id == run_id))).one()
        proposal.person_id = newcomer.signed_in()
    await scene.send(house, at, run_id)
    assert await scene.outcomes(house, at, run_id) == {newcomer.person_id: "skipped:shift_is_full"}
    assert (await signing_up.state_of(house, waiter, waiting)).value == "offered"
    assert (await signing_up.state_of(house, holder, held)).value == "confirmed"


async def test_an_applicant_s_own_row_becomes_the_offer(house: House) -> None:
    at = await scene.festival(house, 1, needs_approval=True)
    me = await scene.volunteer(house)
    applied = await signing_up.join(house, me, at.shifts[0])
    run_id = await a_sent_run(house, at)
    assert await scene.sign_up_of(house, me, run_id) == applied
    assert (await signing_up.state_of(house, me, applied)).value == "offered"


async def test_each_proposal_is_judged_anew_when_it_is_sent(house: House) -> None:
    at = await scene.festival(house, 1, capacity=10, starts_in=timedelta(days=3))
    people = await scene.joined(house, at, 8)
    left, busy, rival, young, has_it, near, gone, fine = people
    run_id = await scene.start(house, at)
    assert len(await scene.pairs(house, run_id)) == 8
    await scene.leave(house, left, at)
    elsewhere = await signing_up.shift(house, starts_in=timedelta(days=3, hours=1))
    await signing_up.join(house, busy, elsewhere.shift_id)
    close = await signing_up.shift(house, starts_in=timedelta(days=3, hours=2, minutes=30))
    await signing_up.join(house, near, close.shift_id)
    await signing_up.join(house, has_it, at.shifts[0])
    other_run = await scene.start(house, at, seed=99)
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Person).where(Person.id == young.person_id).values(birth_date=date(2014, 1, 1))
        )
        await session.execute(
            update(Person).where(Person.id == gone.person_id).values(erased_at=session.now())
        )
    await scene.send(house, at, run_id)
    assert await scene.outcomes(house, at, run_id) == {
        left.person_id: "skipped:left_pool",
        busy.person_id: "skipped:person_is_taken_then",
        young.person_id: "skipped:does_not_suit",
        has_it.person_id: "skipped:place_is_held_already",
        near.person_id: "skipped:has_no_rest",
        gone.person_id: "skipped:is_gone",
        rival.person_id: "offered",
        fine.person_id: "offered",
    }
    assert await signing_up.places_taken(house, at.shifts[0]) == 3
    assert other_run != run_id


async def test_the_way_from_another_place_and_an_offer_made_since_are_judged_anew_too(house: House) -> None:
    at = await scene.festival(
        house, 1, capacity=9, starts_in=timedelta(days=3), latitude=31.22, longitude=121.42
    )
    far, near, offered = await scene.joined(house, at, 3)
    run_id = await scene.start(house, at)
    assert len(await scene.pairs(house, run_id)) == 3
    # An hour and a half after the end: rest enough, but 22 km are nearly two hours away.
    away = {"starts_in": timedelta(days=3, hours=3, minutes=30)}
    for who, longitude in ((far, 121.65), (near, 121.42)):
        other = await signing_up.shift(house, **away, latitude=31.22, longitude=longitude)
        await signing_up.join(house, who, other.shift_id)
    rival = await scene.festival(house, 1, starts_in=timedelta(days=3, hours=1))
    await scene.join(house, offered, rival)
    rivals = await scene.start(house, rival)
    await scene.send(house, rival, rivals)
    await scene.send(house, at, run_id)
    assert await scene.outcomes(house, rival, rivals) == {offered.person_id: "offered"}
    assert await scene.outcomes(house, at, run_id) == {
        far.person_id: "skipped:has_no_rest",
        near.person_id: "offered",
        offered.person_id: "skipped:person_is_taken_then",
    }


async def test_who_has_enough_by_now_is_passed_over(house: House) -> None:
    at = await scene.festival(house, 2)
    me = await scene.volunteer(house)
    await scene.join(house, me, at, most=1)
    run_id = await scene.start(house, at, shifts=at.shifts)
    ((_, proposed),) = await scene.pairs(house, run_id)
    await signing_up.join(house, me, next(one for one in at.shifts if one != proposed))
    await scene.send(house, at, run_id)
    assert await scene.outcomes(house, at, run_id) == {me.person_id: "skipped:has_enough"}


async def test_a_person_confirmed_elsewhere_while_the_offers_go_out_never_has_two_places_at_once(
    house: House,
) -> None:
    at = await scene.festival(house, 1)
    (me,) = await scene.joined(house, at, 1)
    elsewhere = await signing_up.shift(house, starts_in=timedelta(days=2, hours=1))
    run_id = await scene.start(house, at)
    await asyncio.gather(
        scene.send(house, at, run_id), signing_up.join(house, me, elsewhere.shift_id), return_exceptions=True
    )
    outcome = (await scene.outcomes(house, at, run_id))[me.signed_in()]
    assert outcome in {"offered", "skipped:person_is_taken_then"}
    if outcome == "offered":
        await asyncio.gather(
            signing_up.accept(house, me, await scene.sign_up_of(house, me, run_id)), return_exceptions=True
        )
    async with house.database.reading() as session:
        confirmed = (await session.scalars(select(SignUp).where(SignUp.confirmed_at.is_not(None)))).all()
    assert len(confirmed) == 1


async def test_an_offer_accepted_while_the_places_shrink_is_kept_or_refused_as_a_whole(house: House) -> None:
    at = await scene.festival(house, 1, capacity=2)
    one, other = await scene.joined(house, at, 2)
    run_id = await a_sent_run(house, at)
    mine = await scene.sign_up_of(house, one, run_id)

    async def shrink() -> None:
        async with house.database.unit_of_work() as session:
            await shifts.change_capacity(session, at.organiser, at.shifts[0], CapacityDraft(capacity=1))

    answers = await asyncio.gather(
        shrink(),
        signing_up.accept(house, one, mine),
        signing_up.decline_offer(house, other, await scene.sign_up_of(house, other, run_id)),
        return_exceptions=True,
    )
    assert [*answers[1:]] == [None, None]
    assert answers[0] is None or isinstance(answers[0], CapacityIsBelowPlacesTaken)
    assert (await signing_up.state_of(house, one, mine)).value == "confirmed"
    assert await signing_up.places_taken(house, at.shifts[0]) == 1


async def test_an_unanswered_offer_lapses_and_passes_on_to_who_came_to_wait(
    house: House, clock: FixedClock
) -> None:
    at = await scene.festival(house, 1, capacity=1)
    (me,) = await scene.joined(house, at, 1)
    run_id = await a_sent_run(house, at, offer_minutes=60)
    waiter = await scene.volunteer(house, "在候补")
    waiting = await signing_up.join(house, waiter, at.shifts[0])
    assert (await signing_up.state_of(house, waiter, waiting)).value == "waiting"
    clock.advance(timedelta(minutes=61))
    assert await scene.outcomes(house, at, run_id) == {me.person_id: "lapsed"}
    await signing_up.settle_overdue(house)
    assert (await signing_up.state_of(house, waiter, waiting)).value == "offered"
    assert await signing_up.places_taken(house, at.shifts[0]) == 1


async def test_a_lapsed_offer_leaves_its_place_free_for_the_next_run(house: House, clock: FixedClock) -> None:
    at = await scene.festival(house, 1, capacity=1)
    one, other = await scene.joined(house, at, 2)
    first = await a_sent_run(house, at, offer_minutes=60)
    clock.advance(timedelta(minutes=61))
    await signing_up.settle_overdue(house)
    assert await signing_up.places_taken(house, at.shifts[0]) == 0
    second = await a_sent_run(house, at)
    assert list((await scene.outcomes(house, at, second)).values()) == ["offered"]
    assert {one.person_id, other.person_id} >= (await scene.outcomes(house, at, first)).keys()


async def test_so_near_the_start_nothing_is_offered(house: House) -> None:
    at = await scene.festival(house, 1, starts_in=timedelta(minutes=50))
    (me,) = await scene.joined(house, at, 1)
    assert await scene.outcomes(house, at, await a_sent_run(house, at)) == {
        me.person_id: "skipped:offer_is_too_late"
    }


async def test_a_dropped_proposal_is_not_sent_and_a_sent_one_not_dropped(house: House) -> None:
    at = await scene.festival(house, 1)
    await scene.joined(house, at, 2)
    run_id = await scene.start(house, at)
    first, second = (await scene.seen(house, at, run_id)).shifts[0].proposals
    assert await scene.drop(house, at.organiser, first.id) == run_id
    await scene.send(house, at, run_id)
    assert await scene.outcomes(house, at, run_id) == {
        first.person_id: "dropped",
        second.person_id: "offered",
    }
    with pytest.raises(RunWasSent):
        await scene.drop(house, at.organiser, second.id)


async def test_dropping_while_somebody_sends_leaves_no_proposal_both_dropped_and_offered(
    house: House,
) -> None:
    at = await scene.festival(house, 1)
    await scene.joined(house, at, 1)
    run_id = await scene.start(house, at)
    (proposal,) = (await scene.seen(house, at, run_id)).shifts[0].proposals
    sent, dropped = await asyncio.gather(
        scene.send(house, at, run_id), scene.drop(house, at.organiser, proposal.id), return_exceptions=True
    )
    assert sent is None
    expected = "offered" if isinstance(dropped, RunWasSent) else "dropped"
    assert list((await scene.outcomes(house, at, run_id)).values()) == [expected]
    assert await signing_up.places_taken(house, at.shifts[0]) == (expected == "offered")


async def test_organisers_do_not_send_offers_to_themselves(house: House) -> None:
    at = await scene.festival(house, 1)
    await scene.join(house, at.organiser, at)
    run_id = await a_sent_run(house, at)
    assert await scene.outcomes(house, at, run_id) == {at.organiser.person_id: "skipped:own_run"}


async def test_the_person_alone_reads_why_the_place_was_offered(house: House) -> None:
    at = await scene.festival(house, 1)
    (me,) = await scene.joined(house, at, 1)
    outsider = await scene.volunteer(house, "路人")
    run_id = await a_sent_run(house, at)
    mine = await scene.sign_up_of(house, me, run_id)

    async def read_by(viewer: Viewer) -> bool:
        async with house.database.reading() as session:
            return mine in await queries.why(session, viewer, [mine])

    assert [await read_by(viewer) for viewer in (me, at.organiser, outsider, STRANGER)] == [
        True,
        False,
        False,
        False,
    ]
    async with house.database.reading() as session:
        found = (await queries.why(session, me, [mine]))[mine]
    assert found.told is not None
    assert sum(factor.points for factor in found.told.factors) == found.told.score


async def test_a_proposal_that_was_not_sent_is_nobody_s_news(house: House) -> None:
    at = await scene.festival(house, 1)
    (me,) = await scene.joined(house, at, 1)
    run_id = await scene.start(house, at)
    shown = await scene.seen(house, at, run_id)
    assert shown.counts == {ProposalState.PROPOSED: 1}
    async with house.database.reading() as session:
        assert await queries.why(session, me, [shown.shifts[0].proposals[0].id]) == {}


async def test_proposals_are_in_the_export_and_their_factors_are_forgotten(house: House) -> None:
    at = await scene.festival(house, 1)
    (me,) = await scene.joined(house, at, 1)
    run_id = await a_sent_run(house, at)
    async with house.database.unit_of_work() as session:
        (exported,) = (await own_data.collect(session, me.signed_in()))["proposals"]
        assert exported["title"] == "社区运动会"
        assert exported["factors"]
        await own_data.erase(session, me.signed_in())
    (proposal,) = (await scene.seen(house, at, run_id)).shifts[0].proposals
    assert proposal.told is None


async def test_sending_costs_a_bounded_number_of_statements_an_offer(house: House) -> None:
    async def cost(people: int) -> int:
        at = await scene.festival(house, 2, capacity=20)
        await scene.joined(house, at, people, most=1)
        run_id = await scene.start(house, at)
        async with house.database.unit_of_work() as session:
            with counting(house) as sent:
                await sending.send(session, at.organiser, run_id)
        return len(sent)

    few, many = await cost(2), await cost(10)
    assert (many - few) / 8 <= 22
