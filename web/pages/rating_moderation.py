"""Moderation of ratings: what readers reported, hiding with a public reason, appeals for another moderator, and the public's counts."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.delivery.ratings import moderation, moderation_queries, published
from marketplace.delivery.ratings.care_drafts import (
    AppealDecisionDraft,
    DismissalDraft,
    HidingDraft,
    HidingReason,
    Part,
)
from marketplace.identity.viewer import Role
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from web.forms import Form, blank_form, read_form
from web.pages.ratings import services_of
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of

MOST_APPEALS = 20


async def rating_care(request: Request) -> Response:
    """Month by month, for everybody."""
    async with house_of(request).database.reading() as session:
        months = await moderation_queries.months(session, viewer_of(request))
    context = {"months": months, "reasons": list(HidingReason)}
    return render(request, "ratings/moderation.html", context)


async def rating_moderation_desk(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        reports = await moderation_queries.reports(session, viewer, page_request(request))
        appeals = await moderation_queries.appeals(session, viewer, PageRequest(MOST_APPEALS))
        rows = [one.rating for one in reports.rows] + [one.rating for one in appeals.rows]
        services = await services_of(session, rows)
    context = {
        "page": reports,
        "appeals": appeals,
        "services": services,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "ratings/moderating.html", context)


async def hide_rating_part(request: Request) -> Response:
    return await _show_hiding(request, blank_form(request, {"what": request.query_params.get("what", "")}))


async def save_rating_hiding(request: Request) -> Response:
    _ = translator(request)
    form, rating_id = await read_form(request), path_id(request, "rating_id")
    with form.catching():
        draft = read(HidingDraft, form.given("what", "reason", "explanation"))
        async with house_of(request).database.unit_of_work() as session:
            await moderation.hide(session, viewer_of(request), rating_id, draft)
        said = _("It is hidden; the number, the reason and that it is hidden stay public.")
        return redirect(request, "public_rating", said, rating_id=rating_id)
    return await _show_hiding(request, form)


async def dismiss_rating_reports(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    what = read(DismissalDraft, form.given("what")).what
    async with house_of(request).database.unit_of_work() as session:
        await moderation.dismiss(session, viewer_of(request), path_id(request, "rating_id"), what)
    return redirect(
        request, "rating_moderation_desk", _("The reports are settled; everything stays as it was.")
    )


async def decide_hiding_appeal(request: Request) -> Response:
    return await _show_deciding(request, blank_form(request))


async def save_hiding_decision(request: Request) -> Response:
    _ = translator(request)
    form, hiding_id = await read_form(request), path_id(request, "hiding_id")
    with form.catching():
        draft = read(AppealDecisionDraft, form.given("is_restored", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            await moderation.decide(session, viewer_of(request), hiding_id, draft)
        return redirect(request, "rating_moderation_desk", _("The appeal is decided."))
    return await _show_deciding(request, form)


async def _show_hiding(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await published.rating(session, viewer, path_id(request, "rating_id"))
        services = await services_of(session, [row])
    if not row.may_moderate and not form.is_refused:
        raise NotPermitted()
    context = {
        "row": row,
        "services": services,
        "form": form,
        "parts": [part for part in Part if row.can_hide(part.value)],
        "reasons": list(HidingReason),
    }
    return render(request, "ratings/hide.html", context, form.status)


async def _show_deciding(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(Role.MODERATOR):
        raise NotPermitted()
    async with house_of(request).database.reading() as session:
        row, hiding = await published.of_hiding(session, viewer, path_id(request, "hiding_id"))
        services = await services_of(session, [row])
    if not row.may_moderate and not form.is_refused:
        raise NotPermitted()
    context = {"row": row, "hiding": hiding, "services": services, "form": form}
    return render(request, "ratings/decide_appeal.html", context, form.status)


_ONE, _HIDING = "/ratings/{rating_id:uuid}", "/ratings/hidings/{hiding_id:uuid}"

routes: list[BaseRoute] = [
    Route("/ratings/moderation", rating_care, name="rating_care"),
    Route("/ratings/moderating", rating_moderation_desk, name="rating_moderation_desk"),
    Route(_ONE + "/hide", hide_rating_part, name="hide_rating_part"),
    Route(_ONE + "/hide", save_rating_hiding, methods=["POST"], name="save_rating_hiding"),
    Route(_ONE + "/dismiss", dismiss_rating_reports, methods=["POST"], name="dismiss_rating_reports"),
    Route(_HIDING + "/decide", decide_hiding_appeal, name="decide_hiding_appeal"),
    Route(_HIDING + "/decide", save_hiding_decision, methods=["POST"], name="save_hiding_decision"),
]
