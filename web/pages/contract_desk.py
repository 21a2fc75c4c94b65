"""The buyer's desk for contracts: drafted, signed, published; deliveries decided, payments recorded, changes by two people, acceptance."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.kernel.money import yuan
from marketplace.procurement.contracts import (
    changes,
    closing,
    details,
    drafting,
    milestones,
    opinions,
    payments,
    queries,
    signing,
)
from marketplace.procurement.contracts.drafts import (
    AcceptanceDraft,
    ChangeDecisionDraft,
    ChangeDraft,
    PaymentDraft,
    ReportDecisionDraft,
    ReversalDraft,
    TerminationDraft,
)
from web.forms import Form, blank_form, read_form
from web.pages.contracts import BUYER, milestone_of, show_contract
from web.redirects import redirect
from web.routing import both
from web.templating import render
from web.visit import house_of, page_request, path_id, today_of, translator, viewer_of

Command = Callable[[Session, Viewer, UUID], Awaitable[object]]


async def desk_contracts(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def draft_contract(request: Request) -> Response:
    _ = translator(request)
    form, award_id = await read_form(request), path_id(request, "award_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            made = await drafting.draft(session, viewer_of(request), award_id)
        return redirect(request, "desk_contract", _("The contract is drafted."), contract_id=made)
    return await _show_desk(request, form)


async def desk_contract(request: Request) -> Response:
    return await show_contract(request, BUYER, blank_form(request))


async def sign_for_buyer(request: Request) -> Response:
    _ = translator(request)
    return await _act(request, signing.sign_for_buyer, _("Signed for your side."))


async def publish_contract(request: Request) -> Response:
    _ = translator(request)
    return await _act(request, signing.publish_contract, _("The contract is public, with its hash."))


async def decide_milestone(request: Request) -> Response:
    return await _show_milestone(request, "contracts/decide.html", blank_form(request))


async def save_milestone_decision(request: Request) -> Response:
    _ = translator(request)
    form, milestone_id = await read_form(request), path_id(request, "milestone_id")
    with form.catching():
        draft = read(ReportDecisionDraft, form.given("is_accepted", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            contract_id = await milestones.decide(session, viewer_of(request), milestone_id, draft)
        said = _("The delivery is accepted.") if draft.is_accepted else _("The delivery is sent back.")
        return redirect(request, "desk_contract", said, contract_id=contract_id)
    return await _show_milestone(request, "contracts/decide.html", form)


async def pay_milestone(request: Request) -> Response:
    viewer, milestone_id = viewer_of(request), path_id(request, "milestone_id")
    async with house_of(request).database.reading() as session:
        _, step = await milestone_of(session, viewer, milestone_id, BUYER)
    initial = {"amount_fen": yuan(step.open_fen), "paid_on": today_of(request)}
    return await _show_milestone(request, "contracts/pay.html", blank_form(request, initial))


async def save_payment(request: Request) -> Response:
    _ = translator(request)
    form, milestone_id = await read_form(request), path_id(request, "milestone_id")
    with form.catching():
        fields = form.given("amount_fen", "paid_on", "reference") | {"idempotency_key": form.key}
        draft = read(PaymentDraft, fields)
        async with house_of(request).database.unit_of_work() as session:
            payment_id = await payments.pay(session, viewer_of(request), milestone_id, draft)
            row, _paid = await details.payment(session, viewer_of(request), payment_id)
        return redirect(request, "desk_contract", _("The payment is on record."), contract_id=row.id)
    return await _show_milestone(request, "contracts/pay.html", form)


async def reverse_payment(request: Request) -> Response:
    return await _show_payment(request, blank_form(request))


async def save_reversal(request: Request) -> Response:
    _ = translator(request)
    form, payment_id = await read_form(request), path_id(request, "payment_id")
    with form.catching():
        draft = read(ReversalDraft, form.given("reason") | {"idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await payments.reverse(session, viewer_of(request), payment_id, draft)
            row, _paid = await details.payment(session, viewer_of(request), payment_id)
        return redirect(request, "desk_contract", _("The payment is reversed."), contract_id=row.id)
    return await _show_payment(request, form)


async def propose_change(request: Request) -> Response:
    return await _show_act(request, "contracts/change.html", blank_form(request))


async def save_change(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        draft = read(ChangeDraft, form.given("title", "what", "reason", "added_fen", "ends_on"))
        async with house_of(request).database.unit_of_work() as session:
            await changes.propose(session, viewer_of(request), contract_id, draft)
        said = _("Proposed. Another officer decides.")
        return redirect(request, "desk_contract", said, contract_id=contract_id)
    return await _show_act(request, "contracts/change.html", form)


async def propose_end(request: Request) -> Response:
    return await _show_act(request, "contracts/end.html", blank_form(request))


async def save_end(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        draft = read(TerminationDraft, form.given("what", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            await changes.propose_termination(session, viewer_of(request), contract_id, draft)
        said = _("Proposed. Another officer decides.")
        return redirect(request, "desk_contract", said, contract_id=contract_id)
    return await _show_act(request, "contracts/end.html", form)


async def decide_change(request: Request) -> Response:
    return await _show_change(request, blank_form(request))


async def save_change_decision(request: Request) -> Response:
    _ = translator(request)
    form, change_id = await read_form(request), path_id(request, "change_id")
    with form.catching():
        draft = read(ChangeDecisionDraft, form.given("is_approved", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            contract_id = await changes.decide(session, viewer_of(request), change_id, draft)
        said = _("Approved; it is in force.") if draft.is_approved else _("Refused.")
        return redirect(request, "desk_contract", said, contract_id=contract_id)
    return await _show_change(request, form)


async def accept_contract(request: Request) -> Response:
    return await _show_act(request, "contracts/accept.html", blank_form(request))


async def save_acceptance(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        draft = read(AcceptanceDraft, form.given("acceptance"))
        async with house_of(request).database.unit_of_work() as session:
            await closing.accept(session, viewer_of(request), contract_id, draft)
        return redirect(request, "desk_contract", _("Finally accepted."), contract_id=contract_id)
    return await _show_act(request, "contracts/accept.html", form)


async def _act(request: Request, command: Command, said: str) -> Response:
    """A command without fields; refused, it shows the contract's page with the reason."""
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await command(session, viewer_of(request), contract_id)
        return redirect(request, "desk_contract", said, contract_id=contract_id)
    return await show_contract(request, BUYER, form)


