"""Roles: who holds what within the viewer's reach, granting one over an area, and taking one away."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.identity import policy, roles
from marketplace.identity.drafts import RoleDraft
from marketplace.identity.viewer import AREA_ROLES
from marketplace.kernel.input import read
from marketplace.organisations import queries as organisations
from web import area_picker
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, translator, viewer_of


async def list_roles(request: Request) -> Response:
    return await _page(request, blank_form(request))


async def grant_role(request: Request) -> Response:
    """Over an area; an organisation's people are taken in on its own page."""
    _ = translator(request)
    form = await read_form(request)
    house = house_of(request)
    with form.catching():
        async with house.database.unit_of_work() as session:
            area_code = await area_picker.pick(session, form)
            draft = read(RoleDraft, {**form.given("role", "phone"), "area_code": area_code})
            await roles.grant(session, house.vault, viewer_of(request), draft)
        return redirect(request, "roles", _("The role is granted, and it is on record."))
    return await _page(request, form)


async def revoke_role(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await roles.revoke(session, viewer_of(request), request.path_params["grant_id"])
    return redirect(request, "roles", _("The role is taken away, and it is on record."))


async def _page(request: Request, form: Form) -> Response:
    viewer, locale = viewer_of(request), locale_of(request)
    async with house_of(request).database.reading() as session:
        grants = await roles.granted_within(session, viewer)
        places = await areas.paths(session, {row.area_code for row, _name in grants if row.area_code})
        named = await organisations.by_ids(
            session, viewer, [row.organisation_id for row, _name in grants if row.organisation_id]
        )
        options = await area_picker.choices(session, form)
    context = {
        "form": form,
        "grants": grants,
        "area_names": {
            code: " · ".join(areas.name_of(area, locale) for area in path[1:] or path)
            for code, path in places.items()
        },
        "organisations": {key: row.name for key, row in named.items()},
        "grantable": [role for role in policy.grantable_roles(viewer) if role in AREA_ROLES],
        "options": options,
    }
    return render(request, "roles/list.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/desk/roles", list_roles, name="roles"),
    Route("/desk/roles", grant_role, methods=["POST"], name="grant_role"),
    Route("/desk/roles/{grant_id:uuid}/revoke", revoke_role, methods=["POST"], name="revoke_role"),
]
