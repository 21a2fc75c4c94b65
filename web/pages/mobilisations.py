"""Mobilisations: an officer starts one after a look at the answers, follows it wave by wave and stops it; who is called says yes or no."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.staffing import calls, mobilisation_queries, mobilisations
from marketplace.staffing.mobilisation_drafts import AnswerDraft, MobilisationDraft, StopDraft
from marketplace.staffing.mobilisation_states import MobilisationKind
from marketplace.volunteering import sign_up_queries
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

_FIELDS = ("kind", "reason", "wave_size", "wave_minutes", "first_kilometres")
_USUAL = {"kind": "large", "wave_size": 20, "wave_minutes": 30, "first_kilometres": 3}


async def new_mobilisation(request: Request) -> Response:
    shift_id = path_id(request, "shift_id")
    async with house_of(request).database.reading() as session:
        found = await mobilisation_queries.of_shift(session, viewer_of(request), shift_id)
    running = [row for row in found if row.stopped_at is None]
    if running:
        return RedirectResponse(path_of(request, "mobilisation", mobilisation_id=running[0].id), 303)
    return await _show_new(request, blank_form(request, _USUAL))


async def check_mobilisation(request: Request) -> Response:
    """The answers once more, before many people's phones ring."""
    form, shift_id = await read_form(request), path_id(request, "shift_id")
    with form.catching():
        draft = read(MobilisationDraft, form.given(*_FIELDS))
        async with house_of(request).database.reading() as session:
            await mobilisations.kinds(session, viewer_of(request), shift_id, draft.kind)
            shown = await sign_up_queries.roster(session, viewer_of(request), shift_id)
        context = {"form": form, "shift": shown, "draft": draft, "fields": _FIELDS}
        return render(request, "mobilisations/check.html", context)
    return await _show_new(request, form)


async def start_mobilisation(request: Request) -> Response:
    _ = translator(request)
    form, shift_id = await read_form(request), path_id(request, "shift_id")
    with form.catching():
        draft = read(MobilisationDraft, form.given(*_FIELDS))
        async with house_of(request).database.unit_of_work() as session:
            started = await mobilisations.start(
                session, viewer_of(request), shift_id, draft, parse_id(form.key)
            )
        said = _("Started. The first wave goes out within a minute.")
        return redirect(request, "mobilisation", said, mobilisation_id=started)
    return await _show_new(request, form)


async def mobilisation(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def stop_mobilisation(request: Request) -> Response:
    _ = translator(request)
    form, mobilisation_id = await read_form(request), path_id(request, "mobilisation_id")
    with form.catching():
        draft = read(StopDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await mobilisations.stop(session, viewer_of(request), mobilisation_id, draft)
        said = _("Stopped. Whoever had not answered is told.")
        return redirect(request, "mobilisation", said, mobilisation_id=mobilisation_id)
    return await _show(request, form)


async def call(request: Request) -> Response:
    return await _show_call(request, blank_form(request))


async def answer_call(request: Request) -> Response:
    _ = translator(request)
    form, call_id = await read_form(request), path_id(request, "call_id")
    with form.catching():
        accepted = form.value("answer") == "yes"
        draft = read(AnswerDraft, {**form.given("agreed"), "accepted": accepted})
        async with house_of(request).database.unit_of_work() as session:
            await calls.answer(session, viewer_of(request), call_id, draft)
            row = await mobilisation_queries.call(session, viewer_of(request), call_id)
        comes = accepted and row.kind is not MobilisationKind.DRILL
        said = _("Thank you. We count on you.") if comes else _("Thank you for answering.")
        return redirect(request, "call", said, call_id=call_id)
    return await _show_call(request, form)


async def _show_new(request: Request, form: Form) -> Response:
    viewer, shift_id = viewer_of(request), path_id(request, "shift_id")
    async with house_of(request).database.reading() as session:
        kinds = await mobilisations.kinds(session, viewer, shift_id)
        shown = await sign_up_queries.roster(session, viewer, shift_id)
    context = {"form": form, "shift": shown, "kinds": kinds}
    return render(request, "mobilisations/new.html", context, form.status)


async def _show(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await mobilisation_queries.mobilisation(
            session, viewer_of(request), path_id(request, "mobilisation_id")
        )
    context: dict[str, Any] = {"row": row, "form": form}
    return render(request, "mobilisations/mobilisation.html", context, form.status)


async def _show_call(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await mobilisation_queries.call(session, viewer_of(request), path_id(request, "call_id"))
    context = {"row": row, "form": form}
    return render(request, "mobilisations/call.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/shifts/{shift_id:uuid}/mobilisation", new_mobilisation, name="new_mobilisation"),
    Route(
        "/shifts/{shift_id:uuid}/mobilisation/check",
        check_mobilisation,
        methods=["POST"],
        name="check_mobilisation",
    ),
    Route(
        "/shifts/{shift_id:uuid}/mobilisation",
        start_mobilisation,
        methods=["POST"],
        name="start_mobilisation",
    ),
    Route("/mobilisations/{mobilisation_id:uuid}", mobilisation, name="mobilisation"),
    Route(
        "/mobilisations/{mobilisation_id:uuid}/stop",
        stop_mobilisation,
        methods=["POST"],
        name="stop_mobilisation",
    ),
    Route("/calls/{call_id:uuid}", call, name="call"),
    Route("/calls/{call_id:uuid}", answer_call, methods=["POST"], name="answer_call"),
]
