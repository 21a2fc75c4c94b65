"""The scene as a fixture."""

import pytest

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from tests.hours import scene as scenes
from tests.hours.scene import Scene


@pytest.fixture
async def scene(house: House, clock: FixedClock) -> Scene:
    return await scenes.build(house, clock)
