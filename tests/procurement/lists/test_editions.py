"""Service lists: begun, drafted, consulted, final or withdrawn; by officers of the area alone, once, and never afterwards."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock, day_starts
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement import buyers, records
from marketplace.procurement.drafts import BuyerDraft
from marketplace.procurement.lists import editions, item_queries, items, lists, queries
from marketplace.procurement.lists.content import items_of
from marketplace.procurement.lists.drafts import (
    ConsultationDraft,
    EditionDraft,
    FinaliseDraft,
    ItemDraft,
    WithdrawDraft,
)
from marketplace.procurement.lists.errors import (
    ConsultationHasNotEnded,
    ConsultationIsTooShort,
    EditionHasNoItems,
    EditionIsDecided,
    EditionIsNoDraft,
    EditionIsNotOpenToEditing,
    EditionIsUnderWay,
)
from marketplace.procurement.lists.models import ListEdition
from marketplace.procurement.lists.queries import ListFilters
from marketplace.procurement.lists.states import EditionState
from marketplace.procurement.records import first_fault, published
from tests import buying, city
from tests.procurement.lists import scene
from tests.statements import counting


async def test_a_buyer_is_registered_by_officers_of_its_area(house: House) -> None:
    draft = BuyerDraft(area_code=city.JIANGSU_ROAD, name="江苏路街道办事处")
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        elsewhere = await buying.officer(session, "小徐", city.XUHUI)
        assert (
            await buyers.buyer(session, await buyers.register(session, officer, draft))
        ).name == draft.name
        for viewer, refusal in ((elsewhere, NotPermitted), (STRANGER, SignInNeeded)):
            with pytest.raises(refusal):
                await buyers.register(session, viewer, draft)


async def test_a_list_begins_once_with_an_empty_draft_that_officers_of_the_area_see(house: House) -> None:
    at = await scene.begun(house)
    key = new_id()
    twice = [await scene.start(house, at.officer, at.buyer_id, key) for _ in range(2)]
    assert twice == [key, key]
    row = await scene.seen(house, at.officer, at.list_id)
    assert row.is_managed and row.in_force is None
    assert (row.editions[0].number, row.editions[0].state) == (1, EditionState.DRAFT)
    for viewer in (STRANGER, await scene.resident(house), await scene.officer_elsewhere(house)):
        with pytest.raises(NotFound):
            await scene.seen(house, viewer, at.list_id)


async def test_others_neither_begin_nor_change_a_draft_and_cannot_tell_that_it_is_there(house: House) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    resident, elsewhere = await scene.resident(house), await scene.officer_elsewhere(house)
    for viewer, refusal in ((STRANGER, SignInNeeded), (resident, NotFound), (elsewhere, NotFound)):
        async with house.database.unit_of_work() as session:
            for act in (
                items.add(session, viewer, at.edition_id, scene.item()),
                items.change(session, viewer, at.edition_id, item_id, scene.item()),
                items.remove(session, viewer, at.edition_id, item_id),
                lists.begin_edition(session, viewer, at.list_id, EditionDraft(reason="x")),
                editions.open_consultation(
                    session, viewer, at.edition_id, ConsultationDraft(ends_on=date(2026, 12, 20))
                ),
                editions.finalise(session, viewer, at.edition_id, FinaliseDraft(answer="x")),
                editions.withdraw(session, viewer, at.edition_id, WithdrawDraft(reason="x")),
            ):
                with pytest.raises(refusal):
                    await act
    for viewer, kind in ((STRANGER, SignInNeeded), (resident, NotPermitted)):
        with pytest.raises(kind):
            await scene.start(house, viewer, at.buyer_id)


async def test_what_is_public_is_refused_by_name(house: House) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await scene.consult(house, at)
    with pytest.raises(NotPermitted):
        await scene.finalise(house, await scene.officer_elsewhere(house), at.edition_id)


async def test_an_item_is_added_once_changed_and_taken_out(house: House) -> None:
    at = await scene.begun(house)
    key = new_id()
    async with house.database.unit_of_work() as session:
        twice = [await items.add(session, at.officer, at.edition_id, scene.item(), key) for _ in range(2)]
    assert twice == [key, key]
    other = await scene.add(house, at, title="助餐")
    await scene.change(house, at, key, at.edition_id, budget_fen=25_000_000)
    await scene.remove(house, at, other, at.edition_id)
    await scene.add(house, at, title="陪诊")
    async with house.database.reading() as session:
        found = (await item_queries.of_editions(session, at.officer, [at.edition_id]))[at.edition_id]
        record = await records.entries(session, at.list_id)
    assert [(one.content.number, one.content.budget_fen) for one in found] == [
        (1, 25_000_000),
        (3, 20_000_000),
    ]
    assert [entry.action for entry in record] == [
        "list.begun", "item.added", "item.added", "item.changed", "item.removed", "item.added",
    ]  # fmt: skip
    assert first_fault([published(act) for act in record]) is None
    with pytest.raises(NotFound):
        await scene.change(house, at, other, at.edition_id)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"category_code": "nothing"}, {"category_code"}),
        ({"category_code": "older_people"}, {"category_code"}),
        ({"audience_code": "bathing_help"}, {"audience_code"}),
        ({"area_code": city.TIANPING}, {"area_code"}),
        ({"area_code": "000000000000", "category_code": "nothing"}, {"area_code", "category_code"}),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_an_item_names_words_and_areas_that_there_are(
    house: House, changes: dict[str, Any], fields: set[str]
) -> None:
    at = await scene.begun(house)
    with pytest.raises(InputIsInvalid) as refused:
        await scene.add(house, at, **changes)
    assert {problem.field for problem in refused.value.problems} == fields


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"budget_fen": "1,00"}, "amount"),
        ({"budget_fen": "-5"}, "amount"),
        ({"quantity": "0"}, "greater_than_equal"),
        ({"starts_on": "2027-01-01"}, "starts_before_tender"),
        ({"ends_on": "2027-01-01"}, "ends_before_start"),
        ({"renewal": "for ever"}, "enum"),
        ({"standards": " "}, "string_too_short"),
    ],
)
def test_what_an_item_says_is_clear_or_refused(changes: dict[str, str], code: str) -> None:
    with pytest.raises(InputIsInvalid) as refused:
        read(ItemDraft, {**scene.item().model_dump(mode="json"), **changes})
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_budget_is_read_as_people_write_it() -> None:
    given = {**scene.item().model_dump(mode="json"), "budget_fen": "２０万", "quantity": "３０００"}
    assert (read(ItemDraft, given).budget_fen, read(ItemDraft, given).quantity) == (20_000_000, 3000)


async def test_a_consultation_that_is_too_short_is_refused_with_the_article(house: House) -> None:
    """Seven days from a Sunday end on a Sunday, which is a day off: the next working day counts."""
    at = await scene.begun(house)
    with pytest.raises(EditionHasNoItems):
        await scene.consult(house, at)
    await scene.add(house, at)
    with pytest.raises(ConsultationIsTooShort) as refused:
        await scene.consult(house, at, days=7)
    assert refused.value.article == "《政府采购法实施条例》第十五条"
    assert refused.value.facts == {"least_days": 7, "earliest": date(2026, 11, 30)}
    await scene.consult(house, at, days=8)
    row = await scene.edition(house, STRANGER, at.edition_id)
    assert row.state is EditionState.CONSULTATION
    assert row.consultation_ends_at == day_starts(date(2026, 12, 1))
    with pytest.raises(EditionIsNoDraft):
        await scene.consult(house, at)


async def test_nothing_changes_under_the_eyes_of_the_public(house: House, clock: FixedClock) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    await scene.consult(house, at)
    for act in (scene.add(house, at), scene.change(house, at, item_id, at.edition_id)):
        with pytest.raises(EditionIsNotOpenToEditing):
            await act
    with pytest.raises(EditionIsNotOpenToEditing):
        await scene.remove(house, at, item_id, at.edition_id)
    clock.advance(timedelta(days=17))
    await scene.change(house, at, item_id, at.edition_id, quantity=3600)
    row = await scene.edition(house, STRANGER, at.edition_id)
    assert row.state is EditionState.CONSULTED
    async with house.database.reading() as session:
        since = await item_queries.since_consultation(session, STRANGER, row)
        kept = await session.scalar(select(ListEdition.consulted).where(ListEdition.id == at.edition_id))
    assert since is not None and kept is not None
    assert [(one.field, one.old, one.new) for one in since.changed[0].fields] == [("quantity", 3000, 3600)]
    assert items_of(kept)[0].values["planned_tender_on"] == date(2027, 2, 1)


async def test_an_edition_is_final_after_the_consultation_with_an_answer_and_then_for_good(
    house: House, clock: FixedClock
) -> None:
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    for prepare in (None, scene.consult(house, at)):
        if prepare is not None:
            await prepare
        with pytest.raises(ConsultationHasNotEnded) as refused:
            await scene.finalise(house, at.officer, at.edition_id)
        assert refused.value.article is not None
    clock.advance(timedelta(days=17))
    for blank in ({}, {"answer": "  "}):
        with pytest.raises(InputIsInvalid):
            read(FinaliseDraft, blank)
    await scene.finalise(house, at.officer, at.edition_id)
    row = await scene.edition(house, STRANGER, at.edition_id)
    assert (row.state, row.consultation_answer) == (EditionState.FINAL, scene.ANSWER)
    assert row.content_hash is not None and len(row.content_hash) == 64
    with pytest.raises(EditionIsNotOpenToEditing):
        await scene.change(house, at, item_id, at.edition_id)
    for act in (
        scene.finalise(house, at.officer, at.edition_id),
        _withdraw(house, at),
    ):
        with pytest.raises(EditionIsDecided):
            await act


async def test_of_two_officers_who_finalise_at_once_one_does(house: House, clock: FixedClock) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await scene.consult(house, at)
    clock.advance(timedelta(days=17))
    async with house.database.unit_of_work() as session:
        rival = await buying.officer(session, "采购员小沈", city.JIANGSU_ROAD)
    answers = await asyncio.gather(
        *(scene.finalise(house, officer, at.edition_id) for officer in (at.officer, rival)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["EditionIsDecided", "NoneType"]
    async with house.database.reading() as session:
        record = await records.entries(session, at.list_id)
    assert [entry.action for entry in record].count("edition.finalised") == 1
    assert first_fault([published(act) for act in record]) is None


async def test_of_two_officers_who_begin_an_edition_at_once_one_does(house: House, clock: FixedClock) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    with pytest.raises(EditionIsUnderWay):
        await scene.next_edition(house, at)
    await scene.make_final(house, clock, at)
    answers = await asyncio.gather(*(scene.next_edition(house, at) for _ in range(2)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, MarketplaceError)]
    assert [type(one) for one in refused] == [EditionIsUnderWay]
    row = await scene.seen(house, at.officer, at.list_id)
    assert [one.number for one in row.editions] == [1, 2]
    assert row.editions[1].items == 1, "the last edition is the start of the next"


async def test_a_withdrawn_draft_stays_hidden_and_a_consulted_one_public(house: House) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await _withdraw(house, at)
    with pytest.raises(NotFound):
        await scene.seen(house, STRANGER, at.list_id)
    second = await scene.next_edition(house, at)
    assert (await scene.edition(house, at.officer, second)).items == 1
    await scene.consult(house, at, second)
    async with house.database.unit_of_work() as session:
        await editions.withdraw(session, at.officer, second, WithdrawDraft(reason="经费未落实"))
    row = await scene.seen(house, STRANGER, at.list_id)
    assert [(one.number, one.state, one.withdrawal_reason) for one in row.editions] == [
        (2, EditionState.WITHDRAWN, "经费未落实")
    ]


async def test_lists_are_found_by_area_category_and_year_in_few_statements(
    house: House, clock: FixedClock
) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    await scene.consult(house, at)
    hidden = await scene.start(house, at.officer, at.buyer_id)
    await scene.start(house, at.officer, at.buyer_id)
    clock.advance(timedelta(minutes=1))
    for filters, is_found in (
        (ListFilters(), True),
        (ListFilters(area_code=city.CHANGNING), True),
        (ListFilters(area_code=city.XUHUI), False),
        (ListFilters(category_code="elderly_care"), True),
        (ListFilters(category_code="meal_help"), False),
        (ListFilters(year=2029), True),
        (ListFilters(year=2030), False),
        (ListFilters(buyer_id=at.buyer_id), True),
        (ListFilters(mine=True), False),
    ):
        async with house.database.reading() as session:
            page = await queries.page(session, STRANGER, filters, PageRequest(10))
        assert [row.id for row in page.rows] == ([at.list_id] if is_found else []), filters
    async with house.database.reading() as session:
        with counting(house) as sent:
            page = await queries.page(session, at.officer, ListFilters(mine=True), PageRequest(2))
        assert len(sent) == 2 and page.has_next
        rest = await queries.page(
            session, at.officer, ListFilters(mine=True), PageRequest(2, page.end_cursor)
        )
    assert hidden in {row.id for row in (*page.rows, *rest.rows)}
    assert len(page.rows) + len(rest.rows) == 3


async def _withdraw(house: House, at: scene.Scene) -> None:
    async with house.database.unit_of_work() as session:
        await editions.withdraw(session, at.officer, at.edition_id, WithdrawDraft(reason="改为区级统筹"))
