"""The home page: search, what suits now, what to do next; what Wushe is; and the small files that programs ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.ratings import codes
from marketplace.delivery.ratings import queries as rating_queries
from marketplace.delivery.ratings.queries import TicketRow
from marketplace.discovery.finding import Found, find_needs
from marketplace.discovery.numbers import city_numbers, open_needs_by_category
from marketplace.discovery.wishes import NeedWishes, Sorting
from marketplace.hours.rules import check_in_rule
from marketplace.identity.models import Person
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.pagination import PageRequest
from marketplace.recommendations import invitation_queries, recommending
from marketplace.recommendations.invitation_queries import InvitationRow
from marketplace.recommendations.recommending import Recommendations, Recommended
from marketplace.volunteering import sign_up_queries
from marketplace.volunteering.sign_up_queries import SignUpRow
from web.find_filters import name_of
from web.templating import render, static
from web.visit import house_of, now_of, today_of, viewer_of

_ROBOTS = "User-agent: *\nDisallow: /my/\nDisallow: /desk\nDisallow: /sign-in\nDisallow: /graphql\n"
_SHOWN_NEEDS = 6
_SHOWN_SHIFTS = 3
_SHOWN_INVITATIONS = 2
_SHOWN_RECOMMENDED = 3
_SHOWN_TO_RATE = 2


@dataclass(frozen=True, slots=True)
class Next:
    """What a signed-in person can do next: their coming shifts, services to rate (with the code), and what their profile still lacks."""

    sign_ups: Sequence[SignUpRow]
    to_rate: Sequence[tuple[TicketRow, str]]
    invitations: Sequence[InvitationRow]
    has_home: bool
    has_birth_date: bool


async def home(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        coming = await _next(request, session)
        recommended = None if coming is None else await recommending.for_viewer(session, viewer_of(request))
        check_in = None if coming is None else await check_in_rule(session)
        found, is_near = await _found(request, session)
        # The list above leaves out what has no date yet; a kind of service counts what its page will show.
        in_kinds = found.names.rolled_up(await open_needs_by_category(session))
        numbers = await city_numbers(session)
    context = {
        "recommended": recommended,
        "for_you": _for_you(recommended, coming),
        "check_in": check_in,
        "now": now_of(request),
        "next": coming,
        "is_near": is_near,
        "found": found,
        "categories": _categories(request, found, in_kinds),
        "numbers": numbers,
    }
    return render(request, "home.html", context)


async def _found(request: Request, session: Session) -> tuple[Found, bool]:
    """Needs with a date: the nearest where the viewer's home is known, else the soonest; and whether they are the nearest."""
    viewer, index = viewer_of(request), house_of(request).search
    soon = NeedWishes(day_from=today_of(request))
    page = PageRequest(_SHOWN_NEEDS)
    try:
        near = soon.model_copy(update={"sort": Sorting.DISTANCE})
        return await find_needs(session, viewer, index, near, page), True
    except InputIsInvalid:  # nobody knows from where to measure
        return await find_needs(session, viewer, index, soon, page), False


def _for_you(recommended: Recommendations | None, coming: Next | None) -> list[Recommended]:
    """The best of what is recommended; what an invitation shows already is not shown twice."""
    if recommended is None or coming is None:
        return []
    asked = {row.need_id for row in coming.invitations}
    return [item for item in recommended.items if item.need_id not in asked][:_SHOWN_RECOMMENDED]


async def _next(request: Request, session: Session) -> Next | None:
    viewer = viewer_of(request)
    if viewer.person_id is None:
        return None
    coming = await sign_up_queries.my_coming(session, viewer, PageRequest(_SHOWN_SHIFTS))
    waiting = await rating_queries.own_tickets(session, viewer, PageRequest(_SHOWN_TO_RATE), waiting=True)
    vault = house_of(request).vault
    person = await session.get_one(Person, viewer.person_id)
    return Next(
        coming.rows,
        [(ticket, codes.code_of(vault, ticket.id)) for ticket in waiting.rows],
        (await invitation_queries.mine(session, viewer))[:_SHOWN_INVITATIONS],
        has_home=person.home_area_code is not None or person.latitude is not None,
        has_birth_date=person.birth_date is not None,
    )


def _categories(request: Request, found: Found, in_kinds: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """The broad kinds of service that something is asked for in, the most first: code, name, how many."""
    counted = [
        (code, name_of(request, entry), in_kinds[code])
        for code, entry in found.names.categories.items()
        if entry.above is None and code in in_kinds
    ]
    return sorted(counted, key=lambda one: (-one[2], one[0]))


async def about(request: Request) -> Response:
    return render(request, "about.html")


async def robots(_request: Request) -> Response:
    return PlainTextResponse(_ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


async def favicon(_request: Request) -> Response:
    """Browsers ask for this address whatever the page says."""
    return RedirectResponse(static("logo.svg"), status_code=301)


routes: list[BaseRoute] = [
    Route("/", home, name="home"),
    Route("/about", about, name="about"),
    Route("/robots.txt", robots, name="robots"),
    Route("/favicon.ico", favicon, name="favicon"),
]
