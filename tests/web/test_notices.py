"""The pages of notices: every door is tried by a stranger, an outsider and whoever it is for."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from icalendar import Calendar
from starlette.applications import Starlette
from starlette.routing import Match

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.notices import links, preferences, unsubscribing
from marketplace.notices.drafts import WishesDraft
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.telling import News, tell
from marketplace.notices.unsubscribing import Subscription
from marketplace.volunteering import shifts
from marketplace.volunteering.drafts import ReasonDraft, TimesDraft
from marketplace.volunteering.models import Shift
from tests import builders, city
from tests.notices import scene
from tests.volunteering import scene as volunteering
from tests.web.visitor import Page, Visitor

NEWS = News(
    Kind.SHIFT_CANCELLED, "test:1", {"need": "<i>陪诊</i>", "shift": "周二", "place": "江苏路"}, "/about"
)


async def _told(house: House, number: int = 1) -> Viewer:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        for each in range(number):
            news = News(NEWS.kind, f"test:{each}", {**NEWS.facts, "place": f"地点{each}"}, NEWS.link)
            await tell(session, [reader.signed_in()], news)
    return reader


def _opening(page: Page) -> str:
    return next(form.action for form in page.forms if form.action.endswith("/open"))


@pytest.mark.parametrize("path", ["/inbox", "/profile/notices", "/my/calendar"])
async def test_a_stranger_is_led_to_the_sign_in(visitor: Visitor, path: str) -> None:
    page = await visitor.get(path)
    assert (page.status, page.location) == (303, f"/sign-in?next={path}")


async def test_an_empty_inbox_says_what_will_come(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await scene.reader(house)).signed_in())
    assert "Nothing here yet" in (await visitor.get("/inbox")).text


async def test_a_notice_is_read_by_opening_it(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await _told(house)).signed_in())
    page = await visitor.get("/inbox")
    assert "1 notice is new to you." in page.text
    assert "Cancelled: <i>陪诊</i>" in page.text  # escaped in the page itself
    opened = await visitor.submit(page, _opening(page))
    assert (opened.status, opened.location) == (303, "/about")
    again = await visitor.get("/inbox")
    assert "You have read everything." in again.text


async def test_looking_marks_nothing_as_read(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await _told(house)).signed_in())
    for _ in range(2):
        page = await visitor.get("/inbox")
    assert "1 notice is new to you." in page.text
    assert (await visitor.get(_opening(page))).status == 405


async def test_everything_is_marked_as_read_at_once(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await _told(house, 25)).signed_in())
    page = await visitor.get("/inbox")
    assert "25 notices are new to you." in page.text
    after = await visitor.submit_and_follow(page, "/inbox/read")
    assert "Everything is marked as read." in after.text


async def test_a_long_inbox_is_read_page_by_page(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await _told(house, 25)).signed_in())
    first = await visitor.get("/inbox")
    (more,) = [link for link in first.links if "after=" in link]
    second = await visitor.get(more)
    shown = re.findall(r"地点(\d+)", first.html) + re.findall(r"地点(\d+)", second.html)
    assert sorted(map(int, shown)) == list(range(25))


async def test_an_outsider_cannot_open_anothers_notice(
    visitor: Visitor, app: Starlette, house: House
) -> None:
    owner = await _told(house)
    await visitor.sign_in(owner.signed_in())
    path = _opening(await visitor.get("/inbox"))
    outsider = Visitor(app, house)
    await outsider.sign_in((await _told(house)).signed_in())
    form = await outsider.get("/inbox")
    token = form.form(_opening(form)).fields["csrf"][0]
    refused = await outsider.client.post(path, data={"csrf": token})
    assert refused.status_code == 404
    stranger = Visitor(app, house)
    token = (await stranger.get("/preferences")).form("/preferences").fields["csrf"][0]
    led = await stranger.client.post(path, data={"csrf": token})
    assert led.headers["location"].startswith("/sign-in")
    assert "1 notice is new to you." in (await visitor.get("/inbox")).text
    for each in (outsider, stranger):
        await each.client.aclose()


@pytest.mark.parametrize(
    "given", ["nonsense", f"/inbox/{new_id()}/open", "/inbox?after=%00", "/inbox?after=" + "x" * 900]
)
async def test_bad_addresses_are_refused_in_words(visitor: Visitor, house: House, given: str) -> None:
    await visitor.sign_in((await _told(house)).signed_in())
    page = await visitor.get(given if given.startswith("/") else f"/inbox/{given}/open")
    assert page.status in (404, 405, 422)


async def test_what_comes_by_mail_is_chosen_and_kept(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await scene.reader(house)).signed_in())
    page = await visitor.get("/profile/notices")
    assert "E-mails go to lin@example.org." in page.text
    assert "Somebody applied" not in page.text
    changes: dict[str, str | list[str]] = {
        "email_shifts": ["shift_tomorrow", "shift_moved"],
        "email_hours": [],
    }
    page = await visitor.submit_and_follow(page, "/profile/notices", **changes)
    assert "We send you what you have chosen." in page.text
    fields = page.form("/profile/notices").fields
    assert sorted(fields["email_shifts"]) == ["shift_moved", "shift_tomorrow"]
    assert "email_hours" not in fields
    assert "need_published" in fields["email_needs"]


async def test_an_organiser_is_asked_about_organising(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        worker = await builders.viewer(
            session, role=Role.COMMUNITY_WORKER, scope=city.JIANGSU_COMMUNITY, locale="en"
        )
    await visitor.sign_in(worker.signed_in())
    page = await visitor.get("/profile/notices")
    assert "Somebody applied" in page.text
    assert "No e-mail address yet" in page.text


@pytest.mark.parametrize("given", [["nonsense"], ["shift_moved"] * 60, ["\x00"], ["签" * 5000]])
async def test_kinds_that_are_none_change_nothing(visitor: Visitor, house: House, given: list[str]) -> None:
    reader = await scene.reader(house)
    await visitor.sign_in(reader.signed_in())
    page = await visitor.get("/profile/notices")
    refused = await visitor.submit(page, "/profile/notices", email_shifts=given)
    assert refused.status == 422
    assert "Please look at this again" in refused.text
    async with house.database.unit_of_work() as session:
        await tell(session, [reader.signed_in()], NEWS)
    assert len(await scene.deliveries(house)) == 1


async def test_quiet_hours_are_kept_and_taken_back(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await scene.reader(house)).signed_in())
    page = await visitor.get("/profile/notices")
    path = "/profile/notices/quiet-hours"
    page = await visitor.submit_and_follow(page, path, quiet_from="22:00", quiet_to="07:00")
    assert "Your quiet hours are kept." in page.text
    fields = page.form(path).fields
    assert (fields["quiet_from"], fields["quiet_to"]) == (["22:00"], ["07:00"])
    page = await visitor.submit_and_follow(page, path, quiet_from="", quiet_to="")
    assert "You have no quiet hours now." in page.text


@pytest.mark.parametrize(
    ("start", "end"), [("22:00", ""), ("25:00", "07:00"), ("x" * 9999, "07:00"), ("07:00", "07:00")]
)
async def test_impossible_quiet_hours_are_refused_and_kept_in_the_form(
    visitor: Visitor, house: House, start: str, end: str
) -> None:
    await visitor.sign_in((await scene.reader(house)).signed_in())
    page = await visitor.get("/profile/notices")
    refused = await visitor.submit(page, "/profile/notices/quiet-hours", quiet_from=start, quiet_to=end)
    assert refused.status == 422
    assert refused.form("/profile/notices/quiet-hours").fields["quiet_from"] == [start]


async def _token(house: House, viewer: Viewer) -> str:
    about = Subscription(viewer.signed_in(), NEWS.kind, ChannelName.EMAIL)
    return unsubscribing.token_of(house.vault, about)


async def _is_mailed(house: House, viewer: Viewer, kind: Kind) -> bool:
    before = len(await scene.deliveries(house))
    async with house.database.unit_of_work() as session:
        await tell(session, [viewer.signed_in()], News(kind, f"test:{new_id()}", {}))
    return len(await scene.deliveries(house)) > before


async def test_opening_an_unsubscribe_address_changes_nothing(visitor: Visitor, house: House) -> None:
    reader = await scene.reader(house)
    page = await visitor.get(f"/unsubscribe/{await _token(house, reader)}")
    assert "A shift is cancelled" in page.text
    assert page.answer.headers["x-robots-tag"] == "noindex"
    assert await _is_mailed(house, reader, NEWS.kind)


async def test_whoever_has_the_mail_stops_its_kind_without_signing_in(visitor: Visitor, house: House) -> None:
    reader = await scene.reader(house)
    path = f"/unsubscribe/{await _token(house, reader)}"
    done = await visitor.submit(await visitor.get(path), path)
    assert (done.status, "Stopped" in done.text) == (200, True)
    assert not await _is_mailed(house, reader, NEWS.kind)
    assert await _is_mailed(house, reader, Kind.SHIFT_MOVED)
    done = await visitor.submit(done, f"{path}/all")
    assert "No more e-mails" in done.text
    assert not await _is_mailed(house, reader, Kind.SHIFT_MOVED)


async def test_a_mail_program_stops_it_with_one_click(app: Starlette, house: House, visitor: Visitor) -> None:
    reader = await scene.reader(house)
    answer = await visitor.client.post(
        f"/unsubscribe/{await _token(house, reader)}", data={"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    assert not await _is_mailed(house, reader, NEWS.kind)


async def test_a_forged_unsubscribe_address_is_refused(visitor: Visitor, house: House) -> None:
    reader, victim = await scene.reader(house), await scene.reader(house, "王阿姨")
    token = await _token(house, reader)
    forged = token.replace(reader.signed_in().hex, victim.signed_in().hex)
    for given in (forged, token + "x", "x", "%00", "签"):
        for path in (f"/unsubscribe/{given}", f"/unsubscribe/{given}/all"):
            assert (await visitor.client.post(path)).status_code == 404
        assert (await visitor.get(f"/unsubscribe/{given}")).status == 404
    assert await _is_mailed(house, victim, NEWS.kind)


async def test_the_address_of_somebody_erased_is_gone(visitor: Visitor, house: House) -> None:
    reader = await scene.reader(house, erased_at=None)
    token = unsubscribing.token_of(house.vault, Subscription(new_id(), NEWS.kind, ChannelName.EMAIL))
    assert (await visitor.client.post(f"/unsubscribe/{token}")).status_code == 404
    assert await _is_mailed(house, reader, NEWS.kind)


async def _calendar_path(visitor: Visitor) -> str:
    """Makes a new address at the page and gives its path."""
    page = await visitor.submit(await visitor.get("/my/calendar"), "/my/calendar")
    assert page.answer.headers["cache-control"] == "no-store"
    (path,) = set(re.findall(r"/calendar/[\w-]+\.ics", page.html))
    return path


async def _events(visitor: Visitor, path: str) -> dict[str, object]:
    answer = await visitor.client.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    return {name: event.get(name) for name in ("UID", "SEQUENCE", "STATUS", "SUMMARY", "DTSTART", "LOCATION")}


async def test_a_calendar_follows_its_shift_under_one_uid(
    visitor: Visitor, app: Starlette, house: House
) -> None:
    """Scenario 7: the entry keeps its UID."""
    at = await volunteering.shift(house)
    reader = await scene.reader(house)
    await volunteering.join(house, reader, at.shift_id)
    await visitor.sign_in(reader.signed_in())
    path = await _calendar_path(visitor)
    program = Visitor(app, house)
    first = await _events(program, path)
    assert (first["STATUS"], first["SUMMARY"], first["LOCATION"]) == (
        "CONFIRMED",
        "陪老人就医",
        "江苏路街道社区服务中心",
    )
    async with house.database.unit_of_work() as session:
        shift = await session.get_one(Shift, at.shift_id)
        later = timedelta(hours=3)
        draft = TimesDraft(starts_at=shift.starts_at + later, ends_at=shift.ends_at + later)
        await shifts.move(session, at.organiser, at.shift_id, draft)
    moved = await _events(program, path)
    assert moved["UID"] == first["UID"]
    assert moved["DTSTART"].dt == city.NOW + timedelta(days=2, hours=3)  # type: ignore[attr-defined]
    async with house.database.unit_of_work() as session:
        await shifts.cancel(session, at.organiser, at.shift_id, ReasonDraft(reason="暴雨"))
    off = await _events(program, path)
    assert (off["UID"], off["STATUS"]) == (first["UID"], "CANCELLED")
    assert int(str(first["SEQUENCE"])) < int(str(moved["SEQUENCE"])) < int(str(off["SEQUENCE"]))
    await program.client.aclose()


async def test_a_place_one_only_waits_for_is_tentative(visitor: Visitor, house: House) -> None:
    at = await volunteering.shift(house, capacity=1)
    await volunteering.join(house, await volunteering.volunteer(house, "甲"), at.shift_id)
    reader = await scene.reader(house)
    await volunteering.join(house, reader, at.shift_id)
    await visitor.sign_in(reader.signed_in())
    event = await _events(visitor, await _calendar_path(visitor))
    assert event["STATUS"] == "TENTATIVE"
    assert event["SUMMARY"] != "陪老人就医"


async def test_an_unchanged_calendar_is_not_sent_again(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    at = await volunteering.shift(house)
    reader = await scene.reader(house)
    await volunteering.join(house, reader, at.shift_id)
    await visitor.sign_in(reader.signed_in())
    path = await _calendar_path(visitor)
    tag = (await visitor.client.get(path)).headers["etag"]
    clock.advance(timedelta(minutes=5))
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await visitor.client.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert (await visitor.client.get(path, headers={"if-none-match": '"other"'})).status_code == 200


async def test_a_calendar_shows_only_ones_own_shifts(visitor: Visitor, house: House) -> None:
    at = await volunteering.shift(house)
    await volunteering.join(house, await volunteering.volunteer(house, "甲"), at.shift_id)
    await visitor.sign_in((await scene.reader(house)).signed_in())
    answer = await visitor.client.get(await _calendar_path(visitor))
    assert Calendar.from_ical(answer.content).walk("VEVENT") == []


async def test_an_address_that_was_replaced_or_turned_off_answers_no_more(
    visitor: Visitor, house: House
) -> None:
    await visitor.sign_in((await scene.reader(house)).signed_in())
    first = await _calendar_path(visitor)
    second = await _calendar_path(visitor)
    assert (await visitor.client.get(first)).status_code == 404
    assert (await visitor.client.get(second)).status_code == 200
    page = await visitor.submit_and_follow(await visitor.get("/my/calendar"), "/my/calendar/revoke")
    assert "You have no calendar address yet." in page.text
    assert (await visitor.client.get(second)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/calendar/x.ics", "/calendar/.ics", "/calendar/%00.ics", f"/calendar/{'x' * 3000}.ics"]
)
async def test_a_guessed_address_is_not_there(visitor: Visitor, path: str) -> None:
    assert (await visitor.client.get(path)).status_code == 404


async def test_what_the_inbox_links_to_are_pages(app: Starlette) -> None:
    some = UUID(int=7)
    paths = [
        links.MY_SHIFTS,
        links.MY_HOURS,
        links.PROFILE,
        links.REVIEWS,
        links.HOUR_ENTRIES,
        links.PREFERENCES,
    ]
    paths += [links.need(some), links.roster(some), links.organisation(some)]
    paths += [links.unsubscribe("x"), links.calendar("x")]
    for path in paths:
        scope = {"type": "http", "method": "GET", "path": path}
        assert any(route.matches(scope)[0] is Match.FULL for route in app.routes), path


async def test_a_form_from_elsewhere_is_refused(visitor: Visitor, house: House) -> None:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        await preferences.choose(session, reader, WishesDraft(email=[]))
    await visitor.sign_in(reader.signed_in())
    for path in (
        "/inbox/read",
        "/profile/notices",
        "/profile/notices/quiet-hours",
        "/my/calendar",
        "/my/calendar/revoke",
    ):
        assert (await visitor.client.post(path, data={"csrf": "forged"})).status_code == 403


async def test_every_page_says_how_much_is_new(visitor: Visitor, house: House) -> None:
    assert 'class="count"' not in (await visitor.get("/about")).html
    await visitor.sign_in((await _told(house, 3)).signed_in())
    page = await visitor.get("/about")
    assert page.html.count('<span class="count">3<span class="visually-hidden"> new</span>') == 2
    page = await visitor.submit_and_follow(await visitor.get("/inbox"), "/inbox/read")
    assert 'class="count"' not in page.html


async def test_a_very_full_inbox_is_not_counted_to_the_end(visitor: Visitor, house: House) -> None:
    await visitor.sign_in((await _told(house, 101)).signed_in())
    assert '<span class="count">99+<' in (await visitor.get("/about")).html
