"""Bids that are being written: kept encrypted under the bidder's tag, checked against the file, and made into a sealed bid.

What is sealed here was in this process's memory for a moment; who does not want that seals on a machine of their own (docs/sealing.md).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound
from marketplace.kernel.files import FileStore
from marketplace.kernel.vault import Vault
from marketplace.procurement import policy
from marketplace.procurement.bids import consortia, envelope, submissions
from marketplace.procurement.bids.bid_file import MOST_DOCUMENTS, BidFile, BidLot
from marketplace.procurement.bids.drafts import ActDraft, BidDraftInput, OfferDraft
from marketplace.procurement.bids.errors import (
    BidIsOverTheLimit,
    ConsortiumIsNotTaken,
    NoLotIsOffered,
    PartnerHasNotAgreed,
)
from marketplace.procurement.bids.models import BidDraft, TenderKey
from marketplace.procurement.bids.submissions import Done
from marketplace.procurement.bids.tags import bidder_tag
from marketplace.procurement.bids.tender_files import FileInForce, in_force, quality_of
from marketplace.procurement.profiles import rule

_PURPOSE = "bid_draft"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a bid as it was handed in."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A bid that is being written, as its own people see it."""

    draft: BidDraftInput
    saved_at: datetime


async def save(session: Session, viewer: Viewer, tender_id: UUID, draft: BidDraftInput, vault: Vault) -> None:
    """Keep what was written so far. Raises SignInNeeded, NotFound."""
    policy.must_supply(viewer, draft.organisation_id)
    await in_force(session, tender_id)
    row = {
        "tender_id": tender_id,
        "bidder_tag": bidder_tag(vault, tender_id, draft.organisation_id),
        "sealed": vault.encrypt(draft.model_dump_json(), _PURPOSE),
        "saved_at": session.now(),
    }
    statement = upsert(session, BidDraft).values(row)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[BidDraft.tender_id, BidDraft.bidder_tag],
            set_={"sealed": statement.excluded.sealed, "saved_at": statement.excluded.saved_at},
        )
    )


async def kept(
    session: Session, viewer: Viewer, tender_id: UUID, organisation_id: UUID, vault: Vault
) -> KeptDraft | None:
    """The draft of one's own organisation, if it began one. Raises SignInNeeded, NotFound."""
    policy.must_supply(viewer, organisation_id)
    row = await session.get(BidDraft, (tender_id, bidder_tag(vault, tender_id, organisation_id)))
    if row is None:
        return None
    return KeptDraft(BidDraftInput.model_validate_json(vault.decrypt(row.sealed, _PURPOSE)), row.saved_at)


async def discard(
    session: Session, viewer: Viewer, tender_id: UUID, organisation_id: UUID, vault: Vault
) -> None:
    """Forget the draft. Raises SignInNeeded, NotFound."""
    policy.must_supply(viewer, organisation_id)
    await session.execute(
        delete(BidDraft).where(
            BidDraft.tender_id == tender_id,
            BidDraft.bidder_tag == bidder_tag(vault, tender_id, organisation_id),
        )
    )


async def seal_and_submit(
    session: Session,
    viewer: Viewer,
    tender_id: UUID,
    draft: ActDraft,
    papers: Sequence[Paper],
    vault: Vault,
    files: FileStore,
) -> Done:
    """Seal the kept draft with its papers and hand it in.

    Raises what ``submissions.submit`` raises, and NotFound without a draft, NoLotIsOffered, InputIsInvalid for what is missing,
    ConsortiumIsNotTaken, PartnerHasNotAgreed, BidIsOverTheLimit.
    """
    own = await kept(session, viewer, tender_id, draft.organisation_id, vault)
    if own is None:
        raise NotFound()
    known = await in_force(session, tender_id)
    bid = await composed(session, tender_id, own.draft, papers, known, vault)
    key = await session.get(TenderKey, tender_id)
    if key is None:
        raise NotFound()
    contents = [paper.content for paper in papers]
    try:
        content = envelope.pack(bid, contents)
    except envelope.BidIsTooLarge:
        raise BidIsOverTheLimit(most_megabytes=envelope.MOST_BYTES // 1024**2) from None
    sealed = await asyncio.to_thread(envelope.seal, content, key.public_key)
    return await submissions.submit(session, viewer, tender_id, draft, sealed, vault, files)


async def composed(
    session: Session,
    tender_id: UUID,
    draft: BidDraftInput,
    papers: Sequence[Paper],
    known: FileInForce,
    vault: Vault,
) -> BidFile:
    """The draft as a bid for the file in force. Raises NoLotIsOffered, InputIsInvalid, ConsortiumIsNotTaken, PartnerHasNotAgreed."""
    offers = [offer for offer in draft.offers if offer.price is not None]
    if not offers:
        raise NoLotIsOffered()
    if len(papers) > MOST_DOCUMENTS:
        raise InputIsInvalid.of("documents", "too_many_files", most=MOST_DOCUMENTS)
    _must_be_complete(draft, offers, known)
    await _must_be_agreed(session, tender_id, draft, known, vault)
    currencies = {lot.id: lot.currency for lot in known.file.lots}
    return BidFile(
        tender=tender_id,
        tender_hash=known.content_hash,
        bidder=draft.organisation_id,
        partners=draft.partners,
        lots=tuple(
            BidLot(
                lot=offer.lot_id,
                price=offer.price or 0,
                currency=currencies[offer.lot_id],
                answers={**draft.answers, **offer.answers},
            )
            for offer in offers
        ),
        conditions=draft.conditions,
        documents=tuple(
            envelope.document_of(paper.name, paper.content_type, paper.content) for paper in papers
        ),
    )


def what_is_missing(draft: BidDraftInput, known: FileInForce) -> list[FieldProblem]:
    """What the file asks for and the draft does not have yet, field by field."""
    offers = [offer for offer in draft.offers if offer.price is not None]
    problems = [
        FieldProblem("conditions", "condition_not_declared", {"condition": one.text})
        for one in known.file.conditions
        if one.key not in draft.conditions
    ]
    problems += [
        FieldProblem(f"answer_{one.key}", "missing", {})
        for one in quality_of(known.file)
        if any(not _answered(draft.answers, offer, one.key) for offer in offers)
    ]
    return problems


def _answered(shared: Mapping[str, str], offer: OfferDraft, key: str) -> bool:
    return bool(offer.answers.get(key) or shared.get(key))


def _must_be_complete(draft: BidDraftInput, offers: Sequence[OfferDraft], known: FileInForce) -> None:
    lots = {lot.id for lot in known.file.lots}
    problems = [
        FieldProblem(f"price_{offer.lot_id}", "unknown_choice", {"choice": str(offer.lot_id)})
        for offer in offers
        if offer.lot_id not in lots
    ]
    problems += what_is_missing(draft, known)
    if problems:
        raise InputIsInvalid(problems)


async def _must_be_agreed(
    session: Session, tender_id: UUID, draft: BidDraftInput, known: FileInForce, vault: Vault
) -> None:
    if not draft.partners:
        return
    if not known.file.allows_consortia:
        raise ConsortiumIsNotTaken(article=(await rule(session, "consortium")).article)
    agreed = {one.id for one in await consortia.partners_of(session, tender_id, draft.organisation_id, vault)}
    if not set(draft.partners) <= agreed:
        raise PartnerHasNotAgreed()
