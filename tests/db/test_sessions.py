"""Sessions: one transaction each, one clock, and tables that cannot be rewritten, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House, open_house
from marketplace.db import audit
from marketplace.db.audit import AuditEntry
from marketplace.identity.models import Person
from marketplace.kernel.clock import FixedClock
from marketplace.settings import Settings
from tests import builders


async def test_a_unit_of_work_commits_when_it_ends_well(house: House) -> None:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session)
    async with house.database.reading() as session:
        assert await session.scalar(select(Person.name).where(Person.id == person_id)) == "林小满"


async def test_a_unit_of_work_that_raises_leaves_nothing(house: House) -> None:
    with pytest.raises(RuntimeError):
        async with house.database.unit_of_work() as session:
            await builders.person(session)
            raise RuntimeError
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == 0


async def test_writers_at_once_all_succeed(house: House) -> None:
    async def write(name: str) -> None:
        async with house.database.unit_of_work() as session:
            await session.execute(select(func.count()).select_from(Person))
            await builders.person(session, name)

    await asyncio.gather(*(write(f"邻居{number}") for number in range(20)))
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == 20


async def test_time_stands_still_within_a_transaction(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        before = session.now()
        clock.advance(timedelta(minutes=5))
        assert session.now() == before
    async with house.database.unit_of_work() as session:
        assert session.now() == before + timedelta(minutes=5)


async def test_moments_come_back_in_utc(house: House) -> None:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session)
    async with house.database.reading() as session:
        created = await session.scalar(select(Person.created_at).where(Person.id == person_id))
    assert created == house.clock.now()
    assert created is not None and created.utcoffset() == timedelta(0)


@pytest.mark.parametrize("change", [delete(AuditEntry), update(AuditEntry).values(action="rewritten")])
async def test_the_audit_trail_cannot_be_rewritten(house: House, change: object) -> None:
    async with house.database.unit_of_work() as session:
        audit.record(session, None, "house.opened", ("house", "demo"))
    with pytest.raises(DBAPIError, match="append-only"):
        async with house.database.unit_of_work() as session:
            await session.execute(change)  # type: ignore[call-overload]


async def test_foreign_keys_are_enforced(house: House) -> None:
    with pytest.raises(DBAPIError):
        async with house.database.unit_of_work() as session:
            await session.execute(
                text("INSERT INTO organisation_fields (organisation_id, tag_code) VALUES (NULL, 'nothing')")
            )


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_writer_that_is_called_off_while_it_waits_lets_others_write(settings: Settings) -> None:
    first, second = open_house(settings), open_house(settings)
    try:
        async with first.database.unit_of_work() as session:
            await builders.person(session)
            waiting = asyncio.ensure_future(_add_a_neighbour(second))
            await asyncio.sleep(0.1)
            waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(5):
            await _add_a_neighbour(first)
            await _add_a_neighbour(second)
    finally:
        await first.close()
        await second.close()


async def _add_a_neighbour(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await builders.person(session, "邻居")
