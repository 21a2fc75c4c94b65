"""Look up contracts: lists for the public, the buyer's desk and the supplier, and what is due; one statement a list, however long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, false, func, or_, select

from marketplace.areas.codes import within
from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import last_day
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts.models import Contract, ContractChange
from marketplace.procurement.contracts.policy import visible_to
from marketplace.procurement.contracts.states import (
    ContractState,
    ContractStatus,
    contract_state,
    contract_status,
)
from marketplace.procurement.models import Buyer
from marketplace.procurement.policy import may_buy, may_supply, supplies_for
from marketplace.procurement.tenders.models import Lot, Tender

_MOST_TO_DRAFT = 50


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract as its readers see it. ``ends_on`` is the end in force; people who signed are never told."""

    id: UUID
    reference: str
    title: str
    state: ContractState
    is_framework: bool
    tender_id: UUID
    tender_title: str
    lot_id: UUID
    award_id: UUID | None
    call_off_id: UUID | None
    buyer_id: UUID
    buyer: str
    area_code: str
    organisation_id: UUID
    supplier: str
    currency: str
    value_fen: int
    added_fen: int
    paid_fen: int
    starts_on: date
    signed_ends_on: date
    ends_on: date
    drafted_at: datetime
    sign_from: datetime
    sign_due_at: datetime
    buyer_signed_at: datetime | None
    supplier_signed_at: datetime | None
    signed_at: datetime | None
    publish_due_at: datetime | None
    published_at: datetime | None
    content_hash: str | None
    accepted_at: datetime | None
    acceptance: str | None
    terminated_at: datetime | None
    termination_reason: str | None
    is_buyer: bool
    is_supplier: bool

    @property
    def status(self) -> ContractStatus:
        """OCDS's word for the state."""
        return contract_status(self.state)

    @property
    def sign_due_on(self) -> date:
        """The last day on which it is signed in time."""
        return last_day(self.sign_due_at)

    @property
    def publish_due_on(self) -> date | None:
        """The last day on which it is published in time."""
        return None if self.publish_due_at is None else last_day(self.publish_due_at)

    @property
    def total_fen(self) -> int:
        """The value as signed, and what supplements added."""
        return self.value_fen + self.added_fen

    @property
    def open_fen(self) -> int:
        """What may still be paid."""
        return self.total_fen - self.paid_fen


@dataclass(frozen=True, slots=True)
class AwardToDraft:
    """A standing award whose contract nobody has drafted yet."""

    award_id: UUID
    tender_id: UUID
    tender_title: str
    lot_title: str
    supplier: str
    price_fen: int
    currency: str


async def contract(session: Session, viewer: Viewer, contract_id: UUID) -> ContractRow:
    """One contract. Raises NotFound."""
    found = await contracts_by_ids(session, viewer, [contract_id])
    if contract_id not in found:
        raise NotFound()
    return found[contract_id]


async def contract_of_officer(session: Session, viewer: Viewer, contract_id: UUID) -> ContractRow:
    """A contract at the buyer's desk. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    row = await contract(session, viewer, contract_id)
    if not row.is_buyer:
        raise NotPermitted()
    return row


async def contract_of_supplier(session: Session, viewer: Viewer, contract_id: UUID) -> ContractRow:
    """A contract at the supplier's desk. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    row = await contract(session, viewer, contract_id)
    if not row.is_supplier:
        raise NotPermitted()
    return row


async def contracts_by_ids(
    session: Session, viewer: Viewer, contract_ids: Collection[UUID]
) -> dict[UUID, ContractRow]:
    """Those of the contracts that the viewer may see."""
    rows = await session.execute(_select().where(Contract.id.in_(contract_ids), visible_to(viewer)))
    return {row[0].id: _row(row, viewer) for row in rows}


async def contracts_of_tenders(
    session: Session, viewer: Viewer, tender_ids: Collection[UUID]
) -> dict[UUID, list[ContractRow]]:
    """By tender, the contracts that the viewer may see, by reference; at most fifty of each are expected, and no more made."""
    found: dict[UUID, list[ContractRow]] = {}
    query = _select().where(Contract.tender_id.in_(tender_ids), visible_to(viewer))
    for row in await session.execute(query.order_by(Contract.tender_id, Contract.reference)):
        found.setdefault(row[0].tender_id, []).append(_row(row, viewer))
    return found


async def published(
    session: Session,
    viewer: Viewer,
    request: PageRequest,
    *,
    buyer_id: UUID | None = None,
    organisation_id: UUID | None = None,
) -> Page[ContractRow]:
    """Public contracts, the newest first; of one buyer or one supplier where named."""
    query = _select().where(Contract.published_at.is_not(None))
    if buyer_id is not None:
        query = query.where(Contract.buyer_id == buyer_id)
    if organisation_id is not None:
        query = query.where(Contract.organisation_id == organisation_id)
    rows = await session.execute(falling(query, request, Contract.published_at, Contract.id))
    shown = [_row(row, viewer) for row in rows]
    return cut(shown, request, lambda row: encode_cursor(row.published_at, row.id))


