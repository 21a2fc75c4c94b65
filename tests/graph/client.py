"""Asks the graph over HTTP, in process: what a browser, a program or an attacker would send."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import UUID

import httpx2
import orjson
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.graph.answers import Answers
from marketplace.graph.edge import GraphEndpoint, graph_route
from marketplace.graph.limits import Limits
from marketplace.graph.print import CONTRACT
from marketplace.identity.models import ApiToken, SignedInSession
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest
from tests import city
from tests.straight import StraightClient

COOKIE = "wushe_session"
_SPREAD = re.compile(r"\.\.\.([A-Z]\w*)")


def operation(name: str) -> str:
    """The named operation in ``graphql/operations``, such as ``areas/area``, as a document."""
    return document((CONTRACT / "operations" / f"{name}.graphql").read_text(encoding="utf-8"))


def document(asked: str) -> str:
    """What is asked, together with the fragments that it spreads and those that they spread."""
    parts, wanted = {"": asked}, _SPREAD.findall(asked)
    while wanted:
        name = wanted.pop()
        if name not in parts:
            parts[name] = _fragments()[name]
            wanted += _SPREAD.findall(parts[name])
    return "\n".join(parts.values())


@cache
def _fragments() -> dict[str, str]:
    texts = [path.read_text(encoding="utf-8") for path in (CONTRACT / "fragments").glob("*.graphql")]
    return {text.split()[1]: text for text in texts}


class GraphClient:
    """Posts to ``/graphql``; ``headers`` are sent with every request."""

    def __init__(self, client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self.headers = headers

    async def ask(
        self, query: str, headers: dict[str, str] | None = None, **variables: Any
    ) -> dict[str, Any]:
        """The answer to one document, which must be answered with 200."""
        body = {"query": query, "variables": variables}
        response = await self.post(orjson.dumps(body), headers)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that must have no errors."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx2.Response:
        """Any bytes as JSON, unless ``headers`` say otherwise."""
        return await self.send("POST", body, {"content-type": "application/json", **(headers or {})})

    async def send(self, method: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        return await self._client.request(
            method, "/graphql", content=body, headers={**self.headers, **headers}
        )


def graph_app(house: House, shape: strawberry.Schema | None = None) -> Starlette:
    """The graph of ``house`` by itself, with the real schema unless another ``shape`` is given."""
    route = graph_route(house, session_cookie=COOKIE)
    if shape is not None:
        route = Route(
            "/graphql", GraphEndpoint(house, Answers(shape, introspection=False), COOKIE, Limits(house))
        )
    return Starlette(routes=[route])


class Asking:
    """Posts JSON to the graph straight, for those who ask tens of thousands of times."""

    def __init__(self, app: Starlette, token: str | None) -> None:
        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        self._client = StraightClient(app, content_type="application/json", accept_language="en", **bearer)

    async def post(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """The status and the answer."""
        answer = await self._client.request("POST", "/graphql", body)
        return answer.status_code, orjson.loads(answer.body)


@asynccontextmanager
async def graph_client(
    house: House, shape: strawberry.Schema | None = None, *, token: str | None = None, language: str = "en"
) -> AsyncIterator[GraphClient]:
    """A client of ``house``, through the real schema unless another ``shape`` is given."""
    headers = {"accept-language": language}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    transport = httpx2.ASGITransport(app=graph_app(house, shape))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield GraphClient(client, headers)


async def ask_as(
    folder: str,
    house: House,
    viewer: Viewer | None,
    name: str,
    /,
    scopes: Sequence[str] = ("read", "write"),
    **variables: Any,
) -> Any:
    """The first field of the answer to a named operation of a folder, or the code of its error."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), *scopes)
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"{folder}/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


async def api_token(session: Session, person_id: UUID, *scopes: str, **facts: Any) -> str:
    """A token with ``scopes`` for that person, valid for a year unless told otherwise."""
    token = new_token()
    defaults: dict[str, Any] = {"expires_at": city.NOW.replace(year=city.NOW.year + 1)}
    session.add(
        ApiToken(
            id=new_id(),
            person_id=person_id,
            name="test",
            token_digest=token_digest(token),
            hint=token[:4],
            scopes=list(scopes),
            created_at=session.now(),
            **{**defaults, **facts},
        )
    )
    await session.flush()
    return token


async def browser_cookie(session: Session, person_id: UUID) -> str:
    """The Cookie header of a browser in which that person is signed in."""
    token = new_token()
    session.add(
        SignedInSession(
            id=new_id(),
            person_id=person_id,
            token_digest=token_digest(token),
            device="test",
            created_at=session.now(),
            last_seen_at=session.now(),
            expires_at=city.NOW.replace(year=city.NOW.year + 1),
        )
    )
    await session.flush()
    return f"{COOKIE}={token}"
