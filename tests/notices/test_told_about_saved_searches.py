"""Saved searches are told of: at once or in the evening, once a person and need, and only what is still there for that person."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.discovery import saved_searches
from marketplace.discovery.saved_drafts import ChangeSearchDraft
from marketplace.discovery.saved_models import HowTold, SavedSearchMatch
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.locale import ZH
from marketplace.notices import about_saved_searches, preferences
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.models import Notice, QuietHours
from marketplace.volunteering.models import Need, SignUp
from matching.index import Condition
from tests import builders
from tests.discovery import saved
from tests.notices import scene

# 18:30 in Shanghai.
EVENING = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


async def digest(house: House) -> None:
    await about_saved_searches.send_digests(house.database)


async def kinds(house: House, viewer: Viewer) -> list[str]:
    return await scene.kinds(house, viewer)


async def pending(house: House) -> int:
    async with house.database.reading() as session:
        untold = select(SavedSearchMatch).where(
            SavedSearchMatch.told_at.is_(None), SavedSearchMatch.passed_over_at.is_(None)
        )
        return len((await session.scalars(untold)).all())


async def test_who_wants_to_know_at_once_is_told_at_once(house: House) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴")
    need_id = await saved.published(house)
    (notice,) = await scene.inbox(house, owner)
    words = notice.in_words("en")
    assert words.title == "New for you: 助浴服务"
    assert words.lines == (
        "It fits your saved search “助浴”. Where: 江苏路街道社区服务中心.",
        "Next: Tue 24 Nov, 10:00–12:00",
    )
    assert notice.in_words(ZH).title == "新需求：助浴服务"
    assert notice.link == f"/needs/{need_id}"
    assert await pending(house) == 0


async def test_a_need_that_changes_is_not_told_again(house: House) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴")
    need_id = await saved.published(house)
    for title in ("读报", "助浴，改到下午", "助浴服务"):
        await saved.changed(house, need_id, title=title)
    assert await kinds(house, owner) == ["search_matched"]


async def test_two_searches_of_one_person_tell_of_a_need_once(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴")
    await saved.save(house, owner, "at_once", text="服务")
    await saved.save(house, owner, "daily", text="助浴服务")
    await saved.published(house)
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == ["search_matched"]
    assert await pending(house) == 0


async def test_everybody_whose_search_fits_is_told(house: House) -> None:
    readers = [await scene.reader(house, f"读者{number}", email=None) for number in range(3)]
    for reader in readers:
        await saved.save(house, reader, "at_once", text="助浴")
    outsider = await scene.reader(house, "路人")
    await saved.save(house, outsider, "at_once", text="读报")
    await saved.published(house)
    for reader in readers:
        assert await kinds(house, reader) == ["search_matched"]
    assert await kinds(house, outsider) == []


async def test_the_day_is_told_in_the_evening_in_one_notice(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    await saved.save(house, owner, "daily", text="读报")
    for title in ("助浴一", "读报二", "助浴与读报三"):
        await saved.published(house, title)
    await digest(house)
    assert await kinds(house, owner) == []
    clock.set(EVENING)
    await digest(house)
    (notice,) = await scene.inbox(house, owner)
    words = notice.in_words("en")
    assert words.title == "New needs for your saved searches: 3"
    assert len(words.lines) == 4
    assert {"助浴, 读报", "读报, 助浴"} & {words.lines[0].partition("(")[2].partition(")")[0]}
    assert "、" in notice.in_words(ZH).lines[0]
    assert sorted(line.partition(" · ")[0] for line in words.lines[1:]) == [
        "助浴一",
        "助浴与读报三",
        "读报二",
    ]
    assert "Tue 24 Nov" in words.lines[1]
    assert notice.link == "/my/searches"
    assert await pending(house) == 0


async def test_a_long_day_is_cut_and_says_how_much_more_there_is(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    async with house.database.unit_of_work() as session:
        for number in range(15):
            await saved.need_of(session, f"助浴{number}")
    await scene.inbox(house, owner)
    clock.set(EVENING)
    await digest(house)
    (notice,) = await scene.inbox(house, owner)
    for locale, more in (
        ("en", "And 7 more, on your page of saved searches."),
        (ZH, "还有 7 个，请在“保存的搜索”中查看。"),
    ):
        lines = notice.in_words(locale).lines
        assert (len(lines), lines[-1]) == (10, more)


async def test_what_waited_for_the_evening_still_comes_when_its_owner_chose_to_hear_at_once(
    house: House, clock: FixedClock
) -> None:
    owner = await scene.reader(house)
    search_id = await saved.save(house, owner, "daily", text="助浴")
    await saved.published(house, "助浴一")
    async with house.database.unit_of_work() as session:
        draft = ChangeSearchDraft(how_told=HowTold.AT_ONCE)
        await saved_searches.change(session, owner, search_id, draft)
    await saved.published(house, "助浴二")
    assert await kinds(house, owner) == ["search_matched"]
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == ["search_digest", "search_matched"]
    assert await pending(house) == 0


async def test_nobody_gets_two_digests_on_one_day(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    await saved.published(house, "助浴一")
    clock.set(EVENING)
    await digest(house)
    await saved.published(house, "助浴二")
    clock.advance(timedelta(minutes=30))
    await digest(house)
    assert await kinds(house, owner) == ["search_digest"]
    clock.set(EVENING + timedelta(days=1))
    await digest(house)
    newest, _ = await scene.inbox(house, owner)
    assert newest.in_words("en").lines[1].startswith("助浴二")


async def test_two_workers_in_the_same_evening_send_one_digest(house: House, clock: FixedClock) -> None:
    readers = [await scene.reader(house, f"读者{number}", email=None) for number in range(25)]
    for reader in readers:
        await saved.save(house, reader, "daily", text="助浴")
    await saved.published(house)
    clock.set(EVENING)
    await asyncio.gather(*(digest(house) for _ in range(3)))
    async with house.database.reading() as session:
        told = list(await session.scalars(select(Notice.person_id)))
    assert sorted(told) == sorted(reader.signed_in() for reader in readers)
    assert await pending(house) == 0


@pytest.mark.parametrize("hour", [9, 13])
async def test_no_digest_goes_out_before_six_or_after_nine(
    house: House, clock: FixedClock, hour: int
) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    await saved.published(house)
    clock.set(EVENING.replace(hour=hour, minute=59 if hour == 9 else 0))
    await digest(house)
    assert await kinds(house, owner) == []
    assert await pending(house) == 1


async def test_a_day_without_news_is_silent(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == []


@pytest.mark.parametrize("fact", ["closed_at", "cancelled_at", "declined_at"])
async def test_a_need_taken_back_before_the_evening_is_not_told(
    house: House, clock: FixedClock, fact: str
) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    need_id = await saved.published(house)
    await saved.changed(house, need_id, **{fact: clock.now()})
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == []
    assert await pending(house) == 0


async def test_a_need_taken_back_before_the_news_arrives_is_not_told_at_once(house: House) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴")
    async with house.database.unit_of_work() as session:
        need_id = await saved.need_of(session)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, need_id)).closed_at = session.now()
    assert await kinds(house, owner) == []


async def test_what_no_longer_suits_is_not_told(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴", only_suitable=True)
    need_id = await saved.published(house)
    await saved.changed(house, need_id, minimum_age=60)
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == []
    assert await pending(house) == 0


async def busy(house: House, viewer: Viewer, starts_in: timedelta = timedelta(days=2)) -> UUID:
    """A sign-up of the viewer's own, for a shift of two hours; as a rule at the time of the need that is published."""
    async with house.database.unit_of_work() as session:
        own = await builders.need(session, "自己的班次", closed_at=session.now())
        shift_id = await builders.shift(session, own, starts_in=starts_in)
        return await builders.sign_up(session, shift_id, viewer.signed_in())


