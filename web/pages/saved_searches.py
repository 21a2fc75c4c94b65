"""Saved searches: one press on the find page keeps one; here they are opened, renamed, told in another way, rested and given up."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.discovery import saved_queries, saved_searches
from marketplace.discovery.saved_drafts import ChangeSearchDraft, SaveSearchDraft
from marketplace.discovery.saved_models import HowTold
from marketplace.discovery.saved_queries import SavedSearchRow
from marketplace.discovery.wishes import NeedWishes, Sorting
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.kernel.locale import word
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect, redirect_to
from web.templating import render
from web.visit import house_of, locale_of, path_id, translator, viewer_of

_MANY = "tags"
_WISHES = [name for name in NeedWishes.model_fields if name not in (_MANY, "sort")]


async def my_searches(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def save_search(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(SaveSearchDraft, {"wishes": form.given(*_WISHES, many=[_MANY])})
        async with house_of(request).database.unit_of_work() as session:
            await saved_searches.save(session, viewer_of(request), draft)
        said = _("Your search is kept. Once a day you hear what is new; here you can choose otherwise.")
        return redirect(request, "my_searches", said)
    return await _show(request, form)


async def edit_search(request: Request) -> Response:
    row = await _own(request)
    form = blank_form(request, {"name": row.name, "how_told": row.how_told.value})
    return _show_edit(request, row, form)


async def change_search(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ChangeSearchDraft, form.given("name", "how_told"))
        async with house_of(request).database.unit_of_work() as session:
            await saved_searches.change(session, viewer_of(request), path_id(request, "search_id"), draft)
        return redirect(request, "my_searches", _("Your choice is kept."))
    return _show_edit(request, await _own(request), form)


async def open_search(request: Request) -> Response:
    """Notes that the owner looks and goes to what is found. A form, not a link: looking must change nothing."""
    await read_form(request)
    row = await _own(request)
    if row.wishes is None:
        return redirect(request, "my_searches")
    async with house_of(request).database.unit_of_work() as session:
        await saved_searches.look(session, viewer_of(request), row.id)
    return redirect_to(request, _found_at(request, row.wishes, newest_first=row.new > 0))


async def pause_search(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await saved_searches.pause(session, viewer_of(request), path_id(request, "search_id"))
    return redirect(
        request, "my_searches", _("The search is paused. You hear nothing of it until you resume it.")
    )


async def resume_search(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await saved_searches.resume(session, viewer_of(request), path_id(request, "search_id"))
    return redirect(request, "my_searches", _("The search is resumed, with what is published from now."))


async def ask_delete_search(request: Request) -> Response:
    row = await _own(request)
    return render(request, "saved_searches/delete.html", {"search": row, "form": blank_form(request)})


async def delete_search(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await saved_searches.delete(session, viewer_of(request), path_id(request, "search_id"))
    return redirect(request, "my_searches", _("The search is deleted."))


async def _show(request: Request, form: Form) -> Response:
    house, viewer = house_of(request), viewer_of(request)
    async with house.database.reading() as session:
        rows = await saved_queries.mine(session, viewer)
        counts = await saved_queries.counts_now(session, house.search, viewer, rows)
    locale = locale_of(request)
    shown = [(row, row.in_words(locale), counts.get(row.id)) for row in rows]
    context = {"form": form, "searches": shown, "most": saved_searches.MOST_A_PERSON}
    return render(request, "saved_searches/list.html", context, form.status)


def _show_edit(request: Request, row: SavedSearchRow, form: Form) -> Response:
    locale = locale_of(request)
    ways = [(way.value, word(locale, f"how_told.{way}")) for way in HowTold]
    context = {"search": row, "said": row.in_words(locale), "form": form, "ways": ways}
    return render(request, "saved_searches/edit.html", context, form.status)


async def _own(request: Request) -> SavedSearchRow:
    """The viewer's search that the address names. Raises SignInNeeded, NotFound."""
    viewer = viewer_of(request)
    viewer.signed_in()
    search_id = path_id(request, "search_id")
    async with house_of(request).database.reading() as session:
        found = await saved_queries.saved_searches_by_ids(session, viewer, [search_id])
    if search_id not in found:
        raise NotFound()
    return found[search_id]


def _found_at(request: Request, wishes: NeedWishes, *, newest_first: bool) -> str:
    """The find page with these wishes; what is new comes first when something is."""
    said: dict[str, Any] = wishes.model_dump(mode="json", exclude_defaults=True)
    asked = {name: _as_asked(value) for name, value in said.items()}
    if newest_first:
        asked["sort"] = Sorting.NEWEST.value
    return f"{path_of(request, 'find_needs')}?{urlencode(asked, doseq=True)}"


def _as_asked(value: Any) -> Any:
    """As the find page's own form writes it: a tick is "on", and a whole number has no point."""
    if value is True:
        return "on"
    return f"{value:g}" if isinstance(value, float) else value


routes: list[BaseRoute] = [
    Route("/my/searches", my_searches, name="my_searches"),
    Route("/my/searches", save_search, methods=["POST"], name="save_search"),
    Route("/my/searches/{search_id:uuid}", edit_search, name="edit_search"),
    Route("/my/searches/{search_id:uuid}", change_search, methods=["POST"], name="change_search"),
    Route("/my/searches/{search_id:uuid}/open", open_search, methods=["POST"], name="open_search"),
    Route("/my/searches/{search_id:uuid}/pause", pause_search, methods=["POST"], name="pause_search"),
    Route("/my/searches/{search_id:uuid}/resume", resume_search, methods=["POST"], name="resume_search"),
    Route("/my/searches/{search_id:uuid}/delete", ask_delete_search, name="ask_delete_search"),
    Route("/my/searches/{search_id:uuid}/delete", delete_search, methods=["POST"], name="delete_search"),
]
