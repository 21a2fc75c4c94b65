"""The server's way in: `uvicorn --factory web.asgi:create`, which is what `marketplace serve` does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from marketplace import logs, worker
from marketplace.bootstrap import House, open_house
from marketplace.settings import read_settings
from web.app import create_app


def create() -> Starlette:
    """The application with settings from the environment; jobs run beside it unless a broker is set."""
    settings = read_settings()
    logs.configure(settings)
    return application(open_house(settings))


def application(house: House) -> Starlette:
    """The application over ``house``, which is closed when the server stops."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with worker.beside(house):
                yield
        finally:
            await house.close()

    return create_app(house, lifespan=lifespan)
