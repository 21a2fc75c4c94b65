"""A visitor of the pages: opens them, fills their forms in as a browser without JavaScript would, and keeps cookies."""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx2
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.identity.models import SignedInSession
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest
from web.visit import SESSION_COOKIE

BASE = "http://testserver"


@dataclass
class FormSeen:
    """A form as the page shows it: where it goes and what it would send untouched."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Reads forms, ids, and the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[FormSeen] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._open: FormSeen | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag in {"script", "style", "title"}:
            self._silent += 1
        if tag == "form":
            self._open = FormSeen(str(given.get("action", "")), str(given.get("method", "get")))
            self.forms.append(self._open)
        elif self._open is not None and given.get("name"):
            self._control(tag, str(given["name"]), given)
        elif tag == "option" and self._select and self._open is not None and "selected" in given:
            self._open.fields[self._select] = [str(given.get("value") or "")]

    def _control(self, tag: str, name: str, given: dict[str, str | None]) -> None:
        assert self._open is not None
        self._open.names.add(name)
        if tag == "select":
            self._select = name
            self._open.fields.setdefault(name, [""])
        elif tag == "textarea":
            self._area = name
            self._open.fields[name] = [""]
        elif tag == "input" and given.get("type") in {"checkbox", "radio"}:
            if "checked" in given:
                self._open.fields.setdefault(name, []).append(str(given.get("value") or "on"))
        elif tag == "input" and given.get("type") != "file":
            self._open.fields.setdefault(name, []).append(str(given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        elif tag in {"script", "style", "title"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._open is not None:
            self._open.fields[self._area][0] += data.removeprefix("\n")
        elif not self._silent and data.strip():
            self.words.append(" ".join(data.split()))


class Page:
    """An answer, read."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.html = answer.text
        self.location = answer.headers.get("location")
        reader = _Reader()
        if "html" in answer.headers.get("content-type", ""):
            reader.feed(self.html)
        self.forms, self.ids, self.links = reader.forms, reader.ids, reader.links
        self.text = " ".join(reader.words)

    def form(self, action: str, *names: str) -> FormSeen:
        """The first form that goes to ``action`` and has fields of these names. Raises AssertionError."""
        for seen in self.forms:
            if seen.action == action and set(names) <= seen.names:
                return seen
        raise AssertionError(f"no form to {action} with {names}; there are {self.forms}")

    def __repr__(self) -> str:
        return f"<Page {self.status} {self.location or self.text[:2000]}>"


class Visitor:
    """One browser without JavaScript. ``locale`` is its Accept-Language."""

    def __init__(self, app: Starlette, house: House, locale: str = "en") -> None:
        self._house = house
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url=BASE, headers={"accept-language": locale}
        )

    async def sign_in(self, person_id: UUID) -> None:
        """Makes this browser that person's, as a finished sign-in would."""
        token = new_token()
        async with self._house.database.unit_of_work() as session:
            session.add(
                SignedInSession(
                    id=new_id(),
                    person_id=person_id,
                    token_digest=token_digest(token),
                    device="test",
                    created_at=session.now(),
                    last_seen_at=session.now(),
                    expires_at=session.now() + timedelta(days=1),
                )
            )
        self.client.cookies.set(SESSION_COOKIE, token, domain="testserver.local")

    async def get(self, path: str, **headers: str) -> Page:
        return Page(await self.client.get(path, headers=headers))

    async def submit(self, page: Page, action: str, files: Any = None, **changes: str | list[str]) -> Page:
        """Sends the page's form to ``action`` with some fields changed, and does not follow the redirect."""
        seen = page.form(action, *changes)
        fields: dict[str, Any] = {**seen.fields, **changes}
        return Page(await self.client.post(action, data=fields, files=files))

    async def submit_and_follow(self, page: Page, action: str, **changes: str | list[str]) -> Page:
        """The same, and then opens the page it leads to."""
        answer = await self.submit(page, action, **changes)
        assert answer.status == 303, answer
        assert answer.location is not None
        return await self.get(answer.location)