async def test_what_clashes_is_not_told_at_once_but_when_the_need_has_another_time(house: House) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴", only_suitable=True)
    await busy(house, owner)
    need_id = await saved.published(house)
    assert await kinds(house, owner) == []
    async with house.database.unit_of_work() as session:
        await builders.shift(session, need_id, starts_in=timedelta(days=3))
    await saved.changed(house, need_id)
    assert await kinds(house, owner) == ["search_matched"]


async def test_the_evening_knows_what_the_owner_signed_up_for_during_the_day(
    house: House, clock: FixedClock
) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴", only_suitable=True)
    need_id = await saved.published(house)
    sign_up_id = await busy(house, owner)
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == []
    assert await pending(house) == 0
    async with house.database.unit_of_work() as session:
        (await session.get_one(SignUp, sign_up_id)).withdrawn_at = session.now()
    await saved.changed(house, need_id)
    await digest(house)
    assert await kinds(house, owner) == ["search_digest"]


async def test_a_clash_matters_on_the_days_that_are_watched(house: House) -> None:
    owner = await scene.reader(house)
    days = {"day_from": "2026-11-24", "day_to": "2026-11-24"}
    await saved.save(house, owner, "at_once", text="助浴", only_suitable=True, **days)
    await busy(house, owner)
    async with house.database.unit_of_work() as session:
        need_id = await saved.need_of(session)
        await builders.shift(session, need_id, starts_in=timedelta(days=3))
    assert await kinds(house, owner) == []


