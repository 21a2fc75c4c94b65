"""Buying services: what is open now, what is planned, where everything stands, and how it works in six steps."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity.viewer import Role
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.policy import supplies_for
from marketplace.procurement.seats import Seats, seats
from marketplace.procurement.tenders import queries
from marketplace.procurement.tenders.queries import DECIDED, TenderFilters
from web.addresses import path_of
from web.templating import render
from web.visit import house_of, translator, viewer_of


async def buying(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        opened = await queries.closing_soon(session, viewer)
        decided = await queries.page(session, viewer, TenderFilters(stages=DECIDED), PageRequest(3))
        held = await seats(session, viewer)
    context = {
        "opened": opened,
        "decided": decided.rows,
        "elsewhere": _places(request),
        "desks": _desks(request, held),
        "supplies": bool(supplies_for(viewer)),
    }
    return render(request, "buying/hub.html", context)


def _places(request: Request) -> list[tuple[str, str, str]]:
    """Where else one may look: label, path and a sentence."""
    _ = translator(request)
    wanted = [
        ("tenders", _("All tenders"), _("Open, being decided, awarded, ended.")),
        ("service_lists", _("Service lists"), _("What buyers mean to buy in the coming years. Say what you think of it.")),
        ("buying_calendar", _("Calendar of purchases"), _("When which tender is planned.")),
        ("find_purchases", _("Search"), _("Search tenders and announced purchases by any words.")),
        ("public_contracts", _("Contracts"), _("What was agreed, what is delivered and paid.")),
        ("scorecards", _("Scorecards"), _("How those who received services rated them, with the range of chance.")),
        ("asked_for", _("What is asked for most"), _("What residents would like more of, by area.")),
        ("receipts", _("Check a receipt"), _("Whether a sealed bid's receipt was signed here.")),
        ("rules", _("Rules in force"), _("Every rule that is applied, with its article.")),
        ("calendar_days", _("Working days"), _("The calendar by which periods are counted.")),
        ("open_data", _("Open data"), _("Everything that is public here, for programs, by OCDS.")),
    ]  # fmt: skip
    return [(label, path_of(request, name), text) for name, label, text in wanted]


def _desks(request: Request, held: Seats) -> list[tuple[str, str]]:
    """The desks of the viewer: as buyer, supplier, opener, member of a panel, supervisor."""
    _, viewer = translator(request), viewer_of(request)
    wanted = [
        ("buying_desk", _("Buyer's desk"), bool(viewer.areas_of(Role.PROCUREMENT_OFFICER))),
        ("supplier", _("Supplier's desk"), bool(supplies_for(viewer))),
        ("deliveries_desk", _("Deliveries"), bool(supplies_for(viewer))),
        (
            "signals",
            _("Data whistles"),
            bool(viewer.areas_of(Role.PROCUREMENT_OFFICER) or supplies_for(viewer)),
        ),
        ("my_openings", _("Bids to open"), held.opens),
        ("my_panels", _("My panels"), held.evaluates),
        ("supervision", _("Supervision"), bool(viewer.areas_of(Role.PROCUREMENT_SUPERVISOR))),
    ]
    return [(label, path_of(request, name)) for name, label, is_for in wanted if is_for]


routes: list[BaseRoute] = [Route("/buying", buying, name="buying")]
