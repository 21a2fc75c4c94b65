"""Staffing pages: join the pool, make a plan, look at it, send the offers, and read why one was asked."""

from marketplace.bootstrap import House
from tests.staffing import scene
from tests.web.visitor import Visitor


async def test_a_volunteer_joins_and_leaves_the_pool(visitor: Visitor, house: House) -> None:
    at = await scene.festival(house)
    me = await scene.volunteer(house)
    await visitor.sign_in(me.signed_in())
    path = f"/needs/{at.need_id}/pool"
    assert "加入统筹" in (await visitor.get(f"/needs/{at.need_id}")).text
    page = await visitor.submit_and_follow(
        await visitor.get(path), path, most_shifts="2", shifts=[str(at.shifts[0]), str(at.shifts[2])]
    )
    assert "您已加入统筹" in page.text
    form = await visitor.get(path)
    assert f'value="{at.shifts[0]}" checked' in form.html
    assert f'value="{at.shifts[1]}" checked' not in form.html
    page = await visitor.submit_and_follow(form, f"{path}/leave")
    assert "您已退出统筹" in page.text


async def test_an_organiser_plans_looks_drops_and_sends(visitor: Visitor, house: House) -> None:
    at = await scene.festival(house, 2, capacity=2, minimum_people=2)
    people = await scene.joined(house, at, 4, most=1)
    await visitor.sign_in(at.organiser.signed_in())
    overview = await visitor.get(f"/needs/{at.need_id}/staffing")
    assert "距最低人数还差 4 人" in overview.text
    new = f"/needs/{at.need_id}/assignment-runs/new"
    run = await visitor.submit_and_follow(await visitor.get(new), new, seed="5")
    assert "方案已生成，尚未打扰任何人" in run.text
    assert "已证明没有更好的方案" in run.text
    assert "0 → 2 / 2" in run.text, "the picture tells before, after and places"
    for one in people:
        assert one.name is None or one.name in run.text
    drop = next(form.action for form in run.forms if "/assignment-proposals/" in form.action)
    run = await visitor.submit_and_follow(run, drop)
    assert "已剔除，不会发出邀约" in run.text
    address = next(form.action for form in run.forms if form.action.endswith("/check")).removesuffix("/check")
    checked = await visitor.submit_and_follow(run, f"{address}/check")
    assert "方案一致，数据至今没有变化" in checked.text
    sent = await visitor.submit_and_follow(await visitor.get(f"{address}/send"), f"{address}/send")
    assert "已接受 0，待答复 3" in sent.text
    again = await visitor.get(f"{address}/send")
    assert "没有可发出的邀约" in again.text


async def test_who_is_passed_over_is_named_with_the_reason(visitor: Visitor, house: House) -> None:
    at = await scene.festival(house, 1)
    left, _ = await scene.joined(house, at, 2)
    run_id = await scene.start(house, at)
    await scene.leave(house, left, at)
    await visitor.sign_in(at.organiser.signed_in())
    page = await visitor.get(f"/assignment-runs/{run_id}/send")
    sent = await visitor.submit_and_follow(page, f"/assignment-runs/{run_id}/send")
    assert "情况有变，以下未发出邀约： 志愿者0，" in sent.text
    assert sent.text.count("已退出统筹") == 2, "above, and with the person"


async def test_the_person_reads_why_the_place_is_offered_and_accepts(visitor: Visitor, house: House) -> None:
    at = await scene.festival(house, 1)
    (me,) = await scene.joined(house, at, 1)
    run_id = await scene.start(house, at)
    await scene.send(house, at, run_id)
    await visitor.sign_in(me.signed_in())
    page = await visitor.get("/my/shifts")
    assert "是否接受由您决定" in page.text
    assert "为什么邀请您" in page.text
    accept = next(form.action for form in page.forms if form.action.endswith("/accept"))
    await visitor.submit_and_follow(page, accept)
    assert await scene.outcomes(house, at, run_id) == {me.person_id: "accepted"}


async def test_a_role_is_added_and_ended(visitor: Visitor, house: House) -> None:
    at = await scene.festival(house)
    await visitor.sign_in(at.organiser.signed_in())
    path = f"/needs/{at.need_id}/staffing"
    page = await visitor.submit_and_follow(
        await visitor.get(path), f"/needs/{at.need_id}/roles", name="急救员", qualification="first_aid"
    )
    assert "每班 1 人" in page.text
    end = next(form.action for form in page.forms if "/need-roles/" in form.action)
    assert "岗位已结束" in (await visitor.submit_and_follow(page, end)).text


async def test_staffing_pages_are_closed_to_others(visitor: Visitor, house: House) -> None:
    at = await scene.festival(house)
    run_id = await scene.start(house, at)
    outsider = await scene.volunteer(house, "路人")
    await visitor.sign_in(outsider.signed_in())
    assert (await visitor.get(f"/needs/{at.need_id}/staffing")).status == 403
    assert (await visitor.get(f"/assignment-runs/{run_id}")).status == 404
    assert "人员安排" not in (await visitor.get(f"/needs/{at.need_id}")).text
