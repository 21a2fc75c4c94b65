"""Objections and complaints: raised by suppliers, answered by buyers, decided by supervisors, read by everybody once they are answered."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.procurement.awards import (
    complaints,
    objection_queries,
    objections,
    suspensions,
)
from marketplace.procurement.awards.drafts import (
    AnswerDraft,
    ComplaintDraft,
    DecisionDraft,
    ObjectionDraft,
    SuspensionDraft,
)
from marketplace.procurement.awards.objection_queries import ObjectionRow
from marketplace.procurement.awards.objections import COMPLAINT, OBJECTION
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of


async def tender_objections(request: Request) -> Response:
    """What of one process may be read, and the way to raise one."""
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        tender = await _tender(session, tender_id)
        rows = await objection_queries.of_tender(session, viewer, tender_id)
        windows = [] if viewer.is_stranger else await objection_queries.windows(session, viewer, tender_id)
    context = {"tender": tender, "rows": rows, "windows": windows}
    return render(request, "objections/of_tender.html", context)


async def my_objections(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await objection_queries.mine(session, viewer_of(request))
    return render(request, "objections/mine.html", {"rows": rows})


async def objection_desk(request: Request) -> Response:
    """What waits for the buyer's answer, the most urgent first."""
    async with house_of(request).database.reading() as session:
        page = await objection_queries.waiting_for(
            session, viewer_of(request), page_request(request), OBJECTION
        )
    return render(request, "objections/desk.html", {"page": page})


async def object_to_tender(request: Request) -> Response:
    return await _show_raising(request, blank_form(request))


