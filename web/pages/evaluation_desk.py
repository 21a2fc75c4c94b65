"""The buyer's desk of an evaluation: panel, check of conditions, low prices, progress without scores, the end; and a bidder's answer."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.kernel.input import read
from marketplace.procurement.evaluation import eligibility, finishing, low_prices, panels, reading
from marketplace.procurement.evaluation.drafts import (
    FindingDraft,
    PanelDraft,
    PriceAnswerDraft,
    RecusalDraft,
    RepresentativeDraft,
)
from marketplace.procurement.policy import may_buy
from marketplace.procurement.tenders.states import stage
from web.forms import Form, blank_form, read_form
from web.many_forms import form_at, renamed
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, now_of, path_id, translator, viewer_of

_BUTTONS = {"remind", "check", "finish"}
"""What is done by a button without fields; asking about a price is one too. A refusal of these is told at the top of the page."""


async def evaluation_desk(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def draw_panel(request: Request) -> Response:
    """The phones stand one a field; empty ones are nobody."""
    _ = translator(request)
    house = house_of(request)

    async def draw(session: Session, form: Form) -> None:
        phones = [one for one in form.given(many=["representatives"])["representatives"] if one.strip()]
        draft = read(PanelDraft, {"representatives": phones})
        await panels.draw(session, viewer_of(request), path_id(request, "tender_id"), draft, house.vault)

    return await _done(request, draw, _("The panel is drawn, and its members are told."))


async def recuse_member(request: Request) -> Response:
    _ = translator(request)

    async def recuse(session: Session, form: Form) -> None:
        member_id = path_id(request, "panel_member_id")
        with renamed({"reason": f"reason-{member_id}"}):
            draft = read(RecusalDraft, {"reason": form.value(f"reason-{member_id}")})
        await panels.recuse(session, viewer_of(request), path_id(request, "tender_id"), member_id, draft)

    return await _done(request, recuse, _("The seat went to the next of the draw, and both are told."))


async def name_representative(request: Request) -> Response:
    _ = translator(request)
    house = house_of(request)

    async def name(session: Session, form: Form) -> None:
        draft = read(RepresentativeDraft, form.given("phone"))
        await panels.name_representative(
            session, viewer_of(request), path_id(request, "tender_id"), draft, house.vault
        )

    return await _done(request, name, _("The seat is taken again."))


async def remind_panel(request: Request) -> Response:
    _ = translator(request)

    async def remind(session: Session, form: Form) -> None:
        await panels.remind(session, viewer_of(request), path_id(request, "tender_id"))

    return await _done(request, remind, _("Whoever has something to do is reminded."))


async def find_eligibility(request: Request) -> Response:
    """All conditions of one bid at once; those that were left as they were are not found anew."""
    _ = translator(request)

    async def find(session: Session, form: Form) -> None:
        viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
        bid_id = path_id(request, "bid_id")
        desk = await reading.desk(session, viewer, tender_id)
        for condition in desk.case.file.conditions:
            mark = f"{bid_id}-{condition.key}"
            met, reason = form.value(f"met-{mark}"), form.value(f"reason-{mark}")
            known = desk.case.findings.get((bid_id, condition.key))
            if not met or (known and known.is_met == (met == "yes") and known.reason == reason.strip()):
                continue
            with renamed({"reason": f"reason-{mark}"}):
                draft = read(
                    FindingDraft, {"condition_key": condition.key, "is_met": met == "yes", "reason": reason}
                )
            await eligibility.find(session, viewer, bid_id, tender_id, draft)

    return await _done(request, find, _("The findings are kept."))


async def close_check(request: Request) -> Response:
    _ = translator(request)

    async def close(session: Session, form: Form) -> None:
        await eligibility.close(session, viewer_of(request), path_id(request, "tender_id"))

    return await _done(request, close, _("The check is closed."))


async def ask_about_price(request: Request) -> Response:
    _ = translator(request)

    async def ask(session: Session, form: Form) -> None:
        await low_prices.ask(session, viewer_of(request), path_id(request, "bid_lot_id"))

    return await _done(request, ask, _("The bidder is asked to justify the price."))


async def finish_evaluation(request: Request) -> Response:
    _ = translator(request)

    async def finish(session: Session, form: Form) -> None:
        await finishing.finish(session, viewer_of(request), path_id(request, "tender_id"))

    return await _done(request, finish, _("The evaluation is finished, and its report is stored for good."))


async def price_question(request: Request) -> Response:
    return await _show_price(request, blank_form(request))


async def answer_price_question(request: Request) -> Response:
    _ = translator(request)
    form, query_id = await read_form(request), path_id(request, "price_query_id")
    with form.catching():
        draft = read(PriceAnswerDraft, form.given("text"))
        async with house_of(request).database.unit_of_work() as session:
            await low_prices.answer(session, viewer_of(request), query_id, draft)
        said = _("Your answer went to the panel.")
        return redirect(request, "price_question", said, price_query_id=query_id)
    return await _show_price(request, form)


async def _done(request: Request, command: Callable[[Session, Form], Awaitable[None]], said: str) -> Response:
    """Runs a command of the desk; a refusal is shown on the desk itself."""
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await command(session, form)
        return redirect(request, "evaluation_desk", said, tender_id=path_id(request, "tender_id"))
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        desk = await reading.desk(session, viewer, path_id(request, "tender_id"))
    context: dict[str, Any] = {
        "desk": desk,
        "form": form,
        "form_at": form_at(request, form),
        "told_on_top": form.is_refused
        and (request.url.path.rpartition("/")[2] in _BUTTONS or "bid_lot_id" in request.path_params),
        "step": stage(desk.case.tender, now_of(request)),
        "buys": may_buy(viewer, desk.case.tender.area_code),
        "checks": {one.bid.id: _check_form(request, form, desk, one.bid.id) for one in desk.case.bids()},
    }
    return render(request, "evaluation/desk.html", context, form.status)


def _check_form(request: Request, form: Form, desk: reading.EvaluationDesk, bid_id: UUID) -> Form:
    """The findings of a bid to look at and mend; what was just refused is shown as it was written."""
    if form.is_refused and request.path_params.get("bid_id") == bid_id:
        return form
    initial = {}
    for condition in desk.case.file.conditions:
        found = desk.case.findings.get((bid_id, condition.key))
        if found is not None:
            initial[f"met-{bid_id}-{condition.key}"] = "yes" if found.is_met else "no"
            initial[f"reason-{bid_id}-{condition.key}"] = found.reason
    return blank_form(request, initial)


async def _show_price(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await reading.price_query(session, viewer_of(request), path_id(request, "price_query_id"))
    return render(request, "evaluation/price.html", {"row": row, "form": form}, form.status)


_ONE = "/desk/buying/tenders/{tender_id:uuid}/evaluation"
_PRICE = "/supplier/prices/{price_query_id:uuid}"

routes: list[BaseRoute] = [
    Route(_ONE, evaluation_desk, name="evaluation_desk"),
    Route(_ONE + "/panel", draw_panel, methods=["POST"], name="draw_panel"),
    Route(
        _ONE + "/members/{panel_member_id:uuid}/recuse", recuse_member, methods=["POST"], name="recuse_member"
    ),
    Route(_ONE + "/members", name_representative, methods=["POST"], name="name_representative"),
    Route(_ONE + "/remind", remind_panel, methods=["POST"], name="remind_panel"),
    Route(_ONE + "/bids/{bid_id:uuid}", find_eligibility, methods=["POST"], name="find_eligibility"),
    Route(_ONE + "/check", close_check, methods=["POST"], name="close_check"),
    Route(_ONE + "/prices/{bid_lot_id:uuid}", ask_about_price, methods=["POST"], name="ask_about_price"),
    Route(_ONE + "/finish", finish_evaluation, methods=["POST"], name="finish_evaluation"),
    Route(_PRICE, price_question, name="price_question"),
    Route(_PRICE, answer_price_question, methods=["POST"], name="answer_price_question"),
]
