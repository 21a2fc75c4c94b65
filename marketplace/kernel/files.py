"""Files people hand in, behind a small port: a folder by default, anything that can put and get by key at city scale."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from marketplace.kernel.errors import Missing

_CHUNK = 1 << 18


class FileIsGone(Missing):
    """The record is there but its bytes are not."""


class FileStore(Protocol):
    """Keeps bytes under the key that it returns. ``take`` keeps a file of any size, ``parts`` reads one, without holding it in memory."""

    async def put(self, content: bytes) -> str: ...

    async def get(self, key: str) -> bytes: ...

    async def delete(self, key: str) -> None: ...

    async def take(self, file: Path) -> str: ...

    def parts(self, key: str) -> AsyncIterator[bytes]: ...


class Folder:
    """Content-addressed files in one folder: the key is the SHA-256, so the same bytes are kept once and never overwritten."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, content: bytes) -> str:
        key = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, self._path(key), content)
        return key

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError:
            raise FileIsGone() from None

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def take(self, file: Path) -> str:
        key = await asyncio.to_thread(_digest, file)
        await asyncio.to_thread(self._copy, file, self._path(key))
        return key

    async def parts(self, key: str) -> AsyncIterator[bytes]:
        try:
            opened = await asyncio.to_thread(self._path(key).open, "rb")
        except FileNotFoundError:
            raise FileIsGone() from None
        try:
            while part := await asyncio.to_thread(opened.read, _CHUNK):
                yield part
        finally:
            await asyncio.to_thread(opened.close)

    def _path(self, key: str) -> Path:
        if len(key) != 64 or not all(char in "0123456789abcdef" for char in key):
            raise FileIsGone()
        return self._root / key[:2] / key

    @staticmethod
    def _copy(file: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        shutil.copyfile(file, partial)
        partial.replace(path)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        partial.write_bytes(content)
        partial.replace(path)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
