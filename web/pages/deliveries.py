"""Deliveries in lists: the provider's desk and calendar, the buyer's view of a contract, and what is brought in a community."""

import calendar
from datetime import date
from itertools import groupby
from typing import Any

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.areas.codes import contains
from marketplace.db.session import Session
from marketplace.delivery.deliveries import accepting, details, queries
from marketplace.delivery.deliveries.clauses import (
    BUYER_SHELVES,
    COMMUNITY_SHELVES,
    PROVIDER_SHELVES,
    Shelf,
)
from marketplace.delivery.deliveries.drafts import AcceptanceOfManyDraft
from marketplace.delivery.deliveries.policy import brings_services
from marketplace.delivery.deliveries.queries import DeliveryRow
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.identity.viewer import COMMUNITY_ROLES, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.procurement.contracts import details as contract_details
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.list_words import month_starts
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, today_of, translator, viewer_of

_ACCEPTED_TOGETHER = (DeliveryState.DONE, DeliveryState.CONFIRMED)
_STATUSES = {DeliveryState.CANCELLED: "CANCELLED"}


async def deliveries_desk(request: Request) -> Response:
    """The provider's backlog: overdue, due, to be answered, coming, waiting, over; of one contract where asked for."""
    viewer = viewer_of(request)
    contract_id = parse_id(request.query_params.get("contract", ""))
    async with house_of(request).database.reading() as session:
        counts = await queries.provider_counts(session, viewer, contract_id)
        shelf = _shelf(request, PROVIDER_SHELVES, counts)
        page = await queries.of_provider(session, viewer, shelf, page_request(request), contract_id)
    return _show(
        request,
        "deliveries/desk.html",
        {
            "counts": counts,
            "shelf": shelf,
            "page": page,
            "contract_id": contract_id,
            "is_provider": brings_services(viewer),
        },
    )


async def deliveries_calendar(request: Request) -> Response:
    """A month of the provider's work: a sheet of days, and the days in order."""
    first = month_starts(request.query_params.get("month", "")) or today_of(request).replace(day=1)
    before = _later(first, 1)
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        rows = await queries.month(session, viewer, first, before)
    by_day = {day: list(found) for day, found in groupby(rows, lambda row: local_day(row.starts_at))}
    context: dict[str, Any] = {
        "first": first,
        "weeks": calendar.Calendar().monthdatescalendar(first.year, first.month),
        "by_day": by_day,
        "total": len(rows),
        "is_cut": len(rows) == queries.MOST_IN_MONTH,
        "earlier": f"{_later(first, -1):%Y-%m}",
        "later": f"{before:%Y-%m}",
        "is_provider": brings_services(viewer),
    }
    return render(request, "deliveries/calendar.html", context)


async def deliveries_file(request: Request) -> Response:
    """The last sixty days and what comes, as iCalendar (RFC 5545)."""
    async with house_of(request).database.reading() as session:
        rows = await queries.for_file(session, viewer_of(request))
    headers = {
        "Content-Disposition": 'attachment; filename="deliveries.ics"',
        "Cache-Control": "private, no-store",
    }
    content = _written(request, rows)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


async def community_deliveries(request: Request) -> Response:
    """What is brought where the viewer works, in one area where asked for."""
    viewer = viewer_of(request)
    queries.must_work_for_community(viewer)
    async with house_of(request).database.reading() as session:
        chosen, choices = await _areas(request, viewer, session)
        counts = await queries.community_counts(session, viewer, chosen)
        shelf = _shelf(request, COMMUNITY_SHELVES, counts)
        page = await queries.of_community(session, viewer, shelf, page_request(request), chosen)
    return _show(
        request,
        "deliveries/community.html",
        {"counts": counts, "shelf": shelf, "page": page, "areas": choices, "area_code": chosen},
    )


async def contract_deliveries(request: Request) -> Response:
    """What a contract's deliveries come to, for its two sides."""
    return await _show_contract(request, blank_form(request))


async def accept_deliveries(request: Request) -> Response:
    """The buyer accepts several that nobody disputed."""
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        draft = read(AcceptanceOfManyDraft, form.given(many=["delivery_ids"]))
        async with house_of(request).database.unit_of_work() as session:
            await accepting.accept_many(session, viewer_of(request), draft)
        return redirect(request, "contract_deliveries", _("They are accepted."), contract_id=contract_id)
    return await _show_contract(request, form)


