"""Buying services: what is open now, what is planned, where everything stands, and how it works in six steps."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.policy import supplies_for
from marketplace.procurement.tenders import queries
from marketplace.procurement.tenders.queries import DECIDED, TenderFilters
from web.addresses import has_page, path_of
from web.templating import render
from web.visit import house_of, translator, viewer_of


async def buying(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        opened = await queries.closing_soon(session, viewer)
        decided = await queries.page(session, viewer, TenderFilters(stages=DECIDED), PageRequest(3))
    context = {
        "opened": opened,
        "decided": decided.rows,
        "elsewhere": _places(request),
        "desks": _desks(request),
        "supplies": bool(supplies_for(viewer)),
    }
    return render(request, "buying/hub.html", context)


def _places(request: Request) -> list[tuple[str, str, str]]:
    """Where else one may look: label, path and a sentence, for the pages that are there."""
    _ = translator(request)
    wanted = [
        ("tenders", _("All tenders"), _("Open, being decided, awarded, ended.")),
        ("service_lists", _("Service lists"), _("What buyers mean to buy in the coming years. Say what you think of it.")),
        ("buying_calendar", _("Calendar of purchases"), _("When which tender is planned.")),
        ("find_purchases", _("Search"), _("Search tenders and announced purchases by any words.")),
        ("public_contracts", _("Contracts"), _("What was agreed, what is delivered and paid.")),
        ("receipts", _("Check a receipt"), _("Whether a sealed bid's receipt was signed here.")),
        ("rules", _("Rules in force"), _("Every rule that is applied, with its article.")),
        ("calendar_days", _("Working days"), _("The calendar by which periods are counted.")),
        ("open_data", _("Open data"), _("Everything that is public here, for programs, by OCDS.")),
    ]  # fmt: skip
    return [(label, path_of(request, name), text) for name, label, text in wanted if has_page(request, name)]


def _desks(request: Request) -> list[tuple[str, str]]:
    """The desks of the viewer, as buyer and supplier."""
    _, viewer = translator(request), viewer_of(request)
    wanted = [
        ("buying_desk", _("Buyer's desk"), any(held.role == "procurement_officer" for held in viewer.roles)),
        ("supplier", _("Supplier's desk"), bool(supplies_for(viewer))),
    ]
    return [
        (label, path_of(request, name))
        for name, label, is_for in wanted
        if is_for and has_page(request, name)
    ]


routes: list[BaseRoute] = [Route("/buying", buying, name="buying")]
