"""Both sides sign, once suppliers had their time to object and while nothing rests; then the contract is published with its hash."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts.errors import (
    AwardDoesNotStand,
    ContractIsNotActive,
    ContractIsNotSigned,
    OnePersonSignsOnce,
    TooEarlyToSign,
)
from marketplace.procurement.contracts.events import ContractPublished, ContractSigned
from marketplace.procurement.contracts.holding import Held, held
from marketplace.procurement.contracts.models import Contract, Milestone
from marketplace.procurement.contracts.states import ContractState
from marketplace.procurement.errors import TenderIsOver, TenderIsSuspended
from marketplace.procurement.models import Buyer
from marketplace.procurement.profiles import rule
from marketplace.procurement.records import content_hash
from marketplace.procurement.working_days import calendar


async def sign_for_buyer(session: Session, viewer: Viewer, contract_id: UUID) -> None:
    """The officer signs; a second click changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, OnePersonSignsOnce, and what ``_must_be_time`` raises.
    """
    it = await held(session, viewer, contract_id)
    officer = it.officer(viewer)
    if it.contract.buyer_signed_at is not None:
        return
    await _must_be_time(session, it)
    if it.contract.signed_by_supplier == officer:
        raise OnePersonSignsOnce()
    it.contract.signed_by_buyer, it.contract.buyer_signed_at = officer, session.now()
    await _signed(session, it, officer, "buyer")


async def sign_for_supplier(session: Session, viewer: Viewer, contract_id: UUID) -> None:
    """The supplier's manager signs; a second click changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, OnePersonSignsOnce, and what ``_must_be_time`` raises.
    """
    it = await held(session, viewer, contract_id)
    manager = it.supplier(viewer)
    if it.contract.supplier_signed_at is not None:
        return
    await _must_be_time(session, it)
    if it.contract.signed_by_buyer == manager:
        raise OnePersonSignsOnce()
    it.contract.signed_by_supplier, it.contract.supplier_signed_at = manager, session.now()
    await _signed(session, it, manager, "supplier")


async def publish_contract(session: Session, viewer: Viewer, contract_id: UUID) -> None:
    """Make the signed contract public, with the hash of what it says; a second click changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, ContractIsNotSigned.
    """
    it = await held(session, viewer, contract_id)
    officer = it.officer(viewer)
    if it.contract.published_at is not None:
        return
    if it.contract.signed_at is None:
        raise ContractIsNotSigned()
    digest = content_hash(await content(session, it.contract))
    it.contract.content_hash, it.contract.published_at = digest, session.now()
    await it.note(session, officer, "contract.published", content_hash=digest)
    await publish(session, ContractPublished(it.tender.id, contract_id))


async def content(session: Session, contract: Contract) -> dict[str, Any]:
    """What the contract says as it was signed, as plain values: that over which the published hash goes. It names no people."""
    buyer = await session.get_one(Buyer, contract.buyer_id)
    supplier = await session.get_one(Organisation, contract.organisation_id)
    milestones = await session.scalars(
        select(Milestone)
        .where(Milestone.contract_id == contract.id, Milestone.change_id.is_(None))
        .order_by(Milestone.number)
    )
    return {
        "reference": contract.reference,
        "title": contract.title,
        "is_framework": contract.is_framework,
        "tender": str(contract.tender_id),
        "lot": str(contract.lot_id),
        "buyer": {"id": str(buyer.id), "name": buyer.name},
        "supplier": {"id": str(supplier.id), "name": supplier.name, "credit_code": supplier.credit_code},
        "value_fen": str(contract.value_fen),
        "currency": contract.currency,
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
        "signed_at": contract.signed_at.isoformat() if contract.signed_at else None,
        "milestones": _plain(milestones.all()),
    }


def _plain(milestones: Sequence[Milestone]) -> list[dict[str, Any]]:
    return [
        {
            "number": one.number,
            "title": one.title,
            "deliverable": one.deliverable,
            "due_on": one.due_on.isoformat(),
            "value_fen": str(one.value_fen),
        }
        for one in milestones
    ]


async def _must_be_time(session: Session, it: Held) -> None:
    """Raises TenderIsSuspended, TenderIsOver, AwardDoesNotStand, ContractIsNotActive, TooEarlyToSign."""
    if it.tender.suspended_at is not None:
        raise TenderIsSuspended(article=(await rule(session, "suspension")).article)
    if it.tender.cancelled_at is not None or it.tender.unsuccessful_at is not None:
        raise TenderIsOver()
    if it.state is ContractState.VOID:
        raise AwardDoesNotStand()
    if it.state is not ContractState.DRAFT:
        raise ContractIsNotActive()
    if session.now() < it.contract.sign_from:
        article = (await rule(session, "objection")).article
        raise TooEarlyToSign(from_at=it.contract.sign_from, article=article)


async def _signed(session: Session, it: Held, by: UUID, side: str) -> None:
    await it.note(session, by, "contract.signed", side=side)
    row = it.contract
    if row.buyer_signed_at is None or row.supplier_signed_at is None:
        return
    row.signed_at = session.now()
    if it.award is not None:
        it.award.signed_at = session.now()
    published = await rule(session, "contract_published")
    row.publish_due_at = (await calendar(session)).due(session.now(), published, "within_days")
    await publish(session, ContractSigned(it.tender.id, row.id))
