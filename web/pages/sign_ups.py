"""A volunteer's sign-ups: read the terms and sign up, see one's shifts, answer an offer, withdraw."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from marketplace.hours.rules import check_in_rule
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import moment
from marketplace.kernel.pagination import PageRequest
from marketplace.recommendations import why
from marketplace.staffing import lottery_queries
from marketplace.staffing import queries as staffing
from marketplace.volunteering import sign_up_queries, sign_ups, terms
from marketplace.volunteering.sign_up_drafts import JoinDraft
from marketplace.volunteering.sign_up_queries import SignUpRow
from marketplace.volunteering.sign_up_states import SignUpState
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, path_id, translator, viewer_of


async def check_sign_up(request: Request) -> Response:
    """When, where and what may happen, before the one button; where places are drawn by lot, the lottery instead."""
    shift_id = path_id(request, "shift_id")
    async with house_of(request).database.reading() as session:
        found = (await lottery_queries.of_shifts(session, viewer_of(request), [shift_id])).get(shift_id)
    if found is not None and found.record is None:
        return RedirectResponse(path_of(request, "lottery", lottery_id=found.id), 303)
    return await _show_terms(request, blank_form(request))


async def sign_up(request: Request) -> Response:
    form = await read_form(request)
    with form.catching():
        draft = read(JoinDraft, {**form.given("message", "agreed"), "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            sign_up_id = await sign_ups.join(session, viewer_of(request), path_id(request, "shift_id"), draft)
        async with house_of(request).database.reading() as session:
            row = await sign_up_queries.sign_up(session, viewer_of(request), sign_up_id)
        return redirect(request, "my_shifts", _what_came_of_it(request, row))
    return await _show_terms(request, form)


async def my_shifts(request: Request) -> Response:
    after = request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        page = await sign_up_queries.my_coming(session, viewer_of(request), PageRequest(20, after))
        check_in = await check_in_rule(session)
        whys = await staffing.why(session, viewer_of(request), [row.id for row in page.rows])
    context = {
        "page": page,
        "whys": whys,
        "is_first": after is None,
        "now": session.now(),
        "check_in": check_in,
    }
    return render(request, "sign_ups/coming.html", context)


async def my_past_shifts(request: Request) -> Response:
    after = request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        page = await sign_up_queries.my_past(session, viewer_of(request), PageRequest(20, after))
    return render(request, "sign_ups/past.html", {"page": page, "is_first": after is None})


async def accept_offer(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await sign_ups.accept_offer(session, viewer_of(request), path_id(request, "sign_up_id"))
    return redirect(request, "my_shifts", _("The place is yours."))


async def decline_offer(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await sign_ups.decline_offer(session, viewer_of(request), path_id(request, "sign_up_id"))
    return redirect(request, "my_shifts", _("You left the place to the next in line."))


async def check_withdrawal(request: Request) -> Response:
    """Asks once more: the place may be gone for good."""
    return await _show_withdrawal(request, blank_form(request))


async def withdraw(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await sign_ups.withdraw(session, viewer_of(request), path_id(request, "sign_up_id"))
        return redirect(request, "my_shifts", _("You have withdrawn."))
    return await _show_withdrawal(request, form)


def _what_came_of_it(request: Request, row: SignUpRow) -> str:
    _ = translator(request)
    if row.state is SignUpState.CONFIRMED:
        return _("You are signed up. See you on %(when)s.") % {
            "when": moment(locale_of(request), row.starts_at)
        }
    if row.state is SignUpState.APPLIED:
        return _("Your application is with the organiser, who will answer you here.")
    if row.state is SignUpState.WAITING:
        return _(
            "The shift is full. You are number %(position)s on the waiting list; we tell you when a place is free."
        ) % {"position": row.waiting_position}
    return _("You signed up for this shift before.")


async def _show_terms(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        shown = await terms.terms(session, viewer_of(request), path_id(request, "shift_id"))
        # What would lift the reasons is looked up only where there are any.
        found = (
            await why.of_shift(session, viewer_of(request), path_id(request, "shift_id"))
            if shown.reasons
            else None
        )
    context = {"form": form, "terms": shown, "why": found}
    return render(request, "sign_ups/terms.html", context, form.status)


async def _show_withdrawal(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await sign_up_queries.sign_up(session, viewer_of(request), path_id(request, "sign_up_id"))
    return render(request, "sign_ups/withdraw.html", {"form": form, "sign_up": row}, form.status)


routes: list[BaseRoute] = [
    Route("/shifts/{shift_id:uuid}/sign-up", check_sign_up, name="check_sign_up"),
    Route("/shifts/{shift_id:uuid}/sign-up", sign_up, methods=["POST"], name="sign_up"),
    Route("/my/shifts", my_shifts, name="my_shifts"),
    Route("/my/shifts/past", my_past_shifts, name="my_past_shifts"),
    Route("/my/shifts/{sign_up_id:uuid}/accept", accept_offer, methods=["POST"], name="accept_offer"),
    Route("/my/shifts/{sign_up_id:uuid}/decline", decline_offer, methods=["POST"], name="decline_offer"),
    Route("/my/shifts/{sign_up_id:uuid}/withdraw", check_withdrawal, name="check_withdrawal"),
    Route("/my/shifts/{sign_up_id:uuid}/withdraw", withdraw, methods=["POST"], name="withdraw"),
]
