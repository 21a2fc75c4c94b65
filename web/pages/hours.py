"""My hours: the total, the years, every entry with its evidence, a statement to print, and what is still in question."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.hours import desk_queries, entry_requests, queries, reviews
from marketplace.hours.drafts import AskDraft, CorrectionDraft
from marketplace.hours.queries import EntryFilter, YearTotal
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, today_of, translator, viewer_of

_DRAWN_YEARS = 5


async def my_hours(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        own = EntryFilter(person_id=viewer.signed_in())
        totals = await queries.totals(session, viewer)
        context: dict[str, Any] = {
            "totals": totals,
            "page": await queries.entries(session, viewer, page_request(request), own),
            "missed": await queries.missed(session, viewer),
            "reviews": await desk_queries.own_reviews(session, viewer),
            "requests": await desk_queries.own_requests(session, viewer),
            "is_first": "after" not in request.query_params,
        }
    context["drawn"] = _drawn(totals.years, today_of(request).year)
    return render(request, "hours/mine.html", context)


async def hours_statement(request: Request) -> Response:
    """Every entry of one year, or of all, made to be printed."""
    viewer, year = viewer_of(request), _year(request)
    async with house_of(request).database.reading() as session:
        entries = await queries.own_entries(session, viewer, year)
        totals = await queries.totals(session, viewer)
        now = session.now()
    context = {
        "entries": entries,
        "totals": totals,
        "year": year,
        "minutes": sum(entry.minutes for entry in entries),
        "printed_at": now,
    }
    return render(request, "hours/statement.html", context)


async def ask_for_review(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    draft = read(AskDraft, form.given("sign_up_id"))
    async with house_of(request).database.unit_of_work() as session:
        await reviews.ask(session, viewer_of(request), draft)
    return redirect(request, "my_hours", _("An organiser will look at this shift and decide."))


async def correct_hours(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        entry = await _entry(session, request)
    return await _show_correction(request, blank_form(request, {"minutes": entry.minutes}))


async def save_correction(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        given = form.given("minutes", "reason") | {
            "entry_id": path_id(request, "entry_id"),
            "idempotency_key": form.key,
        }
        draft = read(CorrectionDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            await entry_requests.correct(session, viewer_of(request), draft)
        return redirect(request, "my_hours", _("Your request waits for a second person's approval."))
    return await _show_correction(request, form)


async def _show_correction(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        entry = await _entry(session, request)
    return render(request, "hours/correct.html", {"form": form, "entry": entry}, form.status)


async def _entry(session: Session, request: Request) -> queries.EntryRow:
    viewer_of(request).signed_in()
    entry_id = path_id(request, "entry_id")
    found = await queries.entries_by_ids(session, viewer_of(request), [entry_id])
    if entry_id not in found:
        raise NotFound()
    return found[entry_id]


def _drawn(years: Sequence[YearTotal], this_year: int) -> list[YearTotal]:
    """The years of the plot, oldest first and without gaps: at least the last five, so that a bar can be compared."""
    minutes = {year.year: year.minutes for year in years}
    first = min([this_year - _DRAWN_YEARS + 1, *minutes])
    last = max([this_year, *minutes])
    return [YearTotal(year, minutes.get(year, 0)) for year in range(first, last + 1)]


def _year(request: Request) -> int | None:
    """The year asked for; anything that is not one means all years."""
    given = request.query_params.get("year", "")
    return int(given) if len(given) == 4 and given.isascii() and given.isdigit() else None


routes: list[BaseRoute] = [
    Route("/my/hours", my_hours, name="my_hours"),
    Route("/my/hours/statement", hours_statement, name="hours_statement"),
    Route("/my/hours/reviews", ask_for_review, methods=["POST"], name="ask_for_review"),
    Route("/hours/{entry_id:uuid}/correct", correct_hours, name="correct_hours"),
    Route("/hours/{entry_id:uuid}/correct", save_correction, methods=["POST"], name="save_correction"),
]
