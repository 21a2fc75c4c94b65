"""The whole loop in a real browser: a need is published, found, taken, checked in to and out of, and becomes hours."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from marketplace.bootstrap import House
from marketplace.kernel.clock import SHANGHAI
from marketplace.volunteering.importing.loading import import_list
from marketplace.volunteering.importing.mapping import read_mapping
from tests import city
from tests.browser.conftest import DESK, Site
from tests.browser.people import make_worker, press, sign_in, walk_through

Visit = Callable[..., Page]
LISTS = Path(__file__).parents[1] / "volunteering" / "importing"
NEED = {
    "title": "教邻居用手机挂号",
    "description": "一对一教老人用手机预约看病，每人半小时，有教材。",
    "category": "digital_help",
    "place": "江苏路街道社区学校 201",
    "risks": "没有特别的风险，注意用电安全。",
    "area": "江苏居委会",
}


def local(site: Site, from_now: timedelta) -> str:
    """A moment as a native input writes it."""
    return (site.clock.now() + from_now).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def test_a_need_becomes_hours_that_the_volunteer_owns(site: Site, visit: Visit) -> None:
    worker = visit(DESK)
    sign_in(worker, "13900000001", "王秀英")
    make_worker(site, "王秀英", city.JIANGSU_ROAD)
    worker.goto("/manage/needs/new")
    walk_through(worker, NEED)
    need_id = re.search(r"[0-9a-f-]{36}", worker.url)
    assert need_id, worker.url
    plan_a_shift(site, worker, need_id.group(0))

    volunteer = visit()
    sign_in(volunteer, "13900000002", "林小满")
    find(volunteer, "手机挂号", NEED["title"])
    sign_up(volunteer)
    serve_two_hours(site, worker, volunteer, need_id.group(0))
    expect_hours(volunteer)


def test_without_javascript_the_loop_is_the_same(site: Site, visit: Visit) -> None:
    worker = visit(DESK, "en-US", script=False)
    sign_in(worker, "13900000001", "王秀英")
    make_worker(site, "王秀英", city.JIANGSU_ROAD)
    worker.goto("/manage/needs/new")
    walk_through(worker, NEED)
    need_id = re.search(r"[0-9a-f-]{36}", worker.url)
    assert need_id, worker.url
    plan_a_shift(site, worker, need_id.group(0))

    volunteer = visit(script=False)
    sign_in(volunteer, "13900000002", "林小满")
    find(volunteer, "shouji", None)
    find(volunteer, "手机挂号", NEED["title"])
    sign_up(volunteer)
    serve_two_hours(site, worker, volunteer, need_id.group(0))
    expect_hours(volunteer)


def test_the_loop_runs_on_a_need_from_somebody_elses_list(site: Site, visit: Visit, tmp_path: Path) -> None:
    async def bring_in(house: House) -> Any:
        mapping = read_mapping(LISTS / "nyc.toml")
        return await import_list(house.database, LISTS / "messy.csv", mapping, tmp_path / "rejects.csv")

    assert site.inside(bring_in).added == 2
    worker = visit(DESK)
    sign_in(worker, "13900000001", "王秀英")
    make_worker(site, "王秀英", city.JIANGSU_ROAD)

    volunteer = visit()
    sign_in(volunteer, "13900000002", "林小满")
    find(volunteer, "mentor", "Mentor children")
    need_id = re.search(r"[0-9a-f-]{36}", volunteer.url)
    assert need_id, volunteer.url
    plan_a_shift(site, worker, need_id.group(0))
    volunteer.reload()
    sign_up(volunteer)
    serve_two_hours(site, worker, volunteer, need_id.group(0))
    expect_hours(volunteer)


def plan_a_shift(site: Site, worker: Page, need_id: str) -> None:
    """Two hours from now until four hours from now, two places."""
    worker.goto(f"/needs/{need_id}/shifts/new")
    worker.fill("[name=starts_at]", local(site, timedelta(hours=2)))
    worker.fill("[name=ends_at]", local(site, timedelta(hours=4)))
    worker.fill("[name=capacity]", "2")
    press(worker)
    assert worker.query_selector(".error-summary") is None


def find(volunteer: Page, words: str, title: str | None) -> None:
    """Search; open the need of that title, which the index shows within a second of the commit."""
    for _ in range(20):
        volunteer.goto(f"/needs?text={words}")
        found = volunteer.get_by_role("link", name=title, exact=True) if title else None
        if found is None:
            return
        if found.count():
            found.first.click()
            volunteer.wait_for_load_state()
            return
        volunteer.wait_for_timeout(200)
    raise AssertionError(f"{title} is not found by {words}")


def sign_up(volunteer: Page) -> None:
    volunteer.click("main a[href$='/sign-up'], main form[action$='/sign-up'] button")
    volunteer.wait_for_load_state()
    if volunteer.query_selector("[name=agreed]"):
        volunteer.check("[name=agreed]")
    press(volunteer)
    volunteer.goto("/my/shifts")
    expect(volunteer.locator("main .chip", has_text="已确认").first).to_be_visible()


def serve_two_hours(site: Site, worker: Page, volunteer: Page, need_id: str) -> None:
    """Scan the code on the organiser's screen at the start and again at the end."""
    worker.goto(f"/needs/{need_id}/manage")
    shift_id = re.search(r"/shifts/([0-9a-f-]{36})", worker.inner_html("main"))
    assert shift_id, worker.inner_text("main")
    screen = f"/shifts/{shift_id.group(1)}/check-in-screen"
    site.clock.advance(timedelta(hours=2))
    scan(worker, volunteer, screen)
    site.clock.advance(timedelta(hours=2))
    scan(worker, volunteer, f"{screen}?direction=out")


def scan(worker: Page, volunteer: Page, screen: str) -> None:
    """What the camera does: open the address that the picture holds; here it is read off the screen's short code."""
    worker.goto(screen)
    digits = re.search(r"\b(\d{3})\s?(\d{3})\b", worker.inner_text("main"))
    assert digits, worker.inner_text("main")
    volunteer.goto("/check-in")
    volunteer.fill("main [name=code] >> nth=0", "".join(digits.groups()))
    press(volunteer)
    assert volunteer.query_selector(".error-summary") is None, volunteer.inner_text(".error-summary")


def expect_hours(volunteer: Page) -> None:
    volunteer.goto("/my/hours")
    expect(volunteer.locator("main")).to_contain_text("2 小时")
