"""A whole purchase in a real browser, on phones, in Chinese: from the list before the public to the final acceptance, by everybody concerned."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.kernel.clock import local_day
from marketplace.procurement.evaluation.models import PanelMember
from marketplace.procurement.tenders.models import Lot, Tender
from tests.browser.buyers import OPENERS, Phones, Visit, at, gather, send
from tests.browser.conftest import Site

LAST_COMMENT = date(2026, 11, 30)
ANSWERS = {
    "plan": "每周三次，每次两人。",
    "team": "持证护理员十二名。",
    "quality_control": "投诉一天内回复。",
}
PRICES = ("170000", "175000", "190000")


# The commands are tried on both databases, room by room; here it is the pages' turn.
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_service_is_announced_tendered_delivered_and_closed(site: Site, visit: Visit) -> None:
    people = gather(site)
    phones = Phones(site, visit, people)
    item_id = announce(site, phones)
    tender_id = write(phones, item_id)
    codes = make_the_key(phones, tender_id, [people.phones[f"opener{n}"] for n in range(OPENERS)])
    publish(phones, tender_id)
    ask_and_answer(phones, tender_id)
    bid(site, phones, tender_id)
    open_bids(site, phones, tender_id, codes)
    evaluate(site, phones, tender_id, people.phones["delegate"])
    award(site, phones, tender_id)
    contract = sign(site, phones, tender_id)
    deliver(site, phones, contract)


def announce(site: Site, phones: Phones) -> str:
    """A list with one item, put before the public, commented, answered and made final; gives the item."""
    officer = phones.go("officer", "/desk/buying/lists/new")
    send(
        officer,
        "/desk/buying/lists/new",
        {"title": "江苏路街道购买服务清单", "starts_on": "2027-01-01", "ends_on": "2027-12-31"},
    )
    desk = urlsplit(officer.url).path
    officer.get_by_role("link", name="添加项目").first.click()
    add_item(phones)
    officer = phones.go("officer", desk)
    officer.locator("main a[href$='/consultation']").click()
    send(officer, "/consultation", {"ends_on": LAST_COMMENT.isoformat()})
    public = officer.locator("main a[href*='/editions/1']").first.get_attribute("href") or ""
    send(phones.go("user", public), "/comments", {"text": "冬天多排几次。"})
    officer = phones.go("officer", desk)
    officer.locator("main a[href*='/desk/buying/comments/']").click()
    send(officer, urlsplit(officer.url).path, {"answer": "已采纳。"})
    at(site, LAST_COMMENT + timedelta(days=1))
    officer = phones.go("officer", desk)
    officer.locator("main a[href$='/final']").click()
    send(officer, "/final", {"answer": "一条意见，已采纳。"})
    link = officer.locator("main a[href*='?item=']").get_attribute("href") or ""
    return link.rpartition("=")[2]


def add_item(phones: Phones) -> None:
    page = phones.of("officer")
    steps: list[dict[str, Any]] = [
        {"title": "社区助浴服务", "description": "上门协助洗浴。", "category_code": "bathing_help"},
        {"people_served": "320"},
        {"budget_fen": "20万", "quantity": "3000", "unit": "人次"},
        {
            "planned_tender_on": "2026-12-02",
            "starts_on": "2027-02-01",
            "ends_on": "2027-12-31",
            "renewal": "once",
        },
        {"standards": "持证护理员，两人同行。"},
    ]
    for number, answers in enumerate(steps, start=1):
        send(page, "/items/new", answers, "add" if number == len(steps) else "next")


def write(phones: Phones, item_id: str) -> str:
    """A tender from the item, written along the linter's findings; gives the tender."""
    officer = phones.go("officer", f"/desk/buying/new?item={item_id}")
    send(officer, "/desk/buying/new", {"procedure": "open_tender"})
    tender_id = re.search(r"[0-9a-f-]{36}", officer.url)
    assert tender_id, officer.url
    desk = f"/desk/buying/tenders/{tender_id.group(0)}"
    write_step(phones, desk, "need", {"problem": "高龄老人洗浴困难。", "users": "七十五岁以上的老人。"})
    write_step(phones, desk, "service", {"acceptance": "每季度抽查，并听取老人意见。"})
    write_step(phones, desk, "criteria", {"criteria.0.weight": "9"})
    officer = phones.go("officer", desk)
    expect(officer.locator("main")).to_contain_text("第五十五条")
    send(officer, f"{desk}/publish")
    expect(officer.locator("main")).to_contain_text("未能发布")
    write_step(phones, desk, "criteria", {"criteria.0.weight": "20"})
    write_step(phones, desk, "dates", {"official_notice_url": "https://www.zfcg.sh.gov.cn/"})
    return tender_id.group(0)


def write_step(phones: Phones, desk: str, step: str, answers: dict[str, str]) -> None:
    page = phones.go("officer", f"{desk}/write/{step}")
    send(page, f"/write/{step}", answers, "stay")


