"""Every route of the site, as a stranger, an outsider and the strongest member, with whatever may be typed or forged: nothing breaks.

The routes are asked of the application, so a new page is tried without a word here. Every case begins with the same house.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.routing import Route

from marketplace.bootstrap import House
from marketplace.hours.codes import Rotation
from marketplace.hours.states import Direction
from marketplace.identity.viewer import Role
from marketplace.kernel.input import Draft
from tests import city, everything
from tests.everything import Everything, Row, Watch, by_table
from tests.web.visitor import FormSeen, Page, Visitor
from web import csrf
from web.app import create_app
from web.visit import SESSION_COOKIE

Values: TypeAlias = dict[str, str | list[str]]

# The path parameters whose name is not the singular of their table.
TABLES = {
    "consent": "guardian_consents",
    "document": "organisation_documents",
    "entry": "ledger_entries",
    "grant": "role_grants",
    "job": "outbox_events",
    "person": "people",
    "qualification": "person_qualifications",
    "request": "hour_entry_requests",
    "review": "hour_reviews",
    "series": "shift_series",
    "session": "signed_in_sessions",
    "token": "api_tokens",
}
GARBAGE = (
    "x",
    "NUL \0 and \x1b[31m and \u202egnihtemos",
    "长" * 10_000,
    "😀🏳️‍🌈",
    "-1",
    "9" * 400,
    "1e400",
    "NaN",
    "2026-02-30",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "25:61",
    "[1, 2]",
    '{"a": {}}',
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "\ud800",
    "true",
    "//evil.example/",
)
QUERIES = (*GARBAGE, "AAAA", "WyIyMDI2LTExLTIyVDAyOjAwOjAwKzAwOjAwIiwgIngiXQ", "W10", "bnVsbA")
QUERY_NAMES = (
    "after",
    "before",
    "next",
    "q",
    "text",
    "category",
    "area",
    "tags",
    "day_from",
    "day_to",
    "within_km",
    "only_suitable",
    "language",
    "sort",
    "field",
    "show",
    "year",
    "shift",
    "direction",
)
# What is written while somebody signs in, refused or not; and that whoever acts was seen.
SIGN_IN_TABLES = {"sign_in_challenges", "signed_in_sessions"}
# Wrong digits stay counted, that is their point.
COUNTED_WHEN_REFUSED = SIGN_IN_TABLES | {"check_in_tries"}


@dataclass
class Knocker:
    """One visitor, the house that is watched, and what went wrong so far."""

    visitor: Visitor
    things: Everything
    watch: Watch
    words: dict[str, list[str]]
    cookies: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    asked: int = 0

    async def knock(self, method: str, path: str, **sent: Any) -> Page | None:
        """The answer, or None when there was none to give. The house is as it was afterwards."""
        self.asked += 1
        self.visitor.client.cookies.clear()
        for name, value in self.cookies.items():
            self.visitor.client.cookies.set(name, value, domain="testserver.local")
        said = f"{method} {path[:90]!r} {str(sent)[:200]}"
        try:
            page = Page(await self.visitor.client.request(method, path, **sent))
        except Exception as error:
            self.faults.append(f"{said}: {type(error).__name__}: {str(error)[:300]}")
            return None
        changes = self.watch.changes()
        if changes:
            self.watch.restore()
        self._judge(said, method, page, changes)
        return page

    def _judge(self, said: str, method: str, page: Page, changes: dict[Row, Any]) -> None:
        if page.status >= 500:
            self.faults.append(f"{said}: {page.status}")
        changed = by_table(changes)
        leads_to_sign_in = (page.location or "").startswith("/sign-in?")
        is_refused = page.status >= 400 or leads_to_sign_in
        allowed = COUNTED_WHEN_REFUSED if is_refused else set(changed)
        if method == "GET":
            allowed = set()
        if changed.keys() - allowed:
            self.faults.append(f"{said}: {page.status} and yet it changed {changed}")
        if page.location and not page.location.startswith("/"):
            self.faults.append(f"{said}: leads to {page.location}")
        self.faults += [f"{said}: {problem}" for problem in self.forbidden(changes)]

    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        """What this visitor may never change, whatever the answer was."""
        return iter(())


class Stranger(Knocker):
    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        if by_table(changes).keys() - SIGN_IN_TABLES:
            yield f"a stranger changed {by_table(changes)}"


class Outsider(Knocker):
    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        mine = self.things.outsider.hex
        for (table, _), (old, _) in changes.items():
            is_mine = mine in (old.get("person_id"), old.get("id"))
            # A place of a shift is taken by whoever signs up.
            if old and not is_mine and table != "shifts":
                yield f"an outsider changed somebody's row of {table}"


ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
async def things(house: House) -> Everything:
    return await everything.build(house)


@pytest.fixture
async def knocker(
    request: pytest.FixtureRequest, house: House, app: Starlette, things: Everything
) -> AsyncIterator[Knocker]:
    kind: type[Knocker] = request.param
    visitor = Visitor(app, house)
    if kind is not Stranger:
        await visitor.sign_in(things.member if kind is Knocker else things.outsider)
    await visitor.get("/sign-in")
    cookies = {cookie.name: cookie.value or "" for cookie in visitor.client.cookies.jar}
    watch = Watch(Path(make_url(house.settings.database_url).database or ""))
    yield kind(visitor, things, watch, _words(house, things), cookies)
    watch.close()
    await visitor.client.aclose()


def _words(house: House, things: Everything) -> dict[str, list[str]]:
    """What stands in paths beside ids, by the parameter's name."""
    rotation = Rotation(house.vault, 60)
    shift_id = things.ids["shifts"][0]
    check_in = rotation.token(shift_id, Direction.IN, house.clock.now())
    return {
        "code": [city.CHANGNING, everything.PROPOSED_TAG, "elderly_care", "minimum_age"],
        "token": [things.unsubscribe_token, everything.CALENDAR_TOKEN, check_in],
        "direction": ["in", "out"],
        "kind": ["contact", "terms"],
    }


