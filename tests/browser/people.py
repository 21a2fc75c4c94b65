"""What people do in a browser: sign in, walk through a guided form, read where they are."""

import re
from typing import Any

from playwright.sync_api import Page

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from tests import builders
from tests.browser.conftest import Site


def sign_in(page: Page, phone: str, name: str) -> None:
    """Sign in, making the account on the way when the number is new. The demo shows the code on the page."""
    page.goto("/sign-in")
    page.fill("[name=phone]", phone)
    press(page)
    code = re.search(r"\b(\d{6})\b", page.inner_text("main"))
    assert code, "the demo shows its code"
    page.fill("[name=code]", code.group(1))
    press(page)
    if page.query_selector("[name=agrees]"):
        page.fill("[name=name]", name)
        page.fill("[name=birth_date]", "1990-05-01")
        page.check("[name=agrees]")
        press(page)


def press(page: Page) -> None:
    """Press the main button of the page's form."""
    page.click("main form .button-main >> nth=-1")
    page.wait_for_load_state()


def walk_through(page: Page, answers: dict[str, str]) -> None:
    """Fill a form of several steps: on each, whatever of ``answers`` is asked there; then the main button, until it is done."""
    start = page.url.split("?")[0]
    for _ in range(10):
        for name, answer in answers.items():
            field = page.query_selector(f"main [name={name}]:not([type=hidden])")
            if field is None:
                continue
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(answer)
            elif field.get_attribute("type") in ("checkbox", "radio"):
                page.check(f"main [name={name}][value='{answer}']")
            else:
                field.fill(answer)
        press(page)
        assert page.query_selector(".error-summary") is None, page.inner_text(".error-summary")
        if page.url.split("?")[0] != start:
            return
    raise AssertionError(f"the form never ends: {page.inner_text('main')[:500]}")


def make_worker(site: Site, name: str, area_code: str, role: Role = Role.COMMUNITY_WORKER) -> None:
    """Give the signed-in person of that name a role over an area, as an administrator would."""

    async def grant(house: House) -> Any:
        from sqlalchemy import select

        from marketplace.identity.models import Person

        async with house.database.unit_of_work() as session:
            person_id = await session.scalar(select(Person.id).where(Person.name == name))
            assert person_id is not None
            await builders.grant(session, person_id, role, area_code)

    site.inside(grant)
