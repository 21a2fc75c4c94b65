"""Engines that outlive a test: compiling every statement anew for each database takes longer than running it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine


class KeptEngines:
    """Stands where engines are opened, and lends each to one database at a time, on the address it was made for."""

    def __init__(self, make: Callable[..., AsyncEngine]) -> None:
        self._make = make
        self._idle: dict[Any, list[AsyncEngine]] = defaultdict(list)
        self._lent: list[tuple[Any, AsyncEngine]] = []

    def open(self, url: str, **options: Any) -> AsyncEngine:
        """An engine nobody else has, with the statements it has compiled before."""
        key = (str(url), *sorted(options.items()))
        engine = self._idle[key].pop() if self._idle[key] else self._make(url, **options)
        self._lent.append((key, engine))
        return engine

    @contextmanager
    def lending(self) -> Iterator[None]:
        """For the length of a test. What may still be in use by then is not lent again."""
        self._lent.clear()
        yield
        for key, engine in self._lent:
            if _is_closed(engine):
                self._idle[key].append(engine)
        self._lent.clear()


def _is_closed(engine: AsyncEngine) -> bool:
    pool = engine.sync_engine.pool
    return isinstance(pool, QueuePool) and not pool.checkedin() and not pool.checkedout()
