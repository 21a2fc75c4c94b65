"""Delivery facts, counted from records, and when they and the scorecards are worked out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.ratings.events import HoldDecided, PeriodClosed
from marketplace.delivery.ratings.models import RatingHold
from marketplace.delivery.scorecards import counting
from marketplace.delivery.scorecards.models import ProviderFacts, Scorecard
from marketplace.hours.models import LedgerEntry
from marketplace.kernel.clock import FixedClock, local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.contracts.models import Contract, ContractChange, Milestone, MilestoneReport
from tests import builders, buying, delivering
from tests.deliveries import drain
from tests.delivering import Supplied
from tests.delivery.scorecards import scene
from tests.statements import counting as counting_statements


async def counted(house: House) -> dict[tuple[UUID, str], dict[str, Any]]:
    """The facts of every cell, counted now, without zeros."""
    async with house.database.unit_of_work() as session:
        await counting.count_all(session)
    async with house.database.reading() as session:
        rows = (await session.scalars(select(ProviderFacts))).all()
    assert all(tuple(row.facts) and set(row.facts) == set(counting.FACTS) for row in rows)
    return {
        (row.organisation_id, row.service_type): {name: one for name, one in row.facts.items() if one}
        for row in rows
    }


async def milestone(
    session: Session, under: Supplied, due_in: int, *reports: tuple[int, bool | None]
) -> None:
    """A milestone due in so many days, with reports of so many days from now that were accepted, sent back, or wait."""
    today = local_day(session.now())
    row = Milestone(
        id=new_id(),
        contract_id=under.id,
        number=100 + due_in,
        title="一期",
        deliverable="一千人次",
        due_on=today + timedelta(days=due_in),
        value_fen=0,
    )
    session.add(row)
    await session.flush()
    for number, (days, is_accepted) in enumerate(reports, 1):
        session.add(
            MilestoneReport(
                id=new_id(),
                milestone_id=row.id,
                number=number,
                text="完成",
                reported_at=session.now() + timedelta(days=days),
                reported_by=under.manager.signed_in(),
                is_accepted=is_accepted,
                decided_at=None if is_accepted is None else session.now(),
                decided_by=None if is_accepted is None else under.officer.signed_in(),
            )
        )
    await session.flush()


async def test_milestones_are_on_time_when_what_was_not_sent_back_was_reported_in_time(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await milestone(session, under, -20, (-20, True))
        await milestone(session, under, -19, (-25, False), (-18, True))
        await milestone(session, under, -10, (-12, None))
        await milestone(session, under, -5)
        await milestone(session, under, 0)
        await delivering.delivery(session, under)
    (facts,) = (await counted(house)).values()
    assert (facts["milestones_due"], facts["milestones_on_time"], facts["milestones_late"]) == (4, 2, 2)
    assert (facts["reports_accepted_at_once"], facts["reports_sent_back"]) == (1, 1)
    assert facts["contracts_signed"] == 1


async def test_deliveries_are_counted_by_where_they_stand(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        now = session.now()
        done: dict[str, Any] = {"decided_at": now, "is_accepted": True}
        first = await delivering.delivery(session, under, minutes=90, **done)
        await delivering.promise(session, first, target=60, actual=90)
        second = await delivering.delivery(session, under, minutes=30, decided_at=now, is_accepted=False)
        await delivering.promise(session, second, target=60, actual=30)
        third = await delivering.delivery(
            session, under, disputed_at=now + timedelta(hours=1), minutes=45, **done
        )
        await delivering.promise(session, third)
        await delivering.delivery(session, under, done=False, starts_at=now + timedelta(days=2))
        await delivering.delivery(session, under, done=False, starts_at=now - timedelta(days=5))
        await delivering.delivery(session, under, done=False, cancelled_at=now, cancel_reason="住院")
    facts = (await counted(house))[under.organisation_id, delivering.SERVICE]
    assert {name: one for name, one in facts.items() if name.startswith(("deliver", "commitments"))} == {
        "deliveries_done": 3,
        "deliveries_accepted": 1,
        "deliveries_sent_back": 1,
        "deliveries_disputed": 1,
        "deliveries_ahead": 1,
        "deliveries_overdue": 1,
        "deliveries_cancelled": 1,
        "delivered_minutes": 165,
        "commitments_told": 2,
        "commitments_kept": 1,
    }


async def test_changes_ends_and_acceptances_are_counted(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session, accepted_at=None)
        other = await delivering.contract(session, "邻里互助社")
        for number, kind, is_approved in (
            (1, "change", True),
            (2, "change", False),
            (3, "termination", True),
        ):
            session.add(
                ContractChange(
                    id=new_id(),
                    contract_id=under.id,
                    number=number,
                    kind=kind,
                    title="增加服务",
                    added_fen=100_000 if kind == "change" else 0,
                    what="增加",
                    reason="需要",
                    proposed_at=session.now(),
                    proposed_by=under.officer.signed_in(),
                    decided_at=session.now(),
                    decided_by=under.manager.signed_in(),
                    is_approved=is_approved,
                )
            )
        await session.execute(
            update(Contract).where(Contract.id == under.id).values(terminated_at=session.now())
        )
        await session.execute(
            update(Contract).where(Contract.id == other.id).values(accepted_at=session.now())
        )
        await delivering.delivery(session, under)
        await delivering.delivery(session, other)
    found = await counted(house)
    facts = next(
        one for (key, _), one in found.items() if key == under.organisation_id and "added_fen" in one
    )
    assert (facts["contract_changes"], facts["added_fen"], facts["contracts_ended_early"]) == (1, 100_000, 1)
    accepted = [one for (key, _), one in found.items() if key == other.organisation_id]
    assert sum(one.get("contracts_accepted", 0) for one in accepted) == 1


async def test_objections_count_that_others_were_right_to_raise_against_its_award(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        rival, manager = await buying.supplier(session, "邻里互助社")

        async def objection(by: UUID, *, is_upheld: bool, **facts: Any) -> UUID:
            row = Objection(
                id=new_id(),
                **{
                    "tender_id": under.tender_id,
                    "kind": "objection",
                    "about": "result",
                    "organisation_id": by,
                    "raised_by": manager.signed_in(),
                    "idempotency_key": new_id().hex,
                    "text": "资质不符",
                    "wish": "请复核",
                    "raised_at": session.now(),
                    "due_at": session.now(),
                    "answer": "属实",
                    "is_upheld": is_upheld,
                    "answered_at": session.now(),
                    "answered_by": under.officer.signed_in(),
                    **facts,
                },
            )
            session.add(row)
            await session.flush()
            return row.id

        await objection(rival, is_upheld=True)
        refused = await objection(rival, is_upheld=False)
        await objection(rival, is_upheld=True, kind="complaint", objection_id=refused)
        await objection(under.organisation_id, is_upheld=True)
        await delivering.delivery(session, under)
    found = await counted(house)
    mine = [one for (key, _), one in found.items() if key == under.organisation_id]
    assert sum(one.get("objections_upheld", 0) for one in mine) == 1
    assert sum(one.get("complaints_upheld", 0) for one in mine) == 1
    assert all(key != rival for key, _ in found)


async def test_volunteers_hours_count_where_they_were_served(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        need_id = await builders.need(session, organisation_id=organisation_id)
        person_id = await builders.person(session)
        today = local_day(session.now())
        first = new_id()
        for entry_id, minutes, reverses in (
            (first, 120, None),
            (new_id(), -120, first),
            (new_id(), 90, None),
        ):
            session.add(
                LedgerEntry(
                    id=entry_id,
                    person_id=person_id,
                    need_id=need_id,
                    minutes=minutes,
                    grade="A",
                    served_on=today,
                    local_year=today.year,
                    entered_at=session.now(),
                    source="test",
                    source_id=new_id(),
                    reverses_id=reverses,
                )
            )
            await session.flush()
    ((key, facts),) = (await counted(house)).items()
    assert (key[0], facts) == (organisation_id, {"volunteer_minutes": 90})


async def test_what_is_too_old_goes_and_counting_again_is_the_same(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await delivering.delivery(session, under)
    once = await counted(house)
    assert once == await counted(house)
    clock.advance(timedelta(days=1_500))
    assert await counted(house) == {}


async def test_counting_asks_as_often_for_many_as_for_one(house: House) -> None:
    async def sent() -> int:
        with counting_statements(house) as statements:
            await counted(house)
        return len(statements)

    async with house.database.unit_of_work() as session:
        await delivering.delivery(session, await delivering.contract(session))
    few = await sent()
    async with house.database.unit_of_work() as session:
        for number in range(4):
            under = await delivering.contract(session, f"机构{number}")
            await milestone(session, under, -3)
            await delivering.delivery(session, under)
    assert await sent() == few


async def test_a_closed_period_is_computed_and_a_decision_computes_its_cell(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        first, *_ = await scene.rated(session, under, [1, *[5] * 10])
        await scene.hold(session, first)
        await publish(session, PeriodClosed(period_id=await scene.closed(session)))
    await drain(house)
    assert (await scene.card(house, under.organisation_id)).held == 1
    async with house.database.unit_of_work() as session:
        await session.execute(update(RatingHold).values(decided_at=session.now(), is_upheld=False))
        await publish(session, HoldDecided(rating_id=first))
    await drain(house)
    card = await scene.card(house, under.organisation_id)
    assert (card.held, card.ratings) == (0, 11)


async def test_what_a_community_brought_itself_has_no_card(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        (rating_id,) = await scene.rated(session, under, [5], organisation_id=None)
        await session.execute(update(Delivery).values(organisation_id=None))
        await publish(session, HoldDecided(rating_id=rating_id))
    await drain(house)
    async with house.database.reading() as session:
        assert (await session.scalars(select(Scorecard))).all() == []
