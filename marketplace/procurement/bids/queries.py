"""Look up what a bidder or an opener may see of their own, and what everybody may see of an opening. Before it: nobody else's anything."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.clock import read_clock
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.vault import Vault
from marketplace.organisations.models import Organisation
from marketplace.procurement import policy
from marketplace.procurement.bids import bid_drafts, consortia, tender_files
from marketplace.procurement.bids.bid_drafts import KeptDraft
from marketplace.procurement.bids.models import (
    Bid,
    BidDraft,
    BidSubmission,
    Opener,
    Opening,
    OpeningShare,
    TenderKey,
)
from marketplace.procurement.bids.submissions import Act
from marketplace.procurement.bids.tags import bidder_tag
from marketplace.procurement.bids.tender_files import FileInForce
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.models import Tender, TenderFollow, TenderVersion

_MOST_TENDERS = 500


class BidState(StrEnum):
    """Where a supplier stands in one tender. Its words are keyed ``state.bid.<value>``."""

    FOLLOWED = "followed"
    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    TO_CONFIRM = "to_confirm"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    OPENED = "opened"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act of one's own before the deadline, with the receipt for it."""

    id: UUID
    kind: Act
    at: datetime
    tender_version: int
    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SupplierTender:
    """A tender on a supplier's desk."""

    tender_id: UUID
    reference: str
    title: str
    buyer: str
    ends_at: datetime
    organisation_id: UUID
    organisation: str
    state: BidState
    last_act: ActRow | None
    bid_id: UUID | None


@dataclass(frozen=True, slots=True)
class BidDesk:
    """Everything that a bidder sees of its own bid in one tender."""

    tender: Tender
    organisation: Organisation
    known: FileInForce
    kept: KeptDraft | None
    acts: list[ActRow]
    partners: list[Organisation]
    leads: list[Organisation]
    state: BidState
    is_open: bool

    @property
    def has_bid(self) -> bool:
        return bool(self.acts) and self.acts[-1].kind is not Act.WITHDRAW


async def desk(
    session: Session, viewer: Viewer, tender_id: UUID, organisation_id: UUID, vault: Vault
) -> BidDesk:
    """One's own bid in a published tender. Raises SignInNeeded, NotFound."""
    policy.must_supply(viewer, organisation_id)
    tender = await session.get(Tender, tender_id)
    organisation = await session.get(Organisation, organisation_id)
    if tender is None or tender.published_at is None or organisation is None:
        raise NotFound()
    acts = await acts_of(session, tender_id, organisation_id, vault)
    kept = await bid_drafts.kept(session, viewer, tender_id, organisation_id, vault)
    bid = await session.scalar(
        select(Bid).where(Bid.tender_id == tender_id, Bid.organisation_id == organisation_id).limit(1)
    )
    is_open = await takes_bids(session, tender)
    binding = await tender_files.binding_version(session, tender_id)
    return BidDesk(
        tender=tender,
        organisation=organisation,
        known=await tender_files.in_force(session, tender_id),
        kept=kept,
        acts=acts,
        partners=await consortia.partners_of(session, tender_id, organisation_id, vault),
        leads=await consortia.leads_of(session, tender_id, organisation_id, vault),
        state=_state(acts[-1] if acts else None, kept is not None, binding, bid, is_open=is_open),
        is_open=is_open,
    )


async def takes_bids(session: Session, tender: Tender) -> bool:
    """Whether a bid would be taken at this moment, by the database's clock."""
    over = (tender.cancelled_at, tender.suspended_at, tender.unsuccessful_at, tender.opened_at)
    if tender.submissions_end_at is None or any(moment is not None for moment in over):
        return False
    return await read_clock(session) < tender.submissions_end_at


async def acts_of(session: Session, tender_id: UUID, organisation_id: UUID, vault: Vault) -> list[ActRow]:
    """What the organisation did, the first act first. The caller acts for it."""
    rows = await session.scalars(
        select(BidSubmission)
        .where(
            BidSubmission.tender_id == tender_id,
            BidSubmission.bidder_tag == bidder_tag(vault, tender_id, organisation_id),
        )
        .order_by(BidSubmission.number)
    )
    return [_act(row) for row in rows]


