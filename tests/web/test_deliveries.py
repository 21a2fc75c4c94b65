"""The pages of deliveries: planned and recorded by the provider, confirmed by an old lady, accepted by the buyer; without scripts."""

from datetime import timedelta

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from tests import builders, delivering
from tests.delivery.deliveries import scene
from tests.web.visitor import Visitor

WORDS = {
    "title": "上门助浴",
    "promised": "两名护理员上门，协助洗浴一次。",
    "place": "江苏路 480 弄 3 号",
    "served_by": "两名护理员",
    "recipients": "138 0013 8000 林奶奶\n\n13900139000，3 号楼",
    "people": "2",
}


async def test_from_the_contract_to_the_acceptance(house: House, visitor: Visitor, clock: FixedClock) -> None:
    at = await scene.people(house)
    await visitor.sign_in(at.manager.signed_in())
    theirs = f"/contracts/{at.under.id}/deliveries"
    assert theirs in (await visitor.get(f"/supplier/contracts/{at.under.id}")).links
    plan = f"/deliveries/new?contract={at.under.id}"
    assert plan in (await visitor.get(theirs)).links and plan in (await visitor.get("/deliveries/new")).links
    form = await visitor.get(plan)
    soon = (clock.now() + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    ends = (clock.now() + timedelta(hours=10)).strftime("%Y-%m-%dT%H:%M")
    facts = {
        **WORDS,
        "starts_at": soon,
        "ends_at": ends,
        "commitments.1.text": "服务时长",
        "commitments.1.unit": "分钟",
        "commitments.1.target": "６０",
        "area_code": "310105002003",
    }
    wrong = await visitor.submit(form, plan, **{**facts, "recipients": "13800138000\n林奶奶"})
    assert wrong.status == 422 and "第 2 行" in wrong.text and "两名护理员" in wrong.text
    wrong = await visitor.submit(form, plan, **{**facts, "commitments.1.unit": ""})
    assert wrong.status == 422 and "field-commitments.1.unit" in wrong.ids
    page = await visitor.submit_and_follow(form, plan, **facts)
    assert "138****8000" in page.text and "林奶奶" in page.text and "不少于 60 分钟" in page.text
    (one,) = {
        form.action.removesuffix("/recipients") for form in page.forms if form.action.endswith("/recipients")
    }
    assert one in (await visitor.get("/deliveries")).links
    month = await visitor.get("/deliveries/calendar")
    assert "#day-22" in month.links and "本月共 1 次服务" in month.text
    file = await visitor.get("/deliveries/calendar.ics")
    assert "BEGIN:VEVENT" in file.html
    early = await visitor.get(f"{one}/record")
    refused = await visitor.submit(early, f"{one}/record", minutes="120", **{"actuals.1": "60"})
    assert refused.status == 409 and "起（服务开始前不久）" in refused.text
    clock.advance(timedelta(hours=1))
    page = await visitor.get(one)
    arrive = [form for form in page.forms if form.fields.get("kind") == ["arrived"]]
    assert len(arrive) == 1
    page = await visitor.submit_and_follow(
        await visitor.get(f"{one}/record"), f"{one}/record", minutes="120", **{"actuals.1": "60"}
    )
    assert "已完成" in page.text and "已兑现" in page.text
    await visitor.sign_in(at.lady.signed_in())
    page = await visitor.get(one)
    assert "是这样吗" in page.text and "138****8000" not in page.text
    page = await visitor.submit_and_follow(page, f"{one}/confirm")
    assert "已确认" in page.text
    await visitor.sign_in(at.officer.signed_in())
    assert theirs in (await visitor.get(f"/desk/buying/contracts/{at.under.id}")).links
    assert one in (await visitor.get(theirs)).links
    decide = f"{one}/decision"
    assert decide in (await visitor.get(one)).links
    page = await visitor.submit(await visitor.get(decide), decide, is_accepted="false")
    assert page.status == 422
    page = await visitor.submit_and_follow(await visitor.get(decide), decide, is_accepted="true")
    assert "已验收" in page.text


async def test_moved_cancelled_disputed_and_people_on_the_list(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.plan(house, at)
    one = f"/deliveries/{made}"
    await visitor.sign_in(at.member.signed_in())
    page = await visitor.submit_and_follow(await visitor.get(f"{one}/move"), f"{one}/move", place="社区中心")
    assert "社区中心" in page.text
    refused = await visitor.submit(page, f"{one}/recipients", phone="12", name="王伯伯")
    assert refused.status == 422
    page = await visitor.submit_and_follow(page, f"{one}/recipients", phone="13900139000", name="王伯伯")
    (off,) = [form for form in page.forms if form.action.endswith("/remove")][-1:]
    page = await visitor.submit_and_follow(page, off.action)
    assert "王伯伯" not in page.text
    page = await visitor.submit_and_follow(
        await visitor.get(f"{one}/cancel"), f"{one}/cancel", reason="护理员生病"
    )
    assert "护理员生病" in page.text
    done = f"/deliveries/{await scene.done(house, at)}"
    await visitor.sign_in(at.lady.signed_in())
    dispute = f"{done}/dispute"
    too_long = await visitor.submit(await visitor.get(dispute), dispute, text="好" * 600)
    assert too_long.status == 422
    page = await visitor.submit_and_follow(await visitor.get(dispute), dispute, text="只来了一个人")
    assert "有异议" in page.text and "只来了一个人" in page.text
    await visitor.sign_in(at.worker.signed_in())
    assert f"{done}/slips" in (await visitor.get(done)).links
    page = await visitor.get("/deliveries/community?show=disputed")
    assert done in page.links
    assert done in (await visitor.get("/deliveries/community?show=disputed&area=310105002003")).links


async def test_every_door_is_closed_to_those_whom_it_does_not_concern(house: House, visitor: Visitor) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    one = f"/deliveries/{made}"
    pages = [one, *(f"{one}/{act}" for act in ("record", "move", "cancel", "dispute", "decision"))]
    for path in (*pages, "/deliveries", "/deliveries/community", f"/contracts/{at.under.id}/deliveries"):
        assert (await visitor.get(path)).status in (303, 403), path
    await visitor.sign_in(at.outsider.signed_in())
    for path in (*pages, f"/contracts/{at.under.id}/deliveries"):
        assert (await visitor.get(path)).status == 404, path
    assert (await visitor.get("/deliveries/community")).status == 403
    assert (await visitor.get(f"/deliveries/new?contract={at.under.id}")).status == 403
    assert (await visitor.get("/deliveries")).status == 200
    assert (await visitor.get("/deliveries/new?contract=nonsense")).status == 200
    await visitor.sign_in(at.lady.signed_in())
    for act in ("record", "move", "cancel", "decision"):
        assert (await visitor.get(f"{one}/{act}")).status == 403, act


async def test_a_need_and_a_property_contract_have_deliveries_too(house: House, visitor: Visitor) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, raised_by=at.lady.signed_in())
        shift_id = await builders.shift(session, need_id)
        contract_id, manager = await delivering.property_contract(session, await delivering.compound(session))
    await visitor.sign_in(at.worker.signed_in())
    plan = f"/deliveries/new?need={need_id}"
    assert plan in (await visitor.get(f"/needs/{need_id}/manage")).links
    facts = {**WORDS, "recipients": ""}
    page = await visitor.submit_and_follow(await visitor.get(plan), plan, shift_id=str(shift_id), **facts)
    assert "林奶奶" in page.text
    await visitor.sign_in(manager.signed_in())
    plan = f"/deliveries/new?property={contract_id}"
    assert plan in (await visitor.get("/deliveries/new")).links
    page = await visitor.submit_and_follow(await visitor.get(plan), plan, receiver="building", **facts)
    assert "愚园新村" in page.text


async def test_the_buyer_accepts_several_at_once(house: House, visitor: Visitor) -> None:
    at = await scene.people(house)
    ids = [str(await scene.done(house, at)) for _one in range(2)]
    await visitor.sign_in(at.officer.signed_in())
    ours = f"/contracts/{at.under.id}/deliveries"
    page = await visitor.get(ours)
    nothing = await visitor.submit(page, ours)
    assert nothing.status == 422
    page = await visitor.submit_and_follow(page, ours, delivery_ids=ids)
    assert "验收了" in page.text or "已通过验收" in page.text
    assert "已验收" in (await visitor.get(f"{ours}?show=over")).text


async def test_addresses_that_say_nonsense_show_the_usual(house: House, visitor: Visitor) -> None:
    at = await scene.people(house)
    await scene.plan(house, at)
    await visitor.sign_in(at.manager.signed_in())
    for path in (
        "/deliveries?show=nonsense&contract=x",
        "/deliveries/calendar?month=nonsense",
        "/deliveries/calendar?month=2199-12",
        "/deliveries/calendar?month=1990-01",
        f"/contracts/{at.under.id}/deliveries?show=past",
    ):
        assert (await visitor.get(path)).status == 200, path
    assert (await visitor.get("/deliveries?after=forged")).status == 422
    await visitor.sign_in(at.worker.signed_in())
    for area in ("x", "310104003001", "310105002003", "31010500200%00"):
        assert (await visitor.get(f"/deliveries/community?area={area}")).status == 200, area


async def test_a_hundred_thousand_characters_are_refused_and_break_nothing(
    house: House, visitor: Visitor
) -> None:
    at = await scene.people(house)
    dispute = f"/deliveries/{await scene.done(house, at)}/dispute"
    await visitor.sign_in(at.lady.signed_in())
    page = await visitor.get(dispute)
    assert (await visitor.submit(page, dispute, text="好" * 100_000)).status in (413, 422)


async def test_evidence_is_handed_in_shown_to_the_two_sides_and_taken_back(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.people(house)
    one = f"/deliveries/{await scene.plan(house, at, starts_at=clock.now())}"
    add = f"{one}/evidence"
    await visitor.sign_in(at.member.signed_in())
    (arrived,) = [form for form in (await visitor.get(one)).forms if form.fields.get("kind") == ["arrived"]]
    assert arrived.action == add
    page = await visitor.get(one)
    nothing = await visitor.submit(page, add, kind="photo")
    assert nothing.status == 422
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    answer = await visitor.submit(page, add, files={"file": ("门口.png", png, "image/png")}, kind="photo")
    assert answer.status == 303
    page = await visitor.get(one)
    (paper,) = [link for link in page.links if link.startswith("/deliveries/evidence/")]
    shown = await visitor.get(paper)
    assert shown.status == 200
    await visitor.sign_in(at.officer.signed_in())
    assert (await visitor.get(paper)).status == 200
    await visitor.sign_in(at.outsider.signed_in())
    assert (await visitor.get(paper)).status == 404
    await visitor.sign_in(at.member.signed_in())
    await visitor.submit_and_follow(await visitor.get(one), f"{paper}/remove")
    assert (await visitor.get(paper)).status == 404


async def test_residents_are_told_for_whom_the_providers_pages_are_and_where_theirs_is(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session, "居民")
    await visitor.sign_in(resident.signed_in())
    for path in ("/deliveries", "/deliveries/calendar"):
        page = await visitor.get(path)
        assert "本页供提供服务的组织使用" in page.text and "/my/services" in page.links
        assert "/deliveries/new" not in page.links
