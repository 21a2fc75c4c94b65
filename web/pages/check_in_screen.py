"""The organiser's check-in screen: the rotating QR with its six digits, who is in, and checking in by hand."""

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.hours import attendances, presence_queries
from marketplace.hours.drafts import ByHandDraft
from marketplace.hours.presence_queries import RollRow
from marketplace.hours.states import Direction
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.qr import qr
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

FRAGMENT = "x-fragment"
REFRESH_SECONDS = 15


async def check_in_screen(request: Request) -> Response:
    """The whole page, or only what changes when a script asks for it."""
    house, shift_id = house_of(request), path_id(request, "shift_id")
    chosen = request.query_params.get("direction")
    direction = Direction(chosen) if chosen in {kind.value for kind in Direction} else None
    async with house.database.reading() as session:
        screen = await presence_queries.screen(session, viewer_of(request), house.vault, shift_id, direction)
        roll = await presence_queries.roll(session, viewer_of(request), shift_id)
        now = session.now()
    address = house.settings.site_url + path_of(request, "scanned", token=screen.token)
    context = {
        "screen": screen,
        "roll": [(row, row.state(now)) for row in roll],
        "present": sum(row.checked_in_at is not None for row in roll),
        "code": qr(address),
        "address": address,
        "refresh_seconds": REFRESH_SECONDS,
    }
    page = "check_in/screen_now.html" if FRAGMENT in request.headers else "check_in/screen.html"
    return render(request, page, context)


async def by_hand(request: Request) -> Response:
    """Asks for the reason first."""
    return await _show_by_hand(request, blank_form(request))


async def save_by_hand(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    direction, shift_id = _direction(request), path_id(request, "shift_id")
    with form.catching():
        draft = read(ByHandDraft, form.given("reason") | {"sign_up_id": path_id(request, "sign_up_id")})
        async with house_of(request).database.unit_of_work() as session:
            if direction is Direction.IN:
                await attendances.check_in_by_hand(session, viewer_of(request), draft)
            else:
                await attendances.check_out_by_hand(session, viewer_of(request), draft)
        return redirect(
            request, "check_in_screen", _("It is on record, with your reason."), shift_id=shift_id
        )
    return await _show_by_hand(request, form)


async def _show_by_hand(request: Request, form: Form) -> Response:
    house, shift_id = house_of(request), path_id(request, "shift_id")
    async with house.database.reading() as session:
        roll = await presence_queries.roll(session, viewer_of(request), shift_id)
    context = {
        "form": form,
        "shift_id": shift_id,
        "direction": _direction(request),
        "row": _on(roll, path_id(request, "sign_up_id")),
    }
    return render(request, "check_in/by_hand.html", context, form.status)


def _on(roll: Sequence[RollRow], sign_up_id: UUID) -> RollRow:
    row = next((row for row in roll if row.sign_up_id == sign_up_id), None)
    if row is None:
        raise NotFound()
    return row


def _direction(request: Request) -> Direction:
    try:
        return Direction(request.path_params["direction"])
    except ValueError:
        raise NotFound() from None


_BY_HAND = "/shifts/{shift_id:uuid}/roll/{sign_up_id:uuid}/{direction}"

routes: list[BaseRoute] = [
    Route("/shifts/{shift_id:uuid}/check-in-screen", check_in_screen, name="check_in_screen"),
    Route(_BY_HAND, by_hand, name="by_hand"),
    Route(_BY_HAND, save_by_hand, methods=["POST"], name="save_by_hand"),
]
