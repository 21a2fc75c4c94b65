"""Submissions: what a bidder does before the deadline, a row each, never changed. The database's clock decides, in the statement that writes.

Whoever acts for a bidder holds the organisation's row, then shares the tender's: two people of one organisation wait for each other, an
amendment waits for those who submit, and bidders do not wait for bidders. Nothing is published and nothing is audited: a trace would
tell that there is a bid.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, literal, select

from marketplace.db.clock import database_now, read_clock
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.organisations.models import Organisation
from marketplace.procurement import policy
from marketplace.procurement.bids import envelope, receipts
from marketplace.procurement.bids.drafts import ActDraft
from marketplace.procurement.bids.errors import (
    BiddingIsOver,
    FileIsNoSealedBid,
    NoBidToConfirm,
    NoBidToWithdraw,
    OrganisationMayNotBid,
    TenderTakesNoBids,
    TenderWasAmended,
)
from marketplace.procurement.bids.models import BidSubmission, TenderKey
from marketplace.procurement.bids.tags import bidder_tag
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender, TenderVersion


class Act(StrEnum):
    """What a bidder did. Its words are keyed ``bid_act.<value>``."""

    SUBMIT = "submit"
    REPLACE = "replace"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Done:
    """What a bidder gets for an act: its row's id and the signed receipt."""

    submission_id: UUID
    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """A bidder's place in one tender during one act: who, under which tag, and what they did last."""

    tender: Tender
    organisation_id: UUID
    tag: bytes
    last: BidSubmission | None

    @property
    def has_bid(self) -> bool:
        return self.last is not None and self.last.kind != Act.WITHDRAW


async def submit(
    session: Session,
    viewer: Viewer,
    tender_id: UUID,
    draft: ActDraft,
    sealed: bytes,
    vault: Vault,
    files: FileStore,
) -> Done:
    """Hand in a sealed bid, or replace the one handed in before. The same key gives the first receipt again.

    Raises SignInNeeded, NotFound, OrganisationMayNotBid, TenderTakesNoBids, BiddingIsOver, TenderWasAmended, FileIsNoSealedBid.
    """
    if not envelope.is_sealed_length(len(sealed)):
        raise FileIsNoSealedBid()
    desk = await at_desk(session, viewer, tender_id, draft, vault)
    repeated = await _repeated(session, desk, draft)
    if repeated is not None:
        return repeated
    key = hashlib.sha256(sealed).hexdigest()
    kind = Act.REPLACE if desk.has_bid else Act.SUBMIT
    done = await _write(session, desk, draft, vault, kind, (key, len(sealed)))
    # After the row: a late bid leaves no file behind. Before the commit: a row never lacks its file.
    await files.put(sealed)
    return done


async def withdraw(session: Session, viewer: Viewer, tender_id: UUID, draft: ActDraft, vault: Vault) -> Done:
    """Take the bid back; another may be handed in until the deadline.

    Raises SignInNeeded, NotFound, OrganisationMayNotBid, TenderTakesNoBids, BiddingIsOver, TenderWasAmended, NoBidToWithdraw.
    """
    desk = await at_desk(session, viewer, tender_id, draft, vault)
    repeated = await _repeated(session, desk, draft)
    if repeated is not None:
        return repeated
    if not desk.has_bid:
        raise NoBidToWithdraw()
    return await _write(session, desk, draft, vault, Act.WITHDRAW, (None, None))


async def confirm(session: Session, viewer: Viewer, tender_id: UUID, draft: ActDraft, vault: Vault) -> Done:
    """Say that the bid stands, unchanged, for the amended file too.

    Raises SignInNeeded, NotFound, OrganisationMayNotBid, TenderTakesNoBids, BiddingIsOver, TenderWasAmended, NoBidToConfirm.
    """
    desk = await at_desk(session, viewer, tender_id, draft, vault)
    repeated = await _repeated(session, desk, draft)
    if repeated is not None:
        return repeated
    if desk.last is None or not desk.has_bid or desk.last.tender_version >= desk.tender.version:
        raise NoBidToConfirm()
    return await _write(
        session, desk, draft, vault, Act.CONFIRM, (desk.last.sealed_key, desk.last.sealed_size)
    )


