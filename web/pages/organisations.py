"""Organisations: the public list and page, registering one, and keeping its profile."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue.models import TagKind
from marketplace.catalogue.queries import name_of, tree
from marketplace.db.session import Session
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import Draft, OptionalLine, read
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import organisations, policy, queries, verification
from marketplace.organisations.drafts import OrganisationDraft, OrganisationKind, ProfileDraft
from marketplace.organisations.queries import OrganisationDetails, OrganisationFilters
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.volunteering import queries as needs
from marketplace.volunteering.queries import NeedFilters
from web import area_picker, need_form
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, translator, viewer_of

_PROFILE = ("about", "address", "public_phone", "public_email", "website")
_LISTS = ("fields", "areas")
_IDENTITY = ("name", "credit_code", "kind", "area_code")


class Narrowing(Draft):
    """What the list's address may carry; anything else there is ignored."""

    q: OptionalLine = None
    field: OptionalLine = None
    area: OptionalLine = None


async def list_organisations(request: Request) -> Response:
    given = {
        name: request.query_params[name] for name in ("q", "field", "area") if name in request.query_params
    }
    narrowing = read(Narrowing, given)
    after = request.query_params.get("after")
    filters = OrganisationFilters(narrowing.q, narrowing.field, narrowing.area)
    async with house_of(request).database.reading() as session:
        page = await queries.page(session, viewer_of(request), filters, PageRequest(20, after))
        branches = await tree(session, TagKind.CATEGORY)
        context = {
            "page": page,
            "narrowing": narrowing,
            "fields": [(branch.tag.code, name_of(branch.tag, locale_of(request))) for branch in branches],
            "districts": await area_picker.districts(session, locale_of(request)),
            "mine": await queries.mine(session, viewer_of(request)),
            "is_first": after is None,
        }
    return render(request, "organisations/list.html", context)


async def organisation(request: Request) -> Response:
    viewer, organisation_id = viewer_of(request), _organisation_id(request)
    async with house_of(request).database.reading() as session:
        details = await queries.details(session, viewer, organisation_id)
        open_needs = await needs.page(
            session, viewer, NeedFilters(organisation_id=organisation_id), PageRequest(10)
        )
    context = {
        "details": details,
        "state": organisation_state(details.organisation),
        "needs": open_needs.rows,
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
    organisation_id = _organisation_id(request)
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
        details = await queries.details(session, viewer_of(request), _organisation_id(request))
    if not policy.may_manage(viewer_of(request), details.organisation.id):
        raise NotPermitted()
    return details


def _organisation_id(request: Request) -> UUID:
    organisation_id = request.path_params["organisation_id"]
    assert isinstance(organisation_id, UUID)
    return organisation_id


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