async def save_objection(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    with form.catching():
        fields = form.given("organisation_id", "about", "lot_id", "text", "wish")
        draft = read(ObjectionDraft, {**fields, "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            raised = await objections.raise_objection(session, viewer_of(request), tender_id, draft)
        said = _("Your objection is with the buyer.")
        return redirect(request, "objection", said, objection_id=raised)
    return await _show_raising(request, form)


async def objection(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def answer_objection(request: Request) -> Response:
    _ = translator(request)
    form, objection_id = await read_form(request), path_id(request, "objection_id")
    with form.catching():
        draft = read(AnswerDraft, form.given("answer") | {"is_upheld": form.value("is_upheld") == "yes"})
        async with house_of(request).database.unit_of_work() as session:
            await objections.answer(session, viewer_of(request), objection_id, draft)
        said = _("The answer is given and public.")
        return redirect(request, "objection", said, objection_id=objection_id)
    return await _show(request, form)


async def decide_complaint(request: Request) -> Response:
    _ = translator(request)
    form, objection_id = await read_form(request), path_id(request, "objection_id")
    with form.catching():
        given = form.given("answer", "remedy") | {"is_upheld": form.value("is_upheld") == "yes"}
        draft = read(DecisionDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            await complaints.decide(session, viewer_of(request), objection_id, draft)
        said = _("The decision is given and public.")
        return redirect(request, "objection", said, objection_id=objection_id)
    return await _show(request, form)


async def withdraw_objection(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    viewer, objection_id = viewer_of(request), path_id(request, "objection_id")
    async with house_of(request).database.reading() as session:
        row = await objection_queries.objection(session, viewer, objection_id)
    withdraw: Callable[[Session, Viewer, UUID], Awaitable[None]] = (
        complaints.withdraw if row.kind == COMPLAINT else objections.withdraw
    )
    async with house_of(request).database.unit_of_work() as session:
        await withdraw(session, viewer, objection_id)
    return redirect(request, "objection", _("It is withdrawn."), objection_id=objection_id)


async def complain(request: Request) -> Response:
    return await _show_complaining(request, blank_form(request))


async def save_complaint(request: Request) -> Response:
    _ = translator(request)
    form, objection_id = await read_form(request), path_id(request, "objection_id")
    with form.catching():
        draft = read(ComplaintDraft, {**form.given("text", "wish"), "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            raised = await complaints.complain(session, viewer_of(request), objection_id, draft)
        said = _("Your complaint is with the supervisor.")
        return redirect(request, "objection", said, objection_id=raised)
    return await _show_complaining(request, form)


async def suspend(request: Request) -> Response:
    return await _show_suspending(request, blank_form(request, {"days": 30}))


async def save_suspension(request: Request) -> Response:
    _ = translator(request)
    form, objection_id = await read_form(request), path_id(request, "objection_id")
    with form.catching():
        draft = read(SuspensionDraft, form.given("reason", "days"))
        async with house_of(request).database.unit_of_work() as session:
            await suspensions.suspend(session, viewer_of(request), objection_id, draft)
        return redirect(request, "objection", _("The process rests."), objection_id=objection_id)
    return await _show_suspending(request, form)


async def lift_suspension(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    objection_id = path_id(request, "objection_id")
    async with house_of(request).database.unit_of_work() as session:
        await suspensions.lift(session, viewer_of(request), objection_id)
    return redirect(request, "objection", _("The process goes on."), objection_id=objection_id)


async def _show(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        row = await objection_queries.objection(session, viewer, path_id(request, "objection_id"))
        first = (
            await objection_queries.objection(session, viewer, row.objection_id) if row.objection_id else None
        )
    return render(
        request, "objections/objection.html", {"row": row, "first": first, "form": form}, form.status
    )


async def _show_raising(request: Request, form: Form) -> Response:
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        tender = await _tender(session, tender_id)
        windows = await objection_queries.windows(session, viewer, tender_id)
        lots = await objection_queries.lots(session, tender_id)
    organisations = sorted(
        {one for window in windows for one in window.organisations}, key=lambda one: one[1]
    )
    context: dict[str, Any] = {
        "tender": tender,
        "windows": windows,
        "organisations": organisations,
        "lots": lots,
        "form": form,
    }
    return render(request, "objections/raise.html", context, form.status)


async def _show_complaining(request: Request, form: Form) -> Response:
    row = await _row(request)
    if not row.is_mine or row.kind != OBJECTION:
        raise NotFound()
    return render(request, "objections/complain.html", {"row": row, "form": form}, form.status)


async def _show_suspending(request: Request, form: Form) -> Response:
    row = await _row(request)
    if row.kind != COMPLAINT or not (row.may_decide or form.is_refused):
        raise NotFound()
    async with house_of(request).database.reading() as session:
        limit = await rule(session, "suspension")
    context = {"row": row, "form": form, "most": limit.value["most_days"], "article": limit.article}
    return render(request, "objections/suspend.html", context, form.status)


async def _row(request: Request) -> ObjectionRow:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        return await objection_queries.objection(session, viewer, path_id(request, "objection_id"))


async def _tender(session: Session, tender_id: UUID) -> Tender:
    tender = await session.get(Tender, tender_id)
    if tender is None or tender.published_at is None:
        raise NotFound()
    return tender


_ONE = "/buying/objections/{objection_id:uuid}"

routes: list[BaseRoute] = [
    Route("/buying/tenders/{tender_id:uuid}/objections", tender_objections, name="tender_objections"),
    Route("/supplier/objections", my_objections, name="my_objections"),
    Route("/supplier/tenders/{tender_id:uuid}/object", object_to_tender, name="object_to_tender"),
    Route(
        "/supplier/tenders/{tender_id:uuid}/object", save_objection, methods=["POST"], name="save_objection"
    ),
    Route("/desk/buying/objections", objection_desk, name="objection_desk"),
    Route(_ONE, objection, name="objection"),
    Route(_ONE + "/answer", answer_objection, methods=["POST"], name="answer_objection"),
    Route(_ONE + "/decide", decide_complaint, methods=["POST"], name="decide_complaint"),
    Route(_ONE + "/withdraw", withdraw_objection, methods=["POST"], name="withdraw_objection"),
    Route(_ONE + "/complain", complain, name="complain"),
    Route(_ONE + "/complain", save_complaint, methods=["POST"], name="save_complaint"),
    Route(_ONE + "/suspend", suspend, name="suspend_tender"),
    Route(_ONE + "/suspend", save_suspension, methods=["POST"], name="save_suspension"),
    Route(_ONE + "/lift", lift_suspension, methods=["POST"], name="lift_rest"),
]
