"""Services, ratings, scorecards and wishes are found from where people are: home, menu, desks and the pages of organisations and areas."""

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.ratings import tickets
from marketplace.identity.viewer import Role
from tests import builders, buying, city, delivering
from tests.web.visitor import Visitor

EVERYBODYS = {"/r", "/scorecards", "/wishes/asked", "/compounds"}


async def test_home_offers_to_rate_what_was_brought_and_to_nobody_else(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        resident, other = await builders.viewer(session), await builders.viewer(session, "别人")
        under = await delivering.contract(session)
        for _ in range(3):
            delivery_id = await delivering.delivery(session, under)
            await delivering.recipient(session, delivery_id, resident.signed_in())
            await tickets.issue(session, house.vault, delivery_id)
    await visitor.sign_in(resident.signed_in())
    page = await visitor.get("/")
    ways = [link for link in page.links if link.startswith("/r/")]
    assert len(ways) == 2, "the rest stand under My services"
    assert (await visitor.get(ways[0])).status == 200
    await visitor.sign_in(other.signed_in())
    assert not [link for link in (await visitor.get("/")).links if link.startswith("/r/")]


async def test_strangers_find_the_public_pages_and_all_of_them_open(visitor: Visitor) -> None:
    page = await visitor.get("/")
    assert set(page.links) >= EVERYBODYS
    for path in EVERYBODYS:
        assert (await visitor.get(path)).status == 200
    assert {"/scorecards", "/wishes/asked"} <= set((await visitor.get("/buying")).links)
    area = await visitor.get(f"/areas/{city.JIANGSU_ROAD}")
    assert f"/wishes/asked/{city.JIANGSU_ROAD}" in area.links


async def test_the_menu_leads_residents_to_their_services_and_the_bar_keeps_four(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
    await visitor.sign_in(resident.signed_in())
    page = await visitor.get("/profile")
    assert {"/my/services", "/wishes", "/scorecards", "/compounds"} <= set(page.links)
    bar = page.html.split('<nav class="bar"')[1].split("</nav>")[0]
    assert bar.count("<a ") == 4


@pytest.mark.parametrize(
    ("role", "scope", "ways"),
    [
        (
            Role.COMMUNITY_WORKER,
            city.JIANGSU_COMMUNITY,
            {"/deliveries/community", "/ratings/assist", "/signals", "/wishes/asked", "/compounds"},
        ),
        (Role.PROCUREMENT_OFFICER, city.CHANGNING, {"/signals", "/wishes/asked"}),
        (Role.PROCUREMENT_SUPERVISOR, city.CHANGNING, {"/signals", "/desk/supervision"}),
        (Role.AUDITOR, city.CITY, {"/ratings/held", "/signals"}),
        (Role.MODERATOR, city.CITY, {"/ratings/moderating"}),
    ],
)
async def test_desks_lead_to_what_each_role_does(
    house: House, visitor: Visitor, role: Role, scope: str, ways: set[str]
) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, role=role, scope=scope)
    await visitor.sign_in(viewer.signed_in())
    links = set((await visitor.get("/desk")).links)
    assert ways <= links
    for way in ways:
        assert (await visitor.get(way)).status == 200


async def test_a_provider_finds_deliveries_and_ratings_from_desk_hub_and_own_page(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id, manager = await buying.supplier(session)
    await visitor.sign_in(manager.signed_in())
    assert {"/deliveries", "/ratings/mine", "/signals"} <= set((await visitor.get("/desk")).links)
    assert {"/deliveries", "/signals"} <= set((await visitor.get("/buying")).links)
    own = await visitor.get(f"/organisations/{organisation_id}")
    assert {"/deliveries", f"/organisations/{organisation_id}/scorecard"} <= set(own.links)
    for way in ("/deliveries", "/ratings/mine", "/signals"):
        assert (await visitor.get(way)).status == 200
