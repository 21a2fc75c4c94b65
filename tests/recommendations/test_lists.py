"""Lists made ahead: good for their day or until their facts change, made by workers for whoever was here, forgotten in time.

Looking writes nothing: that every page and operation keeps to it, tests.web.test_no_form_breaks tries.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.identity.consents import ConsentKind
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.events import ProfileChanged
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.outbox.publish import publish
from marketplace.recommendations import facts, lists, weights
from marketplace.recommendations.drafts import RankingKind, WeightsDraft
from marketplace.recommendations.lists import Made
from marketplace.recommendations.models import RecommendationList
from marketplace.recommendations.recommending import Recommendations
from marketplace.volunteering import sign_ups
from marketplace.volunteering.events import NeedChanged, NeedPublished
from marketplace.volunteering.models import Shift
from marketplace.volunteering.sign_up_drafts import JoinDraft
from matching.weights import VOLUNTEER_WEIGHTS
from tests import builders, city
from tests.deliveries import drain
from tests.recommendations import scene
from tests.recommendations.scene import Place
from tests.statements import counting

MINUTE = timedelta(minutes=1)


async def _listed(house: House, **facts_of_person: object) -> tuple[Viewer, Place]:
    """Somebody who is here, one need, and their list of today."""
    person = await scene.volunteer(house, **facts_of_person)  # type: ignore[arg-type]
    await scene.here(house, person)
    place = await scene.need(house)
    await lists.renew_for_the_present(house.database)
    return person, place


async def _shown(house: House, viewer: Viewer) -> tuple[Recommendations, bool]:
    """What they are recommended, and whether it came from their list."""
    with counting(house) as sent:
        shown = await scene.recommended(house, viewer)
    return shown, not any("person_tags" in statement for statement in sent)


async def _count(house: House) -> int:
    async with house.database.reading() as session:
        return len((await session.scalars(select(RecommendationList))).all())


async def test_todays_list_is_read_not_worked_out_and_says_the_same(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",))
    await scene.here(house, person)
    await scene.need(house, tags=("accompanying",))
    await scene.need(house, "整理图书", category_code="education")
    worked_out, was_kept = await _shown(house, person)
    assert not was_kept and not await scene.stored(house)
    await lists.renew_for_the_present(house.database)
    with counting(house) as sent:
        kept = await scene.recommended(house, person)
    assert len(sent) <= 12
    assert [(one.need_id, one.shift.id, one.told) for one in kept.items] == [
        (one.need_id, one.shift.id, one.told) for one in worked_out.items
    ]
    rows = await scene.stored(house)
    assert [row.place for row in rows] == [1, 2]
    assert all(row.score == sum(factor["points"] for factor in row.factors) for row in rows)


async def test_a_list_names_its_weights_and_is_made_anew_when_others_come_into_force(house: House) -> None:
    person, _ = await _listed(house)
    async with house.database.unit_of_work() as session:
        one, other = [
            await builders.viewer(session, name, Role.ADMINISTRATOR, city.CITY) for name in ("甲", "乙")
        ]
        points = {**VOLUNTEER_WEIGHTS.points, "skill": 20, "fairness": 12}
        draft = WeightsDraft(kind=RankingKind.VOLUNTEER, points=points, reason="给新人更多机会")
        proposed = await weights.propose(session, one, draft, None)
        await weights.approve(session, other, proposed)
    shown, was_kept = await _shown(house, person)
    assert (shown.weights_version, was_kept) == (2, False)
    await lists.renew_for_the_present(house.database)
    shown, was_kept = await _shown(house, person)
    assert (shown.weights_version, shown.items[0].told.weights_version, was_kept) == (2, 2, True)
    async with house.database.reading() as session:
        versions = await session.scalars(
            select(RecommendationList.weights_version).order_by(RecommendationList.id)
        )
        assert versions.all() == [1, 2]


async def _profile_changes(house: House, viewer: Viewer, _: Place) -> None:
    async with house.database.unit_of_work() as session:
        await publish(session, ProfileChanged(person_id=viewer.signed_in()))


async def _signs_up(house: House, viewer: Viewer, place: Place) -> None:
    async with house.database.unit_of_work() as session:
        await sign_ups.join(session, viewer, place.shift_id, JoinDraft(idempotency_key="once"))


async def _need_is_published(house: House, _: Viewer, __: Place) -> None:
    place = await scene.need(house, "新的", published_at=house.clock.now())
    async with house.database.unit_of_work() as session:
        await publish(session, NeedPublished(need_id=place.need_id))


async def _shift_is_added(house: House, _: Viewer, place: Place) -> None:
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, place.need_id, starts_in=timedelta(days=5))
        await session.execute(update(Shift).where(Shift.id == shift_id).values(created_at=session.now()))
        await publish(session, NeedChanged(need_id=place.need_id))


@pytest.mark.parametrize("happens", [_profile_changes, _signs_up, _need_is_published, _shift_is_added])
async def test_a_list_ends_when_its_facts_change(
    house: House, clock: FixedClock, happens: Callable[[House, Viewer, Place], Awaitable[None]]
) -> None:
    person, place = await _listed(house)
    await drain(house)
    assert (await _shown(house, person))[1]
    clock.advance(MINUTE)
    await happens(house, person, place)
    await drain(house)
    assert not (await _shown(house, person))[1]
    await lists.renew_for_the_present(house.database)
    assert (await _shown(house, person))[1]


async def test_what_happens_far_away_or_to_places_alone_ends_no_list(house: House, clock: FixedClock) -> None:
    person, place = await _listed(house)
    clock.advance(2 * MINUTE)
    await _profile_changes(house, person, place)
    await drain(house)
    await lists.renew_for_the_present(house.database)
    far = await scene.need(house, "远处", latitude=31.4, longitude=121.9, published_at=clock.now())
    async with house.database.unit_of_work() as session:
        await publish(session, NeedPublished(need_id=far.need_id))
        await publish(session, NeedChanged(need_id=place.need_id))
    await drain(house)
    assert (await _shown(house, person))[1]


async def test_what_was_taken_since_is_left_out_at_once(house: House) -> None:
    person, place = await _listed(house)
    clashing = await scene.need(house, "同一时间", category_code="education")
    await lists.renew_for_the_present(house.database)
    assert len((await _shown(house, person))[0].items) == 1  # the list of before the second need
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, clashing.shift_id, person.signed_in())
    shown, was_kept = await _shown(house, person)
    assert was_kept and not shown.items
    assert place.need_id in {row.need_id for row in await scene.stored(house)}


async def test_a_new_day_has_a_new_list_for_whoever_was_here_lately(house: House, clock: FixedClock) -> None:
    person, _ = await _listed(house)
    away = await scene.volunteer(house, "久未来")
    clock.advance(timedelta(days=1))
    assert not (await _shown(house, person))[1]
    await lists.renew_for_the_day(house.database)
    await lists.renew_for_the_day(house.database)
    assert (await _shown(house, person))[1] and not (await _shown(house, away))[1]
    assert await _count(house) == 2
    clock.advance(timedelta(days=15))
    await lists.renew_for_the_day(house.database)
    assert await _count(house) == 2


async def test_a_list_that_says_the_same_again_is_on_record_once(house: House, clock: FixedClock) -> None:
    person, place = await _listed(house)
    clock.advance(MINUTE)
    await _profile_changes(house, person, place)
    await drain(house)
    await lists.renew_for_the_present(house.database)
    assert (await _shown(house, person))[1]
    assert await _count(house) == len(await scene.stored(house)) == 1


async def test_a_list_made_from_facts_that_changed_meanwhile_is_not_kept(
    house: House, clock: FixedClock
) -> None:
    person, place = await _listed(house)
    clock.advance(MINUTE)
    async with house.database.reading() as session:
        in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
        chosen = await lists.worked_out(session, [person.signed_in()], in_force)
        made = Made(session.now(), in_force.version, chosen)
    clock.advance(MINUTE)
    await _profile_changes(house, person, place)
    await drain(house)
    async with house.database.unit_of_work() as session:
        await lists.keep(session, made)
    assert not (await _shown(house, person))[1]
    await lists.renew_for_the_present(house.database)
    assert (await _shown(house, person))[1]


async def test_lists_are_made_for_many_in_as_many_statements_as_for_one(house: House) -> None:
    for number in range(3):
        await scene.need(house, f"需求{number}", category_code="education")
    counts = []
    for some in (("甲",), ("乙", "丙", "丁")):
        for name in some:
            await scene.here(house, await scene.volunteer(house, name))
        with counting(house) as sent:
            await lists.renew_for_the_present(house.database)
        counts.append(len([one for one in sent if not one.startswith(("INSERT", "UPDATE"))]))
    assert counts[0] == counts[1]
    assert len(await scene.stored(house)) == 12


async def test_lists_are_forgotten_after_ninety_days(house: House, clock: FixedClock) -> None:
    await _listed(house)
    for days, left in ((89, 1), (2, 0)):
        clock.advance(timedelta(days=days))
        async with house.database.unit_of_work() as session:
            await lists.forget_old(session)
        assert len(await scene.stored(house)) == await _count(house) == left


async def test_whoever_turns_ranking_off_gets_no_score_and_leaves_no_trace(house: House) -> None:
    person, _ = await _listed(house)
    await house.volunteers.rebuild()
    assert person.signed_in() in await _in_arrays(house)
    await scene.decide(house, person, ConsentKind.RANKING, given=False)
    shown = await scene.recommended(house, person)
    assert (shown.is_personal, list(shown.items), shown.weights_version) == (False, [], None)
    await drain(house)
    await lists.renew_for_the_present(house.database)
    assert await scene.stored(house) == [] and await _count(house) == 0
    assert person.signed_in() not in await _in_arrays(house)
    await scene.decide(house, person, ConsentKind.RANKING, given=True)
    await drain(house)
    assert (await scene.recommended(house, person)).is_personal
    assert person.signed_in() in await _in_arrays(house)


async def test_an_erased_person_is_nowhere(house: House) -> None:
    person, _ = await _listed(house)
    await house.volunteers.rebuild()
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, person, ErasureDraft(confirmed=True))
    await drain(house)
    await lists.renew_for_the_day(house.database)
    assert await scene.stored(house) == [] and await _count(house) == 0
    assert person.signed_in() not in await _in_arrays(house)
    async with house.database.reading() as session:
        assert await facts.volunteers(session, [person.signed_in()]) == {}


async def _in_arrays(house: House) -> set[UUID]:
    place = await scene.need(house, "谁都可以")
    async with house.database.reading() as session:
        opportunity = (await facts.opportunities(session, [place.shift_id]))[place.shift_id]
        in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
        tree = (await facts.tags(session)).tree
    return set(await house.volunteers.best(opportunity, in_force, tree, 1000))


async def test_workers_make_the_lists(house: House) -> None:
    tasks = house.registry.tasks
    assert tasks["recommendations.renew_lists"].run is lists.renew_for_the_present
    assert tasks["recommendations.renew_lists_daily"].run is lists.renew_for_the_day
