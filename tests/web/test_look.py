"""How pages look in a real browser: nothing sticks out, every target can be hit by a thumb, and nothing is refused by the policy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from marketplace.bootstrap import open_house
from marketplace.settings import Settings
from tests.conftest import Templates
from tests.services import need_chromium
from tests.web.gallery import with_gallery

pytestmark = pytest.mark.browser

WIDTHS = (320, 375, 768, 1280)
LEAST_TARGET = 44

# Links inside sentences are exempt, as WCAG 2.2 (2.5.8) has it; what stands alone is not.
SMALL_TARGETS = """least => [...document.querySelectorAll(
    'button, .button, .input, .filter, .top-button, .top-places a, .bar a, .tabs a, summary, .choice label, .card-title a'
)].filter(element => element.checkVisibility())
  .filter(element => !element.matches('.card-title a'))
  .map(element => [element.textContent.trim().slice(0, 40), element.getBoundingClientRect().height])
  .filter(([, height]) => height < least - 0.5)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, _templates: Templates) -> Iterator[str]:
    """Where the site with the gallery is served."""
    with ExitStack() as stack:
        settings = Settings(
            _env_file=None,
            data_folder=tmp_path_factory.mktemp("house"),
            database_url=_templates.copy("sqlite", stack),
            secret="look-only-" * 4,
        )
        yield from _served(settings)


def _served(settings: Settings) -> Iterator[str]:
    config = uvicorn.Config(with_gallery(open_house(settings)), port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for this module only: while it is open, no other event loop can run beside it."""
    path = need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """``visit(width, language)`` is a new visitor's empty page."""
    opened: list[BrowserContext] = []

    def new_visitor(width: int, language: str, script: bool = True) -> Page:
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 800},
            locale=language,
            java_script_enabled=script,
        )
        opened.append(context)
        return context.new_page()

    yield new_visitor
    for context in opened:
        context.close()


def _open(page: Page, path: str) -> list[str]:
    refused: list[str] = []
    page.on(
        "console",
        lambda message: refused.append(message.text) if "Content Security" in message.text else None,
    )
    page.on("pageerror", lambda error: refused.append(str(error)))
    answer = page.goto(path)
    assert answer is not None and answer.status < 500
    return refused


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_nothing_sticks_out_and_every_target_is_large_enough(
    visit: Callable[..., Page], language: str
) -> None:
    for width in WIDTHS:
        page = visit(width, language)
        for path in ("/gallery", "/", "/about", "/preferences"):
            refused = _open(page, path)
            assert refused == [], (width, path)
            assert page.evaluate(OVERFLOW) <= 0, (width, path)
            assert page.evaluate(SMALL_TARGETS, LEAST_TARGET) == [], (width, path)


def test_large_type_is_larger_and_still_fits_a_phone(visit: Callable[..., Page]) -> None:
    page = visit(375, "en-US")
    _open(page, "/gallery")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    page.get_by_role("button", name="Large type").click()
    page.wait_for_selector("html[data-type=large]")
    assert page.evaluate(size) == pytest.approx(before * 1.35, rel=0.01)
    assert page.evaluate(OVERFLOW) <= 0


def test_the_summary_leads_to_the_field(visit: Callable[..., Page]) -> None:
    page = visit(375, "en-US")
    _open(page, "/gallery")
    assert page.evaluate("document.activeElement.className").find("error-summary") >= 0
    page.get_by_role("link", name="名额: This must be at least 1.").click()
    assert page.evaluate("document.activeElement.id") == "field-capacity"


def test_a_step_that_cannot_be_undone_asks_once_more(visit: Callable[..., Page]) -> None:
    page = visit(1280, "en-US")
    _open(page, "/gallery")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.get_by_role("button", name="退出报名").click()
    assert asked == ["确定吗？"]
    assert page.url.endswith("/gallery")


def test_the_language_is_switched_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(375, "zh-CN", script=False)
    page.goto("/about")
    page.get_by_role("button", name="English").click()
    assert page.url.endswith("/about")
    assert page.get_by_role("heading", level=1).text_content() == "About Wushe"
