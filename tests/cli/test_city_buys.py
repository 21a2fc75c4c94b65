"""The made-up city buys: a purchase stands at every stage, by the real commands, and the codes that the demo prints open the bids that wait.

On SQLite alone: what the commands do on PostgreSQL is tried room by room.
"""

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.cli.city.accounts import ACCOUNTS, account_id
from marketplace.cli.city.build import CitySize, build_city
from marketplace.cli.city.buying_words import purchases
from marketplace.cli.city.procurement import PLANNED, buy
from marketplace.identity import sign_in, viewers
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.bids import openings
from marketplace.procurement.bids.drafts import OpenerCodeDraft
from marketplace.procurement.bids.models import Bid
from marketplace.procurement.contracts import details, states
from marketplace.procurement.contracts.models import CallOff, Contract, Payment
from marketplace.procurement.evaluation.models import ScoreSheet
from marketplace.procurement.lists.models import ListEdition
from marketplace.procurement.tenders import linting
from marketplace.procurement.tenders.models import Question, Tender, TenderVersion
from marketplace.procurement.tenders.states import Stage, stage

SIZE = CitySize(organisations=30, volunteers=300, needs=20)


def test_every_purchase_is_planned_and_told_whole() -> None:
    assert purchases().keys() == PLANNED.keys()
    for one in purchases().values():
        assert len(one.title) <= 40 and one.fen > 0 and one.description.endswith("。")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_purchase_stands_at_every_stage_and_the_codes_open_the_bids_that_wait(house: House) -> None:
    async with house.database.reading() as session:
        assert {one.category for one in purchases().values()} <= set(await session.scalars(select(Tag.code)))
    await build_city(house, SIZE, 7, lambda _done: None)
    codes = await buy(house)
    stages = await _stages(house)
    assert stages["社区垃圾分类宣导服务"] == {Stage.COMPLETE}
    assert stages["居家适老化改造服务"] == stages["长者数字生活课堂"] == {Stage.AWARDED}
    assert stages["楼组自治能力培育服务"] == {Stage.UNSUCCESSFUL, Stage.SUBMISSION}
    assert stages["残障人士日间照料服务"] == {Stage.AWARDED}
    assert stages["青少年假期托管服务"] == {Stage.EVALUATED}
    assert stages["独居老人巡访关爱服务"] == {Stage.OPENED}
    assert stages["社区助浴服务"] == {Stage.CLOSED}
    assert stages["特殊家庭心理关爱服务"] == {Stage.ENQUIRY}
    assert stages["社区老年助餐配送服务"] == {Stage.DRAFT}
    await _has_what_people_try(house)
    assert house.database.clock is house.clock
    await _opens(house, dict(codes))


async def _stages(house: House) -> dict[str, set[Stage]]:
    found: dict[str, set[Stage]] = {}
    async with house.database.reading() as session:
        for tender in await session.scalars(select(Tender)):
            found.setdefault(tender.title, set()).add(stage(tender, session.now()))
    return found


async def _has_what_people_try(house: House) -> None:
    """Findings, an amendment, questions, sheets, an objection, payments, a late milestone, call-offs, a list before the public."""
    async with house.database.reading() as session:
        officer = await viewers.of_person(session, account_id(ACCOUNTS[3]))
        draft = await session.scalar(select(Tender.id).where(Tender.published_at.is_(None)))
        assert draft is not None
        codes = {one.code for one in await linting.of_draft(session, officer, draft)}
        assert {"lint_weights_under", "lint_deadline_missing"} <= codes
        assert await session.scalar(select(func.max(TenderVersion.number))) == 2
        answered = await session.execute(select(Question.answered_at.is_not(None)))
        assert sorted(answered.scalars()) == [False, True]
        assert await session.scalar(select(func.count()).where(Objection.answered_at.is_(None))) == 1
        assert await session.scalar(select(func.count()).select_from(ScoreSheet)) == 5 * 5 + 2
        assert await session.scalar(select(func.count()).select_from(Payment)) == 5
        assert await session.scalar(select(func.count()).select_from(CallOff)) == 2
        consulted = ListEdition.finalised_at.is_(None), ListEdition.consultation_opened_at.is_not(None)
        assert await session.scalar(select(func.count()).where(*consulted)) == 1
        running = await session.scalar(select(Contract.id).where(Contract.added_fen > 0))
        assert running is not None
        steps = (await details.milestones_of(session, officer, [running]))[running]
        assert states.MilestoneState.LATE in {one.state for one in steps}
        assert await session.scalar(select(func.count()).where(OutboxEvent.dead_at.is_not(None))) == 0


async def _opens(house: House, codes: dict[str, str]) -> None:
    async with house.database.reading() as session:
        waiting = await session.scalar(select(Tender.id).where(Tender.title == "社区助浴服务"))
    assert waiting is not None
    for phone in list(codes)[1:4]:
        async with house.database.unit_of_work() as session:
            person_id = await sign_in.find(session, house.vault, f"+86{phone}")
            assert person_id is not None
            opener = await viewers.of_person(session, person_id)
            draft = OpenerCodeDraft(code=codes[phone])
            is_open = await openings.give_share(session, opener, waiting, draft, house.vault, house.files)
    assert is_open
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).where(Bid.tender_id == waiting)) == 3
