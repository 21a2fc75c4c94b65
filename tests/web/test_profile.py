"""The pages of one's profile and account, as their owner, a stranger and somebody else open them."""

import re
from datetime import date

import orjson
import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity import consents, emails, sessions, viewers
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import ApiToken, GuardianConsent, Person, PersonQualification
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from tests import builders, city
from tests.identity import scene
from tests.web.visitor import Page, Visitor

OWN_PAGES = (
    "/profile",
    "/profile/about",
    "/profile/skills",
    "/profile/times",
    "/profile/email",
    "/profile/devices",
    "/profile/tokens",
    "/profile/consents",
    "/profile/data",
    "/profile/data.json",
    "/profile/guardian",
    "/profile/qualifications",
    "/tags/propose",
    "/desk/roles",
)


async def signed_in(visitor: Visitor, house: House, **facts: object) -> Viewer:
    """A person who reads English, at this browser."""
    viewer = await scene.person(house, phone=scene.PHONE, **{"locale": "en", **facts})  # type: ignore[arg-type]
    await visitor.sign_in(viewer.signed_in())
    return viewer


def shown_code(page: Page) -> str:
    found = re.search(r"Your code is (\d{6})", page.text)
    assert found, page
    return found[1]


@pytest.mark.parametrize("path", OWN_PAGES)
async def test_strangers_are_led_to_the_sign_in_and_back(visitor: Visitor, path: str) -> None:
    page = await visitor.get(path)
    assert (page.status, page.location) == (303, f"/sign-in?next={path}")


@pytest.mark.parametrize("path", OWN_PAGES)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_every_page_opens_for_its_owner_in_both_languages(
    visitor: Visitor, house: House, path: str, locale: str
) -> None:
    await signed_in(visitor, house, locale="en" if locale == "en" else "zh_Hans")
    page = await visitor.get(path)
    assert page.status == 200, page


async def test_a_profile_is_changed_and_shown(visitor: Visitor, house: House) -> None:
    await signed_in(visitor, house)
    page = await visitor.submit_and_follow(
        await visitor.get("/profile/about"),
        "/profile/about",
        name="王小明",
        about="退休教师",
        area="华一",
        travel_radius_metres="3000",
    )
    assert all(said in page.text for said in ("王小明", "退休教师", "Huayi Community", "3 km"))
    page = await visitor.submit_and_follow(
        await visitor.get("/profile/skills"),
        "/profile/skills",
        skills=["haircut"],
        languages=["shanghainese"],
    )
    assert "Shanghainese" in page.text
    page = await visitor.submit_and_follow(
        await visitor.get("/profile/times"), "/profile/times", times=["0-480-720", "6-1080-1260"]
    )
    assert "Monday 08:00–12:00" in page.text and "Sunday 18:00–21:00" in page.text


async def test_a_home_may_be_taken_back(visitor: Visitor, house: House) -> None:
    viewer = await signed_in(visitor, house)
    await visitor.submit_and_follow(
        await visitor.get("/profile/about"), "/profile/about", area="", area_said=""
    )
    async with house.database.reading() as session:
        assert (await session.get_one(Person, viewer.signed_in())).home_area_code is None


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/profile/about", "name", ""),
        ("/profile/about", "name", "长" * 61),
        ("/profile/about", "about", "长" * 1001),
        ("/profile/about", "area", "nowhere at all"),
        ("/profile/about", "locale", "fr"),
        ("/profile/about", "travel_radius_metres", "far"),
        ("/profile/skills", "skills", "nothing"),
        ("/profile/times", "times", "9-1-2"),
        ("/profile/times", "times", "monday"),
        ("/profile/email", "email", "nowhere"),
    ],
)
async def test_a_wrong_field_is_told_and_nothing_is_lost(
    visitor: Visitor, house: House, path: str, field: str, value: str
) -> None:
    await signed_in(visitor, house)
    page = await visitor.get(path)
    wrong = await visitor.submit(page, path, **{field: value})
    assert wrong.status == 422 and f'href="#field-{field}"' in wrong.html


