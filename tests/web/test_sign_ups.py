"""A volunteer's pages without JavaScript: read the terms, sign up, wait, answer an offer, withdraw; errors keep what was written."""

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from tests import city
from tests.volunteering import scene
from tests.web.visitor import Page, Visitor

MY_SHIFTS = "/my/shifts"


def sign_up_path(shift_id: UUID) -> str:
    return f"/shifts/{shift_id}/sign-up"


async def signed_in(house: House, visitor: Visitor, locale: str = "en") -> Viewer:
    me = await scene.volunteer(house, locale=locale)
    await visitor.sign_in(me.signed_in())
    return me


async def sign_up(visitor: Visitor, shift_id: UUID, **fields: str) -> Page:
    path = sign_up_path(shift_id)
    return await visitor.submit_and_follow(await visitor.get(path), path, **fields)


async def test_one_reads_the_terms_and_signs_up(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, title="陪老人就医", withdrawal_notice_minutes=24 * 60)
    await signed_in(house, visitor)
    terms = await visitor.get(sign_up_path(at.shift_id))
    for said in (
        "陪老人就医",
        "Tue 24 Nov, 10:00–12:00",
        "上下楼梯时注意搀扶。",
        "2 places are left",
        "You may withdraw until Mon 23 Nov, 10:00.",
    ):
        assert said in terms.text
    mine = await sign_up(visitor, at.shift_id, message="我会量血压。")
    assert "You are signed up. See you on Tue 24 Nov, 10:00." in mine.text
    assert "Confirmed" in mine.text and "陪老人就医" in mine.text
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_the_same_form_sent_twice_is_one_sign_up(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house)
    await signed_in(house, visitor)
    path = sign_up_path(at.shift_id)
    form = await visitor.get(path)
    for _ in range(2):
        assert (await visitor.submit(form, path)).location == MY_SHIFTS
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_risks_must_be_ticked_and_nothing_written_is_lost(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, is_risky=True, risks="夜间在河边巡查。", insurance="平安意外险")
    await signed_in(house, visitor)
    path = sign_up_path(at.shift_id)
    form = await visitor.get(path)
    refused = await visitor.submit(form, path, message="我会游泳。")
    assert refused.status == 409
    assert "This task has risks." in refused.text
    assert refused.form(path).fields["message"] == ["我会游泳。"]
    done = await visitor.submit_and_follow(refused, path, agreed="on")
    assert "Confirmed" in done.text


async def test_the_waiting_list_in_pages(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, capacity=1)
    first = await scene.volunteer(house, "先到")
    held = await scene.join(house, first, at.shift_id)
    await signed_in(house, visitor)
    assert "you would be the first in line" in (await visitor.get(sign_up_path(at.shift_id))).text
    mine = await sign_up(visitor, at.shift_id)
    assert "You are number 1 in line." in mine.text
    await scene.withdraw(house, first, held)
    offered = await visitor.get(MY_SHIFTS)
    assert "A place is held for you until Sun 22 Nov, 22:00." in offered.text
    action = next(form.action for form in offered.forms if form.action.endswith("/accept"))
    accepted = await visitor.submit_and_follow(offered, action)
    assert "The place is yours." in accepted.text and "Confirmed" in accepted.text


async def test_an_offer_is_left_to_the_next(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, capacity=1)
    first = await scene.volunteer(house, "先到")
    held = await scene.join(house, first, at.shift_id)
    await signed_in(house, visitor)
    await sign_up(visitor, at.shift_id)
    await scene.withdraw(house, first, held)
    offered = await visitor.get(MY_SHIFTS)
    action = next(form.action for form in offered.forms if form.action.endswith("/decline"))
    assert "You left the place" in (await visitor.submit_and_follow(offered, action)).text
    assert await scene.places_taken(house, at.shift_id) == 0


async def test_withdrawing_asks_once_more(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, title="陪老人就医")
    await signed_in(house, visitor)
    mine = await sign_up(visitor, at.shift_id)
    path = next(link for link in mine.links if link.endswith("/withdraw"))
    gone = await visitor.submit_and_follow(await visitor.get(path), path)
    assert "You have withdrawn." in gone.text and "No shifts to come" in gone.text
    assert "Withdrawn" in (await visitor.get("/my/shifts/past")).text


