"""The officer's desk for organisations: what waits, one with its papers, and the decision."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import policy, queries, verification
from marketplace.organisations.drafts import ReasonDraft
from marketplace.organisations.states import organisation_state
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

Refusal = Callable[[Session, Viewer, UUID, ReasonDraft], Awaitable[None]]


async def desk_organisations(request: Request) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(*policy.DECIDING):
        raise NotPermitted()
    after = request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        page = await queries.waiting(session, viewer, PageRequest(20, after))
    return render(request, "desk/organisations.html", {"page": page, "is_first": after is None})


async def desk_organisation(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def verify_organisation(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await verification.verify(session, viewer_of(request), path_id(request, "organisation_id"))
        return redirect(request, "desk_organisations", _("The organisation is verified and public."))
    return await _show(request, form)


async def refuse_organisation(request: Request) -> Response:
    _ = translator(request)
    return await _with_reason(
        request, verification.refuse, _("The organisation reads your reason and may mend it.")
    )


async def suspend_organisation(request: Request) -> Response:
    _ = translator(request)
    return await _with_reason(request, verification.suspend, _("The organisation is suspended."))


async def lift_suspension(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await verification.lift(session, viewer_of(request), path_id(request, "organisation_id"))
        return redirect(request, "desk_organisations", _("The suspension is lifted."))
    return await _show(request, form)


async def _with_reason(request: Request, decide: Refusal, said: str) -> Response:
    form = await read_form(request)
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await decide(session, viewer_of(request), path_id(request, "organisation_id"), draft)
        return redirect(request, "desk_organisations", said)
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        details = await queries.details(session, viewer, organisation_id)
        if not policy.decides_there(viewer, details.organisation.area_code):
            raise NotPermitted()
        papers = await queries.documents(session, viewer, organisation_id)
    context = {
        "form": form,
        "details": details,
        "state": organisation_state(details.organisation),
        "documents": papers,
    }
    return render(request, "desk/organisation.html", context, form.status)


_ONE = "/desk/organisations/{organisation_id:uuid}"
routes: list[BaseRoute] = [
    Route("/desk/organisations", desk_organisations, name="desk_organisations"),
    Route(_ONE, desk_organisation, name="desk_organisation"),
    Route(f"{_ONE}/verify", verify_organisation, methods=["POST"], name="verify_organisation"),
    Route(f"{_ONE}/refuse", refuse_organisation, methods=["POST"], name="refuse_organisation"),
    Route(f"{_ONE}/suspend", suspend_organisation, methods=["POST"], name="suspend_organisation"),
    Route(f"{_ONE}/lift", lift_suspension, methods=["POST"], name="lift_suspension"),
]
