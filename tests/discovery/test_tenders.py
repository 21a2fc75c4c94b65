"""Finding what is bought: tenders and announced items by any word, never a draft, and still when the engine is down."""

from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.discovery import indexer, sources
from marketplace.discovery.documents import Kind, document_id
from marketplace.discovery.purchases import (
    FoundPurchases,
    PurchaseKind,
    PurchaseWishes,
    find_purchases,
    matching_purchases,
)
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.reconcile import reconcile
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.pagination import CursorIsInvalid, PageRequest
from marketplace.outbox.events import Event
from marketplace.outbox.publish import publish
from marketplace.procurement.lists.events import EditionFinalised
from marketplace.procurement.tenders.events import TenderCancelled, TenderEndedUnsuccessful, TenderPublished
from marketplace.procurement.tenders.models import Tender
from matching.index import Document, Query
from tests import buying, city
from tests.deliveries import drain
from tests.discovery import announced
from tests.discovery.finders import WAYS, prepare
from tests.statements import counting


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def find(house: House, first: int = 20, after: str | None = None, **wishes: Any) -> FoundPurchases:
    async with house.database.reading() as session:
        return await find_purchases(
            session, house.search, read(PurchaseWishes, wishes), PageRequest(first, after)
        )


def ids(found: FoundPurchases) -> set[UUID]:
    return {one.id for one in found.page.rows}


async def tender(house: House, title: str = "社区助浴服务", **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        content = buying.file(session, title=title, **facts.pop("content", {}))
        return (await buying.tender(session, content, **facts)).id


async def item(house: House, **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        final = await announced.edition(session, await announced.service_list(session))
        return await announced.item(session, final, **facts)


@pytest.mark.parametrize(
    "text", ["助浴", "changning", "長寧", "江苏路街道办事处", "洗浴困难", "上门", "older people"]
)
async def test_a_tender_is_found_by_its_words_its_buyer_its_place_and_its_field(
    house: House, text: str
) -> None:
    wanted = await tender(house)
    await tender(
        house,
        "绿化养护",
        buyer_id=await _buyer_elsewhere(house),
        content={
            "problem": "路边绿地无人打理。",
            "users": "居民",
            "description": "修剪与补种。",
            "category_code": "environment",
            "area_code": city.TIANPING,
        },
    )
    await prepare(house, "index")
    assert ids(await find(house, text=text)) >= {wanted}
    first = (await find(house, text=text)).page.rows[0]
    assert first.id == wanted and first.fen == buying.CEILING and first.closes_at is not None


async def _buyer_elsewhere(house: House) -> UUID:
    async with house.database.unit_of_work() as session:
        return await buying.buyer(session, "天平路街道办事处", city.TIANPING)


async def test_items_of_a_list_in_force_are_found_and_those_of_other_editions_are_not(
    house: House, way: str
) -> None:
    async with house.database.unit_of_work() as session:
        of = await announced.service_list(session)
        old = await announced.edition(session, of, 1)
        kept = await announced.item(session, old, title="助浴旧名")
        dropped = await announced.item(session, old, title="助浴二")
        final = await announced.edition(session, of, 2)
        await announced.item(session, final, kept, title="助浴新名")
        drafted = await announced.edition(session, of, 3, finalised_at=None, finalised_by=None)
        added = await announced.item(session, drafted, title="助浴三")
    await prepare(house, way)
    (found,) = (await find(house, text="助浴")).page.rows
    assert (found.id, found.title, found.list_id) == (kept, "助浴新名", of.id)
    assert found.id not in {dropped, added} and found.kind is PurchaseKind.LIST_ITEM


async def test_drafts_and_what_ended_without_a_result_are_not_found(house: House, way: str) -> None:
    async with house.database.reading() as session:
        now = session.now()
    await tender(house, published_at=None, version=0)
    await tender(house, cancelled_at=now)
    await tender(house, unsuccessful_at=now)
    running, awarded = await tender(house), await tender(house, opened_at=now, awarded_at=now)
    await prepare(house, way)
    for text in ("助浴", ""):
        assert ids(await find(house, text=text)) == {running, awarded}


async def test_what_was_cancelled_since_is_not_shown_whatever_the_index_says(house: House) -> None:
    cancelled = await tender(house)
    await prepare(house, "index")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Tender, cancelled)).cancelled_at = session.now()
    assert document_id(Kind.TENDER, cancelled) in _held(house)
    found = await find(house, text="助浴")
    assert not found.page.rows and found.page.total == 0
    async with house.database.reading() as session:
        assert await matching_purchases(session, house.search, "助浴", 3) == []


async def test_news_brings_a_tender_into_the_index_and_takes_it_out(house: House) -> None:
    await rebuild(house.database, house.search)
    tender_id = await tender(house)
    await _tell(house, TenderPublished(tender_id))
    assert document_id(Kind.TENDER, tender_id) in _held(house)
    for column, event in (("cancelled_at", TenderCancelled), ("unsuccessful_at", TenderEndedUnsuccessful)):
        await _mark(house, tender_id, column, ended=True)
        await _tell(house, event(tender_id))
        assert document_id(Kind.TENDER, tender_id) not in _held(house)
        await _mark(house, tender_id, column, ended=False)
        await _tell(house, TenderPublished(tender_id))
        assert document_id(Kind.TENDER, tender_id) in _held(house)


async def test_a_new_edition_changes_what_is_announced(house: House) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        of = await announced.service_list(session)
        old = await announced.edition(session, of, 1)
        kept, dropped = await announced.item(session, old), await announced.item(session, old)
    await _tell(house, EditionFinalised(of.id, old.id))
    assert _held(house) == {document_id(Kind.LIST_ITEM, kept), document_id(Kind.LIST_ITEM, dropped)}
    async with house.database.unit_of_work() as session:
        final = await announced.edition(session, of, 2)
        await announced.item(session, final, kept)
    await _tell(house, EditionFinalised(of.id, final.id))
    assert _held(house) == {document_id(Kind.LIST_ITEM, kept)}


