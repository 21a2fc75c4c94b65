"""My services: what comes, what was brought and whether it was so, what can be rated now, and what one said of it."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.delivery.deliveries import confirming, policy
from marketplace.delivery.deliveries.holding import record_rule
from marketplace.delivery.deliveries.states import DeliveryState, delivery_state
from marketplace.delivery.ratings import codes, queries
from marketplace.delivery.ratings.queries import Received, ReceivedRow
from marketplace.delivery.ratings.states import TicketState
from marketplace.identity.viewer import COMMUNITY_ROLES
from marketplace.kernel.pagination import PageRequest
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of

MOST_COMING = 3
"""What comes next; the rest is a tap away."""


@dataclass(frozen=True, slots=True)
class Card:
    """One service as its receiver sees it; awaited when it is over and not recorded. ``code`` is there while it can be rated."""

    row: ReceivedRow
    state: DeliveryState
    may_speak: bool
    may_dispute: bool
    is_awaited: bool
    code: str | None


async def my_services(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def confirm_service(request: Request) -> Response:
    """It was so."""
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await confirming.confirm(session, viewer_of(request), path_id(request, "delivery_id"))
        return redirect(request, "my_services", _("Thank you. It is noted that it was so."))
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    """What waits for a rating and what comes next stand above what was, on its first page."""
    house, viewer = house_of(request), viewer_of(request)
    only_coming = request.query_params.get("show") == Received.COMING
    is_first = "after" not in request.query_params
    waiting = coming = None
    async with house.database.reading() as session:
        shelf = Received.COMING if only_coming else Received.PAST
        page = await queries.received(session, viewer, shelf, page_request(request))
        if is_first and not only_coming:
            waiting = await queries.received(session, viewer, Received.WAITING, PageRequest())
            coming = await queries.received(session, viewer, Received.COMING, PageRequest(MOST_COMING))
        rule, now = (await record_rule(session)).value, session.now()
    overdue = timedelta(days=rule["overdue_after_days"])
    disputable = timedelta(days=rule["dispute_within_days"])

    def card_of(row: ReceivedRow) -> Card:
        delivery, ticket = row.delivery, row.ticket
        state = delivery_state(delivery, now, overdue)
        may_speak = (
            state is DeliveryState.DONE
            and delivery.done_by != viewer.person_id
            and not policy.belongs_to_provider(viewer, delivery)
        )
        may_dispute = may_speak and delivery.done_at is not None and now <= delivery.done_at + disputable
        is_awaited = state in (DeliveryState.PLANNED, DeliveryState.OVERDUE) and delivery.ends_at <= now
        can_rate = ticket is not None and ticket.state is TicketState.VALID
        code = codes.code_of(house.vault, ticket.id) if can_rate and ticket is not None else None
        return Card(row, state, may_speak, may_dispute, is_awaited, code)

    context = {
        "page": page,
        "cards": [card_of(row) for row in page.rows],
        "waiting": [card_of(row) for row in waiting.rows] if waiting else [],
        "coming": [card_of(row) for row in coming.rows] if coming else [],
        "more_comes": coming is not None and coming.has_next,
        "only_coming": only_coming,
        "form": form,
        "is_first": is_first,
        "helps": bool(viewer.areas_of(*COMMUNITY_ROLES)),
    }
    return render(request, "ratings/my_services.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/my/services", my_services, name="my_services"),
    Route(
        "/my/services/{delivery_id:uuid}/confirm",
        confirm_service,
        methods=["POST"],
        name="confirm_service",
    ),
]