async def _show_desk(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        waiting = await queries.to_draft(session, viewer)
        page = await queries.of_officer(session, viewer, page_request(request))
    is_first = "after" not in request.query_params
    context = {"waiting": waiting, "page": page, "form": form, "is_first": is_first}
    return render(request, "contracts/desk.html", context, form.status)


async def _show_milestone(request: Request, template: str, form: Form) -> Response:
    viewer, milestone_id = viewer_of(request), path_id(request, "milestone_id")
    async with house_of(request).database.reading() as session:
        row, step = await milestone_of(session, viewer, milestone_id, BUYER)
    return render(request, template, {"contract": row, "step": step, "form": form}, form.status)


async def _show_payment(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row, paid = await details.payment(session, viewer, path_id(request, "payment_id"))
        row = await queries.contract_of_officer(session, viewer, row.id)
    return render(
        request, "contracts/reverse.html", {"contract": row, "payment": paid, "form": form}, form.status
    )


async def _show_change(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row, change = await details.change(session, viewer, path_id(request, "change_id"))
        row = await queries.contract_of_officer(session, viewer, row.id)
    return render(
        request,
        "contracts/decide_change.html",
        {"contract": row, "change": change, "form": form},
        form.status,
    )


async def _show_act(request: Request, template: str, form: Form) -> Response:
    viewer, contract_id = viewer_of(request), path_id(request, "contract_id")
    async with house_of(request).database.reading() as session:
        row = await queries.contract_of_officer(session, viewer, contract_id)
        steps = (await details.milestones_of(session, viewer, [contract_id]))[contract_id]
        heard = await opinions.heard(session, contract_id)
    context: dict[str, Any] = {"contract": row, "milestones": steps, "heard": heard, "form": form}
    return render(request, template, context, form.status)


_ONE = "/desk/buying/contracts/{contract_id:uuid}"
_MILESTONE = "/desk/buying/milestones/{milestone_id:uuid}"

routes: list[BaseRoute] = [
    Route("/desk/buying/contracts", desk_contracts, name="desk_contracts"),
    Route(
        "/desk/buying/awards/{award_id:uuid}/contract",
        draft_contract,
        methods=["POST"],
        name="draft_contract",
    ),
    Route(_ONE, desk_contract, name="desk_contract"),
    Route(f"{_ONE}/sign", sign_for_buyer, methods=["POST"], name="sign_for_buyer"),
    Route(f"{_ONE}/publish", publish_contract, methods=["POST"], name="publish_contract"),
    *both(f"{_ONE}/change", propose_change, save_change, "propose_change", "save_change"),
    *both(f"{_ONE}/end", propose_end, save_end, "propose_end", "save_end"),
    *both(f"{_ONE}/acceptance", accept_contract, save_acceptance, "accept_contract", "save_acceptance"),
    *both(_MILESTONE, decide_milestone, save_milestone_decision, "decide_milestone", "save_milestone"),
    *both(f"{_MILESTONE}/payment", pay_milestone, save_payment, "pay_milestone", "save_payment"),
    *both(
        "/desk/buying/payments/{payment_id:uuid}",
        reverse_payment,
        save_reversal,
        "reverse_payment",
        "save_reversal",
    ),
    *both(
        "/desk/buying/changes/{change_id:uuid}",
        decide_change,
        save_change_decision,
        "decide_change",
        "save_change_decision",
    ),
]
