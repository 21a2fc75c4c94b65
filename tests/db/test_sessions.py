"""Sessions: one transaction each, one clock, and tables that cannot be rewritten, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.db import audit
from marketplace.db.audit import AuditEntry
from marketplace.identity.models import Person
from marketplace.kernel.clock import FixedClock
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
