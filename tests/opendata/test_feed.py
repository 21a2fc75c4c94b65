"""The feed's promise: whoever follows the cursor sees every release exactly once, in order, whoever writes meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from uuid import UUID

import orjson
import pytest

from marketplace.bootstrap import House
from marketplace.db.session import Database, Session
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import CursorIsInvalid, encode_cursor
from marketplace.opendata import bulk, queries, tender_releases
from marketplace.opendata.publishing import Head, Process, Publisher, publish
from marketplace.opendata.queries import FeedLimitIsInvalid
from marketplace.opendata.release import Release, Tender
from tests import buying
from tests.opendata import procurement
from tests.statements import counting

WRITERS, EACH = 8, 12


def _make(title: str) -> Callable[[Head], Release]:
    def make(head: Head) -> Release:
        return Release(
            ocid=head.ocid,
            id=head.release_id(["tender"]),
            date=head.date,
            tag=["tender"],
            initiation_type="tender",
            tender=Tender(id="1", title=title),
        )

    return make


async def _publish(session: Session, process: UUID, title: str = "x") -> None:
    await publish(session, Process(process, f"ocds-wushe0-test-{process.hex}"), _make(title))


async def _seen(database: Database, after: str | None, limit: int = 7) -> tuple[list[int], str | None]:
    async with database.reading() as session:
        page = await queries.feed(session, after, limit)
    return [row.position for row in page.rows], page.cursor


async def _write(database: Database, processes: list[UUID], number: int) -> None:
    for turn in range(EACH):
        with suppress(RuntimeError):
            async with database.unit_of_work() as session:
                for process in sorted({processes[turn % 3], processes[(turn + number) % 3]}):
                    await _publish(session, process, f"{number}-{turn}")
                if turn % 5 == 4:
                    await session.do_last_acts()
                    raise RuntimeError("changed its mind")


async def _follow(database: Database, done: asyncio.Event) -> list[int]:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        was_done = done.is_set()
        rows, cursor = await _seen(database, cursor)
        seen.extend(rows)
        if not rows and was_done:
            return seen
        await asyncio.sleep(0)


async def test_eight_writers_and_a_follower_lose_nothing_and_repeat_nothing(house: House) -> None:
    """Each writer has connections of its own; some transactions carry two releases, some roll back after all but the commit."""
    processes, done = [new_id() for _ in range(3)], asyncio.Event()
    # On SQLite each waiting writer sits in a thread, and whoever commits needs one too.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4 * WRITERS))
    url, clock = house.settings.database_url, house.clock
    databases = [Database(url, clock=clock, pool_size=1) for _ in range(WRITERS + 1)]
    async with AsyncExitStack() as stack:
        for database in databases:
            stack.push_async_callback(database.close)
        follower = asyncio.create_task(_follow(databases[-1], done))
        writers = enumerate(databases[:-1])
        await asyncio.gather(*(_write(database, processes, number) for number, database in writers))
        done.set()
        seen = await follower
    written = await procurement.releases(house)
    assert len(written) > WRITERS * EACH
    assert seen == list(range(1, len(written) + 1))
    for process in processes:
        own = await procurement.releases(house, process)
        assert [int(release["id"].split("-")[-2]) for release in own] == list(range(1, len(own) + 1))
        assert [release["date"] for release in own] == sorted({release["date"] for release in own})


async def test_a_later_position_is_never_visible_before_an_earlier_one(house: House) -> None:
    """The first writer has its position and dawdles over the commit; the second waits, and the reader sees neither."""
    second_database = Database(house.settings.database_url, clock=house.clock, pool_size=1)

    async def second() -> None:
        async with second_database.unit_of_work() as session:
            await _publish(session, new_id())

    try:
        async with house.database.unit_of_work() as session:
            await _publish(session, new_id())
            await session.do_last_acts()
            rival = asyncio.create_task(second())
            done, _ = await asyncio.wait([rival], timeout=0.3)
            assert not done and await _seen(house.database, None) == ([], encode_cursor(0))
        await rival
    finally:
        await second_database.close()
    assert (await _seen(house.database, None))[0] == [1, 2]


async def test_a_cursor_goes_on_where_it_stopped(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for _ in range(5):
            await _publish(session, new_id())
    first, cursor = await _seen(house.database, None, 3)
    rest, cursor = await _seen(house.database, cursor, 3)
    assert (first, rest) == ([1, 2, 3], [4, 5])
    nothing, same = await _seen(house.database, cursor, 3)
    assert nothing == [] and same == cursor
    async with house.database.unit_of_work() as session:
        await _publish(session, new_id())
    assert (await _seen(house.database, cursor, 3))[0] == [6]


@pytest.mark.parametrize("limit", [0, -1, 101, 10**9])
async def test_a_page_is_bounded(house: House, limit: int) -> None:
    with pytest.raises(FeedLimitIsInvalid):
        await _seen(house.database, None, limit)


@pytest.mark.parametrize("cursor", ["x", "%%%", "WzFd" * 100, encode_cursor("text"), encode_cursor(1, 2)])
async def test_a_cursor_of_somebody_elses_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(CursorIsInvalid):
        await _seen(house.database, cursor)


async def test_a_bulk_file_is_the_same_whatever_is_published_while_it_is_read(house: House) -> None:
    old, young = sorted([new_id(), new_id()], key=lambda one: one.hex)
    async with house.database.unit_of_work() as session:
        for process in (old, young):
            await _publish(session, process, "before")
    async with house.database.reading() as session:
        edition = await bulk.edition(session, 2026)
    assert edition is not None and edition.position == 2
    before = b"".join([part async for part in bulk.lines(house.database, edition)])
    async with house.database.unit_of_work() as session:
        await _publish(session, old, "after")
        await _publish(session, new_id(), "new")
    assert b"".join([part async for part in bulk.lines(house.database, edition)]) == before
    async with house.database.reading() as session:
        newer = await bulk.edition(session, 2026)
        assert await bulk.edition(session, 1999) is None
    assert newer is not None and newer.tag != edition.tag
    now = [
        orjson.loads(line) async for part in bulk.lines(house.database, newer) for line in part.splitlines()
    ]
    assert sorted(record["tender"]["title"] for record in now) == ["after", "before", "new"]
    assert [record["ocid"] for record in now] == sorted(record["ocid"] for record in now)
    every = [line async for part in bulk.releases(house.database, None) for line in part.splitlines()]
    assert len(every) == 4


async def test_a_bulk_file_is_read_in_stretches(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_AT_ONCE", 2)
    async with house.database.unit_of_work() as session:
        for process in sorted(new_id() for _ in range(5)):
            await _publish(session, process)
    async with house.database.reading() as session:
        edition = await bulk.edition(session, None)
    assert edition is not None
    parts = [part async for part in bulk.lines(house.database, edition)]
    assert [len(part.splitlines()) for part in parts] == [2, 2, 1]
    assert [len(part.splitlines()) async for part in bulk.releases(house.database, 2026)] == [2, 2, 1]


async def test_a_page_of_the_feed_and_a_record_cost_a_fixed_number_of_statements(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(20):
            await _publish(session, new_id(), str(number))
    async with house.database.reading() as session:
        ocid = (await queries.feed(session, None, 1)).rows[0].ocid
    with counting(house) as sent:
        await _seen(house.database, None, 20)
    assert len(sent) == 1
    with counting(house) as sent:
        async with house.database.reading() as session:
            await queries.known(session, ocid)
    assert len(sent) == 2


async def test_a_release_costs_as_many_statements_whatever_the_tender_holds(house: House) -> None:
    counts = []
    for lots in (1, 8):
        async with house.database.reading() as session:
            file = buying.file(session, lots=lots)
        purchase = await procurement.published(house, file=file)
        async with house.database.unit_of_work() as session:
            with counting(house) as sent:
                publisher = Publisher("ocds-wushe0", "http://testserver")
                await tender_releases.of_tender(session, publisher, purchase.tender.id, "tenderUpdate")
                await session.do_last_acts()
            counts.append(len(sent))
    assert counts[0] == counts[1] <= 24