def make_the_key(phones: Phones, tender_id: str, named: list[str]) -> list[str]:
    """Five openers are named; each makes a code and types it from paper. Gives the codes."""
    officer = phones.go("officer", f"/desk/buying/tenders/{tender_id}/openers")
    send(officer, "/openers", {f"phones.{n}": phone for n, phone in enumerate(named)})
    codes = []
    for number in range(OPENERS):
        page = phones.go(f"opener{number}", f"/openers/{tender_id}")
        send(page, "/code")
        codes.append("-".join(page.locator(".code-to-write code").all_inner_texts()))
        send(page, "/confirm", {"code": codes[-1].lower().replace("-", " ")})
    return codes


def publish(phones: Phones, tender_id: str) -> None:
    officer = phones.go("officer", f"/desk/buying/tenders/{tender_id}")
    send(officer, "/publish")
    page = phones.go("user", f"/buying/tenders/{tender_id}")
    expect(page.locator("main")).to_contain_text("社区助浴服务")


def ask_and_answer(phones: Phones, tender_id: str) -> None:
    supplier = phones.go("supplier0", f"/buying/tenders/{tender_id}")
    send(supplier, "/questions", {"text": "护理员可以兼职吗？"})
    officer = phones.go("officer", f"/desk/buying/tenders/{tender_id}")
    officer.locator("main a[href*='/desk/buying/questions/']").click()
    send(officer, urlsplit(officer.url).path, {"answer": "可以，但须持证。"})
    page = phones.go("user", f"/buying/tenders/{tender_id}")
    expect(page.locator("main")).to_contain_text("须持证")
    expect(page.locator("main")).not_to_contain_text("暖阳")


def bid(site: Site, phones: Phones, tender_id: str) -> None:
    """Three suppliers hand in; until the opening nobody learns of it."""
    lot_id = lot_of(site, tender_id)
    for number, price in enumerate(PRICES):
        page = phones.go(f"supplier{number}", f"/buying/tenders/{tender_id}")
        page.locator("main a[href*='/supplier/']").first.click()
        page.locator("main a[href$='/bid']").first.click()
        answers: dict[str, Any] = {f"price_{lot_id}": price}
        answers |= {f"answer_{key}": text for key, text in ANSWERS.items()}
        send(page, "/bid", {**answers, "conditions": ["registered", "clean_record"]}, "check")
        send(page, "/check")
        expect(page.locator("main")).to_contain_text("回执")
    answer = phones.of("officer").goto(f"/buying/tenders/{tender_id}/bids")
    assert answer is not None and answer.status in (403, 404)


def lot_of(site: Site, tender_id: str) -> str:
    async def look(house: House) -> Any:
        async with house.database.reading() as session:
            return await session.scalar(select(Lot.id).where(Lot.tender_id == UUID(tender_id)))

    return str(site.inside(look))


def deadline_of(site: Site, tender_id: str) -> datetime:
    async def look(house: House) -> Any:
        async with house.database.reading() as session:
            return await session.scalar(select(Tender.submissions_end_at).where(Tender.id == UUID(tender_id)))

    moment = site.inside(look)
    assert isinstance(moment, datetime)
    return moment


def open_bids(site: Site, phones: Phones, tender_id: str, codes: list[str]) -> None:
    """After the deadline three of five openers give their parts; with the third all bids are open."""
    site.clock.set(deadline_of(site, tender_id) + timedelta(minutes=1))
    for number in (0, 2, 4):
        send(phones.go(f"opener{number}", f"/openers/{tender_id}"), "/share", {"code": codes[number]})
    page = phones.go("user", f"/buying/tenders/{tender_id}/opening")
    for name in ("暖阳助老服务社", "晨光社工站", "新泾助老中心"):
        expect(page.locator("main")).to_contain_text(name)


def evaluate(site: Site, phones: Phones, tender_id: str, delegate: str) -> None:
    """The panel is drawn, declares and scores; the officer checks the conditions; the report ranks."""
    desk = f"/desk/buying/tenders/{tender_id}/evaluation"
    officer = phones.go("officer", desk)
    send(officer, "/evaluation/panel", {"representatives": delegate})
    members = panel_of(site, tender_id)
    for member in members:
        page = phones.go(member, f"/panel/{tender_id}")
        send(page, "/declaration", {"confirmed": "on"})
    officer = phones.go("officer", desk)
    for action in officer.locator("main form[action*='/evaluation/bids/']").evaluate_all(
        "forms => forms.map(one => one.getAttribute('action'))"
    ):
        asked = officer.locator(
            f"main form[action='{action}'] [name^='met-'], main form[action='{action}'] [name^='reason-']"
        )
        names = asked.evaluate_all("fields => fields.map(one => one.name)")
        send(officer, action, {name: "yes" if name.startswith("met-") else "证明齐全" for name in names})
    send(officer, "/evaluation/check")
    for member in members:
        score(phones, member, tender_id)
    officer = phones.go("officer", desk)
    send(officer, "/evaluation/finish")
    expect(officer.locator("main")).to_contain_text("暖阳助老服务社")


