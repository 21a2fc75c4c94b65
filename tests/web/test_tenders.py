"""The pages of tenders: the guided form from the first word to publication, questions, amendments, what strangers see."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.identity import viewers
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.procurement.records import content_hash
from tests import builders, buying, city
from tests.procurement.tenders import scene
from tests.web.visitor import Visitor
from web.pages import tender_desk as pages

DESK = "/desk/buying"


@pytest.fixture
async def another(app: Starlette, house: House) -> AsyncIterator[Visitor]:
    """A second browser."""
    visitor = Visitor(app, house)
    yield visitor
    await visitor.client.aclose()


async def _officer(house: House, area: str = city.CHANGNING) -> Viewer:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session, "采购员小顾", locale="en")
        await builders.grant(session, person_id, Role.PROCUREMENT_OFFICER, area)
        return await viewers.of_person(session, person_id)


async def _published(house: House, officer: Viewer, **changes: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        return await scene.published(session, officer, **changes)


async def test_an_officer_writes_a_tender_page_by_page_and_publishes_it(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "must_be_ready", scene.ready)
    officer = await _officer(house)
    async with house.database.unit_of_work() as session:
        await buying.buyer(session)
    await visitor.sign_in(officer.signed_in())
    desk = await visitor.get(DESK)
    assert f"{DESK}/new" in desk.links
    new = await visitor.get(f"{DESK}/new")
    buyer_id = new.html.split('<option value="')[1].split('"')[0]
    need = await visitor.submit_and_follow(new, f"{DESK}/new", title="社区助浴", buyer_id=buyer_id)
    at = next(form.action for form in need.forms if form.action.endswith("/write/need"))
    one = at.removesuffix("/write/need")
    service = await visitor.submit_and_follow(
        need,
        at,
        problem="老人洗浴困难",
        users="七十五岁以上老人",
        people_served="320",
        category_code="elderly_care",
    )
    lots = await visitor.submit_and_follow(
        service,
        f"{one}/write/service",
        description="上门助浴",
        standards="持证上岗",
        acceptance="抽查并听取意见",
    )
    lot = {
        "lots.0.title": "助浴服务", "lots.0.ceiling_fen": "20万", "lots.0.area_code": city.JIANGSU_ROAD, "lots.0.starts_on": "2027-03-01",
        "lots.0.ends_on": "2027-02-01", "lots.0.items.0.description": "助浴", "lots.0.items.0.quantity": "3000", "lots.0.items.0.unit": "人次",
    }  # fmt: skip
    refused = await visitor.submit(lots, f"{one}/write/lots", **{**lot, "lots.0.ceiling_fen": "十万"})
    assert refused.status == 422 and "field-lots.0.ceiling_fen" in refused.html
    stays = await visitor.submit_and_follow(lots, f"{one}/write/lots", **lot, next="stay")
    assert "Lot 1 ends before it begins" in stays.text or "ends before" in stays.text
    conditions = await visitor.submit_and_follow(
        stays, f"{one}/write/lots", **{"lots.0.ends_on": "2027-12-31"}
    )
    criteria = await visitor.submit_and_follow(conditions, f"{one}/write/conditions")
    milestones = await visitor.submit_and_follow(criteria, f"{one}/write/criteria")
    dates = await visitor.submit_and_follow(
        milestones,
        f"{one}/write/milestones",
        **{
            "milestones.0.title": "完成",
            "milestones.0.deliverable": "全部服务",
            "milestones.0.due_on": "2027-12-31",
            "milestones.0.share": "100",
        },
    )
    papers = await visitor.submit_and_follow(
        dates, f"{one}/write/dates", official_notice_url="https://www.zfcg.sh.gov.cn/1"
    )
    shown = await visitor.submit(
        papers, f"{one}/documents", files={"paper": ("需求.pdf", b"%PDF-1.7 x", "application/pdf")}
    )
    assert shown.status == 303
    overview = await visitor.get(one)
    assert "The linter has nothing to refuse" in overview.text, overview.text
    public = await visitor.submit_and_follow(overview, f"{one}/publish")
    assert "社区助浴" in public.text and "Open, questions taken" in public.text
    assert "CN-2026-0001" in public.text


async def test_a_finding_is_mended_by_its_button(house: House, visitor: Visitor) -> None:
    officer = await _officer(house)
    async with house.database.unit_of_work() as session:
        early = session.now() + timedelta(days=15)
        tender_id = await scene.drafted(session, officer, submissions_end_at=early)
    await visitor.sign_in(officer.signed_in())
    page = await visitor.get(f"{DESK}/tenders/{tender_id}/write/dates")
    assert "Move the deadline to Mon 14 Dec or later." in page.text
    mended = await visitor.submit_and_follow(
        page, f"{DESK}/tenders/{tender_id}/mend", code="lint_deadline_early"
    )
    assert "Move the deadline" not in mended.text


async def test_everybody_reads_a_tender_and_can_check_its_hash(house: House, visitor: Visitor) -> None:
    tender_id = await _published(house, await _officer(house))
    path = f"/buying/tenders/{tender_id}"
    assert path in (await visitor.get("/buying")).links
    assert path in (await visitor.get("/buying/tenders?show=open&area=310105000000&q=助浴")).links
    assert path not in (await visitor.get("/buying/tenders?show=decided")).links
    page = await visitor.get(path)
    for said in ("服务方案", "登记证书", "200,000", "Bids are due"):
        assert said in page.text
    file = await visitor.get(f"{path}/file.json")
    assert content_hash(json.loads(file.html)) in page.text
    assert (await visitor.get(f"{path}/file.json?version=7")).status == 404
    assert (await visitor.get(f"{path}/versions")).status == 200


async def test_a_question_is_answered_to_all_and_nobody_learns_who_asked(
    house: House, visitor: Visitor, another: Visitor
) -> None:
    officer = await _officer(house)
    tender_id = await _published(house, officer)
    async with house.database.unit_of_work() as session:
        _, manager = await buying.supplier(session, "晨光护理站")
    path = f"/buying/tenders/{tender_id}"
    await visitor.sign_in(manager.signed_in())
    page = await visitor.get(path)
    organisation_id = page.html.split('name="organisation_id"')[1].split('value="')[1].split('"')[0]
    asked = await visitor.submit_and_follow(
        page, f"{path}/questions", text="可以分时段吗", organisation_id=organisation_id
    )
    assert "可以分时段吗" in asked.text
    await another.sign_in(officer.signed_in())
    assert "可以分时段吗" not in (await another.get("/buying")).text
    desk = await another.get(f"{DESK}/tenders/{tender_id}")
    assert "可以分时段吗" in desk.text and "晨光护理站" not in desk.html
    answer_path = next(link for link in desk.links if "/questions/" in link)
    answered = await another.submit_and_follow(await another.get(answer_path), answer_path, answer="可以")
    assert "晨光护理站" not in answered.html
    public = await another.get(path)
    assert "可以分时段吗" in public.text and "晨光护理站" not in public.html


async def test_an_amendment_shows_its_changes_before_and_after(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    officer = await _officer(house)
    tender_id = await _published(house, officer)
    one = f"{DESK}/tenders/{tender_id}"
    await visitor.sign_in(officer.signed_in())
    page = await visitor.get(f"{one}/write/criteria")
    await visitor.submit_and_follow(
        page, f"{one}/write/criteria", **{"criteria.0.weight": "30", "criteria.1.weight": "40"}
    )
    amend = await visitor.get(f"{one}/amend")
    assert "20 %" in amend.text and "30 %" in amend.text and "This affects bids" in amend.text
    public = await visitor.submit_and_follow(amend, f"{one}/amend", reason="提高价格权重")
    assert "Version 2" in public.text
    versions = await visitor.get(f"/buying/tenders/{tender_id}/versions")
    assert "提高价格权重" in versions.text and "Earlier bids count once confirmed" in versions.text


async def test_an_organisation_follows_and_nobody_else_sees_it(
    house: House, visitor: Visitor, another: Visitor
) -> None:
    officer = await _officer(house)
    tender_id = await _published(house, officer)
    async with house.database.unit_of_work() as session:
        _, manager = await buying.supplier(session, "晨光护理站")
    path = f"/buying/tenders/{tender_id}"
    await visitor.sign_in(manager.signed_in())
    following = await visitor.submit_and_follow(await visitor.get(path), f"{path}/follow")
    assert "晨光护理站" in following.text
    await another.sign_in(officer.signed_in())
    assert "晨光护理站" not in (await another.get(path)).html
    stopped = await visitor.submit_and_follow(following, f"{path}/follow")
    assert "Follow for" in stopped.text or "关注" in stopped.text


async def test_closed_doors(house: House, visitor: Visitor, another: Visitor) -> None:
    officer = await _officer(house)
    async with house.database.unit_of_work() as session:
        tender_id = await scene.drafted(session, officer)
        outsider = await buying.officer(session, "徐汇采购员", city.XUHUI)
    one = f"{DESK}/tenders/{tender_id}"
    assert (await visitor.get(f"/buying/tenders/{tender_id}")).status == 404
    for path in (one, f"{one}/write/need", f"{one}/preview", f"{one}/cancel", DESK):
        page = await visitor.get(path)
        assert page.status == 303 and "/sign-in" in (page.location or "")
    await another.sign_in(outsider.signed_in())
    for path in (one, f"{one}/write/need", f"{one}/preview", f"{one}/amend", f"/buying/tenders/{tender_id}"):
        assert (await another.get(path)).status == 404
    await visitor.sign_in(officer.signed_in())
    called_off = await visitor.submit_and_follow(
        await visitor.get(f"{one}/cancel"), f"{one}/cancel", reason="不需要了"
    )
    assert called_off.status == 200
