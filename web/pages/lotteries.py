"""Lotteries: announced, entered, drawn, and checked by whoever wants to; opened and called off by the need's organisers."""

from datetime import timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.staffing import lotteries, lottery_entries, lottery_queries
from marketplace.staffing.lottery_drafts import CallOffDraft, EntryDraft, LotteryDraft
from marketplace.staffing.lottery_queries import LotteryRow
from marketplace.staffing.lottery_states import LotteryState
from marketplace.volunteering import sign_up_queries, terms
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

_MOST_SHOWN = 200
"""Of a long order the page shows the beginning; the file holds all of it."""


async def lottery(request: Request) -> Response:
    return await _show(request, blank_form(request), blank_form(request))


async def enter_lottery(request: Request) -> Response:
    _ = translator(request)
    form, lottery_id = await read_form(request), path_id(request, "lottery_id")
    with form.catching():
        draft = read(EntryDraft, {**form.given("agreed"), "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await lottery_entries.enter(session, viewer_of(request), lottery_id, draft)
        said = _("You are in. After the draw we tell you how it went.")
        return redirect(request, "lottery", said, lottery_id=lottery_id)
    return await _show(request, form, blank_form(request))


async def leave_lottery(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    lottery_id = path_id(request, "lottery_id")
    async with house_of(request).database.unit_of_work() as session:
        await lottery_entries.leave(session, viewer_of(request), lottery_id)
    return redirect(request, "lottery", _("You are out of the lottery."), lottery_id=lottery_id)


async def call_off_lottery(request: Request) -> Response:
    _ = translator(request)
    form, lottery_id = await read_form(request), path_id(request, "lottery_id")
    with form.catching():
        draft = read(CallOffDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await lotteries.call_off(session, viewer_of(request), lottery_id, draft)
        said = _("The lottery is called off, and everybody in it is told.")
        return redirect(request, "lottery", said, lottery_id=lottery_id)
    return await _show(request, blank_form(request), form)


async def lottery_record(request: Request) -> Response:
    """The published record as a file."""
    async with house_of(request).database.reading() as session:
        row = await lottery_queries.lottery(session, viewer_of(request), path_id(request, "lottery_id"))
    if row.record is None:
        raise NotFound()
    headers = {"Content-Disposition": f'attachment; filename="lottery-{row.id}.json"'}
    body = orjson.dumps(row.record, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return Response(body, headers=headers, media_type="application/json")


async def my_lotteries(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await lottery_queries.mine(session, viewer_of(request))
    return render(request, "lotteries/mine.html", {"rows": rows})


async def new_lottery(request: Request) -> Response:
    viewer, shift_id = viewer_of(request), path_id(request, "shift_id")
    async with house_of(request).database.reading() as session:
        found = (await lottery_queries.of_shifts(session, viewer, [shift_id])).get(shift_id)
        shown = await sign_up_queries.roster(session, viewer, shift_id)
        half = session.now() + max((shown.starts_at - session.now()) / 2, timedelta(hours=1))
    if found is not None:
        return RedirectResponse(path_of(request, "lottery", lottery_id=found.id), 303)
    initial = {"closes_at": half.replace(minute=0), "first_timer_tickets": 2}
    return await _show_new(request, blank_form(request, initial))


async def save_new_lottery(request: Request) -> Response:
    _ = translator(request)
    form, shift_id = await read_form(request), path_id(request, "shift_id")
    with form.catching():
        draft = read(LotteryDraft, form.given("first_timer_tickets") | form.moments("closes_at"))
        house = house_of(request)
        async with house.database.unit_of_work() as session:
            opened = await lotteries.open_lottery(
                session, viewer_of(request), shift_id, draft, house.vault, parse_id(form.key)
            )
        said = _("The lottery is open, and its commitment is published.")
        return redirect(request, "lottery", said, lottery_id=opened)
    return await _show_new(request, form)


async def _show(request: Request, form: Form, call_off: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        row = await lottery_queries.lottery(session, viewer, path_id(request, "lottery_id"))
        enters = row.state is LotteryState.OPEN and row.mine is None and not row.is_managed
        shown = (
            await terms.terms(session, viewer, row.shift_id) if enters and not viewer.is_stranger else None
        )
    context: dict[str, Any] = {"lottery": row, "terms": shown, "enters": enters}
    context |= {"form": form, "call_off": call_off, "order": _order(row), "most": _MOST_SHOWN}
    return render(request, "lotteries/lottery.html", context, max(form.status, call_off.status))


def _order(row: LotteryRow) -> list[tuple[int, int, int, bool]]:
    """The beginning of the drawn order: place, number, tickets, and whether a place was free for it at once."""
    if row.record is None:
        return []
    tickets = {entry["number"]: entry["tickets"] for entry in row.record["entries"]}
    winners = set(row.record["winners"])
    return [
        (place, number, tickets[number], number in winners)
        for place, number in enumerate(row.record["order"][:_MOST_SHOWN], start=1)
    ]


async def _show_new(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        shown = await sign_up_queries.roster(session, viewer_of(request), path_id(request, "shift_id"))
    return render(request, "lotteries/new.html", {"form": form, "shift": shown}, form.status)


routes: list[BaseRoute] = [
    Route("/my/lotteries", my_lotteries, name="my_lotteries"),
    Route("/shifts/{shift_id:uuid}/lottery", new_lottery, name="new_lottery"),
    Route("/shifts/{shift_id:uuid}/lottery", save_new_lottery, methods=["POST"], name="save_new_lottery"),
    Route("/lotteries/{lottery_id:uuid}", lottery, name="lottery"),
    Route("/lotteries/{lottery_id:uuid}/record.json", lottery_record, name="lottery_record"),
    Route("/lotteries/{lottery_id:uuid}/enter", enter_lottery, methods=["POST"], name="enter_lottery"),
    Route("/lotteries/{lottery_id:uuid}/leave", leave_lottery, methods=["POST"], name="leave_lottery"),
    Route(
        "/lotteries/{lottery_id:uuid}/call-off", call_off_lottery, methods=["POST"], name="call_off_lottery"
    ),
]
