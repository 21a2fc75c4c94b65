"""A delivery is planned: under which contract or need, what is brought when to whom, and what of it can be measured."""

import re
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.db.session import Session
from marketplace.delivery.deliveries import deliveries, origins
from marketplace.delivery.deliveries.drafts import MOST_WEEKS, CommitmentDirection, PlanDraft, Receiver
from marketplace.delivery.deliveries.origins import Origin
from marketplace.identity import phones
from marketplace.kernel.clock import SHANGHAI
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.contracts import details as contract_details
from marketplace.volunteering import queries as needs
from web.forms import Form, blank_form, read_form
from web.many_forms import renamed
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, today_of, translator, viewer_of

COMMITMENTS: Final = 4
_PARTS = ("text", "unit", "direction", "target")
_ORIGINS = ("contract", "need", "property")
_GAPS = re.compile(r"[\s,，、;；]+")
_MOST_LINES: Final = 500
_MOST_PIECES: Final = 8
_PLAIN = (
    "milestone_id", "shift_id", "area_code", "title", "promised", "place", "receiver", "people", "served_by",
    "weeks", "seats",
)  # fmt: skip


async def plan_delivery(request: Request) -> Response:
    nine = datetime.combine(today_of(request) + timedelta(days=1), time(9), SHANGHAI)
    initial = {
        "receiver": Receiver.PERSON,
        "people": 1,
        "weeks": 1,
        "seats": 0,
        "starts_at": nine,
        "ends_at": nine + timedelta(hours=1),
        **{f"commitments.{at}.direction": CommitmentDirection.AT_LEAST for at in range(COMMITMENTS)},
    }
    return await _show(request, blank_form(request, initial))


async def save_plan(request: Request) -> Response:
    _ = translator(request)
    form, house = await read_form(request), house_of(request)
    with form.catching():
        fields = {**form.given(*_PLAIN), **form.moments("starts_at", "ends_at"), **_origin_fields(request)}
        fields["idempotency_key"] = form.key
        fields["recipients"] = _recipients(form)
        fields["commitments"], names = _commitments(form)
        async with house.database.unit_of_work() as session:
            if "shift_id" in fields:
                fields |= await _times(request, session, fields)
            with renamed(names):
                draft = read(PlanDraft, fields)
            made = await deliveries.plan(session, viewer_of(request), house.vault, draft)
        said = _("Planned. Those who receive it are told.")
        return redirect(request, "delivery", said, delivery_id=made[0])
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    named = _origin_fields(request)
    async with house_of(request).database.reading() as session:
        if not named:
            offered = await origins.offered(session, viewer)
            return render(request, "deliveries/choose.html", {"offered": offered}, form.status)
        origin = await origins.found(session, viewer, **named)
        context = await _choices(request, session, origin)
    context |= {
        "form": form,
        "origin": origin,
        "query": f"?{request.url.query}",
        "receivers": list(Receiver),
        "directions": list(CommitmentDirection),
        "rows": range(COMMITMENTS),
        "most_weeks": MOST_WEEKS,
    }
    return render(request, "deliveries/new.html", context, form.status)


async def _choices(request: Request, session: Session, origin: Origin) -> dict[str, Any]:
    viewer = viewer_of(request)
    milestones: list[tuple[UUID, str]] = []
    shifts: list[Any] = []
    if origin.contract_id is not None:
        found = await contract_details.milestones_of(session, viewer, [origin.contract_id])
        milestones = [(step.id, step.title) for step in found.get(origin.contract_id, [])]
    if origin.need_id is not None:
        coming = await needs.shifts_of(session, viewer, origin.need_id, PageRequest(50, None))
        shifts = [one for one in coming.rows if one.cancelled_at is None]
    below = await areas.children(session, origin.area_code)
    return {
        "milestones": milestones,
        "shifts": shifts,
        "areas": [(area.code, areas.name_of(area, viewer.locale)) for area in below],
    }


def _origin_fields(request: Request) -> dict[str, UUID]:
    """What the address names: ``?contract=``, ``?need=`` or ``?property=``."""
    names = {"contract": "contract_id", "need": "need_id", "property": "property_contract_id"}
    for name in _ORIGINS:
        found = parse_id(request.query_params.get(name, ""))
        if found is not None:
            return {names[name]: found}
    return {}


async def _times(request: Request, session: Session, fields: dict[str, Any]) -> dict[str, Any]:
    """The times of the chosen shift. A shift that is not the need's is refused by the command."""
    shift_id = parse_id(str(fields["shift_id"]))
    if shift_id is None:
        return {}
    times = await origins.shift_times(session, viewer_of(request), shift_id)
    return {} if times is None else {"starts_at": times[0], "ends_at": times[1]}


def _recipients(form: Form) -> list[dict[str, str]]:
    """One a line: a mobile number, then a name if one is known. Raises InputIsInvalid at the line that is none."""
    found: list[dict[str, str]] = []
    # One line more than are taken is read, so that the draft says so instead of losing the rest.
    lines = [line.strip() for line in form.value("recipients").splitlines()]
    for number, line in enumerate(lines, start=1):
        if not line or len(found) > _MOST_LINES:
            continue
        pieces = _GAPS.split(line, maxsplit=_MOST_PIECES)
        for taken in range(1, len(pieces) + 1):
            phone = phones.parse("".join(pieces[:taken]))
            if phone is not None:
                found.append({"phone": phone, "name": " ".join(pieces[taken:]).strip()})
                break
        else:
            raise InputIsInvalid.of("recipients", "recipient_line", line=number)
    return found


def _commitments(form: Form) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows that were begun, and under which names the form knows their fields."""
    found: list[dict[str, str]] = []
    names: dict[str, str] = {}
    for at in range(COMMITMENTS):
        row = {part: form.value(f"commitments.{at}.{part}") for part in _PARTS}
        if not any(row[part].strip() for part in ("text", "unit", "target")):
            continue
        names |= {f"commitments.{len(found)}.{part}": f"commitments.{at}.{part}" for part in _PARTS}
        found.append({part: value for part, value in row.items() if value.strip()})
    return found, names


routes: list[BaseRoute] = [
    Route("/deliveries/new", plan_delivery, name="plan_delivery"),
    Route("/deliveries/new", save_plan, methods=["POST"], name="save_plan"),
]
