"""Contracts for everybody and at the supplier's desk: what was agreed, what is delivered and paid, and what its users say."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.signals import queries as signals
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.procurement.contracts import (
    call_off_queries,
    details,
    milestones,
    opinions,
    queries,
    signing,
)
from marketplace.procurement.contracts.drafts import OpinionDraft, ReportDraft
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.contracts.queries import ContractRow
from marketplace.procurement.contracts.states import ContractState
from marketplace.procurement.records import content_hash
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of

PUBLIC, BUYER, SUPPLIER = "public", "buyer", "supplier"


async def public_contracts(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        page = await queries.published(session, viewer_of(request), page_request(request))
    return _show_list(request, "contracts/public.html", {"page": page})


async def tender_contracts(request: Request) -> Response:
    """The contracts of one purchase; the two sides see theirs before they are public."""
    tender_id = path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        found = await queries.contracts_of_tenders(session, viewer_of(request), [tender_id])
        title = await queries.public_title(session, tender_id)
    context = {"rows": found.get(tender_id, []), "tender_id": tender_id, "title": title}
    return render(request, "contracts/of_tender.html", context)


async def contract(request: Request) -> Response:
    return await _show_public(request, blank_form(request))


async def give_opinion(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        draft = read(OpinionDraft, form.given("received", "is_satisfied", "text"))
        async with house_of(request).database.unit_of_work() as session:
            await opinions.give(session, viewer_of(request), contract_id, draft)
        return redirect(request, "contract", _("Thank you. You were heard."), contract_id=contract_id)
    return await _show_public(request, form)


async def contract_document(request: Request) -> Response:
    """What was signed, as the published hash is made of it."""
    contract_id = path_id(request, "contract_id")
    async with house_of(request).database.reading() as session:
        row = await queries.contract(session, viewer_of(request), contract_id)
        if row.published_at is None:
            raise NotFound()
        said = await signing.content(session, await session.get_one(Contract, contract_id))
    body = orjson.dumps(
        {"content": said, "content_hash": row.content_hash, "hash_now": content_hash(said)},
        option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
    )
    headers = {"Content-Disposition": f'attachment; filename="contract-{contract_id}.json"'}
    return Response(body, headers=headers, media_type="application/json")


async def supplier_contracts(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        page = await queries.of_supplier(session, viewer_of(request), page_request(request))
        to_offer = await call_off_queries.to_offer(session, viewer_of(request))
    return _show_list(request, "contracts/supplier.html", {"page": page, "to_offer": to_offer})


async def supplier_contract(request: Request) -> Response:
    return await show_contract(request, SUPPLIER, blank_form(request))


async def sign_for_supplier(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "contract_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await signing.sign_for_supplier(session, viewer_of(request), contract_id)
        return redirect(request, "supplier_contract", _("Signed for your side."), contract_id=contract_id)
    return await show_contract(request, SUPPLIER, form)


async def report_milestone(request: Request) -> Response:
    return await _show_report(request, blank_form(request))


async def save_milestone_report(request: Request) -> Response:
    _ = translator(request)
    form, milestone_id = await read_form(request), path_id(request, "milestone_id")
    with form.catching():
        draft = read(ReportDraft, form.given("text"))
        async with house_of(request).database.unit_of_work() as session:
            contract_id = await milestones.report(session, viewer_of(request), milestone_id, draft)
        said = _("The delivery is reported. The buyer accepts it or sends it back.")
        return redirect(request, "supplier_contract", said, contract_id=contract_id)
    return await _show_report(request, form)


async def show_contract(request: Request, side: str, form: Form) -> Response:
    """The contract's page as one side sees it; ``form`` holds what was refused."""
    viewer, contract_id = viewer_of(request), path_id(request, "contract_id")
    find = {
        PUBLIC: queries.contract,
        BUYER: queries.contract_of_officer,
        SUPPLIER: queries.contract_of_supplier,
    }[side]
    async with house_of(request).database.reading() as session:
        row = await find(session, viewer, contract_id)
        context = await _whole(session, viewer, row)
        context["may_speak"] = side == PUBLIC and await _may_speak(session, viewer, row)
        context["whistles"] = [] if side == PUBLIC else await signals.of_contract(session, viewer, row.id)
        now = session.now()
    context |= {"contract": row, "side": side, "form": form, "now": now}
    return render(request, "contracts/contract.html", context, form.status)


