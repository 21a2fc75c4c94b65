"""Find needs: words, wishes and counts in an address that can be kept and shared; works without script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.discovery.finding import Found, find_needs
from marketplace.discovery.names import Names
from marketplace.discovery.organisations import matching_organisations
from marketplace.discovery.purchases import FoundPurchase, matching_purchases
from marketplace.discovery.saved_queries import saved_as
from marketplace.discovery.wishes import NeedWishes, Sorting
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import distance
from marketplace.kernel.locale import word
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations.models import Organisation
from marketplace.volunteering.errors import BirthDateIsUnknown, GuardianHasNotConsented
from matching.index import LONGEST_QUERY
from web.addresses import path_of
from web.district_map import district_map
from web.find_filters import chosen_filters, city, facet_links, name_of, unknown_in
from web.forms import Form, blank_form
from web.purchases import purchase_path
from web.templating import render
from web.visit import house_of, locale_of, page_request, viewer_of

SINGLE = (
    "text",
    "category",
    "area",
    "day_from",
    "day_to",
    "within_km",
    "only_with_places",
    "only_suitable",
    "language",
    "sort",
)
_KNOWN = frozenset({*SINGLE, "tags", "after"})
_MOST_ORGANISATIONS = 3
_MOST_PURCHASES = 3
_MOST_BROAD = 8
_KILOMETRES = (1, 3, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; ``hindrance`` is why the viewer can take nothing at all, and then everything is shown.

    ``is_saved``: the viewer keeps a search with just these wishes.
    """

    found: Found
    wishes: NeedWishes
    hindrance: MarketplaceError | None
    organisations: Sequence[Organisation]
    purchases: Sequence[FoundPurchase]
    is_saved: bool


async def find(request: Request) -> Response:
    form = blank_form(request, wishes_in(request.query_params))
    answer: Answer | None = None
    with form.catching():
        wishes = read(NeedWishes, form.given(*SINGLE, many=["tags"]))
        answer = await _answer(request, wishes, page_request(request))
    return render(request, "find/list.html", _context(request, form, answer), form.status)


def wishes_in(query: QueryParams) -> dict[str, Any]:
    """The wishes in an address."""
    return {
        name: query.getlist(name) if name == "tags" else query[name]
        for name in (*SINGLE, "tags")
        if name in query
    }


async def _answer(request: Request, wishes: NeedWishes, page: PageRequest) -> Answer:
    house, viewer = house_of(request), viewer_of(request)
    hindrance: MarketplaceError | None = None
    async with house.database.reading() as session:
        try:
            found = await find_needs(session, viewer, house.search, wishes, page)
        except (BirthDateIsUnknown, GuardianHasNotConsented) as reason:
            hindrance = reason
            everything = wishes.model_copy(update={"only_suitable": False})
            found = await find_needs(session, viewer, house.search, everything, page)
        organisations = (
            await matching_organisations(session, viewer, house.search, wishes.text, _MOST_ORGANISATIONS)
            if wishes.text
            else []
        )
        purchases = (
            await matching_purchases(session, house.search, wishes.text, _MOST_PURCHASES)
            if wishes.text
            else []
        )
        is_saved = await saved_as(session, viewer, wishes) is not None
    return Answer(found, wishes, hindrance, organisations, purchases, is_saved)


def _context(request: Request, form: Form, answer: Answer | None) -> dict[str, Any]:
    names = answer.found.names if answer else Names()
    return {
        "form": form,
        "answer": answer,
        "found": answer.found if answer else None,
        "is_first": "after" not in request.query_params,
        "kept": {name: form.value(name) for name in SINGLE if form.value(name)},
        "kept_beside_text": {name: form.value(name) for name in SINGLE[1:] if form.value(name)},
        "chosen": chosen_filters(request, answer.wishes, names) if answer else [],
        "groups": facet_links(request, answer.found, answer.wishes) if answer else [],
        "city": city(request, answer.found, answer.wishes.area) if answer else [],
        "map": district_map(),
        "unknown": unknown_in(request.query_params, _KNOWN),
        "most_characters": LONGEST_QUERY,
        "broad": _broad(request, names),
        "purchase_path": purchase_path,
        "kilometres": _kilometres(request, form, answer.wishes.within_km if answer else None),
        "sortings": [(sort.value, word(locale_of(request), f"sorting.{sort.value}")) for sort in Sorting],
        "clear_path": request.url.path,
        "feed_path": _feed(request, form),
    }


def _kilometres(request: Request, form: Form, chosen: float | None) -> list[tuple[str, str]]:
    """The distances to choose from, the one that is chosen among them, written as the address has it."""
    offered = sorted({*_KILOMETRES, *([chosen] if chosen else [])})
    return [
        (
            form.value("within_km") if number == chosen else str(number),
            distance(locale_of(request), 1000 * number),
        )
        for number in offered
    ]


def _broad(request: Request, names: Names) -> list[tuple[str, str]]:
    """The broad kinds of service, to begin with where nothing was found."""
    path = path_of(request, "find_needs")
    broad = [entry for entry in names.categories.values() if entry.above is None]
    return [
        (name_of(request, entry), f"{path}?{urlencode({'category': entry.code})}")
        for entry in broad[:_MOST_BROAD]
    ]


def _feed(request: Request, form: Form) -> str:
    kept = {name: form.value(name) for name in ("category", "area") if form.value(name)}
    path = path_of(request, "needs_feed")
    return f"{path}?{urlencode(kept)}" if kept else path


routes: list[BaseRoute] = [Route("/needs", find, name="find_needs")]
