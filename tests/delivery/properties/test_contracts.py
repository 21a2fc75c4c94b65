"""Demands, checklists and contracts: written together, agreed by two people, frozen, and ended with a reason."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.properties import commitments, contracts, demands, inside, queries
from marketplace.delivery.properties.drafts import LineDraft, StandardsDraft, WhyDraft
from marketplace.delivery.properties.errors import (
    ChecklistIsEmpty,
    ChecklistIsFrozen,
    ChecklistIsFull,
    CompoundIsLookedAfter,
    DemandIsAnswered,
    DraftIsOpenAlready,
    KeyIsOfAnotherAct,
    NotAPropertyCompany,
    OwnersOnly,
    PropertyContractIsOver,
    SideHasAgreed,
    StandardIsThereAlready,
    TermIsNotPossible,
    TooManyOpenDemands,
    TwoPeopleAgree,
    WorkerBelongsToTheCompany,
)
from marketplace.delivery.properties.states import DemandState, PropertyContractState
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock, local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders
from tests.delivery.properties import scene


async def act(house: House, verb: Any, viewer: Viewer, *given: Any) -> Any:
    async with house.database.unit_of_work() as session:
        return await verb(session, viewer, *given)


async def demand_row(house: House, viewer: Viewer, demand_id: UUID) -> inside.DemandRow:
    async with house.database.reading() as session:
        return await inside.demand(session, viewer, demand_id)


WHY = WhyDraft(reason="电力容量不足，明年再议")


async def test_owners_ask_and_support_and_nobody_else_sees_it(house: House) -> None:
    at = await scene.build(house)
    await scene.drafted(house, at)
    asked = await scene.demand(house, at.owner, at.compound_id, key="one")
    assert await scene.demand(house, at.owner, at.compound_id, key="one") == asked
    with pytest.raises(KeyIsOfAnotherAct):
        await scene.demand(house, at.owner, at.compound_id, "别的", key="one")
    for viewer in (at.outsider, at.rival, at.stranger_owner, at.manager, at.worker):
        with pytest.raises(OwnersOnly):
            await scene.demand(house, viewer, at.compound_id)
    with pytest.raises(SignInNeeded):
        await scene.demand(house, STRANGER, at.compound_id)
    for _ in range(2):
        await act(house, demands.support, at.second_owner, asked)
        await act(house, demands.support, at.owner, asked)
    row = await demand_row(house, at.manager, asked)
    assert (row.wanted_by, row.state, row.is_mine) == (2, DemandState.OPEN, False)
    for viewer in (STRANGER, at.outsider, at.rival, at.stranger_owner):
        with pytest.raises(NotFound):
            await demand_row(house, viewer, asked)
        with pytest.raises(SignInNeeded if viewer is STRANGER else NotFound):
            await act(house, demands.support, viewer, asked)
    with pytest.raises(OwnersOnly):
        await act(house, demands.support, at.manager, asked)
    await act(house, demands.withdraw_support, at.second_owner, asked)
    assert (await demand_row(house, at.owner, asked)).wanted_by == 1


async def test_supports_at_once_are_counted_once_each(house: House) -> None:
    at = await scene.build(house)
    asked = await scene.demand(house, at.owner, at.compound_id)
    await asyncio.gather(*(act(house, demands.support, at.second_owner, asked) for _ in range(4)))
    assert (await demand_row(house, at.owner, asked)).wanted_by == 2


async def test_one_owner_has_so_many_open_demands_and_no_more(house: House) -> None:
    at = await scene.build(house)
    asked = [
        await scene.demand(house, at.owner, at.compound_id, f"第{n}条") for n in range(demands.MOST_OPEN)
    ]
    with pytest.raises(TooManyOpenDemands):
        await scene.demand(house, at.owner, at.compound_id)
    await act(house, demands.decline, at.worker, asked[0], WHY)
    await scene.demand(house, at.owner, at.compound_id)


async def test_a_demand_is_declined_with_a_reason_or_promised(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    asked, wanted = [await scene.demand(house, at.owner, at.compound_id, text) for text in ("甲", "乙")]
    for viewer in (at.owner, at.second_owner):
        with pytest.raises(NotPermitted):
            await act(house, demands.decline, viewer, asked, WHY)
    with pytest.raises(NotFound):
        await act(house, demands.decline, at.rival, asked, WHY)
    await act(house, demands.decline, at.manager, asked, WHY)
    row = await demand_row(house, at.owner, asked)
    assert (row.state, row.decline_reason) == (DemandState.DECLINED, WHY.reason)
    for late in (
        act(house, demands.support, at.second_owner, asked),
        act(house, demands.decline, at.worker, asked, WHY),
        scene.line(house, at, contract_id, demand_id=asked),
    ):
        with pytest.raises(DemandIsAnswered):
            await late
    await scene.line(house, at, contract_id, demand_id=wanted)
    assert (await demand_row(house, at.owner, wanted)).state is DemandState.PROMISED
    with pytest.raises(DemandIsAnswered):
        await act(house, demands.decline, at.manager, wanted, WHY)
    await act(house, contracts.end, at.worker, contract_id, WHY)
    assert (await demand_row(house, at.owner, wanted)).state is DemandState.OPEN


async def test_while_a_contract_stands_a_rival_with_a_draft_does_not_answer_owners_for_it(
    house: House,
) -> None:
    at = await scene.build(house)
    await scene.agreed(house, at)
    rivals = await scene.drafted(house, at, organisation_id=at.rival.roles[0].organisation_id)
    asked = await scene.demand(house, at.owner, at.compound_id)
    with pytest.raises(NotPermitted):
        await act(house, demands.decline, at.rival, asked, WHY)
    await act(house, contracts.end, at.rival, rivals, WHY)
    await act(house, demands.decline, at.manager, asked, WHY)


async def test_the_checklist_is_written_by_the_community_from_three_origins(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    asked = await scene.demand(house, at.owner, at.compound_id)
    await scene.line(house, at, contract_id)
    await scene.line(house, at, contract_id, demand_id=asked, text="充电桩十个", target=10, per="year")
    with pytest.raises(StandardIsThereAlready):
        await scene.line(house, at, contract_id, demand_id=asked)
    codes = StandardsDraft(codes=("stairs_swept",))
    with pytest.raises(StandardIsThereAlready):
        await act(house, commitments.add_standards, at.worker, contract_id, codes)
    with pytest.raises(InputIsInvalid):
        await act(house, commitments.add_standards, at.worker, contract_id, StandardsDraft(codes=("none",)))
    for viewer in (at.manager, at.owner):
        with pytest.raises(NotPermitted):
            await act(house, commitments.remove, viewer, contract_id, 1)
    for viewer in (at.rival, at.stranger_owner, at.outsider):
        with pytest.raises(NotFound):
            await act(house, commitments.remove, viewer, contract_id, 1)
    await act(house, commitments.remove, at.worker, contract_id, 1)
    with pytest.raises(NotFound):
        await act(house, commitments.remove, at.worker, contract_id, 1)
    async with house.database.reading() as session:
        lines = await queries.lines(session, at.manager, contract_id)
        assert [(one.number, one.origin) for one in lines] == [(2, "standard"), (3, "agreed"), (4, "demand")]
        assert (lines[0].text("en"), lines[0].text("zh_Hans")) == (
            "Somebody comes for an urgent repair",
            "急修到场用时",
        )
        for viewer in (STRANGER, at.rival, at.stranger_owner):
            assert await queries.lines(session, viewer, contract_id) == []
            with pytest.raises(NotFound):
                await queries.contract(session, viewer, contract_id)


async def test_a_demand_of_another_compound_and_a_full_checklist_are_refused(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    elsewhere = await scene.demand(house, at.stranger_owner, at.other_compound_id)
    with pytest.raises(InputIsInvalid):
        await scene.line(house, at, contract_id, demand_id=elsewhere)
    draft = read(
        LineDraft,
        {"part": "lifts", "text": "x", "unit": "times", "direction": "at_most", "target": 1, "per": "day"},
    )
    async with house.database.unit_of_work() as session:
        for _ in range(commitments.MOST_LINES - 2):
            await commitments.add(session, at.worker, contract_id, draft)
    with pytest.raises(ChecklistIsFull):
        await act(house, commitments.add, at.worker, contract_id, draft)


async def test_two_people_agree_and_then_nothing_changes(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    with pytest.raises(NotPermitted):
        await act(house, contracts.agree_for_company, at.worker, contract_id)
    with pytest.raises(NotPermitted):
        await act(house, contracts.agree_for_owners, at.owner, contract_id)
    with pytest.raises(NotFound):
        await act(house, contracts.agree_for_company, at.rival, contract_id)
    await act(house, contracts.agree_for_owners, at.worker, contract_id)
    with pytest.raises(SideHasAgreed):
        await act(house, contracts.agree_for_owners, at.colleague, contract_id)
    with pytest.raises(ChecklistIsFrozen):
        await scene.line(house, at, contract_id)
    await act(house, contracts.agree_for_company, at.manager, contract_id)
    async with house.database.reading() as session:
        row = await queries.contract(session, STRANGER, contract_id)
        assert row.state is PropertyContractState.IN_FORCE
        assert (await queries.compound(session, STRANGER, at.compound_id)).company == row.company
        assert len(await queries.lines(session, STRANGER, contract_id)) == 2
    with pytest.raises(ChecklistIsFrozen):
        await act(house, commitments.remove, at.worker, contract_id, 1)


async def test_one_person_does_not_agree_for_both(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        person_id = at.worker.signed_in()
        await builders.grant(session, person_id, Role.ORGANISATION_MANAGER, at.organisation_id)
        both = await viewers.of_person(session, person_id)
    with pytest.raises(WorkerBelongsToTheCompany):
        await act(house, contracts.agree_for_owners, both, contract_id)
    await act(house, contracts.agree_for_owners, at.worker, contract_id)
    with pytest.raises(TwoPeopleAgree):
        await act(house, contracts.agree_for_company, both, contract_id)


async def test_of_two_agreements_at_once_one_stands(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    done = await asyncio.gather(
        act(house, contracts.agree_for_owners, at.worker, contract_id),
        act(house, contracts.agree_for_owners, at.colleague, contract_id),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, SideHasAgreed) for one in done) == [False, True]


async def test_two_contracts_do_not_cover_the_same_days(house: House) -> None:
    at = await scene.build(house)
    first = await scene.agreed(house, at)
    later = await scene.drafted(house, at, starts_on="2027-06-01", ends_on="2028-12-31")
    await act(house, contracts.agree_for_owners, at.worker, later)
    with pytest.raises(CompoundIsLookedAfter):
        await act(house, contracts.agree_for_company, at.manager, later)
    await act(house, contracts.end, at.worker, first, WHY)
    await act(house, contracts.agree_for_company, at.manager, later)
    async with house.database.reading() as session:
        states = [
            one.state
            for one in (await queries.contracts_of(session, STRANGER, [at.compound_id]))[at.compound_id]
        ]
    assert states == [PropertyContractState.COMING, PropertyContractState.ENDED]


async def test_drafts_are_written_by_the_community_with_a_property_company_for_a_possible_term(
    house: House,
) -> None:
    at = await scene.build(house)
    for viewer in (at.manager, at.owner, at.outsider):
        with pytest.raises(NotPermitted):
            await act(house, contracts.draft, viewer, at.compound_id, scene.terms(at, house))
    for fault in (
        {"ends_on": "2025-12-31"},
        {"starts_on": "2020-01-01", "ends_on": "2026-11-22"},
        {"ends_on": "2040-01-01"},
    ):
        with pytest.raises(TermIsNotPossible):
            await scene.drafted(house, at, **fault)
    with pytest.raises(InputIsInvalid):
        scene.terms(at, house, ends_on="9999-12-31")
    async with house.database.unit_of_work() as session:
        charity = await builders.organisation(session)
        unknown = await builders.organisation(session, "未核验物业", kind="property_company", verified=False)
    for organisation_id in (charity, unknown):
        with pytest.raises(NotAPropertyCompany):
            await scene.drafted(house, at, organisation_id=organisation_id)
    await scene.drafted(house, at)
    with pytest.raises(DraftIsOpenAlready):
        await scene.drafted(house, at)


async def test_nobody_agrees_to_an_empty_checklist(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at, standards=[])
    with pytest.raises(ChecklistIsEmpty):
        await act(house, contracts.agree_for_owners, at.worker, contract_id)


async def test_contracts_end_by_the_community_and_drafts_by_either_side(
    house: House, clock: FixedClock
) -> None:
    at = await scene.build(house)
    draft_id = await scene.drafted(house, at)
    with pytest.raises(NotPermitted):
        await act(house, contracts.end, at.owner, draft_id, WHY)
    await act(house, contracts.end, at.manager, draft_id, WHY)
    contract_id = await scene.agreed(house, at)
    with pytest.raises(NotPermitted):
        await act(house, contracts.end, at.manager, contract_id, WHY)
    await act(house, contracts.end, at.worker, contract_id, WHY)
    with pytest.raises(PropertyContractIsOver):
        await act(house, contracts.end, at.worker, contract_id, WHY)
    async with house.database.reading() as session:
        row = await queries.contract(session, STRANGER, contract_id)
        assert (row.state, row.end_reason) == (PropertyContractState.ENDED, WHY.reason)
        assert (await queries.compound(session, STRANGER, at.compound_id)).company is None
        with pytest.raises(NotFound):
            await inside.demands(session, at.manager, at.compound_id, PageRequest(5))
    late = await scene.drafted(house, at, ends_on=(local_day(clock.now()) + timedelta(days=5)).isoformat())
    clock.advance(timedelta(days=10))
    with pytest.raises(PropertyContractIsOver):
        await act(house, contracts.agree_for_owners, at.worker, late)


async def test_at_least_nothing_is_no_promise_but_at_most_nothing_is(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    with pytest.raises(InputIsInvalid):
        await scene.line(house, at, contract_id, target=0)
    await scene.line(house, at, contract_id, direction="at_most", target=0)
