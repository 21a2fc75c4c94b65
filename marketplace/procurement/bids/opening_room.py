"""Asks the strongroom: starts it, hands it a job, and sees that it ends. The only callers of a tender's private key."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from marketplace.procurement.bids import frames, strongroom
from marketplace.procurement.bids.shares import Share, SharesDoNotOpen

_PATIENCE = 60
"""Seconds for one answer. A sealed bid of 20 MB takes less than one."""


class StrongroomIsBroken(RuntimeError):
    """The process did not answer as agreed: a fault of ours or of the machine, never of who asked."""


@dataclass(frozen=True, slots=True)
class MadeShare:
    """One opener's part as it is stored."""

    index: int
    sealed: bytes
    salt: bytes
    commitment: bytes


@dataclass(frozen=True, slots=True)
class MadeKey:
    """What remains of making a tender key: nothing that opens anything without the openers' codes."""

    public_key: bytes
    canary: bytes
    shares: list[MadeShare]
    tried: int


async def make_key(tender_id: UUID, openers: Sequence[bytes], threshold: int) -> MadeKey:
    """A fresh tender key, split among the ``openers`` (their public keys). Raises StrongroomIsBroken."""
    job: dict[str, object] = {
        "job": "make",
        "tender": str(tender_id),
        "openers": [key.hex() for key in openers],
        "threshold": threshold,
    }
    async with _strongroom(job) as room:
        made = json.loads(await room.answer())
    parts = [
        MadeShare(
            one["index"],
            bytes.fromhex(one["sealed"]),
            bytes.fromhex(one["salt"]),
            bytes.fromhex(one["commitment"]),
        )
        for one in made["shares"]
    ]
    return MadeKey(bytes.fromhex(made["public_key"]), bytes.fromhex(made["canary"]), parts, made["tried"])


class OpenRoom:
    """A strongroom that holds the key: hand it a sealed bid, get what was in it."""

    def __init__(self, room: "_Room") -> None:
        self._room = room
        self._is_open = False

    async def ready(self) -> None:
        """Wait until the key is made and tried on the canary. Raises SharesDoNotOpen."""
        if not self._is_open and await self._room.answer() != strongroom.OPENED:
            raise SharesDoNotOpen
        self._is_open = True

    async def unseal(self, sealed: bytes) -> bytes | None:
        """What was sealed; None when it was altered, or sealed to another key."""
        return (await self.unseal_all([sealed]))[0]

    async def unseal_all(self, sealed: Sequence[bytes]) -> list[bytes | None]:
        """The same for some bids at once: each passage between two processes costs more than a small bid's decryption."""
        await self.ready()
        # Told and heard at the same time, because both pipes are shorter than a bid.
        telling = asyncio.create_task(
            self._room.tell(
                *(one if 0 < len(one) <= frames.LARGEST else strongroom.NOTHING for one in sealed), b""
            )
        )
        try:
            answers = [await self._room.answer() for _ in sealed]
        finally:
            telling.cancel() if not telling.done() else None
            with suppress(asyncio.CancelledError):
                await telling
        return [answer[1:] if answer[:1] == strongroom.OPENED else None for answer in answers]


@asynccontextmanager
async def opened(tender_id: UUID, canary: bytes, shares: Sequence[Share]) -> AsyncIterator[OpenRoom]:
    """A strongroom that makes the key of these ``shares``; ``ready`` waits for it. Raises SharesDoNotOpen, StrongroomIsBroken."""
    job: dict[str, object] = {
        "job": "open",
        "tender": str(tender_id),
        "canary": canary.hex(),
        "shares": [bytes(share).hex() for share in shares],
    }
    async with _strongroom(job) as room:
        yield OpenRoom(room)


class _Room:
    """The pipes of one strongroom."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout

    async def tell(self, *contents: bytes) -> None:
        self._in.writelines(frames.packed(content) for content in contents)
        with suppress(ConnectionError):  # it ended early: the answer will be missing, and that is said
            await self._in.drain()

    async def answer(self) -> bytes:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await self._out.readexactly(4)
                return await self._out.readexactly(frames.length_of(head))
        except (frames.BrokenFrame, asyncio.IncompleteReadError, TimeoutError):
            raise StrongroomIsBroken from None

    def close(self) -> None:
        self._in.close()


@asynccontextmanager
async def _strongroom(job: dict[str, object]) -> AsyncIterator[_Room]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        strongroom.__name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1024 * 1024,
    )
    room = _Room(process)
    try:
        await room.tell(json.dumps(job).encode())
        yield room
    finally:
        room.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