async def supplier_desk(session: Session, viewer: Viewer, vault: Vault) -> list[SupplierTender]:
    """The tenders that the viewer's organisations follow, draft for, bid for or bid for once; the next deadline first.

    Raises SignInNeeded. Tags cannot be searched for by organisation, so those of all tenders that are not opened are made and looked up.
    """
    viewer.signed_in()
    mine = policy.supplies_for(viewer)
    if not mine:
        return []
    names = {
        row.id: row.name
        for row in await session.execute(
            select(Organisation.id, Organisation.name).where(Organisation.id.in_(mine))
        )
    }
    sealed = await _sealed_tenders(session, names, vault)
    followed = await _followed(session, mine)
    bids = {
        (bid.tender_id, bid.organisation_id): bid
        for bid in await session.scalars(select(Bid).where(Bid.organisation_id.in_(mine)))
        if bid.organisation_id is not None
    }
    wanted = {*sealed, *followed, *bids}
    tenders = await _tenders(session, {tender_id for tender_id, _ in wanted})
    now = await read_clock(session)
    rows = []
    for tender_id, organisation_id in wanted:
        if tender_id not in tenders:
            continue
        tender, buyer, binding = tenders[tender_id]
        act, has_draft = sealed.get((tender_id, organisation_id), (None, False))
        bid = bids.get((tender_id, organisation_id))
        is_open = tender.submissions_end_at is not None and now < tender.submissions_end_at
        rows.append(
            SupplierTender(
                tender_id=tender_id,
                reference=tender.reference,
                title=tender.title,
                buyer=buyer,
                ends_at=tender.submissions_end_at or now,
                organisation_id=organisation_id,
                organisation=names[organisation_id],
                state=_state(act, has_draft, binding, bid, is_open=is_open),
                last_act=act,
                bid_id=None if bid is None else bid.id,
            )
        )
    return sorted(rows, key=lambda row: (row.ends_at < now, abs(row.ends_at - now), row.tender_id))


async def _sealed_tenders(
    session: Session, mine: Iterable[UUID], vault: Vault
) -> dict[tuple[UUID, UUID], tuple[ActRow | None, bool]]:
    """For each tender that is not opened and each of one's organisations: the last act, and whether there is a draft."""
    candidates = await session.scalars(
        select(Tender.id)
        .where(Tender.published_at.is_not(None), Tender.opened_at.is_(None))
        .order_by(Tender.published_at.desc())
        .limit(_MOST_TENDERS)
    )
    tender_ids = candidates.all()
    tags = {
        bidder_tag(vault, tender_id, organisation_id): (tender_id, organisation_id)
        for tender_id in tender_ids
        for organisation_id in mine
    }
    acts: dict[bytes, ActRow] = {}
    submissions = await session.scalars(
        select(BidSubmission).where(BidSubmission.bidder_tag.in_(tags)).order_by(BidSubmission.number)
    )
    for row in submissions:
        acts[row.bidder_tag] = _act(row)
    drafts = set(await session.scalars(select(BidDraft.bidder_tag).where(BidDraft.bidder_tag.in_(tags))))
    return {tags[tag]: (acts.get(tag), tag in drafts) for tag in {*acts, *drafts}}


async def _followed(session: Session, mine: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    rows = await session.execute(
        select(TenderFollow.tender_id, TenderFollow.organisation_id).where(
            TenderFollow.organisation_id.in_(mine), TenderFollow.ended_at.is_(None)
        )
    )
    return {(row.tender_id, row.organisation_id) for row in rows}


async def _tenders(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Tender, str, int]]:
    """The tenders with their buyers' names and the version that bids must have been confirmed for."""
    version = TenderVersion
    binding = (
        select(func.coalesce(func.max(version.number), 1))
        .where(version.tender_id == Tender.id, version.voids_bids)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Tender, Buyer.name, binding)
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .where(Tender.id.in_(ids), Tender.published_at.is_not(None))
    )
    return {tender.id: (tender, buyer, least) for tender, buyer, least in rows}


def _state(act: ActRow | None, has_draft: bool, binding: int, bid: Bid | None, *, is_open: bool) -> BidState:
    if bid is not None:
        return BidState.OPENED if bid.refused_for is None else BidState.REFUSED
    if act is None:
        return BidState.DRAFTED if has_draft else BidState.FOLLOWED
    if act.kind is Act.WITHDRAW:
        return BidState.WITHDRAWN
    if act.tender_version < binding and is_open:
        return BidState.TO_CONFIRM
    return BidState.SUBMITTED if is_open else BidState.CLOSED


def _act(row: BidSubmission) -> ActRow:
    return ActRow(row.id, Act(row.kind), row.submitted_at, row.tender_version, json.loads(row.receipt))


@dataclass(frozen=True, slots=True)
class OpenerRow:
    """A tender on an opener's desk: what is done, and what is wanted of them."""

    tender_id: UUID
    reference: str
    title: str
    buyer: str
    number: int
    code_made_at: datetime | None
    code_confirmed_at: datetime | None
    key_ready_at: datetime | None
    is_published: bool
    ends_at: datetime | None
    is_due: bool
    given_at: datetime | None
    opened_at: datetime | None
    is_over: bool


