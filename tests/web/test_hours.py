"""The pages of check-in and hours, as a browser without scripts sees them: the loop, three visitors at every door, bad input."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.hours.models import Attendance
from marketplace.hours.states import Direction
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from tests import builders, city
from tests.hours import scene as scenes
from tests.hours.scene import Scene
from tests.web.visitor import Visitor
from web.visit import LOCALE_COOKIE

HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(house: House, clock: FixedClock) -> AsyncIterator[Scene]:
    # This afternoon: a visitor's session in the tests lasts a day.
    yield await scenes.build(house, clock, starts_at=clock.now() + 6 * HOUR)


@pytest.fixture
async def organiser(app: Starlette, scene: Scene) -> AsyncIterator[Visitor]:
    visitor = await as_person(app, scene, scene.organiser)
    yield visitor
    await visitor.client.aclose()


@pytest.fixture
async def volunteer(visitor: Visitor, scene: Scene) -> Visitor:
    await visitor.sign_in(scene.volunteer.signed_in())
    read_english(visitor)
    return visitor


def read_english(visitor: Visitor) -> None:
    """Chooses English on this device, whatever the person's own language is."""
    visitor.client.cookies.set(LOCALE_COOKIE, "en", domain="testserver.local")


async def as_person(app: Starlette, scene: Scene, viewer: Viewer) -> Visitor:
    visitor = Visitor(app, scene.house)
    await visitor.sign_in(viewer.signed_in())
    read_english(visitor)
    return visitor


async def test_a_volunteer_types_the_digits_in_and_out_and_owns_the_hours(
    volunteer: Visitor, scene: Scene
) -> None:
    scene.at(timedelta(minutes=20))
    page = await volunteer.get("/check-in")
    page = await volunteer.submit_and_follow(page, "/check-in", code=scene.digits())
    assert "You are checked in" in page.text
    assert "20 min late" in page.text
    scene.at(2 * HOUR)
    page = await volunteer.get("/check-in")
    page = await volunteer.submit_and_follow(page, "/check-in", code=scene.digits(Direction.OUT))
    assert "You are checked out" in page.text
    mine = await volunteer.get("/my/hours")
    assert "1 h 40 min" in mine.text
    assert "A · scanned in and out" in mine.text
    assert "<svg" in mine.html


async def test_a_scanned_qr_opens_a_page_with_one_button(volunteer: Visitor, scene: Scene) -> None:
    scene.at(timedelta(0))
    path = f"/check-in/{scene.token()}"
    page = await volunteer.get(path)
    assert "陪老人就医" in page.text
    assert await scene.entries() == []
    done = await volunteer.submit_and_follow(page, path)
    assert "Checked in" in done.text
    again = await volunteer.submit_and_follow(await volunteer.get(path), path)
    assert "You are checked in" in again.text


async def test_an_old_or_forged_code_says_to_scan_again(volunteer: Visitor, scene: Scene) -> None:
    scene.at(timedelta(0))
    old = scene.token()
    page = await volunteer.get(f"/check-in/{old}")
    scene.at(timedelta(minutes=3))
    for path in (f"/check-in/{old}", f"/check-in/{old[:-3]}AAA", "/check-in/nonsense", "/check-in/签到"):
        answer = await volunteer.get(path)
        assert (answer.status, "This code has changed" in answer.text) == (422, True)
    refused = await volunteer.submit(page, f"/check-in/{old}")
    assert refused.status == 422
    assert "scan the organiser's screen again" in refused.text


async def test_too_early_is_told_with_the_time_it_opens(volunteer: Visitor, scene: Scene) -> None:
    scene.at(-HOUR)
    page = await volunteer.get(f"/check-in/{scene.token()}")
    refused = await volunteer.submit(page, f"/check-in/{scene.token()}")
    assert refused.status == 409
    assert "opens on Sun 22 Nov, 15:45" in refused.text
    assert "Rule:" in refused.text


