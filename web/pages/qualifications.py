"""Qualifications: stated on one's profile, verified or refused on an officer's desk."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import qualifications as catalogue
from marketplace.identity import policy, qualifications, queries
from marketplace.identity.drafts import QualificationDraft, ReasonDraft
from marketplace.identity.states import qualification_state
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.locale import EN
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, today_of, translator, viewer_of

_FIELDS = ("qualification_code", "certificate_number", "issued_on", "expires_on")


async def list_own(request: Request) -> Response:
    return await _own_page(request, blank_form(request))


async def state(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(QualificationDraft, form.given(*_FIELDS))
        async with house_of(request).database.unit_of_work() as session:
            await qualifications.state(session, viewer_of(request), draft)
        return redirect(request, "qualifications", _("It counts once an officer has seen the certificate."))
    return await _own_page(request, form)


async def remove(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await qualifications.remove(session, viewer_of(request), request.path_params["qualification_id"])
    return redirect(request, "qualifications", _("The qualification is removed."))


async def desk(request: Request) -> Response:
    return await _desk_page(request, blank_form(request))


async def verify(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await qualifications.verify(session, viewer_of(request), request.path_params["qualification_id"])
    return redirect(request, "desk_qualifications", _("The qualification is verified."))


async def refuse(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await qualifications.refuse(
                session, viewer_of(request), request.path_params["qualification_id"], draft
            )
        return redirect(
            request, "desk_qualifications", _("The qualification is not accepted. Its holder is told why.")
        )
    return await _desk_page(request, form)


async def _names(request: Request) -> dict[str, str]:
    async with house_of(request).database.reading() as session:
        types = await catalogue.types(session)
    is_english = locale_of(request) == EN
    return {kind.code: kind.name_en if is_english else kind.name_zh for kind in types}


async def _own_page(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await queries.own_qualifications(session, viewer_of(request))
    names, today = await _names(request), today_of(request)
    context = {
        "form": form,
        "rows": [(row, names[row.qualification_code], qualification_state(row, today)) for row in rows],
        "types": sorted(names.items(), key=lambda pair: pair[1]),
    }
    return render(request, "qualifications/own.html", context, form.status)


async def _desk_page(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(*policy.VERIFIERS):
        raise NotPermitted()
    async with house_of(request).database.reading() as session:
        page = await queries.qualifications_to_verify(session, viewer, page_request(request))
    context = {
        "form": form,
        "page": page,
        "names": await _names(request),
        "is_first": "after" not in request.query_params,
        "refused_id": request.path_params.get("qualification_id"),
    }
    return render(request, "qualifications/desk.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/profile/qualifications", list_own, name="qualifications"),
    Route("/profile/qualifications", state, methods=["POST"], name="state_qualification"),
    Route(
        "/profile/qualifications/{qualification_id:uuid}/remove",
        remove,
        methods=["POST"],
        name="remove_qualification",
    ),
    Route("/desk/qualifications", desk, name="desk_qualifications"),
    Route(
        "/desk/qualifications/{qualification_id:uuid}/verify",
        verify,
        methods=["POST"],
        name="verify_qualification",
    ),
    Route(
        "/desk/qualifications/{qualification_id:uuid}/refuse",
        refuse,
        methods=["POST"],
        name="refuse_qualification",
    ),
]
