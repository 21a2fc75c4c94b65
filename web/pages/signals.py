"""Whistles at the desks of those who can do something about them: the list drawn small, and each with its numbers and an answer."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.delivery.signals import policy, queries, whistles
from marketplace.delivery.signals.drafts import AnswerWhistleDraft
from marketplace.identity.viewer import Role
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of


async def signals(request: Request) -> Response:
    with_over = request.query_params.get("show") == "all"
    async with house_of(request).database.reading() as session:
        page = await queries.page(session, viewer_of(request), page_request(request), with_over=with_over)
    is_first = "after" not in request.query_params
    context = {"page": page, "with_over": with_over, "is_first": is_first}
    context["has_use"] = policy.has_use_of_whistles(viewer_of(request))
    return render(request, "signals/list.html", context)


async def whistle(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def answer_whistle(request: Request) -> Response:
    _ = translator(request)
    form, whistle_id = await read_form(request), path_id(request, "whistle_id")
    with form.catching():
        draft = read(AnswerWhistleDraft, form.given("answer"))
        async with house_of(request).database.unit_of_work() as session:
            await whistles.answer(session, viewer_of(request), whistle_id, draft)
        said = _("Your answer is on record, and the provider is told.")
        return redirect(request, "whistle", said, whistle_id=whistle_id)
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await queries.whistle(session, viewer_of(request), path_id(request, "whistle_id"))
        weeks = await queries.weeks_of(session, row)
    viewer = viewer_of(request)
    # Supervisors and auditors see the whistle, but not what is brought to whom.
    is_side = row.may_answer or viewer.holds_in_organisation(row.organisation_id, Role.ORGANISATION_MANAGER)
    context = {"row": row, "weeks": weeks, "form": form, "is_side": is_side}
    return render(request, "signals/one.html", context, form.status)


_ONE = "/signals/{whistle_id:uuid}"

routes: list[BaseRoute] = [
    Route("/signals", signals, name="signals"),
    Route(_ONE, whistle, name="whistle"),
    Route(_ONE, answer_whistle, methods=["POST"], name="answer_whistle"),
]
