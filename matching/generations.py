"""The folder of an embedded index: numbered builds, the pointer to the one that serves, locks, and the catch-up list.

current.json        which build serves, and the format it was written in
generations/<name>/ the builds; more than one only while a rebuild is under way
catch-up.jsonl      changes written while a rebuild is under way
write.lock          held for every write; readers need no lock
next.lock           held by who writes next, so that nobody who writes again and again keeps the others waiting
rebuild.lock        held for the length of a rebuild
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from matching.file_lock import FileLock
from matching.index import (
    Document,
    IndexIsBroken,
    IndexIsBusy,
    IndexIsFromAnotherVersion,
    IndexIsMissing,
    Point,
    Removal,
)

FORMAT: Final = 4
"""Raise this whenever the fields or the terms of the index change: an index in another format is never read."""

_REBUILD_PATIENCE: Final = 0.2
"""Seconds to wait for the rebuild lock: longer than a writer needs to find out that a rebuild died."""

Change = Document | Removal


class Folder:
    """Where an embedded index lives. Every method may raise IndexIsBroken when the disk refuses."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "current.json"
        self._generations = root / "generations"
        self._catch_up = root / "catch-up.jsonl"

    def current(self) -> Path:
        """The build that serves. Raises IndexIsMissing, IndexIsFromAnotherVersion or IndexIsBroken."""
        written_in, generation = self._pointed_to()
        if written_in != FORMAT:
            raise IndexIsFromAnotherVersion(
                f"the index has format {written_in}, this software reads {FORMAT}"
            )
        return generation

    @contextmanager
    def writing(self, patience: float) -> Iterator[None]:
        """Holds the only right to write, in every thread and process. Raises IndexIsBusy after `patience` seconds."""
        self._make_root()
        give_up_at = time.monotonic() + patience
        with _locked(self.root / "next.lock", patience):
            lock = _locked(self.root / "write.lock", give_up_at - time.monotonic())
        with lock:
            yield

    def begin(self, patience: float) -> "FreshGeneration":
        """Starts a build beside the one that serves. Raises IndexIsBusy when another build is under way."""
        self._make_root()
        lock = _locked(self.root / "rebuild.lock", _REBUILD_PATIENCE)
        try:
            with self.writing(patience), _disk_errors():
                self._sweep()
                path = self._generations / f"{time.time_ns():x}-{secrets.token_hex(4)}"
                path.mkdir(parents=True)
                self._catch_up.touch()
        except BaseException:
            lock.release()
            raise
        return FreshGeneration(self, path, lock)

    def is_rebuilding(self) -> bool:
        """Whether a rebuild is under way; one whose process died is not. Asked while writing."""
        if not self._catch_up.exists():
            return False
        try:
            _locked(self.root / "rebuild.lock", patience=0).release()
        except IndexIsBusy:
            return True
        with _disk_errors():
            self._catch_up.unlink(missing_ok=True)
        return False

    def note(self, changes: Iterable[Change]) -> None:
        """Puts changes on the catch-up list of the rebuild under way. Called while writing."""
        with _disk_errors(), self._catch_up.open("ab") as list_of_changes:
            for change in changes:
                list_of_changes.write(json.dumps(asdict(change)).encode() + b"\n")

    def noted(self) -> Iterator[Change]:
        """The catch-up list, in the order of writing."""
        with _disk_errors(), self._catch_up.open("rb") as list_of_changes:
            for line in list_of_changes:
                yield _change_from(json.loads(line))

    def point_to(self, generation: Path) -> None:
        """Lets a build serve, in one step that readers either see or do not see. Called while writing."""
        with _disk_errors():
            draft = self._pointer.with_suffix(".new")
            with draft.open("wb") as file:
                file.write(json.dumps({"format": FORMAT, "generation": generation.name}).encode())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._pointer)
            self._sweep()

    def drop(self, generation: Path) -> None:
        """Removes a build that will not serve."""
        shutil.rmtree(generation, ignore_errors=True)
        with suppress(OSError):
            self._catch_up.unlink(missing_ok=True)

    def _pointed_to(self) -> tuple[object, Path]:
        try:
            pointer = json.loads(self._pointer.read_bytes())
            return pointer["format"], self._generations / Path(pointer["generation"]).name
        except FileNotFoundError as error:
            raise IndexIsMissing(f"no index in {self.root}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexIsBroken(f"{self._pointer} cannot be read: {error}") from error

    def _sweep(self) -> None:
        """Removes every build but the one that serves, be it of another version that still runs elsewhere.

        Processes that still read a removed build keep its open files. What resists is left for the next sweep.
        """
        try:
            _, serving = self._pointed_to()
        except (IndexIsMissing, IndexIsBroken):
            serving = self._generations / "none"
        for generation in self._generations.glob("*"):
            if generation != serving:
                shutil.rmtree(generation, ignore_errors=True)
        with suppress(OSError):
            self._catch_up.unlink(missing_ok=True)

    def _make_root(self) -> None:
        with _disk_errors():
            self.root.mkdir(parents=True, exist_ok=True)


class FreshGeneration:
    """A build that does not serve yet, and the lock that keeps it the only one."""

    def __init__(self, folder: Folder, path: Path, lock: FileLock) -> None:
        self._folder = folder
        self._lock = lock
        self.path = path

    def take_over(self) -> None:
        """Serves from now on. Called while writing."""
        self._folder.point_to(self.path)
        self._lock.release()

    def drop(self) -> None:
        """Is removed."""
        self._folder.drop(self.path)
        self._lock.release()


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexIsBroken(str(error)) from error


def _locked(path: Path, patience: float) -> FileLock:
    with _disk_errors():
        try:
            return FileLock(path, patience)
        except TimeoutError as error:
            raise IndexIsBusy(str(error)) from error


def _change_from(facts: dict[str, Any]) -> Change:
    if "kind" not in facts:
        return Removal(**facts)
    place = facts.pop("place")
    lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    return Document(**(facts | lists), place=Point(**place) if place else None)
