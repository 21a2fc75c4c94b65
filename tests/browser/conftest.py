"""A real browser on a real server: Debian's chromium, driven headless, against the whole house with a clock that tests move."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from marketplace.bootstrap import House, open_house
from marketplace.kernel.clock import FixedClock
from marketplace.settings import Settings
from marketplace.worker import Worker
from tests.services import need_chromium
from web.app import create_app

PHONE = {"width": 375, "height": 812}
DESK = {"width": 1280, "height": 900}
# Chromium looks for its maker's services at every start; the closed network of CI would answer each with an error.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Site:
    """A running server: where it is, the clock it lives by, and a way to do something in its house from the test."""

    address: str
    clock: FixedClock
    settings: Settings

    def inside(self, work: Callable[[House], Any]) -> Any:
        """Run ``await work(house)`` in a house of the test's own on the same database."""

        async def run() -> Any:
            house = open_house(self.settings, clock=self.clock)
            try:
                return await work(house)
            finally:
                await house.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(run())).result()


@pytest.fixture
def site(settings: Settings, clock: FixedClock) -> Iterator[Site]:
    """The house served on a free port of the loopback, with a worker beside it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = settings.model_copy(update={"site_url": address})
    house = open_house(settings, clock=clock)
    worker = Worker(settings, opener=lambda given: open_house(given, clock=clock))
    house.database.on_commit = worker.after_commit
    server = uvicorn.Server(
        uvicorn.Config(create_app(house), host="127.0.0.1", port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    worker.start()
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.02)
    yield Site(address, clock, settings)
    server.should_exit = True
    thread.join(timeout=20)
    worker.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium a module; skipped by name where there is none. While it lives, an event loop runs in this thread."""
    path = need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open the site as a new visitor: ``visit()`` on a phone in Chinese, ``visit(DESK, "en-US")`` at a desk in English."""
    opened: list[BrowserContext] = []

    def open_page(viewport: dict[str, int] = PHONE, language: str = "zh-CN", script: bool = True) -> Page:
        context = browser.new_context(
            base_url=site.address,
            viewport=viewport,
            locale=language,
            java_script_enabled=script,
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(10_000)
        opened.append(context)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()