async def at_desk(session: Session, viewer: Viewer, tender_id: UUID, draft: ActDraft, vault: Vault) -> Desk:
    """The bidder's place, with the locks of an act. Raises SignInNeeded, NotFound, OrganisationMayNotBid, TenderTakesNoBids."""
    policy.must_supply(viewer, draft.organisation_id)
    organisation = await session.scalar(
        select(Organisation)
        .where(Organisation.id == draft.organisation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if organisation is None:
        raise NotFound()
    if organisation.verified_at is None or organisation.suspended_at is not None:
        raise OrganisationMayNotBid()
    tender = await session.scalar(
        select(Tender)
        .where(Tender.id == tender_id, Tender.published_at.is_not(None))
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if tender is None:
        raise NotFound()
    tag = bidder_tag(vault, tender_id, draft.organisation_id)
    return Desk(tender, draft.organisation_id, tag, await newest(session, tender_id, tag))


async def newest(session: Session, tender_id: UUID, tag: bytes) -> BidSubmission | None:
    """What the bidder did last."""
    found: BidSubmission | None = await session.scalar(
        select(BidSubmission)
        .where(BidSubmission.tender_id == tender_id, BidSubmission.bidder_tag == tag)
        .order_by(BidSubmission.number.desc())
        .limit(1)
    )
    return found


async def _repeated(session: Session, desk: Desk, draft: ActDraft) -> Done | None:
    found = await session.scalar(
        select(BidSubmission).where(
            BidSubmission.tender_id == desk.tender.id,
            BidSubmission.bidder_tag == desk.tag,
            BidSubmission.idempotency_key == draft.idempotency_key,
        )
    )
    return None if found is None else Done(found.id, json.loads(found.receipt))


async def _write(
    session: Session,
    desk: Desk,
    draft: ActDraft,
    vault: Vault,
    kind: Act,
    sealed: tuple[str | None, int | None],
) -> Done:
    """One row, if the deadline has not passed when the statement runs. The receipt's moment was read just before it."""
    at, row_id = await read_clock(session), new_id()
    number = 1 if desk.last is None else desk.last.number + 1
    if draft.version != desk.tender.version:
        await must_take_bids(session, desk)
        raise TenderWasAmended(version=desk.tender.version)
    receipt = await _receipt(session, desk, vault, kind, at, number, sealed)
    written = await session.scalar(
        insert(BidSubmission)
        .from_select(
            [
                "id", "tender_id", "bidder_tag", "number", "kind", "idempotency_key",
                "tender_version", "sealed_key", "sealed_size", "submitted_at", "receipt",
            ],
            select(
                _value(BidSubmission.id, row_id),
                Tender.id,
                _value(BidSubmission.bidder_tag, desk.tag),
                _value(BidSubmission.number, number),
                _value(BidSubmission.kind, kind.value),
                _value(BidSubmission.idempotency_key, draft.idempotency_key),
                Tender.version,
                _value(BidSubmission.sealed_key, sealed[0]),
                _value(BidSubmission.sealed_size, sealed[1]),
                _value(BidSubmission.submitted_at, at),
                _value(BidSubmission.receipt, json.dumps(receipt, sort_keys=True)),
            ).where(Tender.id == desk.tender.id, _takes_bids(), database_now(session) < Tender.submissions_end_at),
        )
        .returning(BidSubmission.id)
    )  # fmt: skip
    if written is None:
        await must_take_bids(session, desk)
        raise BiddingIsOver(article=(await rule(session, "sealed")).article)
    return Done(row_id, receipt)


async def must_take_bids(session: Session, desk: Desk) -> None:
    """Raises TenderTakesNoBids, or BiddingIsOver for one that did until its deadline."""
    if not await session.scalar(select(Tender.id).where(Tender.id == desk.tender.id, _takes_bids())):
        raise TenderTakesNoBids()
    open_still = select(Tender.id).where(
        Tender.id == desk.tender.id, database_now(session) < Tender.submissions_end_at
    )
    if await session.scalar(open_still) is None:
        raise BiddingIsOver(article=(await rule(session, "sealed")).article)


def _takes_bids() -> ColumnElement[bool]:
    has_key = select(TenderKey.tender_id).where(TenderKey.tender_id == Tender.id).exists()
    return and_(
        Tender.published_at.is_not(None),
        Tender.cancelled_at.is_(None),
        Tender.suspended_at.is_(None),
        Tender.unsuccessful_at.is_(None),
        Tender.opened_at.is_(None),
        has_key,
    )


async def _receipt(
    session: Session,
    desk: Desk,
    vault: Vault,
    kind: Act,
    at: datetime,
    number: int,
    sealed: tuple[str | None, int | None],
) -> dict[str, Any]:
    """What the house signs. It names the bidder by tag only: a lost receipt tells nobody who bids."""
    content_hash = await session.scalar(
        select(TenderVersion.content_hash).where(
            TenderVersion.tender_id == desk.tender.id, TenderVersion.number == desk.tender.version
        )
    )
    return receipts.sign(
        vault,
        {
            "tender": str(desk.tender.id),
            "tender_version": desk.tender.version,
            "tender_hash": content_hash,
            "bidder_tag": desk.tag.hex(),
            "act": kind.value,
            "number": number,
            "sealed_sha256": sealed[0],
            "sealed_size": sealed[1],
            "at": at.isoformat(timespec="microseconds"),
        },
    )


def _value(column: Any, value: Any) -> ColumnElement[Any]:
    return literal(value, column.type)
