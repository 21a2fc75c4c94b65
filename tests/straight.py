"""Asks an application without an HTTP client between: for those who ask ten thousand times."""

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette

Header = tuple[bytes, bytes]

_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True)
class Answer:
    """What the application said to one request."""

    method: str
    path: str
    status_code: int
    raw_headers: Sequence[Header]
    body: bytes

    @cached_property
    def headers(self) -> dict[str, str]:
        """By name in small letters; of those that come more than once, the last."""
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.raw_headers}

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


class StraightClient:
    """Sends each request with the same headers, unless told otherwise; keeps no cookies and follows nobody."""

    def __init__(self, app: Starlette, **headers: str) -> None:
        self._app = app
        self._headers = {
            "host": "testserver",
            **{name.replace("_", "-"): one for name, one in headers.items()},
        }

    async def request(
        self, method: str, target: str, content: bytes = b"", headers: Mapping[str, str | bytes] | None = None
    ) -> Answer:
        """The answer. What the application raises, this raises."""
        path, _, query = quote(target.partition("#")[0], safe=_AS_IT_IS).partition("?")
        sent = {**self._headers, **(headers or {}), "content-length": str(len(content))}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": unquote(path), "raw_path": path.encode("ascii"), "query_string": query.encode("ascii"), "root_path": "",
            "headers": [(name.encode("ascii"), _bytes(one)) for name, one in sent.items()],
            "client": ("127.0.0.1", 12345), "server": ("testserver", 80),
        }  # fmt: skip
        told: list[MutableMapping[str, Any]] = []
        asked = iter([{"type": "http.request", "body": content, "more_body": False}])
        over = asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            for message in asked:
                return message
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            told.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                over.set()

        await self._app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in told[1:])
        return Answer(method, unquote(path), told[0]["status"], told[0].get("headers", ()), body)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
