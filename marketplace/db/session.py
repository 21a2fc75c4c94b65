"""Sessions: ``unit_of_work()`` to change things, ``reading()`` to look. Opened at the edge; slices never commit.

One request, one transaction. SQLAlchemy's AsyncSession must not be used by two tasks at once, so a session is never put
into a shared context bare: GraphQL's sibling fields go through ``marketplace.graph.context``, which holds a lock.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from marketplace.db import sqlite
from marketplace.db.faults import told_apart
from marketplace.kernel.clock import Clock, SystemClock

_WRITING = "wushe_writing"


class Session(AsyncSession):
    """An AsyncSession that knows what time it is.

    ``now()`` is the injected clock read once per transaction, so every row of one command carries the same moment.
    """

    def __init__(self, *args: Any, clock: Clock | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        clock = clock or SystemClock()
        self._now = clock.now()
        self.time_is_made_up = not isinstance(clock, SystemClock)
        self._last_acts: list[Callable[[Session], Awaitable[None]]] = []

    def now(self) -> datetime:
        return self._now

    def finally_do(self, act: "Callable[[Session], Awaitable[None]]") -> None:
        """Do ``act`` once, as the last thing before the commit; whatever raises there undoes the whole."""
        if act not in self._last_acts:
            self._last_acts.append(act)

    async def do_last_acts(self) -> None:
        """Called by the unit of work at its end."""
        while self._last_acts:
            await self._last_acts.pop(0)(self)

    @property
    def is_postgresql(self) -> bool:
        return bool(self.get_bind().dialect.name == "postgresql")


class Database:
    """One database: its engine, and the two ways to open a session on it.

    The engine belongs to the event loop that first uses it; a worker thread with a loop of its own makes its own Database.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.clock = clock or SystemClock()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = open_engine(
            url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=not self.is_sqlite
        )
        # SQLite has one writer. Queueing here is fair and quick; its busy handler sleeps and starves.
        self._writer: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None
        self.on_commit: Callable[[Session], None] | None = None

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[Session]:
        """A transaction that commits when the block ends well and rolls back when it raises. Raises DatabaseIsOutOfReach."""
        async with self._writer or nullcontext(), self._session(writing=True) as session, session.begin():
            yield session
            await session.do_last_acts()
        if self.on_commit is not None:
            self.on_commit(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A transaction that only looks: one snapshot on SQLite, nothing is ever written. Raises DatabaseIsOutOfReach."""
        async with self._session(writing=False) as session:
            # Closing rolls back; an explicit rollback would expire the rows that the caller still holds.
            yield session

    @asynccontextmanager
    async def _session(self, *, writing: bool) -> AsyncIterator[Session]:
        bound = for_writing(self.engine) if writing else self.engine
        with told_apart():
            async with Session(bound, clock=self.clock, expire_on_commit=False, autoflush=writing) as session:
                yield session

    async def answers(self) -> bool:
        """Whether the database replies at all; for readiness."""
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(text("select 1")) == 1)

    async def close(self) -> None:
        await self.engine.dispose()


def open_engine(url: str, **options: Any) -> AsyncEngine:
    """An engine on ``url``, with SQLite prepared as we want it; ``options`` are SQLAlchemy's, about the pool."""
    # hide_parameters: an error that is logged tells the statement, never the values, which may be somebody's.
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, hide_parameters=True, **options)
    engine = create_async_engine(
        make_url(url).set(drivername=sqlite.DRIVER),
        hide_parameters=True,
        connect_args=sqlite.CONNECT,
        **options,
    )
    _prepare_sqlite(engine.sync_engine)
    return engine


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """The engine for transactions that change something: on SQLite they take the writer's lock when they begin."""
    return engine.execution_options(**{_WRITING: True})


def _prepare_sqlite(engine: Engine) -> None:
    """SQLite as we want it: durable WAL, foreign keys enforced, and writers that take the lock when they begin.

    Without BEGIN IMMEDIATE a transaction that reads first and writes later fails at once with "database is locked".
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITING, False):
            sqlite.begin_writing(connection.connection.dbapi_connection)
        else:
            connection.exec_driver_sql("BEGIN")
