"""Announced purchases: every item of a list that comes into force is a process of its own, to which its tender refers."""

from datetime import date
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.kernel.ids import new_id
from marketplace.procurement.contracts.events import CallOffDecided, CallOffOpened, ContractPublished
from marketplace.procurement.contracts.models import CallOff
from marketplace.procurement.lists.events import ConsultationOpened, EditionFinalised
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from tests import builders, buying, city
from tests.opendata import procurement
from tests.opendata.procurement import told
from tests.opendata.test_releases import _check


async def _list(house: House) -> tuple[UUID, UUID]:
    async with house.database.unit_of_work() as session:
        officer = await builders.person(session, "采购员小顾")
        row = ServiceList(
            id=new_id(),
            buyer_id=await buying.buyer(session),
            title="2027 年购买服务清单",
            starts_on=date(2027, 1, 1),
            ends_on=date(2028, 1, 1),
            created_at=session.now(),
            created_by=officer,
        )
        session.add(row)
    return row.id, officer


async def _items(house: House, list_id: UUID, count: int) -> list[UUID]:
    async with house.database.unit_of_work() as session:
        rows = [ListItem(id=new_id(), list_id=list_id, number=number) for number in range(1, count + 1)]
        session.add_all(rows)
    return [row.id for row in rows]


async def _edition(
    house: House, of: tuple[UUID, UUID], number: int, items: dict[UUID, dict[str, Any]]
) -> UUID:
    """An edition in force with these items, and its event."""
    list_id, officer = of
    async with house.database.unit_of_work() as session:
        edition = ListEdition(
            id=new_id(),
            list_id=list_id,
            number=number,
            created_at=session.now(),
            created_by=officer,
            finalised_at=session.now(),
            content_hash=str(number) * 64,
        )
        session.add(edition)
        await session.flush()
        for item_id, changes in items.items():
            facts = {
                "title": "助餐服务",
                "description": "为高龄老人送餐",
                "category_code": "elderly_care",
                "area_code": city.JIANGSU_ROAD,
                "budget_fen": 30_000_000,
                "quantity": 12,
                "unit": "月",
                "planned_tender_on": date(2027, 2, 1),
                "starts_on": date(2027, 4, 1),
                "ends_on": date(2028, 3, 31),
                "renewal": "none",
                "standards": "每日一餐，两荤两素",
            }
            session.add(
                ListItemVersion(id=new_id(), edition_id=edition.id, item_id=item_id, **(facts | changes))
            )
    await told(house, ConsultationOpened(list_id, edition.id), EditionFinalised(list_id, edition.id))
    return edition.id


async def test_items_are_announced_changed_and_withdrawn(house: House) -> None:
    of = await _list(house)
    first, second, third = await _items(house, of[0], 3)
    await _edition(house, of, 1, {first: {}, second: {}})
    await _edition(house, of, 2, {first: {"budget_fen": 25_000_000}, third: {"title": "助医服务"}})
    await _edition(house, of, 3, {first: {"budget_fen": 25_000_000}, third: {"title": "助医服务"}})
    tags = {
        item: [one["tag"] for one in await procurement.releases(house, item)]
        for item in (first, second, third)
    }
    # What an edition only repeats is no news.
    assert tags == {
        first: [["planning"], ["planningUpdate"]],
        second: [["planning"], ["planningUpdate"]],
        third: [["planning"]],
    }
    records = {item: await procurement.record(house, item) for item in tags}
    assert records[first]["planning"]["budget"]["amount"] == {"amount": 250000, "currency": "CNY"}
    assert [records[item]["tender"]["status"] for item in tags] == ["planned", "withdrawn", "planned"]
    assert records[first]["planning"]["milestones"][0]["dueDate"] == "2027-01-31T16:00:00Z"
    documents = records[first]["planning"]["documents"]
    assert {one["id"]: one["contentHash"] for one in documents} == {
        "edition-1": f"sha256:{'1' * 64}",
        "edition-2": f"sha256:{'2' * 64}",
    }
    for item in tags:
        _check(await procurement.releases(house, item), records[item])


async def test_an_edition_that_is_not_in_force_is_not_told(house: House) -> None:
    of = await _list(house)
    async with house.database.unit_of_work() as session:
        edition = ListEdition(
            id=new_id(), list_id=of[0], number=1, created_at=session.now(), created_by=of[1]
        )
        session.add(edition)
    await told(house, EditionFinalised(of[0], edition.id))
    assert await procurement.releases(house) == []


async def test_a_tender_refers_to_the_item_it_comes_from(house: House) -> None:
    of = await _list(house)
    (item,) = await _items(house, of[0], 1)
    await _edition(house, of, 1, {item: {}})
    purchase = await procurement.published(house, list_item_id=item)
    release = (await procurement.releases(house, purchase.tender.id))[0]
    ocid = (await procurement.record(house, item))["ocid"]
    assert release["relatedProcesses"] == [
        {"id": str(item), "relationship": ["planning"], "scheme": "ocid", "identifier": ocid}
    ]
    assert release["ocid"] != ocid


async def test_a_call_off_is_a_process_of_its_own_within_its_framework(house: House) -> None:
    framework = await procurement.published(house, procedure="framework")
    async with house.database.unit_of_work() as session:
        call_off = CallOff(
            id=new_id(),
            lot_id=framework.tender.lot_ids[0],
            buyer_id=framework.tender.buyer_id,
            area_code=city.JIANGSU_ROAD,
            way="direct",
            title="二季度助浴",
            description="六百人次",
            budget_fen=4_000_000,
            starts_on=date(2027, 4, 1),
            ends_on=date(2027, 6, 30),
            idempotency_key="c1",
            opened_at=session.now(),
            opened_by=framework.officer,
        )
        session.add(call_off)
    await told(house, CallOffOpened(framework.tender.id, call_off.id))
    async with house.database.unit_of_work() as session:
        row = await session.get(CallOff, call_off.id)
        assert row is not None
        row.organisation_id, row.basis, row.ended_at = framework.suppliers[1], "用户评价最高", session.now()
    await told(house, CallOffDecided(framework.tender.id, call_off.id))
    contract_id, _ = await procurement.contracted(
        house, framework, None, call_off_id=call_off.id, value_fen=3_900_000
    )
    releases, record = (
        await procurement.releases(house, call_off.id),
        await procurement.record(house, call_off.id),
    )
    assert [release["tag"] for release in releases] == [["tender"], ["award"], ["contract"]]
    assert "awards" not in releases[0] and record["tender"]["procurementMethod"] == "direct"
    assert (
        record["awards"][0]["description"] == "用户评价最高"
        and record["awards"][0]["value"]["amount"] == 39000
    )
    assert record["contracts"][0]["id"] == str(contract_id)
    assert record["contracts"][0]["awardID"] == record["awards"][0]["id"]
    parent = await procurement.record(house, framework.tender.id)
    assert record["relatedProcesses"][0]["identifier"] == parent["ocid"] and "contracts" not in parent
    _check(releases, record)


async def test_a_call_off_contract_that_is_not_public_is_not_told(house: House) -> None:
    framework = await procurement.published(house, procedure="framework")
    await told(house, ContractPublished(framework.tender.id, new_id()))
    assert len(await procurement.releases(house)) == 1
