"""Finding in a real browser: results while one types, never while characters are put together, and the same without a script."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from tests import builders, city
from tests.browser.conftest import DESK, Site

Visit = Callable[..., Page]


async def _three_needs(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for title, area in (
            ("老人助浴服务", city.JIANGSU_COMMUNITY),
            ("植树", city.TIANPING_COMMUNITY),
            ("读报", city.TIANPING_COMMUNITY),
        ):
            need_id = await builders.need(session, title, area_code=area, description="每周一次。")
            await builders.shift(session, need_id, starts_in=timedelta(days=2))
    await rebuild(house.database, house.search)


def _titles(page: Page) -> list[str]:
    return page.locator(".card-title").all_text_contents()


def test_results_follow_the_words_and_the_address_follows_them(site: Site, visit: Visit) -> None:
    site.inside(_three_needs)
    page = visit(DESK, "en-US")
    page.goto("/needs")
    expect(page.get_by_role("status")).to_have_text("3 open needs")
    box = page.get_by_role("searchbox")
    box.press_sequentially("助浴", delay=20)
    expect(page.get_by_role("status")).to_have_text("1 open need")
    assert _titles(page) == ["老人助浴服务"]
    assert page.locator("mark").first.text_content() == "助浴"
    assert page.url.endswith("/needs?text=%E5%8A%A9%E6%B5%B4")
    expect(box).to_be_focused()
    assert page.locator("form[data-live-follows] [name=text]").input_value() == "助浴"
    assert page.locator(".facet").first.get_attribute("href") == (
        f"/needs?text=%E5%8A%A9%E6%B5%B4&area={city.CHANGNING}"
    )


def test_nothing_is_searched_for_while_characters_are_put_together(site: Site, visit: Visit) -> None:
    site.inside(_three_needs)
    page = visit(DESK, "en-US")
    page.goto("/needs")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/needs" in request.url else None)
    page.evaluate(
        """() => {
          const box = document.querySelector("input[type=search]");
          box.dispatchEvent(new CompositionEvent("compositionstart"));
          box.value = "zhi";
          box.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
        }"""
    )
    page.wait_for_timeout(500)
    assert asked == []
    page.evaluate(
        """() => {
          const box = document.querySelector("input[type=search]");
          box.value = "植树";
          box.dispatchEvent(new CompositionEvent("compositionend"));
        }"""
    )
    expect(page.get_by_role("status")).to_have_text("1 open need")
    assert len(asked) == 1


def test_an_answer_that_was_overtaken_is_never_shown(site: Site, visit: Visit) -> None:
    site.inside(_three_needs)
    page = visit(DESK, "en-US")
    page.goto("/needs")
    held: list[Callable[[], None]] = []
    page.route("**/needs?text=*%E6%A4%8D*", lambda route: held.append(route.continue_))
    box = page.get_by_role("searchbox")
    box.fill("植树")
    page.wait_for_timeout(400)
    assert len(held) == 1
    box.fill("读报")
    expect(page.get_by_role("status")).to_have_text("1 open need")
    assert _titles(page) == ["读报"]
    page.wait_for_timeout(300)
    assert _titles(page) == ["读报"]


def test_an_answer_on_its_way_does_not_replace_what_is_wanted_again(site: Site, visit: Visit) -> None:
    site.inside(_three_needs)
    page = visit(DESK, "en-US")
    page.goto("/needs")
    held: list[Callable[[], None]] = []
    page.route("**/needs?text=*", lambda route: held.append(route.continue_))
    box = page.get_by_role("searchbox")
    box.fill("植树")
    page.wait_for_timeout(400)
    box.fill("")
    page.wait_for_timeout(300)
    for let_go in held:
        let_go()
    page.wait_for_timeout(300)
    assert len(held) == 1
    expect(page.get_by_role("status")).to_have_text("3 open needs")


def test_without_a_script_the_same_is_found_by_pressing_the_button(site: Site, visit: Visit) -> None:
    site.inside(_three_needs)
    page = visit(DESK, "en-US", script=False)
    page.goto("/needs")
    page.get_by_role("searchbox").fill("助浴")
    page.get_by_role("button", name="Search").click()
    assert _titles(page) == ["老人助浴服务"]
    page.get_by_role("link", name="Changning District 1").click()
    assert page.url.endswith(f"area={city.CHANGNING}")
