"""What every resolver is given: the house, the viewer, and the one way to the database that sibling fields may share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from marketplace.bootstrap import House
from marketplace.db.faults import told_apart
from marketplace.db.session import Session
from marketplace.graph.errors import TokenMayNotWrite
from marketplace.identity.viewer import Viewer
from marketplace.procurement import accesses
from marketplace.procurement.accesses import BidsAreSealed

WRITE = "write"
Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
Given = ParamSpec("Given")
ByKeys: TypeAlias = Callable[[Session, Viewer, Sequence[Key]], Awaitable[Mapping[Key, Row]]]
"""A slice's query for many keys at once: what the viewer may not see is left out of the answer."""


class Context:
    """One request. Use it as ``async with``: leaving it gives the session back.

    graphql-core resolves sibling fields in parallel tasks, and an AsyncSession may not be used by two of them. So the session
    is handed out under a lock, one query at a time; most edges go through ``load``, which asks once for a whole list.
    """

    def __init__(self, house: House, viewer: Viewer, locale: str, *, source: str = "") -> None:
        self.house = house
        # The address that the request came from: one-time codes are counted by it.
        self.source = source
        self.viewer = viewer
        self.locale = locale
        self._open = AsyncExitStack()
        self._session: Session | None = None
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_reading()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """The request's reading session, for the length of the block.

        Inside it, ``load``, ``unit_of_work`` and another ``reading`` would wait for the block for ever: they raise RuntimeError.
        """
        async with self._turn():
            # The session outlives the block, so what goes wrong inside never passes through its own end.
            with told_apart():
                if self._session is None:
                    self._session = await self._open.enter_async_context(self.house.database.reading())
                yield self._session

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[Session]:
        """A transaction for one command; afterwards the payload is read anew. Raises TokenMayNotWrite."""
        self.must_write()
        # The snapshot from before the command must not answer for its effects, nor hold a second connection meanwhile.
        await self._stop_reading()
        async with self.house.database.unit_of_work() as session:
            yield session

    async def ask(
        self,
        query: Callable[Concatenate[Session, Viewer, Given], Awaitable[Row]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Row:
        """What one query of a slice answers the viewer."""
        async with self._refusals_noted(), self.reading() as session:
            return await query(session, self.viewer, *given, **named)

    async def do(
        self,
        command: Callable[Concatenate[Session, Viewer, Given], Awaitable[Row]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Row:
        """One command of a slice for the viewer, in a transaction of its own. Raises TokenMayNotWrite, and what the command raises."""
        async with self._refusals_noted(), self.unit_of_work() as session:
            return await command(session, self.viewer, *given, **named)

    async def see(
        self,
        query: Callable[Concatenate[Session, Viewer, Given], Awaitable[Row]],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Row:
        """What a query answers that notes who saw it (``procurement.accesses``), and so writes although it only shows."""
        async with self._refusals_noted():
            await self._stop_reading()
            async with self.house.database.unit_of_work() as session:
                return await query(session, self.viewer, *given, **named)

    @asynccontextmanager
    async def _refusals_noted(self) -> AsyncIterator[None]:
        """Whoever asks for sealed bids is on record, although the refusal undoes its own transaction."""
        try:
            yield
        except BidsAreSealed as refusal:
            await self._stop_reading()
            await accesses.refused(self.house.database, self.viewer, refusal)
            raise

    def must_write(self) -> None:
        """For commands that open their own transactions. Raises TokenMayNotWrite for a program that may only look."""
        if self.viewer.scopes is not None and WRITE not in self.viewer.scopes:
            raise TokenMayNotWrite()

    async def load(self, query: ByKeys[Key, Row], key: Key) -> Row | None:
        """The row for ``key``: all keys that sibling resolvers ask ``query`` for are fetched by one call of it."""
        self._refuse_to_wait_for_myself()
        loader = self._loaders.get(query)
        if loader is None:
            loader = self._loaders[query] = DataLoader(self._batch(query))
        found: Row | None = await loader.load(key)
        return found

    def _batch(self, query: ByKeys[Key, Row]) -> Callable[[list[Key]], Awaitable[list[Row | None]]]:
        async def fetch(keys: list[Key]) -> list[Row | None]:
            async with self.reading() as session:
                rows = await query(session, self.viewer, keys)
            return [rows.get(key) for key in keys]

        return fetch

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        self._refuse_to_wait_for_myself()
        async with self._lock:
            self._holder = asyncio.current_task()
            try:
                yield
            finally:
                self._holder = None

    def _refuse_to_wait_for_myself(self) -> None:
        if self._holder is not None and self._holder is asyncio.current_task():
            raise RuntimeError("this resolver holds the reading session already; leave its block first")

    async def _stop_reading(self) -> None:
        async with self._turn():
            self._session = None
            self._loaders.clear()
            await self._open.aclose()


Info: TypeAlias = strawberry.Info[Context, None]
"""The type of every resolver's ``info``."""
