"""Staffing: a volunteer's entry in the pool of a need; for its organisers the shifts with their minimums, roles, and assignment runs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import qualifications
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import span
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import PageRequest
from marketplace.staffing import pool, queries, roles, run_queries, runs, sending
from marketplace.staffing.drafts import PoolDraft, RoleDraft, RunDraft
from marketplace.staffing.queries import NeedStaffing, ShiftStaffing
from marketplace.volunteering import queries as needs
from marketplace.volunteering.queries import ShiftRow
from marketplace.volunteering.states import NeedState, ShiftState
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect, redirect_to
from web.templating import render
from web.visit import house_of, locale_of, path_id, translator, viewer_of

_MOST_CHOICES = 50


async def pool_entry(request: Request) -> Response:
    """For how many shifts, and which: what is said already stands in the form."""
    need_id = path_id(request, "need_id")
    async with house_of(request).database.reading() as session:
        viewer_of(request).signed_in()
        mine = (await queries.my_entries(session, viewer_of(request), [need_id])).get(need_id)
    initial = (
        {"most_shifts": 3}
        if mine is None
        else {"most_shifts": mine.most_shifts, "shifts": list(mine.shift_ids)}
    )
    return await _show_pool(request, blank_form(request, initial))


async def join_pool(request: Request) -> Response:
    _ = translator(request)
    form, need_id = await read_form(request), path_id(request, "need_id")
    with form.catching():
        given = form.given("most_shifts", "agreed", many=["shifts"])
        draft = read(PoolDraft, {**given, "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await pool.join(session, viewer_of(request), need_id, draft)
        said = _("You are in the pool. When a place is proposed for you, you decide whether to take it.")
        return redirect(request, "need", said, need_id=need_id)
    return await _show_pool(request, form)


async def leave_pool(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    need_id = path_id(request, "need_id")
    async with house_of(request).database.unit_of_work() as session:
        await pool.leave(session, viewer_of(request), need_id)
    return redirect(
        request, "need", _("You have left the pool. Places you have stay yours."), need_id=need_id
    )


async def need_staffing(request: Request) -> Response:
    return await _show_staffing(request, blank_form(request, {"minimum_people": 1}))


async def add_role(request: Request) -> Response:
    _ = translator(request)
    form, need_id = await read_form(request), path_id(request, "need_id")
    with form.catching():
        draft = read(RoleDraft, form.given("name", "qualification", "minimum_people"))
        async with house_of(request).database.unit_of_work() as session:
            await roles.add(session, viewer_of(request), need_id, draft)
        return redirect(request, "need_staffing", _("The role is added."), need_id=need_id)
    return await _show_staffing(request, form)


async def remove_role(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        need_id = await roles.remove(session, viewer_of(request), path_id(request, "role_id"))
    return redirect(request, "need_staffing", _("The role is ended."), need_id=need_id)


async def new_run(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        now = await queries.of_need(session, viewer_of(request), path_id(request, "need_id"))
    initial = {
        "shifts": [shift.shift_id for shift in now.shifts[:_MOST_CHOICES]],
        "most_shifts": 3,
        "rest_minutes": 60,
        "offer_minutes": 720,
    }
    return _show_new_run(request, blank_form(request, initial), now)


async def start_run(request: Request) -> Response:
    _ = translator(request)
    form, need_id = await read_form(request), path_id(request, "need_id")
    with form.catching():
        given = form.given("most_shifts", "rest_minutes", "offer_minutes", "seed", many=["shifts"])
        draft = read(RunDraft, {**given, "key": parse_id(form.key)})
        run_id = await runs.start(house_of(request).database, viewer_of(request), need_id, draft)
        said = _("The plan is made. Nobody has been asked yet.")
        return redirect(request, "assignment_run", said, run_id=run_id)
    async with house_of(request).database.reading() as session:
        now = await queries.of_need(session, viewer_of(request), need_id)
    return _show_new_run(request, form, now)


async def assignment_run(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        found = await run_queries.run(session, viewer_of(request), path_id(request, "run_id"))
    return render(request, "staffing/run.html", {"details": found, "run": found.run})


async def check_sending(request: Request) -> Response:
    """Asks once more: offers cannot be called back."""
    async with house_of(request).database.reading() as session:
        found = await run_queries.run(session, viewer_of(request), path_id(request, "run_id"))
    return render(
        request, "staffing/send.html", {"details": found, "run": found.run, "form": blank_form(request)}
    )


async def send_offers(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    run_id = path_id(request, "run_id")
    async with house_of(request).database.unit_of_work() as session:
        await sending.send(session, viewer_of(request), run_id)
    return redirect(request, "assignment_run", _("The offers are out."), run_id=run_id)


async def check_run(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    run_id = path_id(request, "run_id")
    found = await runs.check(house_of(request).database, viewer_of(request), run_id)
    page = path_of(request, "assignment_run", run_id=run_id)
    if not found.is_identical:
        said = _(
            "Computed again from what was stored, the plan is another one. Please tell the administrator."
        )
        return redirect_to(request, page, said, tone="bad")
    if not found.is_up_to_date:
        said = _("Computed again: the same plan. The data have changed since; a new run may do better.")
        return redirect_to(request, page, said, tone="note")
    return redirect_to(request, page, _("Computed again: the same plan. The data have not changed since."))


async def drop_proposal(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        run_id = await runs.drop(session, viewer_of(request), path_id(request, "proposal_id"))
    return redirect(request, "assignment_run", _("Left out. It will not be offered."), run_id=run_id)


async def _show_pool(request: Request, form: Form) -> Response:
    need_id, viewer = path_id(request, "need_id"), viewer_of(request)
    async with house_of(request).database.reading() as session:
        details = await needs.need(session, viewer, need_id)
        shown = await needs.shifts_of(session, viewer, need_id, PageRequest(_MOST_CHOICES, None))
        mine = (await queries.my_entries(session, viewer, [need_id])).get(need_id)
    if details.row.state is not NeedState.OPEN and mine is None:
        raise NotFound()
    coming = [
        (shift.id, _when(locale_of(request), shift))
        for shift in shown.rows
        if shift.state is ShiftState.COMING
    ]
    context = {"form": form, "need": details.row.need, "coming": coming, "mine": mine}
    return render(request, "staffing/pool.html", context, form.status)


async def _show_staffing(request: Request, form: Form) -> Response:
    need_id, after = path_id(request, "need_id"), request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        now = await queries.of_need(session, viewer_of(request), need_id)
        made = await run_queries.of_need(session, viewer_of(request), need_id, PageRequest(10, after))
        context = {
            "form": form,
            "now": now,
            "runs": made,
            "is_first": after is None,
            "qualifications": [
                (row.code, row.name_en if form.locale == EN else row.name_zh)
                for row in await qualifications.types(session)
            ],
        }
    return render(request, "staffing/need.html", context, form.status)


def _when(locale: str, shift: ShiftRow | ShiftStaffing) -> str:
    """A shift's time as a choice; narrow columns break it before the hours, never between them."""
    return span(locale, shift.starts_at, shift.ends_at).replace("–", "–\N{WORD JOINER}")


