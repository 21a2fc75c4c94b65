"""Sees what changed in a SQLite database, and puts it back: for tests that knock ten thousand times at one house."""

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

Row = tuple[str, int]
Values = dict[str, Any]

_NOTES = "watch_notes"


class Watch:
    """Triggers of its own note every row that is touched, so that looking and putting back cost as much as was changed."""

    def __init__(self, path: Path) -> None:
        # Outside of Python's transactions; without foreign keys, which SQLite checks only for those who ask.
        self._live = sqlite3.connect(path, isolation_level=None)
        self._live.execute("PRAGMA synchronous=OFF")
        self._columns = {table: self._names(table) for table in self._tables()}
        self._before = self._everything()
        self._live.execute("BEGIN")
        self._live.execute(f"CREATE TABLE {_NOTES} (name TEXT, number INTEGER)")
        for table in self._columns:
            self._note(table, "INSERT", "NEW")
            self._note(table, "UPDATE", "OLD", "NEW")
            self._note(table, "DELETE", "OLD")
        self._live.execute("COMMIT")
        # The house's own triggers refuse to change what may only be added to, and ours need not note what is put back.
        self._live.set_authorizer(lambda _act, _one, _two, _database, trigger: _allowed(trigger))
        self._version = self._seen()

    def close(self) -> None:
        """Raises AssertionError where something was changed that was neither noted nor put back."""
        is_whole = self._everything() == self._before
        self._live.close()
        assert is_whole, "the watched database is not as it was"

    def changes(self) -> dict[Row, tuple[Values, Values]]:
        """By table and row: what it was and what it is, each empty where there is no such row."""
        version = self._seen()
        if version == self._version:
            return {}
        self._version = version
        touched = {row: (self._before.get(row, {}), self._now(row)) for row in self._noted()}
        return {row: (old, new) for row, (old, new) in touched.items() if old != new}

    def restore(self) -> None:
        """Back to how it was when the watch began."""
        self._live.execute("BEGIN IMMEDIATE")
        noted = self._noted()
        for table, number in noted:
            self._live.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
        for table, number in noted:
            old = self._before.get((table, number))
            if old is not None:
                names = ", ".join(["rowid", *old])
                places = ", ".join(["?"] * (len(old) + 1))
                self._live.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({places})", (number, *old.values())
                )
        self._live.execute(f"DELETE FROM {_NOTES}")
        self._live.execute("COMMIT")

    def _note(self, table: str, verb: str, *sides: str) -> None:
        notes = " ".join(f"INSERT INTO {_NOTES} VALUES ('{table}', {side}.rowid);" for side in sides)
        self._live.execute(f"CREATE TRIGGER watch_{table}_{verb} AFTER {verb} ON {table} BEGIN {notes} END")

    def _noted(self) -> list[Row]:
        return self._live.execute(f"SELECT DISTINCT name, number FROM {_NOTES}").fetchall()

    def _now(self, row: Row) -> Values:
        table, number = row
        found = self._live.execute(f"SELECT * FROM {table} WHERE rowid = ?", (number,)).fetchone()
        return dict(zip(self._columns[table], found, strict=True)) if found else {}

    def _seen(self) -> int:
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])

    def _tables(self) -> list[str]:
        found = self._live.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [name for (name,) in found]

    def _names(self, table: str) -> list[str]:
        return [column[0] for column in self._live.execute(f"SELECT * FROM {table} LIMIT 0").description]

    def _everything(self) -> dict[Row, Values]:
        return {
            (table, number): dict(zip(names, values, strict=True))
            for table, names in self._columns.items()
            for number, *values in self._live.execute(f"SELECT rowid, * FROM {table}")
        }


def _allowed(trigger: str | None) -> int:
    """What a statement of the watch does itself; what triggers would do for it is left out."""
    return sqlite3.SQLITE_IGNORE if trigger else sqlite3.SQLITE_OK


def by_table(changes: dict[Row, Any]) -> dict[str, int]:
    """How many rows of each table changed."""
    counts: dict[str, int] = defaultdict(int)
    for table, _ in changes:
        counts[table] += 1
    return dict(counts)
