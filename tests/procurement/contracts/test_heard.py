"""Who counts as heard before the final acceptance: people who said an opinion, and people who rated what was delivered to them."""

from datetime import timedelta

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.procurement.contracts import details, opinions
from marketplace.procurement.contracts.errors import UsersAreNotHeard
from tests.procurement.contracts import scene


async def test_a_rating_alone_lets_the_final_acceptance_pass(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    await scene.deliver(house, at, contract_id)
    with pytest.raises(UsersAreNotHeard):
        await scene.accept(house, at.officer, contract_id)
    async with house.database.unit_of_work() as session:
        await opinions.rated(session, contract_id, new_id(), session.now())
    await scene.accept(house, at.officer, contract_id)


async def test_whoever_rated_and_said_an_opinion_is_one_person_heard(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    member = await scene.resident(house)
    await scene.say(house, member, contract_id)
    async with house.database.unit_of_work() as session:
        await opinions.rated(session, contract_id, member.signed_in(), session.now())
        await opinions.rated(session, contract_id, member.signed_in(), session.now())
    async with house.database.unit_of_work() as session:
        assert await opinions.heard(session, contract_id) == 1
        await opinions.rated(session, contract_id, new_id(), session.now())
    async with house.database.reading() as session:
        assert await opinions.heard(session, contract_id) == 2
        assert await details.heard_of(session, STRANGER, [contract_id]) == {contract_id: 2}


async def test_the_public_counts_raters_only_from_the_end_of_their_month(
    house: House, clock: FixedClock
) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    month = timedelta(days=20)
    async with house.database.unit_of_work() as session:
        await opinions.rated(session, contract_id, new_id(), session.now() + month)
    async with house.database.reading() as session:
        assert await opinions.heard(session, contract_id) == 1
        for viewer in (STRANGER, at.officer, at.supplier):
            assert await details.heard_of(session, viewer, [contract_id]) == {contract_id: 0}
    clock.advance(month)
    async with house.database.reading() as session:
        assert await details.heard_of(session, STRANGER, [contract_id]) == {contract_id: 1}
