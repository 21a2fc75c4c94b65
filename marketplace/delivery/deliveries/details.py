"""What belongs to a delivery: commitments and whether they were kept, evidence, those who receive it; and what a contract's came to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.delivery.deliveries import queries
from marketplace.delivery.deliveries.clauses import BUYER_SHELVES, Shelf, on_shelf, was_accepted, was_kept
from marketplace.delivery.deliveries.models import (
    Delivery,
    DeliveryCommitment,
    DeliveryEvidence,
    DeliveryRecipient,
)
from marketplace.delivery.deliveries.policy import shows_evidence_to, visible_to
from marketplace.delivery.deliveries.queries import DeliveryRow, counted, page_of, times_of
from marketplace.delivery.deliveries.recipients import PURPOSE
from marketplace.delivery.deliveries.states import is_kept
from marketplace.hours.models import Attendance
from marketplace.hours.states import Method
from marketplace.identity.models import Person
from marketplace.identity.phones import mask
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest
from marketplace.kernel.vault import Vault
from marketplace.procurement.contracts import queries as contract_queries
from marketplace.procurement.contracts.queries import ContractRow

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A measurable commitment; ``is_kept`` is None until it is told what it came to."""

    number: int
    text: str
    unit: str
    direction: str
    target: int
    actual: int | None
    is_kept: bool | None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A piece of evidence; who added it is not told, only whether the viewer did."""

    id: UUID
    kind: str
    text: str | None
    file_name: str | None
    content_type: str | None
    size: int | None
    added_at: datetime
    is_mine: bool

    @property
    def has_file(self) -> bool:
        return self.content_type is not None


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """Somebody who receives it, as the provider and the community see them: the name that was given, and a masked phone."""

    id: UUID
    number: int
    name: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class CheckIns:
    """How many volunteers checked in to the shift that became this delivery, and how many of them by a code."""

    people: int
    by_code: int


@dataclass(frozen=True, slots=True)
class ContractDeliveries:
    """What the deliveries of one contract came to so far. ``kept`` of ``told`` commitments were kept."""

    contract: ContractRow
    shelves: dict[Shelf, int]
    planned: int
    done: int
    accepted: int
    minutes: int
    told: int
    kept: int


async def commitments_of(
    session: Session, viewer: Viewer, delivery_ids: Collection[UUID]
) -> dict[UUID, list[CommitmentRow]]:
    """By delivery, what was promised of those that the viewer may see."""
    rows = await session.execute(
        select(DeliveryCommitment.delivery_id, DeliveryCommitment)
        .join(Delivery, Delivery.id == DeliveryCommitment.delivery_id)
        .where(Delivery.id.in_(delivery_ids), visible_to(viewer))
        .order_by(DeliveryCommitment.delivery_id, DeliveryCommitment.number)
    )
    return {
        key: [
            CommitmentRow(
                one.number,
                one.text,
                one.unit,
                one.direction,
                one.target,
                one.actual,
                is_kept(one.direction, one.target, one.actual),
            )
            for one in found
        ]
        for key, found in grouped(rows).items()
    }


async def evidence_of(
    session: Session, viewer: Viewer, delivery_ids: Collection[UUID]
) -> dict[UUID, list[EvidenceRow]]:
    """By delivery, what shows that it happened, in the order of adding; for those who may read it."""
    rows = await session.execute(
        select(DeliveryEvidence.delivery_id, DeliveryEvidence)
        .join(Delivery, Delivery.id == DeliveryEvidence.delivery_id)
        .where(
            Delivery.id.in_(delivery_ids), DeliveryEvidence.removed_at.is_(None), shows_evidence_to(viewer)
        )
        .order_by(DeliveryEvidence.delivery_id, DeliveryEvidence.added_at, DeliveryEvidence.id)
    )
    return {
        key: [
            EvidenceRow(
                one.id,
                one.kind,
                one.text,
                one.file_name,
                one.content_type,
                one.size,
                one.added_at,
                one.added_by == viewer.person_id,
            )
            for one in found
        ]
        for key, found in grouped(rows).items()
    }


async def recipients_of(
    session: Session, viewer: Viewer, vault: Vault, delivery_id: UUID
) -> list[RecipientRow]:
    """Those who receive it, for whoever brings or looks after it. Raises SignInNeeded, NotFound for everybody else."""
    row = await queries.delivery(session, viewer, delivery_id)
    if not row.may_record:
        raise NotFound()
    found = await session.execute(
        select(DeliveryRecipient, Person.name)
        .outerjoin(Person, Person.id == DeliveryRecipient.person_id)
        .where(DeliveryRecipient.delivery_id == delivery_id)
        .order_by(DeliveryRecipient.number)
        .limit(MOST_SHOWN)
    )
    # Under a need it is the resident who asked; owners of a compound are nobody's to know, their company's least of all.
    return [_recipient(vault, one[0], one[1] if row.need_id is not None else None) for one in found]


async def check_ins_of(
    session: Session, viewer: Viewer, delivery_ids: Collection[UUID]
) -> dict[UUID, CheckIns]:
    """By delivery that came of a volunteer shift, how many checked in."""
    by_code = case((Attendance.check_in_method.in_([Method.QR, Method.SHORT_CODE]), 1), else_=0)
    rows = await session.execute(
        select(Delivery.id, func.count(), func.sum(by_code))
        .join(Attendance, Attendance.shift_id == Delivery.shift_id)
        .where(Delivery.id.in_(delivery_ids), visible_to(viewer))
        .group_by(Delivery.id)
    )
    return {row[0]: CheckIns(int(row[1]), int(row[2] or 0)) for row in rows}


async def of_contract(
    session: Session, viewer: Viewer, contract_id: UUID, shelf: Shelf, request: PageRequest
) -> Page[DeliveryRow]:
    """A stretch of a contract's deliveries, for its two sides. Raises SignInNeeded, NotFound."""
    await _side(session, viewer, contract_id)
    which = (Delivery.contract_id == contract_id) & on_shelf(shelf, await times_of(session))
    return await page_of(session, viewer, which, request, shelf)