async def opener_desk(session: Session, viewer: Viewer, tender_id: UUID | None = None) -> list[OpenerRow]:
    """The tenders whose bids the viewer opens, the newest first. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    asked = (
        select(Opener, Tender, Buyer.name, TenderKey.ready_at, OpeningShare.given_at)
        .join(Tender, Tender.id == Opener.tender_id)
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .outerjoin(TenderKey, TenderKey.tender_id == Tender.id)
        .outerjoin(OpeningShare, OpeningShare.opener_id == Opener.id)
        .where(Opener.person_id == person_id)
        .order_by(Opener.named_at.desc(), Opener.id.desc())
        .limit(100)
    )
    if tender_id is not None:
        asked = asked.where(Opener.tender_id == tender_id)
    now = await read_clock(session)
    return [
        OpenerRow(
            tender_id=tender.id,
            reference=tender.reference,
            title=tender.title,
            buyer=buyer,
            number=opener.number,
            code_made_at=opener.code_made_at,
            code_confirmed_at=opener.code_confirmed_at,
            key_ready_at=ready_at,
            is_published=tender.published_at is not None,
            ends_at=tender.submissions_end_at if tender.published_at is not None else None,
            is_due=_is_due(tender, now),
            given_at=given_at,
            opened_at=tender.opened_at,
            is_over=tender.cancelled_at is not None or tender.unsuccessful_at is not None,
        )
        for opener, tender, buyer, ready_at, given_at in await session.execute(asked)
    ]


def _is_due(tender: Tender, now: datetime) -> bool:
    over = (tender.opened_at, tender.cancelled_at, tender.suspended_at, tender.unsuccessful_at)
    if tender.published_at is None or any(moment is not None for moment in over):
        return False
    return tender.submissions_end_at is not None and tender.submissions_end_at <= now


async def opener_place(session: Session, viewer: Viewer, tender_id: UUID) -> OpenerRow:
    """The viewer's own place among a tender's openers. Raises SignInNeeded, NotFound."""
    found = await opener_desk(session, viewer, tender_id)
    if not found:
        raise NotFound()
    return found[0]


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """The opening of a published tender as everybody sees it. ``given`` counts parts of the key, and nothing of bids."""

    tender_id: UUID
    reference: str
    title: str
    ends_at: datetime
    is_due: bool
    given: int
    threshold: int
    shares: int
    opened_at: datetime | None
    record: dict[str, Any] | None
    record_hash: str | None
    openers: list[tuple[int, str]]


async def opening(session: Session, tender_id: UUID) -> OpeningRow:
    """The opening of a published tender, before and after. Raises NotFound."""
    row = (
        await session.execute(
            select(Tender, TenderKey, Opening)
            .join(TenderKey, TenderKey.tender_id == Tender.id)
            .outerjoin(Opening, Opening.tender_id == Tender.id)
            .where(Tender.id == tender_id, Tender.published_at.is_not(None))
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    tender, key = row.Tender, row.TenderKey
    record: Opening | None = row.Opening
    given = await session.scalar(
        select(func.count()).select_from(OpeningShare).where(OpeningShare.tender_id == tender_id)
    )
    people = await session.execute(
        select(Opener.number, Person.name)
        .join(Person, Person.id == Opener.person_id)
        .where(Opener.tender_id == tender_id)
        .order_by(Opener.number)
    )
    return OpeningRow(
        tender_id=tender_id,
        reference=tender.reference,
        title=tender.title,
        ends_at=tender.submissions_end_at or tender.created_at,
        is_due=_is_due(tender, await read_clock(session)),
        given=given or 0,
        threshold=key.threshold,
        shares=key.shares,
        opened_at=None if record is None else record.opened_at,
        record=None if record is None else record.record,
        record_hash=None if record is None else record.record_hash,
        openers=[(row.number, row.name) for row in people],
    )


@dataclass(frozen=True, slots=True)
class NamedOpener:
    """An opener as the buyer sees them before publication: how far they are."""

    number: int
    name: str
    code_made_at: datetime | None
    code_confirmed_at: datetime | None


async def named_openers(session: Session, tender_id: UUID) -> list[NamedOpener]:
    """The openers with their names; the caller buys there."""
    rows = await session.execute(
        select(Opener.number, Person.name, Opener.code_made_at, Opener.code_confirmed_at)
        .join(Person, Person.id == Opener.person_id)
        .where(Opener.tender_id == tender_id)
        .order_by(Opener.number)
    )
    return [NamedOpener(*row) for row in rows]