async def test_an_address_is_confirmed_by_its_link(visitor: Visitor, house: House, clock: FixedClock) -> None:
    viewer = await signed_in(visitor, house)
    page = await visitor.submit_and_follow(
        await visitor.get("/profile/email"), "/profile/email", email="wang@example.org"
    )
    assert "Not confirmed yet" in page.text
    link = "/confirm-email/" + emails.link_token(
        house.vault, viewer.signed_in(), "wang@example.org", clock.now()
    )
    await visitor.submit_and_follow(await visitor.get(link), link)
    assert "Not confirmed yet" not in (await visitor.get("/profile")).text
    stale = await visitor.submit(await visitor.get("/confirm-email/x.1.y"), "/confirm-email/x.1.y")
    assert stale.status == 409


async def test_another_device_is_signed_out_and_then_all(visitor: Visitor, house: House) -> None:
    viewer = await signed_in(visitor, house)
    async with house.database.unit_of_work() as session:
        lost = await sessions.open_for(session, viewer.signed_in(), "Firefox on Linux")
    path = f"/profile/devices/{lost.session_id}/end"
    page = await visitor.submit_and_follow(await visitor.get("/profile/devices"), path)
    assert "Firefox" not in page.text
    async with house.database.reading() as session:
        assert (await viewers.from_session(session, lost.token)).is_stranger
    await visitor.submit_and_follow(page, "/profile/devices/all/end")
    assert (await visitor.get("/profile")).location == "/sign-in?next=/profile"


async def test_a_token_is_shown_once_and_revoked(visitor: Visitor, house: House) -> None:
    await signed_in(visitor, house)
    page = await visitor.get("/profile/tokens")
    made = await visitor.submit(page, "/profile/tokens", name="日历同步", scopes=["read"], days="90")
    token = re.search(r"wushe_[\w-]{40,}", made.text)
    assert made.status == 200 and token and made.answer.headers["cache-control"] == "no-store"
    page = await visitor.get("/profile/tokens")
    assert "日历同步" in page.text and token[0] not in page.html
    async with house.database.reading() as session:
        token_id = await session.scalar(select(ApiToken.id))
    page = await visitor.submit_and_follow(page, f"/profile/tokens/{token_id}/end")
    assert "日历同步" not in page.text
    wrong = await visitor.submit(page, "/profile/tokens", name="", scopes=["everything"], days="9999")
    assert wrong.status == 422 and {"problem-name", "problem-scopes", "problem-days"} <= set(wrong.ids)


async def test_nobody_ends_what_belongs_to_somebody_else(visitor: Visitor, house: House) -> None:
    other = await scene.person(house)
    async with house.database.unit_of_work() as session:
        theirs = await sessions.open_for(session, other.signed_in(), "")
    await signed_in(visitor, house)
    page = await visitor.get("/profile/devices")
    csrf = page.form("/profile/devices/all/end").fields["csrf"][0]
    path = f"/profile/devices/{theirs.session_id}/end"
    answer = await visitor.client.post(path, data={"csrf": csrf})
    assert answer.status_code == 404


async def test_a_choice_is_agreed_to_and_withdrawn(visitor: Visitor, house: House) -> None:
    await signed_in(visitor, house)
    page = await visitor.submit_and_follow(
        await visitor.get("/profile/consents"), "/profile/consents/contact"
    )
    assert "You agree" in page.text
    page = await visitor.submit_and_follow(page, "/profile/consents/contact")
    assert "You do not agree" in page.text
    csrf = page.form("/profile/consents/contact").fields["csrf"][0]
    for path, status in (("/profile/consents/terms", 409), ("/profile/consents/nothing", 404)):
        answer = await visitor.client.post(path, data={"csrf": csrf, "decision": "withdraw"})
        assert answer.status_code == status


async def test_own_data_is_downloaded(visitor: Visitor, house: House) -> None:
    await signed_in(visitor, house, name="王小明")
    page = await visitor.get("/profile/data.json")
    assert "attachment" in page.answer.headers["content-disposition"]
    assert orjson.loads(page.answer.content)["identity"]["name"] == "王小明"


