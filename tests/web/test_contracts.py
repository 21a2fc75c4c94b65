"""The pages of contracts and call-offs: both sides, the public and those who are served, without scripts, in both languages."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.procurement.records import content_hash
from tests import builders, delivering
from tests.procurement.contracts import scene
from tests.web.visitor import Visitor


async def test_the_two_sides_go_from_the_award_to_the_final_acceptance(
    house: House, visitor: Visitor
) -> None:
    at = await scene.awarded(house)
    await visitor.sign_in(at.officer.signed_in())
    desk = await visitor.get("/desk/buying/contracts")
    draft = f"/desk/buying/awards/{at.award_id}/contract"
    page = await visitor.submit_and_follow(desk, draft)
    assert "待签署" in page.text and "¥100,000.00" in page.text and "待签署" in page.text
    (sign,) = [form.action for form in page.forms if form.action.endswith("/sign")]
    contract_id = sign.split("/")[-2]
    ours, theirs, public = (
        f"/desk/buying/contracts/{contract_id}",
        f"/supplier/contracts/{contract_id}",
        f"/buying/contracts/{contract_id}",
    )
    page = await visitor.submit_and_follow(page, sign)
    assert "等待供应商签署" in page.text
    await visitor.sign_in(at.supplier.signed_in())
    assert theirs in (await visitor.get("/supplier/contracts")).links
    await visitor.submit_and_follow(await visitor.get(theirs), f"{theirs}/sign")
    await visitor.sign_in(at.officer.signed_in())
    page = await visitor.submit_and_follow(await visitor.get(ours), f"{ours}/publish")
    assert f"{public}/contract.json" in page.links
    for step in await scene.steps(house, UUID(contract_id)):
        report, decide = f"/supplier/milestones/{step.id}", f"/desk/buying/milestones/{step.id}"
        await visitor.sign_in(at.supplier.signed_in())
        page = await visitor.submit_and_follow(await visitor.get(report), report, text="完成一千人次")
        assert "待验收" in page.text
        await visitor.sign_in(at.officer.signed_in())
        page = await visitor.submit_and_follow(await visitor.get(decide), decide, is_accepted="true")
        pay = f"{decide}/payment"
        assert pay in page.links
        form = await visitor.get(pay)
        refused = await visitor.submit(form, pay, amount_fen="1亿", reference="转账0001")
        assert refused.status == 422
        page = await visitor.submit_and_follow(form, pay, reference="转账0001")
    assert "已付¥100,000.00，共¥100,000.00" in page.text
    accept = f"{ours}/acceptance"
    refused = await visitor.submit(await visitor.get(accept), accept, acceptance="全部达标")
    assert refused.status == 409 and "第二十四条" in refused.text
    await visitor.sign_in((await scene.resident(house)).signed_in())
    page = await visitor.get(public)
    page = await visitor.submit_and_follow(
        page, f"{public}/opinion", received="on", is_satisfied="true", text="很细心"
    )
    assert "很细心" in page.text
    assert [form.action for form in page.forms if form.action.endswith("/opinion")] == []
    await visitor.sign_in(at.officer.signed_in())
    page = await visitor.submit_and_follow(await visitor.get(accept), accept, acceptance="全部达标")
    assert "已最终验收" in page.text and "很细心" in page.text and "林奶奶" not in page.text


@pytest.mark.parametrize(("locale", "said"), [("zh_Hans", "履约节点"), ("en", "Milestones")])
async def test_everybody_reads_a_public_contract_in_their_language(
    house: House, visitor: Visitor, locale: str, said: str
) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    async with house.database.unit_of_work() as session:
        reader = await builders.viewer(session, locale=locale)
    await visitor.sign_in(reader.signed_in())
    listed = await visitor.get("/buying/contracts")
    path = f"/buying/contracts/{contract_id}"
    assert path in listed.links
    assert path in (await visitor.get(f"/buying/tenders/{at.tender_id}/contracts")).links
    page = await visitor.get(path)
    assert said in page.text and "¥30,000.00" in page.text
    assert "小顾" not in page.text and "负责人" not in page.text
    record = json.loads((await visitor.get(f"{path}/contract.json")).html)
    assert record["content_hash"] == content_hash(record["content"])


async def test_empty_lists_say_what_to_do_next(house: House, visitor: Visitor) -> None:
    at = await scene.awarded(house)
    assert "No contract is public yet" in (await visitor.get("/buying/contracts")).text
    of_tender = await visitor.get(f"/buying/tenders/{at.tender_id}/contracts")
    assert "No contract of this purchase is public yet" in of_tender.text
    await visitor.sign_in(at.supplier.signed_in())
    assert "贵组织还没有合同" in (await visitor.get("/supplier/contracts")).text


async def test_a_change_is_proposed_by_one_officer_and_decided_by_another(
    house: House, visitor: Visitor
) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    ours = f"/desk/buying/contracts/{contract_id}"
    await visitor.sign_in(at.officer.signed_in())
    form = await visitor.get(f"{ours}/change")
    words = {"title": "增加十户", "what": "新增十户", "reason": "需要增加"}
    refused = await visitor.submit(form, f"{ours}/change", **words, added_fen="10,000.01")
    assert (
        refused.status == 409 and "《政府采购法》第四十九条" in refused.text and "10,000.01" in refused.html
    )
    page = await visitor.submit_and_follow(form, f"{ours}/change", **words, added_fen="1万")
    assert "须由另一名经办人决定" in page.text
    await visitor.sign_in((await scene.resident(house)).signed_in())
    assert "增加十户" not in (await visitor.get(f"/buying/contracts/{contract_id}")).text
    await visitor.sign_in(at.second.signed_in())
    page = await visitor.get(ours)
    (decide,) = [link for link in page.links if "/desk/buying/changes/" in link]
    page = await visitor.submit_and_follow(await visitor.get(decide), decide, is_approved="true")
    assert "¥110,000.00" in page.text
    end = f"{ours}/end"
    page = await visitor.submit_and_follow(await visitor.get(end), end, reason="注销", what="按实结算")
    assert "须由另一名经办人决定" in page.text


async def test_a_payment_is_reversed_with_a_reason(house: House, visitor: Visitor) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    step = (await scene.steps(house, contract_id))[0]
    await scene.report(house, at.supplier, step.id)
    await scene.decide(house, at.officer, step.id)
    payment_id = await scene.pay(house, at.officer, step.id, 3_000_000)
    await visitor.sign_in(at.officer.signed_in())
    path = f"/desk/buying/payments/{payment_id}"
    page = await visitor.submit_and_follow(await visitor.get(path), path, reason="重复录入")
    assert "重复录入" in page.text and "−¥30,000.00" in page.text


async def test_a_service_is_called_off_in_turn_and_by_competition(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.agreement(house, clock, suppliers=2)
    lot = f"/buying/frameworks/{at.lot_id}"
    page = await visitor.get(lot)
    assert "社工站1" in page.text and "Nothing was called off yet" in page.text
    await visitor.sign_in(at.officer.signed_in())
    new = f"/desk/buying/frameworks/{at.lot_id}/call-off"
    form = await visitor.get(new)
    words = {
        "title": "华阳路街道助浴",
        "description": "二十户",
        "budget_fen": "3万",
        "starts_on": "2026-12-01",
        "ends_on": "2027-02-28",
    }
    page = await visitor.submit_and_follow(form, new, **words, way="rotation")
    assert "由社工站1承接" in page.text
    form = await visitor.get(new)
    unreasoned = await visitor.submit(
        form, new, **words, way="direct", organisation_id=str(at.suppliers[1][0])
    )
    assert unreasoned.status == 422
    page = await visitor.submit_and_follow(
        form, new, **words, way="competition", offers_end_at="2026-11-27T10:00", price_weight="40"
    )
    assert "报价中" in page.text
    call_off_id = ""
    for (organisation_id, manager), price in zip(at.suppliers, ("20000", "2.5万"), strict=True):
        await visitor.sign_in(manager.signed_in())
        (path,) = [link for link in (await visitor.get("/supplier/contracts")).links if "/call-offs/" in link]
        page = await visitor.submit_and_follow(
            await visitor.get(path),
            path,
            organisation_id=str(organisation_id),
            price_fen=price,
            text="两人同行",
        )
        assert "您已报价" in page.text
        call_off_id = path.rpartition("/")[2]
    await visitor.sign_in(at.officer.signed_in())
    decide = f"/desk/buying/call-offs/{call_off_id}"
    page = await visitor.get(decide)
    assert "20,000" not in page.text and decide not in [form.action for form in page.forms]
    clock.advance(timedelta(days=5))
    await visitor.sign_in(at.officer.signed_in())
    page = await visitor.get(decide)
    form_seen = next(one for one in page.forms if one.action == decide)
    points = {name: "80" for name in form_seen.names if name.startswith("quality_")}
    assert len(points) == 2
    refused = await visitor.submit(page, decide)
    assert refused.status == 422
    page = await visitor.submit_and_follow(page, decide, **points)
    assert "由社工站1承接" in page.text and "88.00" in page.text


async def test_users_ratings_inform_a_choice_and_count_where_stated(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.agreement(house, clock, suppliers=3)
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, at.suppliers[1][0])
        await delivering.scorecard(session, at.suppliers[2][0], score=None, low=None, high=None, raters=9)
    await visitor.sign_in(at.officer.signed_in())
    new = f"/desk/buying/frameworks/{at.lot_id}/call-off"
    page = await visitor.get(new)
    assert "4.60" in page.text and "4.40–4.80" in page.text and "9 / 10 人" in page.text
    assert "尚无公布评分" in page.text
    words = {
        "title": "华阳路街道助浴",
        "description": "二十户",
        "budget_fen": "3万",
        "starts_on": "2026-12-01",
        "ends_on": "2027-02-28",
        "way": "competition",
        "offers_end_at": "2026-11-27T10:00",
    }
    refused = await visitor.submit(page, new, **words, price_weight="90", rating_weight="20")
    assert refused.status == 422 and "最多 100%" in refused.text
    page = await visitor.submit_and_follow(page, new, **words, price_weight="70", rating_weight="30")
    assert "价格 70%，用户评价 30%" in page.text and "区间下限" in page.text
    call_off_id = UUID(page.answer.url.path.rpartition("/")[2])
    decide = f"/desk/buying/call-offs/{call_off_id}"
    for party in at.suppliers:
        await scene.offer(house, party, call_off_id, 2_000_000)
    clock.advance(timedelta(days=5))
    await visitor.sign_in(at.officer.signed_in())
    page = await visitor.get(decide)
    assert "4.40–4.80" in page.text
    page = await visitor.submit_and_follow(page, decide)
    assert "由社工站2承接" in page.text and "95.50" in page.text


async def test_an_unanswered_competition_is_ended_on_its_page(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.agreement(house, clock, suppliers=1)
    call_off_id = await scene.competition(house, at)
    clock.advance(timedelta(days=5))
    await visitor.sign_in(at.officer.signed_in())
    decide = f"/desk/buying/call-offs/{call_off_id}"
    page = await visitor.get(decide)
    refused = await visitor.submit(page, f"{decide}/end")
    assert refused.status == 422
    page = await visitor.submit_and_follow(page, f"{decide}/end", end_reason="无人响应")
    assert "未选定供应商" in page.text and "无人响应" in page.text


async def test_closed_doors(house: House, visitor: Visitor, clock: FixedClock) -> None:
    at = await scene.awarded(house)
    draft = await scene.drafted(house, at)
    step = (await scene.steps(house, draft))[0]
    agreement = await scene.agreement(house, clock, suppliers=1)
    call_off_id = await scene.competition(house, agreement)
    desks = (
        "/desk/buying/contracts",
        "/supplier/contracts",
        f"/desk/buying/contracts/{draft}",
        f"/supplier/contracts/{draft}",
        f"/desk/buying/milestones/{step.id}",
        f"/supplier/milestones/{step.id}",
        f"/desk/buying/frameworks/{agreement.lot_id}/call-off",
        f"/desk/buying/call-offs/{call_off_id}",
        f"/supplier/call-offs/{call_off_id}",
    )
    for path in desks:
        answer = await visitor.get(path)
        assert answer.location == f"/sign-in?next={path}", path
    for path in (f"/buying/contracts/{draft}", f"/buying/contracts/{new_id()}"):
        assert (await visitor.get(path)).status == 404
    await visitor.sign_in((await scene.resident(house)).signed_in())
    assert (await visitor.get(f"/buying/contracts/{draft}")).status == 404
    assert (await visitor.get(f"/buying/contracts/{draft}/contract.json")).status == 404
    for path in desks[2:6]:
        assert (await visitor.get(path)).status == 404, path
    for path in desks[6:]:
        assert (await visitor.get(path)).status == 403, path
    public = await scene.signed(house, await scene.awarded(house))
    assert (await visitor.get(f"/desk/buying/contracts/{public}")).status == 403
    await visitor.sign_in(at.supplier.signed_in())
    assert (await visitor.get(f"/desk/buying/contracts/{draft}")).status == 403
