"""The pages of service lists: drafted at the desk, read, compared and commented by everybody, followed by organisations; without scripts."""

from datetime import timedelta

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from tests import buying, city
from tests.procurement.lists import scene
from tests.web.visitor import Visitor

STEPS: tuple[dict[str, str], ...] = (
    {"title": "社区助浴服务", "description": "上门协助洗浴", "category_code": "bathing_help"},
    {"people_served": "320", "audience_code": "older_people"},
    {"budget_fen": "２０万", "quantity": "3000", "unit": "人次"},
    {"planned_tender_on": "2027-02-01", "starts_on": "2027-04-01", "ends_on": "2028-03-31"},
)


async def test_an_officer_registers_a_buyer_and_drafts_a_list_one_thing_at_a_time(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
    await visitor.sign_in(officer.signed_in())
    empty = await visitor.get("/desk/buying/lists")
    assert "/desk/buying/buyers/new" in empty.links
    page = await visitor.get("/desk/buying/buyers/new")
    desk = await visitor.submit_and_follow(page, "/desk/buying/buyers/new", name="长宁区民政局")
    assert "长宁区民政局" in desk.text
    form = await visitor.get("/desk/buying/lists/new")
    wrong = await visitor.submit(form, "/desk/buying/lists/new", title="清单", ends_on="2020-01-01")
    assert wrong.status == 422 and "清单" in wrong.html
    begun = await visitor.submit_and_follow(form, "/desk/buying/lists/new", title="三年清单")
    (add,) = [link for link in begun.links if link.endswith("/items/new")][:1]
    page = await visitor.get(add)
    for fields in STEPS:
        page = await visitor.submit(page, add, **fields, go="next")
        assert page.status == 200, page
    blank = await visitor.submit(page, add, standards=" ", go="add")
    assert blank.status == 422
    listed = await visitor.submit_and_follow(blank, add, standards="持证上岗", go="add")
    assert "社区助浴服务" in listed.text and "¥200,000.00" in listed.text
    again = await visitor.submit(blank, add, standards="持证上岗", go="add")
    assert again.status == 303, "the same form pressed twice adds one item"
    (edit,) = [link for link in listed.links if "/items/" in link and "/desk/" in link and "new" not in link]
    changed = await visitor.submit_and_follow(await visitor.get(edit), edit, budget_fen="25万")
    assert "¥250,000.00" in changed.text
    gone = await visitor.submit_and_follow(changed, f"{edit}/remove")
    assert "¥250,000.00" not in gone.text


async def test_a_step_with_a_wrong_field_is_shown_again_with_everything_kept(
    house: House, visitor: Visitor
) -> None:
    at = await scene.begun(house)
    await visitor.sign_in(at.officer.signed_in())
    add = f"/desk/buying/editions/{at.edition_id}/items/new"
    page = await visitor.submit(await visitor.get(add), add, **STEPS[0], go="next")
    outside = await visitor.submit(page, add, area="天平路街道", go="next")
    assert outside.status == 422 and "区域须在采购人的辖区之内" in outside.text
    page = await visitor.submit(page, add, go="next")
    wrong = await visitor.submit(page, add, budget_fen="1,00", quantity="3", unit="次", go="next")
    assert wrong.status == 422 and 'value="1,00"' in wrong.html and "社区助浴服务" in wrong.html
    page = await visitor.submit(wrong, add, **STEPS[2], go="next")
    late = await visitor.submit(page, add, **{**STEPS[3], "starts_on": "2027-01-01"}, go="next")
    assert late.status == 422 and "服务开始时间不能早于招标时间" in late.text
    assert (await visitor.submit(late, add, go="back")).status == 200


async def test_the_way_of_an_edition_from_the_desk(house: House, visitor: Visitor, clock: FixedClock) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await visitor.sign_in(at.officer.signed_in())
    desk, edition = f"/desk/buying/lists/{at.list_id}", f"/desk/buying/editions/{at.edition_id}"
    assert f"{edition}/consultation" in (await visitor.get(desk)).links
    form = await visitor.get(f"{edition}/consultation")
    assert "《政府采购法实施条例》第十五条" in form.text and 'value="2026-11-30"' in form.html
    short = await visitor.submit(form, f"{edition}/consultation", ends_on="2026-11-25")
    assert short.status == 409 and "《政府采购法实施条例》第十五条" in short.text
    page = await visitor.submit_and_follow(form, f"{edition}/consultation")
    assert "征求意见中" in page.text and not [link for link in page.links if link.endswith("/items/new")]
    me = await scene.resident(house)
    said = await scene.say(house, me, at.edition_id)
    page = await visitor.get(desk)
    answer = f"/desk/buying/comments/{said}"
    assert answer in page.links
    page = await visitor.submit_and_follow(await visitor.get(answer), answer, answer="已采纳")
    assert "已采纳" in page.text
    early = await visitor.submit(await visitor.get(f"{edition}/final"), f"{edition}/final", answer="好")
    assert early.status == 409
    clock.advance(timedelta(days=9))
    await visitor.sign_in(at.officer.signed_in())
    form = await visitor.get(f"{edition}/final")
    assert (await visitor.submit(form, f"{edition}/final", answer="")).status == 422
    page = await visitor.submit_and_follow(form, f"{edition}/final", answer=scene.ANSWER)
    assert "已定稿" in page.text
    nothing = await visitor.submit(page, f"{desk}/editions", reason="")
    assert nothing.status == 422
    page = await visitor.submit_and_follow(page, f"{desk}/editions", reason="经费调整")
    assert "第 2 版" in page.text and "社区助浴服务" in page.text
    (withdraw,) = [link for link in page.links if link.endswith("/withdraw")]
    page = await visitor.submit_and_follow(await visitor.get(withdraw), withdraw, reason="暂缓")
    assert "已撤回" in page.text


async def test_everybody_reads_lists_and_residents_comment_once(house: House, visitor: Visitor) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    path = f"/buying/lists/{at.list_id}"
    assert (await visitor.get(path)).status == 404 and path not in (await visitor.get("/buying/lists")).links
    await scene.consult(house, at)
    listed = await visitor.get("/buying/lists")
    assert path in listed.links and "Open for comments" in listed.text
    for query in (f"area={city.XUHUI}", "category=meal_help", "year=2031"):
        assert path not in (await visitor.get(f"/buying/lists?{query}")).links
    for query in (f"area={city.CHANGNING}&category=elderly_care&year=2028", "area=x&year=x&category="):
        assert path in (await visitor.get(f"/buying/lists?{query}")).links
    page = await visitor.get(path)
    assert f"{path}/editions/1" in page.links and "<svg" in page.html and "¥200,000.00" in page.text
    edition = await visitor.get(f"{path}/editions/1")
    assert f"/sign-in?next={path}/editions/1" in edition.links
    me = await scene.resident(house, locale="en")
    await visitor.sign_in(me.signed_in())
    edition = await visitor.get(f"{path}/editions/1")
    post = f"/buying/editions/{at.edition_id}/comments"
    blank = await visitor.submit(edition, post, text="  ")
    assert blank.status == 422
    for _ in range(2):
        after = await visitor.submit_and_follow(edition, post, text="次数太少", item_id=str(item_id))
    assert after.text.count("次数太少") == 1 and "林小满" not in after.text.split("What the public said")[1]
    assert (await visitor.get(f"{path}/editions/2")).status == 404


async def test_a_comment_is_hidden_by_a_moderator_alone(house: House, visitor: Visitor) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await scene.consult(house, at)
    said = await scene.say(house, await scene.resident(house), at.edition_id, "张三的电话")
    hide, edition = f"/buying/comments/{said}/hide", f"/buying/lists/{at.list_id}/editions/1"
    assert (await visitor.get(hide)).location == f"/sign-in?next={hide}"
    await visitor.sign_in(at.officer.signed_in())
    assert (await visitor.get(hide)).status == 403
    await visitor.sign_in((await scene.moderator(house)).signed_in())
    assert hide in (await visitor.get(edition)).links
    await visitor.submit_and_follow(await visitor.get(hide), hide, reason="含他人信息")
    visitor.client.cookies.clear()
    page = await visitor.get(edition)
    assert "张三的电话" not in page.html and "含他人信息" in page.text


async def test_editions_are_compared_and_an_item_tells_its_history(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.begun(house)
    bathing, meals = await scene.add(house, at), await scene.add(house, at, title="社区助餐")
    await scene.make_final(house, clock, at)
    second = await scene.next_edition(house, at)
    await scene.change(house, at, bathing, second, budget_fen=26_000_000, category_code="meal_help")
    await scene.remove(house, at, meals, second)
    await scene.make_final(house, clock, at, second)
    async with house.database.unit_of_work() as session:
        await buying.tender(session, buying.file(session), list_item_id=bathing, buyer_id=at.buyer_id)
    path = f"/buying/lists/{at.list_id}"
    told = await visitor.get(f"{path}/editions/2/diff")
    for words in ("¥200,000.00", "¥260,000.00", "Help with bathing", "Removed", "社区助餐"):
        assert words in told.text
    assert "Nothing changed" in (await visitor.get(f"{path}/editions/2/diff?since=2")).text
    assert (await visitor.get(f"{path}/editions/2/diff?since=9")).status == 404
    item = await visitor.get(f"/buying/items/{bathing}")
    assert "¥260,000.00" in item.text and "社区助浴服务" in item.text and "Ceiling ¥200,000.00" in item.text
    assert "No longer planned" in (await visitor.get(f"/buying/items/{meals}")).text
    whole = await visitor.get(path)
    assert "Tendered by the day first planned" in whole.text and "+30%" in whole.text
    buyer = await visitor.get(f"/buying/buyers/{at.buyer_id}")
    assert path in buyer.links and "Items dropped" in buyer.text


async def test_the_calendar_shows_plans_by_month_and_as_a_file(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    assert "Nothing is planned" in (await visitor.get("/buying/calendar")).text
    await scene.make_final(house, clock, at)
    page = await visitor.get("/buying/calendar")
    assert f"/buying/items/{item_id}" in page.links and "Feb 2027" in page.text and "<svg" in page.html
    narrowed = await visitor.get(f"/buying/calendar?area={city.XUHUI}")
    assert f"/buying/items/{item_id}" not in narrowed.links
    for odd in ("from=2029-13", "from=9999-12", "from=%00"):
        assert f"/buying/items/{item_id}" in (await visitor.get(f"/buying/calendar?{odd}")).links
    assert f"/buying/items/{item_id}" not in (await visitor.get("/buying/calendar?from=2028-03")).links
    file = await visitor.get("/buying/calendar.ics")
    assert "DTSTART;VALUE=DATE:20270201" in file.html and "社区助浴服务" in file.html
    again = await visitor.get("/buying/calendar.ics", **{"If-None-Match": file.answer.headers["etag"]})
    assert again.status == 304
    assert "VEVENT" not in (await visitor.get(f"/buying/calendar.ics?area={city.XUHUI}")).html


async def test_a_manager_follows_an_item_and_others_see_how(house: House, visitor: Visitor) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    path = f"/buying/items/{item_id}"
    assert (await visitor.get(path)).status == 404
    await scene.consult(house, at)
    assert f"/sign-in?next={path}" in (await visitor.get(path)).links
    async with house.database.unit_of_work() as session:
        _, manager = await buying.supplier(session)
    await visitor.sign_in(manager.signed_in())
    assert "还没有关注项目" in (await visitor.get("/supplier/items")).text
    page = await visitor.submit_and_follow(await visitor.get(path), f"{path}/follow")
    assert "取消 暖阳助老服务社 的关注" in page.text
    assert path in (await visitor.get("/supplier/items")).links
    page = await visitor.submit_and_follow(page, f"{path}/unfollow")
    assert "关注" in page.text and path not in (await visitor.get("/supplier/items")).links


async def test_closed_doors(house: House, visitor: Visitor) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    desk = (
        "/desk/buying/lists",
        "/desk/buying/lists/new",
        "/desk/buying/buyers/new",
        f"/desk/buying/lists/{at.list_id}",
        f"/desk/buying/editions/{at.edition_id}/consultation",
        f"/desk/buying/editions/{at.edition_id}/final",
        f"/desk/buying/editions/{at.edition_id}/withdraw",
        f"/desk/buying/editions/{at.edition_id}/items/new",
        f"/desk/buying/editions/{at.edition_id}/items/{item_id}",
    )
    for path in desk:
        assert (await visitor.get(path)).location == f"/sign-in?next={path}"
    await visitor.sign_in((await scene.resident(house)).signed_in())
    for path in desk:
        assert (await visitor.get(path)).status in (403, 404), path
    await visitor.sign_in((await scene.officer_elsewhere(house)).signed_in())
    for path in desk[3:]:
        assert (await visitor.get(path)).status == 404, path
    for path in (f"/buying/lists/{new_id()}", f"/buying/items/{new_id()}", f"/buying/buyers/{new_id()}"):
        assert (await visitor.get(path)).status == 404
