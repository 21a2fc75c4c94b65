"""The way out for one-time codes: a port with a console for the demo and a webhook for production.

Commands never call it. The edge does, after its transaction: a code that is on record but never arrived harms nobody, a
code that arrived and is not on record locks somebody out; and no transaction waits for somebody else's server.
"""

import asyncio
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import orjson
import structlog

from marketplace.identity.errors import CodeCouldNotBeSent

_SECONDS = 10
_MOST_KEPT = 200
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """One code on its way: to which phone, what for, in which language. Printing it shows neither phone nor code."""

    challenge_id: UUID
    purpose: str
    locale: str
    phone: str = field(repr=False)
    code: str = field(repr=False)


class CodeGateway(Protocol):
    """Sends one-time codes. Raises CodeCouldNotBeSent."""

    async def send(self, message: CodeMessage) -> None: ...


class ConsoleGateway:
    """For the demo: prints the code, and remembers the last ones so that the demo's page can show them, marked as such."""

    def __init__(self) -> None:
        self._codes: OrderedDict[UUID, str] = OrderedDict()

    async def send(self, message: CodeMessage) -> None:
        self._codes[message.challenge_id] = message.code
        while len(self._codes) > _MOST_KEPT:
            self._codes.popitem(last=False)
        print(f"[demo] one-time code for {message.purpose}: {message.code}", flush=True)

    def code_of(self, challenge_id: UUID) -> str | None:
        """The code that a phone would have received."""
        return self._codes.get(challenge_id)


class WebhookGateway:
    """For production: posts JSON with a bearer token to an https:// address that sends the message.

    The body is ``{"phone", "code", "purpose", "locale", "id"}``; ``id`` is the same when a message is sent again.
    """

    def __init__(self, url: str, token: str) -> None:
        if not url.startswith("https://"):
            raise ValueError("one-time codes leave the house by https:// only")
        self._url, self._token = url, token

    async def send(self, message: CodeMessage) -> None:
        try:
            await asyncio.to_thread(self._post, message)
        except OSError as error:
            # The reason, never the message: logs hold no personal data.
            _log.error("codes.not_sent", challenge_id=str(message.challenge_id), reason=type(error).__name__)
            raise CodeCouldNotBeSent() from None

    def _post(self, message: CodeMessage) -> None:
        body = orjson.dumps(
            {
                "phone": message.phone,
                "code": message.code,
                "purpose": message.purpose,
                "locale": message.locale,
                "id": str(message.challenge_id),
            }
        )
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - https only, see above
        opener = urllib.request.build_opener(_NoRedirects)
        with opener.open(request, timeout=_SECONDS):
            return


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token and the code to an address that nobody configured."""

    def redirect_request(self, *_given: object) -> None:
        return None


def console_code(gateway: CodeGateway, challenge_id: UUID) -> str | None:
    """The code that the demo's console received; None whenever codes really leave the house."""
    return gateway.code_of(challenge_id) if isinstance(gateway, ConsoleGateway) else None
