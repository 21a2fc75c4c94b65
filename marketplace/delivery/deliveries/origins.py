"""Under what a delivery is planned: a running contract, a public need, or a property contract in force; with its term and its place."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.delivery.deliveries.drafts import PlanDraft
from marketplace.delivery.deliveries.errors import (
    FrameworkHasNoDeliveries,
    NeedHasNoDeliveriesNow,
    PropertyContractIsNotInForce,
    ProviderIsSuspended,
)
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.properties.models import Compound, PropertyContract
from marketplace.identity import viewers
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.organisations.models import Organisation
from marketplace.procurement.contracts import changes
from marketplace.procurement.contracts import policy as contract_policy
from marketplace.procurement.contracts.errors import ContractIsNotActive
from marketplace.procurement.contracts.models import Contract, Milestone
from marketplace.procurement.contracts.states import ContractState, contract_state
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.models import Lot, Tender
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.policy import may_manage
from marketplace.volunteering.policy import visible_to as needs_visible_to
from marketplace.volunteering.states import NeedState, need_state

PROPERTY_SERVICE: Final = "property_service"
_MOST_OFFERED: Final = 50
_WITH_DELIVERIES = (NeedState.OPEN, NeedState.CLOSED)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a delivery takes over from its origin. ``raised_by`` is the resident who asked for it."""

    contract_id: UUID | None
    need_id: UUID | None
    property_contract_id: UUID | None
    organisation_id: UUID | None
    title: str
    service_type: str
    area_code: str
    starts_on: date | None = None
    ends_on: date | None = None
    raised_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class OfferedOrigin:
    """Something to plan under: a contract, or a property contract by its compound's name."""

    kind: str
    id: UUID
    title: str


async def of_draft(session: Session, viewer: Viewer, draft: PlanDraft) -> Origin:
    """The origin that the draft names. Raises as ``found``."""
    return await found(session, viewer, draft.contract_id, draft.need_id, draft.property_contract_id)


async def found(
    session: Session,
    viewer: Viewer,
    contract_id: UUID | None = None,
    need_id: UUID | None = None,
    property_contract_id: UUID | None = None,
) -> Origin:
    """The one origin that is named, for who may plan under it.

    Raises SignInNeeded, NotFound, NotPermitted, ContractIsNotActive, FrameworkHasNoDeliveries, NeedHasNoDeliveriesNow,
    PropertyContractIsNotInForce, ProviderIsSuspended.
    """
    viewer.signed_in()
    if contract_id is not None:
        origin = await _of_contract(session, viewer, contract_id)
    elif need_id is not None:
        origin = await _of_need(session, viewer, need_id)
    elif property_contract_id is not None:
        origin = await _of_property(session, viewer, property_contract_id)
    else:
        raise NotFound()
    if origin.organisation_id is not None:
        provider = await session.get_one(Organisation, origin.organisation_id)
        if provider.suspended_at is not None:
            raise ProviderIsSuspended()
    return origin


async def offered(session: Session, viewer: Viewer) -> list[OfferedOrigin]:
    """Contracts under which the viewer may plan now, by title; at most fifty of each kind. Raises SignInNeeded."""
    viewer.signed_in()
    organisations = viewer.organisations_of(*ORGANISATION_ROLES)
    if not organisations:
        return []
    contracts = await session.execute(
        select(Contract.id, Contract.title)
        .where(
            Contract.organisation_id.in_(organisations),
            Contract.signed_at.is_not(None),
            Contract.accepted_at.is_(None),
            Contract.terminated_at.is_(None),
            Contract.is_framework.is_(False),
        )
        .order_by(Contract.title, Contract.id)
        .limit(_MOST_OFFERED)
    )
    property_contracts = await session.execute(
        select(PropertyContract.id, Compound.name)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .where(
            PropertyContract.organisation_id.in_(organisations),
            PropertyContract.owners_agreed_at.is_not(None),
            PropertyContract.company_agreed_at.is_not(None),
            PropertyContract.ended_at.is_(None),
            PropertyContract.ends_on >= local_day(session.now()),
        )
        .order_by(Compound.name, PropertyContract.id)
        .limit(_MOST_OFFERED)
    )
    return [
        *(OfferedOrigin("contract", row[0], row[1]) for row in contracts),
        *(OfferedOrigin("property", row[0], row[1]) for row in property_contracts),
    ]


