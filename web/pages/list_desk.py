"""The buyer's desk of service lists: buyers registered, lists begun, editions put before the public, answered, final or withdrawn."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.procurement import buyers, policy
from marketplace.procurement.drafts import BuyerDraft
from marketplace.procurement.lists import comment_queries, comments, editions, item_queries, lists, queries
from marketplace.procurement.lists.drafts import (
    AnswerDraft,
    ConsultationDraft,
    EditionDraft,
    FinaliseDraft,
    ListDraft,
    WithdrawDraft,
)
from marketplace.procurement.lists.queries import EditionRow, ListFilters, ListRow
from marketplace.procurement.lists.states import OPEN_TO_EDITING
from web import area_picker
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, path_id, today_of, translator, viewer_of

_BUYER = ("name", "credit_code", "address", "contact_name", "contact_phone", "contact_email")


async def desk_lists(request: Request) -> Response:
    viewer = _officer(request)
    async with house_of(request).database.reading() as session:
        page = await queries.page(session, viewer, ListFilters(mine=True), page_request(request))
        own = await buyers.of_viewer(session, viewer)
    context = {"page": page, "buyers": own, "is_first": "after" not in request.query_params}
    return render(request, "lists/desk.html", context)


async def new_buyer(request: Request) -> Response:
    viewer = _officer(request)
    async with house_of(request).database.reading() as session:
        known = await area_picker.initial(
            session, viewer.areas_of(Role.PROCUREMENT_OFFICER)[0], locale_of(request)
        )
    return await _show_new_buyer(request, blank_form(request, known))


async def save_buyer(request: Request) -> Response:
    _ = translator(request)
    viewer = _officer(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            area_code = await area_picker.pick(session, form)
            draft = read(BuyerDraft, {**form.given(*_BUYER), "area_code": area_code})
            await buyers.register(session, viewer, draft)
        return redirect(request, "desk_service_lists", _("The buyer is registered. Begin its list."))
    return await _show_new_buyer(request, form)


async def new_list(request: Request) -> Response:
    year = today_of(request).year + 1
    initial = {"starts_on": f"{year}-01-01", "ends_on": f"{year + 2}-12-31"}
    async with house_of(request).database.reading() as session:
        own = await buyers.of_viewer(session, _officer(request))
    if len(own) == 1:
        initial["buyer_id"] = str(own[0].id)
    return await _show_new_list(request, blank_form(request, initial))


async def save_list(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ListDraft, form.given("buyer_id", "title", "starts_on", "ends_on"))
        async with house_of(request).database.unit_of_work() as session:
            list_id = await lists.start(session, viewer_of(request), draft, parse_id(form.key))
        said = _("The list is begun. Nobody but your colleagues sees it yet. Add its items.")
        return redirect(request, "desk_service_list", said, list_id=list_id)
    return await _show_new_list(request, form)


async def desk_list(request: Request) -> Response:
    return await _show_desk_list(request, blank_form(request))


async def begin_edition(request: Request) -> Response:
    _ = translator(request)
    form, list_id = await read_form(request), path_id(request, "list_id")
    with form.catching():
        draft = read(EditionDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await lists.begin_edition(session, viewer_of(request), list_id, draft)
        said = _("The next edition is begun as a copy. Change its items.")
        return redirect(request, "desk_service_list", said, list_id=list_id)
    return await _show_desk_list(request, form)


async def check_consultation(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        earliest, _article, _days = await editions.earliest_end(session)
    return await _show_step(request, "consultation", blank_form(request, {"ends_on": earliest}))


async def open_consultation(request: Request) -> Response:
    _ = translator(request)
    form, edition_id = await read_form(request), path_id(request, "edition_id")
    with form.catching():
        draft = read(ConsultationDraft, form.given("ends_on"))
        async with house_of(request).database.unit_of_work() as session:
            await editions.open_consultation(session, viewer_of(request), edition_id, draft)
        return await _done(request, _("The edition is before the public. Answer the comments as they come."))
    return await _show_step(request, "consultation", form)


async def check_finalising(request: Request) -> Response:
    return await _show_step(request, "final", blank_form(request))


async def finalise_edition(request: Request) -> Response:
    _ = translator(request)
    form, edition_id = await read_form(request), path_id(request, "edition_id")
    with form.catching():
        draft = read(FinaliseDraft, form.given("answer"))
        async with house_of(request).database.unit_of_work() as session:
            await editions.finalise(session, viewer_of(request), edition_id, draft)
        return await _done(request, _("The edition is final and in the calendar; followers are told."))
    return await _show_step(request, "final", form)


async def check_withdrawing(request: Request) -> Response:
    return await _show_step(request, "withdraw", blank_form(request))


async def withdraw_edition(request: Request) -> Response:
    _ = translator(request)
    form, edition_id = await read_form(request), path_id(request, "edition_id")
    with form.catching():
        draft = read(WithdrawDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await editions.withdraw(session, viewer_of(request), edition_id, draft)
        return await _done(request, _("The edition is withdrawn."))
    return await _show_step(request, "withdraw", form)


async def check_answer(request: Request) -> Response:
    return await _show_answer(request, None)


async def answer_comment(request: Request) -> Response:
    _ = translator(request)
    form, comment_id = await read_form(request), path_id(request, "comment_id")
    with form.catching():
        draft = read(AnswerDraft, form.given("answer"))
        async with house_of(request).database.unit_of_work() as session:
            await comments.answer(session, viewer_of(request), comment_id, draft)
        async with house_of(request).database.reading() as session:
            row = await comment_queries.comment(session, viewer_of(request), comment_id)
        return redirect(request, "desk_service_list", _("Your answer is public."), list_id=row.list_id)
    return await _show_answer(request, form)


async def _done(request: Request, said: str) -> Response:
    async with house_of(request).database.reading() as session:
        of, _edition = await queries.edition(session, viewer_of(request), path_id(request, "edition_id"))
    return redirect(request, "desk_service_list", said, list_id=of.id)


async def _show_new_buyer(request: Request, form: Form) -> Response:
    _officer(request)
    async with house_of(request).database.reading() as session:
        areas = await area_picker.choices(session, form)
    return render(request, "lists/new_buyer.html", {"form": form, "areas": areas}, form.status)


async def _show_new_list(request: Request, form: Form) -> Response:
    viewer = _officer(request)
    async with house_of(request).database.reading() as session:
        own = await buyers.of_viewer(session, viewer)
    context = {"form": form, "buyers": [(str(row.id), row.name) for row in own]}
    return render(request, "lists/new_list.html", context, form.status)


async def _show_desk_list(request: Request, form: Form) -> Response:
    viewer = _officer(request)
    async with house_of(request).database.reading() as session:
        of = await queries.one(session, viewer, path_id(request, "list_id"))
        if not of.is_managed:
            raise NotPermitted()
        edition = of.under_way or of.current
        if edition is None:
            raise NotFound()
        items = (await item_queries.of_editions(session, viewer, [edition.id])).get(edition.id, [])
        said = await comment_queries.of_edition(session, viewer, edition.id, page_request(request))
        waiting = await comment_queries.unanswered(session, edition.id)
    context: dict[str, Any] = {
        "list": of,
        "edition": edition,
        "items": items,
        "numbers": {row.id: row.content for row in items},
        "comments": said,
        "waiting": waiting,
        "is_open": edition.state in OPEN_TO_EDITING,
        "form": form,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "lists/desk_list.html", context, form.status)


async def _show_step(request: Request, step: str, form: Form) -> Response:
    """One of the three decisions about an edition, with what it means."""
    of, edition = await managed_edition(request)
    async with house_of(request).database.reading() as session:
        earliest, article, days = await editions.earliest_end(session)
        waiting = await comment_queries.unanswered(session, edition.id)
    context = {
        "list": of,
        "edition": edition,
        "form": form,
        "earliest": earliest,
        "article": article,
        "days": days,
        "waiting": waiting,
    }
    return render(request, f"lists/{step}.html", context, form.status)


async def _show_answer(request: Request, form: Form | None) -> Response:
    viewer = _officer(request)
    async with house_of(request).database.reading() as session:
        row = await comment_queries.comment(session, viewer, path_id(request, "comment_id"))
        of, edition = await queries.edition(session, viewer, row.edition_id)
    if not of.is_managed:
        raise NotPermitted()
    form = form or blank_form(request, {"answer": row.answer})
    context = {"form": form, "comment": row, "list": of, "edition": edition}
    return render(request, "lists/answer.html", context, form.status)


async def managed_edition(request: Request) -> tuple[ListRow, EditionRow]:
    """The edition of this address, for an officer of its area. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        of, edition = await queries.edition(session, viewer, path_id(request, "edition_id"))
    if not policy.may_buy(viewer, of.buyer.area_code):
        raise NotPermitted()
    return of, edition


