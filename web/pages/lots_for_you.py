"""Lots for an organisation's managers: parts of open tenders in its fields, each with why."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.organisations import queries as organisations
from marketplace.recommendations import lots
from web.templating import render
from web.visit import house_of, path_id, viewer_of


async def lots_for_you(request: Request) -> Response:
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    async with house_of(request).database.reading() as session:
        found = await lots.for_organisation(session, viewer, organisation_id)
        organisation = (await organisations.by_ids(session, viewer, [organisation_id]))[organisation_id]
    return render(request, "recommendations/lots.html", {"found": found, "organisation": organisation})


routes: list[BaseRoute] = [
    Route("/organisations/{organisation_id:uuid}/lots-for-you", lots_for_you, name="lots_for_you"),
]
