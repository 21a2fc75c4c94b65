"""Error pages: the right status, in the reader's language, citing the rule; the unexpected is masked."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketplace.bootstrap import House
from marketplace.kernel.errors import (
    Conflict,
    InputIsInvalid,
    MarketplaceError,
    NotFound,
    NotPermitted,
    SignInNeeded,
    TooMany,
    Unavailable,
)
from tests.web.visitor import BASE, Visitor
from web.app import create_app
from web.headers import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.anyio


class TooSoon(TooMany):
    """For these tests only."""


class EngineIsDown(Unavailable):
    """For these tests only."""


class TooYoung(Conflict):
    """For these tests only."""


RAISED: dict[str, MarketplaceError | Exception] = {
    "not-found": NotFound(),
    "not-permitted": NotPermitted(),
    "conflict": TooYoung(article="上海市志愿服务条例 第十三条"),
    "too-soon": TooSoon(retry_after=60),
    "down": EngineIsDown(),
    "invalid": InputIsInvalid.of("page", "int_parsing"),
    "sign-in": SignInNeeded(),
    "mistake": RuntimeError("secret detail 13812345678"),
}


async def refuse(request: Request) -> Response:
    raise RAISED[request.path_params["kind"]]


@pytest.fixture
def backend() -> str:
    """What is tried here lies above the database, so one will do."""
    return "sqlite"


@pytest.fixture
def app(house: House) -> Starlette:
    app = create_app(house)
    app.router.routes.insert(0, Route("/refuse/{kind}", refuse, methods=["GET", "POST"]))
    return app


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("not-found", 404),
        ("not-permitted", 403),
        ("conflict", 409),
        ("too-soon", 429),
        ("down", 503),
        ("invalid", 422),
    ],
)
async def test_each_kind_of_refusal_has_its_status(visitor: Visitor, kind: str, status: int) -> None:
    page = await visitor.get(f"/refuse/{kind}")
    assert page.status == status
    assert 'lang="en"' in page.html
    assert page.answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


async def test_missing_and_unknown_addresses_look_the_same(visitor: Visitor) -> None:
    hidden, unknown = await visitor.get("/refuse/not-found"), await visitor.get("/no-such-page")
    assert (hidden.status, unknown.status) == (404, 404)
    assert hidden.text == unknown.text


async def test_a_refusal_cites_its_rule(visitor: Visitor) -> None:
    page = await visitor.get("/refuse/conflict", **{"accept-language": "zh"})
    assert "依据：上海市志愿服务条例 第十三条" in page.text


async def test_a_visitor_who_came_too_soon_is_told_when_to_come_back(visitor: Visitor) -> None:
    assert (await visitor.get("/refuse/too-soon")).answer.headers["retry-after"] == "60"


async def test_a_stranger_is_led_to_the_sign_in_and_back(visitor: Visitor) -> None:
    page = await visitor.get("/refuse/sign-in?day=2026-11-22&kind=a")
    assert page.status == 303
    assert page.location == "/sign-in?next=/refuse/sign-in%3Fday%3D2026-11-22%26kind%3Da"


async def test_a_stranger_who_posted_comes_back_to_the_page_with_the_form(visitor: Visitor) -> None:
    answer = await visitor.client.post("/refuse/sign-in", headers={"referer": f"{BASE}/needs/1"})
    assert answer.headers["location"] == "/sign-in?next=/needs/1"
    answer = await visitor.client.post("/refuse/sign-in", headers={"referer": "https://evil.example/needs/1"})
    assert answer.headers["location"] == "/sign-in?next=/"


async def test_a_wrong_method_says_so(visitor: Visitor) -> None:
    answer = await visitor.client.delete("/about")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_mistake_of_ours_is_masked_and_has_a_number(app: Starlette) -> None:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        answer = await client.get("/refuse/mistake", headers={"accept-language": "zh-CN"})
    assert answer.status_code == 500
    assert "我们这边出了问题" in answer.text
    assert "13812345678" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
