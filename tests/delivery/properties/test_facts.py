"""Facts, who may post them, how they are corrected, and what they add up to: months, and a place among similar compounds."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.delivery.properties import contracts, evidence, fact_queries, inside, queries, sources
from marketplace.delivery.properties.drafts import WhyDraft
from marketplace.delivery.properties.errors import (
    CorrectionDoesNotFit,
    CorrectionNeedsAReason,
    DaysAreOutsideTheContract,
    DaysAreToldAlready,
    FactIsCorrectedAlready,
    KeeperDoesNotFit,
    KeyIsOfAnotherAct,
    SourceIsEnded,
    SourceIsOfAnotherCompound,
    SourceNameIsTaken,
)
from marketplace.delivery.properties.models import PropertyFact
from marketplace.delivery.properties.performance import Verdict
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import PageRequest
from tests import city, delivering
from tests.delivery.properties import scene
from tests.statements import counting


async def ready(house: House) -> tuple[scene.Scene, UUID, UUID, UUID]:
    """An agreed contract whose first line is sweeping, and an inspection of the worker: scene, contract, line, source."""
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at)
    async with house.database.reading() as session:
        line = await queries.line(session, STRANGER, contract_id, 1)
    return at, contract_id, line.id, await scene.source(house, at.worker, at.compound_id)


async def test_sources_are_registered_by_the_community_and_the_companys_own_by_the_company(
    house: House,
) -> None:
    at, _contract_id, _line_id, _source_id = await ready(house)
    with pytest.raises(SourceNameIsTaken):
        await scene.source(house, at.worker, at.compound_id)
    own = await scene.source(house, at.manager, at.compound_id, "company", "物业自报")
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (at.outsider, NotFound),
        (at.rival, NotFound),
        (at.stranger_owner, NotFound),
        (at.owner, NotPermitted),
        (at.manager, NotPermitted),
    ):
        with pytest.raises(refusal):
            await scene.source(house, viewer, at.compound_id, "sensor", "传感器")
    with pytest.raises(InputIsInvalid):
        await scene.source(house, at.worker, at.compound_id, "sensor", "传感器", keeper_phone="13800138000")
    with pytest.raises(NotFound):
        await act_end(house, at.owner, own)
    await act_end(house, at.worker, own)
    with pytest.raises(SourceIsEnded):
        await act_end(house, at.manager, own)


async def act_end(house: House, viewer: Any, source_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await sources.end(session, viewer, source_id)


async def test_a_keeper_fits_what_the_source_calls_itself(house: House) -> None:
    at, *_rest = await ready(house)
    for kind in ("company", "owners"):
        with pytest.raises(KeeperDoesNotFit):
            await scene.source(house, at.worker, at.compound_id, kind, kind)


async def test_only_the_keeper_posts_and_only_of_the_own_compound(house: House) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    draft = scene.told(house, line_id, source_id)
    for viewer in (STRANGER, at.colleague, at.manager, at.rival, at.owner):
        with pytest.raises(SignInNeeded if viewer is STRANGER else NotFound):
            await scene.post(house, viewer, draft)
    async with house.database.unit_of_work() as session:
        other_contract, _manager = await delivering.property_contract(session, at.other_compound_id)
        other_line = await delivering.property_commitment(session, other_contract)
    with pytest.raises(SourceIsOfAnotherCompound):
        await scene.post(house, at.worker, scene.told(house, other_line, source_id))
    with pytest.raises(NotFound):
        await scene.post(house, at.worker, scene.told(house, new_id(), source_id))
    first = await scene.post(house, at.worker, draft)
    assert await scene.post(house, at.worker, draft) == first
    with pytest.raises(KeyIsOfAnotherAct):
        await scene.post(house, at.worker, draft.model_copy(update={"value": 8}))
    await act_end(house, at.worker, source_id)
    assert await scene.post(house, at.worker, draft) == first
    with pytest.raises(SourceIsEnded):
        await scene.post(house, at.worker, scene.told(house, line_id, source_id))


async def test_a_company_with_a_mere_draft_reads_no_facts_of_the_company_whose_contract_stands(
    house: House,
) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    await scene.post(house, at.worker, scene.told(house, line_id, source_id))
    rival_id = next(iter(at.rival.organisations_of(Role.ORGANISATION_MANAGER)))
    await scene.drafted(house, at, organisation_id=rival_id)
    async with house.database.reading() as session:
        for viewer in (at.worker, at.owner, at.manager):
            assert len((await fact_queries.facts(session, viewer, line_id, PageRequest(5))).rows) == 1
        for viewer in (at.rival, at.outsider, at.stranger_owner, STRANGER):
            with pytest.raises(NotFound):
                await fact_queries.facts(session, viewer, line_id, PageRequest(5))
        await inside.demands(session, at.rival, at.compound_id, PageRequest(5))


async def test_a_company_with_a_mere_draft_tells_no_figures_of_anothers_promises(house: House) -> None:
    at, _contract_id, line_id, _source_id = await ready(house)
    await scene.drafted(house, at, organisation_id=at.rival.roles[0].organisation_id)
    rivals = await scene.source(house, at.rival, at.compound_id, "company", "别家自报")
    with pytest.raises(KeeperDoesNotFit):
        await scene.post(house, at.rival, scene.told(house, line_id, rivals))
    own = await scene.source(house, at.manager, at.compound_id, "company", "物业自报")
    await scene.post(house, at.manager, scene.told(house, line_id, own))


async def test_an_inspector_who_went_to_the_company_inspects_it_no_more(house: House) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    changed = replace(at.worker, roles=(*at.worker.roles, *at.manager.roles))
    with pytest.raises(KeeperDoesNotFit):
        await scene.post(house, changed, scene.told(house, line_id, source_id))


@pytest.mark.parametrize(
    ("from_on", "until_on"),
    [
        (date(2025, 12, 31), date(2026, 1, 2)),
        (date(2026, 11, 20), date(2026, 11, 23)),
        (date(2026, 11, 10), date(2026, 11, 9)),
    ],
)
async def test_facts_tell_of_days_of_the_contract_that_are_over(
    house: House, from_on: date, until_on: date
) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    with pytest.raises(DaysAreOutsideTheContract):
        await scene.post(
            house, at.worker, scene.told(house, line_id, source_id, from_on=from_on, until_on=until_on)
        )


async def test_what_is_promised_in_a_draft_only_is_not_measured(house: House) -> None:
    at, _contract_id, _line_id, source_id = await ready(house)
    draft_id = await scene.drafted(house, at)
    line_id = await scene.line(house, at, draft_id)
    with pytest.raises(NotFound):
        await scene.post(house, at.worker, scene.told(house, line_id, source_id))


async def test_two_facts_at_once_with_one_key_are_one_and_the_same_days_are_told_once(house: House) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    draft = scene.told(house, line_id, source_id)
    same = await asyncio.gather(*(scene.post(house, at.worker, draft) for _ in range(3)))
    assert len(set(same)) == 1
    overlapping = [
        scene.told(house, line_id, source_id, from_on=date(2026, 10, 1 + n), until_on=date(2026, 10, 9))
        for n in range(2)
    ]
    done = await asyncio.gather(
        *(scene.post(house, at.worker, one) for one in overlapping), return_exceptions=True
    )
    assert sorted(isinstance(one, DaysAreToldAlready) for one in done) == [False, True]


async def test_cases_may_lie_on_one_day(house: House) -> None:
    at, contract_id, _line_id, source_id = await ready(house)
    async with house.database.reading() as session:
        case = await queries.line(session, STRANGER, contract_id, 2)
    for value in (30, 60):
        await scene.post(house, at.worker, scene.told(house, case.id, source_id, value=value))


async def test_a_later_fact_corrects_an_earlier_one_and_says_why(house: House) -> None:
    at, contract_id, line_id, source_id = await ready(house)
    wrong = await scene.post(house, at.worker, scene.told(house, line_id, source_id, value=3))
    with pytest.raises(CorrectionNeedsAReason):
        await scene.post(house, at.worker, scene.told(house, line_id, source_id, corrects_id=wrong))
    other = await scene.source(house, at.worker, at.compound_id, name="另一次巡查")
    why = {"corrects_id": wrong, "note": "少记了两个单元"}
    with pytest.raises(CorrectionDoesNotFit):
        await scene.post(house, at.worker, scene.told(house, line_id, other, **why))
    right = await scene.post(house, at.worker, scene.told(house, line_id, source_id, **why))
    with pytest.raises(FactIsCorrectedAlready):
        await scene.post(house, at.worker, scene.told(house, line_id, source_id, **why))
    async with house.database.reading() as session:
        listed = await fact_queries.facts(session, at.owner, line_id, PageRequest(10))
        assert {one.id: one.corrected_by for one in listed.rows} == {wrong: right, right: None}
        record = await evidence.record(session, STRANGER, contract_id)
        (result,) = record.by_line[line_id]
        assert (result.value, result.verdict) == (7, Verdict.KEPT)
        for viewer in (STRANGER, at.outsider, at.rival, at.stranger_owner):
            with pytest.raises(NotFound):
                await fact_queries.facts(session, viewer, line_id, PageRequest(10))


async def test_of_two_corrections_at_once_one_stands(house: House) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    wrong = await scene.post(house, at.worker, scene.told(house, line_id, source_id, value=3))
    done = await asyncio.gather(
        *(
            scene.post(
                house,
                at.worker,
                scene.told(house, line_id, source_id, value=value, corrects_id=wrong, note="更正"),
            )
            for value in (4, 5)
        ),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, FactIsCorrectedAlready) for one in done) == [False, True]


async def test_the_database_itself_refuses_to_change_a_fact(house: House) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    await scene.post(house, at.worker, scene.told(house, line_id, source_id))
    with pytest.raises(DBAPIError):
        async with house.database.unit_of_work() as session:
            await session.execute(update(PropertyFact).values(value=9))


async def test_the_public_sees_months_by_kind_of_source_and_an_ended_contract_keeps_them(
    house: House,
) -> None:
    at, contract_id, line_id, source_id = await ready(house)
    own = await scene.source(house, at.manager, at.compound_id, "company", "物业自报")
    await scene.post(house, at.worker, scene.told(house, line_id, source_id, value=5))
    await scene.post(house, at.manager, scene.told(house, line_id, own, value=7))
    async with house.database.unit_of_work() as session:
        await contracts.end(session, at.worker, contract_id, WhyDraft(reason="业主大会另行选聘"))
    async with house.database.reading() as session:
        record = await evidence.record(session, STRANGER, contract_id)
    assert [(one.kind, one.verdict) for one in record.by_line[line_id]] == [
        (SourceKind.INSPECTION, Verdict.NOT_KEPT),
        (SourceKind.COMPANY, Verdict.KEPT),
    ]
    assert record.of_kind(SourceKind.INSPECTION) == (0, 1) and len(record.months) == 12


async def neighbours(house: House, count: int, values: list[int], **facts: Any) -> None:
    """Other compounds with a contract, a promise per week and one fact each."""
    async with house.database.unit_of_work() as session:
        for number in range(count):
            compound_id = await delivering.compound(
                session, f"小区{number}{facts}", **{"households": 380, **facts}
            )
            contract_id, manager = await delivering.property_contract(session, compound_id)
            line_id = await delivering.property_commitment(session, contract_id)
            await delivering.fact(session, line_id, values[number % len(values)], manager)


async def test_similar_compounds_stand_beside_without_names_from_three_on(house: House) -> None:
    at, _contract_id, line_id, source_id = await ready(house)
    await scene.post(house, at.worker, scene.told(house, line_id, source_id))

    async def compared() -> list[evidence.Comparison]:
        async with house.database.reading() as session:
            return list(await evidence.comparison(session, STRANGER, at.compound_id))

    await neighbours(house, 2, [7, 0])
    await neighbours(house, 5, [7], households=4000)
    await neighbours(house, 1, [7], households=40)
    (alone,) = await compared()
    assert (alone.kind, alone.own, list(alone.others), alone.middle) == (SourceKind.INSPECTION, 100, [], None)
    await neighbours(house, 1, [7], households=500)
    (three,) = await compared()
    assert (list(three.others), three.middle) == ([0, 100, 100], 100)


async def test_small_compounds_are_not_compared(house: House) -> None:
    await neighbours(house, 4, [7], households=40)
    async with house.database.unit_of_work() as session:
        tiny = await delivering.compound(session, "小小区", households=40)
    async with house.database.reading() as session:
        assert await evidence.comparison(session, STRANGER, tiny) == []
        assert await evidence.comparison(session, STRANGER, new_id()) == []


async def test_the_same_district_comes_first(house: House) -> None:
    at, *_rest = await ready(house)
    await neighbours(house, 12, [0], area_code=city.TIANPING_COMMUNITY)
    await neighbours(house, 12, [7], households=500)
    async with house.database.reading() as session:
        (one,) = await evidence.comparison(session, STRANGER, at.compound_id)
    assert set(one.others) == {100}


async def test_a_record_asks_as_often_for_one_fact_as_for_many(house: House) -> None:
    at, contract_id, line_id, source_id = await ready(house)

    async def asked() -> int:
        with counting(house) as sent:
            async with house.database.reading() as session:
                await evidence.record(session, at.owner, contract_id)
                await fact_queries.facts(session, at.owner, line_id, PageRequest(50))
        return len(sent)

    await scene.post(house, at.worker, scene.told(house, line_id, source_id))
    few = await asked()
    for week in range(2, 12):
        first = date(2026, 11, 22) - timedelta(days=7 * week)
        draft = scene.told(house, line_id, source_id, from_on=first, until_on=first + timedelta(days=6))
        await scene.post(house, at.worker, draft)
    assert await asked() == few
