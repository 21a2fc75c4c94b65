"""A breaker: after a few failures in a row nobody asks for a while, so that callers fall back at once instead of waiting."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from matching.index import EngineIsUnreachable


class EngineRests(EngineIsUnreachable):
    """The engine failed several times in a row and is left alone for a moment."""


class Breaker:
    """Opens after `patience` failures in a row and stays open for `rest` seconds; then one caller tries. Safe between threads."""

    def __init__(
        self, patience: int = 3, rest: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience = patience
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._tries_again_at = 0.0

    @contextmanager
    def guarding(self, failures: tuple[type[Exception], ...]) -> Iterator[None]:
        """Counts the `failures` that the block raises. Raises EngineRests instead of running it while the breaker is open."""
        self._admit()
        try:
            yield
        except failures:
            self._note_failure()
            raise
        with self._lock:
            self._failures = 0

    def _admit(self) -> None:
        with self._lock:
            if self._failures < self._patience:
                return
            if self._clock() < self._tries_again_at:
                raise EngineRests("the search server failed several times in a row")
            self._tries_again_at = self._clock() + self._rest

    def _note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            self._tries_again_at = self._clock() + self._rest