async def test_after_the_deadline_the_page_says_whom_to_ask(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    at = await scene.shift(house, withdrawal_notice_minutes=30 * 60)
    await signed_in(house, visitor)
    mine = await sign_up(visitor, at.shift_id)
    path = next(link for link in mine.links if link.endswith("/withdraw"))
    form = await visitor.get(path)
    clock.advance(timedelta(hours=19))
    refused = await visitor.submit(form, path)
    assert refused.status == 409 and "Please ask the organiser" in refused.text
    late = await visitor.get(MY_SHIFTS)
    assert "please tell the organiser" in late.text
    assert not [link for link in late.links if link.endswith("/withdraw")]


async def test_who_may_not_take_the_shift_reads_every_reason_with_its_article(
    visitor: Visitor, house: House
) -> None:
    at = await scene.shift(house, is_risky=True, minimum_age=40)
    await signed_in(house, visitor)
    page = await visitor.get(sign_up_path(at.shift_id))
    assert page.status == 200
    for said in ("no accident insurance", "minimum age of 40", "《志愿服务条例》第十七条", "第十五、十六条"):
        assert said in page.text
    assert not [form for form in page.forms if form.action == sign_up_path(at.shift_id)]


async def test_a_clash_is_named_before_and_after_the_button(visitor: Visitor, house: House) -> None:
    one, other = await scene.shift(house, title="早餐配送"), await scene.shift(house)
    await signed_in(house, visitor)
    path = sign_up_path(other.shift_id)
    form = await visitor.get(path)
    await sign_up(visitor, one.shift_id)
    refused = await visitor.submit(form, path)
    assert refused.status == 409 and "“早餐配送” from Tue 24 Nov, 10:00" in refused.text
    assert "You are taken at that time" in (await visitor.get(path)).text


async def test_strangers_are_led_to_sign_in_and_back(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house)
    sign_up_id = new_id()
    for path in (sign_up_path(at.shift_id), MY_SHIFTS, "/my/shifts/past"):
        page = await visitor.get(path)
        assert (page.status, page.location) == (303, f"/sign-in?next={path}")
    assert (await visitor.get(f"/my/shifts/{sign_up_id}/withdraw")).status == 404


async def test_nobody_sees_or_withdraws_anothers_sign_up(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house)
    theirs = await scene.join(house, await scene.volunteer(house, "别人"), at.shift_id)
    await signed_in(house, visitor)
    path = f"/my/shifts/{theirs}/withdraw"
    assert (await visitor.get(path)).status == 404
    some_form = await visitor.get(sign_up_path(at.shift_id))
    token = some_form.form(sign_up_path(at.shift_id)).fields["csrf"][0]
    for step in ("withdraw", "accept", "decline"):
        answer = await visitor.client.post(f"/my/shifts/{theirs}/{step}", data={"csrf": token})
        assert answer.status_code == 404
    assert await scene.places_taken(house, at.shift_id) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"message": "长" * 501}, 422),
        ({"message": "a\u202eb"}, 422),
        ({"agreed": "perhaps"}, 422),
        ({"csrf": "forged"}, 403),
    ],
)
async def test_bad_input_is_told_and_changes_nothing(
    visitor: Visitor, house: House, fields: dict[str, str], status: int
) -> None:
    at = await scene.shift(house, is_risky=True, insurance="平安意外险")
    await signed_in(house, visitor)
    path = sign_up_path(at.shift_id)
    refused = await visitor.submit(await visitor.get(path), path, **fields)
    assert refused.status == status
    assert await scene.places_taken(house, at.shift_id) == 0


@pytest.mark.parametrize("after", ["nonsense", "W10", "9" * 600])
async def test_a_broken_cursor_is_told(visitor: Visitor, house: House, after: str) -> None:
    await signed_in(house, visitor)
    assert (await visitor.get(f"{MY_SHIFTS}?after={after}")).status == 422


async def test_a_shift_that_is_not_there_is_not_found(visitor: Visitor, house: House) -> None:
    await signed_in(house, visitor)
    assert (await visitor.get(sign_up_path(new_id()))).status == 404
    assert (await visitor.get("/shifts/7/sign-up")).status == 404


async def test_the_pages_speak_chinese(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house)
    await signed_in(house, visitor, locale="zh_Hans")
    assert "还有 2 个名额，报名后立即确认。" in (await visitor.get(sign_up_path(at.shift_id))).text
    assert "报名成功，11月24日 周二 10:00 见。" in (await sign_up(visitor, at.shift_id)).text


async def test_checking_in_is_offered_while_the_window_is_open(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    """Not for hours before; and still after midnight, while the shift lasts."""
    at = await scene.shift(house, starts_in=timedelta(hours=12), lasts=timedelta(hours=4))
    await signed_in(house, visitor)
    await sign_up(visitor, at.shift_id)
    for hours, said in ((0, "from 21:45"), (11.8, "Check in"), (15, "Check in or out")):
        clock.advance(timedelta(hours=hours) - (clock.now() - city.NOW))
        for path in ("/", MY_SHIFTS):
            page = await visitor.get(path)
            assert said in page.text
            assert ("/check-in" in page.links) == (hours > 0)
