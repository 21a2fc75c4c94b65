"""The tender key: made in the strongroom when every opener has confirmed, ready once every combination opened the canary."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import yuan
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.bids import opening_room
from marketplace.procurement.bids.errors import StrongroomIsClosed, TenderKeyIsNotReady
from marketplace.procurement.bids.events import OpeningKeyReady
from marketplace.procurement.bids.models import Opener, TenderKey
from marketplace.procurement.bids.sealing import KEY_FORMAT
from marketplace.procurement.bids.tender_files import in_force, quality_of
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender


async def make(session: Session, tender_id: UUID, openers: Sequence[Opener]) -> None:
    """Make the key and hand its parts to the confirmed openers, unless there is one. The caller holds the tender's row.

    Raises StrongroomIsClosed.
    """
    if await session.get(TenderKey, tender_id) is not None:
        return
    threshold = (await rule(session, "opening")).value["enough"]
    public_keys = [opener.public_key or b"" for opener in openers]
    try:
        made = await opening_room.make_key(tender_id, public_keys, threshold)
    except opening_room.StrongroomIsBroken:
        raise StrongroomIsClosed() from None
    for opener, part in zip(openers, made.shares, strict=True):
        opener.sealed_share, opener.share_salt = part.sealed, part.salt
        opener.commitment = part.commitment.hex()
    session.add(
        TenderKey(
            tender_id=tender_id,
            public_key=made.public_key,
            threshold=threshold,
            shares=len(openers),
            canary=made.canary,
            combinations_tried=made.tried,
            ready_at=session.now(),
        )
    )
    await records.append(
        session, tender_id, "key.made", openers=len(openers), threshold=threshold,
        combinations_tried=made.tried, fingerprint=fingerprint(made.public_key),
        commitments=[one.commitment for one in openers],
    )  # fmt: skip
    await publish(session, OpeningKeyReady(tender_id))


async def is_ready(session: Session, tender_id: UUID) -> bool:
    """Whether bids can be sealed for this tender, and opened again."""
    return (
        await session.scalar(select(TenderKey.ready_at).where(TenderKey.tender_id == tender_id)) is not None
    )


async def must_be_ready(session: Session, tender_id: UUID) -> None:
    """For publication. Raises TenderKeyIsNotReady with the article that asks for sealed bids."""
    if not await is_ready(session, tender_id):
        raise TenderKeyIsNotReady(article=(await rule(session, "sealed")).article)


def fingerprint(public_key: bytes) -> str:
    """SHA-256 of the public key, to be compared by eye with what the notice says."""
    return hashlib.sha256(public_key).hexdigest()


@dataclass(frozen=True, slots=True)
class PublicOpener:
    """An opener as everybody sees them: their number and what they promised."""

    number: int
    commitment: str
    person_id: UUID


@dataclass(frozen=True, slots=True)
class PublicKeyRow:
    """The key of a published tender as everybody sees it."""

    tender_id: UUID
    public_key: str
    fingerprint: str
    threshold: int
    shares: int
    combinations_tried: int
    ready_at: datetime
    openers: list[PublicOpener]


async def public(session: Session, tender_id: UUID) -> PublicKeyRow:
    """The key of a published tender, with its openers' commitments. Raises NotFound."""
    key = await session.scalar(
        select(TenderKey)
        .join(Tender, Tender.id == TenderKey.tender_id)
        .where(TenderKey.tender_id == tender_id, Tender.published_at.is_not(None))
    )
    if key is None:
        raise NotFound()
    openers = await session.scalars(
        select(Opener).where(Opener.tender_id == tender_id).order_by(Opener.number)
    )
    return PublicKeyRow(
        tender_id=tender_id,
        public_key=key.public_key.hex(),
        fingerprint=fingerprint(key.public_key),
        threshold=key.threshold,
        shares=key.shares,
        combinations_tried=key.combinations_tried,
        ready_at=key.ready_at,
        openers=[PublicOpener(one.number, one.commitment or "", one.person_id) for one in openers],
    )


async def key_file(session: Session, tender_id: UUID) -> dict[str, Any]:
    """What a bidder's own machine needs to seal a bid, as plain values: the key, the file's hash, lots, criteria, conditions. Raises NotFound."""
    shown = await public(session, tender_id)
    tender = await session.get_one(Tender, tender_id)
    known = await in_force(session, tender_id)
    return {
        "format": KEY_FORMAT,
        "tender": str(tender_id),
        "reference": tender.reference,
        "title": tender.title,
        "version": tender.version,
        "tender_hash": known.content_hash,
        "public_key": shown.public_key,
        "fingerprint": shown.fingerprint,
        "submissions_end_at": tender.submissions_end_at.isoformat() if tender.submissions_end_at else None,
        "allows_consortia": known.file.allows_consortia,
        "lots": [
            {
                "lot": str(lot.id),
                "number": lot.number,
                "title": lot.title,
                "ceiling": yuan(lot.ceiling_fen),
                "currency": lot.currency,
            }
            for lot in known.file.lots
        ],
        "criteria": [
            {"key": one.key, "name": one.name, "weight": one.weight} for one in quality_of(known.file)
        ],
        "conditions": [{"key": one.key, "text": one.text} for one in known.file.conditions],
    }