async def test_a_tender_stands_for_the_item_that_announced_it_until_it_ends_without_a_result(
    house: House,
) -> None:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        of = await announced.service_list(session)
        final = await announced.edition(session, of)
        item_id = await announced.item(session, final)
    await _tell(house, EditionFinalised(of.id, final.id))
    assert _held(house) == {document_id(Kind.LIST_ITEM, item_id)}
    tender_id = await tender(house, list_item_id=item_id)
    await _tell(house, TenderPublished(tender_id))
    assert _held(house) == {document_id(Kind.TENDER, tender_id)}
    await _mark(house, tender_id, "unsuccessful_at", ended=True)
    await _tell(house, TenderEndedUnsuccessful(tender_id))
    assert _held(house) == {document_id(Kind.LIST_ITEM, item_id)}
    assert (await reconcile(house.database, house.search)).told == 0


async def test_older_news_never_replaces_newer(house: House) -> None:
    await rebuild(house.database, house.search)
    tender_id = await tender(house)
    async with house.database.reading() as session:
        old = (await sources.changes(session, Kind.TENDER, [tender_id]))[tender_id]
    assert isinstance(old, Document)
    await _mark(house, tender_id, "cancelled_at", ended=True)
    await _tell(house, TenderCancelled(tender_id))
    house.search.upsert([old])
    assert not _held(house)


async def test_the_nightly_comparison_mends_what_was_lost(house: House) -> None:
    await rebuild(house.database, house.search)
    tender_id, item_id = await tender(house), await item(house)
    done = await reconcile(house.database, house.search)
    assert done.told == 2
    assert _held(house) == {document_id(Kind.TENDER, tender_id), document_id(Kind.LIST_ITEM, item_id)}
    assert (await reconcile(house.database, house.search)).told == 0
    async with house.database.unit_of_work() as session:
        assert await indexer.tell(session, house.search, Kind.TENDER, [tender_id]) == 0


async def test_a_search_is_narrowed_by_kind_field_and_place_and_counts_the_other_choices(
    house: House, way: str
) -> None:
    one = await tender(house, content={"category_code": "bathing_help"})
    two = await item(house, area_code=city.TIANPING, category_code="meal_help")
    await prepare(house, way)
    assert ids(await find(house, kind="tender")) == {one}
    assert ids(await find(house, area=city.XUHUI)) == {two}
    assert ids(await find(house, category="elderly_care")) == {one, two}
    found = await find(house, category="meal_help")
    assert ids(found) == {two}
    if way == "index":
        assert found.by_kind == {"list_item": 1}
        assert found.by_district == {city.XUHUI: 1}
        assert found.by_category["bathing_help"] == 1 and found.by_category["elderly_care"] == 2
    else:
        assert found.reduced and not found.by_category


async def test_pages_go_on_where_the_last_one_ended_whoever_answers(house: House, way: str) -> None:
    wanted = {await tender(house, f"助浴{number}") for number in range(3)} | {await item(house)}
    await prepare(house, way)
    seen: list[UUID] = []
    after: str | None = None
    for _ in range(4):
        page = (await find(house, 1, after, text="助浴")).page
        seen += [one.id for one in page.rows]
        after = page.end_cursor
        assert page.has_next == (len(seen) < 4)
    assert len(seen) == 4 and set(seen) == wanted
    with pytest.raises(CursorIsInvalid):
        await find(house, 1, after, text="别的")


async def test_the_engine_may_stop_between_two_pages(house: House) -> None:
    wanted = {await tender(house, f"助浴{number}") for number in range(3)}
    await prepare(house, "index")
    one = await find(house, 1)
    async with house.database.reading() as session:
        two = await find_purchases(
            session, _Away(), read(PurchaseWishes, {}), PageRequest(5, one.page.end_cursor)
        )
    assert two.reduced and ids(one) | ids(two) == wanted


class _Away:
    """An index that nobody can reach."""

    def __getattr__(self, name: str) -> Any:
        from matching.index import EngineIsUnreachable

        raise EngineIsUnreachable()


async def test_the_words_that_were_asked_for_are_marked(house: House) -> None:
    await tender(house)
    await prepare(house, "index")
    (found,) = (await find(house, text="助浴")).page.rows
    assert any(highlight.place.value == "title" for highlight in found.highlights)


async def test_a_wish_that_names_nothing_is_refused(house: House, way: str) -> None:
    await prepare(house, way)
    for name, unknown in (("area", "999999999999"), ("category", "no_such"), ("kind", "boat")):
        with pytest.raises(InputIsInvalid):
            await find(house, 20, None, **{name: unknown})


async def test_a_longer_page_costs_no_more_statements(house: House, way: str) -> None:
    for number in range(4):
        await tender(house, f"助浴{number}")
        await item(house)
    await prepare(house, way)
    with counting(house) as short:
        await find(house, first=2)
    with counting(house) as long:
        await find(house, first=8)
    assert len(long) == len(short) <= 5


def _held(house: House) -> set[str]:
    return {hit.id for hit in house.search.search(Query()).hits}


async def _tell(house: House, event: Event) -> None:
    async with house.database.unit_of_work() as session:
        await publish(session, event)
    await drain(house)


async def _mark(house: House, tender_id: UUID, column: str, *, ended: bool) -> None:
    async with house.database.unit_of_work() as session:
        setattr(await session.get_one(Tender, tender_id), column, session.now() if ended else None)