def _show_new_run(request: Request, form: Form, now: NeedStaffing) -> Response:
    choices = [(shift.shift_id, _when(form.locale, shift)) for shift in now.shifts[:_MOST_CHOICES]]
    return render(
        request, "staffing/new_run.html", {"form": form, "now": now, "choices": choices}, form.status
    )


_NEED = "/needs/{need_id:uuid}"
_RUN = "/assignment-runs/{run_id:uuid}"
routes: list[BaseRoute] = [
    Route(f"{_NEED}/pool", pool_entry, name="pool_entry"),
    Route(f"{_NEED}/pool", join_pool, methods=["POST"], name="join_pool"),
    Route(f"{_NEED}/pool/leave", leave_pool, methods=["POST"], name="leave_pool"),
    Route(f"{_NEED}/staffing", need_staffing, name="need_staffing"),
    Route(f"{_NEED}/roles", add_role, methods=["POST"], name="add_need_role"),
    Route("/need-roles/{role_id:uuid}/remove", remove_role, methods=["POST"], name="remove_need_role"),
    Route(f"{_NEED}/assignment-runs/new", new_run, name="new_run"),
    Route(f"{_NEED}/assignment-runs/new", start_run, methods=["POST"], name="start_run"),
    Route(_RUN, assignment_run, name="assignment_run"),
    Route(f"{_RUN}/check", check_run, methods=["POST"], name="check_run"),
    Route(f"{_RUN}/send", check_sending, name="check_sending"),
    Route(f"{_RUN}/send", send_offers, methods=["POST"], name="send_offers"),
    Route(
        "/assignment-proposals/{proposal_id:uuid}/drop", drop_proposal, methods=["POST"], name="drop_proposal"
    ),
]