async def test_wrong_digits_are_kept_told_and_counted(volunteer: Visitor, scene: Scene) -> None:
    scene.at(timedelta(0))
    wrong = f"{(int(scene.digits()) + 1) % 10**6:06d}"
    page = await volunteer.get("/check-in")
    statuses = [(await volunteer.submit(page, "/check-in", code=wrong)).status for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    blank = await volunteer.submit(page, "/check-in", code="")
    assert blank.status == 422
    assert "Please fill this in" in blank.text


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "sideways"},
        {"shift_id": "nonsense"},
        {"code": "x" * 500},
        {"code": "a\x00b"},
        {"latitude": "95", "longitude": "121"},
        {"latitude": "31"},
        {"latitude": "here", "longitude": "there"},
    ],
)
async def test_bad_input_at_the_door_changes_nothing(
    volunteer: Visitor, scene: Scene, changes: dict[str, str]
) -> None:
    scene.at(timedelta(0))
    page = await volunteer.get("/check-in")
    answer = await volunteer.submit(page, "/check-in", **({"code": "123456"} | changes))
    assert answer.status == 422
    async with scene.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Attendance)) == 0


async def test_a_shift_that_is_not_there_is_not_found(volunteer: Visitor, scene: Scene) -> None:
    scene.at(timedelta(0))
    page = await volunteer.get("/check-in")
    answer = await volunteer.submit(page, "/check-in", code="123456", shift_id=str(scene.need_id))
    assert answer.status == 404


async def test_strangers_are_led_to_the_sign_in(visitor: Visitor, scene: Scene) -> None:
    shift = f"/shifts/{scene.shift_id}"
    for path in (
        "/check-in",
        f"/check-in/{scene.token()}",
        "/my/hours",
        "/my/hours/statement",
        "/desk/reviews",
        "/desk/hour-entries",
        "/desk/hours",
        f"/needs/{scene.need_id}/hours",
        f"/needs/{scene.need_id}/hours/enter",
        f"{shift}/check-in-screen",
        f"{shift}/roll/{scene.sign_up_id}/in",
    ):
        page = await visitor.get(path)
        assert (page.status, (page.location or "").startswith("/sign-in?")) == (303, True), path


async def test_the_screen_shows_the_code_and_the_roll_to_organisers(organiser: Visitor, scene: Scene) -> None:
    await scene.come()
    path = f"/shifts/{scene.shift_id}/check-in-screen"
    page = await organiser.get(path)
    digits = scene.digits()
    assert f"{digits[:3]} {digits[3:]}" in page.text
    assert 'class="qr"' in page.html
    assert '<noscript><meta http-equiv="refresh"' in page.html
    assert "1 of 1 are in" in page.text
    part = await organiser.get(path, **{"x-fragment": "1"})
    assert "<html" not in part.html
    assert 'class="qr"' in part.html
    leaving = await organiser.get(f"{path}?direction=out")
    assert "Scan to check out" in leaving.text
    assert (await organiser.get(f"{path}?direction=sideways")).status == 200


async def test_the_screen_is_refused_to_everybody_else(volunteer: Visitor, scene: Scene) -> None:
    assert (await volunteer.get(f"/shifts/{scene.shift_id}/check-in-screen")).status == 403
    assert (await volunteer.get(f"/shifts/{scene.need_id}/check-in-screen")).status == 404
    assert (await volunteer.get(f"/shifts/{scene.shift_id}/roll/{scene.sign_up_id}/in")).status == 403
    assert (await volunteer.get(f"/needs/{scene.need_id}/hours/enter")).status == 403


async def test_by_hand_with_a_reason_then_a_colleague_decides(
    app: Starlette, organiser: Visitor, scene: Scene
) -> None:
    for direction, at in (("in", timedelta(0)), ("out", 2 * HOUR)):
        scene.at(at)
        path = f"/shifts/{scene.shift_id}/roll/{scene.sign_up_id}/{direction}"
        page = await organiser.get(path)
        assert (await organiser.submit(page, path, reason="")).status == 422
        page = await organiser.submit_and_follow(page, path, reason="没带手机")
        assert "It is on record" in page.text
    assert (await organiser.get(f"/shifts/{scene.shift_id}/roll/{scene.sign_up_id}/up")).status == 404
    own = await organiser.get("/desk/reviews")
    assert "Another organiser decides this one" in own.text
    colleague = await as_person(app, scene, scene.colleague)
    path = f"/desk/reviews/{(await scene.review()).id}"
    page = await colleague.get(path)
    assert "没带手机" in page.text
    for minutes in ("", "-1", "121", "两小时", "1e3"):
        assert (await colleague.submit(page, path, minutes=minutes, reason="在场")).status == 422
    page = await colleague.submit_and_follow(page, path, minutes="120", reason="在场")
    assert "No review waits" in page.text
    assert [entry.minutes for entry in await scene.entries()] == [120]
    assert (await colleague.get(path)).status == 200


