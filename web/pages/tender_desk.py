"""The buyer's desk: what waits, a tender begun and written one thing a page, published, amended, called off."""

from functools import partial
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db.session import Session
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import word
from marketplace.procurement import buyers
from marketplace.procurement.bids.keys import is_ready, must_be_ready
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import (
    amendments,
    documents,
    drafting,
    linting,
    mending,
    queries,
    question_queries,
    tenders,
)
from marketplace.procurement.tenders.drafts import (
    AmendmentDraft,
    CancellationDraft,
    DocumentDraft,
    NewTenderDraft,
)
from marketplace.procurement.tenders.errors import FileIsUnlawful
from marketplace.procurement.tenders.file import CallOffWay, ConditionKind, TenderFile, TieBreak
from marketplace.procurement.tenders.findings import Finding
from marketplace.procurement.tenders.queries import DECIDED, DECIDING, OPEN, WITHOUT_RESULT, TenderDetails
from marketplace.procurement.tenders.states import Stage
from web import tender_form
from web.addresses import has_page, path_of
from web.forms import WITH_FILE, Bounds, Form, blank_form, read_form
from web.redirects import redirect
from web.templating import here, render
from web.tender_changes import told
from web.tender_form import STEPS, Step
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of

_SHOWN = {
    "drafts": (Stage.DRAFT,),
    "open": OPEN,
    "deciding": DECIDING,
    "decided": DECIDED,
    "ended": WITHOUT_RESULT,
}
_LARGE = Bounds(most_bytes=512 * 1024, most_fields=3000)


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


async def new_tender(request: Request) -> Response:
    query = request.query_params
    initial = {
        "list_item_id": query.get("item", ""),
        "replaces_tender_id": query.get("replaces", ""),
        "buyer_id": query.get("buyer", ""),
        "procedure": Procedure.OPEN_TENDER,
    }
    return await _show_new(request, blank_form(request, initial))


async def start_tender(request: Request) -> Response:
    _, form = translator(request), await read_form(request)
    with form.catching():
        names = ("buyer_id", "procedure", "title", "list_item_id", "replaces_tender_id")
        draft = read(NewTenderDraft, form.given(*names))
        async with house_of(request).database.unit_of_work() as session:
            started = await drafting.start(session, viewer_of(request), draft, parse_id(form.key))
        said = _("The draft is there. Write it one page at a time; nobody else sees it yet.")
        return redirect(request, "write_tender", said, tender_id=started, step=STEPS[0].name)
    return await _show_new(request, form)


