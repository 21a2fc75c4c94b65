"""One delivery, as each side sees it: moved, cancelled, recorded and shown by those who bring it, confirmed, disputed and accepted by others."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.db.session import Session
from marketplace.delivery.deliveries import (
    accepting,
    confirming,
    deliveries,
    details,
    evidence,
    queries,
    recipients,
)
from marketplace.delivery.deliveries.drafts import (
    CancelDraft,
    DecisionDraft,
    DisputeDraft,
    EvidenceDraft,
    EvidenceKind,
    MoveDraft,
    RecipientDraft,
    RecordDraft,
    SeatsDraft,
)
from marketplace.delivery.deliveries.queries import DeliveryRow
from marketplace.delivery.deliveries.states import DeliveryState
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.input import read
from web.forms import WITH_FILE, Form, blank_form, read_form
from web.many_forms import form_at, renamed
from web.redirects import redirect
from web.routing import both
from web.templating import render
from web.visit import house_of, now_of, path_id, translator, viewer_of

Command = Callable[[Session, Viewer, UUID], Awaitable[object]]
May = Callable[[DeliveryRow], bool]


async def delivery(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def confirm_delivery(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await confirming.confirm(session, viewer_of(request), delivery_id)
        return redirect(request, "delivery", _("Thank you. It is confirmed."), delivery_id=delivery_id)
    return await _show(request, form)


async def record_delivery(request: Request) -> Response:
    return await _show_act(request, "deliveries/record.html", blank_form(request), lambda row: row.may_record)


async def save_record(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    with form.catching():
        actuals = {
            name.removeprefix("actuals."): form.value(name)
            for name in form.values
            if name.startswith("actuals.") and form.value(name).strip()
        }
        draft = read(RecordDraft, {**form.given("minutes", "note"), "actuals": actuals})
        async with house_of(request).database.unit_of_work() as session:
            before = await queries.delivery(session, viewer_of(request), delivery_id)
            await deliveries.record(session, viewer_of(request), delivery_id, draft)
        said = _("Recorded. Those who received it are asked whether it was so.")
        if before.state is DeliveryState.SENT_BACK:
            said = _("Recorded anew. It waits for its acceptance again.")
        return redirect(request, "delivery", said, delivery_id=delivery_id)
    return await _show_act(request, "deliveries/record.html", form, lambda row: row.may_record)


async def move_delivery(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        row = await queries.delivery(session, viewer_of(request), path_id(request, "delivery_id"))
    initial = {"starts_at": row.starts_at, "ends_at": row.ends_at, "place": row.place}
    return await _show_act(
        request, "deliveries/move.html", blank_form(request, initial), lambda row: row.may_plan
    )


async def save_move(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    with form.catching():
        draft = read(MoveDraft, form.moments("starts_at", "ends_at") | form.given("place"))
        async with house_of(request).database.unit_of_work() as session:
            await deliveries.move(session, viewer_of(request), delivery_id, draft)
        said = _("Moved. Those who receive it are told.")
        return redirect(request, "delivery", said, delivery_id=delivery_id)
    return await _show_act(request, "deliveries/move.html", form, lambda row: row.may_plan)


async def cancel_delivery(request: Request) -> Response:
    return await _show_act(request, "deliveries/cancel.html", blank_form(request), lambda row: row.may_plan)


async def save_cancel(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    with form.catching():
        draft = read(CancelDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await deliveries.cancel(session, viewer_of(request), delivery_id, draft)
        said = _("Cancelled. Those who would have received it are told.")
        return redirect(request, "delivery", said, delivery_id=delivery_id)
    return await _show_act(request, "deliveries/cancel.html", form, lambda row: row.may_plan)


async def dispute_delivery(request: Request) -> Response:
    return await _show_act(request, "deliveries/dispute.html", blank_form(request), lambda row: row.may_speak)


async def save_dispute(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    with form.catching():
        draft = read(DisputeDraft, form.given("text"))
        async with house_of(request).database.unit_of_work() as session:
            await confirming.dispute(session, viewer_of(request), delivery_id, draft)
        said = _("Thank you. The provider and those who accept the service are told.")
        return redirect(request, "delivery", said, delivery_id=delivery_id)
    return await _show_act(request, "deliveries/dispute.html", form, lambda row: row.may_speak)


async def decide_delivery(request: Request) -> Response:
    return await _show_act(request, "deliveries/decide.html", blank_form(request), lambda row: row.may_decide)


async def save_delivery_decision(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    with form.catching():
        draft = read(DecisionDraft, form.given("is_accepted", "reason"))
        async with house_of(request).database.unit_of_work() as session:
            await accepting.decide(session, viewer_of(request), delivery_id, draft)
        said = _("The service is accepted.") if draft.is_accepted else _("The service is sent back.")
        return redirect(request, "delivery", said, delivery_id=delivery_id)
    return await _show_act(request, "deliveries/decide.html", form, lambda row: row.may_decide)


async def add_delivery_recipient(request: Request) -> Response:
    """Somebody by phone, or so many unnamed seats: whichever of the two forms was sent."""
    _ = translator(request)
    form, delivery_id = await read_form(request), path_id(request, "delivery_id")
    house, viewer = house_of(request), viewer_of(request)
    with form.catching():
        if "seats" in form.values:
            seats = read(SeatsDraft, form.given("seats"))
            async with house.database.unit_of_work() as session:
                await recipients.add_seats(session, viewer, delivery_id, seats)
        else:
            draft = read(RecipientDraft, form.given("phone", "name"))
            async with house.database.unit_of_work() as session:
                await recipients.add(session, viewer, house.vault, delivery_id, draft)
        return redirect(request, "delivery", _("Added to the list."), delivery_id=delivery_id)
    return await _show(request, form)


async def remove_delivery_recipient(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        delivery_id = await recipients.remove(session, viewer_of(request), path_id(request, "recipient_id"))
    return redirect(request, "delivery", _("Taken off the list."), delivery_id=delivery_id)


async def add_delivery_evidence(request: Request) -> Response:
    _ = translator(request)
    form, delivery_id = await read_form(request, WITH_FILE), path_id(request, "delivery_id")
    house = house_of(request)
    with form.catching(), renamed({"file_name": "file"}):
        upload = form.files.get("file")
        fields = form.given("kind", "text")
        if upload is not None:
            fields["file_name"] = upload.name[:160]
        draft = read(EvidenceDraft, fields)
        content = None if upload is None else upload.content
        async with house.database.unit_of_work() as session:
            await evidence.add(session, viewer_of(request), house.files, delivery_id, draft, content)
        return redirect(request, "delivery", _("It is on record."), delivery_id=delivery_id)
    return await _show(request, form)


async def remove_delivery_evidence(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        delivery_id = await evidence.remove(session, viewer_of(request), path_id(request, "evidence_id"))
    return redirect(request, "delivery", _("It is taken back."), delivery_id=delivery_id)


async def delivery_evidence(request: Request) -> Response:
    """The bytes, never run by the browser: as an attachment of the type that they prove."""
    house = house_of(request)
    async with house.database.reading() as session:
        paper = await evidence.read(session, viewer_of(request), house.files, path_id(request, "evidence_id"))
    ending = paper.content_type.rpartition("/")[2]
    headers = {
        "Content-Disposition": f'attachment; filename="evidence.{ending}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(paper.content, media_type=paper.content_type, headers=headers)


async def _show(request: Request, form: Form) -> Response:
    house, viewer, delivery_id = house_of(request), viewer_of(request), path_id(request, "delivery_id")
    async with house.database.reading() as session:
        row = await queries.delivery(session, viewer, delivery_id)
        promised = await details.commitments_of(session, viewer, [delivery_id])
        shown = await details.evidence_of(session, viewer, [delivery_id])
        came = await details.check_ins_of(session, viewer, [delivery_id]) if row.shift_id else {}
        named = (
            await details.recipients_of(session, viewer, house.vault, delivery_id) if row.may_record else []
        )
    context: dict[str, Any] = {
        "row": row,
        "commitments": promised.get(delivery_id, []),
        "evidence": shown.get(delivery_id, []),
        "check_ins": came.get(delivery_id),
        "recipients": [one for one in named if one.name or one.phone],
        "seats": sum(1 for one in named if not one.name and not one.phone),
        "kinds": [EvidenceKind.PHOTO, EvidenceKind.SIGNED_NOTE, EvidenceKind.REMARK],
        "form": form,
        "form_at": form_at(request, form),
        "now": now_of(request),
    }
    return render(request, "deliveries/delivery.html", context, form.status)


async def _show_act(request: Request, template: str, form: Form, may: May) -> Response:
    """A page for one act; who may not do it is told so before anything is filled in."""
    viewer, delivery_id = viewer_of(request), path_id(request, "delivery_id")
    async with house_of(request).database.reading() as session:
        row = await queries.delivery(session, viewer, delivery_id)
        if not may(row) and not form.is_refused:
            raise NotPermitted()
        promised = await details.commitments_of(session, viewer, [delivery_id])
    context = {"row": row, "commitments": promised.get(delivery_id, []), "form": form, "now": now_of(request)}
    return render(request, template, context, form.status)


_ONE = "/deliveries/{delivery_id:uuid}"
_PIECE = "/deliveries/evidence/{evidence_id:uuid}"

routes: list[BaseRoute] = [
    Route(_ONE, delivery, name="delivery"),
    Route(f"{_ONE}/confirm", confirm_delivery, methods=["POST"], name="confirm_delivery"),
    *both(f"{_ONE}/record", record_delivery, save_record, "record_delivery", "save_record"),
    *both(f"{_ONE}/move", move_delivery, save_move, "move_delivery", "save_move"),
    *both(f"{_ONE}/cancel", cancel_delivery, save_cancel, "cancel_delivery", "save_cancel"),
    *both(f"{_ONE}/dispute", dispute_delivery, save_dispute, "dispute_delivery", "save_dispute"),
    *both(
        f"{_ONE}/decision",
        decide_delivery,
        save_delivery_decision,
        "decide_delivery",
        "save_delivery_decision",
    ),
    Route(f"{_ONE}/recipients", add_delivery_recipient, methods=["POST"], name="add_delivery_recipient"),
    Route(
        "/deliveries/recipients/{recipient_id:uuid}/remove",
        remove_delivery_recipient,
        methods=["POST"],
        name="remove_delivery_recipient",
    ),
    Route(f"{_ONE}/evidence", add_delivery_evidence, methods=["POST"], name="add_delivery_evidence"),
    Route(_PIECE, delivery_evidence, name="delivery_evidence"),
    Route(f"{_PIECE}/remove", remove_delivery_evidence, methods=["POST"], name="remove_delivery_evidence"),
]