async def test_an_account_is_erased_only_when_confirmed(visitor: Visitor, house: House) -> None:
    viewer = await signed_in(visitor, house)
    page = await visitor.get("/profile/data")
    refused = await visitor.submit(page, "/profile/data/erase")
    assert refused.status == 422
    page = await visitor.submit_and_follow(refused, "/profile/data/erase", confirmed="on")
    assert "erased" in page.text
    async with house.database.reading() as session:
        assert (await session.get_one(Person, viewer.signed_in())).erased_at is not None
    assert (await visitor.get("/profile")).location == "/sign-in?next=/profile"


async def test_a_guardian_consents_at_the_minors_page(visitor: Visitor, house: House) -> None:
    viewer = await signed_in(visitor, house, birth_date=date(2012, 5, 1))
    assert "under age" in (await visitor.get("/profile")).text
    page = await visitor.submit(
        await visitor.get("/profile/guardian"),
        "/profile/guardian",
        guardian_name="王妈妈",
        guardian_phone="139 0013 9000",
        relation="parent",
    )
    assert page.status == 200
    wrong = await visitor.submit(page, "/profile/guardian/code", code=scene.wrong(shown_code(page)))
    assert wrong.status == 422 and "4 tries" in wrong.text
    page = await visitor.submit_and_follow(wrong, "/profile/guardian/code", code=shown_code(page))
    assert "王妈妈" in page.text and "139****9000" in page.text
    async with house.database.reading() as session:
        row = (await session.scalars(select(GuardianConsent))).one()
    assert row.minor_id == viewer.person_id
    assert "guardian_phone" not in page.text  # one consent is enough
    page = await visitor.submit_and_follow(page, f"/profile/guardian/{row.id}/withdraw")
    assert "Withdrawn" in page.text


@pytest.mark.parametrize(
    ("born", "said"),
    [(date(1990, 5, 1), "You are of age"), (None, "birth date first")],
    ids=["of age", "nobody knows"],
)
async def test_whoever_needs_no_guardian_is_sent_away_kindly(
    visitor: Visitor, house: House, born: date | None, said: str
) -> None:
    await signed_in(visitor, house, birth_date=born)
    page = await visitor.get("/profile/guardian")
    assert page.status == 200 and said in page.text
    assert "guardian_phone" not in page.text


async def test_a_qualification_is_stated_and_decided_on_the_desk(visitor: Visitor, house: House) -> None:
    holder = await signed_in(visitor, house)
    page = await visitor.submit_and_follow(
        await visitor.get("/profile/qualifications"),
        "/profile/qualifications",
        qualification_code="nurse",
        certificate_number="N-1",
    )
    assert "Waiting for an officer" in page.text
    wrong = await visitor.submit(
        page, "/profile/qualifications", qualification_code="", issued_on="2030-01-01"
    )
    assert wrong.status == 422
    assert (await visitor.get("/desk/qualifications")).status == 403
    async with house.database.reading() as session:
        row = (await session.scalars(select(PersonQualification))).one()
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING, locale="en")
    await visitor.sign_in(officer.signed_in())
    desk = await visitor.get("/desk/qualifications")
    unsaid = await visitor.submit(desk, f"/desk/qualifications/{row.id}/refuse", reason="")
    assert unsaid.status == 422
    page = await visitor.submit_and_follow(desk, f"/desk/qualifications/{row.id}/verify")
    assert "Nothing waits" in page.text
    again = await visitor.submit(desk, f"/desk/qualifications/{row.id}/refuse", reason="晚了")
    assert again.status == 409
    await visitor.sign_in(holder.signed_in())
    page = await visitor.get("/profile/qualifications")
    assert "Verified" in page.text
    page = await visitor.submit_and_follow(page, f"/profile/qualifications/{row.id}/remove")
    assert "Nothing stated yet" in page.text


async def test_an_organiser_sees_the_numbers_of_those_who_agreed(visitor: Visitor, house: House) -> None:
    worker = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, locale="en")
    agreeing = await scene.person(house, phone=scene.PHONE)
    silent = await scene.person(house, phone=scene.OTHER_PHONE)
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, await builders.need(session))
        for viewer in (agreeing, silent):
            await builders.sign_up(session, shift_id, viewer.signed_in())
        await consents.give(session, agreeing, ConsentKind.CONTACT)
    await visitor.sign_in(worker.signed_in())
    page = await visitor.get(f"/shifts/{shift_id}/roster")
    assert "13800138000" in page.text and "13900139000" not in page.html
