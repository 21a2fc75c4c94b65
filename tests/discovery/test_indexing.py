"""The index is in step with the database: news reaches it, what is hidden leaves it, and it heals by itself."""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House, open_house
from marketplace.discovery import indexer, sources
from marketplace.discovery.documents import Kind, document_id
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.input import read
from marketplace.outbox.publish import publish
from marketplace.volunteering import needs
from marketplace.volunteering.drafts import NeedDraft, ReasonDraft
from marketplace.volunteering.events import NeedChanged
from marketplace.volunteering.models import Need
from marketplace.worker import Worker
from matching.index import Condition, Document, IndexIsBusy, Query
from tests import builders, city
from tests.deliveries import drain


def draft(**facts: Any) -> NeedDraft:
    return read(
        NeedDraft,
        {
            "title": "助浴服务",
            "description": "上门帮助老人洗澡。",
            "category": "bathing_help",
            "area_code": city.JIANGSU_COMMUNITY,
            "place": "江苏路街道社区服务中心",
            "risks": "地面湿滑。",
            **facts,
        },
    )


@pytest.fixture
async def worker_viewer(house: House) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, role=Role.COMMUNITY_WORKER, scope=city.JIANGSU_ROAD)


def found(house: House, text: str) -> set[str]:
    results = house.search.search(Query(text=text))
    return set() if results.approximate else {hit.id for hit in results.hits}


def of(need_id: UUID) -> str:
    return document_id(Kind.NEED, need_id)


async def test_a_published_need_is_found_once_its_news_arrives(house: House, worker_viewer: Viewer) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, worker_viewer, draft())
    await drain(house)
    for text in ("助浴", "洗澡", "changning", "cn", "江苏路", "jsl", "長寧", "bathing", "老人助浴"):
        assert of(need_id) in found(house, text), text


async def test_an_edited_need_is_found_by_its_new_words_only(house: House, worker_viewer: Viewer) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, worker_viewer, draft())
    await drain(house)
    async with house.database.unit_of_work() as session:
        await needs.edit(session, worker_viewer, need_id, draft(title="陪伴读报"))
    await drain(house)
    assert of(need_id) in found(house, "读报")
    assert of(need_id) not in found(house, "助浴服务上门洗衣")


@pytest.mark.parametrize("ending", ["close", "cancel"])
async def test_a_need_that_is_over_leaves_the_index(house: House, worker_viewer: Viewer, ending: str) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, worker_viewer, draft())
    await drain(house)
    async with house.database.unit_of_work() as session:
        if ending == "close":
            await needs.close(session, worker_viewer, need_id)
        else:
            await needs.cancel(session, worker_viewer, need_id, read(ReasonDraft, {"reason": "改期"}))
    await drain(house)
    assert of(need_id) not in found(house, "")


async def test_a_place_taken_is_no_news_to_the_index(house: House) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        told_first = await indexer.tell(session, house.search, Kind.NEED, [need_id])
        told_again = await indexer.tell(session, house.search, Kind.NEED, [need_id])
    assert (told_first, told_again) == (1, 0)


async def test_older_news_never_replaces_newer(house: House) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "旧名")
        old = (await sources.changes(session, Kind.NEED, [need_id]))[need_id]
        (await session.get_one(Need, need_id)).title = "新名"
        await publish(session, NeedChanged(need_id))
    await drain(house)
    assert isinstance(old, Document)
    house.search.upsert([old])
    assert of(need_id) in found(house, "新名")


async def test_a_rebuild_holds_everything_that_is_findable_and_nothing_else(house: House) -> None:
    async with house.database.unit_of_work() as session:
        public = await builders.need(session)
        await builders.need(session, published=False)
        await builders.need(session, closed_at=session.now())
        organisation = await builders.organisation(session)
        await builders.organisation(session, "未核验的服务社", verified=False)
    seen: list[int] = []
    assert await rebuild(house.database, house.search, seen.append) == 2
    assert seen[-1] == 2
    assert found(house, "") == {of(public), document_id(Kind.ORGANISATION, organisation)}