def _paths(knocker: Knocker, route: Route) -> list[str]:
    """Existing things: every parameter takes each of its values, side by side."""
    choices = {name: _existing(knocker, name) for name in route.param_convertors}
    assert all(choices.values()), f"tests/everything.py has nothing for {route.path}"
    most = max(map(len, choices.values()), default=1)
    rows = islice(zip(*(cycle(values) for values in choices.values()), strict=True), most) if choices else [()]
    return [_filled(route, dict(zip(choices, row, strict=True))) for row in rows]


def _existing(knocker: Knocker, name: str) -> list[str]:
    if not name.endswith("_id"):
        return knocker.words.get(name, ["x"])
    noun = name.removesuffix("_id")
    return [str(one) for one in knocker.things.ids[TABLES.get(noun, f"{noun}s")]]


def _wrong_paths(knocker: Knocker, route: Route) -> list[str]:
    """Things that are not there, things of another kind, and no things at all."""
    names = list(route.param_convertors)
    if not names:
        return []
    someone = str(knocker.things.member)
    values = (str(uuid4()), someone, someone.upper(), someone.replace("-", ""), *GARBAGE)
    return [_filled(route, dict.fromkeys(names, value[:3000])) for value in values]


def _filled(route: Route, values: dict[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        return quote(values[match.group(1)], safe="", errors="surrogatepass")

    return re.sub(r"{(\w+)(?::\w+)?}", fill, route.path)


def _routes(app: Starlette, method: str) -> list[Route]:
    return [r for r in app.routes if isinstance(r, Route) and r.methods and method in r.methods]


def _query(value: str) -> str:
    return "?" + urlencode(dict.fromkeys(QUERY_NAMES, value[:3000]), errors="surrogatepass")


VISITORS = pytest.mark.parametrize(
    "knocker", [Stranger, Outsider, Knocker], indirect=True, ids=["stranger", "outsider", "member"]
)


@ON_SQLITE
@VISITORS
async def test_no_address_breaks(knocker: Knocker, app: Starlette) -> None:
    for route in _routes(app, "GET"):
        existing = _paths(knocker, route)
        for path in (*existing, *_wrong_paths(knocker, route)):
            await knocker.knock("GET", path)
        for value in QUERIES:
            await knocker.knock("GET", existing[0] + _query(value))
        await knocker.knock("GET", existing[0] + "?after=1&after=2&area[]=3&tags[0]=x&=&&%ZZ")
    assert not knocker.faults, "\n".join(knocker.faults)
