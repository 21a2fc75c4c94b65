"""What happens around every request: an id, the viewer, the language, one origin, and the headers of the answer."""

from dataclasses import replace

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import LOCALES, negotiate
from marketplace.notices import queries as notices
from web.csrf import SAFE_METHODS, check_origin
from web.errors import problem_page
from web.headers import secure
from web.visit import LOCALE_COOKIE, SESSION_COOKIE, TYPE_COOKIE, house_of

# No page is drawn there; the graph finds out by itself who asks, from where and in which language.
_NO_PAGES = ("/static/", "/graphql", "/livez", "/readyz", "/metrics")


class Headers:
    """Puts the security headers and the request id on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id().hex
        site_url = scope["app"].state.house.settings.site_url
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                secure(headers, site_url)
                headers["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self.app(scope, receive, send_with_headers)


class Visit:
    """Finds out who is looking and in which language, and refuses changes that another site asked for.

    The language is the one chosen on this device, then the signed-in person's, then the browser's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_NO_PAGES):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            _settle(request, *await _viewer(request))
            check_origin(request)
        except MarketplaceError as error:
            if not hasattr(request.state, "viewer"):
                _settle(request, STRANGER, 0)
            await problem_page(request, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _settle(request: Request, viewer: Viewer, unread: int) -> None:
    locale, state = _locale(request, viewer), request.state
    state.viewer, state.locale, state.unread = replace(viewer, locale=locale), locale, unread
    state.large_type = request.cookies.get(TYPE_COOKIE) == "large"


async def _viewer(request: Request) -> tuple[Viewer, int]:
    """Who is looking, and how much in their inbox is new: every page of theirs says so."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return STRANGER, 0
    database = house_of(request).database
    async with database.reading() as session:
        viewer = await viewers.from_session(session, token)
        unread = await notices.unread_count(session, viewer)
    # Looking must stay a read, so only those who change something are noted as seen.
    if viewer.session_id is not None and request.method not in SAFE_METHODS:
        async with database.unit_of_work() as session:
            await viewers.mark_seen(session, viewer.session_id)
    return viewer, unread


def _locale(request: Request, viewer: Viewer) -> str:
    chosen = request.cookies.get(LOCALE_COOKIE)
    if chosen in LOCALES:
        return chosen
    if not viewer.is_stranger:
        return viewer.locale
    return negotiate(request.headers.get("accept-language", ""))
