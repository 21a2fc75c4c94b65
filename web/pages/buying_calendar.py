"""The calendar of what is planned: month by month, narrowed by area and kind of service, also as a file for calendar programs."""

import hashlib
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.clock import day_starts
from marketplace.kernel.local_forms import money
from marketplace.kernel.pagination import MAX_PAGE, PageRequest
from marketplace.procurement.lists import item_queries
from marketplace.procurement.lists.item_queries import CalendarFilters, PlannedItem
from web.addresses import path_of
from web.list_words import month_starts
from web.pages.service_lists import area_of, chosen_of, filter_groups
from web.templating import here, render
from web.visit import house_of, page_request, today_of, translator, viewer_of

_MONTHS = 12
_MOST_IN_FILE = 1000
_REFRESH = timedelta(hours=12)


async def buying_calendar(request: Request) -> Response:
    query = request.query_params
    first = month_starts(query.get("from", "")) or today_of(request).replace(day=1)
    ends = _later(first, _MONTHS)
    filters = CalendarFilters(
        from_day=first,
        before=ends,
        area_code=area_of(request),
        category_code=query.get("category") or None,
    )
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        page = await item_queries.planned(session, viewer, filters, page_request(request, 50))
        counted = await item_queries.months(session, viewer, filters)
        groups = await filter_groups(request, session)
    context: dict[str, Any] = {
        "page": page,
        "months": [
            (month, list(items))
            for month, items in groupby(
                page.rows, lambda one: one.item.content.planned_tender_on.replace(day=1)
            )
        ],
        "counted": [
            (month, counted.get((month.year, month.month), 0))
            for month in (_later(first, at) for at in range(_MONTHS))
        ],
        "total": sum(counted.values()),
        "groups": groups,
        "chosen": chosen_of(request, groups),
        "first": first,
        "last": ends - timedelta(days=1),
        "earlier": here(request, **{"from": f"{_later(first, -_MONTHS):%Y-%m}", "after": None}),
        "later": here(request, **{"from": f"{ends:%Y-%m}", "after": None}),
        "file": _file_path(request),
        "is_first": "after" not in query,
    }
    return render(request, "lists/calendar.html", context)


async def buying_calendar_file(request: Request) -> Response:
    """Everything planned from today on, as iCalendar (RFC 5545); the same plans give the same bytes, so it is asked for by ETag."""
    filters = CalendarFilters(
        from_day=today_of(request),
        area_code=area_of(request),
        category_code=request.query_params.get("category") or None,
    )
    rows: list[PlannedItem] = []
    async with house_of(request).database.reading() as session:
        after: str | None = None
        while len(rows) < _MOST_IN_FILE:
            page = await item_queries.planned(
                session, viewer_of(request), filters, PageRequest(MAX_PAGE, after)
            )
            rows += page.rows
            if not page.has_next:
                break
            after = page.end_cursor
    content = _written(request, rows)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600"}
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="buying.ics"'
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _written(request: Request, rows: list[PlannedItem]) -> bytes:
    _ = translator(request)
    site = house_of(request).settings.site_url
    file = Calendar()
    file.add("prodid", "-//Wushe//Planned purchases//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("name", _("Planned purchases of services"))
    file.add("x-wr-calname", _("Planned purchases of services"))
    file.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for one in rows:
        file.add_component(_event(request, one, site))
    return bytes(file.to_ical(sorted=True))


def _event(request: Request, one: PlannedItem, site: str) -> Event:
    content = one.item.content
    page = site + path_of(request, "list_item", item_id=one.id)
    day: date = content.planned_tender_on
    event = Event()
    event.add("uid", f"list-item-{one.id}@{site.partition('://')[2]}")
    # A plan has no moment of its own: the day stands for it, so that the file is the same whenever it is asked for.
    event.add("dtstamp", day_starts(day))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"{content.title} · {one.buyer.name}")
    event.add("description", "\n".join((one.list_title, money(content.budget_fen), page)))
    event.add("url", page)
    event.add("status", "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    return event


def _file_path(request: Request) -> str:
    query = "&".join(
        f"{name}={value}"
        for name, value in (("area", area_of(request)), ("category", request.query_params.get("category")))
        if value and value.replace("_", "").isalnum() and value.isascii()
    )
    path = path_of(request, "buying_calendar_file")
    return f"{path}?{query}" if query else path


def _later(month: date, by: int) -> date:
    years, at = divmod(month.month - 1 + by, 12)
    return date(min(max(month.year + years, 1), 9998), at + 1, 1)


routes: list[BaseRoute] = [
    Route("/buying/calendar", buying_calendar, name="buying_calendar"),
    Route("/buying/calendar.ics", buying_calendar_file, name="buying_calendar_file"),
]
