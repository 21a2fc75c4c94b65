"""Files people hand in, behind a small port: a folder by default, anything that can put and get by key at city scale."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Protocol

from marketplace.kernel.errors import Missing


class FileIsGone(Missing):
    """The record is there but its bytes are not."""


class FileStore(Protocol):
    """Keeps bytes under the key that it returns."""

    async def put(self, content: bytes) -> str: ...

    async def get(self, key: str) -> bytes: ...

    async def delete(self, key: str) -> None: ...


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

    def _path(self, key: str) -> Path:
        if len(key) != 64 or not all(char in "0123456789abcdef" for char in key):
            raise FileIsGone()
        return self._root / key[:2] / key

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        partial.write_bytes(content)
        partial.replace(path)
