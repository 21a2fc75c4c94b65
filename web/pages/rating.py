"""Rating with a code: typed, scanned or from a link, without an account; by a helper for somebody else; and slips to hand out."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.deliveries.policy import is_community
from marketplace.delivery.ratings import (
    codes,
    periods,
    photo_store,
    photos,
    policy,
    queries,
    ratings,
    tickets,
)
from marketplace.delivery.ratings.drafts import MOST_WORDS, Assistance, RatingDraft
from marketplace.delivery.ratings.errors import TicketIsUnknown
from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.delivery.ratings.queries import TicketRow
from marketplace.delivery.ratings.sources import Source
from marketplace.identity.viewer import COMMUNITY_ROLES, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotPermitted
from marketplace.kernel.input import read
from web.addresses import path_of
from web.forms import Bounds, Form, blank_form, read_form
from web.qr import qr
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

NOT_APPLICABLE = "none"
PHOTOS = tuple(f"photo_{number}" for number in range(1, photos.MOST + 1))
WITH_PHOTOS = Bounds(most_bytes=photos.MOST * photos.MOST_BYTES + 512 * 1024, most_files=photos.MOST)
_NUMBER = re.compile(r"[0-9]{1,6}")


async def type_code(request: Request) -> Response:
    """The huge field."""
    return render(request, "ratings/type_code.html", {"form": blank_form(request)})


async def open_code(request: Request) -> Response:
    """A code was typed: wrong ones are counted, a right one leads to its service."""
    form = await read_form(request)
    with form.catching():
        await _judge(request, _typed(form))
        return redirect(request, "rate_service", ticket_code=codes.read(form.value("code")))
    return render(request, "ratings/type_code.html", {"form": form}, form.status)


async def rate_service(request: Request) -> Response:
    """What a link or a QR opens. Looking uses nothing up."""
    return await _show(request, blank_form(request))


async def save_rating(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request, WITH_PHOTOS)
    with form.catching():
        await _give(request, form, None)
        return redirect(request, "rate_service", ticket_code=request.path_params["ticket_code"])
    return await _show(request, form)


async def assist(request: Request) -> Response:
    """A helper of the community types the code of somebody who phoned or filled in a slip."""
    return _show_assist(request, blank_form(request))


async def open_assisted(request: Request) -> Response:
    _must_help(request)
    form = await read_form(request)
    with form.catching():
        await _judge(request, _typed(form))
        return redirect(request, "assist_rating", ticket_code=codes.read(form.value("code")))
    return _show_assist(request, form)


async def assist_rating(request: Request) -> Response:
    _must_help(request)
    return await _show(request, blank_form(request), is_helper=True)


async def save_assisted(request: Request) -> Response:
    _ = translator(request)
    _must_help(request)
    form = await read_form(request)
    with form.catching():
        # Without it the entry would count as the helper's own opinion.
        if form.value("assisted_how") not in set(Assistance):
            raise InputIsInvalid.of("assisted_how", "missing")
        await _give(request, form, form.value("assisted_how"))
        return redirect(request, "rating_help", _("The rating is entered. You can type the next code."))
    return await _show(request, form, is_helper=True)


async def slips(request: Request) -> Response:
    """Sheets with a code and a QR for each who received a delivery; that somebody saw them is on record."""
    house, delivery_id = house_of(request), path_id(request, "delivery_id")
    typed = request.query_params.get("after", "")
    after = int(typed) if _NUMBER.fullmatch(typed) else 0
    async with house.database.unit_of_work() as session:
        service, found = await queries.slips(session, viewer_of(request), house.vault, delivery_id, after)
    site = house.settings.site_url
    context = {
        "service": service,
        "slips": [(one, qr(site + path_of(request, "rate_service", ticket_code=one.plain))) for one in found],
        "address": site + path_of(request, "type_code"),
        "more": found[-1].number if len(found) == queries.MOST_SLIPS else None,
        "is_first": after == 0,
    }
    response = render(request, "ratings/slips.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _typed(form: Form) -> str:
    """The code that was typed; an empty field is no wrong code. Raises InputIsInvalid."""
    if not form.value("code").strip():
        raise InputIsInvalid.of("code", "missing")
    return form.value("code")


async def _judge(request: Request, code: str) -> UUID:
    """The ticket behind a code; a wrong one is counted in a transaction of its own. Raises TicketIsUnknown, TicketTriesAreUsedUp."""
    house = house_of(request)
    async with house.database.unit_of_work() as session:
        ticket_id = await tickets.judge(session, house.vault, code, _source(request))
    if ticket_id is None:
        raise TicketIsUnknown()
    return ticket_id


async def _give(request: Request, form: Form, assisted_how: str | None) -> None:
    house = house_of(request)
    fields = form.given("overall", "should_continue", "text") | {"idempotency_key": form.key}
    for name in DIMENSIONS:
        if form.value(name):
            fields[name] = None if form.value(name) == NOT_APPLICABLE else form.value(name)
    if not fields.keys() & {"overall", *DIMENSIONS}:
        raise InputIsInvalid.of("overall", "missing")
    if assisted_how is not None:
        fields["assisted_how"] = assisted_how
    draft = read(RatingDraft, fields)
    ticket_id = await _judge(request, request.path_params["ticket_code"])
    pictures: Sequence[bytes] = [form.files[name].content for name in PHOTOS if name in form.files]
    viewer, source = viewer_of(request), _source(request)
    async with (
        photo_store.kept(house.database, house.rating_photos, pictures) as kept,
        house.database.unit_of_work() as session,
    ):
        await ratings.give(session, viewer, house.vault, ticket_id, draft, source, kept)


async def _show(request: Request, form: Form, *, is_helper: bool = False) -> Response:
    house, viewer = house_of(request), viewer_of(request)
    code = request.path_params["ticket_code"]
    async with house.database.reading() as session:
        await tickets.must_have_tries(session, house.vault, _source(request))
        row = await queries.by_code(session, viewer, house.vault, code)
        if row is not None and is_helper:
            delivery = await session.get_one(Delivery, row.service.delivery_id)
            await policy.must_be_helper(session, viewer, delivery)
        is_for_another = row is not None and not is_helper and await _is_for_another(session, viewer, row)
        appears_on = await periods.next_appearance(session)
    if row is None:
        unknown = blank_form(request, {"code": code[:60]})
        unknown.refuse(TicketIsUnknown())
        template = "ratings/assist.html" if is_helper else "ratings/type_code.html"
        return render(request, template, {"form": unknown}, unknown.status)
    details = (*DIMENSIONS, "should_continue", "text", *PHOTOS)
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "code": code,
        "is_helper": is_helper,
        "is_for_another": is_for_another,
        "dimensions": DIMENSIONS,
        "photos": PHOTOS,
        "most_words": MOST_WORDS,
        "not_applicable": NOT_APPLICABLE,
        "assistance": list(Assistance),
        "appears_on": row.appears_on or appears_on,
        "opens_details": form.is_refused and any(form.value(name) for name in details),
    }
    response = render(request, "ratings/rate.html", context, form.status)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _is_for_another(session: Session, viewer: Viewer, row: TicketRow) -> bool:
    """Whether a helper of the community seems to hold somebody else's code, which here would count as their own opinion."""
    if not viewer.areas_of(*COMMUNITY_ROLES) or await queries.tickets_by_ids(session, viewer, [row.id]):
        return False
    return is_community(viewer, await session.get_one(Delivery, row.service.delivery_id))


