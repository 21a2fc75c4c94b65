"""Results for everybody: who is awarded what and why, the ranking to redo, and how it would change with another weight of the price."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.procurement.awards import (
    award_queries,
    awards,
    objection_queries,
    sensitivity,
)
from marketplace.procurement.awards.award_rows import LotResult, Results
from marketplace.procurement.awards.drafts import ReasonDraft
from marketplace.procurement.evaluation.report import Report
from marketplace.procurement.tenders.file import CriterionKind
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

_FULL = 100


async def results(request: Request) -> Response:
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        found = await award_queries.results(session, viewer, tender_id)
        own = [] if viewer.is_stranger else await award_queries.own(session, viewer, tender_id)
        windows = [] if viewer.is_stranger else await objection_queries.windows(session, viewer, tender_id)
        objections = await objection_queries.of_tender(session, viewer, tender_id)
    context: dict[str, Any] = {
        "found": found,
        "own": own,
        "may_object": bool(windows),
        "objections": len(objections),
        "lots": [_shown(request, found, lot) for lot in found.lots if lot.is_public],
        "waiting": [lot for lot in found.lots if not lot.is_public],
    }
    return render(request, "results/results.html", context)


async def ranking_report(request: Request) -> Response:
    """The published report of a lot, for ``marketplace verify ranking``; its hash is over its canonical form (RFC 8785)."""
    lot_id = path_id(request, "lot_id")
    async with house_of(request).database.reading() as session:
        found = await award_queries.results(session, viewer_of(request), path_id(request, "tender_id"))
    lot = next((one for one in found.lots if one.id == lot_id), None)
    if lot is None or lot.report is None:
        raise NotFound()
    return _file(f"ranking-{lot_id}.json", lot.report.plain())


async def award_notices(request: Request) -> Response:
    """Every notice of the process as it was published."""
    tender_id = path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        found = await award_queries.results(session, viewer_of(request), tender_id)
    content = [{"content": dict(one.content), "content_hash": one.content_hash} for one in found.notices]
    return _file(f"award-notices-{tender_id}.json", content)


async def decline_award(request: Request) -> Response:
    return await _show_declining(request, blank_form(request))


async def save_declined_award(request: Request) -> Response:
    _ = translator(request)
    form, award_id = await read_form(request), path_id(request, "award_id")
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await awards.decline(session, viewer_of(request), award_id, draft)
            row = (await award_queries.awards_by_ids(session, viewer_of(request), [award_id]))[award_id]
        return redirect(request, "results", _("The award is given back."), tender_id=row.tender_id)
    return await _show_declining(request, form)


async def _show_declining(request: Request, form: Form) -> Response:
    viewer, award_id = viewer_of(request), path_id(request, "award_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = (await award_queries.awards_by_ids(session, viewer, [award_id])).get(award_id)
    if row is None or not row.is_mine or row.published_at is None:
        raise NotFound()
    return render(request, "results/decline.html", {"row": row, "form": form}, form.status)


def _shown(request: Request, found: Results, lot: LotResult) -> dict[str, Any]:
    """A lot with its table, its plot and its answer to another weight."""
    report = lot.report
    if report is None:
        return {"lot": lot, "report": None}
    was = sensitivity.price_weight(report)
    percent = _percent(request, found, was)
    return {
        "lot": lot,
        "report": report,
        "bars": [_bar(report, place) for place in report.ranking],
        "excluded": [one for one in report.bids if one.excluded_for is not None],
        "weight": was,
        "percent": percent,
        "shifted": sensitivity.shifted(report, percent) if percent is not None else [],
        "stretches": sensitivity.stretches(report, found.least_weight, found.most_weight),
    }


def _percent(request: Request, found: Results, was: int | None) -> int | None:
    """The weight that is asked for, within the law; the file's own where none is."""
    if was is None:
        return None
    given = request.query_params.get("price_weight", "")
    if not (given.isascii() and given.isdigit() and len(given) <= 3):
        return was
    return min(max(int(given), found.least_weight), found.most_weight)


def _bar(report: Report, place: Any) -> dict[str, Any]:
    """A bid's total as parts that lie one after the other: score × weight of each criterion, in points of the total."""
    whole = sum(one.weight for one in report.criteria) or _FULL
    parts, left = [], 0.0
    for number, criterion in enumerate(report.criteria):
        points = float(place.scores[criterion.key]) * criterion.weight / whole
        kind = "price" if criterion.kind is CriterionKind.PRICE else f"part-{number % 4}"
        parts.append({"name": criterion.name, "left": left, "width": points, "kind": kind})
        left += points
    return {"place": place, "bid": report.bid(place.bid), "parts": parts}


def _file(name: str, content: object) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return Response(body, headers=headers, media_type="application/json")


routes: list[BaseRoute] = [
    Route("/buying/tenders/{tender_id:uuid}/results", results, name="results"),
    Route("/buying/tenders/{tender_id:uuid}/results/notices.json", award_notices, name="award_notices"),
    Route(
        "/buying/tenders/{tender_id:uuid}/results/{lot_id:uuid}.json", ranking_report, name="ranking_report"
    ),
    Route("/supplier/awards/{award_id:uuid}/decline", decline_award, name="decline_award"),
    Route(
        "/supplier/awards/{award_id:uuid}/decline",
        save_declined_award,
        methods=["POST"],
        name="save_declined_award",
    ),
]
