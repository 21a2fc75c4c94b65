"""Organisations: the public list and page, registering one, and keeping its profile."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue.models import TagKind
from marketplace.catalogue.queries import Branch, name_of, tree
from marketplace.db.session import Session
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
from web.find_filters import Choice, shortened
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import here, render
from web.visit import house_of, locale_of, translator, viewer_of

_PROFILE = ("about", "address", "public_phone", "public_email", "website")
_LISTS = ("fields", "areas")
_IDENTITY = ("name", "credit_code", "kind", "area_code")
_NARROWING = {"q": "text", "field": "field", "area": "area"}


async def list_organisations(request: Request) -> Response:
    """What else the address may carry is ignored."""
    given = {name: request.query_params[name] for name in _NARROWING if name in request.query_params}
    form = blank_form(request, given)
    house, viewer, after = house_of(request), viewer_of(request), request.query_params.get("after") or None
    found: FoundOrganisations | None = None
    async with house.database.reading() as session:
        with form.catching():
            wishes = read(
                OrganisationWishes,
                {wish: given[name] for name, wish in _NARROWING.items() if given.get(name)},
            )
            found = await find_organisations(session, viewer, house.search, wishes, PageRequest(20, after))
        branches = await tree(session, TagKind.CATEGORY)
        districts = await area_picker.districts(session, locale_of(request))
        context = {
            "form": form,
            "found": found,
            "groups": _facets(request, branches, districts, found),
            "chosen": _chosen(request, branches, districts),
            "mine": await queries.mine(session, viewer),
            "is_first": after is None,
            "most_characters": LONGEST_QUERY,
        }
    return render(request, "organisations/list.html", context, form.status)


def _facets(
    request: Request,
    branches: Sequence[Branch],
    districts: Sequence[tuple[str, str]],
    found: FoundOrganisations | None,
) -> list[dict[str, Any]]:
    _ = translator(request)
    fields = [(branch.tag.code, name_of(branch.tag, locale_of(request))) for branch in branches]
    groups = [
        ("area", _("District"), districts, found.by_district if found else {}),
        ("field", _("Field of service"), fields, found.by_field if found else {}),
    ]
    is_counted = found is not None and not found.reduced
    drawn = [
        {"title": title, "rows": _choices(request, name, entries, counts if is_counted else None)}
        for name, title, entries, counts in groups
    ]
    return [group for group in drawn if group["rows"]]


def _choices(
    request: Request, name: str, entries: Sequence[tuple[str, str]], counts: Mapping[str, int] | None
) -> list[Choice]:
    """The choices that would find something, the most first; all of them while nobody can count."""
    chosen = request.query_params.get(name)
    shown = [
        Choice(
            label,
            None if counts is None else counts.get(code, 0),
            here(request, **{name: None if code == chosen else code, "after": None}),
            code == chosen,
        )
        for code, label in entries
        if counts is None or counts.get(code) or code == chosen
    ]
    return sorted(shown, key=lambda choice: -(choice.count or 0))


def _chosen(
    request: Request, branches: Sequence[Branch], districts: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Every active filter in words, with the address of the same list without it."""
    names = dict(districts) | {
        branch.tag.code: name_of(branch.tag, locale_of(request)) for branch in branches
    }
    asked = request.query_params
    said = [("q", f"“{shortened(asked['q'].strip())}”")] if asked.get("q", "").strip() else []
    said += [(name, names[asked[name]]) for name in ("area", "field") if asked.get(name) in names]
    return [(label, here(request, **{name: None, "after": None})) for name, label in said]


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
