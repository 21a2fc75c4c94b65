"""From the award to the published contract: drafted once, signed by two sides in time, never while something rests."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock, local_day
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.procurement import records
from marketplace.procurement.awards.errors import AwardIsNotPublished
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts import drafting, signing
from marketplace.procurement.contracts.errors import (
    AwardDoesNotStand,
    ContractIsNotSigned,
    ContractIsTooLong,
    OfficerBelongsToTheSupplier,
    TooEarlyToSign,
)
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.contracts.states import ContractState, contract_state
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.models import Lot, Tender
from tests import builders, buying
from tests.procurement.contracts import scene


async def test_a_contract_takes_price_dates_and_milestones_from_award_and_file(house: House) -> None:
    at = await scene.awarded(house, price=10_000_001)
    contract_id = await scene.drafted(house, at)
    row = await scene.contract(house, contract_id)
    assert (row.value_fen, row.starts_on.isoformat(), row.ends_on.isoformat()) == (
        10_000_001,
        "2027-02-01",
        "2027-12-31",
    )
    steps = await scene.steps(house, contract_id)
    assert [step.value_fen for step in steps] == [3_000_000, 4_000_000, 3_000_001]
    assert [step.title for step in steps] == ["启动", "中期", "完成"]
    assert row.reference.endswith("/01")


async def test_a_second_click_drafts_no_second_contract(house: House) -> None:
    at = await scene.awarded(house)
    made = await asyncio.gather(*(scene.drafted(house, at) for _ in range(5)))
    assert len(set(made)) == 1


async def test_references_of_one_tender_never_collide(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, buying.file(session, lots=4))
        officer = await buying.officer(session)
        awards = []
        for number, lot_id in enumerate(tender.lot_ids):
            organisation_id, _ = await buying.supplier(session, f"社工站{number}")
            awards.append(await buying.award(session, tender, organisation_id, 100, lot_id))

    async def draft(award_id: UUID) -> None:
        async with house.database.unit_of_work() as session:
            await drafting.draft(session, officer, award_id)

    await asyncio.gather(*(draft(award_id) for award_id in awards))
    async with house.database.reading() as session:
        references = (await session.scalars(select(Contract.reference))).all()
    assert sorted(one.rpartition("/")[2] for one in references) == ["01", "02", "03", "04"]


async def test_both_sides_sign_once_however_often_they_click(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.drafted(house, at)
    await asyncio.gather(*(scene.sign(house, at, contract_id) for _ in range(3)))
    row = await scene.contract(house, contract_id)
    assert row.signed_at is not None and contract_state(row) is ContractState.ACTIVE
    assert (row.signed_by_buyer, row.signed_by_supplier) == (at.officer.person_id, at.supplier.person_id)
    async with house.database.reading() as session:
        record = await records.entries(session, at.tender_id)
    assert [one.facts["side"] for one in record if one.action == "contract.signed"] == ["buyer", "supplier"]
    assert records.first_fault([records.published(one) for one in record]) is None


async def test_one_signature_is_no_contract(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        await signing.sign_for_supplier(session, at.supplier, contract_id)
    row = await scene.contract(house, contract_id)
    assert row.signed_at is None and contract_state(row) is ContractState.DRAFT
    with pytest.raises(ContractIsNotSigned):
        async with house.database.unit_of_work() as session:
            await signing.publish_contract(session, at.officer, contract_id)


async def test_nobody_signs_while_suppliers_may_object(house: House, clock: FixedClock) -> None:
    at = await scene.awarded(house, notice_ends_at=clock.now())
    contract_id = await scene.drafted(house, at)
    with pytest.raises(TooEarlyToSign) as refused:
        await scene.sign(house, at, contract_id)
    assert refused.value.article is not None and "第五十二" in refused.value.article
    clock.set((await scene.contract(house, contract_id)).sign_from)
    await scene.sign(house, at, contract_id)


async def test_a_suspended_process_is_not_signed(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Tender, at.tender_id)).suspended_at = session.now()
    with pytest.raises(TenderIsSuspended) as refused:
        await scene.sign(house, at, contract_id)
    assert refused.value.article is not None and "第五十七条" in refused.value.article


async def test_the_days_for_signing_and_publishing_are_shown(house: House, clock: FixedClock) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.drafted(house, at)
    row = await scene.contract(house, contract_id)
    assert local_day(row.sign_due_at - timedelta(seconds=1)).isoformat() == "2026-12-07"
    await scene.sign(house, at, contract_id)
    row = await scene.contract(house, contract_id)
    assert row.publish_due_at is not None
    # Signed on a Sunday: Monday and Tuesday are the two working days.
    assert local_day(row.publish_due_at - timedelta(seconds=1)).isoformat() == "2026-11-24"


async def test_a_published_contract_carries_the_hash_of_what_it_says(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.signed(house, at)
    async with house.database.unit_of_work() as session:
        row = await session.get_one(Contract, contract_id)
        said = await signing.content(session, row)
        await signing.publish_contract(session, at.officer, contract_id)
        record = await records.entries(session, at.tender_id)
    assert row.content_hash == content_hash(said)
    assert [one.facts["content_hash"] for one in record if one.action == "contract.published"] == [
        row.content_hash
    ]
    assert "小顾" not in str(said) and "负责人" not in str(said)


async def test_what_is_not_awarded_in_public_has_no_contract(house: House) -> None:
    at = await scene.awarded(house, published_at=None)
    with pytest.raises(AwardIsNotPublished):
        await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        award = await session.get_one(Award, at.award_id)
        award.published_at, award.ended_at = session.now(), session.now()
    with pytest.raises(AwardDoesNotStand):
        await scene.drafted(house, at)


async def test_a_draft_whose_award_was_corrected_is_void(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.drafted(house, at)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Award, at.award_id)).ended_at = session.now()
    with pytest.raises(AwardDoesNotStand):
        await scene.sign(house, at, contract_id)


async def test_no_contract_is_longer_than_the_rule_allows(house: House) -> None:
    at = await scene.awarded(house)
    async with house.database.unit_of_work() as session:
        lot = await session.get_one(Lot, at.lot_id)
        lot.ends_on = lot.starts_on.replace(year=2030)
    with pytest.raises(ContractIsTooLong) as refused:
        await scene.drafted(house, at)
    assert refused.value.facts == {"most_years": 3} and refused.value.article


async def test_a_draft_is_for_its_two_sides_only(house: House) -> None:
    at = await scene.awarded(house)
    contract_id = await scene.drafted(house, at)
    outsider = await scene.resident(house)

    async def sign(viewer: Viewer) -> None:
        async with house.database.unit_of_work() as session:
            await signing.sign_for_buyer(session, viewer, contract_id)

    for viewer in (STRANGER, outsider):
        with pytest.raises(NotFound):
            await sign(viewer)
    with pytest.raises(NotPermitted):
        await sign(at.supplier)
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await signing.sign_for_supplier(session, at.officer, contract_id)
    for viewer, refusal in ((STRANGER, SignInNeeded), (outsider, NotPermitted)):
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await drafting.draft(session, viewer, at.award_id)


async def test_whoever_belongs_to_the_supplier_does_not_buy(house: House) -> None:
    at = await scene.awarded(house)
    async with house.database.unit_of_work() as session:
        from marketplace.identity import viewers
        from marketplace.identity.viewer import Role

        person_id = at.officer.signed_in()
        await builders.grant(session, person_id, Role.ORGANISATION_MEMBER, at.organisation_id)
        both = await viewers.of_person(session, person_id)
    with pytest.raises(OfficerBelongsToTheSupplier):
        async with house.database.unit_of_work() as session:
            await drafting.draft(session, both, at.award_id)
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Contract)) == 0
