"""Sign-ups a second through the command, against the very same statements through the bare driver; and a place fought over.

Goal: at least 0.3 of the bare driver, on both databases; 200 rounds of 20 people for the last place: nobody oversold.
"""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiosqlite
import asyncpg
import uvloop
from sqlalchemy import event, func, select
from sqlalchemy.engine import make_url

from benchmarks.ground import Ground, ground, kinds, report
from marketplace.bootstrap import House
from marketplace.identity import viewers
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.ids import new_id
from marketplace.volunteering import sign_ups
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.sign_up_drafts import JoinDraft
from tests import builders

SIGN_UPS = 400
ROUNDS = 200
RIVALS = 20
TOGETHER = {"sqlite": 1, "postgresql": 4}


@dataclass(frozen=True, slots=True)
class Said:
    """One statement with its parameters, or with many rows of them."""

    statement: str
    parameters: Any
    is_many: bool


@dataclass
class Tape:
    """What one transaction said to the driver, in order."""

    said: list[Said] = field(default_factory=list)


class Recorder:
    """Writes down every statement that leaves for the driver, one tape a transaction."""

    def __init__(self, house: House) -> None:
        self.tapes: list[Tape] = []
        self._open: dict[int, Tape] = {}
        engine = house.database.engine.sync_engine
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def _begin(self, connection: Any) -> None:
        self._open[id(connection)] = Tape()

    def _statement(self, connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            # Several rows in one VALUES arrive as plain parameters, only real repetitions as rows.
            is_many = bool(parameters) and isinstance(parameters[0], tuple | list)
            tape = self._open.setdefault(id(connection), Tape())
            tape.said.append(Said(statement, parameters, is_many))

    def _commit(self, connection: Any) -> None:
        self.tapes.append(self._open.pop(id(connection), Tape()))


async def prepare(house: House, people: int, shifts: int, capacity: int) -> tuple[list[UUID], list[UUID]]:
    """That many people, and shifts of one need on different days."""
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_ids = [
            await builders.shift(session, need_id, starts_in=timedelta(days=2 + number), capacity=capacity)
            for number in range(shifts)
        ]
        return [await builders.person(session) for _ in range(people)], shift_ids


async def join(house: House, person_id: UUID, shift_id: UUID) -> bool:
    """Whether the person got into the shift (or onto its list)."""
    try:
        async with house.database.unit_of_work() as session:
            viewer = await viewers.of_person(session, person_id)
            await sign_ups.join(session, viewer, shift_id, JoinDraft(idempotency_key=str(new_id())))
    except MarketplaceError:
        return False
    return True


async def through_the_house(house: House, people: list[UUID], shift_id: UUID, together: int) -> float:
    """Sign-ups a second, ``together`` at once."""
    queue = iter(people)

    async def keep_signing_up() -> None:
        for person_id in queue:
            assert await join(house, person_id, shift_id)

    begun = time.perf_counter()
    await asyncio.gather(*(keep_signing_up() for _ in range(together)))
    return len(people) / (time.perf_counter() - begun)


async def replay_postgresql(url: str, tapes: list[Tape], together: int) -> float:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    queue = iter(tapes)

    async def keep_replaying() -> None:
        connection = await asyncpg.connect(address)
        for tape in queue:
            await connection.execute("BEGIN")
            for said in tape.said:
                if said.is_many:
                    await connection.executemany(said.statement, said.parameters)
                else:
                    await connection.fetch(said.statement, *said.parameters)
            await connection.execute("COMMIT")
        await connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*(keep_replaying() for _ in range(together)))
    return len(tapes) / (time.perf_counter() - begun)


async def replay_sqlite(url: str, tapes: list[Tape]) -> float:
    """The driver that the house uses, aiosqlite, with nothing above it."""
    async with aiosqlite.connect(make_url(url).database or "", isolation_level=None) as connection:
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
            await connection.execute(f"PRAGMA {pragma}")
        begun = time.perf_counter()
        for tape in tapes:
            await connection.execute("BEGIN IMMEDIATE")
            for said in tape.said:
                run = connection.executemany if said.is_many else connection.execute
                async with run(said.statement, said.parameters) as cursor:
                    await cursor.fetchall()
            await connection.execute("COMMIT")
        return len(tapes) / (time.perf_counter() - begun)


async def rate(base: Ground) -> None:
    """Sign up, tape it, and play the tape to a bare driver on a database that is the same as before."""
    first, second = base.copy(), None
    together = TOGETHER[base.kind]
    async with base.house(first) as house:
        people, shifts = await prepare(house, SIGN_UPS, 1, SIGN_UPS)
    second = base.twin(first)
    async with base.house(first) as house:
        warm = await prepare(house, 20, 1, 20)
        await through_the_house(house, warm[0], warm[1][0], together)
        ours = await through_the_house(house, people, shifts[0], together)
    async with base.house(base.twin(second)) as house:
        recorder = Recorder(house)
        await through_the_house(house, people, shifts[0], 1)
    tapes = recorder.tapes
    bare = (
        await replay_sqlite(second, tapes)
        if base.kind == "sqlite"
        else await replay_postgresql(second, tapes, together)
    )
    statements = sum(len(tape.said) for tape in tapes) / len(tapes)
    report(
        "sign-ups against the bare driver", base.kind, ours / bare, "≥ 0.30",
        f"{ours:.0f}/s against {bare:.0f}/s, {statements:.1f} statements each, {together} at once",
    )  # fmt: skip


async def contested(base: Ground) -> None:
    """Twenty people at once for one place, two hundred times over."""
    async with base.house(base.copy()) as house:
        people, shifts = await prepare(house, RIVALS, ROUNDS, 1)
        for shift_id in shifts:
            await asyncio.gather(*(join(house, person_id, shift_id) for person_id in people))
        async with house.database.reading() as session:
            confirmed = (
                await session.execute(
                    select(func.count(), Shift.places_taken)
                    .select_from(Shift)
                    .join(SignUp, (SignUp.shift_id == Shift.id) & SignUp.confirmed_at.is_not(None))
                    .group_by(Shift.id)
                )
            ).all()
            waiting = await session.scalar(select(func.count()).where(SignUp.waiting_number.is_not(None)))
    oversold = sum(1 for count, taken in confirmed if count != 1 or taken != 1) + ROUNDS - len(confirmed)
    report(
        "last place, 20 at once, 200 rounds: oversold",
        base.kind,
        oversold,
        "= 0",
        f"{waiting} waiting, {len(confirmed)} confirmed",
    )


def main() -> int:
    for kind in kinds():
        with ground(kind) as base:
            uvloop.run(rate(base))
        with ground(kind) as base:
            uvloop.run(contested(base))
    return 0


if __name__ == "__main__":
    sys.exit(main())
