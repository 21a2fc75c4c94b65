"""Fixtures of the pages: ``app`` over the open house, and ``visitor``, a browser without JavaScript that reads English."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from marketplace.bootstrap import House
from tests.web.visitor import Visitor
from web.app import create_app


@pytest.fixture
def app(house: House) -> Starlette:
    return create_app(house)


@pytest.fixture
async def visitor(app: Starlette, house: House) -> AsyncIterator[Visitor]:
    """A stranger until ``sign_in``."""
    visitor = Visitor(app, house)
    yield visitor
    await visitor.client.aclose()
