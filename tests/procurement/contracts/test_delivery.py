"""Milestones, payments, changes and the final acceptance of a contract under way."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.bids.models import Bid
from marketplace.procurement.contracts import details, own_data, payments, queries
from marketplace.procurement.contracts.drafts import ReversalDraft
from marketplace.procurement.contracts.errors import (
    ChangeIsDecided,
    ChangeIsOpen,
    ContractIsNotActive,
    ContractIsTooLong,
    EndIsNotPossible,
    KeyWasUsedForAnother,
    MilestoneIsNotAccepted,
    MilestoneIsReportedAlready,
    MilestonesAreOpen,
    NothingIsReported,
    OpinionIsGiven,
    OpinionsAreOfUsers,
    PaymentIsInTheFuture,
    PaymentIsReversedAlready,
    PaymentIsTooMuch,
    ReasonIsMissing,
    SecondPersonDecides,
    ServiceWasNotReceived,
    SupplementsAreTooMuch,
    UsersAreNotHeard,
)
from marketplace.procurement.contracts.models import ContractChange, Milestone, MilestoneReport, UserOpinion
from marketplace.procurement.contracts.states import (
    ContractState,
    MilestoneState,
    contract_state,
    milestone_progress,
)
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying
from tests.procurement.contracts import scene
from tests.statements import counting


async def test_a_delivery_is_reported_sent_back_reported_again_and_accepted(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    with pytest.raises(NothingIsReported):
        await scene.decide(house, at.officer, first.id)
    await scene.report(house, at.supplier, first.id)
    with pytest.raises(MilestoneIsReportedAlready):
        await scene.report(house, at.supplier, first.id)
    with pytest.raises(ReasonIsMissing):
        await scene.decide(house, at.officer, first.id, accepted=False)
    await scene.decide(house, at.officer, first.id, accepted=False, reason="缺少入户记录")
    await scene.report(house, at.supplier, first.id, "补交入户记录")
    await scene.decide(house, at.officer, first.id)
    with pytest.raises(MilestoneIsReportedAlready):
        await scene.report(house, at.supplier, first.id)
    async with house.database.reading() as session:
        reports = (await session.scalars(select(MilestoneReport).order_by(MilestoneReport.number))).all()
    assert [(one.number, one.is_accepted) for one in reports] == [(1, False), (2, True)]
    assert reports[0].decision_reason == "缺少入户记录"


async def test_only_one_of_two_reports_at_once_is_taken(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    done = await asyncio.gather(
        *(scene.report(house, at.supplier, first.id) for _ in range(4)), return_exceptions=True
    )
    assert [one for one in done if one is None] == [None]
    assert all(isinstance(one, MilestoneIsReportedAlready) for one in done if one is not None)


async def test_where_a_milestone_stands_follows_from_its_reports_and_the_day(
    house: House, clock: FixedClock
) -> None:
    due, now = date(2026, 11, 20), clock.now()

    def told(number: int, accepted: bool | None, days: int) -> MilestoneReport:
        return MilestoneReport(number=number, is_accepted=accepted, reported_at=now + timedelta(days=days))

    def state(*reports: MilestoneReport, is_over: bool = False) -> tuple[str, int]:
        progress = milestone_progress(due, reports, now, is_over=is_over)
        return progress.state.value, progress.days_late

    assert milestone_progress(date(2026, 11, 22), (), now).state is MilestoneState.COMING
    assert state() == ("late", 2)
    assert state(told(1, None, -5)) == ("reported", 0)
    assert state(told(1, False, -5)) == ("sent_back", 2)
    assert state(told(1, False, -5), told(2, True, -1)) == ("accepted", 1)
    assert state(is_over=True) == ("dropped", 0)


async def test_a_milestone_is_paid_after_its_acceptance_and_never_twice(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first, second, _ = await scene.steps(house, contract_id)
    await scene.report(house, at.supplier, first.id)
    with pytest.raises(MilestoneIsNotAccepted):
        await scene.pay(house, at.officer, first.id, 100)
    await scene.decide(house, at.officer, first.id)
    paid = await scene.pay(house, at.officer, first.id, 2_000_000, "key")
    assert await scene.pay(house, at.officer, first.id, 2_000_000, "key") == paid
    with pytest.raises(PaymentIsTooMuch) as refused:
        await scene.pay(house, at.officer, first.id, 1_000_001)
    assert refused.value.facts["left"] == "¥10,000.00"
    with pytest.raises(PaymentIsInTheFuture):
        await scene.pay(house, at.officer, first.id, 1, paid_on=date(2027, 1, 1))
    await scene.report(house, at.supplier, second.id)
    await scene.decide(house, at.officer, second.id)
    with pytest.raises(KeyWasUsedForAnother):
        await scene.pay(house, at.officer, second.id, 5, "key")
    assert (await scene.contract(house, contract_id)).paid_fen == 2_000_000


async def test_payments_at_once_never_sum_above_the_milestone(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    await scene.report(house, at.supplier, first.id)
    await scene.decide(house, at.officer, first.id)
    done = await asyncio.gather(
        *(scene.pay(house, at.officer, first.id, 1_000_000) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in done) == 3
    assert (await scene.contract(house, contract_id)).paid_fen == first.value_fen


async def test_a_wrong_payment_is_reversed_once_and_stays_on_record(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    await scene.report(house, at.supplier, first.id)
    await scene.decide(house, at.officer, first.id)
    payment_id = await scene.pay(house, at.officer, first.id, 3_000_000)

    async def reverse(key: str) -> None:
        async with house.database.unit_of_work() as session:
            draft = ReversalDraft(reason="付给了别家", idempotency_key=key)
            await payments.reverse(session, at.officer, payment_id, draft)

    await reverse("once")
    await reverse("once")
    with pytest.raises(PaymentIsReversedAlready):
        await reverse("again")
    assert (await scene.contract(house, contract_id)).paid_fen == 0
    await scene.pay(house, at.officer, first.id, 3_000_000)
    with pytest.raises(DBAPIError):
        async with house.database.unit_of_work() as session:
            await session.execute(text("UPDATE contract_payments SET amount_fen = 1"))


async def test_scenario_25_supplements_of_10_000_01_on_100_000_00_are_refused(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    with pytest.raises(SupplementsAreTooMuch) as refused:
        await scene.propose(house, at.officer, contract_id, scene.change(1_000_001))
    assert refused.value.article == "《政府采购法》第四十九条"
    change_id = await scene.propose(house, at.officer, contract_id, scene.change(1_000_000))
    await scene.decide_change(house, at.second, change_id)
    with pytest.raises(SupplementsAreTooMuch):
        await scene.propose(house, at.officer, contract_id, scene.change(1))
    steps = await scene.steps(house, contract_id)
    row = await scene.contract(house, contract_id)
    assert sum(step.value_fen for step in steps) == row.value_fen + row.added_fen == 11_000_000
    assert (steps[-1].title, steps[-1].value_fen, steps[-1].change_id) == ("增加十户", 1_000_000, change_id)


async def test_supplements_that_grow_in_steps_stop_at_a_tenth(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    for _ in range(2):
        change_id = await scene.propose(house, at.officer, contract_id, scene.change(400_000))
        await scene.decide_change(house, at.second, change_id)
    with pytest.raises(SupplementsAreTooMuch):
        await scene.propose(house, at.officer, contract_id, scene.change(200_001))


async def test_two_supplements_at_once_are_one(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    done = await asyncio.gather(
        *(
            scene.propose(house, viewer, contract_id, scene.change(600_000))
            for viewer in (at.officer, at.second)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, ChangeIsOpen) for one in done) == 1


async def test_a_change_decided_by_many_at_once_adds_its_money_once(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    change_id = await scene.propose(house, at.officer, contract_id, scene.change(1_000_000))
    done = await asyncio.gather(
        *(scene.decide_change(house, at.second, change_id) for _ in range(4)), return_exceptions=True
    )
    assert sum(one is None for one in done) == 1
    assert sum(isinstance(one, ChangeIsDecided) for one in done) == 3
    assert (await scene.contract(house, contract_id)).added_fen == 1_000_000
    assert len(await scene.steps(house, contract_id)) == 4


async def test_whoever_proposes_a_change_does_not_decide_it(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    change_id = await scene.propose(house, at.officer, contract_id, scene.change(1))
    with pytest.raises(SecondPersonDecides):
        await scene.decide_change(house, at.officer, change_id)
    with pytest.raises(ReasonIsMissing):
        await scene.decide_change(house, at.second, change_id, approved=False)
    await scene.decide_change(house, at.second, change_id, approved=False, reason="预算没有着落")
    assert (await scene.contract(house, contract_id)).added_fen == 0
    assert len(await scene.steps(house, contract_id)) == 3


async def test_a_new_end_lies_ahead_and_within_the_longest_contract(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    with pytest.raises(EndIsNotPossible):
        await scene.propose(house, at.officer, contract_id, scene.change(ends_on=date(2027, 1, 31)))
    with pytest.raises(ContractIsTooLong) as refused:
        await scene.propose(house, at.officer, contract_id, scene.change(ends_on=date(2030, 2, 1)))
    assert refused.value.article
    await scene.propose(house, at.officer, contract_id, scene.change(ends_on=date(2030, 1, 31)))


async def test_an_early_end_takes_two_officers_and_completes_the_purchase(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    await scene.terminate(house, at, contract_id)
    row = await scene.contract(house, contract_id)
    assert contract_state(row) is ContractState.TERMINATED and row.termination_reason == "社会组织注销"
    assert row.terminated_by == at.second.person_id
    with pytest.raises(ContractIsNotActive):
        await scene.report(house, at.supplier, (await scene.steps(house, contract_id))[0].id)
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, at.tender_id)).completed_at is not None


async def test_scenario_27_no_final_acceptance_without_any_users_opinion(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    with pytest.raises(MilestonesAreOpen) as open_ones:
        await scene.accept(house, at.officer, contract_id)
    assert open_ones.value.facts == {"open": 3}
    await scene.deliver(house, at, contract_id)
    with pytest.raises(UsersAreNotHeard) as refused:
        await scene.accept(house, at.officer, contract_id)
    assert refused.value.article is not None and "第二十四条" in refused.value.article
    await scene.say(house, await scene.resident(house), contract_id, is_satisfied=False)
    await scene.accept(house, at.officer, contract_id)
    await scene.accept(house, at.officer, contract_id)
    assert contract_state(await scene.contract(house, contract_id)) is ContractState.ACCEPTED
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, at.tender_id)).completed_at is not None


async def test_an_open_change_is_decided_before_the_final_acceptance(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    await scene.deliver(house, at, contract_id)
    await scene.say(house, await scene.resident(house), contract_id)
    await scene.propose(house, at.officer, contract_id, scene.change(1))
    with pytest.raises(ChangeIsOpen):
        await scene.accept(house, at.officer, contract_id)


async def test_what_is_accepted_may_still_be_paid(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    await scene.deliver(house, at, contract_id)
    await scene.say(house, await scene.resident(house), contract_id)
    await scene.accept(house, at.officer, contract_id)
    for step in await scene.steps(house, contract_id):
        await scene.pay(house, at.officer, step.id, step.value_fen)
    row = await scene.contract(house, contract_id)
    assert row.paid_fen == row.value_fen


async def test_only_those_who_are_served_speak_and_each_once(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    async with house.database.unit_of_work() as session:
        partner_id, partner = await buying.supplier(session, "联合体成员社")
        (await session.scalars(select(Bid))).one().members = [str(partner_id)]
    for viewer in (at.supplier, at.officer, partner):
        with pytest.raises(OpinionsAreOfUsers) as refused:
            await scene.say(house, viewer, contract_id)
        assert refused.value.article
    with pytest.raises(SignInNeeded):
        await scene.say(house, STRANGER, contract_id)
    me = await scene.resident(house)
    with pytest.raises(ServiceWasNotReceived):
        await scene.say(house, me, contract_id, received=False)
    await scene.say(house, me, contract_id)
    with pytest.raises(OpinionIsGiven):
        await scene.say(house, me, contract_id)


async def test_whoever_is_erased_takes_the_words_along_and_stays_heard(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    me = await scene.resident(house)
    await scene.say(house, me, contract_id)
    async with house.database.unit_of_work() as session:
        (mine,) = (await own_data.collect(session, me.signed_in()))["opinions"]
        assert mine["text"] == "护理员很细心"
        await own_data.erase(session, me.signed_in())
        assert (await session.scalars(select(UserOpinion.text))).all() == [""]


async def test_the_public_and_the_other_side_change_nothing_of_a_public_contract(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    outsider = await scene.resident(house)
    async with house.database.unit_of_work() as session:
        elsewhere = await buying.officer(session, "徐汇采购员", "310104000000")
        _, rival = await buying.supplier(session, "别家社工站")
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (outsider, NotPermitted),
        (elsewhere, NotPermitted),
        (rival, NotPermitted),
    ):
        with pytest.raises(refusal):
            await scene.report(house, viewer, first.id)
        with pytest.raises(refusal):
            await scene.decide(house, viewer, first.id)
        with pytest.raises(refusal):
            await scene.pay(house, viewer, first.id, 1)
        with pytest.raises(refusal):
            await scene.propose(house, viewer, contract_id, scene.change(1))
        with pytest.raises(refusal):
            await scene.accept(house, viewer, contract_id)
    async with house.database.reading() as session:
        assert not (await session.scalars(select(MilestoneReport))).all()
        assert not (await session.scalars(select(ContractChange))).all()
        assert {one.paid_fen for one in await session.scalars(select(Milestone))} == {0}


async def test_an_administrator_of_the_house_pays_nothing(house: House) -> None:
    from marketplace.identity.viewer import Role

    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    first = (await scene.steps(house, contract_id))[0]
    async with house.database.unit_of_work() as session:
        administrator = await builders.viewer(session, "管理员", Role.ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        await scene.pay(house, administrator, first.id, 1, str(new_id()))


async def test_lists_ask_the_same_number_of_statements_however_long(house: House) -> None:
    first = await scene.awarded(house)
    await scene.signed(house, first)

    async def statements() -> int:
        with counting(house) as sent:
            async with house.database.reading() as session:
                page = await queries.published(session, STRANGER, PageRequest())
                await queries.of_officer(session, first.officer, PageRequest())
                await queries.to_draft(session, first.officer)
                await details.milestones_of(session, STRANGER, [row.id for row in page.rows])
                await details.payments_of(session, STRANGER, [row.id for row in page.rows])
        return len(sent)

    before = await statements()
    for _ in range(2):
        await scene.signed(house, await scene.awarded(house))
    assert await statements() == before
