"""Hours on the desk: reviews to decide, hours by hand to approve, and the entries of a need or of an audited area."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.hours import desk_queries, entry_requests, presence_queries, queries, reviews
from marketplace.hours.drafts import DecisionDraft, EntryDraft, RefusalDraft
from marketplace.hours.queries import EntryFilter
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.volunteering import sign_up_queries
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of


async def desk_reviews(request: Request) -> Response:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        page = await desk_queries.open_reviews(session, viewer_of(request), page_request(request))
    return render(request, "hours/reviews.html", {"page": page, "is_first": _is_first(request)})


async def decide_review(request: Request) -> Response:
    return await _show_review(request, blank_form(request))


async def save_decision(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(
            DecisionDraft, form.given("minutes", "reason") | {"review_id": path_id(request, "review_id")}
        )
        async with house_of(request).database.unit_of_work() as session:
            await reviews.decide(session, viewer_of(request), draft)
        return redirect(request, "desk_reviews", _("The decision is on record, and the volunteer is told."))
    return await _show_review(request, form)


async def desk_hour_entries(request: Request) -> Response:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        page = await desk_queries.waiting_requests(session, viewer_of(request), page_request(request))
    return render(request, "hours/requests.html", {"page": page, "is_first": _is_first(request)})


async def approve_hours(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await entry_requests.approve(session, viewer_of(request), path_id(request, "request_id"))
    return redirect(request, "desk_hour_entries", _("Your approval is on record."))


async def refuse_hours(request: Request) -> Response:
    return await _show_refusal(request, blank_form(request))


async def save_refusal(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(RefusalDraft, form.given("reason") | {"request_id": path_id(request, "request_id")})
        async with house_of(request).database.unit_of_work() as session:
            await entry_requests.refuse(session, viewer_of(request), draft)
        return redirect(
            request, "desk_hour_entries", _("The request is refused, and your reason is on record.")
        )
    return await _show_refusal(request, form)


async def need_hours(request: Request) -> Response:
    """Every entry of one need, for its organisers."""
    need_id = path_id(request, "need_id")
    async with house_of(request).database.reading() as session:
        need = await sign_up_queries.organised_need(session, viewer_of(request), need_id)
        page = await queries.entries(
            session, viewer_of(request), page_request(request), EntryFilter(need_id=need_id)
        )
    context = {"page": page, "is_first": _is_first(request), "need": need}
    return render(request, "hours/entries.html", context)


async def desk_hours(request: Request) -> Response:
    """Every entry that the viewer oversees: for auditors and organisers."""
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        page = await queries.entries(session, viewer_of(request), page_request(request), EntryFilter())
    context = {"page": page, "is_first": _is_first(request), "need": None}
    return render(request, "hours/entries.html", context)


async def enter_hours(request: Request) -> Response:
    return await _show_entering(request, blank_form(request))


async def save_entering(request: Request) -> Response:
    """The choice names a person and a shift at once, so that they always belong together."""
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        person_id, _dot, shift_id = form.value("presence").partition(".")
        given = form.given("minutes", "reason") | {
            "person_id": person_id,
            "shift_id": shift_id,
            "need_id": path_id(request, "need_id"),
            "idempotency_key": form.key,
        }
        draft = read(EntryDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            await entry_requests.enter(session, viewer_of(request), draft)
        said = _("The request waits for the approval of two other people.")
        return redirect(request, "need_hours", said, need_id=draft.need_id)
    return await _show_entering(request, form)


async def _show_review(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    review_id = path_id(request, "review_id")
    async with house_of(request).database.reading() as session:
        found = await desk_queries.reviews_by_ids(session, viewer_of(request), [review_id])
    if review_id not in found:
        raise NotFound()
    return render(request, "hours/decide.html", {"form": form, "review": found[review_id]}, form.status)


async def _show_refusal(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    request_id = path_id(request, "request_id")
    async with house_of(request).database.reading() as session:
        found = await desk_queries.requests_by_ids(session, viewer_of(request), [request_id])
    if request_id not in found:
        raise NotFound()
    return render(request, "hours/refuse.html", {"form": form, "asked": found[request_id]}, form.status)


async def _show_entering(request: Request, form: Form) -> Response:
    need_id = path_id(request, "need_id")
    async with house_of(request).database.reading() as session:
        need = await sign_up_queries.organised_need(session, viewer_of(request), need_id)
        people = await presence_queries.signed_up(session, viewer_of(request), need_id)
    return render(request, "hours/enter.html", {"form": form, "need": need, "people": people}, form.status)


def _is_first(request: Request) -> bool:
    return "after" not in request.query_params


routes: list[BaseRoute] = [
    Route("/desk/reviews", desk_reviews, name="desk_reviews"),
    Route("/desk/reviews/{review_id:uuid}", decide_review, name="decide_review"),
    Route("/desk/reviews/{review_id:uuid}", save_decision, methods=["POST"], name="save_decision"),
    Route("/desk/hour-entries", desk_hour_entries, name="desk_hour_entries"),
    Route(
        "/desk/hour-entries/{request_id:uuid}/approve", approve_hours, methods=["POST"], name="approve_hours"
    ),
    Route("/desk/hour-entries/{request_id:uuid}/refuse", refuse_hours, name="refuse_hours"),
    Route("/desk/hour-entries/{request_id:uuid}/refuse", save_refusal, methods=["POST"], name="save_refusal"),
    Route("/desk/hours", desk_hours, name="desk_hours"),
    Route("/needs/{need_id:uuid}/hours", need_hours, name="need_hours"),
    Route("/needs/{need_id:uuid}/hours/enter", enter_hours, name="enter_hours"),
    Route("/needs/{need_id:uuid}/hours/enter", save_entering, methods=["POST"], name="save_entering"),
]
