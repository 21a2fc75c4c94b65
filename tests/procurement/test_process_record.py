"""The record of a process: acts for everybody, facts for who supervises, all of it once the result is public."""

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import records
from marketplace.procurement.process_record import process_record
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying, city


async def test_before_the_result_the_public_reads_acts_and_hashes_only(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        outsider = await builders.viewer(session, "路人")
        officer = await buying.officer(session)
        supervisor = await buying.supervisor(session)
        auditor = await builders.viewer(session, "审计", Role.AUDITOR, city.CITY)
        await records.append(session, tender.id, "panel.drawn", officer.person_id, people=5)
        await records.append(session, tender.id, "sheet.submitted", new_id())
    async with house.database.reading() as session:
        for viewer in (STRANGER, outsider, officer):
            shown = await process_record(session, viewer, tender.id)
            assert not shown.is_whole
            assert [set(act) for act in shown.acts] == [{"number", "at", "action", "hash"}] * 2
        for viewer in (supervisor, auditor):
            whole = await process_record(session, viewer, tender.id)
            assert whole.is_whole
            assert records.first_fault(whole.acts) is None
            assert whole.head == shown.head


async def test_with_the_result_everybody_reads_all_of_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, awarded_at=session.now())
        await records.append(session, tender.id, "award.published")
    async with house.database.reading() as session:
        shown = await process_record(session, STRANGER, tender.id)
    assert shown.is_whole
    assert records.first_fault(shown.acts) is None


async def test_a_draft_has_a_record_for_those_of_the_trade_only(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        (await session.get_one(Tender, tender.id)).published_at = None
        officer = await buying.officer(session)
        elsewhere = await buying.officer(session, "徐汇采购员", city.XUHUI)
    async with house.database.reading() as session:
        assert (await process_record(session, officer, tender.id)).acts == []
        for viewer in (STRANGER, elsewhere, Viewer(new_id())):
            with pytest.raises(NotFound):
                await process_record(session, viewer, tender.id)
        with pytest.raises(NotFound):
            await process_record(session, STRANGER, new_id())
