"""The city's areas to look through: from the districts down to the communities, or by search."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries, search
from marketplace.areas.codes import CITY
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from web.district_map import district_map
from web.templating import render
from web.visit import house_of, locale_of

_LONGEST_TEXT = 60


async def browse(request: Request) -> Response:
    code, locale = request.path_params.get("code", CITY), locale_of(request)
    text = searchable(request.query_params.get("q", ""), _LONGEST_TEXT).strip()
    async with house_of(request).database.reading() as session:
        path = await queries.path(session, code) if code.isascii() and code.isdigit() else []
        if not path:
            raise NotFound()
        below = await queries.children(session, code)
        found = await search.find(session, text, under=code, first=search.MAX_FOUND) if text else []
        paths = await queries.paths(session, [area.code for area in found])
    names = {area.code: queries.name_of(area, locale) for area in (*path, *below)}
    context = {
        "area": path[-1],
        "above": path[:-1],
        "below": below,
        "names": names,
        "text": text,
        "found": [
            (area, " · ".join(queries.name_of(above, locale) for above in paths[area.code][1:]))
            for area in found
        ],
        "map": district_map() if code == CITY and not text else None,
    }
    return render(request, "areas/browse.html", context)


routes: list[BaseRoute] = [
    Route("/areas", browse, name="areas"),
    Route("/areas/{code}", browse, name="area"),
]