async def must_fit(session: Session, origin: Origin, draft: PlanDraft) -> None:
    """The milestone is the contract's, the shift the need's. Raises InputIsInvalid."""
    if draft.milestone_id is not None:
        step = await session.get(Milestone, draft.milestone_id)
        if step is None or step.contract_id != origin.contract_id:
            raise InputIsInvalid.of("milestone_id", "unknown_choice", choice=str(draft.milestone_id))
    if draft.shift_id is not None:
        shift = await session.get(Shift, draft.shift_id)
        if shift is None or shift.need_id != origin.need_id or shift.cancelled_at is not None:
            raise InputIsInvalid.of("shift_id", "unknown_choice", choice=str(draft.shift_id))
        if draft.weeks > 1:
            raise InputIsInvalid.of("weeks", "less_than_equal", le=1)


async def shift_times(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[datetime, datetime] | None:
    """From when until when a shift lasts, of a need that the viewer may see."""
    found = select(Shift.starts_at, Shift.ends_at).join(Need, Need.id == Shift.need_id)
    row = (await session.execute(found.where(Shift.id == shift_id, needs_visible_to(viewer)))).one_or_none()
    return None if row is None else (row[0], row[1])


async def resident_who_asked(session: Session, need: Need) -> UUID | None:
    """Who raised the need, unless they did it as one of its organisers."""
    if need.raised_by is None:
        return None
    asked = await viewers.of_person(session, need.raised_by)
    if asked.is_stranger or may_manage(asked, area_code=need.area_code, organisation_id=need.organisation_id):
        return None
    return need.raised_by


async def term_of(session: Session, delivery: Delivery) -> tuple[date, date] | None:
    """The first and the last day of the contract under which it is brought; None under a need."""
    if delivery.contract_id is not None:
        contract = await session.get_one(Contract, delivery.contract_id)
        return contract.starts_on, await changes.end_in_force(session, contract)
    if delivery.property_contract_id is not None:
        agreed = await session.get_one(PropertyContract, delivery.property_contract_id)
        return agreed.starts_on, agreed.ends_on
    return None


async def _of_contract(session: Session, viewer: Viewer, contract_id: UUID) -> Origin:
    row = (
        await session.execute(
            select(
                Contract,
                Tender.category_code,
                Lot.area_code,
                Buyer.area_code,
                contract_policy.visible_to(viewer),
            )
            .join(Tender, Tender.id == Contract.tender_id)
            .join(Lot, Lot.id == Contract.lot_id)
            .join(Buyer, Buyer.id == Contract.buyer_id)
            .where(Contract.id == contract_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    contract: Contract = row[0]
    if not viewer.holds_in_organisation(contract.organisation_id, *ORGANISATION_ROLES):
        raise NotPermitted() if row[4] else NotFound()
    assert row[1] is not None, "a tender is published with its kind of service"
    if contract.is_framework:
        raise FrameworkHasNoDeliveries()
    if contract_state(contract) is not ContractState.ACTIVE:
        raise ContractIsNotActive()
    return Origin(
        contract_id,
        None,
        None,
        contract.organisation_id,
        contract.title,
        row[1],
        row[2] or row[3],
        contract.starts_on,
        await changes.end_in_force(session, contract),
    )


async def _of_need(session: Session, viewer: Viewer, need_id: UUID) -> Origin:
    need = await session.scalar(select(Need).where(Need.id == need_id, needs_visible_to(viewer)))
    if need is None:
        raise NotFound()
    if not may_manage(viewer, area_code=need.area_code, organisation_id=need.organisation_id):
        raise NotPermitted()
    if need_state(need) not in _WITH_DELIVERIES:
        raise NeedHasNoDeliveriesNow()
    asked = await resident_who_asked(session, need)
    return Origin(
        None,
        need_id,
        None,
        need.organisation_id,
        need.title,
        need.category_code,
        need.area_code,
        raised_by=asked,
    )


async def _of_property(session: Session, viewer: Viewer, property_contract_id: UUID) -> Origin:
    row = (
        await session.execute(
            select(PropertyContract, Compound.area_code, Compound.name)
            .join(Compound, Compound.id == PropertyContract.compound_id)
            .where(PropertyContract.id == property_contract_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    contract: PropertyContract = row[0]
    is_public = contract.owners_agreed_at is not None and contract.company_agreed_at is not None
    if not viewer.holds_in_organisation(contract.organisation_id, *ORGANISATION_ROLES):
        raise NotPermitted() if is_public else NotFound()
    today = local_day(session.now())
    if not is_public or contract.ended_at is not None or contract.ends_on < today:
        raise PropertyContractIsNotInForce()
    return Origin(
        None,
        None,
        property_contract_id,
        contract.organisation_id,
        row[2],
        PROPERTY_SERVICE,
        row[1],
        contract.starts_on,
        contract.ends_on,
    )
