"""Who would be first at another weight of the price: the quick answer is that of every single ranking."""

import pytest

from marketplace.bootstrap import House
from marketplace.procurement.awards import sensitivity
from tests.procurement.awards import scene as scenes


@pytest.fixture
def backend() -> str:
    return "sqlite"


async def test_the_stretches_say_what_each_ranking_says(house: House) -> None:
    report = (await scenes.evaluated(house)).report
    found = sensitivity.stretches(report, 10, 100)
    assert [(one.first, one.last) for one in found] == [(10, 27), (28, 44), (45, 100)]
    for one in found:
        for percent in (one.first, one.last):
            assert sensitivity.shifted(report, percent)[0].bid == one.bid
