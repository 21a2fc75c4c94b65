"""SQLite in the event loop's own thread: a statement takes microseconds, and handing each one to another thread takes longer.

What can take long still leaves the loop free: waiting for the writer's lock when a transaction begins, and the commit, which waits
for the disk. Everything else runs where it is called. See docs/adr/0011-sqlite-in-the-loops-own-thread.md.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import await_only

DRIVER = "sqlite+inline"


class _Cursor(sqlite3.Cursor):
    """A cursor that reads its rows when it runs, as an asynchronous one does: what is read later is never changed meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def execute(self, statement: str, parameters: Any = ()) -> "_Cursor":
        super().execute(statement, parameters)
        self._rows = deque(super().fetchall() if self.description else ())
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._rows.popleft() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows = list(self._rows)
        self._rows.clear()
        return rows

    async def _async_soft_close(self) -> None:
        """Nothing is left to close: the rows are read."""


class _Connection(sqlite3.Connection):
    """A connection of such cursors."""

    def cursor(self, *_: Any) -> _Cursor:  # type: ignore[override]
        return super().cursor(_Cursor)


CONNECT: dict[str, Any] = {"check_same_thread": False, "factory": _Connection}
"""Arguments of every connection: it is begun and committed in other threads than its statements, never in two at once."""


class InlineSQLite(SQLiteDialect_pysqlite):
    """The standard library's driver behind SQLAlchemy's asyncio engine."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.AsyncAdaptedQueuePool

    def get_driver_connection(self, connection: Any) -> Any:
        return connection

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        # Between two statements others get their turn; and SQLAlchemy insists that an asynchronous driver awaits something.
        await_only(asyncio.sleep(0))
        super().do_execute(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        await_only(asyncio.sleep(0))
        super().do_executemany(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    def do_commit(self, dbapi_connection: Any) -> None:
        if dbapi_connection.in_transaction:
            await_only(_in_thread(dbapi_connection.commit))


def begin_writing(dbapi_connection: Any) -> None:
    """Take the writer's lock, waiting for it in a thread while another process holds it."""
    await_only(_in_thread(lambda: dbapi_connection.execute("BEGIN IMMEDIATE")))


async def _in_thread(work: Callable[[], object]) -> None:
    """Do ``work`` in a thread. Cancelled, wait for it all the same: a lock taken after the rollback would never be let go."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            await asyncio.wait([task])
        raise


registry.register("sqlite.inline", __name__, InlineSQLite.__name__)
