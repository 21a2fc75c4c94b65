"""Pages of needs: read by everybody, raised by residents, published and managed step by step by organisers."""

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from tests import builders, city
from tests.web.visitor import Page, Visitor


async def worker(visitor: Visitor, house: House) -> None:
    """Signs the visitor in as the community worker of Jiangsu Road community."""
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(
            session, "周社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, locale="en"
        )
    await visitor.sign_in(viewer.signed_in())


async def test_a_stranger_reads_a_need_with_its_shifts(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, minimum_age=16)
        shift_id = await builders.shift(session, need_id, note="带水杯")
        full = await builders.shift(session, need_id, capacity=1, places_taken=1)
        await builders.shift(session, need_id, cancelled_at=session.now(), cancel_reason="台风")
    page = await visitor.get(f"/needs/{need_id}")
    assert page.status == 200
    for words in (
        "陪老人就医",
        "带水杯",
        "From 16 years",
        "2 places left",
        "Full",
        "台风",
        "上下楼梯时注意搀扶。",
    ):
        assert words in page.text
    assert f"/shifts/{shift_id}/sign-up" in page.links
    assert f"/shifts/{full}/sign-up" in page.links
    assert f"/needs/{need_id}/manage" not in page.links


async def test_a_need_says_what_became_of_it(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        cancelled = await builders.need(session, cancelled_at=session.now(), cancel_reason="活动室漏水")
        closed = await builders.need(session, closed_at=session.now())
        hidden = await builders.need(session, published=False)
    assert "活动室漏水" in (await visitor.get(f"/needs/{cancelled}")).text
    assert "takes no more people" in (await visitor.get(f"/needs/{closed}")).text
    assert (await visitor.get(f"/needs/{hidden}")).status == 404
    assert (await visitor.get("/needs/not-an-id")).status == 404


async def test_a_person_sees_that_they_have_signed_up(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        person_id = await builders.person(session, locale="en")
        await builders.sign_up(session, shift_id, person_id)
    await visitor.sign_in(person_id)
    page = await visitor.get(f"/needs/{need_id}")
    assert f"/shifts/{shift_id}/sign-up" not in page.links
    assert "See it under My shifts" in page.text


async def test_a_need_is_published_step_by_step_without_losing_anything(
    visitor: Visitor, house: House
) -> None:
    await worker(visitor, house)
    path = "/manage/needs/new"
    page = await visitor.get(path)
    assert "step 1 of 5" in page.text
    page = await visitor.submit(page, path, title="", description="", go="next")
    assert page.status == 422
    assert "step 1 of 5" in page.text
    page = await visitor.submit(
        page, path, title="教邻居用手机", description="一对一教学。", category="digital_help", go="next"
    )
    assert "step 2 of 5" in page.text
    page = await visitor.submit(page, path, place="活动室", go="next")
    assert "step 3 of 5" in page.text
    page = await visitor.submit(page, path, minimum_age="200", go="next")
    assert (page.status, "step 3 of 5" in page.text) == (422, True)
    page = await visitor.submit(page, path, minimum_age="16", skills=["accompanying"], go="next")
    assert "step 4 of 5" in page.text
    page = await visitor.submit(page, path, risks="", go="next")
    assert (page.status, "《志愿服务条例》" in page.text) == (422, True)
    page = await visitor.submit(page, path, risks="久坐，注意休息。", go="next")
    for words in ("step 5 of 5", "教邻居用手机", "Jiangsu Community", "活动室", "16", "Accompanying"):
        assert words in page.text
    page = await visitor.submit(page, path, go="back")
    assert "step 4 of 5" in page.text
    page = await visitor.submit(page, path, go="next")
    page = await visitor.submit_and_follow(page, path, go="publish")
    assert "The need is public" in page.text
    assert "教邻居用手机" in page.text


async def test_a_need_published_twice_by_one_form_is_one_need(visitor: Visitor, house: House) -> None:
    await worker(visitor, house)
    path = "/manage/needs/new"
    fields = {
        "title": "教邻居用手机",
        "description": "一对一教学。",
        "category": "digital_help",
        "go": "next",
    }
    page = await visitor.submit(await visitor.get(path), path, **fields)
    page = await visitor.submit(page, path, place="活动室", go="next")
    page = await visitor.submit(page, path, go="next")
    page = await visitor.submit(page, path, risks="无明显风险。", go="next")
    places = {(await visitor.submit(page, path, go="publish")).location for _ in range(2)}
    assert len(places) == 1


async def test_only_organisers_find_the_way_in(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        person_id = await builders.person(session, locale="en")
    paths = [
        "/manage/needs/new",
        f"/needs/{need_id}/manage",
        f"/needs/{need_id}/edit",
        f"/needs/{need_id}/close",
        f"/needs/{need_id}/cancel",
        f"/needs/{need_id}/decline",
        f"/needs/{need_id}/shifts/new",
        f"/needs/{need_id}/series/new",
        f"/shifts/{shift_id}/edit",
    ]
    for path in paths:
        assert str((await visitor.get(path)).location).startswith("/sign-in"), path
    await visitor.sign_in(person_id)
    for path in paths:
        assert (await visitor.get(path)).status == 403, path
    await worker(visitor, house)
    for path in paths:
        assert (await visitor.get(path)).status == 200, path


async def test_an_area_with_several_matches_is_chosen_from_a_list(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session, locale="en")
    await visitor.sign_in(person_id)
    path = "/needs/raise"
    wish = {
        "title": "想学用手机挂号",
        "description": "请人教我们。",
        "category": "digital_help",
        "place": "活动室",
    }
    page = await visitor.submit(await visitor.get(path), path, area="不存在的地方", **wish)
    assert (page.status, "No area of Shanghai has this name" in page.text) == (422, True)
    page = await visitor.submit(page, path, area="江苏")
    assert (page.status, "Several areas have this name" in page.text) == (422, True)
    page = await visitor.submit_and_follow(page, path, area_code=city.JIANGSU_COMMUNITY)
    assert "想学用手机挂号" in page.text
    assert "Raised" in page.text


async def test_a_raised_need_is_reviewed_completed_and_published(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.person(session, "林小满", locale="en")
        facts = {"published": False, "raised_by": resident, "risks": None}
        need_id = await builders.need(session, "想学用手机挂号", **facts)
        other = await builders.need(session, "想要一张床", **facts)
    await worker(visitor, house)
    assert "想学用手机挂号" in (await visitor.get("/desk/raised-needs")).text
    page = await visitor.get(f"/needs/{need_id}/manage")
    assert "林小满 raised it" in page.text
    edit = f"/needs/{need_id}/edit"
    page = await visitor.submit(await visitor.get(edit), edit)
    assert (page.status, "State the risks truthfully" in page.text) == (422, True)
    page = await visitor.submit_and_follow(page, edit, risks="无明显风险。")
    assert "The need is public" in page.text
    decline = f"/needs/{other}/decline"
    page = await visitor.submit(await visitor.get(decline), decline)
    assert page.status == 422
    await visitor.submit_and_follow(page, decline, reason="请联系慈善超市。")
    await visitor.sign_in(resident)
    assert "请联系慈善超市。" in (await visitor.get("/my/raised-needs")).text


async def test_a_resident_takes_a_raised_need_back(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.person(session, locale="en")
        need_id = await builders.need(session, published=False, raised_by=resident)
    await visitor.sign_in(resident)
    page = await visitor.get("/my/raised-needs")
    page = await visitor.submit_and_follow(page, f"/needs/{need_id}/take-back")
    assert "You have taken it back" in page.text


async def test_shifts_are_planned_moved_resized_noted_and_called_off(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
    await worker(visitor, house)
    path = f"/needs/{need_id}/shifts/new"
    page = await visitor.submit(
        await visitor.get(path), path, starts_at="2026-11-28T11:00", ends_at="2026-11-28T09:00"
    )
    assert (page.status, "The end lies before the start" in page.text) == (422, True)
    page = await visitor.submit(page, path, starts_at="2026-02-30T11:00")
    assert page.status == 422
    page = await visitor.submit(page, path, starts_at="2020-11-28T09:00", ends_at="2020-11-28T11:00")
    assert (page.status, "A shift starts in the future" in page.text) == (409, True)
    page = await visitor.submit_and_follow(
        page, path, starts_at="2026-11-28T09:00", ends_at="2026-11-28T11:30", capacity="４"
    )
    assert "Sat 28 Nov, 09:00–11:30" in page.text
    edit = next(link for link in page.links if link.endswith("/edit") and link.startswith("/shifts/"))
    base = edit.removesuffix("/edit")
    page = await visitor.submit_and_follow(
        await visitor.get(edit), f"{base}/move", starts_at="2026-11-28T10:00"
    )
    assert "Sat 28 Nov, 10:00–11:30" in page.text
    page = await visitor.submit(await visitor.get(edit), f"{base}/resize", capacity="0")
    assert page.status == 422
    await visitor.submit_and_follow(page, f"{base}/resize", capacity="6")
    page = await visitor.submit_and_follow(await visitor.get(edit), f"{base}/note", note="带雨衣")
    assert "带雨衣" in page.text
    assert "0 of 6 places taken" in page.text
    page = await visitor.submit(await visitor.get(edit), f"{base}/cancel", reason="")
    assert page.status == 422
    page = await visitor.submit_and_follow(page, f"{base}/cancel", reason="台风")
    assert "台风" in page.text
    assert "does not change any more" in (await visitor.get(edit)).text


async def test_a_repeating_shift_is_planned_and_changed(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
    await worker(visitor, house)
    path = f"/needs/{need_id}/series/new"
    page = await visitor.get(path)
    times = {"starts_at": "2026-11-24T14:00", "ends_at": "2026-11-24T16:00"}
    refused = await visitor.submit(page, path, **times, interval="0", until="2026-12-31")
    assert refused.status == 422
    page = await visitor.submit_and_follow(page, path, **times, weekdays=["TU", "TH"], until="2026-12-10")
    assert "Shifts planned: 6." in page.text
    series = next(link for link in page.links if link.startswith("/series/"))
    page = await visitor.get(series)
    page = await visitor.submit_and_follow(page, series, weekdays=["TU"])
    assert "removed: 3" in page.text


async def test_a_need_is_closed_and_cancelled_with_a_reason(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
    await worker(visitor, house)
    close, cancel = f"/needs/{need_id}/close", f"/needs/{need_id}/cancel"
    again = await visitor.get(close)
    page = await visitor.submit_and_follow(again, close)
    assert "takes no more people" in page.text
    assert (await visitor.submit(again, close)).status == 409
    page = await visitor.submit_and_follow(await visitor.get(cancel), cancel, reason="活动室漏水")
    assert "活动室漏水" in page.text


@pytest.mark.parametrize("show", ["open", "raised", "over", "nonsense"])
async def test_the_list_of_managed_needs_has_a_page_for_each_state(
    visitor: Visitor, house: House, show: str
) -> None:
    async with house.database.unit_of_work() as session:
        await builders.need(session, "招募中的需求")
        await builders.need(session, "提出的需求", published=False)
        await builders.need(session, "结束的需求", closed_at=session.now())
    await worker(visitor, house)
    page: Page = await visitor.get(f"/manage/needs?show={show}")
    wanted = {"raised": "提出的需求", "over": "结束的需求"}.get(show, "招募中的需求")
    shown = [title for title in ("招募中的需求", "提出的需求", "结束的需求") if title in page.text]
    assert shown == [wanted]


@pytest.mark.parametrize("path", ["/needs/raise", "/manage/needs/new"])
async def test_a_tampered_area_is_as_good_as_none(visitor: Visitor, house: House, path: str) -> None:
    await worker(visitor, house)
    page = await visitor.get(path)
    seen = page.form(path)
    for code in ("\0", "x" * 5000, "９" * 12, "310105005999"):
        fields = {
            **seen.fields,
            "area": "",
            "area_said": "",
            "area_code": code,
            "go": "where",
            "step": "where",
        }
        answer = await visitor.client.post(path, data=fields)
        assert answer.status_code in (200, 422), code
