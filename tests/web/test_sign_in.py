"""The sign-in pages: a whole first visit without JavaScript, and everything that can go wrong on the way."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.errors import CodeCouldNotBeSent
from marketplace.identity.gateway import CodeMessage
from marketplace.identity.models import Consent, Person, SignedInSession
from marketplace.kernel.clock import FixedClock
from tests.identity import scene
from tests.web.visitor import Page, Visitor
from web.pages.sign_in import CODE_COOKIE
from web.visit import SESSION_COOKIE


async def ask(visitor: Visitor, phone: str = "138 0013 8000", next: str = "/about") -> Page:
    return await visitor.submit_and_follow(
        await visitor.get(f"/sign-in?next={next}"), "/sign-in", phone=phone
    )


def shown_code(page: Page) -> str:
    found = re.search(r"Your code is (\d{6})", page.text)
    assert found, page
    return found[1]


async def people(house: House) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Person)) or 0


async def test_a_newcomer_signs_in_and_comes_where_they_wanted(visitor: Visitor, house: House) -> None:
    page = await ask(visitor)
    assert "138****8000" in page.text and "This is a demo" in page.text
    page = await visitor.submit(page, "/sign-in/code", code=shown_code(page))
    assert page.status == 200 and "Welcome" in page.text
    page = await visitor.submit(page, "/sign-in/welcome", name="王小明", agrees="on")
    assert (page.status, page.location) == (303, "/about")
    page = await visitor.get("/about")
    assert "王小明" in page.text and "You are signed in." in page.text
    async with house.database.reading() as session:
        assert set(await session.scalars(select(Consent.kind))) == {"terms", "privacy"}


async def test_a_known_person_needs_the_code_alone(visitor: Visitor, house: House, clock: FixedClock) -> None:
    await scene.join(house)
    clock.advance(timedelta(minutes=2))
    page = await ask(visitor)
    page = await visitor.submit(page, "/sign-in/code", code=shown_code(page))
    assert (page.status, page.location) == (303, "/about")
    assert (await visitor.get("/sign-in?next=/terms")).location == "/terms"


async def test_the_page_after_the_number_is_the_same_for_known_and_unknown_numbers(
    visitor: Visitor, house: House
) -> None:
    await scene.person(house, phone=scene.PHONE)
    known, unknown = await ask(visitor), await ask(visitor, "139 0013 8000")
    masked = [re.sub(r"\d{6}|13[89]\*{4}8000", "", page.text) for page in (known, unknown)]
    assert masked[0] == masked[1]


async def test_a_wrong_code_says_how_many_tries_are_left_and_keeps_nobody_out(visitor: Visitor) -> None:
    page = await ask(visitor)
    code = shown_code(page)
    wrong = await visitor.submit(page, "/sign-in/code", code=scene.wrong(code))
    assert wrong.status == 422 and "4 tries are left" in wrong.text
    assert (await visitor.submit(wrong, "/sign-in/code", code=code)).status == 200


async def test_nobody_joins_without_a_name_and_consent(visitor: Visitor, house: House) -> None:
    page = await ask(visitor)
    page = await visitor.submit(page, "/sign-in/code", code=shown_code(page))
    unsaid = await visitor.submit(page, "/sign-in/welcome", name="王小明")
    assert unsaid.status == 403 and "agree" in unsaid.text
    unnamed = await visitor.submit(page, "/sign-in/welcome", name="", agrees="on")
    assert unnamed.status == 422 and await people(house) == 0
    born_late = await visitor.submit(
        page, "/sign-in/welcome", name="王", agrees="on", birth_date="2031-01-01"
    )
    assert born_late.status == 422 and await people(house) == 0
    assert (await visitor.submit(born_late, "/sign-in/welcome", birth_date="2001-01-01")).status == 303


@pytest.mark.parametrize("phone", ["", "138", "021-62345678", "<script>", "1" * 3000])
async def test_what_is_no_mobile_number_is_told_beside_the_field(visitor: Visitor, phone: str) -> None:
    page = await visitor.submit(await visitor.get("/sign-in"), "/sign-in", phone=phone)
    assert page.status == 422 and "problem-phone" in page.ids


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "9" * 3000, "\0"])
async def test_what_is_no_code_is_told_beside_the_field_and_costs_no_try(visitor: Visitor, code: str) -> None:
    page = await ask(visitor)
    wrong = await visitor.submit(page, "/sign-in/code", code=code)
    assert wrong.status == 422 and "problem-code" in wrong.ids
    assert (await visitor.submit(page, "/sign-in/code", code=shown_code(page))).status == 200


async def test_asking_again_at_once_says_when(visitor: Visitor, clock: FixedClock) -> None:
    page = await ask(visitor)
    again = await visitor.submit(page, "/sign-in/again")
    assert again.status == 429 and "60 seconds" in again.text
    clock.advance(timedelta(seconds=61))
    assert (await visitor.submit(page, "/sign-in/again")).location == "/sign-in/code"


async def test_the_code_page_without_a_number_leads_to_the_beginning(visitor: Visitor) -> None:
    for cookie in ("", "nonsense", "A" * 200):
        visitor.client.cookies.set(CODE_COOKIE, cookie)
        assert (await visitor.get("/sign-in/code")).location == "/sign-in"


async def test_a_gateway_that_is_down_is_told(
    visitor: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_message: CodeMessage) -> None:
        raise CodeCouldNotBeSent()

    monkeypatch.setattr(house.codes, "send", fail)
    page = await visitor.submit(await visitor.get("/sign-in"), "/sign-in", phone="13800138000")
    assert page.status == 503 and "could not be sent" in page.text


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_signing_in_never_leads_elsewhere(visitor: Visitor, next: str) -> None:
    page = await ask(visitor, next=next)
    page = await visitor.submit(page, "/sign-in/code", code=shown_code(page))
    assert (await visitor.submit(page, "/sign-in/welcome", name="王小明", agrees="on")).location == "/"


async def test_signing_out_ends_the_session(visitor: Visitor, house: House) -> None:
    viewer = await scene.person(house, locale="en")
    await visitor.sign_in(viewer.signed_in())
    page = await visitor.submit_and_follow(await visitor.get("/about"), "/sign-out")
    assert "You are signed out." in page.text
    assert SESSION_COOKIE not in visitor.client.cookies
    async with house.database.reading() as session:
        assert await session.scalar(select(SignedInSession.revoked_at)) is not None


async def test_the_telephone_number_is_in_no_address_and_no_cookie(visitor: Visitor) -> None:
    page = await visitor.submit(await visitor.get("/sign-in"), "/sign-in", phone="13800138000")
    assert "13800138000" not in (page.location or "") + str(dict(visitor.client.cookies))


@pytest.mark.parametrize("path", ["/terms", "/privacy"])
async def test_what_one_agrees_to_can_be_read(visitor: Visitor, path: str) -> None:
    page = await visitor.get(path)
    assert page.status == 200 and "2026-11" in page.text
