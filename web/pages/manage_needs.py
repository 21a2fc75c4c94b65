"""What one organises: the list, one need with its shifts, and ending it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.volunteering import needs, queries
from marketplace.volunteering.drafts import ReasonDraft
from marketplace.volunteering.queries import NeedDetails, NeedFilters
from marketplace.volunteering.states import NeedState
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

_TABS: Mapping[str, tuple[NeedState, ...]] = {
    "open": (NeedState.OPEN, NeedState.SUSPENDED),
    "raised": (NeedState.RAISED,),
    "over": (NeedState.CLOSED, NeedState.CANCELLED, NeedState.DECLINED),
}


async def manage_needs(request: Request) -> Response:
    viewer_of(request).signed_in()
    tab = request.query_params.get("show", "open")
    return await _show_list(request, tab if tab in _TABS else "open")


async def raised_needs(request: Request) -> Response:
    """What residents raised and nobody has decided yet."""
    viewer_of(request).signed_in()
    return await _show_list(request, "raised")


async def manage_need(request: Request) -> Response:
    after, before = request.query_params.get("after"), request.query_params.get("before")
    async with house_of(request).database.reading() as session:
        details = await _managed(request, session)
        coming = await queries.shifts_of(session, viewer_of(request), details.row.id, PageRequest(20, after))
        past = await queries.past_shifts_of(
            session, viewer_of(request), details.row.id, PageRequest(10, before)
        )
        repeated = await queries.series_of(session, viewer_of(request), details.row.id)
    context = {
        "details": details,
        "coming": coming,
        "past": past,
        "series": repeated,
        "is_first": after is None,
        "is_latest": before is None,
    }
    return render(request, "manage/need.html", context)


async def check_closing(request: Request) -> Response:
    return await _show_ending(request, blank_form(request), "manage/close.html")


async def close_need(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await needs.close(session, viewer_of(request), path_id(request, "need_id"))
        return redirect(
            request, "manage_need", _("The need takes no more people."), need_id=path_id(request, "need_id")
        )
    return await _show_ending(request, form, "manage/close.html")


async def check_cancelling(request: Request) -> Response:
    return await _show_ending(request, blank_form(request), "manage/cancel.html")


async def cancel_need(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await needs.cancel(session, viewer_of(request), path_id(request, "need_id"), draft)
        said = _("The need is called off, and everybody who signed up is told.")
        return redirect(request, "manage_need", said, need_id=path_id(request, "need_id"))
    return await _show_ending(request, form, "manage/cancel.html")


async def _show_list(request: Request, tab: str) -> Response:
    after = request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        page = await queries.managed(
            session, viewer_of(request), NeedFilters(states=_TABS[tab]), PageRequest(20, after)
        )
    return render(request, "manage/list.html", {"page": page, "tab": tab, "is_first": after is None})


async def _show_ending(request: Request, form: Form, template: str) -> Response:
    async with house_of(request).database.reading() as session:
        details = await _managed(request, session)
    return render(request, template, {"form": form, "details": details}, form.status)


async def _managed(request: Request, session: Session) -> NeedDetails:
    """The need of this address, for one of its organisers. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer_of(request).signed_in()
    details = await queries.need(session, viewer_of(request), path_id(request, "need_id"))
    if not details.is_managed:
        raise NotPermitted()
    return details


routes: list[BaseRoute] = [
    Route("/manage/needs", manage_needs, name="manage_needs"),
    Route("/desk/raised-needs", raised_needs, name="raised_needs"),
    Route("/needs/{need_id:uuid}/manage", manage_need, name="manage_need"),
    Route("/needs/{need_id:uuid}/close", check_closing, name="check_closing"),
    Route("/needs/{need_id:uuid}/close", close_need, methods=["POST"], name="close_need"),
    Route("/needs/{need_id:uuid}/cancel", check_cancelling, name="check_cancelling"),
    Route("/needs/{need_id:uuid}/cancel", cancel_need, methods=["POST"], name="cancel_need"),
]
