"""The buyer's desk: what waits, and a tender previewed, published, amended, called off. Writing it is in tender_writing.py."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.kernel.locale import word
from marketplace.procurement import buyers
from marketplace.procurement.bids.keys import is_ready, must_be_ready
from marketplace.procurement.tenders import (
    amendments,
    documents,
    drafting,
    linting,
    queries,
    question_queries,
    tenders,
)
from marketplace.procurement.tenders.drafts import (
    AmendmentDraft,
    CancellationDraft,
)
from marketplace.procurement.tenders.errors import FileIsUnlawful
from marketplace.procurement.tenders.queries import DECIDED, DECIDING, OPEN, WITHOUT_RESULT, TenderDetails
from marketplace.procurement.tenders.states import Stage
from web import tender_form
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import here, render
from web.tender_changes import told
from web.tender_drafts import draft_of, findings_told
from web.tender_form import STEPS
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of

_SHOWN = {
    "drafts": (Stage.DRAFT,),
    "open": OPEN,
    "deciding": DECIDING,
    "decided": DECIDED,
    "ended": WITHOUT_RESULT,
}


async def buying_desk(request: Request) -> Response:
    viewer = viewer_of(request)
    shown = request.query_params.get("show", "")
    async with house_of(request).database.reading() as session:
        page = await queries.desk(session, viewer, page_request(request), _SHOWN.get(shown, ()))
        own = await buyers.of_viewer(session, viewer)
    locale = locale_of(request)
    places = [
        (word(locale, f"tenders_shown.{name}"), here(request, show=name, after=None), name == shown)
        for name in _SHOWN
    ]
    context = {
        "page": page,
        "buyers": own,
        "shown": places,
        "desks": _desks(request),
        "is_narrowed": shown in _SHOWN,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "tenders/desk.html", context)


async def tender_desk(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def preview_tender(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        details, file = await draft_of(session, request)
        found = await linting.of_draft(session, viewer_of(request), details.tender.id)
        papers = await documents.of_tender(session, details.tender.id, [one.id for one in file.documents])
    context = {"details": details, "file": file, "papers": papers, "findings": findings_told(request, found)}
    return render(request, "tenders/preview.html", context)


async def publish_tender(request: Request) -> Response:
    _, form, tender_id = translator(request), await read_form(request), path_id(request, "tender_id")
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await tenders.publish(session, viewer_of(request), tender_id, must_be_ready=must_be_ready)
        said = _("The tender is public. Organisations in its field and area are told.")
        return redirect(request, "tender", said, tender_id=tender_id)
    return await _show_desk(request, form)


async def amend_form(request: Request) -> Response:
    return await _show_amendment(request, blank_form(request, {"affects_bids": "yes"}))


async def amend_tender(request: Request) -> Response:
    _, form, tender_id = translator(request), await read_form(request), path_id(request, "tender_id")
    with form.catching():
        draft = read(
            AmendmentDraft, form.given("reason") | {"affects_bids": not form.has("affects_bids", "no")}
        )
        async with house_of(request).database.unit_of_work() as session:
            await amendments.amend(session, viewer_of(request), tender_id, draft)
        return redirect(
            request, "tender", _("The new version is public, and followers are told."), tender_id=tender_id
        )
    return await _show_amendment(request, form)


async def reset_draft(request: Request) -> Response:
    _, tender_id = translator(request), path_id(request, "tender_id")
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await drafting.reset(session, viewer_of(request), tender_id)
    return redirect(request, "tender_desk", _("The draft is the file in force again."), tender_id=tender_id)


async def cancel_form(request: Request) -> Response:
    return await _show_cancellation(request, blank_form(request))


async def cancel_tender(request: Request) -> Response:
    _, form, tender_id = translator(request), await read_form(request), path_id(request, "tender_id")
    with form.catching():
        draft = read(CancellationDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await tenders.cancel(session, viewer_of(request), tender_id, draft)
        return redirect(request, "tender_desk", _("The tender is called off."), tender_id=tender_id)
    return await _show_cancellation(request, form)


async def _show_desk(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        details, _file = await draft_of(session, request)
        found = await linting.of_draft(session, viewer, details.tender.id)
        asked = await question_queries.of_tender(session, viewer, details.tender.id)
        key_is_ready = await is_ready(session, details.tender.id)
    is_prepared = details.in_force is not None and details.in_force.content != details.tender.draft
    may_write = details.stage in {Stage.DRAFT, Stage.ENQUIRY, Stage.SUBMISSION}
    context = {
        "form": form,
        "details": details,
        "tender": details.tender,
        "steps": [
            (step.name, sum(one.refuses for one in tender_form.of_step(step, found))) for step in STEPS
        ],
        "findings": findings_told(request, found),
        "questions": asked,
        "key_is_ready": key_is_ready,
        "openers_path": path_of(request, "name_openers", tender_id=details.tender.id),
        "pages": _pages(request, details),
        "is_prepared": is_prepared,
        "may_write": may_write,
        "may_cancel": details.tender.awarded_at is None
        and details.stage not in {Stage.CANCELLED, Stage.UNSUCCESSFUL, Stage.COMPLETE},
        "has_ended": details.stage in {Stage.CANCELLED, Stage.UNSUCCESSFUL} and details.replaced_by is None,
        "refused": isinstance(form.error, FileIsUnlawful),
    }
    return render(request, "tenders/work.html", context, form.status)


async def _show_amendment(request: Request, form: Form) -> Response:
    viewer, locale = viewer_of(request), locale_of(request)
    async with house_of(request).database.reading() as session:
        details, file = await draft_of(session, request)
        if details.in_force is None:
            raise NotFound()
        shown = await amendments.preview(session, viewer, details.tender.id)
        found = await linting.of_draft(session, viewer, details.tender.id)
    context = {
        "form": form,
        "details": details,
        "shown": shown,
        "changes": told(shown.changes, locale),
        "findings": findings_told(request, [one for one in found if one.refuses]),
        "file": file,
    }
    return render(request, "tenders/amend.html", context, form.status)


async def _show_cancellation(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        details, _file = await draft_of(session, request)
    return render(request, "tenders/cancel.html", {"form": form, "details": details}, form.status)


def _desks(request: Request) -> list[tuple[str, str]]:
    """The other desks of those who buy."""
    _ = translator(request)
    wanted = [
        ("desk_service_lists", _("Service lists")),
        ("desk_contracts", _("Contracts")),
        ("objection_desk", _("Objections")),
    ]
    return [(label, path_of(request, name)) for name, label in wanted]


def _pages(request: Request, details: TenderDetails) -> list[tuple[str, str]]:
    """The pages of the other rooms where this tender goes on."""
    _, tender = translator(request), details.tender
    wanted = [
        ("opening", _("Opening"), tender.submissions_end_at is not None and details.stage not in {Stage.DRAFT}),
        ("evaluation_desk", _("Evaluation"), tender.opened_at is not None),
        ("award_desk", _("Award"), tender.evaluated_at is not None),
        ("process_record", _("Record of all acts"), True),
    ]  # fmt: skip
    found = []
    for name, label, is_there in wanted:
        if is_there:
            key = "process_id" if name == "process_record" else "tender_id"
            found.append((label, path_of(request, name, **{key: tender.id})))
    return found


_ONE = "/desk/buying/tenders/{tender_id:uuid}"
routes: list[BaseRoute] = [
    Route("/desk/buying", buying_desk, name="buying_desk"),
    Route(_ONE, tender_desk, name="tender_desk"),
    Route(_ONE + "/preview", preview_tender, name="preview_tender"),
    Route(_ONE + "/publish", publish_tender, methods=["POST"], name="publish_tender"),
    Route(_ONE + "/amend", amend_form, name="amend_form"),
    Route(_ONE + "/amend", amend_tender, methods=["POST"], name="amend_tender"),
    Route(_ONE + "/reset", reset_draft, methods=["POST"], name="reset_tender_draft"),
    Route(_ONE + "/cancel", cancel_form, name="cancel_form"),
    Route(_ONE + "/cancel", cancel_tender, methods=["POST"], name="cancel_tender"),
]
