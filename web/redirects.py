"""Redirects that stay in the house, and the one sentence that is shown after them."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from marketplace.kernel.addresses import host_of
from web.addresses import path_of
from web.visit import house_of, keep_cookie

FLASH_COOKIE = "wushe_said"
_PURPOSE = "flash"
_LONGEST = 600
_SECONDS = 120

Tone = Literal["good", "note", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Flash:
    """What was just done, told once on the next page."""

    tone: Tone
    text: str


def safe_path(path: str | None, otherwise: str = "/") -> str:
    """``path`` when it leads to a page of ours, else ``otherwise``. Browsers read //host and /\\host as other sites."""
    if not path or len(path) > 2000 or not path.startswith("/") or path.startswith(("//", "/\\")):
        return otherwise
    if any(ord(char) < 33 or char == "\\" for char in path) or urlsplit(path).netloc:
        return otherwise
    return path


def came_from(request: Request) -> str:
    """The path of the page of ours that led here, or the home page."""
    address = request.headers.get("referer", "")
    if not host_of(address) or host_of(address) != request.headers.get("host"):
        return "/"
    referrer = urlsplit(address)
    return safe_path(referrer.path + (f"?{referrer.query}" if referrer.query else ""))


def redirect(request: Request, name: str, said: str | None = None, **params: Any) -> Response:
    """303 to the page called ``name``; ``said`` is shown there once."""
    return redirect_to(request, path_of(request, name, **params), said)


def redirect_to(
    request: Request, path: str, said: str | None = None, *, tone: Tone = "good", **query: str
) -> Response:
    """303 to a path of ours; ``said`` is shown there once. A path that leads elsewhere becomes the home page."""
    target = safe_path(path)
    if query:
        target += ("&" if "?" in target else "?") + urlencode(query)
    response = RedirectResponse(target, status_code=303)
    if said:
        _put_flash(request, response, Flash(tone, said[:_LONGEST]))
    return response


def _put_flash(request: Request, response: Response, flash: Flash) -> None:
    body = base64.urlsafe_b64encode(orjson.dumps([flash.tone, flash.text])).decode()
    value = f"{body}.{house_of(request).vault.sign(body, _PURPOSE)}"
    keep_cookie(request, response, FLASH_COOKIE, value, _SECONDS)


def flash_of(request: Request) -> Flash | None:
    """The sentence that came with this visit, when we signed it."""
    body, _, signature = request.cookies.get(FLASH_COOKIE, "").partition(".")
    if not body or not house_of(request).vault.is_signed(body, signature, _PURPOSE):
        return None
    try:
        tone, text = orjson.loads(base64.urlsafe_b64decode(body))
    except (ValueError, binascii.Error):
        return None
    return Flash(tone, text)
