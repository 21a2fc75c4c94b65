"""The HTTP edge of the graph: POST with strict JSON only, known origins only, and a clear error for everything else.

The status speaks of the envelope (method, type, size, JSON, token, how often) and of a house whose database is away (503); once that is sound, it is 200 and ``errors`` speak of the
document, as the GraphQL-over-HTTP specification asks of ``application/json``.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from marketplace.bootstrap import House
from marketplace.db.faults import DatabaseIsOutOfReach
from marketplace.graph.answers import Answers, GraphRequest, coded, masked
from marketplace.graph.context import Context
from marketplace.graph.errors import (
    BodyIsTooLarge,
    ContentTypeIsNotJson,
    MethodIsNotPost,
    OriginIsForeign,
    RequestIsMalformed,
    TokenIsInvalid,
    TokenMayNotRead,
    TooManyRequests,
)
from marketplace.graph.json_body import read_object
from marketplace.graph.limits import Limits
from marketplace.graph.schema import schema
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.addresses import host_of
from marketplace.kernel.errors import MarketplaceError, NotAllowed
from marketplace.kernel.locale import negotiate

MAX_BODY = 64 * 1024
READ = "read"
_CONTENT_TYPES = frozenset(
    {"application/json", "application/json;charset=utf-8", 'application/json;charset="utf-8"'}
)
_STATUS: dict[type[MarketplaceError], int] = {
    MethodIsNotPost: 405,
    BodyIsTooLarge: 413,
    ContentTypeIsNotJson: 415,
    TokenIsInvalid: 401,
    TooManyRequests: 429,
    DatabaseIsOutOfReach: 503,
}


def graph_route(house: House, *, session_cookie: str, path: str = "/graphql") -> Route:
    """The route that answers GraphQL for ``house``; a demo may be introspected. A Mount would answer POST with a redirect."""
    answers = Answers(schema(), introspection=house.settings.is_demo)
    return Route(path, GraphEndpoint(house, answers, session_cookie, Limits(house)))


@dataclass(frozen=True, slots=True)
class GraphEndpoint:
    """An ASGI app that answers one request. ``session_cookie`` names the cookie that holds a browser's session token."""

    house: House
    answers: Answers
    session_cookie: str
    limits: Limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        locale = negotiate(request.headers.get("accept-language", ""))
        try:
            response = _json(200, await self._answer(request))
        except MarketplaceError as error:
            response = _refusal(error, locale)
        except ClientDisconnect:
            return
        except Exception as error:
            response = _json(500, {"errors": [masked(error, locale)]})
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> dict[str, Any]:
        asked = await read_request(request)
        source = request.client.host if request.client else ""
        viewer = await self._counted(request, source)
        async with Context(self.house, viewer, _locale(request, viewer), source=source) as context:
            return await self.answers.answer(asked, context)

    async def _counted(self, request: Request, source: str) -> Viewer:
        """Who asks, if they have not asked too often. Somebody who tries tokens is nobody."""
        try:
            viewer = await self._viewer(request)
        except TokenIsInvalid:
            await self.limits.count(STRANGER, source)
            raise
        await self.limits.count(viewer, source)
        return viewer

    async def _viewer(self, request: Request) -> Viewer:
        token = _bearer(request)
        if token is not None:
            async with self.house.database.reading() as session:
                viewer = await viewers.from_api_token(session, token)
            if viewer.is_stranger:
                raise TokenIsInvalid()
            if viewer.scopes is not None and READ not in viewer.scopes:
                raise TokenMayNotRead()
            if viewer.token_id is not None:
                async with self.house.database.unit_of_work() as session:
                    await viewers.mark_used(session, viewer.token_id)
            return viewer
        cookie = request.cookies.get(self.session_cookie)
        if not cookie:
            return STRANGER
        check_origin(request)
        async with self.house.database.reading() as session:
            return await viewers.from_session(session, cookie)


async def read_request(request: Request) -> GraphRequest:
    """The GraphQL request inside ``request``. Raises an Invalid error for whatever is wrong with it."""
    if request.method != "POST":
        raise MethodIsNotPost()
    content_type = "".join(request.headers.get("content-type", "").lower().split())
    if content_type not in _CONTENT_TYPES or "content-encoding" in request.headers:
        raise ContentTypeIsNotJson()
    given = read_object(await _body(request))
    unknown = sorted(given.keys() - {"query", "operationName", "variables", "extensions"})
    if unknown:
        raise RequestIsMalformed(member=unknown[0][:40])
    query, name, variables = given.get("query"), given.get("operationName"), given.get("variables")
    if not isinstance(query, str):
        raise RequestIsMalformed(member="query")
    if not isinstance(name, str | None):
        raise RequestIsMalformed(member="operationName")
    if not isinstance(variables, dict | None):
        raise RequestIsMalformed(member="variables")
    return GraphRequest(query, name, variables or {})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyIsTooLarge(most=MAX_BODY)
    return bytes(body)


def check_origin(request: Request) -> None:
    """Let only our own pages speak with a visitor's cookie. Raises OriginIsForeign, also when the browser says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise OriginIsForeign()
        return
    origin = host_of(request.headers.get("origin", ""))
    if not origin or origin != request.headers.get("host"):
        raise OriginIsForeign()


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenIsInvalid()
    return token.strip()


def _locale(request: Request, viewer: Viewer) -> str:
    asked = request.headers.get("accept-language", "")
    return viewer.locale if not asked.strip(" *") else negotiate(asked)


def _refusal(error: MarketplaceError, locale: str) -> Response:
    status = _STATUS.get(type(error), 403 if isinstance(error, NotAllowed) else 400)
    response = _json(status, {"errors": [coded(error, locale)]})
    if "retry_after" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_after"])
    if status == 405:
        response.headers["Allow"] = "POST"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _json(status: int, answer: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(answer), status, headers, media_type="application/json")