async def test_hours_by_hand_from_asking_to_two_approvals(
    app: Starlette, organiser: Visitor, scene: Scene
) -> None:
    scene.at(3 * HOUR)
    path = f"/needs/{scene.need_id}/hours/enter"
    page = await organiser.get(path)
    presence = f"{scene.volunteer.person_id}.{scene.shift_id}"
    for wrong in (
        {"presence": ""},
        {"presence": "x.y"},
        {"minutes": "0"},
        {"minutes": "500"},
        {"reason": ""},
    ):
        fields = {"presence": presence, "minutes": "90", "reason": "设备坏了"} | wrong
        assert (await organiser.submit(page, path, **fields)).status == 422, wrong
    page = await organiser.submit_and_follow(page, path, presence=presence, minutes="90", reason="设备坏了")
    assert "waits for the approval of two other people" in page.text
    assert "Others approve this one" in (await organiser.get("/desk/hour-entries")).text
    async with scene.house.database.unit_of_work() as session:
        officer = await builders.viewer(session, "区里", Role.DISTRICT_OFFICER, city.CHANGNING)
    for approver in (scene.colleague, officer):
        visitor = await as_person(app, scene, approver)
        desk = await visitor.get("/desk/hour-entries")
        action = next(form.action for form in desk.forms if form.action.endswith("/approve"))
        await visitor.submit_and_follow(desk, action)
    assert [(entry.minutes, entry.grade) for entry in await scene.entries()] == [(90, "D")]
    assert "D · entered by hand" in (await organiser.get(f"/needs/{scene.need_id}/hours")).text


async def test_a_volunteer_asks_for_a_correction_and_it_is_refused_with_a_reason(
    organiser: Visitor, volunteer: Visitor, scene: Scene
) -> None:
    await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()
    path = f"/hours/{entry.id}/correct"
    page = await volunteer.get(path)
    unchanged = await volunteer.submit(page, path, reason="写错了")
    assert unchanged.status == 422
    page = await volunteer.submit_and_follow(page, path, minutes="60", reason="早退了")
    assert "0 of 1 approvals" in page.text
    desk = await organiser.get("/desk/hour-entries")
    assert "2 h becomes 1 h" in desk.text
    refuse = next(link for link in desk.links if link.endswith("/refuse"))
    page = await organiser.get(refuse)
    assert (await organiser.submit(page, refuse, reason=" ")).status == 422
    await organiser.submit_and_follow(page, refuse, reason="记录无误")
    assert len(await scene.entries()) == 1


async def test_others_do_not_find_entries_reviews_or_requests(
    app: Starlette, organiser: Visitor, scene: Scene
) -> None:
    await scene.come()
    scene.at(5 * HOUR)
    await scene.close_forgotten()
    async with scene.house.database.unit_of_work() as session:
        stranger_to_it = await builders.viewer(session, "外人")
    outsider = await as_person(app, scene, stranger_to_it)
    assert (await outsider.get(f"/desk/reviews/{(await scene.review()).id}")).status == 404
    assert (await outsider.get(f"/hours/{scene.need_id}/correct")).status == 404
    assert (await outsider.get(f"/desk/hour-entries/{scene.need_id}/refuse")).status == 404
    assert "No review waits" in (await outsider.get("/desk/reviews")).text


async def test_a_missed_shift_can_be_asked_about(volunteer: Visitor, scene: Scene) -> None:
    scene.at(3 * HOUR)
    page = await volunteer.get("/my/hours")
    assert "Nobody checked you in" in page.text
    page = await volunteer.submit_and_follow(page, "/my/hours/reviews")
    assert "In review" in page.text
    wrong = await volunteer.get("/my/hours")
    assert "Nobody checked you in" not in wrong.text


async def test_the_statement_has_every_entry_of_a_year(volunteer: Visitor, scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    everything = await volunteer.get("/my/hours/statement")
    assert "22 Nov 2026" in everything.text
    assert "林小满" in everything.text
    other = await volunteer.get("/my/hours/statement?year=2020")
    assert "No hours in this time" in other.text
    assert (await volunteer.get("/my/hours/statement?year=%F0%9F%98%80")).status == 200


async def test_the_pages_speak_chinese(app: Starlette, scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    visitor = Visitor(app, scene.house, "zh-CN")
    await visitor.sign_in(scene.volunteer.signed_in())
    for path, words in (
        ("/check-in", "签到"),
        ("/my/hours", "2 小时"),
        ("/my/hours/statement", "依据等级"),
        ("/desk/reviews", "核定"),
    ):
        assert words in (await visitor.get(path)).text
