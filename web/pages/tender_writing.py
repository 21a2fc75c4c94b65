"""A tender is begun and written, one part of its file a page, with what the linter says beside each."""

from typing import Any

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
from marketplace.kernel.locale import word
from marketplace.procurement import buyers
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import (
    documents,
    drafting,
    linting,
    mending,
    queries,
)
from marketplace.procurement.tenders.drafts import (
    DocumentDraft,
    NewTenderDraft,
)
from marketplace.procurement.tenders.file import CallOffWay, ConditionKind, TieBreak
from marketplace.procurement.tenders.queries import TenderDetails
from web import tender_form
from web.forms import WITH_FILE, Bounds, Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.tender_drafts import draft_of, findings_told
from web.tender_form import STEPS, Step
from web.visit import house_of, locale_of, path_id, translator, viewer_of

_LARGE = Bounds(most_bytes=512 * 1024, most_fields=3000)


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


async def write_tender(request: Request) -> Response:
    step = _step(request)
    async with house_of(request).database.reading() as session:
        details, file = await draft_of(session, request)
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


async def _show_step(request: Request, form: Form, step: Step) -> Response:
    viewer, locale = viewer_of(request), locale_of(request)
    async with house_of(request).database.reading() as session:
        details, file = await draft_of(session, request)
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
        "findings": findings_told(request, tender_form.of_step(step, found)),
        "choices": choices,
        "draft_version": form.value("draft_version") or details.tender.draft_version,
    }
    return render(request, "tenders/write.html", context, form.status)


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


def _step(request: Request) -> Step:
    step = tender_form.BY_NAME.get(request.path_params["step"])
    if step is None:
        raise NotFound()
    return step


def _number(form: Form, name: str) -> int:
    text = form.value(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


_ONE = "/desk/buying/tenders/{tender_id:uuid}"
routes: list[BaseRoute] = [
    Route("/desk/buying/new", new_tender, name="new_tender"),
    Route("/desk/buying/new", start_tender, methods=["POST"], name="start_tender"),
    Route(_ONE + "/write/{step}", write_tender, name="write_tender"),
    Route(_ONE + "/write/{step}", save_tender, methods=["POST"], name="save_tender"),
    Route(_ONE + "/mend", mend_tender, methods=["POST"], name="mend_tender"),
    Route(_ONE + "/documents", add_tender_document, methods=["POST"], name="add_tender_document"),
    Route(
        "/desk/buying/papers/{tender_document_id:uuid}/remove",
        remove_tender_document,
        methods=["POST"],
        name="remove_tender_document",
    ),
]
