"""Quiet hours are kept to the minute, in Shanghai, over midnight too; preferences decide what leaves the house at all."""

from datetime import UTC, datetime

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import SHANGHAI, FixedClock
from marketplace.kernel.errors import InputIsInvalid, SignInNeeded
from marketplace.kernel.input import read
from marketplace.notices import preferences, queries
from marketplace.notices.drafts import QuietHoursDraft, WishesDraft
from marketplace.notices.kinds import Kind, Topic
from marketplace.notices.quiet import Quiet, first_loud
from marketplace.notices.telling import News, tell
from tests import builders, city
from tests.notices import scene
from tests.notices.scene import Post

_NIGHT = Quiet(22 * 60, 7 * 60)


def at(hour: int, minute: int = 0, day: int = 22) -> datetime:
    """A time on a wall clock in Shanghai."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "loud"),
    [
        (at(21, 59), at(21, 59)),
        (at(22, 0), at(7, day=23)),
        (at(23, 59), at(7, day=23)),
        (at(0, 0), at(7)),
        (at(6, 59), at(7)),
        (at(7, 0), at(7)),
        (at(12, 0), at(12)),
    ],
)
def test_a_night_runs_over_midnight(moment: datetime, loud: datetime) -> None:
    assert first_loud(moment.astimezone(UTC), _NIGHT) == loud


@pytest.mark.parametrize(
    ("moment", "loud"),
    [(at(11, 59), at(11, 59)), (at(12, 0), at(14)), (at(13, 59), at(14)), (at(14), at(14))],
)
def test_a_rest_at_noon_lies_within_one_day(moment: datetime, loud: datetime) -> None:
    assert first_loud(moment, Quiet(12 * 60, 14 * 60)) == loud


def test_nothing_is_quiet_where_nobody_asked_for_it() -> None:
    assert first_loud(at(3), None) == at(3)


NEWS = News(Kind.NEED_PUBLISHED, "test:1", {"need": "陪诊"}, "/needs/1")


async def test_what_is_told_in_quiet_hours_leaves_when_they_end(house: House, clock: FixedClock) -> None:
    clock.set(at(23))
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        draft = QuietHoursDraft(quiet_from="22:00", quiet_to="07:00")
        await preferences.set_quiet_hours(session, reader, draft)
        await tell(session, [reader.signed_in()], NEWS)
    assert await scene.due_times(house) == [at(7, day=23)]
    post = Post()
    await scene.send_due(house, post)
    assert post.sent == []
    clock.set(at(7, day=23))
    await scene.send_due(house, post)
    assert scene.addresses(post) == ["lin@example.org"]


async def test_quiet_hours_that_were_set_later_hold_what_waits_already(
    house: House, clock: FixedClock
) -> None:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        await tell(session, [reader.signed_in()], NEWS)
        draft = QuietHoursDraft(quiet_from="09:30", quiet_to="11:00")
        await preferences.set_quiet_hours(session, reader, draft)
    post = Post()
    await scene.send_due(house, post)
    assert (post.sent, await scene.due_times(house)) == ([], [at(11)])
    clock.set(at(11))
    await scene.send_due(house, post)
    assert len(post.sent) == 1


async def test_a_word_that_would_come_too_late_stays_in_the_inbox(house: House, clock: FixedClock) -> None:
    clock.set(at(4))
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        await preferences.set_quiet_hours(
            session, reader, QuietHoursDraft(quiet_from="22:00", quiet_to="07:00")
        )
        late = News(Kind.SHIFT_SOON, "test:late", {}, None, useless_from=at(6))
        await tell(session, [reader.signed_in()], late)
    assert await scene.kinds(house, reader) == ["shift_soon"]
    assert await scene.deliveries(house) == []


async def test_quiet_hours_can_be_taken_back(house: House) -> None:
    reader = await scene.reader(house)
    for draft in (QuietHoursDraft(quiet_from="22:00", quiet_to="07:00"), QuietHoursDraft()):
        async with house.database.unit_of_work() as session:
            await preferences.set_quiet_hours(session, reader, draft)
    async with house.database.reading() as session:
        assert (await queries.wishes(session, reader)).quiet is None


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"quiet_from": "22:00"}, ["form"]),
        ({"quiet_from": "22:00", "quiet_to": ""}, ["form"]),
        ({"quiet_from": "07:00", "quiet_to": "07:00"}, ["form"]),
        ({"quiet_from": "24:00", "quiet_to": "07:00"}, ["quiet_from"]),
        ({"quiet_from": "22:0", "quiet_to": "7:00"}, ["quiet_from", "quiet_to"]),
        ({"quiet_from": "22:00:30", "quiet_to": "07:00"}, ["quiet_from"]),
        ({"quiet_from": 22, "quiet_to": "07:00"}, ["quiet_from"]),
        ({"quiet_from": "22:00\n", "quiet_to": "٠٧:٠٠"}, ["quiet_to"]),
    ],
)
def test_times_that_are_none_are_refused(given: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InputIsInvalid) as refused:
        read(QuietHoursDraft, given)
    assert [problem.field for problem in refused.value.problems] == fields


async def test_a_kind_that_is_not_wanted_does_not_leave_the_house(house: House) -> None:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        await preferences.choose(session, reader, WishesDraft(email=[Kind.HOURS_RECORDED]))
        await tell(session, [reader.signed_in()], NEWS)
        wanted = News(Kind.HOURS_RECORDED, "test:2", {})
        await tell(session, [reader.signed_in()], wanted)
    assert len(await scene.inbox(house, reader)) == 2
    post = Post()
    await scene.send_due(house, post)
    assert [message.kind for message in post.sent] == [Kind.HOURS_RECORDED]


async def test_a_wish_of_the_last_minute_counts(house: House) -> None:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        await tell(session, [reader.signed_in()], NEWS)
        await preferences.choose(session, reader, WishesDraft(email=[]))
    post = Post()
    await scene.send_due(house, post)
    (delivery,) = await scene.deliveries(house)
    assert (post.sent, delivery.last_error) == ([], "not wanted")


async def test_only_who_holds_a_role_is_asked_about_organising(house: House) -> None:
    async with house.database.unit_of_work() as session:
        worker = await builders.viewer(session, role=Role.COMMUNITY_WORKER, scope=city.JIANGSU_COMMUNITY)
        plain = await builders.viewer(session)
        assert Topic.ORGANISING in (await queries.wishes(session, worker)).topics
        assert Topic.ORGANISING not in (await queries.wishes(session, plain)).topics


async def test_what_was_not_asked_stays_as_it_was(house: House) -> None:
    """Somebody without a role says no to everything, gets a role, and still is told of applications."""
    plain = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        await preferences.choose(session, plain, WishesDraft(email=[]))
        await builders.grant(session, plain.signed_in(), Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        await tell(session, [plain.signed_in()], News(Kind.SIGN_UP_APPLIED, "test:3", {}))
    assert len(await scene.deliveries(house)) == 1


async def test_a_stranger_has_no_wishes(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for door in (
            preferences.choose(session, STRANGER, WishesDraft(email=[])),
            preferences.set_quiet_hours(session, STRANGER, QuietHoursDraft()),
            queries.wishes(session, STRANGER),
        ):
            with pytest.raises(SignInNeeded):
                await door
