"""Tags and areas at pages: what each kind of visitor sees there and may do."""

import pytest

from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.identity.viewer import Role
from tests import city
from tests.identity import scene
from tests.web.visitor import Visitor


async def be(visitor: Visitor, house: House, role: Role | None = None, scope: str = city.CITY) -> None:
    viewer = await scene.person(house, role, scope, locale="en")
    await visitor.sign_in(viewer.signed_in())


async def test_a_tag_is_proposed_and_taken_up(visitor: Visitor, house: House) -> None:
    await be(visitor, house)
    page = await visitor.submit_and_follow(
        await visitor.get("/tags/propose"),
        "/tags/propose",
        kind="topic",
        name_zh="进博会",
        name_en="Import Expo",
        synonyms="进口博览会，CIIE",
    )
    assert "Thank you" in page.text
    again = await visitor.submit(page, "/tags/propose", kind="topic", name_zh="进博会", name_en="Expo")
    assert again.status == 409
    wrong = await visitor.submit(page, "/tags/propose", kind="colour", name_zh="", name_en="x" * 121)
    assert wrong.status == 422
    assert (await visitor.get("/desk/tags")).status == 403
    await be(visitor, house, Role.MODERATOR)
    desk = await visitor.get("/desk/tags")
    assert "ciie" in desk.text
    unsaid = await visitor.submit(desk, "/desk/tags/import_expo/refuse", reason="")
    assert unsaid.status == 422
    await visitor.submit_and_follow(desk, "/desk/tags/import_expo/approve")
    late = await visitor.submit(desk, "/desk/tags/import_expo/refuse", reason="晚了")
    assert late.status == 409
    await visitor.submit_and_follow(desk, "/desk/tags/retire", code="haircut", reason="重复")
    async with house.database.reading() as session:
        assert (await session.get_one(Tag, "import_expo")).approved_at is not None
        assert (await session.get_one(Tag, "haircut")).retired_at is not None


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_areas_are_looked_through_from_the_city_down(visitor: Visitor, locale: str) -> None:
    page = await visitor.get("/areas", **{"accept-language": locale})
    assert f"/areas/{city.CHANGNING}" in page.links and '<svg class="city-map"' in page.html
    page = await visitor.get(f"/areas/{city.JIANGSU_ROAD}", **{"accept-language": locale})
    assert f"/areas/{city.JIANGSU_COMMUNITY}" in page.links and f"/areas/{city.CHANGNING}" in page.links


async def test_areas_are_found_by_what_people_type(visitor: Visitor) -> None:
    for typed in ("cn", "changning", "长宁"):
        assert f"/areas/{city.CHANGNING}" in (await visitor.get(f"/areas?q={typed}")).links
    assert "No area of that name" in (await visitor.get("/areas?q=%25%00")).text


@pytest.mark.parametrize("code", ["999999999999", "x", "３１０１０５００００００", "1" * 500])
async def test_an_unknown_area_is_missing(visitor: Visitor, code: str) -> None:
    assert (await visitor.get(f"/areas/{code}")).status == 404
