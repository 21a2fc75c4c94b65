"""What every room of procurement stands on: money as people write it, working days, the linked record, the file's hash."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.db.clock import read_clock
from marketplace.kernel.clock import SystemClock
from marketplace.kernel.money import read_amount, yuan
from marketplace.procurement import profiles, records, working_days
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.records import first_fault
from marketplace.procurement.tenders.file import read_file
from tests import buying


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("100000", 10_000_000),
        ("100,000.00", 10_000_000),
        ("１００，０００．０１", 10_000_001),
        ("¥ 12.5", 1250),
        ("￥12.5元", 1250),
        ("10万", 10_000_000),
        ("1.25万元", 1_250_000),
        ("0", 0),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: str, fen: int) -> None:
    assert read_amount(written) == fen


@pytest.mark.parametrize(
    "written", ["", "1,00", "1.234", "-5", "1e5", "十万", "12 34,5", "1.2.3", "NaN", "9" * 30]
)
def test_what_is_no_clear_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        read_amount(written)


def test_an_amount_is_told_to_programs_with_two_places() -> None:
    assert [yuan(fen) for fen in (0, 5, 10_000_001, -1250)] == ["0.00", "0.05", "100000.01", "-12.50"]


async def test_working_days_know_holidays_and_the_weekends_worked_instead(house: House) -> None:
    async with house.database.reading() as session:
        calendar = await working_days.calendar(session)
    assert not calendar.is_working(date(2026, 10, 1))
    assert calendar.is_working(date(2026, 10, 10)), "a Saturday worked for the National Day"
    assert calendar.later(date(2026, 9, 30), 1, "working") == date(2026, 10, 8)
    assert calendar.later(date(2026, 9, 26), 7, "calendar") == date(2026, 10, 8), (
        "ends on a day off, so on the next working day"
    )
    assert calendar.count(date(2026, 9, 30), date(2026, 10, 10), "working") == 3
    assert calendar.count(date(2026, 9, 30), date(2026, 10, 10), "calendar") == 10
    assert calendar.count(date(2026, 10, 10), date(2026, 9, 30), "working") == 0


async def test_a_period_of_working_days_ends_with_its_last_day_in_shanghai(house: House) -> None:
    async with house.database.reading() as session:
        calendar = await working_days.calendar(session)
        rule = await profiles.rule(session, "objection")
    friday = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert calendar.due(friday, rule, "raise_days") == datetime(2026, 12, 1, 16, tzinfo=UTC)


async def test_a_procedure_has_rules_of_its_own_and_those_of_all(house: House) -> None:
    async with house.database.reading() as session:
        tender = await profiles.profile(session, Procedure.OPEN_TENDER)
        small = await profiles.profile(session, Procedure.BELOW_THRESHOLD)
    assert tender.figure("deadline", "least_days") == 20
    assert small.figure("least_bidders", "bidders") == 2
    assert "第八十七号" in tender.rule("amendment").article or "第87号" in tender.rule("amendment").article
    with pytest.raises(LookupError):
        tender.rule("nonsense")


async def test_a_record_is_linked_and_a_changed_act_shows(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        for action in ("tender.published", "tender.amended", "tender.opened"):
            await records.append(session, tender.id, action, big=2**60, when=session.now())
        rows = await records.entries(session, tender.id)
        assert [row.number for row in rows] == [1, 2, 3]
    acts = [records.published(row) for row in rows]
    assert first_fault(acts) is None
    assert first_fault([acts[0], {**acts[1], "facts": {**acts[1]["facts"], "big": "1"}}, acts[2]]) == 2
    assert first_fault([acts[0], acts[2]]) == 2
    assert first_fault([{"number": 1}]) == 1


async def test_the_database_refuses_to_change_a_record(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        await records.append(session, tender.id, "tender.published")
    with pytest.raises(DBAPIError):
        async with house.database.unit_of_work() as session:
            await session.execute(text("UPDATE procurement_records SET action = 'other'"))


async def test_a_file_is_the_same_file_after_the_database(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, buying.file(session, lots=2))
        content = await session.scalar(text("SELECT content FROM tender_versions"))
    if isinstance(content, str):
        import json

        content = json.loads(content)
    assert read_file(content) == tender.file
    assert read_file(content).hash == tender.file.hash


class _JumpingClock(SystemClock):
    def now(self) -> datetime:
        return datetime(2031, 1, 1, tzinfo=UTC)


async def test_the_databases_clock_does_not_jump_with_ours(house: House) -> None:
    house.database.clock = _JumpingClock()
    async with house.database.reading() as session:
        assert abs((await read_clock(session) - datetime.now(UTC)).total_seconds()) < 60
