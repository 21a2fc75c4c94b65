"""What holds for every page: headers, static files, names for every control, and all components in both languages."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.identity.models import SignedInSession
from marketplace.kernel.clock import FixedClock
from tests import builders
from tests.web.gallery import with_gallery
from tests.web.visitor import Visitor
from web.templating import static

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend() -> str:
    """What is tried here lies above the database, so one will do."""
    return "sqlite"


@pytest.fixture
def app(house: House) -> Starlette:
    return with_gallery(house)


class _Accessibility(HTMLParser):
    """Collects what a screen reader relies on."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.controls: list[str] = []
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag == "label":
            self.labelled.add(str(given.get("for")))
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.controls.append(str(given.get("id")))
        if tag == "img" and "alt" not in given:
            self.faults.append("an image without alt")
        if tag == "svg" and not ({"aria-hidden", "aria-label"} & set(given)):
            self.faults.append("a drawing that is neither named nor hidden")
        if "style" in given or any(name.startswith("on") for name in given):
            self.faults.append(f"inline style or script on <{tag}>")
        if tag in {"h1", "h2", "h3", "h4"}:
            self.levels.append(int(tag[1]))

    def all_faults(self) -> list[str]:
        repeated = [f"id {name} is used {count} times" for name, count in self.ids.items() if count > 1]
        nameless = [f"no label for {name}" for name in self.controls if name not in self.labelled]
        headings = [] if self.levels.count(1) == 1 else [f"{self.levels.count(1)} h1"]
        return [*self.faults, *repeated, *nameless, *headings]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/", "/about", "/preferences", "/gallery", "/no-such-page"])
async def test_a_page_can_be_read_by_everybody(visitor: Visitor, path: str, language: str) -> None:
    page = await visitor.get(path, **{"accept-language": language})
    reader = _Accessibility()
    reader.feed(page.html)
    assert reader.all_faults() == []
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page.html


async def test_nothing_inline_nothing_framed_nothing_sniffed(visitor: Visitor) -> None:
    headers = (await visitor.get("/")).answer.headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-cache"
    assert len(headers["x-request-id"]) == 32


async def test_a_house_behind_https_says_so_in_cookies_and_headers(house: House) -> None:
    settings = house.settings.model_copy(update={"site_url": "https://wushe.example"})
    visitor = Visitor(with_gallery(replace(house, settings=settings)), house)
    answer = (await visitor.get("/")).answer
    assert "max-age" in answer.headers["strict-transport-security"]
    cookie = answer.headers["set-cookie"].lower()
    assert "secure" in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_the_summary_of_problems_names_each_field_and_links_to_it(visitor: Visitor) -> None:
    page = await visitor.get("/gallery")
    assert page.status == 422
    assert {"#field-risks", "#field-capacity"} <= set(page.links)
    assert {"field-risks", "field-capacity"} <= set(page.ids)
    assert "名额: This must be at least 1." in page.text


async def test_static_files_with_a_hash_are_kept_for_ever_and_others_are_asked_for_again(
    visitor: Visitor,
) -> None:
    hashed = await visitor.get(static("wushe.css"))
    assert hashed.answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = await visitor.get("/static/wushe.css")
    assert plain.answer.headers["cache-control"] == "no-cache"
    again = await visitor.get("/static/wushe.css", **{"if-none-match": plain.answer.headers["etag"]})
    assert again.status == 304


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing.css"])
async def test_static_files_are_only_the_static_files(visitor: Visitor, path: str) -> None:
    assert (await visitor.get(path)).status == 404


async def test_a_signed_in_person_has_a_bottom_bar_and_a_way_out(visitor: Visitor, house: House) -> None:
    assert 'class="bar"' not in (await visitor.get("/")).html
    async with house.database.unit_of_work() as session:
        person = await builders.person(session)
    await visitor.sign_in(person)
    page = await visitor.get("/")
    assert page.form("/sign-out").method == "post"
    assert "Sign in" not in page.text


async def test_an_unknown_session_is_a_stranger(visitor: Visitor) -> None:
    visitor.client.cookies.set("wushe_session", "forged")
    assert "Sign in" in (await visitor.get("/")).text


async def test_what_people_wrote_is_text_never_markup(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.person(session, name="<script>alert(1)</script>")
    await visitor.sign_in(person)
    page = await visitor.get("/")
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;alert" in page.html


async def test_the_graph_answers_beside_the_pages(visitor: Visitor) -> None:
    answer = await visitor.client.post("/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 200
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_browser_that_changes_something_is_noted_as_seen(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.person(session)
    await visitor.sign_in(person)
    clock.advance(timedelta(hours=1))
    await visitor.submit(await visitor.get("/preferences"), "/preferences", type="large")
    async with house.database.reading() as session:
        assert await session.scalar(select(SignedInSession.last_seen_at)) == clock.now()
