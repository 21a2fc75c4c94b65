"""A plain HTTP client that costs little itself: a few kept connections, each asking again as soon as it is answered."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 4


class NotAnswered(Exception):
    """The server answered with something else than 200."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of asking for a while: answers a second, and the size of the last body in bytes."""

    per_second: float
    size: int


def get(path: str) -> bytes:
    """A page, asked for by a stranger."""
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-language: zh-CN\r\n\r\n".encode()


def post_json(path: str, body: object) -> bytes:
    """A JSON body, as GraphQL wants it."""
    sent = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(sent)}\r\n\r\n"
    return head.encode() + sent


def ask_for_a_while(address: str, requests: Sequence[bytes], seconds: float) -> Load:
    """Send ``requests`` in turn, over and over, for that long, after a few that do not count. Raises NotAnswered."""
    return uvloop.run(_ask(address, requests, seconds))


async def _ask(address: str, requests: Sequence[bytes], seconds: float) -> Load:
    parts = urlsplit(address)
    clients = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(CONNECTIONS)]
    size = 0
    for client in clients:
        for request in requests:
            size = await _exchange(*client, request)
    begun = time.perf_counter()
    counts = await asyncio.gather(*(_keep_asking(*client, requests, begun + seconds) for client in clients))
    rate = sum(counts) / (time.perf_counter() - begun)
    for _, writer in clients:
        writer.close()
    return Load(rate, size)


async def _keep_asking(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Sequence[bytes], until: float
) -> int:
    done = 0
    for request in cycle(requests):
        if time.perf_counter() >= until:
            break
        await _exchange(reader, writer, request)
        done += 1
    return done


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head[:20]:
        raise NotAnswered(head.decode("latin-1"))
    size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(size)
    return size