def _officer(request: Request) -> Viewer:
    """Somebody who buys somewhere. Raises SignInNeeded, NotPermitted."""
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.areas_of(Role.PROCUREMENT_OFFICER):
        raise NotPermitted()
    return viewer


_DESK = "/desk/buying/lists"
_LIST = _DESK + "/{list_id:uuid}"
_EDITION = "/desk/buying/editions/{edition_id:uuid}"
_ANSWER = "/desk/buying/comments/{comment_id:uuid}"
routes: list[BaseRoute] = [
    Route(_DESK, desk_lists, name="desk_service_lists"),
    Route("/desk/buying/buyers/new", new_buyer, name="new_buyer"),
    Route("/desk/buying/buyers/new", save_buyer, methods=["POST"], name="save_buyer"),
    Route(f"{_DESK}/new", new_list, name="new_service_list"),
    Route(f"{_DESK}/new", save_list, methods=["POST"], name="save_service_list"),
    Route(_LIST, desk_list, name="desk_service_list"),
    Route(f"{_LIST}/editions", begin_edition, methods=["POST"], name="begin_list_edition"),
    Route(f"{_EDITION}/consultation", check_consultation, name="check_consultation"),
    Route(f"{_EDITION}/consultation", open_consultation, methods=["POST"], name="open_consultation"),
    Route(f"{_EDITION}/final", check_finalising, name="check_finalising"),
    Route(f"{_EDITION}/final", finalise_edition, methods=["POST"], name="finalise_edition"),
    Route(f"{_EDITION}/withdraw", check_withdrawing, name="check_withdrawing_edition"),
    Route(f"{_EDITION}/withdraw", withdraw_edition, methods=["POST"], name="withdraw_edition"),
    Route(_ANSWER, check_answer, name="check_comment_answer"),
    Route(_ANSWER, answer_comment, methods=["POST"], name="answer_list_comment"),
]
