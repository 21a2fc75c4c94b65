"""The fixed thing to compare writing with: the very same rows, inserted in bulk through the bare driver into a fresh database."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from benchmarks.machine import migrated_database
from marketplace.migrations.tables import metadata


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one table, as the driver gave them."""

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def insert(self, place: str) -> str:
        """The INSERT, with a place for each column: "?" or "$"."""
        marks = [place if place == "?" else f"${number + 1}" for number in range(len(self.columns))]
        return f'INSERT INTO "{self.table}" ({", ".join(self.columns)}) VALUES ({", ".join(marks)})'


def read(url: str) -> list[Rows]:
    """Every row of the database, parents first."""
    tables = [table.name for table in metadata().sorted_tables]
    found = (
        _read_sqlite(url, tables) if url.startswith("sqlite") else asyncio.run(_read_postgresql(url, tables))
    )
    return [one for one in found if one.rows]


def count(tables: Sequence[Rows]) -> int:
    return sum(len(one.rows) for one in tables)


def pour(kind: str, tables: Sequence[Rows]) -> float:
    """The seconds that inserting them takes: one transaction, one executemany a table, as durable as the house writes."""
    with migrated_database(kind) as url:
        return _pour_sqlite(url, tables) if kind == "sqlite" else asyncio.run(_pour_postgresql(url, tables))


def _path(url: str) -> str:
    return make_url(url).database or ""


def _read_sqlite(url: str, tables: Sequence[str]) -> list[Rows]:
    connection = sqlite3.connect(_path(url))
    try:
        found = []
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            found.append(Rows(table, [column[0] for column in cursor.description], cursor.fetchall()))
        return found
    finally:
        connection.close()


def _pour_sqlite(url: str, tables: Sequence[Rows]) -> float:
    connection = sqlite3.connect(_path(url), isolation_level=None)
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    begun = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for one in tables:
        connection.executemany(one.insert("?"), one.rows)
    connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds


async def _read_postgresql(url: str, tables: Sequence[str]) -> list[Rows]:
    connection = await asyncpg.connect(url)
    try:
        found = []
        for table in tables:
            rows = await connection.fetch(f'SELECT * FROM "{table}"')
            found.append(Rows(table, list(rows[0].keys()) if rows else [], [tuple(row) for row in rows]))
        return found
    finally:
        await connection.close()


async def _pour_postgresql(url: str, tables: Sequence[Rows]) -> float:
    connection = await asyncpg.connect(url)
    try:
        begun = time.perf_counter()
        async with connection.transaction():
            for one in tables:
                await connection.executemany(one.insert("$"), one.rows)
        return time.perf_counter() - begun
    finally:
        await connection.close()
