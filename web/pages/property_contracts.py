"""Property contracts: drafted and written together, agreed by two people, ended with a reason; and each line's facts over time."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.properties import (
    commitments,
    contracts,
    evidence,
    fact_queries,
    inside,
    queries,
    standards,
)
from marketplace.delivery.properties.drafts import (
    LineDraft,
    PropertyContractDraft,
    StandardsDraft,
    WhyDraft,
)
from marketplace.delivery.properties.performance import Direction, Per
from marketplace.delivery.properties.queries import ContractRow
from marketplace.delivery.properties.standards import Part, Unit
from marketplace.delivery.properties.states import OPEN_DRAFT, PropertyContractState
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.many_forms import form_at
from web.pages.compounds import performance
from web.redirects import redirect
from web.routing import both
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of

Command = Callable[[Session, Viewer, UUID], Awaitable[object]]
_LINE = ("part", "text", "unit", "direction", "target", "per", "demand_id")


async def draft_contract(request: Request) -> Response:
    return await _show_draft(request, blank_form(request, {"standards": _usual()}))


async def save_draft(request: Request) -> Response:
    _ = translator(request)
    form, compound_id = await read_form(request), path_id(request, "compound_id")
    with form.catching():
        given = form.given("organisation_id", "fee_fen", "starts_on", "ends_on", many=["standards"])
        draft = read(PropertyContractDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            made = await contracts.draft(session, viewer_of(request), compound_id, draft)
        said = _("The draft is there. Write its checklist, then both sides agree.")
        return redirect(request, "property_contract", said, property_contract_id=made)
    return await _show_draft(request, form)


async def contract(request: Request) -> Response:
    return await _show_contract(request, blank_form(request))


async def add_standards(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "property_contract_id")
    with form.catching():
        draft = read(StandardsDraft, form.given(many=["codes"]))
        async with house_of(request).database.unit_of_work() as session:
            await commitments.add_standards(session, viewer_of(request), contract_id, draft)
        return redirect(
            request, "property_contract", _("They are in the checklist."), property_contract_id=contract_id
        )
    return await _show_contract(request, form)


async def add_line(request: Request) -> Response:
    asked = request.query_params.get("demand", "")
    return await _show_line(request, blank_form(request, {"demand_id": asked[:36]}))


async def save_line(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "property_contract_id")
    with form.catching():
        draft = read(LineDraft, form.given(*_LINE))
        async with house_of(request).database.unit_of_work() as session:
            await commitments.add(session, viewer_of(request), contract_id, draft)
        said = _("The line is in the checklist.")
        return redirect(request, "property_contract", said, property_contract_id=contract_id)
    return await _show_line(request, form)


async def remove_line(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "property_contract_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await commitments.remove(session, viewer_of(request), contract_id, _number(request))
        said = _("The line is out of the checklist.")
        return redirect(request, "property_contract", said, property_contract_id=contract_id)
    return await _show_contract(request, form)


async def line(request: Request) -> Response:
    """One promise: its months by kind of source drawn, and for those inside every fact behind them."""
    viewer, contract_id = viewer_of(request), path_id(request, "property_contract_id")
    async with house_of(request).database.reading() as session:
        row = await queries.contract(session, viewer, contract_id)
        promise = await queries.line(session, viewer, contract_id, _number(request))
        record = await evidence.record(session, viewer, contract_id)
        try:
            page = await fact_queries.facts(session, viewer, promise.id, page_request(request))
        except NotFound:  # the months are public, the facts behind them are not
            page = None
        sources = [one for one in await fact_queries.sources(session, viewer, row.compound_id) if one.is_mine]
    context = {
        "contract": row,
        "line": promise,
        "record": record,
        "page": page,
        "sources": [one for one in sources if one.ended_at is None],
        "is_first": "after" not in request.query_params,
    }
    return render(request, "compounds/line.html", context)


async def agree(request: Request) -> Response:
    return await _show_act(request, "compounds/agree.html", blank_form(request))


async def save_agreement(request: Request) -> Response:
    """The side is told by the button that was pressed; the command asks whether the viewer may speak for it."""
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "property_contract_id")
    command: Command = (
        contracts.agree_for_owners if form.value("side") == "owners" else contracts.agree_for_company
    )
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await command(session, viewer_of(request), contract_id)
        said = _("The agreement is on record.")
        return redirect(request, "property_contract", said, property_contract_id=contract_id)
    return await _show_act(request, "compounds/agree.html", form)


async def end(request: Request) -> Response:
    return await _show_act(request, "compounds/end.html", blank_form(request))


async def save_end(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "property_contract_id")
    with form.catching():
        draft = read(WhyDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await contracts.end(session, viewer_of(request), contract_id, draft)
        return redirect(request, "property_contract", _("It is ended."), property_contract_id=contract_id)
    return await _show_act(request, "compounds/end.html", form)


def _number(request: Request) -> int:
    """The line's number. Raises NotFound for one that no line can have."""
    number = int(request.path_params["number"])
    if number > 10_000:
        raise NotFound()
    return number


