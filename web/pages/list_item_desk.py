"""Items of an edition at the buyer's desk: added one thing at a time, changed whole, taken out."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import parse_id
from marketplace.procurement.lists import item_queries, items
from marketplace.procurement.lists.drafts import Renewal
from marketplace.procurement.lists.errors import EditionIsNotOpenToEditing
from marketplace.procurement.lists.queries import EditionRow, ListRow
from marketplace.procurement.lists.states import OPEN_TO_EDITING
from web import area_picker, list_item_form
from web.forms import Form, blank_form, read_form
from web.list_item_form import STEPS
from web.pages.list_desk import managed_edition
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, path_id, translator, viewer_of

_STEP_NAMES = tuple(STEPS)


async def new_item(request: Request) -> Response:
    """The first step, with the buyer's area filled in."""
    of, edition = await _open_edition(request)
    async with house_of(request).database.reading() as session:
        known = await area_picker.initial(session, of.buyer.area_code, locale_of(request))
    initial = {**known, "renewal": Renewal.NONE, "quantity": 1}
    return await _show_step(request, of, edition, blank_form(request, initial), _STEP_NAMES[0])


async def save_new_item(request: Request) -> Response:
    """One step on or back; from the last, the item is added."""
    form = await read_form(request)
    of, edition = await _open_edition(request)
    step = form.value("step") if form.value("step") in STEPS else _STEP_NAMES[0]
    at, go = _STEP_NAMES.index(step), form.value("go")
    if go == "back":
        return await _show_step(request, of, edition, form, _STEP_NAMES[max(at - 1, 0)])
    if go == "add":
        return await _add(request, of, edition, form)
    if await _is_wrong(request, form, of, step):
        return await _show_step(request, of, edition, form, step)
    return await _show_step(request, of, edition, form, _STEP_NAMES[min(at + 1, len(_STEP_NAMES) - 1)])


async def edit_item(request: Request) -> Response:
    of, edition = await _open_edition(request)
    async with house_of(request).database.reading() as session:
        rows = await item_queries.of_editions(session, viewer_of(request), [edition.id])
        item_id = path_id(request, "item_id")
        row = next((one for one in rows.get(edition.id, ()) if one.id == item_id), None)
        if row is None:
            raise NotFound()
        initial = await list_item_form.initial(session, row.content, locale_of(request))
    return await _show_whole(request, of, edition, blank_form(request, initial))


async def save_item(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    of, edition = await _open_edition(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await list_item_form.draft(session, form, of.buyer.area_code)
            await items.change(session, viewer_of(request), edition.id, path_id(request, "item_id"), draft)
        return redirect(request, "desk_service_list", _("The item is changed."), list_id=of.id)
    return await _show_whole(request, of, edition, form)


async def remove_item(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    of, edition = await managed_edition(request)
    async with house_of(request).database.unit_of_work() as session:
        await items.remove(session, viewer_of(request), edition.id, path_id(request, "item_id"))
    return redirect(request, "desk_service_list", _("The item is taken out of this edition."), list_id=of.id)


async def _add(request: Request, of: ListRow, edition: EditionRow, form: Form) -> Response:
    _ = translator(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await list_item_form.draft(session, form, of.buyer.area_code)
            await items.add(session, viewer_of(request), edition.id, draft, parse_id(form.key))
        return redirect(request, "desk_service_list", _("The item is added."), list_id=of.id)
    wrong = form.error.problems if isinstance(form.error, InputIsInvalid) else ()
    return await _show_step(request, of, edition, form, list_item_form.step_of(wrong))


async def _is_wrong(request: Request, form: Form, of: ListRow, step: str) -> bool:
    """Whether this step's own fields need mending; what other steps lack is not told yet."""
    async with house_of(request).database.reading() as session:
        problems = await list_item_form.problems_on(session, form, of.buyer.area_code, step)
    if problems:
        form.refuse(InputIsInvalid(problems))
    return form.is_refused


async def _show_step(request: Request, of: ListRow, edition: EditionRow, form: Form, step: str) -> Response:
    kept: Mapping[str, Any] = {
        name: form.values.get(name, ()) for other, fields in STEPS.items() if other != step for name in fields
    }
    async with house_of(request).database.reading() as session:
        choices = await list_item_form.choices(session, form)
    context = {
        "list": of,
        "edition": edition,
        "form": form,
        "choices": choices,
        "renewals": list(Renewal),
        "step": step,
        "steps": _STEP_NAMES,
        "kept": kept,
    }
    return render(request, "lists/new_item.html", context, form.status)


async def _show_whole(request: Request, of: ListRow, edition: EditionRow, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        choices = await list_item_form.choices(session, form)
    context = {
        "list": of,
        "edition": edition,
        "form": form,
        "choices": choices,
        "renewals": list(Renewal),
        "item_id": path_id(request, "item_id"),
    }
    return render(request, "lists/edit_item.html", context, form.status)


async def _open_edition(request: Request) -> tuple[ListRow, EditionRow]:
    of, edition = await managed_edition(request)
    if edition.state not in OPEN_TO_EDITING:
        raise EditionIsNotOpenToEditing()
    return of, edition


_ITEMS = "/desk/buying/editions/{edition_id:uuid}/items"
_ONE = _ITEMS + "/{item_id:uuid}"
routes: list[BaseRoute] = [
    Route(f"{_ITEMS}/new", new_item, name="new_list_item"),
    Route(f"{_ITEMS}/new", save_new_item, methods=["POST"], name="save_new_list_item"),
    Route(_ONE, edit_item, name="edit_list_item"),
    Route(_ONE, save_item, methods=["POST"], name="save_list_item"),
    Route(f"{_ONE}/remove", remove_item, methods=["POST"], name="remove_list_item"),
]