async def test_who_wants_everything_hears_of_what_clashes_too(house: House) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴")
    await busy(house, owner)
    await saved.published(house)
    assert await kinds(house, owner) == ["search_matched"]


async def test_who_wants_to_hear_nothing_or_rests_hears_nothing(house: House, clock: FixedClock) -> None:
    silent, resting = await scene.reader(house, "静"), await scene.reader(house, "停")
    await saved.save(house, silent, "off", text="助浴")
    search_id = await saved.save(house, resting, "daily", text="助浴")
    await saved.published(house)
    async with house.database.unit_of_work() as session:
        await saved_searches.pause(session, resting, search_id)
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, silent) == await kinds(house, resting) == []


async def test_a_search_given_up_before_the_evening_is_not_told(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    search_id = await saved.save(house, owner, "daily", text="助浴")
    await saved.published(house)
    async with house.database.unit_of_work() as session:
        await saved_searches.delete(session, owner, search_id)
    clock.set(EVENING)
    await digest(house)
    assert await kinds(house, owner) == []


async def test_somebody_who_was_erased_is_told_nothing(house: House, clock: FixedClock) -> None:
    owner = await scene.reader(house)
    await saved.save(house, owner, "daily", text="助浴")
    await saved.published(house)
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, owner, ErasureDraft(confirmed=True))
    clock.set(EVENING)
    await digest(house)
    async with house.database.reading() as session:
        assert (await session.scalars(select(Notice))).all() == []


async def test_it_comes_by_e_mail_unless_it_is_not_wanted_and_never_in_quiet_hours(
    house: House, clock: FixedClock
) -> None:
    wanted, unwanted = await scene.reader(house, "要"), await scene.reader(house, "不要")
    quiet = await scene.reader(house, "静")
    for reader in (wanted, unwanted, quiet):
        await saved.save(house, reader, "at_once", text="助浴")
    async with house.database.unit_of_work() as session:
        await preferences.set_wishes(
            session, unwanted.signed_in(), ChannelName.EMAIL, {Kind.SEARCH_MATCHED: False}
        )
        session.add(QuietHours(person_id=quiet.signed_in(), from_minute=0, to_minute=23 * 60))
    await saved.published(house)
    post = scene.Post()
    await scene.send_due(house, post)
    assert [message.kind for message in post.sent] == [Kind.SEARCH_MATCHED]
    assert len(await scene.deliveries(house)) == 2
    assert await kinds(house, unwanted) == ["search_matched"]


async def test_the_index_may_be_away_while_people_are_told(house: House) -> None:
    """The matching needs no index: documents are made from the rows."""
    owner = await scene.reader(house)
    await saved.save(house, owner, "at_once", text="助浴")
    shutil.rmtree(house.settings.data_folder / "search", ignore_errors=True)
    assert house.search.status().condition is Condition.MISSING
    await saved.published(house)
    assert await kinds(house, owner) == ["search_matched"]


async def test_the_house_sends_digests_by_itself(house: House) -> None:
    assert "notices.send_digests" in house.registry.tasks
    async with house.database.unit_of_work() as session:
        person: UUID = await builders.person(session)
        assert await about_saved_searches.digest_some(session, person) is None
