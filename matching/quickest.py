"""The scan that answers soonest: compiled where numba is installed and there is much to scan, else in NumPy.

Compiling takes seconds, once a machine, so nobody waits for it: it is done in a thread beside, and NumPy answers until then. Both
find the same.
"""

import logging
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Final

from matching import scanning
from matching.questions import Question
from matching.row_index import Rows
from matching.scanning import Candidates, Columns, Scan

LARGE: Final = 100_000
"""Rows from which the compiled scan is worth its compiling: NumPy reads so many in some two milliseconds."""

_log = logging.getLogger(__name__)


class QuickestScan:
    """A scan of columns of one kind. From `large` rows on it makes the compiled scan ready, the first time it is asked."""

    def __init__(self, large: int = LARGE) -> None:
        self._large = large
        self._begun = Lock()
        self.compiled: Future[Scan | None] = Future()
        """The compiled scan as soon as it is ready; None where there is none."""

    def __call__(self, columns: Columns, size: int, question: Question, shut: Rows, k: int) -> Candidates:
        compiled = None
        if size >= self._large:
            if self._begun.acquire(blocking=False):
                self.compiled.set_running_or_notify_cancel()
                Thread(target=self._compile, args=(columns, question), daemon=True).start()
            compiled = self.compiled.result() if self.compiled.done() else None
        return (compiled or scanning.scan)(columns, size, question, shut, k)

    def _compile(self, columns: Columns, question: Question) -> None:
        try:
            from matching import compiled

            compiled.scan(columns, 0, question, scanning.NOBODY, 1)
        except ImportError:
            self.compiled.set_result(None)
        except Exception:
            _log.exception("the scan could not be compiled; NumPy goes on")
            self.compiled.set_result(None)
        else:
            self.compiled.set_result(compiled.scan)


quickest = QuickestScan()
