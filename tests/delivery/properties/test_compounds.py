"""Compounds and their owners: registered and confirmed by the community; how many is public, who and where never."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.properties import compounds, inside, owners, queries, standards
from marketplace.delivery.properties.drafts import ClaimDecisionDraft, ClaimDraft, CompoundDraft
from marketplace.delivery.properties.errors import (
    ClaimIsDecidedAlready,
    ClaimIsOpenAlready,
    CompoundIsRegistered,
    OwnClaimIsDecidedByAnother,
    RefusalNeedsAReason,
)
from marketplace.delivery.properties.models import CompoundOwner
from marketplace.delivery.properties.states import ClaimState
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders, city
from tests.delivery.properties import scene
from tests.statements import counting


def place(**changes: Any) -> CompoundDraft:
    given = {
        "area_code": city.JIANGSU_COMMUNITY,
        "name": "月村",
        "address": "江苏路 480 弄",
        "households": "８８",
        "buildings": 4,
    }
    return read(CompoundDraft, {**given, **changes})


async def test_only_the_community_registers_and_a_name_stands_once(house: House) -> None:
    at = await scene.build(house)
    refusals: list[tuple[Viewer, type[MarketplaceError]]] = [
        (STRANGER, SignInNeeded),
        (at.outsider, NotPermitted),
        (at.manager, NotPermitted),
        (at.owner, NotPermitted),
    ]
    for viewer, refusal in refusals:
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await compounds.register(session, viewer, place())
    async with house.database.unit_of_work() as session:
        made = await compounds.register(session, at.worker, place())
        assert (await queries.compound(session, STRANGER, made)).households == 88
    with pytest.raises(CompoundIsRegistered):
        async with house.database.unit_of_work() as session:
            await compounds.register(session, at.worker, place())
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await compounds.register(session, at.worker, place(area_code=city.HUAYANG_COMMUNITY))
    async with house.database.unit_of_work() as session:
        city_worker = await builders.viewer(session, "市级", Role.COMMUNITY_WORKER, city.CITY)
    with pytest.raises(InputIsInvalid):
        async with house.database.unit_of_work() as session:
            await compounds.register(session, city_worker, place(area_code="310999999999"))


async def test_the_community_corrects_what_it_registered(house: House) -> None:
    at = await scene.build(house)
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await compounds.correct(session, at.manager, at.compound_id, place())
    async with house.database.unit_of_work() as session:
        await compounds.register(session, at.worker, place())
    with pytest.raises(CompoundIsRegistered):
        async with house.database.unit_of_work() as session:
            await compounds.correct(session, at.worker, at.compound_id, place())
    async with house.database.unit_of_work() as session:
        await compounds.correct(session, at.worker, at.compound_id, place(name="愚园新村", households=90))
        assert (await queries.compound(session, STRANGER, at.compound_id)).households == 90


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "长" * 100_000},
        {"households": 0},
        {"households": 50_001},
        {"built_year": 1700},
        {"area_code": "31"},
    ],
)
def test_what_is_out_of_range_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(InputIsInvalid):
        place(**fault)


async def claimed(house: House, viewer: Viewer, at: scene.Scene, home: str = "３号楼501室") -> Any:
    async with house.database.unit_of_work() as session:
        draft = read(ClaimDraft, {"home": home})
        return await owners.claim(session, viewer, house.vault, at.compound_id, draft)


async def decided(house: House, viewer: Viewer, owner_id: Any, **fields: Any) -> None:
    async with house.database.unit_of_work() as session:
        await owners.decide(session, viewer, owner_id, read(ClaimDecisionDraft, fields))


async def test_an_owner_is_confirmed_by_the_community_and_counted_without_a_name(house: House) -> None:
    at = await scene.build(house)
    owner_id = await claimed(house, at.outsider, at)
    with pytest.raises(ClaimIsOpenAlready):
        await claimed(house, at.outsider, at)
    for viewer in (at.manager, at.owner, at.rival, at.outsider):
        with pytest.raises(NotFound):
            await decided(house, viewer, owner_id, is_confirmed=True)
    async with house.database.reading() as session:
        waiting = await inside.waiting_claims(session, at.worker, house.vault, PageRequest(10))
        assert [(one.name, one.home) for one in waiting.rows] == [("路人", "3号楼501室")]
        for viewer in (at.manager, at.owner, at.rival):
            assert (await inside.waiting_claims(session, viewer, house.vault, PageRequest(10))).rows == []
            with pytest.raises(NotFound):
                await inside.claim(session, viewer, house.vault, owner_id)
        assert (await queries.compound(session, STRANGER, at.compound_id)).owners == 2
    await decided(house, at.worker, owner_id, is_confirmed=True)
    with pytest.raises(ClaimIsDecidedAlready):
        await decided(house, at.colleague, owner_id, is_confirmed=False, reason="查无此户")
    async with house.database.reading() as session:
        assert (await queries.compound(session, STRANGER, at.compound_id)).owners == 3
        (mine,) = await inside.my_claims(session, at.outsider, house.vault, at.compound_id)
        assert (mine.state, mine.home) == (ClaimState.CONFIRMED, "3号楼501室")


@pytest.mark.parametrize(
    "home", ["3号楼501室", "３ 号楼 501", "3-501", "3幢501", "No. 3, Room 501", "3号５０１室"]
)
def test_a_home_is_the_same_however_it_is_written(home: str) -> None:
    assert owners.plain_home(home) == "3 501"


def test_other_homes_are_others() -> None:
    homes = ["3号501", "35号01", "3号5011", "东3号501", "3号501A", "三号501"]
    assert len({owners.plain_home(one) for one in homes}) == len(homes)


async def test_the_community_sees_how_many_others_name_the_same_home(house: House) -> None:
    at = await scene.build(house)
    first = await claimed(house, at.outsider, at, "3-501")
    second = await claimed(house, at.inspector, at)
    await claimed(house, at.rival, at, "3号楼502室")

    async def others(viewer: Viewer, owner_id: Any) -> tuple[int, int]:
        async with house.database.reading() as session:
            one = await inside.claim(session, viewer, house.vault, owner_id)
        return one.others_confirmed, one.others_waiting

    assert await others(at.worker, second) == (0, 1)
    assert await others(at.inspector, second) == (0, 0), "who claims is told nothing of neighbours"
    await decided(house, at.worker, first, is_confirmed=True)
    assert await others(at.worker, second) == (1, 0)
    async with house.database.unit_of_work() as session:
        await owners.end(session, at.outsider, first)
        assert (await session.get_one(CompoundOwner, first)).home_fingerprint is None
    assert await others(at.worker, second) == (0, 0)


async def test_who_is_refused_is_told_why_and_the_home_is_forgotten(house: House) -> None:
    at = await scene.build(house)
    owner_id = await claimed(house, at.outsider, at)
    with pytest.raises(RefusalNeedsAReason):
        await decided(house, at.worker, owner_id, is_confirmed=False)
    await decided(house, at.worker, owner_id, is_confirmed=False, reason="查无此户")
    async with house.database.reading() as session:
        (mine,) = await inside.my_claims(session, at.outsider, house.vault, at.compound_id)
        assert (mine.state, mine.refusal_reason, mine.home) == (ClaimState.REFUSED, "查无此户", None)
    await claimed(house, at.outsider, at)


async def test_nobody_confirms_their_own_home(house: House) -> None:
    at = await scene.build(house)
    owner_id = await claimed(house, at.worker, at)
    with pytest.raises(OwnClaimIsDecidedByAnother):
        await decided(house, at.worker, owner_id, is_confirmed=True)
    await decided(house, at.colleague, owner_id, is_confirmed=True)


async def test_ownership_ends_and_the_home_is_forgotten(house: House) -> None:
    at = await scene.build(house)
    owner_id = await claimed(house, at.outsider, at)
    await decided(house, at.worker, owner_id, is_confirmed=True)
    with pytest.raises(NotFound):
        async with house.database.unit_of_work() as session:
            await owners.end(session, at.owner, owner_id)
    async with house.database.unit_of_work() as session:
        await owners.end(session, at.outsider, owner_id)
        row = await session.get_one(CompoundOwner, owner_id)
        assert row.home_sealed is None
    with pytest.raises(ClaimIsDecidedAlready):
        async with house.database.unit_of_work() as session:
            await owners.end(session, at.worker, owner_id)


async def test_of_two_claims_at_once_one_stands(house: House) -> None:
    at = await scene.build(house)
    done = await asyncio.gather(*(claimed(house, at.outsider, at) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(one, ClaimIsOpenAlready) for one in done) == [False, True]


async def test_lists_ask_once_however_many_there_are(house: House) -> None:
    at = await scene.build(house)
    async with house.database.unit_of_work() as session:
        for number in range(12):
            await compounds.register(session, at.worker, place(name=f"月村{number}"))

    async def listed(first: int) -> int:
        with counting(house) as sent:
            async with house.database.reading() as session:
                found = await queries.compounds(session, STRANGER, PageRequest(first))
        assert len(found.rows) == first
        return len(sent)

    assert await listed(2) == await listed(12)
    async with house.database.reading() as session:
        found = await queries.compounds(session, STRANGER, PageRequest(5), text="愚园_新村%")
        assert found.rows == []
        found = await queries.compounds(session, STRANGER, PageRequest(5), text="愚园新")
        assert [one.name for one in found.rows] == ["愚园新村"]


async def test_shipped_standards_are_loaded_once_and_measurable(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await standards.load(session)
        await standards.load(session)
        found = await standards.all_standards(session, STRANGER)
    assert len(found) == len(standards.shipped()) >= 20
    assert {one.part for one in found} == {part.value for part in standards.Part}
    assert all(
        one.unit in set(standards.Unit) and one.source.startswith(("V;", "M;", "own;")) for one in found
    )


async def test_a_persons_data_holds_what_they_said_and_erasure_forgets_it(house: House) -> None:
    at = await scene.build(house)
    await claimed(house, at.outsider, at)
    await scene.demand(house, at.owner, at.compound_id)
    async with house.database.unit_of_work() as session:
        told = await house.personal_data.export(session, at.outsider)
        assert told["properties"]["homes"][0]["home"] == "3号楼501室"
        assert (await house.personal_data.export(session, at.owner))["properties"]["demands"][0][
            "text"
        ] == "加装电动车充电桩"
    async with house.database.unit_of_work() as session:
        for part in house.personal_data._parts.values():
            if part.name == "properties":
                await part.erase(session, at.outsider.signed_in())
                await part.erase(session, at.owner.signed_in())
    async with house.database.reading() as session:
        rows = await session.scalars(
            select(CompoundOwner).where(CompoundOwner.person_id == at.outsider.person_id)
        )
        assert [(row.home_sealed, row.ended_at is not None) for row in rows] == [(None, True)]
        assert (await queries.compound(session, STRANGER, at.compound_id)).owners == 1
