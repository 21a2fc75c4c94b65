"""What is bought, on the pages that find it: the search, its filters, the line on the page of needs, and lots for an organisation."""

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from tests import buying
from tests.discovery import announced
from tests.recommendations import scene
from tests.web.visitor import Visitor


async def _two(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await buying.tender(session)
        final = await announced.edition(session, await announced.service_list(session))
        await announced.item(session, final, title="社区助餐服务", category_code="meal_help")
    await rebuild(house.database, house.search)


async def _manager(house: House, **facts: object) -> Viewer:
    manager = await scene.manager(house, **facts)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Person, manager.signed_in())).locale = "en"
    return manager


async def test_tenders_and_announced_items_are_found_and_narrowed(visitor: Visitor, house: House) -> None:
    await _two(house)
    page = await visitor.get("/buying/search")
    for said in (
        "2 tenders and announcements",
        "社区助浴服务",
        "社区助餐服务",
        "Bids until",
        "Tender planned for",
    ):
        assert said in page.text
    page = await visitor.get("/buying/search?kind=list_item")
    assert "社区助餐服务" in page.text and "社区助浴服务" not in page.text
    page = await visitor.get("/buying/search?text=助浴")
    assert "<mark>助浴</mark>" in page.html
    page = await visitor.get("/buying/search?text=wholly-unknown")
    assert "Nothing that is bought fits" in page.text
    assert (await visitor.get("/buying/search?area=999999999999")).status == 422


async def test_the_page_of_needs_points_to_what_is_bought(visitor: Visitor, house: House) -> None:
    await _two(house)
    page = await visitor.get("/needs?text=助浴")
    assert "To be bought, of these words:" in page.text and "/buying/tenders/" in page.html


async def test_a_manager_sees_lots_with_why_and_what_to_prove(visitor: Visitor, house: House) -> None:
    manager = await _manager(house)
    await _two(house)
    await visitor.sign_in(manager.signed_in())
    of = manager.roles[0].organisation_id
    page = await visitor.get(f"/organisations/{of}")
    assert f"/organisations/{of}/lots-for-you" in page.links
    page = await visitor.get(f"/organisations/{of}/lots-for-you")
    for said in ("Lots for you", "助浴服务第1包", "Why this?", "Together", "200,000"):
        assert said in page.text


async def test_an_empty_list_says_what_to_do(visitor: Visitor, house: House) -> None:
    manager = await _manager(house)
    await visitor.sign_in(manager.signed_in())
    page = await visitor.get(f"/organisations/{manager.roles[0].organisation_id}/lots-for-you")
    assert "See what is announced" in page.text


async def test_lots_are_for_managers_alone(visitor: Visitor, house: House) -> None:
    manager = await _manager(house)
    path = f"/organisations/{manager.roles[0].organisation_id}/lots-for-you"
    assert (await visitor.get(path)).status in (303, 401)
    outsider = await scene.volunteer(house)
    await visitor.sign_in(outsider.signed_in())
    assert (await visitor.get(path)).status == 403
