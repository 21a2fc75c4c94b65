"""Frameworks and what is called off them: for everybody to read, at the buyer's desk to open and decide, at the supplier's to offer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.scorecards import intervals
from marketplace.delivery.scorecards.intervals import Interval
from marketplace.kernel.errors import InputIsInvalid, NotPermitted
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.procurement.contracts import call_off_queries, call_offs, competitions, frameworks
from marketplace.procurement.contracts.drafts import (
    CallOffDecisionDraft,
    CallOffDraft,
    CallOffEndDraft,
    OfferDraft,
)
from marketplace.procurement.policy import may_buy, supplies_for
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of


async def framework(request: Request) -> Response:
    viewer, lot_id = viewer_of(request), path_id(request, "lot_id")
    async with house_of(request).database.reading() as session:
        known = await frameworks.framework(session, lot_id)
        page = await call_off_queries.of_lot(session, viewer, lot_id, page_request(request))
    context = {
        "framework": known,
        "page": page,
        "is_first": "after" not in request.query_params,
        "may_call_off": may_buy(viewer, known.buyer.area_code),
    }
    return render(request, "call_offs/framework.html", context)


async def call_off(request: Request) -> Response:
    return await _show(request, "call_offs/call_off.html", blank_form(request))


async def new_call_off(request: Request) -> Response:
    return await _show_new(request, blank_form(request, {"price_weight": 100, "rating_weight": 0}))


async def save_new_call_off(request: Request) -> Response:
    _ = translator(request)
    form, lot_id = await read_form(request), path_id(request, "lot_id")
    with form.catching():
        fields = form.given(
            "way",
            "title",
            "description",
            "budget_fen",
            "starts_on",
            "ends_on",
            "organisation_id",
            "basis",
            "price_weight",
            "rating_weight",
        )
        fields |= form.moments("offers_end_at") | {"idempotency_key": form.key}
        async with house_of(request).database.unit_of_work() as session:
            made = await call_offs.open_call_off(
                session, viewer_of(request), lot_id, read(CallOffDraft, fields)
            )
        said = _("Suppliers can offer now.") if fields["way"] == "competition" else _("It is called off.")
        return redirect(request, "call_off", said, call_off_id=made)
    return await _show_new(request, form)


async def decide_call_off(request: Request) -> Response:
    return await _show_desk(request, blank_form(request), blank_form(request))


async def save_call_off_decision(request: Request) -> Response:
    _ = translator(request)
    form, call_off_id = await read_form(request), path_id(request, "call_off_id")
    with form.catching():
        fields = form.given("organisation_id", "reason") | {"quality": _quality(form)}
        async with house_of(request).database.unit_of_work() as session:
            draft = read(CallOffDecisionDraft, fields)
            await competitions.decide(session, viewer_of(request), call_off_id, draft, intervals.low_ends)
        said = _("Decided. The order waits for signatures.")
        return redirect(request, "call_off", said, call_off_id=call_off_id)
    return await _show_desk(request, form, blank_form(request))


async def end_call_off(request: Request) -> Response:
    _ = translator(request)
    form, call_off_id = await read_form(request), path_id(request, "call_off_id")
    with form.catching():
        draft = read(CallOffEndDraft, {"reason": form.value("end_reason")})
        async with house_of(request).database.unit_of_work() as session:
            await competitions.end(session, viewer_of(request), call_off_id, draft)
        return redirect(request, "call_off", _("Ended without a supplier."), call_off_id=call_off_id)
    return await _show_desk(request, blank_form(request), _at_field(form, "reason", "end_reason"))


async def offer(request: Request) -> Response:
    return await _show_offer(request, blank_form(request))


async def save_offer(request: Request) -> Response:
    _ = translator(request)
    form, call_off_id = await read_form(request), path_id(request, "call_off_id")
    with form.catching():
        organisation_id = parse_id(form.value("organisation_id"))
        if organisation_id is None:
            raise InputIsInvalid.of("organisation_id", "missing")
        draft = read(OfferDraft, form.given("price_fen", "text"))
        async with house_of(request).database.unit_of_work() as session:
            await competitions.offer(session, viewer_of(request), call_off_id, organisation_id, draft)
        said = _("Your offer is in. Nobody else sees it before the end.")
        return redirect(request, "offer_for_call_off", said, call_off_id=call_off_id)
    return await _show_offer(request, form)


def _quality(form: Form) -> Mapping[UUID, str]:
    """The points by offer, from fields that are named after their offers."""
    found = {}
    for name in form.values:
        offer_id = parse_id(name.removeprefix("quality_")) if name.startswith("quality_") else None
        if offer_id is not None and form.value(name).strip():
            found[offer_id] = form.value(name)
    return found


def _at_field(form: Form, was: str, name: str) -> Form:
    """The form with its faults at the field's name on the page."""
    if isinstance(form.error, InputIsInvalid):
        faults = [
            InputIsInvalid.of(name if one.field == was else one.field, one.code, **one.facts).problems[0]
            for one in form.error.problems
        ]
        form.refuse(InputIsInvalid(faults))
    return form


