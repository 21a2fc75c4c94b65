"""Forms: bounded, unforgeable, and shown again with everything kept when a command refuses."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from marketplace.kernel.errors import Conflict, InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.input import Draft, Line, read
from tests.web.visitor import Visitor
from web.errors import HANDLERS
from web.forms import WITH_FILE, blank_form, read_form, with_zone
from web.middleware import Headers, Visit
from web.redirects import redirect_to
from web.templating import environment, render

pytestmark = pytest.mark.anyio

PAGE = "tests/form.html"
TEMPLATE = """{% extends "base.html" %}
{% block title %}Form{% endblock %}
{% block content %}
{% call ui.form(form, "/form", files=true) %}
{{ ui.text(form, "title", "Title") }}
{{ ui.number(form, "places", "Places") }}
{{ ui.checkboxes(form, "skills", "Skills", [("first_aid", "First aid"), ("driving", "Driving")]) }}
{{ ui.radios(form, "way", "Way", [("foot", "On foot"), ("bus", "By bus")]) }}
{{ ui.file(form, "document", "Document", required=false) }}
{{ ui.submit("Keep") }}
{% endcall %}
{% endblock %}"""


class PlaceIsTaken(Conflict):
    """For these tests only."""


class NeedDraft(Draft):
    title: Line
    places: int
    skills: tuple[Line, ...] = ()


async def show(request: Request) -> Response:
    return render(request, PAGE, {"form": blank_form(request, {"title": "Walk", "skills": ["driving"]})})


async def keep(request: Request) -> Response:
    form = await read_form(request, WITH_FILE)
    with form.catching():
        draft = read(NeedDraft, form.given("title", "places", many=["skills"]))
        refuse: dict[str, Callable[[], Exception]] = {
            "taken": PlaceIsTaken,
            "missing": NotFound,
            "stranger": SignInNeeded,
            "unchosen": lambda: InputIsInvalid.of("way", "missing"),
            "odd": lambda: InputIsInvalid.of("skills.0", "nobody_wrote_this"),
        }
        if draft.title in refuse:
            raise refuse[draft.title]()
        files = ",".join(f"{name}:{len(upload.content)}" for name, upload in form.files.items())
        return redirect_to(
            request, "/form", f"kept {draft.title} {draft.places} {' '.join(draft.skills)} {files}"
        )
    return render(request, PAGE, {"form": form}, form.status)


@pytest.fixture
def backend() -> str:
    """What is tried here lies above the database, so one will do."""
    return "sqlite"


@pytest.fixture
def app(house: House, monkeypatch: pytest.MonkeyPatch) -> Starlette:
    """A small site with one form, put together as the real one is."""
    from jinja2 import ChoiceLoader, DictLoader
    from starlette.middleware import Middleware

    for locale in ("en", "zh_Hans"):
        real = environment(locale)
        monkeypatch.setattr(real, "loader", ChoiceLoader([DictLoader({PAGE: TEMPLATE}), real.loader]))  # type: ignore[list-item]
    routes: list[BaseRoute] = [Route("/form", show), Route("/form", keep, methods=["POST"])]
    app = Starlette(
        routes=routes, middleware=[Middleware(Headers), Middleware(Visit)], exception_handlers=HANDLERS
    )
    app.state.house = house
    return app


async def test_a_good_form_is_kept_and_says_so_once(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    kept = await visitor.submit_and_follow(page, "/form", places="3", skills=["first_aid", "driving"])
    assert "kept Walk 3 first_aid driving" in kept.text
    assert "kept" not in (await visitor.get("/form")).text


async def test_every_problem_is_told_and_nothing_is_lost(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    again = await visitor.submit(page, "/form", title="  ", places="many", skills=["first_aid"])
    assert again.status == 422
    assert "Title: Please fill this in." in again.text
    assert "Places: Please write a whole number." in again.text
    assert {"#field-title", "#field-places"} <= set(again.links)
    assert {"field-title", "field-places", "problem-title", "problem-places"} <= set(again.ids)
    form = again.form("/form")
    assert form.fields["places"] == ["many"]
    assert form.fields["skills"] == ["first_aid"]


async def test_what_is_chosen_is_not_to_be_filled_in(visitor: Visitor) -> None:
    again = await visitor.submit(await visitor.get("/form"), "/form", title="unchosen", places="1")
    assert "Way: Please choose." in again.text and "fill this in" not in again.text


async def test_a_refused_command_shows_the_form_with_the_same_idempotency_key(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    again = await visitor.submit(page, "/form", title="taken", places="1")
    assert again.status == 409
    assert again.form("/form").fields["idempotency_key"] == page.form("/form").fields["idempotency_key"]
    assert (await visitor.get("/form")).form("/form").fields["idempotency_key"] != page.form("/form").fields[
        "idempotency_key"
    ]


async def test_what_is_missing_or_needs_a_sign_in_has_its_own_page(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    assert (await visitor.submit(page, "/form", title="missing", places="1")).status == 404
    answer = await visitor.submit(page, "/form", title="stranger", places="1")
    assert (answer.status, answer.location) == (303, "/sign-in?next=/")


async def test_a_problem_inside_a_list_is_told_at_the_list_even_without_words_of_its_own(
    visitor: Visitor,
) -> None:
    again = await visitor.submit(await visitor.get("/form"), "/form", title="odd", places="1")
    assert "Skills: Please check this." in again.text


async def test_a_form_from_another_visit_is_refused(visitor: Visitor, app: Starlette, house: House) -> None:
    page = await visitor.get("/form")
    other = Visitor(app, house)
    await other.get("/form")
    assert (await other.submit(page, "/form", places="1")).status == 403
    assert (await visitor.submit(page, "/form", places="1", csrf="")).status == 403
    visitor.client.cookies.clear()
    assert (await visitor.submit(page, "/form", places="1")).status == 403


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("sec-fetch-site", "same-origin", 303),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "http://testserver", 303),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
    ],
)
async def test_a_form_sent_by_another_site_is_refused(
    visitor: Visitor, header: str, value: str, status: int
) -> None:
    page = await visitor.get("/form")
    fields = {**page.form("/form").fields, "places": "1"}
    answer = await visitor.client.post("/form", data=fields, headers={header: value})
    assert answer.status_code == status


async def test_a_file_arrives_and_a_second_one_is_refused(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    one = {"document": ("a.pdf", b"12345", "application/pdf")}
    assert (await visitor.submit(page, "/form", places="1", files=one)).status == 303
    assert "document:5" in (await visitor.get("/form")).text
    two = [("document", ("a.pdf", b"1")), ("document", ("b.pdf", b"2"))]
    assert (await visitor.submit(page, "/form", places="1", files=two)).status == 400


async def test_a_form_over_its_bounds_is_refused_before_it_is_read(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    large = {"document": ("a.pdf", b"x" * WITH_FILE.most_bytes, "application/pdf")}
    answer = await visitor.submit(page, "/form", places="1", files=large)
    assert answer.status == 413
    assert "too large" in answer.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--y\r\n broken"),
        ("multipart/form-data", b"no boundary"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--x--\r\n",
        ),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(500))),
    ],
)
async def test_a_broken_form_gets_a_clear_answer(visitor: Visitor, content_type: str, body: bytes) -> None:
    await visitor.get("/form")
    answer = await visitor.client.post("/form", content=body, headers={"content-type": content_type})
    assert answer.status_code == 400
    assert "could not be read as a form" in answer.text


async def test_half_characters_never_reach_a_command(visitor: Visitor) -> None:
    page = await visitor.get("/form")
    csrf = page.form("/form").fields["csrf"][0]
    parts = [("csrf", csrf.encode("utf-7")), ("title", b"+2AA-"), ("places", b"1")]
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in parts
    )
    answer = await visitor.client.post(
        "/form",
        content=body + b"--x--\r\n",
        headers={"content-type": "multipart/form-data; charset=utf-7; boundary=x"},
    )
    assert answer.status_code == 303
    assert "kept ? 1" in (await visitor.get("/form")).text


def test_local_times_of_inputs_carry_their_zone() -> None:
    assert with_zone("2026-11-22T14:00") == "2026-11-22T14:00:00+08:00"
    assert with_zone("2026-11-22T14:00+00:00") == "2026-11-22T14:00:00+00:00"
    assert with_zone("tomorrow") == "tomorrow"


async def test_initial_values_become_what_inputs_expect(house: House) -> None:
    app = Starlette()
    app.state.house = house
    request = Request({"type": "http", "app": app, "headers": [], "method": "GET", "path": "/", "state": {}})
    form = blank_form(
        request,
        {
            "at": datetime(2026, 11, 22, 6, tzinfo=UTC),
            "day": date(2026, 11, 22),
            "from": time(9, 30),
            "yes": True,
            "no": False,
            "none": None,
            "role": Role.MODERATOR,
            "many": [1, "two"],
        },
    )
    assert form.value("at") == "2026-11-22T14:00"
    assert form.value("day") == "2026-11-22"
    assert form.value("from") == "09:30"
    assert form.has("yes")
    assert not form.has("no")
    assert form.value("none") == ""
    assert form.value("role") == "moderator"
    assert form.values["many"] == ["1", "two"]
