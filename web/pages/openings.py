"""Openers: named, with codes on paper, giving their parts after the deadline; and the opening's record, which everybody reads."""

from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.procurement import policy
from marketplace.procurement.bids import keys, openers, openings, queries, reading
from marketplace.procurement.bids.drafts import OpenerCodeDraft, OpenersDraft
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


async def my_openings(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await queries.opener_desk(session, viewer_of(request))
    return render(request, "openings/mine.html", {"rows": rows})


async def opener_desk(request: Request) -> Response:
    return await _show_desk(request, blank_form(request))


async def make_opener_code(request: Request) -> Response:
    """Shows the code, this once: it is in no address, no cookie and no table."""
    await read_form(request)
    tender_id = path_id(request, "tender_id")
    async with house_of(request).database.unit_of_work() as session:
        code = await openers.make_code(session, viewer_of(request), tender_id)
    async with house_of(request).database.reading() as session:
        row = await queries.opener_place(session, viewer_of(request), tender_id)
    shown = render(request, "openings/code.html", {"row": row, "code": code, "form": blank_form(request)})
    shown.headers["Cache-Control"] = "no-store"
    return shown


async def confirm_opener_code(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    with form.catching():
        draft = read(OpenerCodeDraft, form.given("code"))
        async with house_of(request).database.unit_of_work() as session:
            ready = await openers.confirm_code(session, viewer_of(request), tender_id, draft)
        said = _("Your code is confirmed. All have confirmed: the key is made and tried.") if ready else _("Your code is confirmed. Keep the paper until the opening.")  # fmt: skip
        return redirect(request, "opener_desk", said, tender_id=tender_id)
    return await _show_desk(request, _without_code(form))


async def give_share(request: Request) -> Response:
    _ = translator(request)
    form, tender_id = await read_form(request), path_id(request, "tender_id")
    house = house_of(request)
    with form.catching():
        draft = read(OpenerCodeDraft, form.given("code"))
        async with house.database.unit_of_work() as session:
            opened = await openings.give_share(
                session, viewer_of(request), tender_id, draft, house.vault, house.files
            )
        if opened:
            said = _("The bids are open, and the record is public.")
            return redirect(request, "opening", said, tender_id=tender_id)
        said = _("Your part is given. The bids open with the last part that is needed.")
        return redirect(request, "opener_desk", said, tender_id=tender_id)
    return await _show_desk(request, _without_code(form))


def _without_code(form: Form) -> Form:
    """The form as it is shown again: a code that was typed does not stand in a page."""
    form.values = {name: values for name, values in form.values.items() if name != "code"}
    return form


async def name_openers(request: Request) -> Response:
    return await _show_naming(request, blank_form(request))


async def save_openers(request: Request) -> Response:
    _ = translator(request)
    form, tender_id, house = await read_form(request), path_id(request, "tender_id"), house_of(request)
    with form.catching():
        phones = [form.value(f"phones.{place}") for place in range(20) if form.value(f"phones.{place}")]
        draft = read(OpenersDraft, {"phones": phones})
        async with house.database.unit_of_work() as session:
            await openers.name(session, viewer_of(request), tender_id, draft, house.vault)
        return redirect(request, "name_openers", _("The openers are named and told."), tender_id=tender_id)
    return await _show_naming(request, form)


async def opening(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        row = await queries.opening(session, path_id(request, "tender_id"))
        key = await keys.public(session, row.tender_id)
        wait_days = (await rule(session, "opening")).value["wait_days"]
    names = dict(row.openers)
    given = [
        (one["number"], names.get(one["number"], ""), datetime.fromisoformat(one["given_at"]))
        for one in (row.record or {}).get("openers", ())
    ]
    bids = [
        {**bid, "at": datetime.fromisoformat(bid["submitted_at"])}
        for bid in (row.record or {}).get("bids", ())
    ]
    context = {"row": row, "key": key, "given": given, "bids": bids, "wait_days": wait_days}
    return render(request, "openings/opening.html", context)


async def opening_file(request: Request) -> Response:
    """The record as a file; its hash is over its canonical form (RFC 8785)."""
    async with house_of(request).database.reading() as session:
        row = await queries.opening(session, path_id(request, "tender_id"))
    if row.record is None:
        raise NotFound()
    return _file(f"opening-{row.reference}.json", row.record)


async def tender_key_file(request: Request) -> Response:
    """What a bidder's own machine needs to seal a bid."""
    async with house_of(request).database.reading() as session:
        known = await keys.key_file(session, path_id(request, "tender_id"))
    return _file(f"tender-key-{known['reference']}.json", known)


def _file(name: str, content: object) -> Response:
    plain = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "-_."))
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    body = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return Response(body, headers=headers, media_type="application/json")


async def opened_bids(request: Request) -> Response:
    """What is in the bids, for whom it concerns; that they looked is noted. Before the opening everybody is refused, on record."""
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    async with house_of(request).database.unit_of_work() as session:
        rows = await reading.bids(session, viewer, tender_id)
        tender = await session.get_one(Tender, tender_id)
    return render(request, "openings/bids.html", {"rows": rows, "tender": tender})


async def bid_paper(request: Request) -> Response:
    """A paper of an opened bid, never run by the browser; that it was looked at is noted."""
    house = house_of(request)
    async with house.database.unit_of_work() as session:
        paper, content = await reading.document(
            session, viewer_of(request), path_id(request, "paper_id"), house.files
        )
    ending = "".join(char for char in paper.file_name.rpartition(".")[2] if char.isascii() and char.isalnum())
    headers = {
        "Content-Disposition": f'attachment; filename="paper.{ending[:8] or "bin"}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


async def _show_desk(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await queries.opener_place(session, viewer_of(request), path_id(request, "tender_id"))
    return render(request, "openings/desk.html", {"row": row, "form": form}, form.status)


async def _show_naming(request: Request, form: Form) -> Response:
    viewer, tender_id = viewer_of(request), path_id(request, "tender_id")
    async with house_of(request).database.reading() as session:
        tender: Tender | None = await session.get(Tender, tender_id)
        if tender is None:
            viewer.signed_in()
            raise NotFound()
        policy.must_buy(viewer, tender.area_code, is_public=tender.published_at is not None)
        named = await queries.named_openers(session, tender_id)
        people = (await rule(session, "opening")).value["people"]
        ready = await keys.is_ready(session, tender_id)
    context = {"form": form, "tender": tender, "named": named, "people": people, "is_ready": ready}
    return render(request, "openings/name.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/openers", my_openings, name="my_openings"),
    Route("/openers/{tender_id:uuid}", opener_desk, name="opener_desk"),
    Route("/openers/{tender_id:uuid}/code", make_opener_code, methods=["POST"], name="make_opener_code"),
    Route(
        "/openers/{tender_id:uuid}/confirm", confirm_opener_code, methods=["POST"], name="confirm_opener_code"
    ),
    Route("/openers/{tender_id:uuid}/share", give_share, methods=["POST"], name="give_share"),
    Route("/desk/buying/tenders/{tender_id:uuid}/openers", name_openers, name="name_openers"),
    Route(
        "/desk/buying/tenders/{tender_id:uuid}/openers", save_openers, methods=["POST"], name="save_openers"
    ),
    Route("/buying/tenders/{tender_id:uuid}/opening", opening, name="opening"),
    Route("/buying/tenders/{tender_id:uuid}/opening.json", opening_file, name="opening_file"),
    Route("/buying/tenders/{tender_id:uuid}/key.json", tender_key_file, name="tender_key_file"),
    Route("/buying/tenders/{tender_id:uuid}/bids", opened_bids, name="opened_bids"),
    Route("/buying/bid-papers/{paper_id:uuid}", bid_paper, name="bid_paper"),
]
