"""Check-in for volunteers: the shifts at whose door one stands, the six digits, and what a scanned QR opens."""

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.hours import attendances, presence_queries, proofs
from marketplace.hours.drafts import CodeDraft
from marketplace.hours.presence_queries import DoorRow
from marketplace.hours.rules import check_in_rule
from marketplace.hours.states import Direction
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, translator, viewer_of


async def check_in(request: Request) -> Response:
    """The doors of today; ``?shift=`` chooses the one whose code is typed."""
    return await _show_doors(request, blank_form(request), parse_id(request.query_params.get("shift", "")))


async def present_digits(request: Request) -> Response:
    """Six digits, typed at one of the doors."""
    form = await read_form(request)
    with form.catching():
        direction = _direction(form.value("direction"))
        draft = read(CodeDraft, form.given("code", "shift_id", "latitude", "longitude") | _key(form))
        return await _present(request, direction, draft)
    return await _show_doors(request, form, parse_id(form.value("shift_id")))


async def scanned(request: Request) -> Response:
    """What the QR opens. Looking changes nothing: the volunteer presses the button."""
    viewer_of(request).signed_in()
    return await _show_scanned(request, blank_form(request))


async def present_scanned(request: Request) -> Response:
    form = await read_form(request)
    with form.catching():
        direction = _direction(form.value("direction"))
        given = {"code": request.path_params["token"]} | form.given("latitude", "longitude") | _key(form)
        return await _present(request, direction, read(CodeDraft, given))
    return await _show_scanned(request, form)


async def _present(request: Request, direction: Direction, draft: CodeDraft) -> Response:
    """Judge in one transaction, so that wrong tries stay counted, and record in the next."""
    _ = translator(request)
    house = house_of(request)
    async with house.database.unit_of_work() as session:
        proof = await proofs.judge(session, viewer_of(request), house.vault, direction, draft)
    async with house.database.unit_of_work() as session:
        if direction is Direction.IN:
            await attendances.check_in(session, proof)
            said = _("You are checked in. Remember to check out when you leave.")
        else:
            await attendances.check_out(session, proof)
            said = _("You are checked out. Thank you for your time.")
    return redirect(request, "check_in", said)


async def _show_doors(request: Request, form: Form, chosen: UUID | None) -> Response:
    async with house_of(request).database.reading() as session:
        doors = await presence_queries.doors(session, viewer_of(request))
        rule = await check_in_rule(session)
    context = {"form": form, "doors": doors, "chosen": _chosen(doors, chosen), "rule": rule}
    return render(request, "check_in/doors.html", context, form.status)


async def _show_scanned(request: Request, form: Form) -> Response:
    house = house_of(request)
    token = request.path_params["token"]
    async with house.database.reading() as session:
        code = await presence_queries.scanned(session, house.vault, token)
        doors = await presence_queries.doors(session, viewer_of(request))
    door = next((door for door in doors if code is not None and door.shift_id == code.shift_id), None)
    context = {"form": form, "code": code, "door": door, "token": token}
    status = form.status if form.is_refused or code is not None else 422
    return render(request, "check_in/scanned.html", context, status)


def _chosen(doors: Sequence[DoorRow], shift_id: UUID | None) -> DoorRow | None:
    """The door whose code is typed: the one asked for, or the first that is open."""
    open_now = [door for door in doors if door.step is not None]
    return next((door for door in open_now if door.shift_id == shift_id), next(iter(open_now), None))


def _direction(text: str) -> Direction:
    try:
        return Direction(text)
    except ValueError:
        raise InputIsInvalid.of("direction", "missing") from None


def _key(form: Form) -> dict[str, str]:
    return {"idempotency_key": form.key}


routes: list[BaseRoute] = [
    Route("/check-in", check_in, name="check_in"),
    Route("/check-in", present_digits, methods=["POST"], name="present_digits"),
    Route("/check-in/{token}", scanned, name="scanned"),
    Route("/check-in/{token}", present_scanned, methods=["POST"], name="present_scanned"),
]
