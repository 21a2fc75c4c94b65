"""Who sees a whistle, and who answers it: a stranger, an outsider and the two sides at every door."""

import asyncio

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.signals import queries, whistles
from marketplace.delivery.signals.drafts import AnswerWhistleDraft
from marketplace.delivery.signals.errors import (
    AnswererBelongsToTheProvider,
    WhistleIsAnsweredAlready,
    WhistleIsOver,
)
from marketplace.delivery.signals.models import Whistle
from marketplace.delivery.signals.queries import WhistleRow
from marketplace.delivery.signals.states import WhistleState
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders, buying, city, delivering
from tests.delivery.signals import scene
from tests.statements import counting


async def seen(house: House, viewer: Viewer) -> list[WhistleRow]:
    async with house.database.reading() as session:
        return list((await queries.page(session, viewer, PageRequest())).rows)


async def answer(house: House, viewer: Viewer, whistle_id: object, text: str = "已约谈并增派人员") -> None:
    async with house.database.unit_of_work() as session:
        await whistles.answer(session, viewer, whistle_id, AnswerWhistleDraft(answer=text))  # type: ignore[arg-type]


async def test_buyer_supervisor_and_provider_see_it_and_nobody_else(house: House) -> None:
    under, whistle_id = await scene.blown(house)
    async with house.database.unit_of_work() as session:
        supervisor = await buying.supervisor(session)
        auditor = await builders.viewer(session, "审计员", Role.AUDITOR, city.CITY)
        resident = await builders.viewer(session)
        elsewhere = await buying.officer(session, "徐汇采购员", city.XUHUI)
        worker = await builders.viewer(session, "社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        _, rival = await buying.supplier(session, "竞争者")
    for viewer, may in ((under.officer, True), (under.manager, False), (supervisor, False), (auditor, False)):
        (row,) = await seen(house, viewer)
        assert (row.id, row.may_answer, row.title) == (whistle_id, may, "社区助浴服务合同")
    for viewer in (resident, elsewhere, worker, rival):
        assert await seen(house, viewer) == []
        async with house.database.reading() as session:
            with pytest.raises(NotFound):
                await queries.whistle(session, viewer, whistle_id)
        with pytest.raises(NotFound):
            await answer(house, viewer, whistle_id)
    with pytest.raises(SignInNeeded):
        await seen(house, STRANGER)
    with pytest.raises(SignInNeeded):
        await answer(house, STRANGER, whistle_id)
    with pytest.raises(NotPermitted):
        await answer(house, under.manager, whistle_id)


async def test_the_buyers_officer_answers_once(house: House) -> None:
    under, whistle_id = await scene.blown(house)
    await answer(house, under.officer, whistle_id)
    (row,) = await seen(house, under.manager)
    assert (row.state, row.answer) == (WhistleState.ANSWERED, "已约谈并增派人员")
    with pytest.raises(WhistleIsAnsweredAlready):
        await answer(house, under.officer, whistle_id)


async def test_rivals_answer_it_once(house: House) -> None:
    under, whistle_id = await scene.blown(house)
    answers = await asyncio.gather(
        *(answer(house, under.officer, whistle_id, f"第 {number} 位") for number in range(3)),
        return_exceptions=True,
    )
    assert sorted(str(type(one).__name__) for one in answers) == [
        "NoneType",
        "WhistleIsAnsweredAlready",
        "WhistleIsAnsweredAlready",
    ]


async def test_what_is_over_is_not_answered_and_is_listed_only_where_asked_for(house: House) -> None:
    under, whistle_id = await scene.blown(house)
    await scene.kept_again(house, under)
    await scene.watch(house)
    with pytest.raises(WhistleIsOver):
        await answer(house, under.officer, whistle_id)
    assert await seen(house, under.officer) == []
    async with house.database.reading() as session:
        (row,) = (await queries.page(session, under.officer, PageRequest(), with_over=True)).rows
        assert row.state is WhistleState.OVER


async def test_an_officer_who_belongs_to_the_provider_does_not_answer(house: House) -> None:
    under, whistle_id = await scene.blown(house)
    async with house.database.unit_of_work() as session:
        both = await buying.officer(session, "两边的人")
        await builders.grant(session, both.signed_in(), Role.ORGANISATION_MEMBER, under.organisation_id)
        both = await viewers.of_person(session, both.signed_in())
    with pytest.raises(AnswererBelongsToTheProvider):
        await answer(house, both, whistle_id)


async def test_a_community_answers_for_its_compound(house: House) -> None:
    async with house.database.unit_of_work() as session:
        contract_id, manager = await delivering.property_contract(session, await delivering.compound(session))
        commitment_id = await delivering.property_commitment(session, contract_id)
        keeper = await builders.viewer(session, "巡查员")
        for _ in range(5):
            await delivering.fact(session, commitment_id, 1, keeper)
        officer = await buying.officer(session)
    (whistle,) = await scene.watch(house)
    worker = await scene.worker(house)
    assert await seen(house, officer) == []
    (row,) = await seen(house, manager)
    assert (row.title, row.may_answer) == ("愚园新村", False)
    await answer(house, worker, whistle.id)
    assert row.facts["broken"] == 5


@pytest.mark.parametrize("text", ["", " ", "长" * 1001, "长" * 100_000, "空\0字符", "‮反"])
def test_an_answer_has_bounds(text: str) -> None:
    with pytest.raises(InputIsInvalid):
        read(AnswerWhistleDraft, {"answer": text})


async def test_a_list_costs_one_statement_and_weeks_tell_what_was_kept(house: House) -> None:
    under, _ = await scene.blown(house)
    with counting(house) as sent:
        (row,) = await seen(house, under.officer)
    assert len(sent) == 1
    async with house.database.reading() as session:
        weeks = await queries.weeks_of(session, row)
        assert await session.get(Whistle, row.id) is not None
    assert (sum(week.kept for week in weeks), sum(week.measured for week in weeks)) == (2, 6)
    assert len(weeks) == 9 and weeks[-1].measured > 0
