"""Tenders for everybody: the list, one in plain words with its versions and questions, its file as it was hashed; asked about and followed."""

from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import Tag, TagKind
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel import local_forms
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.kernel.locale import word
from marketplace.organisations import queries as organisations
from marketplace.organisations.models import Organisation
from marketplace.procurement.policy import supplies_for
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import documents, follows, queries, question_queries, questions
from marketplace.procurement.tenders.differences import between
from marketplace.procurement.tenders.drafts import QuestionDraft
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.queries import (
    DECIDED,
    DECIDING,
    OPEN,
    WITHOUT_RESULT,
    TenderDetails,
    TenderFilters,
)
from marketplace.procurement.tenders.states import Stage
from web import area_picker
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import here, render
from web.tender_changes import told
from web.visit import house_of, locale_of, page_request, path_id, today_of, translator, viewer_of

SHOWN = {"open": OPEN, "deciding": DECIDING, "decided": DECIDED, "ended": WITHOUT_RESULT}
"""What ``?show=`` may ask for. Its words are keyed ``tenders_shown.<name>``."""


async def list_tenders(request: Request) -> Response:
    query = request.query_params
    shown, procedure = query.get("show", ""), query.get("procedure", "")
    filters = TenderFilters(
        stages=SHOWN.get(shown, ()),
        text=query.get("q") or None,
        category=query.get("category") or None,
        area_code=_code(query.get("area")),
        procedure=Procedure(procedure) if procedure in set(Procedure) else None,
    )
    async with house_of(request).database.reading() as session:
        page = await queries.page(session, viewer_of(request), filters, page_request(request))
        districts = await area_picker.districts(session, locale_of(request))
        categories = await tags.tags_of(session, TagKind.CATEGORY)
    context = {
        "page": page,
        "groups": _groups(request, districts, [tag for tag in categories if tag.parent_code is None]),
        "q": query.get("q", ""),
        "kept": {name: query[name] for name in ("show", "procedure", "category", "area") if query.get(name)},
        "is_first": "after" not in query,
        "is_narrowed": any(query.get(name) for name in ("q", "show", "procedure", "category", "area")),
    }
    return render(request, "tenders/list.html", context)


