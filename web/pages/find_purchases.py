"""Find what is bought: tenders and announced items by words, field and place, in an address that can be kept and shared."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.discovery.purchases import FoundPurchases, PurchaseWishes, find_purchases
from marketplace.kernel.input import read
from marketplace.kernel.locale import word
from matching.index import LONGEST_QUERY
from web.find_filters import name_of, purchase_facets, shortened, unknown_in
from web.forms import blank_form
from web.purchases import purchase_path
from web.templating import here, render
from web.visit import house_of, locale_of, page_request

_WISHES = ("text", "kind", "category", "area")


async def find(request: Request) -> Response:
    query = request.query_params
    form = blank_form(request, {name: query[name] for name in _WISHES if name in query})
    found: FoundPurchases | None = None
    chosen: list[tuple[str, str]] = []
    groups: list[dict[str, Any]] = []
    with form.catching():
        wishes = read(PurchaseWishes, form.given(*_WISHES))
        house = house_of(request)
        async with house.database.reading() as session:
            found = await find_purchases(session, house.search, wishes, page_request(request))
        chosen, groups = _chosen(request, found, wishes), purchase_facets(request, found, wishes)
    context = {
        "form": form,
        "found": found,
        "chosen": chosen,
        "groups": groups,
        "kept_beside_text": form.given(*_WISHES[1:]),
        "is_first": "after" not in query,
        "unknown": unknown_in(query, {*_WISHES, "after"}),
        "most_characters": LONGEST_QUERY,
        "purchase_path": purchase_path,
    }
    return render(request, "find/purchases.html", context, form.status)


def _chosen(request: Request, found: FoundPurchases, wishes: PurchaseWishes) -> list[tuple[str, str]]:
    """Every active filter in words, with the address of the same list without it."""
    said = [("text", f"“{shortened(wishes.text)}”")] if wishes.text else []
    if wishes.kind:
        said.append(("kind", word(locale_of(request), f"purchase.{wishes.kind.value}")))
    if wishes.category in found.names.categories:
        said.append(("category", name_of(request, found.names.categories[wishes.category])))
    if wishes.area in found.names.areas:
        said.append(("area", name_of(request, found.names.areas[wishes.area])))
    return [(label, here(request, **{name: None, "after": None})) for name, label in said]


routes: list[BaseRoute] = [Route("/buying/search", find, name="find_purchases")]
