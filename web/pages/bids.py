"""The supplier's desk: tenders followed and bid for, and the guided way from a draft to a sealed bid with its receipt."""

from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.input import read
from marketplace.kernel.money import yuan
from marketplace.procurement.bids import bid_drafts, consortia, queries, receipts, submissions
from marketplace.procurement.bids.bid_drafts import Paper
from marketplace.procurement.bids.drafts import ActDraft, BidDraftInput, ConsentDraft
from marketplace.procurement.bids.envelope import MOST_BYTES
from marketplace.procurement.bids.queries import ActRow, BidDesk
from marketplace.procurement.bids.tender_files import quality_of
from web.forms import Bounds, Form, Upload, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

MOST_PAPERS = 8
"""Files that the page takes; who has more seals on a machine of their own."""

WITH_PAPERS = Bounds(most_bytes=MOST_BYTES + 512 * 1024, most_files=MOST_PAPERS)


async def supplier(request: Request) -> Response:
    house = house_of(request)
    async with house.database.reading() as session:
        rows = await queries.supplier_desk(session, viewer_of(request), house.vault)
    return render(request, "bids/supplier.html", {"rows": rows})


async def bid_desk(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def edit_bid(request: Request) -> Response:
    desk = await _desk(request)
    return _show_form(request, desk, blank_form(request, _initial(desk)))


async def save_bid(request: Request) -> Response:
    """Keeps the draft; goes on to the check, or back to the desk."""
    _ = translator(request)
    form = await read_form(request)
    desk, house = await _desk(request), house_of(request)
    with form.catching():
        draft = read_draft(form, desk)
        async with house.database.unit_of_work() as session:
            await bid_drafts.save(session, viewer_of(request), desk.tender.id, draft, house.vault)
        if form.value("then") == "later":
            return redirect(request, "bid_desk", _("Your draft is kept, encrypted."), **_ids(desk))
        return redirect(request, "check_bid", None, **_ids(desk))
    return _show_form(request, desk, form)


async def check_bid(request: Request) -> Response:
    return await _show_check(request, blank_form(request))


async def submit_bid(request: Request) -> Response:
    """Seals the draft with the papers that come along, and hands it in."""
    _ = translator(request)
    form = await read_form(request, WITH_PAPERS)
    house = house_of(request)
    with form.catching():
        papers = [_paper(form.files[name]) for name in _paper_names() if name in form.files]
        async with house.database.unit_of_work() as session:
            done = await bid_drafts.seal_and_submit(
                session, viewer_of(request), path_id(request, "tender_id"), _act(request, form), papers,
                house.vault, house.files,
            )  # fmt: skip
        said = _("Your bid is sealed and handed in. This is your receipt: print or save it.")
        return redirect(request, "bid_receipt", said, submission_id=done.submission_id, **_path_ids(request))
    return await _show_check(request, form)


async def upload_sealed_bid(request: Request) -> Response:
    """Takes a bid that was sealed on a machine of the bidder's own."""
    _ = translator(request)
    form = await read_form(request, Bounds(most_bytes=MOST_BYTES + 512 * 1024, most_files=1))
    house = house_of(request)
    with form.catching():
        upload = form.files.get("sealed")
        if upload is None:
            raise InputIsInvalid.of("sealed", "missing")
        async with house.database.unit_of_work() as session:
            done = await submissions.submit(
                session, viewer_of(request), path_id(request, "tender_id"), _act(request, form), upload.content,
                house.vault, house.files,
            )  # fmt: skip
        said = _("Your sealed bid is handed in. This is your receipt: print or save it.")
        return redirect(request, "bid_receipt", said, submission_id=done.submission_id, **_path_ids(request))
    return await _show_desk(request, form)


async def withdraw_bid(request: Request) -> Response:
    _ = translator(request)
    form, house = await read_form(request), house_of(request)
    with form.catching():
        async with house.database.unit_of_work() as session:
            done = await submissions.withdraw(
                session, viewer_of(request), path_id(request, "tender_id"), _act(request, form), house.vault
            )
        said = _("Your bid is withdrawn. You may hand in another until the deadline.")
        return redirect(request, "bid_receipt", said, submission_id=done.submission_id, **_path_ids(request))
    return await _show_desk(request, form)


async def confirm_bid(request: Request) -> Response:
    _ = translator(request)
    form, house = await read_form(request), house_of(request)
    with form.catching():
        async with house.database.unit_of_work() as session:
            done = await submissions.confirm(
                session, viewer_of(request), path_id(request, "tender_id"), _act(request, form), house.vault
            )
        said = _("Your bid stands for the changed file too.")
        return redirect(request, "bid_receipt", said, submission_id=done.submission_id, **_path_ids(request))
    return await _show_desk(request, form)


async def agree_to_consortium(request: Request) -> Response:
    """Agrees to bid under a lead, or takes it back."""
    _ = translator(request)
    form, house = await read_form(request), house_of(request)
    with form.catching():
        act = consortia.disagree if form.value("take_back") else consortia.agree
        async with house.database.unit_of_work() as session:
            lead_id = form.value("lead_id") or await consortia.named(session, form.value("lead"))
            given = {"organisation_id": path_id(request, "organisation_id"), "lead_id": lead_id}
            draft = read(ConsentDraft, given)
            await act(session, viewer_of(request), path_id(request, "tender_id"), draft, house.vault)
        said = _("Your consent is kept.") if not form.value("take_back") else _("Your consent is taken back.")
        return redirect(request, "bid_desk", said, **_path_ids(request))
    return await _show_desk(request, form)


async def bid_receipt(request: Request) -> Response:
    desk, act = await _own_act(request)
    return render(
        request,
        "bids/receipt.html",
        {"desk": desk, "act": act, "house_key": receipts.public_key(house_of(request).vault)},
    )


async def bid_receipt_file(request: Request) -> Response:
    """The receipt as a file for `marketplace verify receipt`."""
    _desk, act = await _own_act(request)
    headers = {
        "Content-Disposition": f'attachment; filename="receipt-{act.receipt["number"]}.json"',
        "Cache-Control": "private, no-store",
    }
    body = orjson.dumps(act.receipt, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return Response(body, headers=headers, media_type="application/json")


async def receipts_page(request: Request) -> Response:
    return _show_receipts(request, blank_form(request), None)


async def verify_receipt(request: Request) -> Response:
    """Anybody checks a receipt here; nothing of it is kept."""
    form = await read_form(request)
    genuine = None
    try:
        given = receipts.read(form.value("receipt"))
        genuine = receipts.is_genuine(given, receipts.public_key(house_of(request).vault))
    except receipts.UnfitReceipt:
        form.refuse(InputIsInvalid.of("receipt", "no_receipt"))
    return _show_receipts(request, form, genuine)


def _show_receipts(request: Request, form: Form, genuine: bool | None) -> Response:
    key = receipts.public_key(house_of(request).vault)
    return render(
        request, "bids/receipts.html", {"form": form, "genuine": genuine, "house_key": key}, form.status
    )


def read_draft(form: Form, desk: BidDesk) -> BidDraftInput:
    """The form's fields as a draft; a price that cannot be read is named at its lot. Raises InputIsInvalid."""
    lots = desk.known.file.lots
    given: dict[str, Any] = {
        "organisation_id": desk.organisation.id,
        "offers": [{"lot_id": lot.id, "price": form.value(f"price_{lot.id}")} for lot in lots if form.value(f"price_{lot.id}").strip()],
        "answers": {
            one.key: form.value(f"answer_{one.key}")
            for one in quality_of(desk.known.file)
            if form.value(f"answer_{one.key}").strip()
        },
        **form.given(many=("conditions", "partners")),
    }  # fmt: skip
    try:
        return read(BidDraftInput, given)
    except InputIsInvalid as error:
        raise InputIsInvalid([_at_its_field(problem, given) for problem in error.problems]) from None


def _at_its_field(problem: Any, given: dict[str, Any]) -> Any:
    kind, _, rest = problem.field.partition(".")
    place, _, _ = rest.partition(".")
    if kind == "offers" and place.isdigit():
        return type(problem)(f"price_{given['offers'][int(place)]['lot_id']}", problem.code, problem.facts)
    if kind == "answers":
        return type(problem)(f"answer_{place}", problem.code, problem.facts)
    return problem


def _initial(desk: BidDesk) -> dict[str, Any]:
    if desk.kept is None:
        return {}
    draft = desk.kept.draft
    prices = {f"price_{offer.lot_id}": yuan(offer.price) for offer in draft.offers if offer.price is not None}
    answers = {f"answer_{key}": text for key, text in draft.answers.items()}
    partners = [str(one) for one in draft.partners]
    return {**prices, **answers, "conditions": list(draft.conditions), "partners": partners}


def _paper_names() -> list[str]:
    return [f"paper_{number}" for number in range(1, MOST_PAPERS + 1)]


def _paper(upload: Upload) -> Paper:
    """A file under a name and a type that any bid may carry; what it really is, the reader sees after the opening."""
    plain = "".join(char for char in upload.name.rpartition("/")[2] if char.isprintable()).strip()
    is_named = "/" in upload.content_type and upload.content_type.isascii()
    kind = upload.content_type.partition(";")[0].strip() if is_named else "application/octet-stream"
    if any(not (char.isalnum() or char in "/.+-_") for char in kind) or kind.count("/") != 1:
        kind = "application/octet-stream"
    return Paper(plain[-160:] or "paper", kind[:80], upload.content)


def _act(request: Request, form: Form) -> ActDraft:
    return read(
        ActDraft,
        {
            "organisation_id": path_id(request, "organisation_id"),
            "idempotency_key": form.key,
            **form.given("version"),
        },
    )


async def _desk(request: Request) -> BidDesk:
    house = house_of(request)
    ids = path_id(request, "tender_id"), path_id(request, "organisation_id")
    async with house.database.reading() as session:
        return await queries.desk(session, viewer_of(request), *ids, house.vault)


async def _own_act(request: Request) -> tuple[BidDesk, ActRow]:
    desk, wanted = await _desk(request), path_id(request, "submission_id")
    for act in desk.acts:
        if act.id == wanted:
            return desk, act
    raise NotFound()


def _ids(desk: BidDesk) -> dict[str, UUID]:
    return {"organisation_id": desk.organisation.id, "tender_id": desk.tender.id}


def _path_ids(request: Request) -> dict[str, UUID]:
    return {name: path_id(request, name) for name in ("organisation_id", "tender_id")}


async def _show_desk(request: Request, form: Form) -> Response:
    desk = await _desk(request)
    return render(request, "bids/desk.html", {"desk": desk, "form": form}, form.status)


def _show_form(request: Request, desk: BidDesk, form: Form) -> Response:
    context = {"desk": desk, "form": form, "criteria": quality_of(desk.known.file)}
    return render(request, "bids/form.html", context, form.status)


async def _show_check(request: Request, form: Form) -> Response:
    desk = await _desk(request)
    if desk.kept is None:
        raise NotFound()
    draft = desk.kept.draft
    prices = {offer.lot_id: offer.price for offer in draft.offers if offer.price is not None}
    context = {
        "desk": desk,
        "form": form,
        "draft": draft,
        "prices": prices,
        "criteria": quality_of(desk.known.file),
        "missing": bid_drafts.what_is_missing(draft, desk.known),
        "paper_names": _paper_names(),
    }
    return render(request, "bids/check.html", context, form.status)


_ONE = "/supplier/{organisation_id:uuid}/tenders/{tender_id:uuid}"

routes: list[BaseRoute] = [
    Route("/supplier", supplier, name="supplier"),
    Route("/buying/receipts", receipts_page, name="receipts"),
    Route("/buying/receipts", verify_receipt, methods=["POST"], name="verify_receipt"),
    Route(_ONE, bid_desk, name="bid_desk"),
    Route(_ONE + "/bid", edit_bid, name="edit_bid"),
    Route(_ONE + "/bid", save_bid, methods=["POST"], name="save_bid"),
    Route(_ONE + "/check", check_bid, name="check_bid"),
    Route(_ONE + "/check", submit_bid, methods=["POST"], name="submit_bid"),
    Route(_ONE + "/sealed", upload_sealed_bid, methods=["POST"], name="upload_sealed_bid"),
    Route(_ONE + "/withdraw", withdraw_bid, methods=["POST"], name="withdraw_bid"),
    Route(_ONE + "/confirm", confirm_bid, methods=["POST"], name="confirm_bid"),
    Route(_ONE + "/consent", agree_to_consortium, methods=["POST"], name="agree_to_consortium"),
    Route(_ONE + "/receipts/{submission_id:uuid}", bid_receipt, name="bid_receipt"),
    Route(_ONE + "/receipts/{submission_id:uuid}/receipt.json", bid_receipt_file, name="bid_receipt_file"),
]
