"""The buyer's desk for results: award lots, publish the notice, note who did not sign, end a lot, correct what was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.procurement.awards import award_queries, awards, corrections
from marketplace.procurement.awards.award_rows import AwardRow, CorrectionRow, LotResult, Results
from marketplace.procurement.awards.drafts import (
    AwardDraft,
    CorrectionDecisionDraft,
    CorrectionDraft,
    NoticeDraft,
    ReasonDraft,
)
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do with a lot or an award, on a page of its own."""

    found: Results
    lot: LotResult
    award: AwardRow | None = None
    correction: CorrectionRow | None = None


async def award_desk(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def publish_awards(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    with form.catching():
        draft = read(NoticeDraft, form.given("official_notice_url"))
        async with house_of(request).database.unit_of_work() as session:
            await awards.publish(session, viewer_of(request), tender_id, draft)
        said = _("The notice is public, and every bidder is told the own result.")
        return redirect(request, "results", said, tender_id=tender_id)
    return await _show_desk(request, form)


async def award_lot(request: Request) -> Response:
    return await _show_award(request, blank_form(request))


async def save_award(request: Request) -> Response:
    _ = translator(request)
    form, lot_id = await read_form(request), path_id(request, "lot_id")
    with form.catching():
        draft = read(AwardDraft, form.given("reason", many=["bid_lot_ids"]))
        async with house_of(request).database.unit_of_work() as session:
            await awards.award(session, viewer_of(request), lot_id, draft)
        act = await _of_lot(request, lot_id)
        said = _("The lot is awarded. Publish the notice next.")
        return redirect(request, "award_desk", said, tender_id=act.found.tender_id)
    return await _show_award(request, form)


async def end_lot(request: Request) -> Response:
    return await _show_ending(request, blank_form(request))


async def save_ended_lot(request: Request) -> Response:
    _ = translator(request)
    form, lot_id = await read_form(request), path_id(request, "lot_id")
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await awards.end_lot(session, viewer_of(request), lot_id, draft)
        act = await _of_lot(request, lot_id)
        return redirect(
            request, "award_desk", _("The lot has ended without an award."), tender_id=act.found.tender_id
        )
    return await _show_ending(request, form)


async def not_signed(request: Request) -> Response:
    return await _show_not_signed(request, blank_form(request))


async def save_not_signed(request: Request) -> Response:
    _ = translator(request)
    form, award_id = await read_form(request), path_id(request, "award_id")
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await awards.note_not_signed(session, viewer_of(request), award_id, draft)
        act = await _of_award(request, award_id)
        return redirect(
            request,
            "award_desk",
            _("The award has ended. Ask the next in rank."),
            tender_id=act.found.tender_id,
        )
    return await _show_not_signed(request, form)


async def correct_award(request: Request) -> Response:
    return await _show_correcting(request, blank_form(request))


async def save_correction(request: Request) -> Response:
    _ = translator(request)
    form, award_id = await read_form(request), path_id(request, "award_id")
    with form.catching():
        draft = read(CorrectionDraft, form.given("reason", "successor_id"))
        async with house_of(request).database.unit_of_work() as session:
            await corrections.propose(session, viewer_of(request), award_id, draft)
        act = await _of_award(request, award_id)
        said = _("Another officer decides about the correction now.")
        return redirect(request, "award_desk", said, tender_id=act.found.tender_id)
    return await _show_correcting(request, form)


async def decide_correction(request: Request) -> Response:
    return await _show_deciding(request, blank_form(request))


async def save_correction_decision(request: Request) -> Response:
    _ = translator(request)
    form, correction_id = await read_form(request), path_id(request, "correction_id")
    with form.catching():
        given = form.given("reason") | {"is_approved": form.value("is_approved") == "yes"}
        draft = read(CorrectionDecisionDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            await corrections.decide(session, viewer_of(request), correction_id, draft)
        act = await _of_correction(request, correction_id)
        said = _("The correction is decided; both awards stay on record.")
        return redirect(request, "award_desk", said, tender_id=act.found.tender_id)
    return await _show_deciding(request, form)


async def _show_desk(request: Request, form: Form) -> Response:
    """What is not public yet is shown on record."""
    found = await _found(request, path_id(request, "tender_id"))
    pending = [one for lot in found.lots for one in lot.standing if one.published_at is None]
    context = {"found": found, "pending": pending, "form": form}
    return render(request, "awards/desk.html", context, form.status)


async def _show_award(request: Request, form: Form) -> Response:
    act = await _of_lot(request, path_id(request, "lot_id"))
    context = {
        "act": act,
        "form": form,
        "options": _options(act),
        "is_many": act.found.procedure == "framework",
    }
    return render(request, "awards/award.html", context, form.status)


async def _show_ending(request: Request, form: Form) -> Response:
    _ = translator(request)
    act = await _of_lot(request, path_id(request, "lot_id"))
    context = {"act": act, "form": form, "title": _("End the lot without an award"), "save": "save_ended_lot"}
    return render(request, "awards/reason.html", context | {"ids": {"lot_id": act.lot.id}}, form.status)


async def _show_not_signed(request: Request, form: Form) -> Response:
    _ = translator(request)
    act = await _of_award(request, path_id(request, "award_id"))
    assert act.award is not None
    context = {"act": act, "form": form, "title": _("The supplier did not sign"), "save": "save_not_signed"}
    return render(request, "awards/reason.html", context | {"ids": {"award_id": act.award.id}}, form.status)


async def _show_correcting(request: Request, form: Form) -> Response:
    act = await _of_award(request, path_id(request, "award_id"))
    context = {"act": act, "form": form, "options": _options(act)}
    return render(request, "awards/correct.html", context, form.status)


async def _show_deciding(request: Request, form: Form) -> Response:
    act = await _of_correction(request, path_id(request, "correction_id"))
    assert act.correction is not None
    successor = next((label for id, label in _all(act) if id == act.correction.successor_id), None)
    context = {"act": act, "form": form, "successor": successor}
    return render(request, "awards/decide.html", context, form.status)


async def _found(request: Request, tender_id: UUID) -> Results:
    """Read in a unit of work, because looking at what is not public yet is noted."""
    async with house_of(request).database.unit_of_work() as session:
        return await award_queries.desk_seen(session, viewer_of(request), tender_id)


async def _of_lot(request: Request, lot_id: UUID) -> Act:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        tender_id = await award_queries.tender_of_lot(session, lot_id)
    found = await _found(request, tender_id)
    return Act(found, next(one for one in found.lots if one.id == lot_id))


async def _of_award(request: Request, award_id: UUID) -> Act:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = (await award_queries.awards_by_ids(session, viewer, [award_id])).get(award_id)
    if row is None:
        raise NotFound()
    found = await _found(request, row.tender_id)
    lot = next((one for one in found.lots if one.id == row.lot_id), None)
    if lot is None:
        raise NotFound()
    return Act(found, lot, row)


async def _of_correction(request: Request, correction_id: UUID) -> Act:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        award_id = await award_queries.award_of_correction(session, viewer, correction_id)
    act = await _of_award(request, award_id)
    assert act.award is not None
    row = next((one for one in act.award.corrections if one.id == correction_id), None)
    if row is None:
        raise NotFound()
    return Act(act.found, act.lot, act.award, row)


def _all(act: Act) -> Sequence[tuple[UUID, str]]:
    """Every ranked bid of the lot, named with its place."""
    report = act.lot.report
    if report is None:
        return []
    return [
        (found, f"{one.place}. {report.bid(one.bid).name}")
        for one in report.ranking
        if (found := parse_id(one.bid)) is not None
    ]


def _options(act: Act) -> Sequence[tuple[Any, str]]:
    """Ranked bids without an award that stands."""
    standing = {one.bid_lot_id for one in act.lot.standing}
    had = {one.bid_lot_id for one in act.lot.awards} if act.award is None else standing
    return [(id, label) for id, label in _all(act) if id not in had]


_DESK = "/desk/buying/tenders/{tender_id:uuid}/award"
_LOT = "/desk/buying/lots/{lot_id:uuid}"
_AWARD = "/desk/buying/awards/{award_id:uuid}"
_CORRECTION = "/desk/buying/corrections/{correction_id:uuid}"

routes: list[BaseRoute] = [
    Route(_DESK, award_desk, name="award_desk"),
    Route(_DESK, publish_awards, methods=["POST"], name="publish_awards"),
    Route(_LOT + "/award", award_lot, name="award_lot"),
    Route(_LOT + "/award", save_award, methods=["POST"], name="save_award"),
    Route(_LOT + "/end", end_lot, name="end_lot"),
    Route(_LOT + "/end", save_ended_lot, methods=["POST"], name="save_ended_lot"),
    Route(_AWARD + "/not-signed", not_signed, name="not_signed"),
    Route(_AWARD + "/not-signed", save_not_signed, methods=["POST"], name="save_not_signed"),
    Route(_AWARD + "/correction", correct_award, name="correct_award"),
    Route(_AWARD + "/correction", save_correction, methods=["POST"], name="propose_correction"),
    Route(_CORRECTION, decide_correction, name="decide_correction"),
    Route(_CORRECTION, save_correction_decision, methods=["POST"], name="save_correction_decision"),
]