async def test_news_during_a_rebuild_is_in_the_fresh_index(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "旧名")

    async with house.database.reading() as session:
        before = (await sources.changes(session, Kind.NEED, [need_id]))[need_id]
    assert isinstance(before, Document)

    def change_meanwhile(_done: int) -> None:
        # The rebuild has read the need already.
        house.search.upsert([replace(before, title="新名", version=5)])

    await rebuild(house.database, house.search, change_meanwhile)
    assert of(need_id) in found(house, "新名")


async def test_two_rebuilds_at_once_are_one(house: House) -> None:
    with house.search.begin_rebuild(), pytest.raises(IndexIsBusy):
        await rebuild(house.database, house.search)


async def test_a_missing_index_holds_up_no_news_and_its_rebuild_knows_it(
    house: House, worker_viewer: Viewer
) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, worker_viewer, draft())
    assert await drain(house) >= 1
    await rebuild(house.database, house.search)
    assert of(need_id) in found(house, "助浴")


def _lose_builds(folder: Path) -> None:
    shutil.rmtree(folder / "generations")


def _spoil_pointer(folder: Path) -> None:
    (folder / "current.json").write_bytes(b"\x00garbage")


def _spoil_build(folder: Path) -> None:
    for build in (folder / "generations").iterdir():
        (build / "meta.json").write_bytes(b"{")


@pytest.mark.parametrize("harm", [_lose_builds, _spoil_pointer, _spoil_build])
async def test_a_broken_index_folder_heals_without_a_hand(house: House, harm: Callable[[Path], None]) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
    harm(house.settings.data_folder / "search")
    assert house.search.status().condition is Condition.BROKEN
    async with house.database.reading() as session:
        await house.upkeep.heal(session)
    await house.upkeep.finish()
    assert house.search.status().condition is Condition.READY
    assert of(need_id) in found(house, "")


async def test_a_whole_index_is_left_alone(house: House) -> None:
    await rebuild(house.database, house.search)
    before = house.search.status().generation
    async with house.database.reading() as session:
        await house.upkeep.heal(session)
    await house.upkeep.finish()
    assert house.search.status().generation == before


async def test_a_shift_that_has_begun_is_no_longer_one_to_come(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        await builders.shift(session, need_id, starts_in=timedelta(minutes=5))
    await rebuild(house.database, house.search)
    clock.advance(timedelta(minutes=10))
    async with house.database.unit_of_work() as session:
        document = (await sources.changes(session, Kind.NEED, [need_id]))[need_id]
        await house.upkeep.pass_time(session)
        assert await indexer.tell(session, house.search, Kind.NEED, [need_id]) == 0
    assert isinstance(document, Document)
    assert document.starts_at == ()


async def test_documents_hold_no_personal_data(house: House) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.person(session, "王秘密")
        need_id = await builders.need(session, raised_by=person, contact="王秘密 13812345678")
        document = (await sources.changes(session, Kind.NEED, [need_id]))[need_id]
    assert "王秘密" not in repr(document)
    assert "13812345678" not in repr(document)
    assert str(person) not in repr(document)


async def test_a_need_is_found_within_a_second_of_its_publication(
    house: House, worker_viewer: Viewer, clock: FixedClock
) -> None:
    await rebuild(house.database, house.search)
    worker = Worker(house.settings, opener=lambda settings: open_house(settings, clock=clock))
    await asyncio.to_thread(worker.start)
    house.database.on_commit = worker.after_commit
    try:
        async with house.database.unit_of_work() as session:
            warm_up = await needs.publish(session, worker_viewer, draft())
        await _until_found(house, of(warm_up))
        async with house.database.unit_of_work() as session:
            need_id = await needs.publish(session, worker_viewer, draft())
        committed_at = time.monotonic()
        await _until_found(house, of(need_id))
        assert time.monotonic() - committed_at < 1
    finally:
        house.database.on_commit = None
        await asyncio.to_thread(worker.stop)


async def _until_found(house: House, wanted: str) -> None:
    async with asyncio.timeout(20):
        while wanted not in found(house, "助浴"):  # noqa: ASYNC110 - an index tells nobody that it has changed
            await asyncio.sleep(0.02)
