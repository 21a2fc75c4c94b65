"""The supervisor's desk: complaints to decide, processes at rest, and who saw or asked for what in a process."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity.viewer import Role
from marketplace.kernel.errors import NotPermitted
from marketplace.procurement.awards import objection_queries, supervision_queries
from marketplace.procurement.awards.objections import COMPLAINT
from web.templating import render
from web.visit import house_of, page_request, path_id, viewer_of


async def supervision(request: Request) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(Role.PROCUREMENT_SUPERVISOR):
        raise NotPermitted()
    async with house_of(request).database.reading() as session:
        page = await objection_queries.waiting_for(session, viewer, page_request(request), COMPLAINT)
        resting = await supervision_queries.resting(session, viewer)
        tenders = await supervision_queries.recent(session, viewer)
    context = {"page": page, "resting": resting, "tenders": tenders}
    return render(request, "objections/supervision.html", context)


async def process_accesses(request: Request) -> Response:
    """Who saw something sensitive of a process, and who asked in vain."""
    async with house_of(request).database.reading() as session:
        found = await supervision_queries.accesses_of(
            session, viewer_of(request), path_id(request, "tender_id")
        )
    return render(request, "objections/accesses.html", {"found": found})


routes: list[BaseRoute] = [
    Route("/desk/supervision", supervision, name="supervision"),
    Route("/desk/supervision/tenders/{tender_id:uuid}/accesses", process_accesses, name="process_accesses"),
]
