"""`marketplace tender keys|open|seal`: openers at the machine itself, and bidders at a machine of their own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from marketplace.cli.running import errors, output, run

if TYPE_CHECKING:
    from marketplace.bootstrap import House
    from marketplace.db.session import Session
    from marketplace.identity.viewer import Viewer
    from marketplace.procurement.bids.queries import NamedOpener

TenderId = Annotated[UUID, typer.Argument(help="The tender's id, as its page's address shows it.")]
Phone = Annotated[str, typer.Option("--opener", help="The number with which the opener signs in.")]


def keys(
    tender: TenderId,
    opener: Annotated[
        str | None, typer.Option(help="Make and confirm this opener's code; the number they sign in with.")
    ] = None,
) -> None:
    """How far the five openers and their key are; or, with --opener, a code to write down and type again."""
    if opener is not None:
        code = run(lambda house: _make_code(house, tender, opener))
        output.print(_say("tender_keys.write_down"), markup=False)
        output.print(f"\n    {code}\n", markup=False)
        typer.prompt(_say("tender_keys.press_return"), default="", show_default=False)
        output.clear()
        typed = typer.prompt(_say("tender_keys.type_again"))
        run(lambda house: _confirm_code(house, tender, opener, typed))
    named, ready = run(lambda house: _state(house, tender))
    for one in named:
        state = "confirmed" if one.code_confirmed_at else "made" if one.code_made_at else "none"
        output.print(f"{one.number}  {one.name}  {_say(f'tender_keys.{state}')}", markup=False)
    output.print(_say("tender_keys.ready" if ready else "tender_keys.not_ready"), markup=False)


def open_bids(tender: TenderId, opener: Phone) -> None:
    """Give an opener's part after the deadline; the last one needed opens all bids."""
    typed = typer.prompt(_say("tender_keys.type_again"))
    opened = run(lambda house: _give_share(house, tender, opener, typed))
    output.print(_say("tender_open.opened" if opened else "tender_open.given"), markup=False)


def seal(
    bid: Annotated[Path, typer.Argument(help="The bid as JSON, or a folder with bid.json and its papers.")],
    key: Annotated[Path, typer.Option(help="The tender's key file, from its page.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; beside the bid when not said.")] = None,
) -> None:
    """Seal a bid on this machine: no house and no network is asked, and nobody can read what comes out before the opening."""
    import hashlib

    from marketplace.cli.running import told
    from marketplace.procurement.bids.sealing import seal_written

    with told():
        source = bid / "bid.json" if bid.is_dir() else bid
        folder = source.parent
        sealed, missing = seal_written(
            source.read_text("utf-8"), key.read_text("utf-8"), lambda name: (folder / name).read_bytes()
        )
        target = out or source.with_suffix(".sealed")
        target.write_bytes(sealed)
    for one in missing:
        errors.print(_say("tender_seal.missing", wanted=one), style="yellow", markup=False)
    facts = {"path": target, "sha256": hashlib.sha256(sealed).hexdigest()}
    output.print(_say("tender_seal.sealed", **facts), markup=False)


def _say(key: str, **facts: object) -> str:
    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word

    return word(terminal_locale(), key, facts)


async def _viewer(house: "House", session: "Session", phone: str) -> "Viewer":
    from marketplace.identity import sign_in, viewers
    from marketplace.identity.drafts import PhoneDraft
    from marketplace.kernel.errors import InputIsInvalid
    from marketplace.kernel.input import read

    person_id = await sign_in.find(session, house.vault, read(PhoneDraft, {"phone": phone}).phone)
    if person_id is None:
        raise InputIsInvalid.of("phone", "nobody_has_this_phone")
    return await viewers.of_person(session, person_id)


async def _make_code(house: "House", tender_id: UUID, phone: str) -> str:
    from marketplace.procurement.bids import openers

    async with house.database.unit_of_work() as session:
        return await openers.make_code(session, await _viewer(house, session, phone), tender_id)


async def _confirm_code(house: "House", tender_id: UUID, phone: str, typed: str) -> bool:
    from marketplace.kernel.input import read
    from marketplace.procurement.bids import openers
    from marketplace.procurement.bids.drafts import OpenerCodeDraft

    draft = read(OpenerCodeDraft, {"code": typed})
    async with house.database.unit_of_work() as session:
        return await openers.confirm_code(session, await _viewer(house, session, phone), tender_id, draft)


async def _state(house: "House", tender_id: UUID) -> "tuple[list[NamedOpener], bool]":
    from marketplace.procurement.bids import keys as tender_keys
    from marketplace.procurement.bids import queries

    async with house.database.reading() as session:
        ready = await tender_keys.is_ready(session, tender_id)
        return await queries.named_openers(session, tender_id), ready


async def _give_share(house: "House", tender_id: UUID, phone: str, typed: str) -> bool:
    from marketplace.kernel.input import read
    from marketplace.procurement.bids import openings
    from marketplace.procurement.bids.drafts import OpenerCodeDraft

    draft = read(OpenerCodeDraft, {"code": typed})
    async with house.database.unit_of_work() as session:
        viewer = await _viewer(house, session, phone)
        return await openings.give_share(session, viewer, tender_id, draft, house.vault, house.files)
