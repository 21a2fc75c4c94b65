"""The pages of lotteries: announced, entered and left, drawn and checked, opened and called off, without scripts."""

import json
from datetime import timedelta

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from matching.lottery import verify
from tests.staffing import lottery_scene as scene
from tests.web.visitor import Visitor


async def test_a_volunteer_enters_from_the_need_and_leaves_again(house: House, visitor: Visitor) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    path = f"/lotteries/{lottery_id}"
    me = await scene.volunteer(house, locale="en")
    await visitor.sign_in(me.signed_in())
    need = await visitor.get(f"/needs/{at.need_id}")
    assert path in need.links and f"/shifts/{at.shift_id}/sign-up" not in need.links
    instead = await visitor.get(f"/shifts/{at.shift_id}/sign-up")
    assert (instead.status, instead.location) == (303, path)
    page = await visitor.submit_and_follow(await visitor.get(path), f"{path}/enter")
    assert "Your number is 1" in page.text and "You have 3 tickets" in page.text
    assert path in (await visitor.get("/my/lotteries")).links
    page = await visitor.submit_and_follow(page, f"{path}/leave")
    assert "Enter the lottery" in page.text


async def test_anybody_sees_the_promise_and_the_draw_and_checks_the_record(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    for number in range(3):
        await scene.enter(house, await scene.volunteer(house, f"志愿者{number}"), lottery_id)
    path = f"/lotteries/{lottery_id}"
    before = await visitor.get(path)
    commitment = (await scene.seen(house, at.organiser, lottery_id)).commitment
    assert commitment in before.text and "志愿者" not in before.text
    assert (await visitor.get(f"{path}/record.json")).status == 404
    await scene.close_and_draw(house, clock)
    after = await visitor.get(path)
    assert f"{path}/record.json" in after.links and "sha256sum" in after.text
    record = json.loads((await visitor.get(f"{path}/record.json")).html)
    assert verify(record) == () and record["commitment"] == commitment
    assert "志愿者" not in json.dumps(record, ensure_ascii=False)


async def test_an_organiser_opens_a_lottery_once_and_calls_it_off(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    await visitor.sign_in(at.organiser.signed_in())
    path = f"/shifts/{at.shift_id}/lottery"
    form = await visitor.get(path)
    refused = await visitor.submit(form, path, closes_at="2026-11-22T10:01")
    assert refused.status == 409 and "2026-11-22T10:01" in refused.html
    opened = await visitor.submit_and_follow(form, path)
    assert "名额摇号" in opened.text
    again = await visitor.get(path)
    assert again.status == 303 and again.location is not None and again.location.startswith("/lotteries/")
    ended = await visitor.submit_and_follow(opened, f"{again.location}/call-off", reason="改为直接报名")
    assert "改为直接报名" in ended.text


async def test_closed_doors(house: House, visitor: Visitor) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    new = f"/shifts/{at.shift_id}/lottery"
    assert (await visitor.get("/my/lotteries")).location == "/sign-in?next=/my/lotteries"
    assert (await visitor.get(f"/lotteries/{new_id()}")).status == 404
    page = await visitor.get(f"/lotteries/{lottery_id}")
    assert [form.action for form in page.forms if "lotteries" in form.action] == []
    outsider = await scene.volunteer(house)
    await visitor.sign_in(outsider.signed_in())
    assert (await visitor.get(new)).status == 403
    page = await visitor.get(f"/lotteries/{lottery_id}")
    assert [form.action for form in page.forms if "call-off" in form.action] == []


async def test_who_is_too_young_reads_why_instead_of_a_button(house: House, visitor: Visitor) -> None:
    at = await scene.concert(house, minimum_age=60)
    lottery_id = await scene.open_for(house, at)
    await visitor.sign_in((await scene.volunteer(house, locale="en")).signed_in())
    page = await visitor.get(f"/lotteries/{lottery_id}")
    assert [form.action for form in page.forms if "enter" in form.action] == []
    assert "You cannot take this shift" in page.text


async def test_between_close_and_draw_nobody_enters_or_leaves(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    lottery_id = await scene.open_for(house, at)
    me = await scene.volunteer(house, locale="en")
    await scene.enter(house, me, lottery_id)
    clock.advance(timedelta(days=1))
    await visitor.sign_in(me.signed_in())
    page = await visitor.get(f"/lotteries/{lottery_id}")
    assert [form.action for form in page.forms if "lotteries" in form.action] == []
    assert "The draw follows within minutes" in page.text


async def test_who_comes_too_late_or_twice_reads_why(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.concert(house)
    path = f"/lotteries/{await scene.open_for(house, at, closes_in=timedelta(hours=2))}"
    me = await scene.volunteer(house)
    await visitor.sign_in(me.signed_in())
    page = await visitor.get(path)
    other_tab = await visitor.get(path)
    await visitor.submit(page, f"{path}/enter")
    twice = await visitor.submit(other_tab, f"{path}/enter")
    assert twice.status == 409 and "您已登记参加本次摇号" in twice.text
    await visitor.sign_in((await scene.volunteer(house, "来迟了")).signed_in())
    page = await visitor.get(path)
    clock.advance(timedelta(hours=2))
    late = await visitor.submit(page, f"{path}/enter")
    assert late.status == 409 and "摇号登记已截止" in late.text
