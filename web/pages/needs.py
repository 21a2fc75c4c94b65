"""A need's own page with its shifts; and what residents raise, see and take back."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.recommendations import why
from marketplace.staffing import lottery_queries
from marketplace.staffing import queries as staffing
from marketplace.volunteering import needs, queries, sign_up_queries
from marketplace.volunteering.drafts import RaisedNeedDraft
from marketplace.volunteering.states import NeedState
from web import area_picker, need_form
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


async def need(request: Request) -> Response:
    after = request.query_params.get("after")
    viewer, need_id = viewer_of(request), path_id(request, "need_id")
    async with house_of(request).database.reading() as session:
        details = await queries.need(session, viewer, need_id)
        shifts = await queries.shifts_of(session, viewer, need_id, PageRequest(20, after))
        mine = await sign_up_queries.my_open_by_shifts(session, viewer, [row.id for row in shifts.rows])
        by_lot = await lottery_queries.of_shifts(session, viewer, [row.id for row in shifts.rows])
        pool = (await staffing.my_entries(session, viewer, [need_id])).get(need_id)
        next_shift = details.row.next_shift
        asks = next_shift is not None and details.row.state is NeedState.OPEN and not viewer.is_stranger
        suits = await why.of_shift(session, viewer, next_shift.id) if asks and next_shift else None
    context = {
        "details": details,
        "shifts": shifts,
        "mine": mine,
        "by_lot": by_lot,
        "why": suits,
        "pool": pool,
        "is_first": after is None,
    }
    return render(request, "needs/need.html", context)


async def raise_need(request: Request) -> Response:
    viewer_of(request).signed_in()
    return await _show_raising(request, blank_form(request))


async def save_raised_need(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await _raised_draft(session, form)
            await needs.raise_need(session, viewer_of(request), draft, parse_id(form.key))
        said = _("Thank you. A community worker of your area reads it and answers you here.")
        return redirect(request, "my_raised_needs", said)
    return await _show_raising(request, form)


async def my_raised_needs(request: Request) -> Response:
    after = request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        page = await queries.raised_by_viewer(session, viewer_of(request), PageRequest(20, after))
    return render(request, "needs/raised.html", {"page": page, "is_first": after is None})


async def take_back_need(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await needs.take_back(session, viewer_of(request), path_id(request, "need_id"))
    return redirect(request, "my_raised_needs", _("You have taken it back."))


async def _raised_draft(session: Session, form: Form) -> RaisedNeedDraft:
    """The form as a draft, with the problem of the area among the others. Raises InputIsInvalid."""
    given = form.given("title", "description", "category", "place", "contact")
    try:
        return read(RaisedNeedDraft, {**given, "area_code": await area_picker.pick(session, form)})
    except InputIsInvalid as error:
        if any(problem.field == "area" for problem in error.problems):
            _with_other_problems(given, error)
        raise


def _with_other_problems(given: dict[str, object], of_area: InputIsInvalid) -> None:
    """Raises what is wrong with the other fields together with what is wrong with the area."""
    try:
        read(RaisedNeedDraft, {**given, "area_code": "0" * 12})
    except InputIsInvalid as error:
        raise InputIsInvalid([*error.problems, *of_area.problems]) from None


async def _show_raising(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        context = {
            "form": form,
            "categories": await need_form.categories(session, form.locale),
            "areas": await area_picker.choices(session, form),
        }
    return render(request, "needs/raise.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/needs/raise", raise_need, name="raise_need"),
    Route("/needs/raise", save_raised_need, methods=["POST"], name="save_raised_need"),
    Route("/my/raised-needs", my_raised_needs, name="my_raised_needs"),
    Route("/needs/{need_id:uuid}", need, name="need"),
    Route("/needs/{need_id:uuid}/take-back", take_back_need, methods=["POST"], name="take_back_need"),
]
