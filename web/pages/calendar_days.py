"""The calendar of working days: which days are off or worked instead, for everybody; supervisors and administrators add and correct them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.input import read
from marketplace.procurement import working_days
from marketplace.procurement.drafts import DayDraft
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, today_of, translator, viewer_of


async def calendar_days(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def mark_day(request: Request) -> Response:
    _, form = translator(request), await read_form(request)
    with form.catching():
        fields = form.given("day", "name_zh", "name_en", "source")
        draft = read(DayDraft, fields | {"is_working": form.has("is_working", "yes")})
        async with house_of(request).database.unit_of_work() as session:
            await working_days.mark(session, viewer_of(request), draft)
        return redirect(request, "calendar_days", _("The day is in the calendar."))
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        days = await working_days.marked(session, today_of(request))
    context = {"form": form, "days": days, "may_mark": working_days.may_mark(viewer_of(request))}
    return render(request, "buying/days.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/buying/days", calendar_days, name="calendar_days"),
    Route("/buying/days", mark_day, methods=["POST"], name="mark_day"),
]
