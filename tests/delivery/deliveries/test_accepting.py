"""Those who asked for a delivery accept it or send it back, one or several at once, and read what a contract's came to."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import accepting, details
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.drafts import (
    AcceptanceOfManyDraft,
)
from marketplace.delivery.deliveries.errors import (
    AnotherOneConfirms,
    DeliveryIsDecided,
    DisputeIsDecidedAlone,
    ProviderDoesNotAccept,
)
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.identity.viewer import HeldRole, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.bids.models import Bid
from marketplace.procurement.contracts.errors import ReasonIsMissing
from tests import builders
from tests.delivery.deliveries import scene


async def test_officers_accept_or_send_back_and_the_provider_puts_it_right(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    for viewer, refusal in (
        (at.manager, ProviderDoesNotAccept),
        (replace(at.manager, roles=(*at.manager.roles, *at.officer.roles)), ProviderDoesNotAccept),
        (at.worker, NotPermitted),
        (at.lady, NotPermitted),
        (at.outsider, NotFound),
    ):
        with pytest.raises(refusal):
            await scene.decide(house, viewer, made)
    with pytest.raises(ReasonIsMissing):
        await scene.decide(house, at.officer, made, False)
    await scene.decide(house, at.officer, made, False, reason="缺少签字单")
    await scene.decide(house, at.officer, made, False, reason="缺少签字单")
    with pytest.raises(DeliveryIsDecided):
        await scene.decide(house, at.officer, made)
    first_done_at = (await scene.seen(house, at.officer, made)).done_at
    clock.advance(timedelta(hours=1))
    await scene.record(house, at.manager, made, 65)
    row = await scene.seen(house, at.officer, made)
    assert (row.state, row.minutes, row.done_at) == (DeliveryState.DONE, 65, first_done_at)
    await scene.decide(house, at.officer, made)
    clock.advance(timedelta(hours=1))
    await scene.dispute(house, at.lady, made)
    assert (await scene.seen(house, at.officer, made)).state is DeliveryState.DISPUTED
    await scene.decide(house, at.officer, made)
    assert (await scene.seen(house, at.officer, made)).state is DeliveryState.ACCEPTED


async def test_several_are_accepted_together_and_a_dispute_by_itself(house: House) -> None:
    at = await scene.people(house)
    made = [await scene.done(house, at) for _one in range(3)]

    async def accept(viewer: Viewer) -> int:
        async with house.database.unit_of_work() as session:
            return await accepting.accept_many(
                session, viewer, AcceptanceOfManyDraft(delivery_ids=tuple(made))
            )

    with pytest.raises(ProviderDoesNotAccept):
        await accept(at.manager)
    await scene.dispute(house, at.lady, made[2])
    with pytest.raises(DisputeIsDecidedAlone):
        await accept(at.officer)
    assert (await scene.seen(house, at.officer, made[0])).state is DeliveryState.DONE
    made.pop()
    assert list(await asyncio.gather(accept(at.officer), accept(at.officer))) == [2, 2]
    for one in made:
        assert (await scene.seen(house, at.officer, one)).state is DeliveryState.ACCEPTED
    with pytest.raises(ValidationError):
        AcceptanceOfManyDraft(delivery_ids=())


async def test_the_community_accepts_what_came_of_a_need_but_not_its_own_record(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, raised_by=at.lady.signed_in())
        second = await builders.viewer(
            session, "社工小钱", Role.DISTRICT_OFFICER, at.worker.areas_of(Role.COMMUNITY_WORKER)[0]
        )
    made = await scene.plan(house, at, at.worker, need_id=need_id, starts_at=clock.now())
    await scene.record(house, at.worker, made)
    with pytest.raises(AnotherOneConfirms):
        await scene.decide(house, at.worker, made)
    await scene.decide(house, second, made)
    assert (await scene.seen(house, at.lady, made)).state is DeliveryState.ACCEPTED


async def test_a_partner_of_the_consortium_does_not_accept_either(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    async with house.database.unit_of_work() as session:
        partner_id = await builders.organisation(session, "联合体成员社")
        (await session.scalars(select(Bid))).one().members = [str(partner_id)]
    both = replace(
        at.officer,
        roles=(*at.officer.roles, HeldRole(Role.ORGANISATION_MEMBER, organisation_id=partner_id)),
    )
    with pytest.raises(ProviderDoesNotAccept):
        await scene.decide(house, both, made)


async def test_the_buyer_reads_what_a_contracts_deliveries_came_to(house: House) -> None:
    at = await scene.people(house)
    await scene.plan(house, at, milestone_id=at.under.milestone_id)
    accepted = await scene.done(house, at, milestone_id=at.under.milestone_id)
    await scene.decide(house, at.officer, accepted)
    waiting = await scene.done(house, at)
    await scene.dispute(house, at.lady, waiting)
    async with house.database.reading() as session:
        for viewer in (at.officer, at.member):
            told = await details.contract_deliveries(session, viewer, at.under.id)
            assert (told.planned, told.done, told.accepted, told.minutes) == (3, 2, 1, 120)
            assert (told.kept, told.told, told.shelves[Shelf.TO_DECIDE]) == (2, 2, 1)
        for closed in (at.worker, at.lady, at.outsider):
            with pytest.raises(NotFound):
                await details.contract_deliveries(session, closed, at.under.id)
        steps = await details.by_milestone(session, at.officer, at.under.id)
        assert steps == {at.under.milestone_id: (2, 1)}
        page = await details.of_contract(
            session, at.officer, at.under.id, Shelf.TO_DECIDE, PageRequest(20, None)
        )
        assert [row.id for row in page.rows] == [waiting]


async def test_what_is_disputed_after_its_acceptance_counts_as_accepted_no_more(
    house: House, clock: FixedClock
) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    await scene.decide(house, at.officer, made)
    clock.advance(timedelta(hours=1))
    await scene.dispute(house, at.lady, made)
    async with house.database.reading() as session:
        told = await details.contract_deliveries(session, at.officer, at.under.id)
    assert (told.done, told.accepted, told.shelves[Shelf.DISPUTED]) == (1, 0, 1)