async def tender(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def ask_question(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    with form.catching():
        draft = read(QuestionDraft, {**form.given("organisation_id", "text"), "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await questions.ask(session, viewer_of(request), tender_id, draft)
        said = _("Your question is with the buyer. The answer is published for everybody, without your name.")
        return redirect(request, "tender", said, tender_id=tender_id)
    return await _show(request, form)


async def follow_tender(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    organisation_id = _organisation_id(form)
    command = follows.unfollow if form.has("stop") else follows.follow
    async with house_of(request).database.unit_of_work() as session:
        await command(session, viewer_of(request), tender_id, organisation_id)
    said = (
        _("You will not hear of this tender any more.")
        if form.has("stop")
        else _("We tell your managers of every change, answer and result. Nobody sees that you follow.")
    )
    return redirect(request, "tender", said, tender_id=tender_id)


async def tender_versions(request: Request) -> Response:
    """Every version with what it changed."""
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        row = await queries.row(session, viewer, tender_id)
        versions = (await queries.versions_of(session, viewer, [tender_id])).get(tender_id, [])
    if not versions:
        raise NotFound()
    files = [read_file(version.content) for version in versions]
    locale = locale_of(request)
    changes = [
        [],
        *(told(between(before, after), locale) for before, after in pairwise(files)),
    ]
    shown = list(zip(versions, changes, strict=True))
    return render(request, "tenders/versions.html", {"row": row, "versions": shown[::-1]})


async def tender_file(request: Request) -> Response:
    """The file as it was hashed: SHA-256 over its canonical JSON is the hash that the page tells."""
    number = request.query_params.get("version", "")
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else None
    async with house_of(request).database.reading() as session:
        version = await queries.version(session, viewer_of(request), path_id(request, "tender_id"), wanted)
    body = orjson.dumps(version.content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    name = f"tender-{version.tender_id}-{version.number}.json"
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "X-Content-SHA256": version.content_hash,
    }
    return Response(body, headers=headers, media_type="application/json")


async def tender_document(request: Request) -> Response:
    house = house_of(request)
    async with house.database.reading() as session:
        shown = await documents.read(
            session, viewer_of(request), house.files, path_id(request, "tender_document_id")
        )
    ending = shown.content_type.rpartition("/")[2]
    headers = {
        "Content-Disposition": f'attachment; filename="paper.{ending}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(shown.content, media_type=shown.content_type, headers=headers)


async def _show(request: Request, form: Form) -> Response:
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        details = await queries.tender(session, viewer, tender_id)
        asked = await question_queries.of_tender(session, viewer, tender_id)
        mine = await own_organisations(session, viewer)
        followed = (await follows.own(session, viewer, [tender_id])).get(tender_id, [])
        audience = await _audience(session, details.file)
        papers = await documents.of_tender(session, tender_id, [one.id for one in details.file.documents])
    context = {
        "form": form,
        "details": details,
        "file": details.file,
        "tender": details.tender,
        "audience": audience,
        "questions": asked,
        "mine": mine,
        "followed": followed,
        "papers": papers,
        "may_ask": details.stage is Stage.ENQUIRY and mine and not details.is_managed,
        "steps": steps_of(request, details),
        "links": _links(request, details),
        "lots_by_id": {row.id: row for row in details.lots},
        "organisation_choices": [(one.id, one.name) for one in mine],
        "may_bid": [] if details.is_managed else _bid_paths(request, details, mine),
    }
    return render(request, "tenders/tender.html", context, form.status)


def steps_of(request: Request, details: TenderDetails) -> list[dict[str, Any]]:
    """The tender's way with its dates: what is done, and what is still to come."""
    _ = translator(request)
    tender, now = details.tender, house_of(request).clock.now()
    ended = tender.cancelled_at or tender.unsuccessful_at
    moments = [
        (_("Published"), tender.published_at),
        (_("Questions end"), tender.enquiries_end_at or details.file.enquiries_end_at),
        (_("Bids are due"), tender.submissions_end_at or details.file.submissions_end_at),
        (_("Bids opened"), tender.opened_at),
        (_("Bids evaluated"), tender.evaluated_at),
        (_("Awarded"), tender.awarded_at),
        (_("Contracts fulfilled"), tender.completed_at),
    ]
    steps = [
        _step(request, title, at, is_done=at is not None and at <= now and tender.published_at is not None)
        for title, at in moments
    ]
    if ended is not None:
        title = _("Called off") if tender.cancelled_at else _("Ended without a result")
        return [*(step for step in steps if step["done"]), _step(request, title, ended, is_done=True)]
    return steps


def _step(request: Request, title: str, at: datetime | None, *, is_done: bool) -> dict[str, Any]:
    when = local_forms.moment(locale_of(request), at, today_of(request)) if at else None
    return {"title": title, "when": when, "done": is_done}


def _links(request: Request, details: TenderDetails) -> list[tuple[str, str]]:
    """What else there is about the tender, where it has come so far."""
    _, tender = translator(request), details.tender
    wanted = [
        ("opening", _("Opening"), tender.opened_at),
        ("results", _("Results"), tender.awarded_at),
        ("tender_contracts", _("Contracts"), tender.awarded_at),
        ("tender_objections", _("Objections"), tender.published_at),
    ]
    found = [
        (label, path_of(request, name, tender_id=tender.id))
        for name, label, moment in wanted
        if moment is not None
    ]
    if tender.published_at is not None:
        found.append((_("Record of all acts"), path_of(request, "process_record", process_id=tender.id)))
    return found


def _bid_paths(request: Request, details: TenderDetails, mine: list[Organisation]) -> list[tuple[str, str]]:
    """Where each of the viewer's organisations writes its bid, while bids are taken."""
    if details.stage not in OPEN:
        return []
    return [
        (one.name, path_of(request, "bid_desk", organisation_id=one.id, tender_id=details.tender.id))
        for one in mine
    ]


async def own_organisations(session: Session, viewer: Viewer) -> list[Organisation]:
    """Those for which the viewer acts as a supplier, by name."""
    ids = supplies_for(viewer)
    found = await organisations.by_ids(session, viewer, ids) if ids else {}
    return sorted(found.values(), key=lambda one: one.name)


async def _audience(session: Session, file: TenderFile) -> Tag | None:
    if file.audience_code is None:
        return None
    return (await tags.by_codes(session, [file.audience_code])).get(file.audience_code)


def _organisation_id(form: Form) -> UUID:
    found = parse_id(form.value("organisation_id"))
    if found is None:
        raise NotFound()
    return found


def _code(text: str | None) -> str | None:
    return text if text and len(text) == 12 and text.isascii() and text.isdigit() else None


def _groups(
    request: Request, districts: list[tuple[str, str]], categories: list[Tag]
) -> list[dict[str, Any]]:
    _, query, locale = translator(request), request.query_params, locale_of(request)

    def links(name: str, options: list[tuple[str, str]]) -> list[tuple[str, str, bool]]:
        chosen = query.get(name)
        return [
            (
                label,
                here(request, **{name: None if chosen == value else value, "after": None}),
                chosen == value,
            )
            for value, label in options
        ]

    return [
        {
            "title": _("Stage"),
            "links": links("show", [(name, word(locale, f"tenders_shown.{name}")) for name in SHOWN]),
        },
        {
            "title": _("Kind of service"),
            "links": links("category", [(tag.code, tags.name_of(tag, locale)) for tag in categories]),
        },
        {"title": _("District"), "links": links("area", districts)},
        {
            "title": _("Procedure"),
            "links": links("procedure", [(one.value, word(locale, f"procedure.{one}")) for one in Procedure]),
        },
    ]


_ONE = "/buying/tenders/{tender_id:uuid}"
routes: list[BaseRoute] = [
    Route("/buying/tenders", list_tenders, name="tenders"),
    Route(_ONE, tender, name="tender"),
    Route(_ONE + "/questions", ask_question, methods=["POST"], name="ask_question"),
    Route(_ONE + "/follow", follow_tender, methods=["POST"], name="follow_tender"),
    Route(_ONE + "/versions", tender_versions, name="tender_versions"),
    Route(_ONE + "/file.json", tender_file, name="tender_file"),
    Route("/buying/papers/{tender_document_id:uuid}", tender_document, name="tender_document"),
]