def panel_of(site: Site, tender_id: str) -> list[str]:
    async def look(house: House) -> Any:
        async with house.database.reading() as session:
            rows = await session.scalars(
                select(PanelMember.person_id)
                .where(PanelMember.tender_id == UUID(tender_id))
                .order_by(PanelMember.seat)
            )
            return [str(person_id) for person_id in rows]

    members: list[str] = site.inside(look)
    assert len(members) == 5
    return members


def score(phones: Phones, member: str, tender_id: str) -> None:
    """Ninety points for the first bid of the sheet, five fewer for each that follows."""
    page = phones.go(member, f"/panel/{tender_id}")
    page.locator("main a[href*='/panel/sheets/']").first.click()
    names = page.locator("main [name^='points-']").evaluate_all("fields => fields.map(one => one.name)")
    answers: dict[str, str] = {}
    order = list(dict.fromkeys(name[len("points-") :][:36] for name in names))
    for name in names:
        answers[name] = str(90 - 5 * order.index(name[len("points-") :][:36]))
        answers[name.replace("points-", "reason-")] = "写明检查办法"
    send(page, urlsplit(page.url).path, answers, "submit")


def award(site: Site, phones: Phones, tender_id: str) -> None:
    """The first in rank is awarded and everybody told; a loser objects and is answered."""
    desk = f"/desk/buying/tenders/{tender_id}/award"
    officer = phones.go("officer", desk)
    officer.locator("main a[href*='/desk/buying/lots/'][href$='/award']").click()
    first = officer.locator("main [name=bid_lot_ids]").first.get_attribute("value") or ""
    send(officer, "/award", {"bid_lot_ids": first, "reason": "得分最高，价格在限价以内。"})
    officer = phones.go("officer", desk)
    send(officer, f"{tender_id}/award")
    loser = phones.go("supplier2", f"/buying/tenders/{tender_id}/results")
    expect(loser.locator("main")).to_contain_text("本单位结果")
    at(site, local_day(site.clock.now()) + timedelta(days=1))
    page = phones.go("supplier2", f"/supplier/tenders/{tender_id}/object")
    send(page, "/object", {"about": "result", "text": "团队得分偏低。", "wish": "请复核。"})
    objection = re.search(r"/buying/objections/[0-9a-f-]{36}", page.url + page.inner_html("main"))
    assert objection, page.url
    officer = phones.go("officer", objection.group(0))
    send(officer, "/answer", {"is_upheld": "no", "answer": "评分有据，理由见报告。"})


def sign(site: Site, phones: Phones, tender_id: str) -> str:
    """The contract is drafted, and signed by both once everybody had time to object; gives its id."""
    officer = phones.go("officer", "/desk/buying/contracts")
    send(officer, "/contract")
    contract_id = re.search(r"[0-9a-f-]{36}", officer.url)
    assert contract_id, officer.url
    at(site, local_day(site.clock.now()) + timedelta(days=18))
    winner = next(
        name
        for name in ("supplier0", "supplier1", "supplier2")
        if phones.go(name, "/supplier/contracts").locator(f"main a[href*='{contract_id.group(0)}']").count()
    )
    assert winner
    send(phones.go("officer", f"/desk/buying/contracts/{contract_id.group(0)}"), "/sign")
    send(phones.go(winner, f"/supplier/contracts/{contract_id.group(0)}"), "/sign")
    send(phones.go("officer", f"/desk/buying/contracts/{contract_id.group(0)}"), "/publish")
    return f"{winner} {contract_id.group(0)}"


def deliver(site: Site, phones: Phones, contract: str) -> None:
    """Every milestone is reported, accepted and paid; a user is heard; the service is accepted, and the purchase closed."""
    winner, contract_id = contract.split()
    desk = f"/desk/buying/contracts/{contract_id}"
    for _ in range(3):
        supplier = phones.go(winner, f"/supplier/contracts/{contract_id}")
        supplier.locator("main a[href*='/supplier/milestones/']").first.click()
        send(supplier, urlsplit(supplier.url).path, {"text": "已完成，记录见附册。"})
        officer = phones.go("officer", desk)
        officer.locator("main a[href*='/desk/buying/milestones/']:not([href$='/payment'])").first.click()
        send(officer, urlsplit(officer.url).path, {"is_accepted": "true"})
    officer = phones.go("officer", desk)
    officer.locator("main a[href$='/payment']").first.click()
    today = local_day(site.clock.now()).isoformat()
    send(officer, "/payment", {"amount_fen": "10000", "paid_on": today, "reference": "转账01"})
    send(
        phones.go("user", f"/buying/contracts/{contract_id}"),
        "/opinion",
        {"received": "on", "is_satisfied": "true", "text": "护理员细心。"},
    )
    officer = phones.go("officer", f"{desk}/acceptance")
    send(officer, "/acceptance", {"acceptance": "抽查合格，老人满意，予以通过。"})
    page = phones.go("user", f"/buying/contracts/{contract_id}")
    expect(page.locator("main")).to_contain_text("予以通过")