async def _show(request: Request, template: str, form: Form, **more: Any) -> Response:
    viewer, call_off_id = viewer_of(request), path_id(request, "call_off_id")
    async with house_of(request).database.reading() as session:
        row = await call_off_queries.call_off(session, viewer, call_off_id)
        offers = (await call_off_queries.offers_of(session, viewer, [call_off_id])).get(call_off_id, [])
        known = await frameworks.framework(session, row.lot_id)
        rated = await _intervals(session, known) if row.rating_weight and row.is_buyer else {}
    mine = [one for one in known.suppliers if one.organisation_id in supplies_for(viewer)]
    context = {
        "call_off": row,
        "offers": offers,
        "framework": known,
        "intervals": rated,
        "mine": mine,
        "form": form,
        **more,
    }
    return render(request, template, context, form.status)


async def _show_desk(request: Request, form: Form, end: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await call_off_queries.call_off(session, viewer, path_id(request, "call_off_id"))
    if not row.is_buyer:
        raise NotPermitted()
    response = await _show(request, "call_offs/decide.html", form, end=end)
    response.status_code = max(form.status, end.status)
    return response


async def _show_offer(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await call_off_queries.call_off(session, viewer, path_id(request, "call_off_id"))
        known = await frameworks.framework(session, row.lot_id)
    if not any(one.organisation_id in supplies_for(viewer) for one in known.suppliers):
        raise NotPermitted()
    return await _show(request, "call_offs/offer.html", form)


async def _show_new(request: Request, form: Form) -> Response:
    viewer, lot_id = viewer_of(request), path_id(request, "lot_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        known = await frameworks.framework(session, lot_id)
        if not may_buy(viewer, known.buyer.area_code):
            raise NotPermitted()
        rated = await _intervals(session, known)
    context = {"framework": known, "form": form, "intervals": rated}
    return render(request, "call_offs/new.html", context, form.status)


async def _intervals(session: Session, known: frameworks.Framework) -> dict[UUID, Interval]:
    """What users' ratings of the suppliers come to in the kind of service that is bought."""
    suppliers = [one.organisation_id for one in known.suppliers]
    return await intervals.for_service(session, suppliers, known.tender.category_code)


_DESK = "/desk/buying/call-offs/{call_off_id:uuid}"
_NEW = "/desk/buying/frameworks/{lot_id:uuid}/call-off"
_OFFER = "/supplier/call-offs/{call_off_id:uuid}"

routes: list[BaseRoute] = [
    Route("/buying/frameworks/{lot_id:uuid}", framework, name="framework"),
    Route("/buying/call-offs/{call_off_id:uuid}", call_off, name="call_off"),
    Route(_NEW, new_call_off, name="new_call_off"),
    Route(_NEW, save_new_call_off, methods=["POST"], name="save_new_call_off"),
    Route(_DESK, decide_call_off, name="decide_call_off"),
    Route(_DESK, save_call_off_decision, methods=["POST"], name="save_call_off_decision"),
    Route(f"{_DESK}/end", end_call_off, methods=["POST"], name="end_call_off"),
    Route(_OFFER, offer, name="offer_for_call_off"),
    Route(_OFFER, save_offer, methods=["POST"], name="save_offer"),
]
