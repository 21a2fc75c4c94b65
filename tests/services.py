"""Which servers answer on this machine. Where one does not, its tests are skipped by name; under CI that is a failure."""

import os
import shutil
import socket
from functools import cache
from urllib.parse import urlsplit

import pytest

POSTGRESQL_URL = os.environ.get("WUSHE_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("WUSHE_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
RABBITMQ_URL = os.environ.get("WUSHE_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@cache
def answers(url: str) -> bool:
    """Whether something listens where ``url`` points."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False


def need(name: str, is_there: bool) -> None:
    """Skip the test that needs ``name``, or fail it under CI, where everything must be there."""
    if is_there:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI must not skip what needs it")
    pytest.skip(f"{name} does not answer on this machine")


def need_postgresql() -> None:
    need("PostgreSQL", answers(POSTGRESQL_URL))


def need_redis() -> None:
    need("Redis", answers(REDIS_URL))


def need_rabbitmq() -> None:
    need("RabbitMQ", answers(RABBITMQ_URL))


def need_chromium() -> str:
    """The path of Debian's chromium."""
    need("chromium", CHROMIUM is not None)
    return CHROMIUM or ""
