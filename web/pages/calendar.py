"""One's shifts in one's own calendar: a secret address, shown once, and the file behind it."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.notices import calendars, icalendar_file, links, queries
from web.forms import read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, translator, viewer_of


async def my_calendar(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        has_calendar = await queries.has_calendar(session, viewer_of(request))
    return render(request, "notices/calendar.html", {"has_calendar": has_calendar, "address": None})


async def make_calendar_address(request: Request) -> Response:
    """Shows the new address in the answer itself: it is kept nowhere, so no later page could."""
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        token = await calendars.make_address(session, viewer_of(request))
    address = house_of(request).settings.site_url + links.calendar(token)
    response = render(request, "notices/calendar.html", {"has_calendar": True, "address": address})
    response.headers["Cache-Control"] = "no-store"
    return response


async def revoke_calendar_address(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await calendars.revoke(session, viewer_of(request))
    return redirect(request, "my_calendar", _("The address answers no more."))


async def calendar_file(request: Request) -> Response:
    """For calendar programs: whoever has the address may read it, nobody is signed in."""
    async with house_of(request).database.reading() as session:
        calendar = await calendars.behind(session, request.path_params["token"])
    content = icalendar_file.write(calendar, house_of(request).settings.site_url)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="wushe.ics"'
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _is_known(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in known.split(","))


routes: list[BaseRoute] = [
    Route("/my/calendar", my_calendar, name="my_calendar"),
    Route("/my/calendar", make_calendar_address, methods=["POST"], name="make_calendar_address"),
    Route("/my/calendar/revoke", revoke_calendar_address, methods=["POST"], name="revoke_calendar_address"),
    Route("/calendar/{token}.ics", calendar_file, name="calendar_file"),
]
