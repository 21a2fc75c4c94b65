"""The site: pages, static files, error pages and what happens around every request, put together over one house."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from marketplace.bootstrap import House
from marketplace.graph.edge import graph_route
from web.errors import HANDLERS
from web.metrics import Measured, Metrics
from web.middleware import Headers, Visit
from web.pages import (
    account,
    areas,
    award_desk,
    bids,
    buying,
    buying_calendar,
    calendar,
    calendar_days,
    call_offs,
    catalogue,
    check_in,
    check_in_screen,
    compounds,
    contract_desk,
    contracts,
    dead_jobs,
    deliveries,
    delivery,
    delivery_planning,
    desk,
    desk_hours,
    evaluation_desk,
    experts,
    feeds,
    find,
    find_purchases,
    guardian,
    health,
    held_ratings,
    home,
    hours,
    inbox,
    list_desk,
    list_item_desk,
    lots_for_you,
    lotteries,
    manage_needs,
    mobilisations,
    my_services,
    needs,
    notice_preferences,
    objections,
    opendata,
    openings,
    organisation_desk,
    organisations,
    panel,
    preferences,
    process_record,
    profile,
    property_contracts,
    property_desk,
    property_inside,
    publish_need,
    qualifications,
    rating,
    rating_moderation,
    ratings,
    recommendations,
    results,
    roles,
    roster,
    rules,
    saved_searches,
    scorecards,
    service_lists,
    shifts,
    sign_in,
    sign_ups,
    signals,
    staffing,
    supervision,
    tender_desk,
    tender_questions,
    tender_writing,
    tenders,
    unsubscribe,
    verification,
    weights,
    wishes,
)
from web.templating import STATIC
from web.visit import SESSION_COOKIE

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

# One line a module of pages, in the order in which paths are tried.
PAGES: tuple[list[BaseRoute], ...] = (
    home.routes,
    find.routes,
    find_purchases.routes,
    feeds.routes,
    opendata.routes,
    preferences.routes,
    process_record.routes,
    sign_in.routes,
    profile.routes,
    account.routes,
    guardian.routes,
    qualifications.routes,
    roles.routes,
    catalogue.routes,
    rules.routes,
    areas.routes,
    check_in.routes,
    check_in_screen.routes,
    hours.routes,
    desk_hours.routes,
    needs.routes,
    publish_need.routes,
    manage_needs.routes,
    shifts.routes,
    organisations.routes,
    scorecards.routes,
    organisation_desk.routes,
    verification.routes,
    sign_ups.routes,
    staffing.routes,
    lots_for_you.routes,
    lotteries.routes,
    mobilisations.routes,
    service_lists.routes,
    buying_calendar.routes,
    list_item_desk.routes,
    list_desk.routes,
    roster.routes,
    inbox.routes,
    saved_searches.routes,
    notice_preferences.routes,
    unsubscribe.routes,
    calendar.routes,
    recommendations.routes,
    weights.routes,
    my_services.routes,
    rating.routes,
    ratings.routes,
    rating_moderation.routes,
    held_ratings.routes,
    contracts.routes,
    contract_desk.routes,
    call_offs.routes,
    compounds.routes,
    property_contracts.routes,
    property_inside.routes,
    property_desk.routes,
    signals.routes,
    wishes.routes,
    desk.routes,
    results.routes,
    objections.routes,
    award_desk.routes,
    supervision.routes,
    dead_jobs.routes,
    deliveries.routes,
    delivery_planning.routes,
    delivery.routes,
    buying.routes,
    calendar_days.routes,
    tenders.routes,
    tender_desk.routes,
    tender_writing.routes,
    tender_questions.routes,
    bids.routes,
    openings.routes,
    panel.routes,
    evaluation_desk.routes,
    experts.routes,
    health.routes,
)
# Forms have tighter bounds of their own (web.forms.Bounds); this one holds for whatever reads a body.
MOST_BYTES = 22 * 1024 * 1024


class HashedStaticFiles(StaticFiles):
    """Static files; an address that carries a content hash may be kept for ever, any other is asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if not isinstance(response, NotModifiedResponse) and response.status_code != 200:
            return response
        is_hashed = "v" in Request(scope).query_params
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        return response


@asynccontextmanager
async def _nothing_beside(_app: Starlette) -> AsyncIterator[None]:
    yield


def create_app(house: House, *, lifespan: Lifespan = _nothing_beside) -> Starlette:
    """The application over an open house. ``lifespan`` runs what lives beside the pages (the worker in this process)."""
    metrics = Metrics()
    app = Starlette(
        routes=[
            *(route for page in PAGES for route in page),
            graph_route(house, session_cookie=SESSION_COOKIE),
            Mount("/static", HashedStaticFiles(directory=STATIC), name="static"),
        ],
        middleware=[Middleware(Measured, metrics=metrics), Middleware(Headers), Middleware(Visit)],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
        max_body_size=MOST_BYTES,
    )
    app.state.house = house
    app.state.metrics = metrics
    return app
