"""Compounds for everybody: the list, what was promised and kept month by month, and beside similar ones; and owners who say so."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.db.session import Session
from marketplace.delivery.properties import compounds, evidence, fact_queries, inside, owners, policy, queries
from marketplace.delivery.properties.drafts import ClaimDecisionDraft, ClaimDraft, CompoundDraft
from marketplace.delivery.properties.queries import ContractRow
from marketplace.delivery.scorecards import queries as scorecards
from marketplace.identity.viewer import COMMUNITY_ROLES, Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from web import area_picker
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of

PROPERTY_SERVICE = "property_service"
_FIELDS = ("name", "address", "households", "buildings", "built_year")


async def list_compounds(request: Request) -> Response:
    viewer, text = viewer_of(request), request.query_params.get("q", "")
    async with house_of(request).database.reading() as session:
        page = await queries.compounds(session, viewer, page_request(request), text=text)
        mine = (
            [] if viewer.is_stranger else (await queries.my_compounds(session, viewer, PageRequest(20))).rows
        )
    context = {
        "page": page,
        "mine": mine,
        "text": text[:120],
        "is_first": "after" not in request.query_params,
        "may_register": bool(viewer.areas_of(*COMMUNITY_ROLES)),
    }
    return render(request, "compounds/list.html", context)


async def compound(request: Request) -> Response:
    """What was promised, how it was kept, and what owners said of it; drafts and what is inside for those who are."""
    viewer, compound_id = viewer_of(request), path_id(request, "compound_id")
    async with house_of(request).database.reading() as session:
        row = await queries.compound(session, viewer, compound_id)
        standing = await inside.standing(session, viewer, compound_id)
        contracts = (await queries.contracts_of(session, viewer, [compound_id])).get(compound_id, [])
        current = next((one for one in contracts if one.id == row.property_contract_id), None)
        context = {
            "compound": row,
            "area": await areas.path(session, row.area_code),
            "standing": standing,
            "contracts": contracts,
            "current": current,
            "sources": await fact_queries.sources(session, viewer, compound_id),
            "claims": await inside.my_claims(session, viewer, house_of(request).vault, compound_id),
            **await performance(session, viewer, current),
        }
    return render(request, "compounds/compound.html", context)


async def performance(session: Session, viewer: Viewer, current: ContractRow | None) -> dict[str, Any]:
    """The checklist with its months, the comparison, and the company's scorecard beside."""
    if current is None:
        return {"lines": [], "record": None, "comparison": [], "card": None}
    cards = await scorecards.newest_of_many(session, [current.organisation_id], PROPERTY_SERVICE)
    return {
        "lines": await queries.lines(session, viewer, current.id),
        "record": await evidence.record(session, viewer, current.id),
        "comparison": await evidence.comparison(session, viewer, current.compound_id),
        "card": cards[0] if cards else None,
    }


async def register_compound(request: Request) -> Response:
    viewer = _must_register(request)
    async with house_of(request).database.reading() as session:
        own = viewer.areas_of(*COMMUNITY_ROLES)[0]
        initial = await area_picker.initial(session, own, locale_of(request))
    return await _show_form(request, blank_form(request, initial), None)


