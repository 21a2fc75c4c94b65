"""Rating in a real browser, on phones, in Chinese: a service is planned and brought, rated in two taps, and changes what the city knows."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import Page

from marketplace.bootstrap import House
from marketplace.delivery.ratings import periods
from marketplace.identity import phones
from marketplace.kernel.clock import SHANGHAI
from marketplace.organisations.models import OrganisationField
from marketplace.outbox.here import deliver_all
from tests import builders, buying, delivering
from tests.browser.buyers import People, Phones, at, send, signed_in
from tests.browser.conftest import Site

Visit = Callable[..., Page]
PHONE = "13900009001"
RATED_BEFORE = [5, 4, 5, 5, 4, 5, 4, 5, 5]
"""Nine people have rated this month; nothing is published of fewer than ten."""


def test_what_was_brought_is_rated_and_the_rating_counts(site: Site, visit: Visit) -> None:
    people, organisation_id, contract_id = _town(site)
    town = Phones(site, visit, people)
    lots = f"/organisations/{organisation_id}/lots-for-you"
    assert "尚无公布评分" in _told(town.go("manager", lots))

    delivery = _planned(site, town, contract_id)
    at(site, date(2026, 11, 24), 15)
    page = town.go("manager", f"{delivery}/record")
    send(page, "/record", {"minutes": "120", "actuals.1": "65", "note": "水温和血压都记录了。"})
    _news(site)

    _rated_in_two_taps(town)
    card = f"/organisations/{organisation_id}/scorecard"
    before = town.go("stranger", card).inner_text("main")

    at(site, date(2026, 12, 1), 1)
    _closed(site)
    after = town.go("stranger", card).inner_text("main")
    assert before != after
    score = re.search(r"4\.\d{2}", after)
    assert score, after[:800]

    _answered(town, organisation_id)
    why = _told(town.go("manager", lots))
    assert "尚无公布评分" not in why and f"10 位服务对象评分 {score.group()[:3]}" in why, why[:1500]


def _told(page: Page) -> str:
    """All that the page says, folded or not."""
    return " ".join((page.text_content("main") or "").split())


def _town(site: Site) -> tuple[People, UUID, UUID]:
    """A provider under contract whom nine people have rated, an open tender in its field, and an old lady with a phone."""
    people, made = People(tokens={}), {}

    async def make(house: House) -> Any:
        async with house.database.unit_of_work() as session:
            under = await delivering.contract(session)
            await delivering.rated(session, under, RATED_BEFORE)
            session.add(OrganisationField(organisation_id=under.organisation_id, tag_code=delivering.SERVICE))
            end = session.now() + timedelta(days=40)
            open_file = buying.file(session, enquiries_end_at=end - timedelta(days=9), submissions_end_at=end)
            await buying.tender(session, open_file)
            print_of = house.vault.fingerprint(f"+86{PHONE}", phones.PURPOSE)
            lady = await builders.person(session, "张桂芳", phone_fingerprint=print_of)
            await signed_in(session, people, "lady", lady)
            await signed_in(session, people, "manager", under.manager.signed_in())
            await signed_in(session, people, "stranger", await builders.person(session, "路人"))
            made.update(organisation_id=under.organisation_id, contract_id=under.id)

    site.inside(make)
    return people, made["organisation_id"], made["contract_id"]


def _planned(site: Site, town: Phones, contract_id: UUID) -> str:
    """The provider plans a visit for the day after tomorrow; where it is told of."""
    page = town.go("manager", f"/deliveries/new?contract={contract_id}")
    begins = (site.clock.now() + timedelta(days=2)).astimezone(SHANGHAI).replace(hour=9)
    send(
        page,
        str(contract_id),
        {
            "title": "上门助浴",
            "promised": "两名护理员上门，协助洗浴一次，测量血压。",
            "starts_at": f"{begins:%Y-%m-%dT%H:%M}",
            "ends_at": f"{begins + timedelta(hours=1):%Y-%m-%dT%H:%M}",
            "place": "江苏路 480 弄",
            "served_by": "两名护理员",
            "receiver": "person",
            "recipients": f"{PHONE} 张阿婆",
            "commitments.0.text": "服务时长",
            "commitments.0.target": "60",
            "commitments.0.unit": "分钟",
        },
    )
    found = re.search(r"/deliveries/[0-9a-f-]{36}", page.url)
    assert found, page.url
    return found.group()


def _rated_in_two_taps(town: Phones) -> None:
    """She says that it was so; then one tap on a face and one on the button."""
    page = town.go("lady", "/my/services")
    send(page, "/confirm")
    page.get_by_role("link", name="评价这次服务").click()
    page.wait_for_load_state()
    assert _bar(page) == "static", "it would cover the last faces"
    page.locator(".faces label").last.click()
    assert _bar(page) == "sticky"
    send(page, page.url.removeprefix(town.address), {"overall": "5"})
    assert "谢谢" in page.inner_text("main")


def _bar(page: Page) -> Any:
    """How the bar with the button lies on the page."""
    return page.eval_on_selector(".sticky", "bar => getComputedStyle(bar).position")


def _answered(town: Phones, organisation_id: UUID) -> None:
    """The provider replies to one rating, for everybody to read."""
    page = town.go("manager", "/ratings/mine")
    page.locator("main a[href$='/reply']").first.click()
    page.wait_for_load_state()
    send(page, "/reply", {"text": "谢谢您的评价，我们会继续两人同行上门。"})
    assert "两人同行上门" in town.go("stranger", f"/ratings/of/{organisation_id}").inner_text("main")


def _closed(site: Site) -> None:
    """What the worker does every few minutes: the month that is over closes, and what follows from it."""

    async def close(house: House) -> Any:
        async with house.database.unit_of_work() as session:
            await periods.close_due(session)
        await deliver_all(house.database, house.registry)

    site.inside(close)


def _news(site: Site) -> None:
    """Everybody has heard: the tickets are issued."""

    async def hear(house: House) -> Any:
        await deliver_all(house.database, house.registry)

    site.inside(hear)