def _usual() -> list[str]:
    return [row["code"] for row in standards.shipped()]


async def _show_draft(request: Request, form: Form) -> Response:
    viewer, compound_id = viewer_of(request), path_id(request, "compound_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await queries.compound(session, viewer, compound_id)
        (await inside.standing(session, viewer, compound_id)).must_be_community()
        context = {
            "compound": row,
            "companies": await contracts.companies(session, viewer),
            "standards": await standards.all_standards(session, viewer),
            "form": form,
        }
    return render(request, "compounds/draft.html", context, form.status)


async def _show_contract(request: Request, form: Form) -> Response:
    viewer, contract_id = viewer_of(request), path_id(request, "property_contract_id")
    async with house_of(request).database.reading() as session:
        row = await queries.contract(session, viewer, contract_id)
        standing = await inside.standing(session, viewer, row.compound_id)
        writes = row.is_community and row.state is PropertyContractState.DRAFT
        context: dict[str, Any] = {
            "contract": row,
            "standing": standing,
            "writes": writes,
            "is_open_draft": row.state in OPEN_DRAFT and row.ends_on >= local_day(session.now()),
            "form": form,
            "form_at": form_at(request, form),
            "missing": [],
            "demands": [],
            **await performance(session, viewer, row),
        }
        if writes:
            known = {one.standard_code for one in context["lines"]}
            every = await standards.all_standards(session, viewer)
            context["missing"] = [one for one in every if one.code not in known]
            context["demands"] = await inside.open_demands(session, viewer, row.compound_id)
    return render(request, "compounds/contract.html", context, form.status)


async def _show_line(request: Request, form: Form) -> Response:
    viewer, contract_id = viewer_of(request), path_id(request, "property_contract_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await _own_contract(session, viewer, contract_id)
        demands = await inside.open_demands(session, viewer, row.compound_id)
    context = {
        "contract": row,
        "demands": demands,
        "form": form,
        "parts": list(Part),
        "units": list(Unit),
        "directions": list(Direction),
        "pers": list(Per),
    }
    return render(request, "compounds/add_line.html", context, form.status)


async def _show_act(request: Request, template: str, form: Form) -> Response:
    viewer, contract_id = viewer_of(request), path_id(request, "property_contract_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await queries.contract(session, viewer, contract_id)
        if not (row.is_community or row.is_manager):
            raise NotPermitted()
        lines = await queries.lines(session, viewer, contract_id)
    return render(request, template, {"contract": row, "lines": lines, "form": form}, form.status)


async def _own_contract(session: Session, viewer: Viewer, contract_id: UUID) -> ContractRow:
    """Raises NotFound, NotPermitted."""
    row = await queries.contract(session, viewer, contract_id)
    if not row.is_community:
        raise NotPermitted()
    return row


_ONE = "/compounds/contracts/{property_contract_id:uuid}"

routes: list[BaseRoute] = [
    *both(
        "/compounds/{compound_id:uuid}/contracts/new",
        draft_contract,
        save_draft,
        "draft_property_contract",
        "save_property_contract",
    ),
    Route(_ONE, contract, name="property_contract"),
    Route(f"{_ONE}/standards", add_standards, methods=["POST"], name="add_property_standards"),
    *both(f"{_ONE}/lines", add_line, save_line, "add_property_line", "save_property_line"),
    Route(f"{_ONE}/lines/{{number:int}}", line, name="property_line"),
    Route(f"{_ONE}/lines/{{number:int}}/remove", remove_line, methods=["POST"], name="remove_property_line"),
    *both(f"{_ONE}/agreement", agree, save_agreement, "agree_property_contract", "save_property_agreement"),
    *both(f"{_ONE}/end", end, save_end, "end_property_contract", "save_property_end"),
]
