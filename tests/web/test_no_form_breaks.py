"""Every route of the site, as a stranger, an outsider and the strongest member, with whatever may be typed or forged: nothing breaks.

The routes are asked of the application, so a new page is tried without a word here. Every case begins with the same house.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.routing import Match, Route

from marketplace.bootstrap import House
from marketplace.hours.codes import Rotation
from marketplace.hours.states import Direction
from marketplace.kernel.input import Draft
from marketplace.kernel.pagination import encode_cursor
from tests import city, everything, everything_delivered
from tests.everything import Everything
from tests.straight import Answer, StraightClient
from tests.watching import Row, Watch, by_table
from tests.web.visitor import FormSeen, Page, Visitor
from web import csrf

Values: TypeAlias = dict[str, str | list[str]]

# The path parameters whose name is not the singular of their table.
TABLES = {
    "award": "awards",
    "bid": "bids",
    "bid_lot": "bid_lots",
    "buyer": "buyers",
    "call_off": "call_offs",
    "change": "contract_changes",
    "comment": "list_comments",
    "consent": "guardian_consents",
    "contract": "contracts",
    "correction": "award_corrections",
    "delivery": "deliveries",
    "document": "organisation_documents",
    "edition": "list_editions",
    "entry": "ledger_entries",
    "evidence": "delivery_evidence",
    "expert": "experts",
    "grant": "role_grants",
    "hiding": "rating_hidings",
    "item": "list_items",
    "job": "outbox_events",
    "list": "service_lists",
    "lot": "lots",
    "lottery": "lotteries",
    "member": "panel_members",
    "milestone": "contract_milestones",
    "objection": "objections",
    "opener": "tender_openers",
    "payment": "contract_payments",
    "paper": "bid_documents",
    "person": "people",
    "photo": "rating_photos",
    "price_query": "price_queries",
    "process": "tenders",
    "proposal": "assignment_proposals",
    "qualification": "person_qualifications",
    "question": "tender_questions",
    "recipient": "delivery_recipients",
    "request": "hour_entry_requests",
    "review": "hour_reviews",
    "role": "need_roles",
    "run": "assignment_runs",
    "search": "saved_searches",
    "series": "shift_series",
    "session": "signed_in_sessions",
    "sheet": "score_sheets",
    "tender": "tenders",
    "submission": "bid_submissions",
    "token": "api_tokens",
    "weights": "ranking_weights",
    "wish": "service_wishes",
}
# Whoever asks for one of these finds something out in every reader of text, number, day, list and id.
GARBAGE = (
    "NUL \0 and \x1b[31m and \u202egnihtemos",
    "长" * 10_000,
    "-1",
    "9" * 400,
    "2026-02-30",
    "\ud800",
    "9999-12-31T23:59",
    "😀🏳️‍🌈",
    "1e400",
    "0001-01-01T00:00",
    "NaN",
    "25:61",
    "[1, 2]",
    '{"a": {}}',
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "true",
    "//evil.example/",
)
CURSORS = ("AAAA", encode_cursor("x", 1), encode_cursor(10**15, -1), encode_cursor(city.NOW, "x"), "bnVsbA")
QUERY_NAMES = (
    "after",
    "cursor",
    "limit",
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
# Nobody works in this house, and readiness says so.
TELLS_THE_TRUTH = "/readyz"
# What is written while somebody signs in, refused or not; and that whoever acts was seen.
SIGN_IN_TABLES = {"sign_in_challenges", "signed_in_sessions"}
# The address in a letter is all that stopping it takes, for mail programs too.
NEEDS_NO_TOKEN = "/unsubscribe/"
# Who saw something sensitive, or asked for it in vain, is on record (docs/adr/0024).
ALWAYS_NOTED = {"procurement_accesses"}
# Whoever opened codes of slips is on record, too.
SEEN_ON_RECORD = "/slips"
# Wrong digits stay counted, that is their point.
COUNTED_WHEN_REFUSED = SIGN_IN_TABLES | {"check_in_tries", "ticket_tries"}
# Who holds a slip rates with it, without an account; what the first rating of a month needs comes with it.
BY_SLIP = {
    "ticket_tries",
    "rating_tickets",
    "ratings",
    "rating_words",
    "rating_sources",
    "rating_periods",
    "rule_freezes",
    "contract_raters",
    "outbox_streams",
    "outbox_events",
    "audit_entries",
}


# A form with more is refused unread.
MOST_FIELDS = 150
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
UPLOAD = (
    b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nTOKEN\r\n'
    b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\ncharter\r\n'
    b'--x\r\nContent-Disposition: form-data; name="document"; filename="../../\xff<b>\x00.pdf"\r\n'
    b"Content-Type: text/html; charset=\xff\r\n\r\n%PDF-\x00\xff\r\n--x--\r\n"
)


def _form(fields: Mapping[str, str | list[str]]) -> bytes:
    sent = ((name, [value] if isinstance(value, str) else value) for name, value in fields.items())
    return "&".join(_pair(name, one) for name, values in sent for one in values).encode("ascii")


@cache
def _pair(name: str, value: str) -> str:
    """One field as a form sends it: the same ones are sent thousands of times."""
    return urlencode({name: value.encode("utf-8", "surrogatepass")})


def _is_refused(answer: Answer) -> bool:
    return answer.status_code >= 400 or answer.headers.get("location", "").startswith("/sign-in?")


@dataclass
class Knocker:
    """One visitor, the house that is watched, and what went wrong so far."""

    client: StraightClient
    things: Everything
    watch: Watch
    words: dict[str, list[str]]
    token: str
    faults: list[str] = field(default_factory=list)

    async def knock(self, method: str, path: str, **sent: Any) -> Answer | None:
        """The answer, or None when there was none to give. The house is as it was afterwards."""
        said = f"{method} {path[:90]!r} {str(sent)[:200]}"
        try:
            answer = await self.client.request(method, path, **sent)
        except Exception as error:
            self.faults.append(f"{said}: {type(error).__name__}: {str(error)[:300]}")
            return None
        changes = self.watch.changes()
        if changes:
            self.watch.restore()
        self.faults += [f"{said}: {answer.status_code}, {why}" for why in self._wrong(answer, changes)]
        return answer

    async def send(self, path: str, fields: Values) -> None:
        """Post a form with a good token."""
        await self.knock("POST", path, content=_form({**fields, csrf.FIELD: self.token}), headers=FORM)

    async def forge(self, path: str, fields: Values) -> None:
        """Post a form without a token, and with one that is not ours."""
        for token in ({}, {csrf.FIELD: "forged"}):
            answer = await self.knock("POST", path, content=_form({**fields, **token}), headers=FORM)
            is_taken = answer is not None and not _is_refused(answer)
            if is_taken and not path.startswith(NEEDS_NO_TOKEN):
                self.faults.append(f"POST {path} took a forged form")

    async def upload(self, path: str) -> None:
        """Post a file under a name and of a type that browsers do not send."""
        body = UPLOAD.replace(b"TOKEN", self.token.encode())
        await self.knock("POST", path, content=body, headers=MULTIPART)

    def _wrong(self, answer: Answer, changes: dict[Row, Any]) -> Iterator[str]:
        method, path = answer.method, answer.path
        if answer.status_code >= 500 and path != TELLS_THE_TRUTH:
            yield "which is a fault of ours"
        location = answer.headers.get("location", "/")
        changed = {table: rows for table, rows in by_table(changes).items() if table not in ALWAYS_NOTED}
        is_on_record = path.endswith(SEEN_ON_RECORD) and changed.keys() == {"audit_entries"}
        if method == "GET" and changed and not is_on_record:
            yield f"and looking changed {changed}"
        if _is_refused(answer) and changed.keys() - COUNTED_WHEN_REFUSED:
            yield f"and yet it changed {changed}"
        if not location.startswith("/") or location.startswith("//"):
            yield f"which leads to {location}"
        yield from self.forbidden(changes)

    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        """What this visitor may never change, whatever the answer was."""
        return iter(())


class Stranger(Knocker):
    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        if by_table(changes).keys() - SIGN_IN_TABLES - ALWAYS_NOTED - BY_SLIP - {"notice_preferences"}:
            yield f"a stranger changed {by_table(changes)}"


class Outsider(Knocker):
    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        mine = self.things.outsider.hex
        for (table, _), (old, _) in changes.items():
            is_mine = mine in (old.get("person_id"), old.get("id"))
            if old and not is_mine and table not in everything.MOVED_BY_OTHERS:
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
    token = (await visitor.get("/preferences")).forms[0].fields[csrf.FIELD][0]
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookies.jar)
    await visitor.client.aclose()
    watch = Watch(Path(make_url(house.settings.database_url).database or ""))
    client = StraightClient(app, accept_language="en", cookie=cookies)
    yield kind(client, things, watch, _words(house, things), token)
    watch.close()


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
        "month": ["2026-10"],
        "number": ["1"],
        "ranking": ["volunteer", "provider"],
        "ocid": [everything.IMPORTED_OCID],
        "part": ["extension", "release-schema"],
        "service_type": ["elderly_care"],
        "step": ["need", "lots", "criteria", "dates"],
        "ticket_code": [everything_delivered.slip_code(house)],
        "year": ["2026"],
    }


def _paths(knocker: Knocker, route: Route) -> list[str]:
    """Existing things: every parameter takes each of its values, side by side."""
    choices = {name: _existing(knocker, name) for name in route.param_convertors}
    assert all(choices.values()), f"tests/everything.py has nothing for {route.path}"
    most = max(map(len, choices.values()), default=1)
    rows = (
        islice(zip(*(cycle(values) for values in choices.values()), strict=True), most) if choices else [()]
    )
    return [_filled(route, dict(zip(choices, row, strict=True))) for row in rows]


def _existing(knocker: Knocker, name: str) -> list[str]:
    if not name.endswith("_id"):
        return knocker.words.get(name, ["x"])
    noun = name.removesuffix("_id")
    return [str(one) for one in knocker.things.ids[TABLES.get(noun, f"{noun}s")]]


def _wrong_paths(knocker: Knocker, route: Route, garbage: Iterator[str]) -> list[str]:
    """Things that are not there, things of another kind, and no things at all."""
    names = list(route.param_convertors)
    if not names:
        return []
    values = (str(uuid4()), str(knocker.things.member), *islice(garbage, 2))
    return [_filled(route, dict.fromkeys(names, value[:1000])) for value in values]


def _filled(route: Route, values: dict[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        return quote(values[match.group(1)], safe="", errors="surrogatepass")

    return re.sub(r"{(\w+)(?::\w+)?}", fill, route.path)


def _routes(app: Starlette, method: str) -> list[Route]:
    return [r for r in app.routes if isinstance(r, Route) and r.methods and method in r.methods]


def _query(value: str) -> str:
    return "?" + urlencode(dict.fromkeys(QUERY_NAMES, value[:200]), errors="surrogatepass")


VISITORS = pytest.mark.parametrize(
    "knocker", [Stranger, Outsider, Knocker], indirect=True, ids=["stranger", "outsider", "member"]
)


@ON_SQLITE
@VISITORS
async def test_no_address_breaks(knocker: Knocker, app: Starlette) -> None:
    garbage, cursors = cycle(GARBAGE), cycle(CURSORS)
    for route in _routes(app, "GET"):
        existing = _paths(knocker, route)
        for path in (*existing[:2], *_wrong_paths(knocker, route, garbage)):
            await knocker.knock("GET", path)
        for value in (*islice(cursors, 2), *islice(garbage, 2)):
            await knocker.knock("GET", existing[0] + _query(value))
        await knocker.knock("GET", existing[0] + "?after=1&after=2&area[]=3&tags[0]=x&=&&%ZZ")
    assert not knocker.faults, "\n".join(knocker.faults)


@ON_SQLITE
@VISITORS
async def test_no_form_breaks(knocker: Knocker, app: Starlette) -> None:
    forms = await _forms(knocker, app)
    names = sorted({name for form in forms.values() for name in form.names} | _draft_fields())
    batches = [names[start : start + MOST_FIELDS] for start in range(0, len(names), MOST_FIELDS)]
    garbage = cycle(GARBAGE)
    for route in _routes(app, "POST"):
        if route.path == "/graphql":
            continue
        form = forms.get(route.name)
        path = form.action if form else _paths(knocker, route)[0]
        whole = cycle([sorted(form.names)] if form else batches)
        for other in (*_paths(knocker, route)[:3], *_wrong_paths(knocker, route, garbage)):
            await knocker.send(other, dict.fromkeys(next(whole), "1"))
        await knocker.forge(path, dict.fromkeys(next(whole), "1"))
        await knocker.send(path, {name: ["1", "2", ""] for name in next(whole)[: MOST_FIELDS // 3]})
        for value in islice(garbage, 2):
            await knocker.send(path, dict.fromkeys(next(whole), value[:400]))
        await knocker.send(path, {})
        await knocker.knock("POST", path, content=b"{}", headers={"content-type": "application/json"})
        await knocker.knock("POST", path, content=b"--x", headers={"content-type": "multipart/form-data"})
        await knocker.upload(path)
        if form is not None:
            await _spoil(knocker, form, garbage)
    assert not knocker.faults, "\n".join(knocker.faults)


async def _forms(knocker: Knocker, app: Starlette) -> dict[str, FormSeen]:
    """The forms that the visitor is shown anywhere, one for each route that takes them."""
    found: dict[str, FormSeen] = {}
    takers = _routes(app, "POST")
    for route in _routes(app, "GET"):
        for path in _paths(knocker, route):
            answer = await knocker.knock("GET", path)
            for form in Page(answer).forms if answer else ():
                scope = {"type": "http", "method": "POST", "path": form.action}
                name = next((taker.name for taker in takers if taker.matches(scope)[0] is Match.FULL), None)
                if form.method == "post" and name:
                    found.setdefault(name, form)
    return found


def _draft_fields() -> set[str]:
    """What commands take, whether or not a form of theirs was seen."""

    def below(kind: type[Draft]) -> Iterator[type[Draft]]:
        for one in kind.__subclasses__():
            yield from (one, *below(one))

    return {name for kind in below(Draft) for name in kind.model_fields}


async def _spoil(knocker: Knocker, form: FormSeen, garbage: Iterator[str]) -> None:
    """The form as it was shown, and again with one field after the other spoilt."""
    shown: Values = {name: list(values) for name, values in form.fields.items()}
    await knocker.send(form.action, shown)
    for name in sorted(form.names - {csrf.FIELD}):
        for value in islice(garbage, 2):
            await knocker.send(form.action, {**shown, name: value})


HEADERS = (
    "origin",
    "referer",
    "host",
    "cookie",
    "accept-language",
    "user-agent",
    "if-none-match",
    "sec-fetch-site",
)
HEADER_GARBAGE = (
    b"http://[",
    b"//[::1",
    b"\xff\xfe\x80",
    b"x" * 9000,
    b"wushe_session=\xff; wushe_said=AA.BB; locale=\xff; type=x; wushe_code=====; wushe_visit=\x01",
    b"wushe_said=W10=.x; wushe_code=AAAA; wushe_session=" + b"A" * 4000,
    b"zh;q=2, en;q=-1, *;q=NaN, ;;;,",
    b'W/"x", *, "',
    b"",
)


@ON_SQLITE
@pytest.mark.parametrize("knocker", [Stranger, Outsider], indirect=True, ids=["stranger", "outsider"])
async def test_no_header_breaks(knocker: Knocker) -> None:
    doors = (("GET", "/"), ("POST", "/sign-in"), ("POST", "/my/calendar"), ("GET", "/sign-in/code"))
    calendar = ("GET", f"/calendar/{everything.CALENDAR_TOKEN}.ics")
    for method, path in (*doors, calendar, ("GET", "/static/wushe.css"), ("POST", "/graphql")):
        for header in HEADERS:
            for value in HEADER_GARBAGE:
                sent = {header: value, "content-type": b"application/json"}
                await knocker.knock(method, path, headers=sent, content=b'{"query": "{ viewer { name } }"}')
                if method == "POST" and path != "/graphql":
                    form = urlencode({csrf.FIELD: knocker.token}).encode()
                    await knocker.knock(method, path, headers={**FORM, header: value}, content=form)
    assert not knocker.faults, "\n".join(knocker.faults)
