"""Who hears what of compounds, once each and in words of both languages; facts that are posted are told to nobody."""

from datetime import timedelta

from marketplace.bootstrap import House
from marketplace.delivery.properties import contracts, demands, owners, queries
from marketplace.delivery.properties.drafts import ClaimDecisionDraft, ClaimDraft, WhyDraft
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import FixedClock
from marketplace.notices import about_properties
from tests.deliveries import drain
from tests.delivery.properties import scene
from tests.procurement.contracts.test_notices import kinds_of


async def test_the_community_hears_of_claims_and_the_person_of_the_answer(house: House) -> None:
    at = await scene.build(house)
    for number, confirmed in enumerate((False, True)):
        async with house.database.unit_of_work() as session:
            draft = ClaimDraft(home=f"{number}号楼")
            owner_id = await owners.claim(session, at.outsider, house.vault, at.compound_id, draft)
        await drain(house)
        async with house.database.unit_of_work() as session:
            decision = ClaimDecisionDraft(is_confirmed=confirmed, reason=None if confirmed else "查无此户")
            await owners.decide(session, at.worker, owner_id, decision)
        await drain(house)
    assert await kinds_of(house, at.outsider.signed_in()) == ["owner_confirmed", "owner_refused"]
    assert await kinds_of(house, at.colleague.signed_in()) == ["owner_claimed", "owner_claimed"]
    assert await kinds_of(house, at.manager.signed_in()) == []


async def test_everybody_who_wanted_it_hears_why_not(house: House) -> None:
    at = await scene.build(house)
    await scene.drafted(house, at)
    asked = await scene.demand(house, at.owner, at.compound_id)
    async with house.database.unit_of_work() as session:
        await demands.support(session, at.second_owner, asked)
        await demands.decline(session, at.manager, asked, WhyDraft(reason="电力不足"))
    await drain(house)
    for viewer in (at.owner, at.second_owner):
        assert await kinds_of(house, viewer.signed_in()) == ["demand_declined"]
    assert await kinds_of(house, at.stranger_owner.signed_in()) == []


async def test_both_sides_and_the_owners_hear_of_a_contract_and_its_end(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        await contracts.agree_for_owners(session, at.worker, contract_id)
    await drain(house)
    assert await kinds_of(house, at.manager.signed_in()) == ["property_contract_asked"]
    async with house.database.unit_of_work() as session:
        await contracts.agree_for_company(session, at.manager, contract_id)
    await drain(house)
    source_id = await scene.source(house, at.worker, at.compound_id)
    async with house.database.reading() as session:
        line = await queries.line(session, STRANGER, contract_id, 1)
    await scene.post(house, at.worker, scene.told(house, line.id, source_id))
    async with house.database.unit_of_work() as session:
        await contracts.end(session, at.worker, contract_id, WhyDraft(reason="另聘"))
    await drain(house)
    assert await kinds_of(house, at.owner.signed_in()) == [
        "property_contract_agreed",
        "property_contract_ended",
    ]
    assert "property_contract_agreed" in await kinds_of(house, at.colleague.signed_in())
    assert await kinds_of(house, at.rival.signed_in()) == []


async def test_a_withdrawn_draft_is_told_to_the_two_sides_only(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        await contracts.end(session, at.manager, contract_id, WhyDraft(reason="价格不合"))
    await drain(house)
    assert await kinds_of(house, at.worker.signed_in()) == ["property_contract_ended"]
    assert await kinds_of(house, at.owner.signed_in()) == []


async def test_an_opening_talk_is_told_once(house: House, clock: FixedClock) -> None:
    at = await scene.build(house)
    await scene.agreed(house, at, ends_on="2027-05-31")

    async def told() -> list[str]:
        async with house.database.unit_of_work() as session:
            await about_properties.open_talks(session)
        return await kinds_of(house, at.owner.signed_in())

    assert await told() == []
    clock.advance(timedelta(days=100))
    assert await told() == ["renewal_talk_opened"]
    clock.advance(timedelta(days=1))
    assert await told() == ["renewal_talk_opened"]
    for viewer in (at.manager, at.worker):
        assert "renewal_talk_opened" in await kinds_of(house, viewer.signed_in())
    assert "renewal_talk_opened" not in await kinds_of(house, at.rival.signed_in())