async def _show_public(request: Request, form: Form) -> Response:
    return await show_contract(request, PUBLIC, form)


async def _whole(session: Session, viewer: Viewer, row: ContractRow) -> dict[str, Any]:
    steps: Sequence[Any] = (await details.milestones_of(session, viewer, [row.id]))[row.id]
    paid = (await details.payments_of(session, viewer, [row.id]))[row.id]
    changed = (await details.changes_of(session, viewer, [row.id]))[row.id]
    said = (await details.opinions_of(session, viewer, [row.id])).get(row.id, [])
    return {
        "milestones": steps,
        "payments": paid,
        "changes": changed,
        "open_change": next((one for one in changed if one.decided_at is None), None),
        "opinions": said,
        "heard": (await details.heard_of(session, viewer, [row.id])).get(row.id, 0),
        "satisfied": sum(one.is_satisfied for one in said),
    }


async def _may_speak(session: Session, viewer: Viewer, row: ContractRow) -> bool:
    """Whether the page asks the viewer for an opinion: not of the two sides, not heard yet. Strangers are led to sign in."""
    if row.published_at is None or row.is_framework or row.state is not ContractState.ACTIVE:
        return False
    known: Contract = await session.get_one(Contract, row.id)
    if await opinions.is_side(session, viewer, known, row.area_code):
        return False
    return not await opinions.given_by(session, viewer, row.id)


async def _show_report(request: Request, form: Form) -> Response:
    viewer, milestone_id = viewer_of(request), path_id(request, "milestone_id")
    async with house_of(request).database.reading() as session:
        row, step = await milestone_of(session, viewer, milestone_id, SUPPLIER)
    return render(
        request, "contracts/report.html", {"contract": row, "step": step, "form": form}, form.status
    )


async def milestone_of(session: Session, viewer: Viewer, milestone_id: UUID, side: str) -> tuple[Any, Any]:
    """A milestone with its contract, for one of the sides. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    row, step = await details.milestone(session, viewer, milestone_id)
    find = queries.contract_of_officer if side == BUYER else queries.contract_of_supplier
    return await find(session, viewer, row.id), step


def _show_list(request: Request, template: str, context: dict[str, Any]) -> Response:
    return render(request, template, context | {"is_first": "after" not in request.query_params})


routes: list[BaseRoute] = [
    Route("/buying/contracts", public_contracts, name="public_contracts"),
    Route("/buying/tenders/{tender_id:uuid}/contracts", tender_contracts, name="tender_contracts"),
    Route("/buying/contracts/{contract_id:uuid}", contract, name="contract"),
    Route("/buying/contracts/{contract_id:uuid}/contract.json", contract_document, name="contract_document"),
    Route(
        "/buying/contracts/{contract_id:uuid}/opinion", give_opinion, methods=["POST"], name="give_opinion"
    ),
    Route("/supplier/contracts", supplier_contracts, name="supplier_contracts"),
    Route("/supplier/contracts/{contract_id:uuid}", supplier_contract, name="supplier_contract"),
    Route(
        "/supplier/contracts/{contract_id:uuid}/sign",
        sign_for_supplier,
        methods=["POST"],
        name="sign_for_supplier",
    ),
    Route("/supplier/milestones/{milestone_id:uuid}", report_milestone, name="report_milestone"),
    Route(
        "/supplier/milestones/{milestone_id:uuid}",
        save_milestone_report,
        methods=["POST"],
        name="save_milestone_report",
    ),
]
