"""Roles, tags, rules and areas at pages: what each kind of visitor sees there and may do."""

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from tests import city
from tests.identity import scene
from tests.web.visitor import Visitor


async def be(visitor: Visitor, house: House, role: Role | None = None, scope: str = city.CITY) -> None:
    viewer = await scene.person(house, role, scope, locale="en")
    await visitor.sign_in(viewer.signed_in())


async def test_an_officer_grants_a_role_and_takes_it_away(visitor: Visitor, house: House) -> None:
    await scene.person(house, phone=scene.PHONE, name="王小明")
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    page = await visitor.get("/desk/roles")
    page = await visitor.submit_and_follow(
        page, "/desk/roles", phone="138 0013 8000", role="community_worker", area="江苏路街道"
    )
    assert "王小明" in page.text and "Jiangsu Road Subdistrict" in page.text
    async with house.database.reading() as session:
        grant_id = await session.scalar(select(RoleGrant.id).where(RoleGrant.role == "community_worker"))
    page = await visitor.submit_and_follow(page, f"/desk/roles/{grant_id}/revoke")
    assert "王小明" not in page.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"phone": "12"}, 422),
        ({"phone": "139 0013 9000"}, 422),
        ({"area": "nowhere"}, 422),
        ({"area": "天平路街道"}, 403),
        ({"role": "administrator"}, 403),
        ({"role": "emperor"}, 422),
    ],
)
async def test_a_wrong_grant_is_told_and_changes_nothing(
    visitor: Visitor, house: House, changes: dict[str, str], status: int
) -> None:
    await scene.person(house, phone=scene.PHONE)
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    page = await visitor.get("/desk/roles")
    given = {"phone": "138 0013 8000", "role": "community_worker", "area": "江苏路街道", **changes}
    refused = await visitor.submit(page, "/desk/roles", **given)
    assert refused.status == status, refused
    async with house.database.reading() as session:
        assert len(list(await session.scalars(select(RoleGrant.id)))) == 1


async def test_whoever_holds_nothing_grants_nothing(visitor: Visitor, house: House) -> None:
    await be(visitor, house)
    page = await visitor.get("/desk/roles")
    assert "You hold no role" in page.text
    assert not any(form.action == "/desk/roles" for form in page.forms)


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


async def test_rules_are_read_by_everybody_and_changed_by_administrators(
    visitor: Visitor, house: House
) -> None:
    page = await visitor.get("/rules")
    assert page.status == 200 and "志愿服务条例" in page.text and "/desk/rules/hours.stars" not in page.links
    assert (await visitor.get("/desk/rules/hours.stars")).status == 303
    await be(visitor, house, Role.MODERATOR)
    assert (await visitor.get("/desk/rules/hours.stars")).status == 403
    await be(visitor, house, Role.ADMINISTRATOR)
    assert (await visitor.get("/desk/rules/nothing")).status == 404
    path = "/desk/rules/hours.check_out_window"
    form = await visitor.get(path)
    for value in ("{", "[]", "7", '{"closes_after_minutes": "soon"}', '{"other": 1}'):
        wrong = await visitor.submit(form, path, value=value, reason="试点")
        assert wrong.status == 422 and "problem-value" in wrong.ids, value
    past = await visitor.submit(form, path, reason="试点", in_force_from="2020-01-01T00:00")
    assert past.status == 409
    value = '{"closes_after_minutes": 45}'
    page = await visitor.submit_and_follow(
        form, path, value=value, reason="试点", in_force_from="2027-01-01T00:00"
    )
    assert "45" in page.text


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