async def _show_contract(request: Request, form: Form) -> Response:
    viewer, contract_id = viewer_of(request), path_id(request, "contract_id")
    async with house_of(request).database.reading() as session:
        told = await details.contract_deliveries(session, viewer, contract_id)
        shelf = _shelf(request, BUYER_SHELVES, told.shelves)
        page = await details.of_contract(session, viewer, contract_id, shelf, page_request(request))
        found = await contract_details.milestones_of(session, viewer, [contract_id])
        by_milestone = await details.by_milestone(session, viewer, contract_id)
    context = {
        "told": told,
        "contract": told.contract,
        "counts": told.shelves,
        "shelf": shelf,
        "page": page,
        "milestones": [(step, *by_milestone.get(step.id, (0, 0))) for step in found.get(contract_id, [])],
        "acceptable": [row for row in page.rows if row.may_decide and row.state in _ACCEPTED_TOGETHER],
        "form": form,
    }
    return _show(request, "deliveries/of_contract.html", context, form.status)


def _show(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    return render(request, template, {**context, "is_first": "after" not in request.query_params}, status)


def _shelf(request: Request, shelves: tuple[Shelf, ...], counts: dict[Shelf, int]) -> Shelf:
    """The stretch that is asked for; else the first on which there is something to do."""
    asked = request.query_params.get("show", "")
    if asked in shelves:
        return Shelf(asked)
    return next((one for one in shelves if counts[one]), shelves[0])


async def _areas(
    request: Request, viewer: Viewer, session: Session
) -> tuple[str | None, list[tuple[str, str]]]:
    """The chosen area, and those below the viewer's to choose from."""
    own = viewer.areas_of(*COMMUNITY_ROLES)
    asked = request.query_params.get("area", "")
    is_code = len(asked) == 12 and asked.isascii() and asked.isdecimal()
    chosen = asked if is_code and any(contains(one, asked) for one in own) else None
    locale = viewer.locale
    found = [area for one in own for area in await areas.children(session, chosen or one)]
    return chosen, [(area.code, areas.name_of(area, locale)) for area in found]


def _written(request: Request, rows: list[DeliveryRow]) -> bytes:
    _ = translator(request)
    site = house_of(request).settings.site_url
    file = Calendar()
    file.add("prodid", "-//Wushe//Deliveries//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("name", _("Our deliveries"))
    file.add("x-wr-calname", _("Our deliveries"))
    for row in rows:
        file.add_component(_event(request, row, site))
    return bytes(file.to_ical(sorted=True))


def _event(request: Request, row: DeliveryRow, site: str) -> Event:
    page = site + path_of(request, "delivery", delivery_id=row.id)
    event = Event()
    event.add("uid", f"delivery-{row.id}@{site.partition('://')[2]}")
    event.add("dtstamp", row.cancelled_at or row.moved_at or row.planned_at)
    event.add("sequence", (row.moved_at is not None) + (row.cancelled_at is not None))
    event.add("dtstart", row.starts_at)
    event.add("dtend", row.ends_at)
    event.add("summary", row.title)
    event.add("location", row.place)
    event.add("description", "\n".join((row.served_by, page)))
    event.add("url", page)
    event.add("status", _STATUSES.get(row.state, "CONFIRMED"))
    return event


def _later(month: date, by: int) -> date:
    years, at = divmod(month.month - 1 + by, 12)
    return date(min(max(month.year + years, 1), 9998), at + 1, 1)


routes: list[BaseRoute] = [
    Route("/deliveries", deliveries_desk, name="deliveries_desk"),
    Route("/deliveries/calendar", deliveries_calendar, name="deliveries_calendar"),
    Route("/deliveries/calendar.ics", deliveries_file, name="deliveries_file"),
    Route("/deliveries/community", community_deliveries, name="community_deliveries"),
    Route("/contracts/{contract_id:uuid}/deliveries", contract_deliveries, name="contract_deliveries"),
    Route(
        "/contracts/{contract_id:uuid}/deliveries",
        accept_deliveries,
        methods=["POST"],
        name="accept_deliveries",
    ),
]