async def contract_deliveries(session: Session, viewer: Viewer, contract_id: UUID) -> ContractDeliveries:
    """What a contract's deliveries came to, for its two sides. Raises SignInNeeded, NotFound."""
    contract = await _side(session, viewer, contract_id)
    times = await times_of(session)
    mine = Delivery.contract_id == contract_id
    shelves = await counted(session, mine, {one: on_shelf(one, times) for one in BUYER_SHELVES})
    sums = (
        await session.execute(
            select(
                func.count(),
                func.count(Delivery.done_at),
                func.count().filter(was_accepted()),
                func.sum(Delivery.minutes),
            ).where(mine, Delivery.cancelled_at.is_(None))
        )
    ).one()
    told, kept = (await kept_of(session, [contract_id])).get(contract_id, (0, 0))
    return ContractDeliveries(contract, shelves, sums[0], sums[1], sums[2], int(sums[3] or 0), told, kept)


async def kept_of(session: Session, contract_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """By contract, of how many commitments it was told what they came to, and how many of them were kept."""
    rows = await session.execute(
        select(
            Delivery.contract_id,
            func.count(DeliveryCommitment.actual),
            func.count().filter(was_kept()),
        )
        .join(DeliveryCommitment, DeliveryCommitment.delivery_id == Delivery.id)
        .where(
            Delivery.contract_id.in_(contract_ids),
            Delivery.done_at.is_not(None),
            DeliveryCommitment.actual.is_not(None),
        )
        .group_by(Delivery.contract_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows if row[0] is not None}


async def by_milestone(session: Session, viewer: Viewer, contract_id: UUID) -> dict[UUID, tuple[int, int]]:
    """By milestone, how many of its deliveries are planned and how many of them done. Raises SignInNeeded, NotFound."""
    await _side(session, viewer, contract_id)
    rows = await session.execute(
        select(Delivery.milestone_id, func.count(), func.count(Delivery.done_at))
        .where(
            Delivery.contract_id == contract_id,
            Delivery.milestone_id.is_not(None),
            Delivery.cancelled_at.is_(None),
        )
        .group_by(Delivery.milestone_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows if row[0] is not None}


async def _side(session: Session, viewer: Viewer, contract_id: UUID) -> ContractRow:
    """The contract, for its two sides. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    contract = await contract_queries.contract(session, viewer, contract_id)
    if not contract.is_buyer and not viewer.holds_in_organisation(
        contract.organisation_id, *ORGANISATION_ROLES
    ):
        raise NotFound()
    return contract


def _recipient(vault: Vault, one: DeliveryRecipient, account: str | None) -> RecipientRow:
    """The account's name is told only where the provider named the account and not a phone: else a phone would tell a name."""
    name = vault.decrypt(one.name_sealed, PURPOSE) if one.name_sealed else None
    phone = mask(vault.decrypt(one.phone_sealed, PURPOSE)) if one.phone_sealed else None
    if name is None and phone is None and one.person_id is not None:
        name = account
    return RecipientRow(one.id, one.number, name, phone)
