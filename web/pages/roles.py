"""Roles: one's own, those within one's reach by kind, and one given to the person whose number somebody knows."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.db.session import Session
from marketplace.identity import policy, role_queries, roles
from marketplace.identity.drafts import PhoneDraft, RoleDraft
from marketplace.identity.errors import RoleIsForOneself, RoleIsOutOfReach
from marketplace.identity.role_queries import FoundPerson, GrantRow
from marketplace.identity.viewer import AREA_ROLES, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.pagination import Page
from marketplace.organisations import queries as organisations
from web import area_picker
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of

_NOBODY: Page[GrantRow] = Page((), (), has_next=False)


async def list_roles(request: Request) -> Response:
    return await _show_list(request, blank_form(request))


async def _show_list(request: Request, form: Form) -> Response:
    viewer, wanted = viewer_of(request), page_request(request)
    known = policy.grantable_roles(viewer)
    asked = [role for role in known if role.value == request.query_params.get("role")]
    chosen = next(iter([*asked, *known]), None)
    async with house_of(request).database.reading() as session:
        own = await role_queries.own(session, viewer)
        page = await role_queries.page(session, viewer, chosen, wanted) if chosen else _NOBODY
        scopes = await _scope_names(session, viewer, [*own, *page.rows], locale_of(request))
    context = {
        "form": form,
        "own": own,
        "page": page,
        "scopes": scopes,
        "roles": known,
        "chosen": chosen,
        "is_first": wanted.after is None,
    }
    return render(request, "roles/list.html", context, form.status)


async def find_person(request: Request) -> Response:
    """By POST, so that no number stands in an address or in a log."""
    form = await read_form(request)
    with form.catching():
        return await _show_person(request, form)
    return await _show_list(request, form)


async def _show_person(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    person = await _found(request, form)
    async with house_of(request).database.reading() as session:
        scopes = await _scope_names(session, viewer, person.grants, locale_of(request))
        options = await area_picker.choices(session, form)
    context = {
        "form": form,
        "person": person,
        "scopes": scopes,
        "grantable": _area_roles(viewer),
        "options": options,
    }
    return render(request, "roles/person.html", context, form.status)


async def check_grant(request: Request) -> Response:
    """Shows the answers once more; what could not be granted is said already here."""
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.reading() as session:
            area_code = await area_picker.pick(session, form)
            path = await areas.path(session, area_code)
        draft = read(RoleDraft, {**form.given("role", "phone"), "area_code": area_code})
        viewer = viewer_of(request)
        if not policy.may_grant(viewer, draft.role, area_code=area_code, organisation_id=None):
            raise RoleIsOutOfReach()
        person = await _found(request, form)
        if person.is_viewer:
            raise RoleIsForOneself()
        checked = blank_form(request, draft.model_dump())
        scope = " · ".join(areas.name_of(area, locale_of(request)) for area in path[1:] or path)
        context = {"form": checked, "person": person, "role": draft.role, "scope": scope}
        return render(request, "roles/check.html", context)
    return await _show_again(request, form)


async def grant_role(request: Request) -> Response:
    """Over an area; an organisation's people are taken in on its own page."""
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(RoleDraft, form.given("role", "phone", "area_code"))
        async with house_of(request).database.unit_of_work() as session:
            await roles.grant(session, house_of(request).vault, viewer_of(request), draft)
        return redirect(request, "roles", _("The role is granted, and it is on record."))
    return await _show_again(request, form)


async def check_revocation(request: Request) -> Response:
    return await _show_revocation(request, blank_form(request))


async def revoke_role(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await roles.revoke(session, viewer_of(request), path_id(request, "grant_id"))
        return redirect(request, "roles", _("The role is taken away, and it is on record."))
    return await _show_revocation(request, form)


async def _show_revocation(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        grant = await role_queries.one(session, viewer_of(request), path_id(request, "grant_id"))
        scopes = await _scope_names(session, viewer_of(request), [grant], locale_of(request))
    return render(request, "roles/revoke.html", {"form": form, "grant": grant, "scopes": scopes}, form.status)


async def _found(request: Request, form: Form) -> FoundPerson:
    """The person with the form's number; the look-up is written down."""
    viewer = viewer_of(request)
    role_queries.must_grant(viewer)
    draft = read(PhoneDraft, form.given("phone"))
    async with house_of(request).database.unit_of_work() as session:
        return await role_queries.by_phone(session, house_of(request).vault, viewer, draft)


async def _show_again(request: Request, form: Form) -> Response:
    """What was refused, beside the person where the number names one."""
    try:
        return await _show_person(request, form)
    except InputIsInvalid:
        return await _show_list(request, form)


def _area_roles(viewer: Viewer) -> list[Role]:
    return [role for role in policy.grantable_roles(viewer) if role in AREA_ROLES]


async def _scope_names(
    session: Session, viewer: Viewer, grants: Sequence[GrantRow], locale: str
) -> dict[str, str]:
    """What the areas and organisations of these grants are called, by code or id; two statements, however many."""
    paths = await areas.paths(session, {grant.area_code for grant in grants if grant.area_code})
    ids = {grant.organisation_id for grant in grants if grant.organisation_id}
    known = await organisations.by_ids(session, viewer, ids)
    names = {
        code: " · ".join(areas.name_of(area, locale) for area in path[1:] or path)
        for code, path in paths.items()
    }
    return names | {str(key): row.name for key, row in known.items()}


routes: list[BaseRoute] = [
    Route("/desk/roles", list_roles, name="roles"),
    Route("/desk/roles", grant_role, methods=["POST"], name="grant_role"),
    Route("/desk/roles/person", find_person, methods=["POST"], name="find_person"),
    Route("/desk/roles/check", check_grant, methods=["POST"], name="check_grant"),
    Route("/desk/roles/{grant_id:uuid}/revoke", check_revocation, name="check_revocation"),
    Route("/desk/roles/{grant_id:uuid}/revoke", revoke_role, methods=["POST"], name="revoke_role"),
]
