"""Our commands as real processes with a real port, for the smoke test and the benchmarks. Needs nothing but what runs the house."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_ADDRESS = re.compile(r"https?://[\w.:\[\]]+")
_PATIENCE = 120.0


class ServerFailed(Exception):
    """It ended, or did not become ready in time; the message holds what it said last."""


class Server:
    """One server process. Ended by its own id, never by name."""

    def __init__(
        self, module: str, words: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self._said, self._logged = folder / "said.txt", folder / "logged.txt"
        self.begun = time.perf_counter()
        with self._said.open("wb") as said, self._logged.open("wb") as logged:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *words, "--port", "0"],
                cwd=folder,
                env={**bare_environment(), **environment},
                stdout=said,
                stderr=logged,
            )
        self.address = ""

    def become_ready(self) -> float:
        """Wait until it says that it is ready; the seconds since its process began."""
        while time.perf_counter() - self.begun < _PATIENCE:
            if self.process.poll() is not None:
                raise ServerFailed(f"exit code {self.process.returncode}\n{self.last_words()}")
            if self._is_ready():
                return time.perf_counter() - self.begun
            time.sleep(0.01)
        raise ServerFailed(f"not ready after {_PATIENCE:.0f} s\n{self.last_words()}")

    def _is_ready(self) -> bool:
        found = _ADDRESS.search(self._said.read_text("utf-8"))
        self.address = found.group() if found else ""
        if not self.address:
            return False
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def megabytes(self) -> float:
        """Resident memory of the process now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found.group(1)) / 1024 if found else 0.0

    def stop(self) -> int:
        """Ask it to end, as an operator would; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise ServerFailed(f"did not end within 30 s\n{self.last_words()}") from None

    def last_words(self) -> str:
        return (self._said.read_text("utf-8") + self._logged.read_text("utf-8"))[-4000:]


def bare_environment() -> dict[str, str]:
    """The developer's environment without the developer's settings; our own modules can be named from any folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WUSHE_")}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[1])}


@contextmanager
def server(
    *words: str, environment: Mapping[str, str], folder: Path, module: str = "marketplace"
) -> Iterator[Server]:
    """``marketplace`` (or another module that serves) with these words on a free port, ended at the end of the block if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    one = Server(module, words, environment, folder)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.stop()
