"""A lock that the operating system holds on an open file, and lets go when the process dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_POLL_SECONDS: Final = 0.01


class FileLock:
    """Keeps processes apart, and threads of one process too: every acquisition opens the file anew."""

    def __init__(self, path: Path, patience: float) -> None:
        """Waits so many seconds for the lock. Raises TimeoutError, OSError."""
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        give_up_at = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up_at:
                    os.close(self._descriptor)
                    raise TimeoutError(f"{path.name} is held by somebody else") from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def release(self) -> None:
        """Lets go; a second time does nothing."""
        if self._descriptor is not None:
            # Closing is not enough: a process forked meanwhile holds the same open file.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
