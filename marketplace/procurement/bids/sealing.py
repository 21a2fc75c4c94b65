"""Sealing on a machine of the bidder's own: a bid as a file or folder, and the tender's public key file. No house, no network."""

import json
import mimetypes
from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, Field

from marketplace.kernel.errors import FieldProblem, InputIsInvalid, Invalid
from marketplace.kernel.input import Code, Draft, read
from marketplace.kernel.money import Amount
from marketplace.procurement.bids import envelope
from marketplace.procurement.bids.bid_file import (
    MOST_ANSWERS,
    MOST_DOCUMENTS,
    MOST_LOTS,
    MOST_PARTNERS,
    BidFile,
    BidLot,
    Declared,
)
from marketplace.procurement.bids.errors import BidIsOverTheLimit, NoLotIsOffered

KEY_FORMAT: Final = "wushe-tender-key/1"


class KeyFileIsUnfit(Invalid):
    """The file is not the key file of a tender."""


class BidFileIsUnfit(Invalid):
    """The file that describes the bid is not JSON."""


def _number_as_text(value: Any) -> Any:
    """A price written as a bare number would mean fen to a program and yuan to a person: only text is read, as yuan."""
    if isinstance(value, int | float):
        raise ValueError("amount")
    return value


class WrittenOffer(Draft):
    """A lot by its number or id, and its price in yuan, in quotes as people write it: "150,000.00"."""

    lot: str | int
    price: Annotated[Amount, BeforeValidator(_number_as_text)]
    answers: Annotated[dict[Code, Declared], Field(max_length=MOST_ANSWERS)] = Field(default_factory=dict)


class WrittenBid(Draft):
    """``bid.json`` as a bidder writes it. ``documents`` are file names beside it."""

    bidder: UUID
    partners: Annotated[tuple[UUID, ...], Field(max_length=MOST_PARTNERS)] = ()
    lots: Annotated[tuple[WrittenOffer, ...], Field(max_length=MOST_LOTS)]
    answers: Annotated[dict[Code, Declared], Field(max_length=MOST_ANSWERS)] = Field(default_factory=dict)
    conditions: Annotated[tuple[Code, ...], Field(max_length=MOST_ANSWERS)] = ()
    documents: Annotated[tuple[str, ...], Field(max_length=MOST_DOCUMENTS)] = ()


def seal_written(bid: str, key_file: str, paper: Callable[[str], bytes]) -> tuple[bytes, list[str]]:
    """The sealed bid, and what the tender asks for and it does not have (codes of conditions and criteria): a warning, not a refusal.

    ``paper`` gives the bytes of a file by its name. Raises KeyFileIsUnfit, BidFileIsUnfit, InputIsInvalid, NoLotIsOffered, BidIsOverTheLimit.
    """
    key = _key(key_file)
    written = read(WrittenBid, _json(bid, BidFileIsUnfit))
    if not written.lots:
        raise NoLotIsOffered()
    papers = [paper(name) for name in written.documents]
    document = BidFile(
        tender=key["tender"],
        tender_hash=key["tender_hash"],
        bidder=written.bidder,
        partners=written.partners,
        lots=_offers(written, key["lots"]),
        conditions=written.conditions,
        documents=tuple(
            envelope.document_of(name.rpartition("/")[2], _type(name), content)
            for name, content in zip(written.documents, papers, strict=True)
        ),
    )
    try:
        content = envelope.pack(document, papers)
    except envelope.BidIsTooLarge:
        raise BidIsOverTheLimit(most_megabytes=envelope.MOST_BYTES // 1024**2) from None
    return envelope.seal(content, bytes.fromhex(key["public_key"])), _missing(document, key)


def _offers(written: WrittenBid, lots: list[dict[str, Any]]) -> tuple[BidLot, ...]:
    known = {str(lot["number"]): lot for lot in lots} | {str(lot["lot"]): lot for lot in lots}
    problems = [
        FieldProblem(f"lots.{place}.lot", "unknown_choice", {"choice": str(offer.lot)})
        for place, offer in enumerate(written.lots)
        if str(offer.lot) not in known
    ]
    if problems:
        raise InputIsInvalid(problems)
    return tuple(
        BidLot(
            lot=known[str(offer.lot)]["lot"],
            price=offer.price,
            currency=known[str(offer.lot)]["currency"],
            answers={**written.answers, **offer.answers},
        )
        for offer in written.lots
    )


def _missing(document: BidFile, key: dict[str, Any]) -> list[str]:
    conditions = [one["key"] for one in key.get("conditions", ()) if one["key"] not in document.conditions]
    criteria = [
        one["key"]
        for one in key.get("criteria", ())
        if any(one["key"] not in offer.answers for offer in document.lots)
    ]
    return conditions + criteria


def _key(text: str) -> dict[str, Any]:
    key = _json(text, KeyFileIsUnfit)
    try:
        fits = key["format"] == KEY_FORMAT and len(bytes.fromhex(key["public_key"])) == 32
        UUID(key["tender"])
        lots = [(lot["lot"], lot["number"], lot["currency"]) for lot in key["lots"]]
    except (KeyError, TypeError, ValueError):
        raise KeyFileIsUnfit() from None
    if not fits or not lots:
        raise KeyFileIsUnfit()
    return key


def _json(text: str, refusal: type[Invalid]) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise refusal() from None
    if not isinstance(given, dict):
        raise refusal()
    return given


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
