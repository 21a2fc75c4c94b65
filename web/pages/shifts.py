"""Shifts of a need, for its organisers: planned one by one or repeating, moved, resized, noted, called off."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.staffing import mobilisations
from marketplace.volunteering import queries, series, shifts
from marketplace.volunteering.drafts import CapacityDraft, NoteDraft, ReasonDraft, ShiftDraft, TimesDraft
from marketplace.volunteering.models import ShiftSeries
from marketplace.volunteering.queries import NeedDetails, ShiftRow
from marketplace.volunteering.series import SeriesChange
from web import series_form
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect, redirect_to
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

Change = Callable[[Session, Viewer, UUID, Form], Awaitable[None]]


async def new_shift(request: Request) -> Response:
    return await _show_new(
        request, blank_form(request, {"capacity": 5, "minimum_people": 0}), "manage/new_shift.html"
    )


async def save_new_shift(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    need_id = path_id(request, "need_id")
    with form.catching():
        draft = read(
            ShiftDraft,
            form.given("capacity", "minimum_people", "note") | form.moments("starts_at", "ends_at"),
        )
        async with house_of(request).database.unit_of_work() as session:
            await shifts.add(session, viewer_of(request), need_id, draft, parse_id(form.key))
        return redirect(request, "manage_need", _("The shift is planned."), need_id=need_id)
    return await _show_new(request, form, "manage/new_shift.html")


async def new_series(request: Request) -> Response:
    form = blank_form(request, {"capacity": 5, "minimum_people": 0, "frequency": "WEEKLY", "interval": 1})
    return await _show_new(request, form, "manage/new_series.html")


async def save_new_series(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    need_id = path_id(request, "need_id")
    with form.catching():
        draft = series_form.draft(form)
        async with house_of(request).database.unit_of_work() as session:
            made = await series.create(session, viewer_of(request), need_id, draft, parse_id(form.key))
            count = len(await series.coming_shift_ids(session, made))
        said = _("Shifts planned: %(count)s.") % {"count": count}
        return redirect(request, "manage_need", said, need_id=need_id)
    return await _show_new(request, form, "manage/new_series.html")


async def edit_series(request: Request) -> Response:
    found, _details = await _series(request)
    return await _show_series(request, blank_form(request, series_form.initial(found)))


async def save_series(request: Request) -> Response:
    form = await read_form(request)
    found, details = await _series(request)
    with form.catching():
        draft = series_form.draft(form)
        async with house_of(request).database.unit_of_work() as session:
            outcome = await series.change(session, viewer_of(request), found.id, draft)
        path = path_of(request, "manage_need", need_id=details.row.id)
        return redirect_to(
            request, path, _what_changed(request, outcome), tone="warn" if outcome.kept else "good"
        )
    return await _show_series(request, form)


async def edit_shift(request: Request) -> Response:
    return await _show_shift(request, {})


async def move_shift(request: Request) -> Response:
    _ = translator(request)
    return await _change(request, "move", _move, _("The shift is moved, and everybody in it is told."))


async def resize_shift(request: Request) -> Response:
    _ = translator(request)
    return await _change(request, "resize", _resize, _("The number of places is changed."))


async def note_shift(request: Request) -> Response:
    _ = translator(request)
    return await _change(request, "note", _note, _("The note is saved."))


async def cancel_shift(request: Request) -> Response:
    _ = translator(request)
    return await _change(
        request, "cancel", _cancel, _("The shift is called off, and everybody in it is told.")
    )


async def _move(session: Session, viewer: Viewer, shift_id: UUID, form: Form) -> None:
    await shifts.move(session, viewer, shift_id, read(TimesDraft, form.moments("starts_at", "ends_at")))


async def _resize(session: Session, viewer: Viewer, shift_id: UUID, form: Form) -> None:
    await shifts.change_capacity(
        session, viewer, shift_id, read(CapacityDraft, form.given("capacity", "minimum_people"))
    )


async def _note(session: Session, viewer: Viewer, shift_id: UUID, form: Form) -> None:
    await shifts.change_note(session, viewer, shift_id, read(NoteDraft, form.given("note")))


async def _cancel(session: Session, viewer: Viewer, shift_id: UUID, form: Form) -> None:
    await shifts.cancel(session, viewer, shift_id, read(ReasonDraft, form.given("reason")))


async def _change(request: Request, which: str, change: Change, said: str) -> Response:
    """One of the forms of a shift's page; when it is refused, the page is shown again with it."""
    form = await read_form(request)
    shift_id = path_id(request, "shift_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await change(session, viewer_of(request), shift_id, form)
            need_id = (await queries.shifts_by_ids(session, viewer_of(request), [shift_id]))[shift_id].need_id
        return redirect(request, "manage_need", said, need_id=need_id)
    return await _show_shift(request, {which: form})


async def _show_shift(request: Request, refused: Mapping[str, Form]) -> Response:
    shift, details = await _shift(request)
    forms = {
        "move": blank_form(request, {"starts_at": shift.starts_at, "ends_at": shift.ends_at}),
        "resize": blank_form(request, {"capacity": shift.capacity, "minimum_people": shift.minimum_people}),
        "note": blank_form(request, {"note": shift.note}),
        "cancel": blank_form(request),
    }
    status = next((form.status for form in refused.values()), 200)
    context = {"shift": shift, "details": details, "forms": {**forms, **refused}}
    context |= {"may_call": bool(mobilisations.kinds_for(viewer_of(request), details.row.need.area_code))}
    return render(request, "manage/shift.html", context, status)


async def _show_new(request: Request, form: Form, template: str) -> Response:
    async with house_of(request).database.reading() as session:
        details = await _need(session, request, path_id(request, "need_id"))
    return render(request, template, {"form": form, "details": details}, form.status)


async def _show_series(request: Request, form: Form) -> Response:
    found, details = await _series(request)
    context = {"form": form, "details": details, "series": found}
    return render(request, "manage/series.html", context, form.status)


def _what_changed(request: Request, outcome: SeriesChange) -> str:
    _ = translator(request)
    said = _("The series is changed. Shifts added: %(added)s, moved: %(moved)s, removed: %(removed)s.") % {
        "added": len(outcome.added),
        "moved": len(outcome.moved),
        "removed": len(outcome.removed),
    }
    if not outcome.kept:
        return said
    kept = _("Shifts with people outside the new rule: %(count)s. They stay; move or cancel them one by one.")
    return f"{said} {kept % {'count': len(outcome.kept)}}"


async def _need(session: Session, request: Request, need_id: UUID) -> NeedDetails:
    viewer_of(request).signed_in()
    details = await queries.need(session, viewer_of(request), need_id)
    if not details.is_managed:
        raise NotPermitted()
    return details


async def _shift(request: Request) -> tuple[ShiftRow, NeedDetails]:
    viewer_of(request).signed_in()
    shift_id = path_id(request, "shift_id")
    async with house_of(request).database.reading() as session:
        found = (await queries.shifts_by_ids(session, viewer_of(request), [shift_id])).get(shift_id)
        if found is None:
            raise NotFound()
        return found, await _need(session, request, found.need_id)


async def _series(request: Request) -> tuple[ShiftSeries, NeedDetails]:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        found = await queries.one_series(session, viewer_of(request), path_id(request, "series_id"))
        return found, await _need(session, request, found.need_id)


_SHIFT = "/shifts/{shift_id:uuid}"
routes: list[BaseRoute] = [
    Route("/needs/{need_id:uuid}/shifts/new", new_shift, name="new_shift"),
    Route("/needs/{need_id:uuid}/shifts/new", save_new_shift, methods=["POST"], name="save_new_shift"),
    Route("/needs/{need_id:uuid}/series/new", new_series, name="new_series"),
    Route("/needs/{need_id:uuid}/series/new", save_new_series, methods=["POST"], name="save_new_series"),
    Route("/series/{series_id:uuid}", edit_series, name="edit_series"),
    Route("/series/{series_id:uuid}", save_series, methods=["POST"], name="save_series"),
    Route(f"{_SHIFT}/edit", edit_shift, name="edit_shift"),
    Route(f"{_SHIFT}/move", move_shift, methods=["POST"], name="move_shift"),
    Route(f"{_SHIFT}/resize", resize_shift, methods=["POST"], name="resize_shift"),
    Route(f"{_SHIFT}/note", note_shift, methods=["POST"], name="note_shift"),
    Route(f"{_SHIFT}/cancel", cancel_shift, methods=["POST"], name="cancel_shift"),
]