def _show_assist(request: Request, form: Form) -> Response:
    _must_help(request)
    return render(request, "ratings/assist.html", {"form": form}, form.status)


def _must_help(request: Request) -> None:
    """Raises SignInNeeded, NotPermitted."""
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(*COMMUNITY_ROLES):
        raise NotPermitted()


def _source(request: Request) -> Source:
    """Where the visit comes from, and what the browser says of itself."""
    address = request.client.host if request.client else ""
    told = (request.headers.get("user-agent", ""), request.headers.get("accept-language", ""))
    return Source(address, "\n".join(told))


routes: list[BaseRoute] = [
    Route("/r", type_code, name="type_code"),
    Route("/r", open_code, methods=["POST"], name="open_code"),
    Route("/r/{ticket_code}", rate_service, name="rate_service"),
    Route("/r/{ticket_code}", save_rating, methods=["POST"], name="save_rating"),
    Route("/ratings/assist", assist, name="rating_help"),
    Route("/ratings/assist", open_assisted, methods=["POST"], name="open_assisted"),
    Route("/ratings/assist/{ticket_code}", assist_rating, name="assist_rating"),
    Route("/ratings/assist/{ticket_code}", save_assisted, methods=["POST"], name="save_assisted"),
    Route("/deliveries/{delivery_id:uuid}/slips", slips, name="rating_slips"),
]
