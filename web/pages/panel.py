"""Members of panels: declare, read bids, vote on low prices, and fill in a sheet for each lot, alone."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.input import read
from marketplace.procurement.evaluation import declarations, low_prices, reading, sheets
from marketplace.procurement.evaluation.drafts import (
    ConflictKind,
    DeclarationDraft,
    PriceVoteDraft,
    SheetDraft,
)
from marketplace.procurement.evaluation.reading import MemberDesk
from marketplace.procurement.evaluation.sheets import SheetRow
from marketplace.procurement.tenders.states import stage
from web.forms import Bounds, Form, blank_form, read_form
from web.many_forms import form_at, renamed
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, now_of, path_id, translator, viewer_of

WHOLE_SHEET = Bounds(most_bytes=4 * 1024 * 1024, most_fields=6000)
"""A sheet has two fields for each bid and criterion."""


async def my_panels(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await reading.my_panels(session, viewer_of(request))
    stages = {row.tender.id: stage(row.tender, now_of(request)) for row in rows}
    return render(request, "panel/mine.html", {"rows": rows, "stages": stages})


async def panel_desk(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def declare_ties(request: Request) -> Response:
    """One row a bidder: a kind of tie, or none, and until when."""
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    with form.catching():
        desk = await _desk(request)
        bidders = [
            organisation_id
            for organisation_id, _name in desk.bidders
            if form.value(f"kind-{organisation_id}")
        ]
        conflicts = [
            {
                "organisation_id": one,
                "kind": form.value(f"kind-{one}"),
                "until": form.value(f"until-{one}"),
            }
            for one in bidders
        ]
        names = {
            f"conflicts.{number}.{field}": f"{field}-{one}"
            for number, one in enumerate(bidders)
            for field in ("kind", "until")
        }
        with renamed(names):
            draft = read(DeclarationDraft, {"conflicts": conflicts, **form.given("confirmed")})
            async with house_of(request).database.unit_of_work() as session:
                stays = await declarations.declare(session, viewer_of(request), tender_id, draft)
        if stays:
            said = _("Thank you. You may read the bids now.")
            return redirect(request, "panel_desk", said, tender_id=tender_id)
        said = _(
            "Thank you for saying so. Somebody else takes your seat, and what you scored does not count."
        )
        return redirect(request, "my_panels", said)
    return await _show_desk(request, form)


async def panel_bid(request: Request) -> Response:
    """A bid to read; that it was looked at is noted."""
    tender_id, bid_id = path_id(request, "tender_id"), path_id(request, "bid_id")
    async with house_of(request).database.unit_of_work() as session:
        row = await reading.bid(session, viewer_of(request), tender_id, bid_id)
        desk = await reading.member_desk(session, viewer_of(request), tender_id)
    return render(request, "panel/bid.html", {"row": row, "case": desk.case})


async def panel_paper(request: Request) -> Response:
    """A paper of a bid, never run by the browser; that it was looked at is noted."""
    house = house_of(request)
    async with house.database.unit_of_work() as session:
        paper, content = await reading.paper(
            session, viewer_of(request), path_id(request, "bid_document_id"), house.files
        )
    ending = "".join(char for char in paper.file_name.rpartition(".")[2] if char.isascii() and char.isalnum())
    headers = {
        "Content-Disposition": f'attachment; filename="paper.{ending[:8] or "bin"}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


async def vote_on_price(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    with form.catching():
        query_id = path_id(request, "price_query_id")
        names = {"reason": f"reason-{query_id}", "is_accepted": f"is_accepted-{query_id}"}
        said = {"yes": True, "no": False}.get(form.value(names["is_accepted"]))
        given = {"reason": form.value(names["reason"])} | ({} if said is None else {"is_accepted": said})
        with renamed(names):
            draft = read(PriceVoteDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            await low_prices.vote(session, viewer_of(request), query_id, draft)
        return redirect(request, "panel_desk", _("Your vote counts."), tender_id=tender_id)
    return await _show_desk(request, form)


async def score_sheet(request: Request) -> Response:
    """The viewer's own sheet; that it was opened is noted."""
    row = await _sheet(request)
    return _show_sheet(request, row, blank_form(request, _initial(row)))


