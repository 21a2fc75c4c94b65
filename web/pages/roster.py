"""The roster of a shift, for its organisers: who comes, who asks, who waits; approve, decline, release, add, print."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.identity import contacts
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.volunteering import decisions, sign_up_queries
from marketplace.volunteering.sign_up_drafts import AddDraft, DecisionDraft
from marketplace.volunteering.sign_up_states import SignUpState
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

Decide = Callable[[Session, Viewer, UUID, DecisionDraft], Awaitable[None]]


async def roster(request: Request) -> Response:
    house = house_of(request)
    async with house.database.reading() as session:
        shown = await sign_up_queries.roster(session, viewer_of(request), path_id(request, "shift_id"))
        confirmed = shown.of_state(SignUpState.CONFIRMED)
        numbers = await contacts.allowed_phones(session, house.vault, [row.person_id for row in confirmed])
    ended = (SignUpState.WITHDRAWN, SignUpState.DECLINED, SignUpState.LAPSED, SignUpState.CANCELLED)
    context = {
        "roster": shown,
        "confirmed": confirmed,
        "numbers": numbers,
        "applied": shown.of_state(SignUpState.APPLIED),
        "offered": shown.of_state(SignUpState.OFFERED),
        "waiting": shown.of_state(SignUpState.WAITING),
        "ended": shown.of_state(*ended),
        "now": session.now(),
    }
    return render(request, "roster/roster.html", context)


async def approve_sign_up(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    viewer, sign_up_id = viewer_of(request), path_id(request, "sign_up_id")
    async with house_of(request).database.unit_of_work() as session:
        await decisions.approve(session, viewer, sign_up_id)
    async with house_of(request).database.reading() as session:
        row = await sign_up_queries.sign_up(session, viewer, sign_up_id)
    is_confirmed = row.state is SignUpState.CONFIRMED
    said = (
        _("The place is confirmed.")
        if is_confirmed
        else _("The shift is full: approved, and on the waiting list.")
    )
    return redirect(request, "roster", said, shift_id=row.shift_id)


async def check_decline(request: Request) -> Response:
    return await _show_decision(request, blank_form(request), "roster/decline.html")


async def decline_sign_up(request: Request) -> Response:
    _ = translator(request)
    return await _decide(
        request, decisions.decline, "roster/decline.html", _("Declined. The person is told why.")
    )


async def check_release(request: Request) -> Response:
    return await _show_decision(request, blank_form(request), "roster/release.html")


async def release_sign_up(request: Request) -> Response:
    _ = translator(request)
    return await _decide(
        request, decisions.release, "roster/release.html", _("Released. The person is told why.")
    )


async def check_addition(request: Request) -> Response:
    return await _show_addition(request, blank_form(request))


async def add_to_shift(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(AddDraft, form.given("person_id", "in_spite_of_clash", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            await decisions.add(session, viewer_of(request), path_id(request, "shift_id"), draft)
        return redirect(
            request, "roster", _("Added. The person is told."), shift_id=path_id(request, "shift_id")
        )
    return await _show_addition(request, form)


async def _decide(request: Request, decide: Decide, template: str, said: str) -> Response:
    form = await read_form(request)
    with form.catching():
        draft = read(DecisionDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await decide(session, viewer_of(request), path_id(request, "sign_up_id"), draft)
        async with house_of(request).database.reading() as session:
            row = await sign_up_queries.sign_up(session, viewer_of(request), path_id(request, "sign_up_id"))
        return redirect(request, "roster", said, shift_id=row.shift_id)
    return await _show_decision(request, form, template)


async def _show_decision(request: Request, form: Form, template: str) -> Response:
    async with house_of(request).database.reading() as session:
        row = await sign_up_queries.sign_up(session, viewer_of(request), path_id(request, "sign_up_id"))
        # Asked for its policy: one's own sign-up is visible too, but not the organiser's form for it.
        await sign_up_queries.roster(session, viewer_of(request), row.shift_id)
    return render(request, template, {"form": form, "sign_up": row}, form.status)


async def _show_addition(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        shown = await sign_up_queries.roster(session, viewer_of(request), path_id(request, "shift_id"))
        known = await sign_up_queries.known_people(session, viewer_of(request), path_id(request, "shift_id"))
    context = {"form": form, "roster": shown, "known": list(known.items())}
    return render(request, "roster/add.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/shifts/{shift_id:uuid}/roster", roster, name="roster"),
    Route("/shifts/{shift_id:uuid}/roster/add", check_addition, name="check_addition"),
    Route("/shifts/{shift_id:uuid}/roster/add", add_to_shift, methods=["POST"], name="add_to_shift"),
    Route("/sign-ups/{sign_up_id:uuid}/approve", approve_sign_up, methods=["POST"], name="approve_sign_up"),
    Route("/sign-ups/{sign_up_id:uuid}/decline", check_decline, name="check_decline"),
    Route("/sign-ups/{sign_up_id:uuid}/decline", decline_sign_up, methods=["POST"], name="decline_sign_up"),
    Route("/sign-ups/{sign_up_id:uuid}/release", check_release, name="check_release"),
    Route("/sign-ups/{sign_up_id:uuid}/release", release_sign_up, methods=["POST"], name="release_sign_up"),
]
