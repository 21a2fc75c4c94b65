"""The desk of property services: the community's claims and contracts, the company's contracts, and sources to post for."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.delivery.properties import fact_queries, inside, queries
from marketplace.identity.viewer import COMMUNITY_ROLES, ORGANISATION_ROLES
from marketplace.kernel.pagination import PageRequest
from web.templating import render
from web.visit import house_of, page_request, viewer_of

_SOME = 50


async def compound_desk(request: Request) -> Response:
    """What waits for the viewer, whichever side they are on."""
    viewer, vault = viewer_of(request), house_of(request).vault
    viewer.signed_in()
    is_community = bool(viewer.areas_of(*COMMUNITY_ROLES))
    async with house_of(request).database.reading() as session:
        claims = await inside.waiting_claims(session, viewer, vault, PageRequest(_SOME))
        if is_community:
            contracts = await queries.contracts_of_community(session, viewer, page_request(request))
        else:
            contracts = await queries.contracts_of_company(session, viewer, page_request(request))
        mine = await queries.my_compounds(session, viewer, PageRequest(_SOME))
        sources = await fact_queries.kept_sources(session, viewer)
    context = {
        "is_community": is_community,
        "is_company": bool(viewer.organisations_of(*ORGANISATION_ROLES)),
        "claims": claims,
        "contracts": contracts,
        "mine": mine.rows,
        "sources": sources,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "compounds/desk.html", context)


routes: list[BaseRoute] = [Route("/desk/compounds", compound_desk, name="compound_desk")]
