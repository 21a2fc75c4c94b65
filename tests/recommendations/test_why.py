"""Scenario 36. Why this: factors with points that sum to the score. Why not me: typed reasons, and the smallest change that lifts each."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import Person, PersonQualification
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import NotFound, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import EN, ZH
from marketplace.recommendations import why, words
from marketplace.recommendations.errors import RankingIsOff
from marketplace.recommendations.why import LiftCode, Obstacle, WhyThis, birthday
from marketplace.volunteering import eligibility
from tests import builders, city
from tests.recommendations import scene


async def _asked(house: House, viewer: Viewer, shift_id: UUID) -> WhyThis:
    async with house.database.reading() as session:
        return await why.of_shift(session, viewer, shift_id)


async def _obstacle(house: House, viewer: Viewer, shift_id: UUID) -> Obstacle:
    (found,) = (await _asked(house, viewer, shift_id)).obstacles
    return found


async def _set(house: House, viewer: Viewer, **facts: Any) -> None:
    async with house.database.unit_of_work() as session:
        person = await session.get_one(Person, viewer.signed_in())
        for name, value in facts.items():
            setattr(person, name, value)


async def test_why_this_says_factors_that_sum_to_the_score_in_both_languages(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",))
    place = await scene.need(house, tags=("accompanying", "english_teaching"))
    told = why.must_be_ranked(await _asked(house, person, place.shift_id))
    assert told.score == sum(factor.points for factor in told.factors)
    skill = next(factor for factor in told.factors if factor.name == "skill")
    assert (skill.points, skill.most) == (125, 250)
    assert sentence(ZH, skill.key, skill.facts) == "您会陪伴照护；还需要英语教学"
    for factor in told.factors:
        for locale in (ZH, EN):
            said = sentence(locale, factor.key, factor.facts)
            assert said != factor.key and "%(" not in said


async def test_a_notice_says_the_points_of_all_factors_and_they_sum_in_both_languages(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",))
    place = await scene.need(house, tags=("accompanying",))
    told = why.must_be_ranked(await _asked(house, person, place.shift_id))
    said = words.why(told)
    assert (
        "需要的正是您的技能：陪伴照护" in said.zh and "It asks for what you can do: Accompanying" in said.en
    )
    for text, first in ((said.zh, "技能 25"), (said.en, "Skills 25")):
        found = re.search(r"[（(]([^（(]+) = ([0-9.]+)", text)
        assert found is not None
        parts = found[1].split(" + ")
        assert parts[0] == first and f"{told.score / 10:g}" == found[2]
        assert round(sum(float(part.rsplit(" ", 1)[1]) for part in parts), 1) == told.score / 10


async def test_why_not_me_gives_every_reason_and_what_would_lift_it(house: House) -> None:
    young = await scene.volunteer(house, birth_date=date(2011, 3, 15))
    place = await scene.need(house, minimum_age=16, asks=("first_aid",))
    found = {one.code: one.lift for one in (await _asked(house, young, place.shift_id)).obstacles}
    assert {code: lift.code for code, lift in found.items()} == {
        "person_is_too_young": LiftCode.WAIT_UNTIL_OLD_ENOUGH,
        "guardian_has_not_consented": LiftCode.ASK_GUARDIAN,
        "qualification_is_missing": LiftCode.GET_QUALIFICATION,
    }
    assert found["person_is_too_young"].facts["day"].zh == "2027年3月15日"
    async with house.database.reading() as session:
        reasons = await eligibility.mine(session, young, place.shift_id)
    assert {reason.code for reason in reasons} == set(found)


async def test_a_birth_date_lifts_what_its_lack_bars(house: House) -> None:
    person = await scene.volunteer(house, birth_date=None)
    place = await scene.need(house)
    assert (await _obstacle(house, person, place.shift_id)).lift.code is LiftCode.ADD_BIRTH_DATE
    await _set(house, person, birth_date=date(1990, 5, 1))
    assert (await _asked(house, person, place.shift_id)).obstacles == ()


async def test_a_stated_certificate_waits_for_an_officer(house: House) -> None:
    person = await scene.volunteer(house)
    place = await scene.need(house, asks=("first_aid",))
    assert (await _obstacle(house, person, place.shift_id)).lift.code is LiftCode.GET_QUALIFICATION
    row = {"person_id": person.signed_in(), "qualification_code": "first_aid", "stated_at": city.NOW}
    async with house.database.unit_of_work() as session:
        session.add(PersonQualification(id=new_id(), **row))
    assert (await _obstacle(house, person, place.shift_id)).lift.code is LiftCode.WAIT_FOR_VERIFICATION


async def test_widening_the_radius_by_what_is_said_lifts_the_distance(house: House) -> None:
    person = await scene.volunteer(house, travel_radius_metres=1000)
    place = await scene.need(house, latitude=31.2504, longitude=121.4246)
    found = await _obstacle(house, person, place.shift_id)
    assert (found.code, found.lift.code, found.lift.path) == (
        "too_far",
        LiftCode.WIDEN_RADIUS,
        "/profile/about",
    )
    more = round(1000 * float(found.lift.facts["more"].en.removesuffix(" km")))
    await _set(house, person, travel_radius_metres=1000 + more - 100)
    assert (await _asked(house, person, place.shift_id)).obstacles
    await _set(house, person, travel_radius_metres=1000 + more)
    assert (await _asked(house, person, place.shift_id)).obstacles == ()


async def test_for_a_clash_another_shift_of_the_need_is_offered(house: House) -> None:
    person = await scene.volunteer(house)
    mine = await scene.need(house, "我的班次")
    place = await scene.need(house, starts_in=timedelta(days=2, hours=1))
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, mine.shift_id, person.signed_in())
    alone = await _obstacle(house, person, place.shift_id)
    assert (alone.code, alone.lift.code, alone.lift.facts["need"]) == (
        "clash",
        LiftCode.WITHDRAW_ELSEWHERE,
        "我的班次",
    )
    async with house.database.unit_of_work() as session:
        other = await builders.shift(session, place.need_id, starts_in=timedelta(days=4))
    found = await _obstacle(house, person, place.shift_id)
    assert (found.lift.code, found.lift.shift_id) == (LiftCode.TAKE_OTHER_SHIFT, other)


async def test_for_a_full_shift_there_is_the_waiting_list(house: House) -> None:
    person = await scene.volunteer(house)
    place = await scene.need(house, capacity=1)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, place.shift_id, await builders.person(session, "别人"))
    found = await _obstacle(house, person, place.shift_id)
    assert (found.code, found.lift.code) == ("full", LiftCode.JOIN_WAITING_LIST)


async def test_whoever_signed_up_has_no_obstacles(house: House) -> None:
    person = await scene.volunteer(house)
    place = await scene.need(house, capacity=1)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, place.shift_id, person.signed_in())
    found = await _asked(house, person, place.shift_id)
    assert found.obstacles == () and found.sign_up is not None


async def test_whoever_is_not_ranked_is_told_why_not_but_never_a_score(house: House) -> None:
    person = await scene.volunteer(house, birth_date=None)
    place = await scene.need(house)
    await scene.decide(house, person, ConsentKind.RANKING, given=False)
    found = await _asked(house, person, place.shift_id)
    assert found.told is None and [one.code for one in found.obstacles] == ["birth_date_is_unknown"]
    with pytest.raises(RankingIsOff):
        why.must_be_ranked(found)


async def test_strangers_sign_in_and_hidden_needs_are_not_there(house: House) -> None:
    person = await scene.volunteer(house)
    place = await scene.need(house, published=False)
    with pytest.raises(SignInNeeded):
        await _asked(house, STRANGER, place.shift_id)
    with pytest.raises(NotFound):
        await _asked(house, person, place.shift_id)


def test_who_was_born_on_a_leap_day_is_a_year_older_on_the_first_of_march() -> None:
    assert birthday(date(2012, 2, 29), 18) == date(2030, 3, 1)
    assert birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)
