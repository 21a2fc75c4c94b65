"""Inside a compound: what owners ask, who measures, facts posted by their keepers, and the talk before renewal."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.properties import demands, fact_queries, facts, inside, queries, renewal, sources
from marketplace.delivery.properties.drafts import (
    DemandDraft,
    FactDraft,
    MessageDraft,
    SourceDraft,
    WhyDraft,
)
from marketplace.delivery.properties.fact_queries import SourceRow
from marketplace.delivery.properties.queries import LineRow
from marketplace.delivery.properties.standards import Part
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.pages.compounds import performance
from web.redirects import redirect
from web.routing import both
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of

_FACT = ("commitment_id", "from_on", "until_on", "value", "note")


async def show_demands(request: Request) -> Response:
    return await _show_demands(request, blank_form(request))


async def raise_demand(request: Request) -> Response:
    _ = translator(request)
    form, compound_id = await read_form(request), path_id(request, "compound_id")
    with form.catching():
        draft = read(DemandDraft, form.given("part", "text") | {"idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await demands.raise_demand(session, viewer_of(request), compound_id, draft)
        said = _("Your neighbours can support it now.")
        return redirect(request, "property_demands", said, compound_id=compound_id)
    return await _show_demands(request, form)


async def support_demand(request: Request) -> Response:
    _ = translator(request)
    return await _support(request, demands.support, _("Counted: you want it too."))


async def withdraw_support(request: Request) -> Response:
    _ = translator(request)
    return await _support(request, demands.withdraw_support, _("Your support is taken back."))


async def decline_demand(request: Request) -> Response:
    return await _show_decline(request, blank_form(request))


async def save_decline(request: Request) -> Response:
    _ = translator(request)
    form, demand_id = await read_form(request), path_id(request, "property_demand_id")
    with form.catching():
        draft = read(WhyDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            compound_id = await demands.decline(session, viewer_of(request), demand_id, draft)
        said = _("Answered. The owner who asked is told.")
        return redirect(request, "property_demands", said, compound_id=compound_id)
    return await _show_decline(request, form)


async def show_sources(request: Request) -> Response:
    return await _show_sources(request, blank_form(request))


async def register_source(request: Request) -> Response:
    _ = translator(request)
    form, compound_id = await read_form(request), path_id(request, "compound_id")
    house = house_of(request)
    with form.catching():
        draft = read(SourceDraft, form.given("name", "kind", "keeper_phone"))
        async with house.database.unit_of_work() as session:
            await sources.register(session, viewer_of(request), house.vault, compound_id, draft)
        return redirect(request, "fact_sources", _("The source is registered."), compound_id=compound_id)
    return await _show_sources(request, form)


async def end_source(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        compound_id = await sources.end(session, viewer_of(request), path_id(request, "fact_source_id"))
    return redirect(request, "fact_sources", _("It posts no more."), compound_id=compound_id)


async def post_fact(request: Request) -> Response:
    """The form of a new fact, for a line where ``?line=`` names one."""
    line = parse_id(request.query_params.get("line", ""))
    return await _show_fact(request, blank_form(request, {"commitment_id": line}))


async def save_fact(request: Request) -> Response:
    _ = translator(request)
    form, source_id = await read_form(request), path_id(request, "fact_source_id")
    with form.catching():
        given = form.given(*_FACT) | {"source_id": source_id, "idempotency_key": form.key}
        async with house_of(request).database.unit_of_work() as session:
            await facts.post(session, viewer_of(request), read(FactDraft, given))
        return redirect(request, "post_property_fact", _("The fact is posted."), fact_source_id=source_id)
    return await _show_fact(request, form)


async def correct_fact(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        wrong = await fact_queries.fact(session, viewer_of(request), path_id(request, "property_fact_id"))
    initial = {"from_on": wrong.from_on, "until_on": wrong.until_on, "value": wrong.value}
    return await _show_correction(request, blank_form(request, initial))


async def save_correction(request: Request) -> Response:
    _ = translator(request)
    form, fact_id = await read_form(request), path_id(request, "property_fact_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            wrong = await fact_queries.fact(session, viewer_of(request), fact_id)
            given = form.given("from_on", "until_on", "value", "note") | {
                "commitment_id": wrong.commitment_id,
                "source_id": wrong.source_id,
                "corrects_id": fact_id,
                "idempotency_key": form.key,
            }
            await facts.post(session, viewer_of(request), read(FactDraft, given))
        said = _("Corrected. Both stay on record.")
        return redirect(request, "post_property_fact", said, fact_source_id=wrong.source_id)
    return await _show_correction(request, form)


async def talk(request: Request) -> Response:
    return await _show_talk(request, blank_form(request))


async def write_message(request: Request) -> Response:
    _ = translator(request)
    form, contract_id = await read_form(request), path_id(request, "property_contract_id")
    with form.catching():
        draft = read(MessageDraft, form.given("text") | {"idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await renewal.write(session, viewer_of(request), contract_id, draft)
        return redirect(request, "renewal_talk", _("Said."), property_contract_id=contract_id)
    return await _show_talk(request, form)


async def message(request: Request) -> Response:
    return await _show_message(request, blank_form(request))


async def hide_message(request: Request) -> Response:
    _ = translator(request)
    form, message_id = await read_form(request), path_id(request, "renewal_message_id")
    with form.catching():
        draft = read(WhyDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            contract_id = await renewal.hide(session, viewer_of(request), message_id, draft)
        return redirect(request, "renewal_talk", _("The words are hidden."), property_contract_id=contract_id)
    return await _show_message(request, form)


async def _support(request: Request, command: Any, said: str) -> Response:
    form, demand_id = await read_form(request), path_id(request, "property_demand_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            compound_id = await command(session, viewer_of(request), demand_id)
        return redirect(request, "property_demands", said, compound_id=compound_id)
    async with house_of(request).database.reading() as session:
        row = await inside.demand(session, viewer_of(request), demand_id)
    return await _show_demands(request, form, row.compound_id)


async def _show_demands(request: Request, form: Form, compound_id: UUID | None = None) -> Response:
    viewer, compound_id = viewer_of(request), compound_id or path_id(request, "compound_id")
    async with house_of(request).database.reading() as session:
        context = {
            "compound": await queries.compound(session, viewer, compound_id),
            "page": await inside.demands(session, viewer, compound_id, page_request(request)),
            "standing": await inside.standing(session, viewer, compound_id),
            "parts": list(Part),
            "form": form,
            "is_first": "after" not in request.query_params,
        }
    return render(request, "compounds/demands.html", context, form.status)


async def _show_decline(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await inside.demand(session, viewer, path_id(request, "property_demand_id"))
        standing = await inside.standing(session, viewer, row.compound_id)
        if not standing.may_decline:
            raise NotPermitted()
    return render(request, "compounds/decline.html", {"demand": row, "form": form}, form.status)


async def _show_sources(request: Request, form: Form) -> Response:
    viewer, compound_id = viewer_of(request), path_id(request, "compound_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        standing = await inside.standing(session, viewer, compound_id)
        standing.must_be_inside()
        is_company = bool(standing.managed_ids)
        kinds = list(SourceKind) if standing.is_community else [SourceKind.COMPANY] if is_company else []
        context = {
            "compound": await queries.compound(session, viewer, compound_id),
            "sources": await fact_queries.sources(session, viewer, compound_id),
            "standing": standing,
            "kinds": kinds,
            "form": form,
        }
    return render(request, "compounds/sources.html", context, form.status)


async def _promises(session: Session, viewer: Viewer, source: SourceRow) -> list[LineRow]:
    """The lines that may be measured today: those of contracts that were agreed, the latest term first."""
    rows = (await queries.contracts_of(session, viewer, [source.compound_id])).get(source.compound_id, [])
    agreed = [one.id for one in rows if one.is_agreed][:2]
    lines = await queries.lines_of(session, viewer, agreed)
    return [line for contract_id in agreed for line in lines[contract_id]]


async def _show_fact(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        source = await fact_queries.source(session, viewer, path_id(request, "fact_source_id"))
        lines = await _promises(session, viewer, source)
    return render(
        request, "compounds/fact.html", {"source": source, "lines": lines, "form": form}, form.status
    )


async def _show_correction(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        wrong = await fact_queries.fact(session, viewer, path_id(request, "property_fact_id"))
        source = await fact_queries.source(session, viewer, wrong.source_id)
    return render(
        request, "compounds/correct_fact.html", {"fact": wrong, "source": source, "form": form}, form.status
    )


async def _show_talk(request: Request, form: Form) -> Response:
    viewer, contract_id = viewer_of(request), path_id(request, "property_contract_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        page = await inside.messages(session, viewer, contract_id, page_request(request))
        row = await queries.contract(session, viewer, contract_id)
        standing = await inside.standing(session, viewer, row.compound_id)
        context = {
            "contract": row,
            "page": page,
            "standing": standing,
            "side": renewal.side_of(standing, row.organisation_id),
            "may_hide": standing.is_community or standing.is_moderator,
            "form": form,
            "is_first": "after" not in request.query_params,
            **await performance(session, viewer, row),
        }
    return render(request, "compounds/talk.html", context, form.status)


async def _show_message(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await inside.message(session, viewer, path_id(request, "renewal_message_id"))
        contract = await queries.contract(session, viewer, row.property_contract_id)
        standing = await inside.standing(session, viewer, contract.compound_id)
        if not (standing.is_community or standing.is_moderator):
            raise NotPermitted()
    return render(
        request, "compounds/hide.html", {"message": row, "contract": contract, "form": form}, form.status
    )


_COMPOUND = "/compounds/{compound_id:uuid}"
_DEMAND = "/compounds/demands/{property_demand_id:uuid}"
_SOURCE = "/compounds/sources/{fact_source_id:uuid}"
_TALK = "/compounds/contracts/{property_contract_id:uuid}/talk"

routes: list[BaseRoute] = [
    *both(f"{_COMPOUND}/demands", show_demands, raise_demand, "property_demands", "raise_property_demand"),
    Route(f"{_DEMAND}/support", support_demand, methods=["POST"], name="support_property_demand"),
    Route(f"{_DEMAND}/withdraw", withdraw_support, methods=["POST"], name="withdraw_demand_support"),
    *both(_DEMAND, decline_demand, save_decline, "decline_property_demand", "save_demand_answer"),
    *both(f"{_COMPOUND}/sources", show_sources, register_source, "fact_sources", "register_fact_source"),
    Route(f"{_SOURCE}/end", end_source, methods=["POST"], name="end_fact_source"),
    *both(f"{_SOURCE}/facts", post_fact, save_fact, "post_property_fact", "save_property_fact"),
    *both(
        "/compounds/facts/{property_fact_id:uuid}",
        correct_fact,
        save_correction,
        "correct_property_fact",
        "save_fact_correction",
    ),
    *both(_TALK, talk, write_message, "renewal_talk", "write_renewal_message"),
    *both(
        "/compounds/messages/{renewal_message_id:uuid}",
        message,
        hide_message,
        "renewal_message",
        "hide_renewal_message",
    ),
]