async def of_officer(session: Session, viewer: Viewer, request: PageRequest) -> Page[ContractRow]:
    """The contracts of the buyers for which the viewer acts, the newest first. Raises SignInNeeded."""
    viewer.signed_in()
    areas = viewer.areas_of(Role.PROCUREMENT_OFFICER)
    reach = or_(*(within(Buyer.area_code, area) for area in areas)) if areas else false()
    return await _by_draft(session, viewer, request, reach)


async def of_supplier(session: Session, viewer: Viewer, request: PageRequest) -> Page[ContractRow]:
    """The contracts of the organisations for which the viewer acts, the newest first. Raises SignInNeeded."""
    viewer.signed_in()
    return await _by_draft(session, viewer, request, Contract.organisation_id.in_(supplies_for(viewer)))


async def to_draft(session: Session, viewer: Viewer) -> list[AwardToDraft]:
    """Awards that wait for their contracts at the viewer's desk, the oldest first. Raises SignInNeeded."""
    viewer.signed_in()
    areas = viewer.areas_of(Role.PROCUREMENT_OFFICER)
    if not areas:
        return []
    rows = await session.execute(
        select(
            Award.id,
            Award.tender_id,
            Tender.title,
            Lot.title,
            Organisation.name,
            Award.price_fen,
            Award.currency,
        )
        .join(Tender, Tender.id == Award.tender_id)
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .join(Lot, Lot.id == Award.lot_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(
            Award.ended_at.is_(None),
            Award.published_at.is_not(None),
            Tender.cancelled_at.is_(None),
            Tender.unsuccessful_at.is_(None),
            or_(*(within(Buyer.area_code, area) for area in areas)),
            ~exists().where(Contract.award_id == Award.id),
        )
        .order_by(Award.published_at, Award.id)
        .limit(_MOST_TO_DRAFT)
    )
    return [AwardToDraft(*row) for row in rows]


async def public_title(session: Session, tender_id: UUID) -> str:
    """The title of a purchase that was awarded, whose contracts are asked for. Raises NotFound for every other."""
    title: str | None = await session.scalar(
        select(Tender.title).where(Tender.id == tender_id, Tender.awarded_at.is_not(None))
    )
    if title is None:
        raise NotFound()
    return title


async def _by_draft(
    session: Session, viewer: Viewer, request: PageRequest, which: ColumnElement[bool]
) -> Page[ContractRow]:
    query = falling(_select().where(which), request, Contract.drafted_at, Contract.id)
    shown = [_row(row, viewer) for row in await session.execute(query)]
    return cut(shown, request, lambda row: encode_cursor(row.drafted_at, row.id))


def _select() -> Select[*tuple[Any, ...]]:
    changed_end = (
        select(ContractChange.ends_on)
        .where(
            ContractChange.contract_id == Contract.id,
            ContractChange.is_approved.is_(True),
            ContractChange.ends_on.is_not(None),
        )
        .order_by(ContractChange.number.desc())
        .limit(1)
        .correlate(Contract)
        .scalar_subquery()
    )
    return (
        select(
            Contract,
            Buyer.name,
            Buyer.area_code,
            Organisation.name,
            Tender.title,
            Award.ended_at,
            func.coalesce(changed_end, Contract.ends_on),
        )
        .join(Buyer, Buyer.id == Contract.buyer_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Tender, Tender.id == Contract.tender_id)
        .outerjoin(Award, Award.id == Contract.award_id)
    )


_SAME = (
    "id", "reference", "title", "is_framework", "tender_id", "lot_id", "award_id", "call_off_id", "buyer_id",
    "organisation_id", "currency", "value_fen", "added_fen", "paid_fen", "starts_on", "drafted_at", "sign_from",
    "sign_due_at", "buyer_signed_at", "supplier_signed_at", "signed_at", "publish_due_at", "published_at",
    "content_hash", "accepted_at", "acceptance", "terminated_at", "termination_reason",
)  # fmt: skip


def _row(row: Row[*tuple[Any, ...]], viewer: Viewer) -> ContractRow:
    one, buyer, area_code, supplier, tender_title, award_ended_at, ends_on = row
    return ContractRow(
        **{name: getattr(one, name) for name in _SAME},
        state=contract_state(one, award_stands=award_ended_at is None),
        buyer=buyer,
        area_code=area_code,
        supplier=supplier,
        tender_title=tender_title,
        signed_ends_on=one.ends_on,
        ends_on=ends_on,
        is_buyer=may_buy(viewer, area_code),
        is_supplier=may_supply(viewer, one.organisation_id),
    )
