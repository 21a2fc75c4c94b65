"""The arrays of the house: healed when missing, broken or foreign; kept in step by news; and saying the same as an explanation."""

from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from marketplace.bootstrap import House, open_house
from marketplace.identity import profiles, qualifications
from marketplace.identity.drafts import ProfileDraft
from marketplace.identity.models import PersonQualification
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import SHANGHAI, FixedClock
from marketplace.kernel.ids import new_id
from marketplace.recommendations import facts, weights
from marketplace.recommendations.drafts import RankingKind
from matching.arrays import VolunteerArrays
from matching.columns import ArraysAreBusy
from matching.ranking import rank
from matching.scoring import explain
from tests import builders, city
from tests.deliveries import drain
from tests.recommendations import scene
from tests.recommendations.scene import Place


def _folder(house: House) -> Path:
    return house.settings.data_folder / "recommendations"


async def _best(house: House, place: Place) -> list[UUID]:
    async with house.database.reading() as session:
        opportunity = (await facts.opportunities(session, [place.shift_id]))[place.shift_id]
        in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
        tree = (await facts.tags(session)).tree
    return await house.volunteers.best(opportunity, in_force, tree, 100)


async def _heal(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await house.volunteers.heal(session)
    await house.volunteers.finish()


async def test_missing_arrays_are_built_by_themselves(house: House) -> None:
    person, place = await scene.volunteer(house), await scene.need(house)
    await _heal(house)
    assert await _best(house, place) == [person.signed_in()]


async def test_broken_arrays_are_built_anew(house: House) -> None:
    person, place = await scene.volunteer(house), await scene.need(house)
    await _heal(house)
    for path in _folder(house).rglob("*"):
        if path.is_file() and path.suffix != ".lock":
            path.write_bytes(b"\0" * 7)
    other = open_house(house.settings, clock=house.clock)
    await _heal(other)
    assert await _best(other, place) == [person.signed_in()]
    await other.close()


async def test_another_process_reads_what_this_one_wrote(house: House) -> None:
    person, place = await scene.volunteer(house), await scene.need(house)
    await _heal(house)
    other = open_house(house.settings, clock=house.clock)
    assert await _best(other, place) == [person.signed_in()]
    second = await scene.volunteer(house, "第二人")
    async with house.database.unit_of_work() as session:
        await profiles.change(session, second, ProfileDraft(about="我也来"))
    await drain(house)
    assert set(await _best(other, place)) == {person.signed_in(), second.signed_in()}
    await other.close()


async def test_a_changed_profile_is_ranked_anew(house: House) -> None:
    plain = await scene.volunteer(house, "甲", skills=("accompanying",))
    other = await scene.volunteer(house, "乙")
    place = await scene.need(house, tags=("phone_teaching",))
    await _heal(house)
    async with house.database.unit_of_work() as session:
        await profiles.change(session, other, ProfileDraft(skills=("phone_teaching",)))
    await drain(house)
    assert await _best(house, place) == [other.signed_in(), plain.signed_in()]


async def test_a_verified_qualification_opens_what_asks_for_it(house: House) -> None:
    person = await scene.volunteer(house)
    place = await scene.need(house, asks=("first_aid",))
    await _heal(house)
    assert await _best(house, place) == []
    stated = new_id()
    async with house.database.unit_of_work() as session:
        officer = await builders.viewer(session, "核验员", Role.DISTRICT_OFFICER, city.CHANGNING)
        row = {"person_id": person.signed_in(), "qualification_code": "first_aid", "stated_at": city.NOW}
        session.add(PersonQualification(id=stated, **row))
    async with house.database.unit_of_work() as session:
        await qualifications.verify(session, officer, stated)
    await drain(house)
    assert await _best(house, place) == [person.signed_in()]


async def test_arrays_say_what_an_explanation_says(house: House) -> None:
    places = [
        await scene.need(house, "陪诊", tags=("accompanying", "shanghainese"), minimum_age=18),
        await scene.need(
            house, "教手机", category_code="digital_help", tags=("phone_teaching", "older_people")
        ),
    ]
    people: list[Viewer] = [
        await scene.volunteer(house, "甲", skills=("accompanying", "shanghainese")),
        await scene.volunteer(house, "乙", skills=("phone_teaching",), latitude=31.19, longitude=121.44),
        await scene.volunteer(house, "丙", travel_radius_metres=None, home_area_code=city.TIANPING_COMMUNITY),
        await scene.volunteer(house, "丁", birth_date=date(2010, 1, 1)),
        await scene.volunteer(house, "戊", latitude=None, longitude=None, home_area_code=None),
    ]
    await scene.served(house, people[0], places[0], 9)
    await scene.served(house, people[1], places[1], 40, came=False)
    await _heal(house)
    arrays = VolunteerArrays(_folder(house))
    for place in places:
        async with house.database.reading() as session:
            found = await facts.volunteers(session, [one.signed_in() for one in people])
            opportunity = (await facts.opportunities(session, [place.shift_id]))[place.shift_id]
            in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
            tree = (await facts.tags(session)).tree
        explained = {key: explain(one, opportunity, in_force, tree) for key, one in found.items()}
        ranked = {one.id: one.score for one in rank(arrays, opportunity, in_force, 100, tree=tree)}
        assert ranked == {key: one.score for key, one in explained.items() if not one.blocks}


async def test_news_during_a_rebuild_is_delivered_again(house: House) -> None:
    person, place = await scene.volunteer(house), await scene.need(house)
    await _heal(house)
    second = await scene.volunteer(house, "第二人")
    arrays = VolunteerArrays(_folder(house))
    with arrays.writing():
        async with house.database.reading() as session:
            with pytest.raises(ArraysAreBusy):
                await house.volunteers.tell(session, [second.signed_in()])
    async with house.database.reading() as session:
        await house.volunteers.tell(session, [second.signed_in()])
    assert set(await _best(house, place)) == {person.signed_in(), second.signed_in()}


async def test_arrays_are_renewed_in_the_small_hours(house: House, clock: FixedClock) -> None:
    await _heal(house)
    person, place = await scene.volunteer(house), await scene.need(house, starts_in=timedelta(days=3))
    for hour, expected in ((12, []), (4, [person.signed_in()])):
        clock.set(datetime(2026, 11, 23, hour, tzinfo=SHANGHAI))
        async with house.database.unit_of_work() as session:
            await house.volunteers.renew_at_night(session)
        await house.volunteers.finish()
        assert await _best(house, place) == expected
