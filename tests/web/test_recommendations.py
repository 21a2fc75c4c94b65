"""Needs for you on the pages, without JavaScript: why this opened in place, why not me, whom to invite, and the switch that turns it off."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.notices import links
from marketplace.recommendations import lists, why
from marketplace.recommendations.models import RankingWeights
from matching.weights import VOLUNTEER_WEIGHTS
from tests import builders, city
from tests.deliveries import drain
from tests.recommendations import scene
from tests.recommendations.scene import Place
from tests.web.visitor import Visitor

CHECK_IN = 'class="button button-main" href="/check-in"'


async def _signed_in(house: House, visitor: Visitor, **facts: object) -> Viewer:
    me = await scene.volunteer(house, locale="en", **facts)  # type: ignore[arg-type]
    await visitor.sign_in(me.signed_in())
    return me


async def _invited(house: House, visitor: Visitor) -> Place:
    place, organiser = await scene.need(house, "陪诊"), await scene.organiser(house)
    me = await _signed_in(house, visitor)
    await scene.ask(house, organiser, place.shift_id, me)
    return place


async def test_the_home_page_says_what_suits_and_why(visitor: Visitor, house: House) -> None:
    await scene.need(house, "陪诊", tags=("accompanying",))
    me = await _signed_in(house, visitor, skills=("accompanying",))
    page = await visitor.get("/")
    for said in ("For you", "Why this?", "25 of 25", "It asks for what you can do: Accompanying", "Together"):
        assert said in page.text
    (shown,) = (await scene.recommended(house, me)).items
    assert f"{shown.told.score / 10:g} of 100" in page.text
    # From the list of the day, made without being asked, the page is the same.
    await lists.renew_for_the_present(house.database)
    assert len(await scene.stored(house)) == 1
    assert (await visitor.get("/")).text == page.text


async def test_ranking_is_turned_off_and_on_again(visitor: Visitor, house: House) -> None:
    await scene.need(house, "陪诊")
    await _signed_in(house, visitor)
    await lists.renew_for_the_present(house.database)
    page = await visitor.get("/my/recommendations")
    consent = "/profile/consents/personal_ranking"
    await visitor.submit_and_follow(page, consent)
    await drain(house)
    home = await visitor.get("/")
    assert "Why this?" not in home.text and "Personal ranking is off" in home.text
    assert "陪诊" in home.text  # in the plain order
    assert await scene.stored(house) == []
    off = await visitor.get("/my/recommendations")
    assert "Why this?" not in off.text
    await visitor.submit_and_follow(off, consent)
    assert "Why this?" in (await visitor.get("/my/recommendations")).text


@pytest.mark.parametrize(
    ("born", "path"), [(None, why.ABOUT), (date(2011, 3, 15), why.GUARDIAN), (date(1990, 5, 1), "/profile")]
)
async def test_an_empty_list_leads_to_what_would_fill_it(
    visitor: Visitor, house: House, born: date | None, path: str
) -> None:
    if born is None or born.year > 2000:
        await scene.need(house, "陪诊")
    await _signed_in(house, visitor, birth_date=born)
    page = await visitor.get("/my/recommendations")
    assert "Nothing suits at the moment" in page.text
    assert ("Something is missing" in page.text) is (path != "/profile")
    assert page.html.count(f'href="{path}"') == 1 + page.html.split("<main")[0].count(f'href="{path}"')


async def test_a_need_says_why_not_me_with_a_link_to_what_would_lift_it(
    visitor: Visitor, house: House
) -> None:
    place = await scene.need(house, asks=("first_aid",), minimum_age=18)
    await _signed_in(house, visitor, birth_date=None)
    page = await visitor.get(f"/needs/{place.need_id}")
    assert "What is in the way" in page.text
    assert "/profile/about" in page.links and "Add your birth date to your profile" in page.text
    assert "/profile/qualifications" in page.links and "Get this certificate" in page.text


async def test_a_stranger_is_told_nothing_personal(visitor: Visitor, house: House) -> None:
    place = await scene.need(house)
    for path in ("/", f"/needs/{place.need_id}"):
        page = await visitor.get(path)
        assert page.status == 200 and "Why this?" not in page.text and "Is it for you?" not in page.text


async def test_an_organiser_invites_from_the_list(visitor: Visitor, house: House) -> None:
    place = await scene.need(house, "陪诊")
    person = await scene.volunteer(house, "林小满")
    organiser = await scene.organiser(house)
    await house.volunteers.rebuild()
    await visitor.sign_in(organiser.signed_in())
    path = f"/shifts/{place.shift_id}/invite"
    assert path in (await visitor.get(f"/needs/{place.need_id}/manage")).links
    page = await visitor.get(path)
    assert "林＊＊" in page.text and "林小满" not in page.text
    nobody = await visitor.submit(page, path)
    assert nobody.status == 422 and "林＊＊" in nobody.text
    after = await visitor.submit_and_follow(page, path, person_ids=str(person.signed_in()))
    assert "已邀请 1 人" in after.text


async def test_the_invited_person_reads_why_and_declines(visitor: Visitor, house: House) -> None:
    await _invited(house, visitor)
    await drain(house)
    inbox = await visitor.get("/inbox")
    assert "You are invited: 陪诊" in inbox.text and "Why you:" in inbox.text
    assert "陪诊" in (await visitor.get("/")).text
    page = await visitor.get("/my/invitations")
    assert "Why me?" in page.text
    action = next(form.action for form in page.forms if "/my/invitations/" in form.action)
    after = await visitor.submit_and_follow(page, action)
    assert "No invitation waits for you" in after.text


async def test_weights_are_previewed_before_they_are_proposed(visitor: Visitor, house: House) -> None:
    await scene.volunteer(house)
    await scene.need(house, "陪诊")
    async with house.database.unit_of_work() as session:
        one = await builders.viewer(session, "甲", Role.ADMINISTRATOR, city.CITY, locale="en")
        other = await builders.viewer(session, "乙", Role.ADMINISTRATOR, city.CITY, locale="en")
    await visitor.sign_in(one.signed_in())
    path = "/desk/weights/propose/volunteer"
    form = await visitor.get(path)
    wrong = await visitor.submit(form, path, **{"points.skill": "99", "reason": "x"})
    assert wrong.status == 422 and "sum to 100" in wrong.text
    changed = {"points.skill": "20", "points.fairness": "12", "reason": "给新人更多机会"}
    preview = await visitor.submit(form, path, **changed)
    assert "Preview on real data" in preview.text and "Newcomers" in preview.text
    async with house.database.reading() as session:
        assert len(list(await session.scalars(select(RankingWeights)))) == 2
    shown = await visitor.submit_and_follow(preview, path, confirmed="on")
    assert "A second officer decides" in shown.text
    await visitor.sign_in(other.signed_in())
    (proposed,) = await _proposed(house)
    page = await visitor.get(links.weights(proposed.id))
    assert proposed.points == {**VOLUNTEER_WEIGHTS.points, "skill": 20, "fairness": 12}
    after = await visitor.submit_and_follow(page, f"/desk/weights/{proposed.id}/approve")
    assert "In force" in after.text


async def test_needs_in_the_fields_of_an_organisation(visitor: Visitor, house: House) -> None:
    await scene.need(house, "陪诊")
    manager = await scene.manager(house)
    organisation_id = manager.roles[0].organisation_id
    await visitor.sign_in(manager.signed_in())
    path = f"/organisations/{organisation_id}/needs-for-you"
    assert path in (await visitor.get(f"/organisations/{organisation_id}")).links
    page = await visitor.get(path)
    assert "陪诊" in page.text and "属于贵组织的领域" in page.text


@pytest.mark.parametrize(
    "path", sorted({why.ABOUT, why.GUARDIAN, why.QUALIFICATIONS, why.MY_SHIFTS, why.FIND, links.INVITATIONS})
)
async def test_every_change_leads_to_a_page(visitor: Visitor, house: House, path: str) -> None:
    await _signed_in(house, visitor, birth_date=None)
    assert (await visitor.get(path)).status == 200


async def test_check_in_is_offered_when_its_window_is_open(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    place = await scene.need(house, "陪诊", starts_in=timedelta(hours=3))
    me = await _signed_in(house, visitor)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, place.shift_id, me.signed_in())
    for path in ("/", "/my/shifts"):
        page = await visitor.get(path)
        assert "You can check in from 12:45." in page.text
        assert CHECK_IN not in page.html
    clock.advance(timedelta(hours=2, minutes=45))
    for path in ("/", "/my/shifts"):
        assert CHECK_IN in (await visitor.get(path)).html


async def _proposed(house: House) -> list[RankingWeights]:
    async with house.database.reading() as session:
        rows = await session.scalars(select(RankingWeights).where(RankingWeights.version == 2))
        return list(rows)
