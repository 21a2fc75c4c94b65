"""Organisations: the public list and page, registering one, and keeping its profile."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.discovery.names import Names
from marketplace.discovery.organisations import FoundOrganisations, OrganisationWishes, find_organisations
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import organisations, policy, queries, verification
from marketplace.organisations.drafts import OrganisationDraft, OrganisationKind, ProfileDraft
from marketplace.organisations.queries import OrganisationDetails
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.volunteering import queries as needs
from marketplace.volunteering.queries import NeedFilters
from matching.index import LONGEST_QUERY
from web import area_picker, need_form
from web.find_filters import name_of, organisation_facets, shortened, unknown_in
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import here, render
from web.visit import house_of, page_request, path_id, translator, viewer_of

_PROFILE = ("about", "address", "public_phone", "public_email", "website")
_LISTS = ("fields", "areas")
_IDENTITY = ("name", "credit_code", "kind", "area_code")
_NARROWING = {"q": "text", "field": "field", "area": "area"}


async def list_organisations(request: Request) -> Response:
    query = request.query_params
    form = blank_form(request, {name: query[name] for name in _NARROWING if name in query})
    house, viewer = house_of(request), viewer_of(request)
    found: FoundOrganisations | None = None
    groups: list[dict[str, Any]] = []
    async with house.database.reading() as session:
        with form.catching():
            wishes = read(
                OrganisationWishes, {_NARROWING[name]: text for name, text in form.given(*_NARROWING).items()}
            )
            found = await find_organisations(session, viewer, house.search, wishes, page_request(request))
            groups = organisation_facets(request, found, wishes)
        mine = await queries.mine(session, viewer)
    context = {
        "form": form,
        "found": found,
        "kept_beside_text": form.given("field", "area"),
        "groups": groups,
        "chosen": _chosen(request, form, found.names) if found else [],
        "mine": mine,
        "is_first": "after" not in query,
        "unknown": unknown_in(query, {*_NARROWING, "after"}),
        "most_characters": LONGEST_QUERY,
    }
    return render(request, "organisations/list.html", context, form.status)


def _chosen(request: Request, form: Form, names: Names) -> list[tuple[str, str]]:
    """Every active filter in words, with the address of the same list without it."""
    text, area, field = form.value("q").strip(), form.value("area"), form.value("field")
    said = [("q", f"“{shortened(text)}”")] if text else []
    said += [("area", name_of(request, names.areas[area]))] if area in names.areas else []
    said += [("field", name_of(request, names.categories[field]))] if field in names.categories else []
    return [(label, here(request, **{name: None, "after": None})) for name, label in said]


async def organisation(request: Request) -> Response:
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    async with house_of(request).database.reading() as session:
        details = await queries.details(session, viewer, organisation_id)
        open_needs = await needs.page(
            session, viewer, NeedFilters(organisation_id=organisation_id), PageRequest(10)
        )
    context = {
        "details": details,
        "state": organisation_state(details.organisation),
        "needs": open_needs,
        "manages": policy.may_manage(viewer, organisation_id),
        "belongs": policy.belongs(viewer, organisation_id),
        "decides": policy.decides_there(viewer, details.organisation.area_code),
    }
    return render(request, "organisations/organisation.html", context)


async def register_organisation(request: Request) -> Response:
    viewer_of(request).signed_in()
    return await _show_form(request, blank_form(request), None)


async def save_registration(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(OrganisationDraft, form.given(*_IDENTITY, *_PROFILE, many=_LISTS))
        async with house_of(request).database.unit_of_work() as session:
            organisation_id = await organisations.register(session, viewer_of(request), draft)
        said = _("The organisation is registered. Now upload its registration certificate.")
        return redirect(request, "organisation_documents", said, organisation_id=organisation_id)
    return await _show_form(request, form, None)


async def edit_organisation(request: Request) -> Response:
    details = await _managed(request)
    known = details.organisation
    initial: dict[str, Any] = {name: getattr(known, name) for name in (*_IDENTITY, *_PROFILE)}
    initial["fields"] = [tag.code for tag in details.fields]
    initial["areas"] = [area.code for area in details.areas]
    return await _show_form(request, blank_form(request, initial), details)


async def save_organisation(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    details = await _managed(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await _save(session, request, form, details)
        return redirect(
            request, "organisation", _("The profile is saved."), organisation_id=details.organisation.id
        )
    return await _show_form(request, form, details)


async def submit_organisation(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    organisation_id = path_id(request, "organisation_id")
    async with house_of(request).database.unit_of_work() as session:
        await verification.submit(session, viewer_of(request), organisation_id)
    said = _("An officer of your district looks at it and answers you here.")
    return redirect(request, "organisation", said, organisation_id=organisation_id)


async def _save(session: Session, request: Request, form: Form, details: OrganisationDetails) -> None:
    """Everything while nobody has it in hand; afterwards the profile alone."""
    viewer, organisation_id = viewer_of(request), details.organisation.id
    if _is_correctable(details):
        draft = read(OrganisationDraft, form.given(*_IDENTITY, *_PROFILE, many=_LISTS))
        await organisations.correct(session, viewer, organisation_id, draft)
    else:
        profile = read(ProfileDraft, form.given(*_PROFILE, many=_LISTS))
        await organisations.edit(session, viewer, organisation_id, profile)


async def _show_form(request: Request, form: Form, details: OrganisationDetails | None) -> Response:
    async with house_of(request).database.reading() as session:
        context = {
            "form": form,
            "details": details,
            "is_correctable": details is None or _is_correctable(details),
            "kinds": list(OrganisationKind),
            "categories": await need_form.categories(session, form.locale),
            "districts": await area_picker.districts(session, form.locale),
        }
    return render(request, "organisations/form.html", context, form.status)


def _is_correctable(details: OrganisationDetails) -> bool:
    return organisation_state(details.organisation) in (
        OrganisationState.REGISTERED,
        OrganisationState.REFUSED,
    )


async def _managed(request: Request) -> OrganisationDetails:
    """The organisation of this address, for one of its managers. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        details = await queries.details(session, viewer_of(request), path_id(request, "organisation_id"))
    if not policy.may_manage(viewer_of(request), details.organisation.id):
        raise NotPermitted()
    return details


_ONE = "/organisations/{organisation_id:uuid}"
routes: list[BaseRoute] = [
    Route("/organisations", list_organisations, name="organisations"),
    Route("/organisations/register", register_organisation, name="register_organisation"),
    Route("/organisations/register", save_registration, methods=["POST"], name="save_registration"),
    Route(_ONE, organisation, name="organisation"),
    Route(f"{_ONE}/edit", edit_organisation, name="edit_organisation"),
    Route(f"{_ONE}/edit", save_organisation, methods=["POST"], name="save_organisation"),
    Route(f"{_ONE}/submit", submit_organisation, methods=["POST"], name="submit_organisation"),
]