async def save_sheet(request: Request) -> Response:
    """Keeps what is written, and hands the sheet in if that was pressed."""
    _ = translator(request)
    form, lot_id = await read_form(request, WHOLE_SHEET), path_id(request, "lot_id")
    row = await _sheet(request)
    with form.catching():
        draft, names = _scores(row, form)
        house, viewer = house_of(request), viewer_of(request)
        with renamed(names):
            async with house.database.unit_of_work() as session:
                if form.value("then") == "submit":
                    await sheets.submit(session, viewer, lot_id, read(SheetDraft, draft))
                else:
                    await sheets.save(session, viewer, lot_id, read(SheetDraft, draft))
        if form.value("then") == "submit":
            said = _("Your sheet is handed in. Nobody changes it any more, you included.")
            return redirect(request, "panel_desk", said, tender_id=row.case.tender.id)
        return redirect(request, "score_sheet", _("Saved. Only you see it."), lot_id=lot_id)
    return _show_sheet(request, row, form)


def _scores(row: SheetRow, form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form holds, and how its fields are called, by the names that a refusal uses."""
    scores: list[dict[str, Any]] = []
    names = {}
    for one in row.offers:
        for criterion in row.case.quality:
            mark = f"{one.id}-{criterion.key}"
            if f"points-{mark}" not in form.values and f"reason-{mark}" not in form.values:
                continue
            names[f"scores.{len(scores)}.points"] = f"points-{mark}"
            names[f"scores.{len(scores)}.reason"] = f"reason-{mark}"
            scores.append(
                {
                    "bid_lot_id": one.id,
                    "criterion_key": criterion.key,
                    "points": form.value(f"points-{mark}"),
                    "reason": form.value(f"reason-{mark}"),
                }
            )
    return {"scores": scores}, names


def _initial(row: SheetRow) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (offer_id, key), score in row.scores.items():
        mark = f"{offer_id}-{key}"
        found[f"reason-{mark}"] = score.reason
        if score.points is not None:
            found[f"points-{mark}"] = f"{score.points / 100:.2f}".rstrip("0").rstrip(".")
    return found


async def _sheet(request: Request) -> SheetRow:
    async with house_of(request).database.unit_of_work() as session:
        return await sheets.my_sheet(session, viewer_of(request), path_id(request, "lot_id"))


def _show_sheet(request: Request, row: SheetRow, form: Form) -> Response:
    scales = {one.key: sheets.scale_of(one) for one in row.case.quality}
    return render(request, "panel/sheet.html", {"row": row, "form": form, "scales": scales}, form.status)


async def _desk(request: Request) -> MemberDesk:
    async with house_of(request).database.reading() as session:
        return await reading.member_desk(session, viewer_of(request), path_id(request, "tender_id"))


async def _show_desk(request: Request, form: Form) -> Response:
    desk = await _desk(request)
    kinds = [kind.value for kind in ConflictKind]
    step = stage(desk.case.tender, now_of(request))
    context = {"desk": desk, "form_at": form_at(request, form), "kinds": kinds, "step": step}
    return render(request, "panel/desk.html", context, form.status)


_ONE = "/panel/{tender_id:uuid}"

routes: list[BaseRoute] = [
    Route("/panel", my_panels, name="my_panels"),
    Route(_ONE, panel_desk, name="panel_desk"),
    Route(_ONE + "/declaration", declare_ties, methods=["POST"], name="declare_ties"),
    Route(_ONE + "/bids/{bid_id:uuid}", panel_bid, name="panel_bid"),
    Route("/panel/papers/{bid_document_id:uuid}", panel_paper, name="panel_paper"),
    Route(_ONE + "/prices/{price_query_id:uuid}", vote_on_price, methods=["POST"], name="vote_on_price"),
    Route("/panel/sheets/{lot_id:uuid}", score_sheet, name="score_sheet"),
    Route("/panel/sheets/{lot_id:uuid}", save_sheet, methods=["POST"], name="save_sheet"),
]