async def save_compound(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await _draft(session, form)
            made = await compounds.register(session, viewer_of(request), draft)
        return redirect(request, "compound", _("The compound is registered."), compound_id=made)
    return await _show_form(request, form, None)


async def correct_compound(request: Request) -> Response:
    viewer, compound_id = viewer_of(request), path_id(request, "compound_id")
    async with house_of(request).database.reading() as session:
        row = await _own_compound(session, viewer, compound_id)
        initial = await area_picker.initial(session, row.area_code, locale_of(request))
    initial |= {name: getattr(row, name) for name in _FIELDS}
    return await _show_form(request, blank_form(request, initial), compound_id)


async def save_correction(request: Request) -> Response:
    _ = translator(request)
    form, compound_id = await read_form(request), path_id(request, "compound_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await _draft(session, form)
            await compounds.correct(session, viewer_of(request), compound_id, draft)
        return redirect(request, "compound", _("The compound is corrected."), compound_id=compound_id)
    return await _show_form(request, form, compound_id)


async def claim_home(request: Request) -> Response:
    return await _show_claim(request, blank_form(request))


async def save_claim(request: Request) -> Response:
    _ = translator(request)
    form, compound_id = await read_form(request), path_id(request, "compound_id")
    house = house_of(request)
    with form.catching():
        draft = read(ClaimDraft, form.given("home"))
        async with house.database.unit_of_work() as session:
            await owners.claim(session, viewer_of(request), house.vault, compound_id, draft)
        said = _("Thank you. Your community looks at it and you will be told.")
        return redirect(request, "compound", said, compound_id=compound_id)
    return await _show_claim(request, form)


async def owner_claim(request: Request) -> Response:
    return await _show_decision(request, blank_form(request))


async def decide_owner_claim(request: Request) -> Response:
    _ = translator(request)
    form, owner_id = await read_form(request), path_id(request, "compound_owner_id")
    with form.catching():
        draft = read(ClaimDecisionDraft, form.given("is_confirmed", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            await owners.decide(session, viewer_of(request), owner_id, draft)
        said = _("The owner is confirmed.") if draft.is_confirmed else _("The claim is refused.")
        return redirect(request, "compound_desk", said)
    return await _show_decision(request, form)


async def end_ownership(request: Request) -> Response:
    _ = translator(request)
    form, owner_id = await read_form(request), path_id(request, "compound_owner_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            compound_id = await owners.end(session, viewer_of(request), owner_id)
        return redirect(
            request, "compound", _("It is ended, and the home forgotten."), compound_id=compound_id
        )
    return await _show_decision(request, form)


def _must_register(request: Request) -> Viewer:
    """Raises SignInNeeded, NotPermitted."""
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(*COMMUNITY_ROLES):
        raise NotPermitted()
    return viewer


async def _own_compound(session: Session, viewer: Viewer, compound_id: UUID) -> queries.CompoundRow:
    """Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    row = await queries.compound(session, viewer, compound_id)
    if not policy.is_community(viewer, row.area_code):
        raise NotPermitted()
    return row


async def _draft(session: Session, form: Form) -> CompoundDraft:
    code = await area_picker.pick(session, form)
    return read(CompoundDraft, form.given(*_FIELDS) | {"area_code": code})


async def _show_form(request: Request, form: Form, compound_id: UUID | None) -> Response:
    viewer = _must_register(request)
    async with house_of(request).database.reading() as session:
        row = None if compound_id is None else await _own_compound(session, viewer, compound_id)
        options = await area_picker.choices(session, form) if form.value("area") else []
    return render(
        request, "compounds/form.html", {"form": form, "compound": row, "options": options}, form.status
    )


async def _show_claim(request: Request, form: Form) -> Response:
    viewer, compound_id = viewer_of(request), path_id(request, "compound_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await queries.compound(session, viewer, compound_id)
        claims = await inside.my_claims(session, viewer, house_of(request).vault, compound_id)
    open_one = next((one for one in claims if one.state.value in ("waiting", "confirmed")), None)
    context = {"form": form, "compound": row, "claims": claims, "open_one": open_one}
    return render(request, "compounds/claim.html", context, form.status)


async def _show_decision(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        claim = await inside.claim(
            session, viewer_of(request), house_of(request).vault, path_id(request, "compound_owner_id")
        )
    return render(request, "compounds/decide_claim.html", {"form": form, "claim": claim}, form.status)


routes: list[BaseRoute] = [
    Route("/compounds", list_compounds, name="compounds"),
    Route("/compounds/new", register_compound, name="register_compound"),
    Route("/compounds/new", save_compound, methods=["POST"], name="save_compound"),
    Route("/compounds/{compound_id:uuid}", compound, name="compound"),
    Route("/compounds/{compound_id:uuid}/edit", correct_compound, name="correct_compound"),
    Route("/compounds/{compound_id:uuid}/edit", save_correction, methods=["POST"], name="save_compound_edit"),
    Route("/compounds/{compound_id:uuid}/home", claim_home, name="claim_home"),
    Route("/compounds/{compound_id:uuid}/home", save_claim, methods=["POST"], name="save_claim"),
    Route("/compounds/claims/{compound_owner_id:uuid}", owner_claim, name="owner_claim"),
    Route(
        "/compounds/claims/{compound_owner_id:uuid}",
        decide_owner_claim,
        methods=["POST"],
        name="decide_owner_claim",
    ),
    Route(
        "/compounds/claims/{compound_owner_id:uuid}/end",
        end_ownership,
        methods=["POST"],
        name="end_ownership",
    ),
]
