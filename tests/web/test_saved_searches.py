"""The pages of saved searches: one press keeps a search; it is opened, changed, rested and given up by its owner, without scripts."""

import pytest

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.saved_queries import SavedSearchRow, mine
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from tests import builders, city
from tests.discovery import saved
from tests.web.visitor import Visitor

PAGE = "/my/searches"


@pytest.fixture
async def owner(house: House, visitor: Visitor) -> Viewer:
    await rebuild(house.database, house.search)
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, locale="en")
    await visitor.sign_in(viewer.signed_in())
    return viewer


async def kept(house: House, viewer: Viewer) -> list[SavedSearchRow]:
    async with house.database.reading() as session:
        return await mine(session, viewer)


async def test_one_press_on_the_find_page_keeps_the_search(
    house: House, visitor: Visitor, owner: Viewer
) -> None:
    found = await visitor.get(
        f"/needs?text=助浴&area={city.CHANGNING}&tags=english&only_suitable=on&sort=date"
    )
    page = await visitor.submit_and_follow(found, PAGE)
    assert "Your search is kept" in page.text
    (row,) = await kept(house, owner)
    assert row.wishes is not None
    assert (row.wishes.text, row.wishes.area, row.wishes.tags) == ("助浴", city.CHANGNING, ("english",))
    assert (row.wishes.only_suitable, row.wishes.sort) == (True, None)
    assert "助浴, English, Changning District, only what I can take" in page.text


async def test_a_search_that_is_kept_already_says_so_in_any_order(
    house: House, visitor: Visitor, owner: Viewer
) -> None:
    await saved.save(house, owner, text="助浴", category="elderly_care")
    page = await visitor.get("/needs?category=elderly_care&text=助浴&sort=newest")
    assert ("You keep this search" in page.text, PAGE in page.links) == (True, True)
    assert [form.action for form in page.forms if form.action == PAGE] == []
    assert "You keep this search" not in (await visitor.get("/needs?text=助浴")).text


async def test_without_wishes_there_is_nothing_to_save(visitor: Visitor, owner: Viewer) -> None:
    for path in ("/needs", "/needs?sort=newest", "/needs?area=wrong"):
        page = await visitor.get(path)
        assert [form.action for form in page.forms if form.action == PAGE] == []


async def test_a_stranger_is_led_to_the_sign_in_and_back(house: House, visitor: Visitor) -> None:
    page = await visitor.get("/needs?text=助浴")
    assert "/sign-in?next=%2Fneeds%3Ftext%3D" in page.html
    assert [form.action for form in page.forms if form.action == PAGE] == []
    for path in (PAGE, f"{PAGE}/{new_id()}", f"{PAGE}/{new_id()}/delete"):
        answer = await visitor.get(path)
        assert (answer.status, answer.location) == (303, f"/sign-in?next={path}")


async def test_nobody_without_searches_is_left_alone(visitor: Visitor, owner: Viewer) -> None:
    page = await visitor.get(PAGE)
    assert "No saved searches yet" in page.text
    assert 'href="/needs"' in page.html


async def test_the_list_says_what_fits_and_opening_shows_it(
    house: House, visitor: Visitor, owner: Viewer
) -> None:
    search_id = await saved.save(house, owner, "off", text="助浴", within_km=3, day_to="2026-12-31")
    await saved.published(house)
    page = await visitor.get(PAGE)
    assert "1 new" in page.text
    assert "1 open need fits now" in page.text
    opened = await visitor.submit(page, f"{PAGE}/{search_id}/open")
    assert opened.status == 303
    assert opened.location is not None and opened.location.startswith("/needs?text=")
    assert opened.location.endswith("&day_to=2026-12-31&within_km=3&sort=newest")
    # The word that was asked for is marked, which stands apart in the text.
    assert "助浴 服务" in (await visitor.get(opened.location)).text
    assert "1 new" not in (await visitor.get(PAGE)).text


async def test_a_search_is_renamed_and_told_in_another_way(
    house: House, visitor: Visitor, owner: Viewer
) -> None:
    path = f"{PAGE}/{await saved.save(house, owner)}"
    page = await visitor.get(path)
    page = await visitor.submit_and_follow(page, path, name="周末助浴", how_told="daily")
    assert "周末助浴" in page.text
    assert "Once a day" in page.text
    refused = await visitor.submit(await visitor.get(path), path, name="x" * 121, how_told="hourly")
    assert refused.status == 422
    assert 'href="#field-name"' in refused.html


async def test_a_search_rests_and_goes_on(house: House, visitor: Visitor, owner: Viewer) -> None:
    search_id = await saved.save(house, owner)
    page = await visitor.submit_and_follow(await visitor.get(PAGE), f"{PAGE}/{search_id}/pause")
    assert "Paused" in page.text
    page = await visitor.submit_and_follow(page, f"{PAGE}/{search_id}/resume")
    assert "Paused" not in page.text


async def test_a_search_is_given_up_after_being_asked(house: House, visitor: Visitor, owner: Viewer) -> None:
    search = f"{PAGE}/{await saved.save(house, owner)}"
    path = f"{search}/delete"
    assert f'href="{search}"' in (await visitor.get(PAGE)).html
    assert f'href="{path}"' in (await visitor.get(search)).html
    page = await visitor.submit_and_follow(await visitor.get(path), path)
    assert "The search is deleted" in page.text
    assert await kept(house, owner) == []


async def test_one_search_too_many_is_refused_in_words(house: House, visitor: Visitor, owner: Viewer) -> None:
    for number in range(20):
        await saved.save(house, owner, text=f"助浴{number}")
    found = await visitor.get("/needs?text=读报")
    refused = await visitor.submit(found, PAGE)
    assert refused.status == 409
    assert "You keep 20 searches already" in refused.text
    assert len(await kept(house, owner)) == 20


async def test_a_text_too_long_to_watch_for_is_named(house: House, visitor: Visitor, owner: Viewer) -> None:
    refused = await visitor.submit(await visitor.get(f"/needs?text={'助' * 201}"), PAGE)
    assert (refused.status, "Words: Please write at most 200 characters" in refused.text) == (422, True)
    assert await kept(house, owner) == []


async def test_what_people_call_a_search_is_never_taken_for_html(
    house: House, visitor: Visitor, owner: Viewer
) -> None:
    await saved.save(house, owner, text="<script>助浴</script>")
    page = await visitor.get(PAGE)
    assert "<script>助浴" not in page.html
    assert "&lt;script&gt;助浴" in page.html


async def test_somebody_elses_search_is_not_there(house: House, visitor: Visitor, owner: Viewer) -> None:
    async with house.database.unit_of_work() as session:
        other = await builders.viewer(session, "别人")
    path = f"{PAGE}/{await saved.save(house, other)}"
    mine_ = f"{PAGE}/{await saved.save(house, owner)}"
    for wrong in (path, f"{path}/delete", f"{PAGE}/{new_id()}"):
        assert (await visitor.get(wrong)).status == 404
    page = await visitor.get(f"{mine_}/delete")
    token = page.form(f"{mine_}/delete").fields["csrf"]
    for act in ("", "/open", "/pause", "/resume", "/delete"):
        answer = await visitor.client.post(f"{path}{act}", data={"csrf": token, "name": "我的"})
        assert answer.status_code == 404, act
    assert len(await kept(house, other)) == 1
