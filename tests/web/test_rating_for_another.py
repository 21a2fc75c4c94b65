"""A helper of the community who opens somebody's code on the page for one's own opinion is shown the way to enter it for them."""

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.ratings import codes
from tests import city
from tests.delivery.ratings import scene
from tests.web.test_rating import be, path_of, slip
from tests.web.visitor import Visitor

HINT = "On this page it counts as your own opinion."


async def test_a_helper_with_a_slip_is_led_to_the_entry_for_somebody(visitor: Visitor, house: House) -> None:
    ticket, path = await slip(house)
    assert HINT not in (await visitor.get(path)).text
    await be(visitor, house, await scene.worker(house))
    page = await visitor.get(path)
    assert HINT in page.text
    assert f"/ratings/assist/{codes.code_of(house.vault, ticket.id)}" in page.html
    assert "How were you told?" in (await visitor.get(path.replace("/r/", "/ratings/assist/"))).text


@pytest.mark.parametrize("kind", ["own ticket", "elsewhere", "resident"])
async def test_nobody_else_is_asked_for_whom_it_is(visitor: Visitor, house: House, kind: str) -> None:
    place = city.XUHUI if kind == "elsewhere" else city.JIANGSU_COMMUNITY
    viewer = await (scene.resident(house) if kind == "resident" else scene.worker(house, place))
    person = viewer.signed_in() if kind == "own ticket" else None
    delivery_id = await scene.done(house, await scene.supplied(house), person)
    (ticket,) = await scene.issue(house, delivery_id)
    await be(visitor, house, viewer)
    page = await visitor.get(path_of(house, ticket.id))
    assert "How was it altogether?" in page.text and HINT not in page.text
