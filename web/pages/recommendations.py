"""For you: needs with why, opened in place; invitations to answer; an organiser's list of whom to invite; needs for an organisation."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.kernel.input import read
from marketplace.organisations import queries as organisations
from marketplace.recommendations import (
    invitation_queries,
    invitations,
    inviting,
    providers,
    recommending,
    why,
)
from marketplace.recommendations.drafts import InviteDraft
from marketplace.volunteering import sign_up_queries
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


async def recommended(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        shown = await recommending.for_viewer(session, viewer_of(request))
        is_empty = shown.is_personal and not shown.items
        lift = await why.why_nothing(session, viewer_of(request)) if is_empty else None
    return render(request, "recommendations/mine.html", {"shown": shown, "lift": lift})


async def my_invitations(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        rows = await invitation_queries.mine(session, viewer)
        agreed = await consents.holds(session, viewer.signed_in(), ConsentKind.INVITATIONS)
    return render(request, "recommendations/invitations.html", {"rows": rows, "may_be_invited": agreed})


async def decline_invitation(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await invitations.decline(session, viewer_of(request), path_id(request, "invitation_id"))
    return redirect(
        request, "my_invitations", _("The organiser sees that you cannot come. Thank you for saying so.")
    )


async def check_invite(request: Request) -> Response:
    return await _show_invite(request, blank_form(request))


async def invite(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    shift_id = path_id(request, "shift_id")
    with form.catching():
        draft = read(InviteDraft, form.given(many=["person_ids"]))
        async with house_of(request).database.unit_of_work() as session:
            invited = await invitations.invite(session, viewer_of(request), shift_id, draft)
        said = _("Invited: %(count)s. They are told why they suit, and sign up themselves.")
        return redirect(request, "check_invite", said % {"count": invited}, shift_id=shift_id)
    return await _show_invite(request, form)


async def needs_for_organisation(request: Request) -> Response:
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    async with house_of(request).database.reading() as session:
        found = await providers.for_organisation(session, viewer, organisation_id)
        organisation = (await organisations.by_ids(session, viewer, [organisation_id]))[organisation_id]
    context = {"found": found, "organisation": organisation}
    return render(request, "recommendations/organisation.html", context)


async def _show_invite(request: Request, form: Form) -> Response:
    viewer, shift_id, house = viewer_of(request), path_id(request, "shift_id"), house_of(request)
    async with house.database.reading() as session:
        found = await inviting.suggested(session, viewer, house.volunteers, shift_id)
        rows = await invitation_queries.of_need(session, viewer, found.need_id)
        tally = await invitation_queries.tally(session, found.need_id)
        shift = await sign_up_queries.roster(session, viewer, shift_id)
    context = {
        "form": form,
        "found": found,
        "rows": rows,
        "tally": tally,
        "shift": shift,
    }
    return render(request, "recommendations/invite.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/my/recommendations", recommended, name="recommended"),
    Route("/my/invitations", my_invitations, name="my_invitations"),
    Route(
        "/my/invitations/{invitation_id:uuid}/decline",
        decline_invitation,
        methods=["POST"],
        name="decline_invitation",
    ),
    Route("/shifts/{shift_id:uuid}/invite", check_invite, name="check_invite"),
    Route("/shifts/{shift_id:uuid}/invite", invite, methods=["POST"], name="invite"),
    Route(
        "/organisations/{organisation_id:uuid}/needs-for-you",
        needs_for_organisation,
        name="needs_for_organisation",
    ),
]