async def tender_desk(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def write_tender(request: Request) -> Response:
    step = _step(request)
    async with house_of(request).database.reading() as session:
        details, file = await _draft(session, request)
        initial = tender_form.initial(file) | {"draft_version": details.tender.draft_version}
        if step.name == "dates" and details.tender.published_at is None:
            procedure = Procedure(details.tender.procedure)
            enquiries, due = await linting.dates(session, procedure, file)
            initial["enquiries_end_at"] = file.enquiries_end_at or enquiries
            initial["submissions_end_at"] = file.submissions_end_at or due
    return await _show_step(request, blank_form(request, initial), step)


async def save_tender(request: Request) -> Response:
    _, step = translator(request), _step(request)
    form, tender_id = await read_form(request, _LARGE), path_id(request, "tender_id")
    house, viewer = house_of(request), viewer_of(request)
    with form.catching():
        async with house.database.unit_of_work() as session:
            _details, file = await queries.draft(session, viewer, tender_id)
            changed = tender_form.with_step(file, step, form)
            await drafting.save(session, viewer, tender_id, changed, _number(form, "draft_version"))
        after = tender_form.following(step)
        if form.has("next", "stay") or after is None:
            wanted = step.name if form.has("next", "stay") else None
        else:
            wanted = after.name
        if wanted is None:
            return redirect(request, "tender_desk", _("Saved."), tender_id=tender_id)
        return redirect(request, "write_tender", _("Saved."), tender_id=tender_id, step=wanted)
    return await _show_step(request, form, step)


async def mend_tender(request: Request) -> Response:
    _, form, tender_id = translator(request), await read_form(request), path_id(request, "tender_id")
    async with house_of(request).database.unit_of_work() as session:
        await mending.mend(
            session,
            viewer_of(request),
            tender_id,
            form.value("code"),
            form.value("field"),
            _number(form, "draft_version"),
        )
    said = _("That is mended.")
    if form.value("step") in tender_form.BY_NAME:
        return redirect(request, "write_tender", said, tender_id=tender_id, step=form.value("step"))
    return redirect(request, "tender_desk", said, tender_id=tender_id)


async def preview_tender(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        details, file = await _draft(session, request)
        found = await linting.of_draft(session, viewer_of(request), details.tender.id)
        papers = await documents.of_tender(session, details.tender.id, [one.id for one in file.documents])
    context = {"details": details, "file": file, "papers": papers, "findings": _told(request, found)}
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


async def add_tender_document(request: Request) -> Response:
    _, form, tender_id = (
        translator(request),
        await read_form(request, WITH_FILE),
        path_id(request, "tender_id"),
    )
    house = house_of(request)
    with form.catching():
        upload = form.files.get("paper")
        if upload is None:
            raise InputIsInvalid.of("paper", "missing")
        title = form.value("paper_title").strip() or upload.name[:120]
        draft = read(DocumentDraft, {"title": title, "file_name": upload.name[:160]})
        async with house.database.unit_of_work() as session:
            await documents.add(session, viewer_of(request), house.files, tender_id, draft, upload.content)
        return redirect(
            request, "write_tender", _("The paper is there."), tender_id=tender_id, step="documents"
        )
    return await _show_step(request, form, tender_form.BY_NAME["documents"])


async def remove_tender_document(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        tender_id = await documents.remove(
            session, viewer_of(request), path_id(request, "tender_document_id")
        )
    return redirect(
        request, "write_tender", _("The paper is taken out."), tender_id=tender_id, step="documents"
    )


async def _draft(session: Session, request: Request) -> tuple[TenderDetails, TenderFile]:
    """The draft for an officer of its buyer. Raises SignInNeeded, NotFound."""
    viewer = viewer_of(request)
    viewer.signed_in()
    details, file = await queries.draft(session, viewer, path_id(request, "tender_id"))
    if not details.is_managed:
        raise NotFound()
    return details, file


async def _show_new(request: Request, form: Form) -> Response:
    viewer, locale = viewer_of(request), locale_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        own = await buyers.of_viewer(session, viewer)
        replaced = parse_id(form.value("replaces_tender_id"))
        before = (
            (await queries.tenders_by_ids(session, viewer, [replaced])).get(replaced) if replaced else None
        )
    if not own:
        raise NotFound()
    context = {
        "form": form,
        "buyers": [(row.id, row.name) for row in own],
        "procedures": [
            (one.value, word(locale, f"procedure.{one}"), word(locale, f"procedure_hint.{one}"))
            for one in Procedure
        ],
        "before": before,
    }
    return render(request, "tenders/new.html", context, form.status)


async def _show_desk(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        details, _file = await _draft(session, request)
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
        "findings": _told(request, found),
        "questions": asked,
        "key_is_ready": key_is_ready,
        "openers_path": _page(request, "name_openers", details.tender.id),
        "pages": _pages(request, details),
        "is_prepared": is_prepared,
        "may_write": may_write,
        "may_cancel": details.tender.awarded_at is None
        and details.stage not in {Stage.CANCELLED, Stage.UNSUCCESSFUL, Stage.COMPLETE},
        "has_ended": details.stage in {Stage.CANCELLED, Stage.UNSUCCESSFUL} and details.replaced_by is None,
        "refused": isinstance(form.error, FileIsUnlawful),
    }
    return render(request, "tenders/work.html", context, form.status)


async def _show_step(request: Request, form: Form, step: Step) -> Response:
    viewer, locale = viewer_of(request), locale_of(request)
    async with house_of(request).database.reading() as session:
        details, file = await _draft(session, request)
        found = await linting.of_draft(session, viewer, details.tender.id)
        choices = await _choices(session, locale, details)
        papers = await documents.of_tender(session, details.tender.id, [one.id for one in file.documents])
    context = {
        "form": form,
        "details": details,
        "file": file,
        "papers": papers,
        "step": step.name,
        "steps": [(one.name, word(locale, f"tender_step.{one.name}")) for one in STEPS],
        "counts": tender_form.counts(file, form),
        "findings": _told(request, tender_form.of_step(step, found)),
        "choices": choices,
        "draft_version": form.value("draft_version") or details.tender.draft_version,
    }
    return render(request, "tenders/write.html", context, form.status)


async def _show_amendment(request: Request, form: Form) -> Response:
    viewer, locale = viewer_of(request), locale_of(request)
    async with house_of(request).database.reading() as session:
        details, file = await _draft(session, request)
        if details.in_force is None:
            raise NotFound()
        shown = await amendments.preview(session, viewer, details.tender.id)
        found = await linting.of_draft(session, viewer, details.tender.id)
    context = {
        "form": form,
        "details": details,
        "shown": shown,
        "changes": told(shown.changes, locale),
        "findings": _told(request, [one for one in found if one.refuses]),
        "file": file,
    }
    return render(request, "tenders/amend.html", context, form.status)


async def _show_cancellation(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        details, _file = await _draft(session, request)
    return render(request, "tenders/cancel.html", {"form": form, "details": details}, form.status)


async def _choices(session: Session, locale: str, details: TenderDetails) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the form offer."""
    categories = await tags.tags_of(session, TagKind.CATEGORY)
    audiences = await tags.tags_of(session, TagKind.AUDIENCE)
    place = details.row.area
    below = await areas.children(session, place.code)

    def words(prefix: str, values: Any) -> list[tuple[str, str]]:
        return [(one.value, word(locale, f"{prefix}.{one}")) for one in values]

    return {
        "categories": [(tag.code, tags.name_of(tag, locale)) for tag in categories],
        "audiences": [(tag.code, tags.name_of(tag, locale)) for tag in audiences],
        "areas": [(area.code, areas.name_of(area, locale)) for area in (place, *below)],
        "condition_kinds": words("condition_kind", ConditionKind),
        "criterion_kinds": [(one, word(locale, f"criterion_kind.{one}")) for one in ("quality", "price")],
        "tie_breaks": words("tie_break", TieBreak),
        "call_off_ways": words("call_off_way", CallOffWay),
    }


def _told(request: Request, found: list[Finding]) -> list[dict[str, Any]]:
    """Findings as the page shows them, with the page of the form that mends each."""
    locale = locale_of(request)
    say = partial(sentence, locale)
    return [
        {
            "code": one.code,
            "field": one.field,
            "refuses": one.refuses,
            "said": say(f"field.{one.code}", one.facts),
            "fix": say(f"fix.{one.code}", one.facts),
            "article": one.article,
            "can_be_mended": one.change is not None,
            "step": next((step.name for step in STEPS if one.field.partition(".")[0] in step.parts), STEPS[0].name),
        }
        for one in found
    ]  # fmt: skip


def _step(request: Request) -> Step:
    step = tender_form.BY_NAME.get(request.path_params["step"])
    if step is None:
        raise NotFound()
    return step


def _number(form: Form, name: str) -> int:
    text = form.value(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _page(request: Request, name: str, tender_id: UUID) -> str | None:
    return path_of(request, name, tender_id=tender_id) if has_page(request, name) else None


def _desks(request: Request) -> list[tuple[str, str]]:
    """The other desks of those who buy."""
    _ = translator(request)
    wanted = [
        ("desk_service_lists", _("Service lists")),
        ("desk_contracts", _("Contracts")),
        ("experts", _("Experts")),
    ]
    return [(label, path_of(request, name)) for name, label in wanted if has_page(request, name)]


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
        if is_there and has_page(request, name):
            key = "process_id" if name == "process_record" else "tender_id"
            found.append((label, path_of(request, name, **{key: tender.id})))
    return found


_ONE = "/desk/buying/tenders/{tender_id:uuid}"
routes: list[BaseRoute] = [
    Route("/desk/buying", buying_desk, name="buying_desk"),
    Route("/desk/buying/new", new_tender, name="new_tender"),
    Route("/desk/buying/new", start_tender, methods=["POST"], name="start_tender"),
    Route(_ONE, tender_desk, name="tender_desk"),
    Route(_ONE + "/write/{step}", write_tender, name="write_tender"),
    Route(_ONE + "/write/{step}", save_tender, methods=["POST"], name="save_tender"),
    Route(_ONE + "/mend", mend_tender, methods=["POST"], name="mend_tender"),
    Route(_ONE + "/preview", preview_tender, name="preview_tender"),
    Route(_ONE + "/publish", publish_tender, methods=["POST"], name="publish_tender"),
    Route(_ONE + "/amend", amend_form, name="amend_form"),
    Route(_ONE + "/amend", amend_tender, methods=["POST"], name="amend_tender"),
    Route(_ONE + "/reset", reset_draft, methods=["POST"], name="reset_tender_draft"),
    Route(_ONE + "/cancel", cancel_form, name="cancel_form"),
    Route(_ONE + "/cancel", cancel_tender, methods=["POST"], name="cancel_tender"),
    Route(_ONE + "/documents", add_tender_document, methods=["POST"], name="add_tender_document"),
    Route(
        "/desk/buying/papers/{tender_document_id:uuid}/remove",
        remove_tender_document,
        methods=["POST"],
        name="remove_tender_document",
    ),
]
