"""Whom to invite, and being invited: only who agreed, masked, at most three a week; at once, twice, and by two organisers at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.consents import ConsentKind
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.recommendations import invitation_queries, invitations, inviting
from marketplace.recommendations.errors import (
    InvitationIsOver,
    PersonIsInvitedEnough,
    PersonMayNotBeInvited,
    ShiftTakesNobody,
)
from marketplace.recommendations.invitation_queries import InvitationRow, InvitationState
from marketplace.recommendations.inviting import RankingIsAway, masked
from marketplace.recommendations.models import Invitation
from tests import builders
from tests.deliveries import drain
from tests.recommendations import scene
from tests.recommendations.scene import Place
from tests.statements import counting
from tests.volunteering.scene import join


async def _of_need(house: House, viewer: Viewer, place: Place) -> list[InvitationRow]:
    async with house.database.reading() as session:
        return await invitation_queries.of_need(session, viewer, place.need_id)


async def _mine(house: House, viewer: Viewer) -> list[InvitationRow]:
    async with house.database.reading() as session:
        return await invitation_queries.mine(session, viewer)


async def _decline(house: House, viewer: Viewer, row: InvitationRow) -> None:
    async with house.database.unit_of_work() as session:
        await invitations.decline(session, viewer, row.id)


async def test_the_best_people_come_first_with_masked_names_and_whole_kilometres(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house, tags=("accompanying",))
    await scene.volunteer(house, "王大明")
    able = await scene.volunteer(house, "林小满", skills=("accompanying",))
    found = (await scene.suggested(house, organiser, place.shift_id)).people
    assert found[0].person_id == able.signed_in()
    assert [one.masked_name for one in found] == ["林＊＊", "王＊＊"]
    assert masked("A") == "A＊＊"
    best = found[0].told
    assert best.score == sum(factor.points for factor in best.factors)
    travel = next(factor for factor in best.factors if factor.name == "travel")
    assert travel.facts["distance"].en == "1 km"
    assert found[0].district is not None and found[0].district.zh == "长宁区"


async def test_where_few_want_to_be_asked_the_neighbours_who_do_are_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    organiser, place = await scene.organiser(house), await scene.need(house, tags=("accompanying",))
    willing = await scene.volunteer(house, "甲")
    for name in ("乙", "丙", "丁"):
        await scene.volunteer(house, name, skills=("accompanying",), invitable=False)
    monkeypatch.setattr(inviting, "_WIDTHS", (1, 2))
    found = await scene.suggested(house, organiser, place.shift_id)
    assert [one.person_id for one in found.people] == [willing.signed_in()] and not found.is_reduced


async def test_only_who_agreed_to_be_ranked_and_invited_is_suggested(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    willing = await scene.volunteer(house, "甲")
    await scene.volunteer(house, "乙", invitable=False)
    unranked = await scene.volunteer(house, "丙")
    await scene.decide(house, unranked, ConsentKind.RANKING, given=False)
    taken = await scene.volunteer(house, "丁")
    await join(house, taken, place.shift_id)
    too_young = await scene.volunteer(house, "戊", birth_date=None)
    found = await scene.suggested(house, organiser, place.shift_id)
    assert [one.person_id for one in found.people] == [willing.signed_in()]
    for one in (unranked, taken, too_young, organiser):
        with pytest.raises(PersonMayNotBeInvited):
            await scene.ask(house, organiser, place.shift_id, one)


async def test_without_arrays_the_database_finds_people_and_says_so(house: House) -> None:
    class Away:
        async def best(self, *_: object) -> list[object]:
            raise RankingIsAway()

    organiser = await scene.organiser(house)
    place = await scene.need(house)
    person = await scene.volunteer(house)
    async with house.database.reading() as session:
        found = await inviting.suggested(session, organiser, Away(), place.shift_id)  # type: ignore[arg-type]
    assert found.is_reduced and [one.person_id for one in found.people] == [person.signed_in()]


async def test_whoever_was_invited_lately_goes_down(house: House) -> None:
    organiser = await scene.organiser(house)
    first, second = await scene.need(house, "一"), await scene.need(house, "二", starts_in=timedelta(days=4))
    often, seldom = [await scene.volunteer(house, name) for name in ("甲", "乙")]
    await scene.ask(house, organiser, first.shift_id, often)
    people = (await scene.suggested(house, organiser, second.shift_id)).people
    assert [one.person_id for one in people] == [seldom.signed_in(), often.signed_in()]
    fairness = [next(f for f in one.told.factors if f.name == "fairness").points for one in people]
    assert fairness[0] > fairness[1]


async def test_inviting_twice_is_inviting_once(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    person = await scene.volunteer(house)
    assert await scene.ask(house, organiser, place.shift_id, person, person) == 1
    assert await scene.ask(house, organiser, place.shift_id, person) == 0
    assert len(await _of_need(house, organiser, place)) == 1
    assert (await scene.suggested(house, organiser, place.shift_id)).people == []


async def test_a_person_gets_at_most_three_invitations_a_week(house: House, clock: FixedClock) -> None:
    organiser = await scene.organiser(house)
    person = await scene.volunteer(house)
    places = [
        await scene.need(house, f"需求{number}", starts_in=timedelta(days=20 + number)) for number in range(4)
    ]
    for place in places[:3]:
        await scene.ask(house, organiser, place.shift_id, person)
    with pytest.raises(PersonIsInvitedEnough) as refused:
        await scene.ask(house, organiser, places[3].shift_id, person)
    assert refused.value.facts["most"] == 3 and refused.value.article
    assert (await scene.suggested(house, organiser, places[3].shift_id)).people == []
    clock.advance(timedelta(days=8))
    assert await scene.ask(house, organiser, places[3].shift_id, person) == 1


async def test_two_organisers_at_once_do_not_pass_the_limit(house: House) -> None:
    organiser = await scene.organiser(house)
    person = await scene.volunteer(house)
    places = [
        await scene.need(house, f"需求{number}", starts_in=timedelta(days=2 + number)) for number in range(6)
    ]
    outcomes = await asyncio.gather(
        *(scene.ask(house, organiser, place.shift_id, person) for place in places), return_exceptions=True
    )
    assert outcomes.count(1) == 3
    assert all(isinstance(one, PersonIsInvitedEnough) for one in outcomes if one != 1)


async def test_nobody_is_invited_when_one_may_not_be(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    willing, unwilling = await scene.volunteer(house), await scene.volunteer(house, invitable=False)
    with pytest.raises(PersonMayNotBeInvited):
        await scene.ask(house, organiser, place.shift_id, willing, unwilling)
    assert await _of_need(house, organiser, place) == []


async def test_a_shift_that_is_full_or_over_takes_nobody(house: House) -> None:
    organiser = await scene.organiser(house)
    person = await scene.volunteer(house)
    full, past = await scene.need(house, capacity=1), await scene.need(house, starts_in=-timedelta(hours=1))
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, full.shift_id, await builders.person(session))
    for place in (full, past):
        with pytest.raises(ShiftTakesNobody):
            await scene.ask(house, organiser, place.shift_id, person)
        found = await scene.suggested(house, organiser, place.shift_id)
        assert not found.takes_people and not found.people


async def test_the_invited_person_reads_why_and_signs_up_or_declines(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    yes, no, silent = [await scene.volunteer(house, name) for name in ("甲", "乙", "丙")]
    await scene.ask(house, organiser, place.shift_id, yes, no, silent)
    (asked,) = await _mine(house, yes)
    assert asked.told.score == sum(factor.points for factor in asked.told.factors)
    assert all(factor.key.startswith("why.you.") for factor in asked.told.factors)
    await join(house, yes, place.shift_id)
    (other,) = await _mine(house, no)
    await _decline(house, no, other)
    await _decline(house, no, other)
    rows = await _of_need(house, organiser, place)
    assert {row.name: row.state for row in rows} == {
        "甲＊＊": InvitationState.ACCEPTED,
        "乙＊＊": InvitationState.DECLINED,
        "丙＊＊": InvitationState.WAITING,
    }
    async with house.database.reading() as session:
        counts = await invitation_queries.tally(session, place.need_id)
    assert (counts.invited, counts.accepted, counts.declined) == (3, 1, 1)
    assert await _mine(house, yes) == [] == await _mine(house, no)


async def test_who_declined_is_not_asked_for_that_need_again(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    person = await scene.volunteer(house)
    await scene.ask(house, organiser, place.shift_id, person)
    await _decline(house, person, (await _mine(house, person))[0])
    assert (await scene.suggested(house, organiser, place.shift_id)).people == []
    with pytest.raises(PersonMayNotBeInvited):
        await scene.ask(house, organiser, place.shift_id, person)


async def test_an_invitation_ends_with_the_start_of_its_shift(house: House, clock: FixedClock) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    person = await scene.volunteer(house)
    await scene.ask(house, organiser, place.shift_id, person)
    (asked,) = await _mine(house, person)
    clock.advance(timedelta(days=3))
    assert await _mine(house, person) == []
    async with house.database.unit_of_work() as session:
        await invitations.end_over(session)
    with pytest.raises(InvitationIsOver):
        await _decline(house, person, asked)
    async with house.database.unit_of_work() as session:
        later = await builders.shift(session, place.need_id)
    assert await scene.ask(house, organiser, later, person) == 1


async def test_who_wants_no_more_invitations_has_none_open(house: House) -> None:
    organiser = await scene.organiser(house)
    place = await scene.need(house)
    person = await scene.volunteer(house)
    await scene.ask(house, organiser, place.shift_id, person)
    await scene.decide(house, person, ConsentKind.INVITATIONS, given=False)
    await drain(house)
    assert await _mine(house, person) == []
    async with house.database.reading() as session:
        assert (await session.scalars(select(Invitation.ended_at))).one() is not None


async def test_three_visitors_at_every_door(house: House) -> None:
    organiser, person = await scene.organiser(house), await scene.volunteer(house)
    outsider = await scene.volunteer(house, "路人")
    place = await scene.need(house)
    hidden = await scene.need(house, published=False)
    await scene.ask(house, organiser, place.shift_id, person)
    (asked,) = await _mine(house, person)
    doors: list[Callable[[Viewer], Awaitable[object]]] = [
        lambda who: scene.suggested(house, who, place.shift_id),
        lambda who: scene.ask(house, who, place.shift_id, person),
        lambda who: _of_need(house, who, place),
    ]
    for door in doors:
        await _refused(SignInNeeded, door(STRANGER))
        await _refused(NotPermitted, door(outsider))
        await door(organiser)
    await _refused(NotFound, scene.suggested(house, outsider, hidden.shift_id))
    await _refused(
        NotPermitted, scene.ask(house, outsider, place.shift_id, replace(person, person_id=new_id()))
    )
    await _refused(SignInNeeded, _decline(house, STRANGER, asked))
    await _refused(NotFound, _decline(house, outsider, asked))
    async with house.database.reading() as session:
        assert await invitation_queries.by_ids(session, STRANGER, [asked.id]) == {}
        assert await invitation_queries.by_ids(session, outsider, [asked.id]) == {}
        seen = await invitation_queries.by_ids(session, person, [asked.id])
        masked_one = await invitation_queries.by_ids(session, organiser, [asked.id])
    assert seen[asked.id].name == "林小满" and masked_one[asked.id].name == "林＊＊"


async def test_suggesting_costs_as_much_for_many_as_for_few(house: House) -> None:
    organiser, place = await scene.organiser(house), await scene.need(house, tags=("accompanying",))
    counts = []
    for _ in range(2):
        for number in range(4):
            await scene.volunteer(house, f"人{number}", skills=("accompanying",))
        await house.volunteers.rebuild()
        async with house.database.reading() as session:
            with counting(house) as sent:
                await inviting.suggested(session, organiser, house.volunteers, place.shift_id)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 36


async def _refused(kind: type[MarketplaceError], door: Awaitable[object]) -> None:
    with pytest.raises(kind):
        await door
