"""A framework's suppliers as they stand today, in the order that was published; and how its file lets services be called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.organisations.models import Organisation
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts.drafting import file_in_force
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.models import Buyer
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders.file import CallOffWay
from marketplace.procurement.tenders.models import Lot, Tender


@dataclass(frozen=True, slots=True)
class Standing:
    """A supplier of a framework's lot that may be given orders today."""

    organisation_id: UUID
    name: str
    place: int


@dataclass(frozen=True, slots=True)
class Framework:
    """A lot of a framework agreement, with who buys and how services are called off."""

    lot: Lot
    tender: Tender
    buyer: Buyer
    ways: Sequence[CallOffWay]
    suppliers: Sequence[Standing]

    def supplier(self, organisation_id: UUID | None) -> Standing | None:
        return next((one for one in self.suppliers if one.organisation_id == organisation_id), None)


async def framework(session: Session, lot_id: UUID) -> Framework:
    """The framework of a lot, public once it is awarded. Raises NotFound for a lot of another procedure."""
    found = (
        await session.execute(
            select(Lot, Tender, Buyer)
            .join(Tender, Tender.id == Lot.tender_id)
            .join(Buyer, Buyer.id == Tender.buyer_id)
            .where(Lot.id == lot_id, Tender.procedure == Procedure.FRAMEWORK, Tender.awarded_at.is_not(None))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    terms = (await file_in_force(session, found[1].id)).framework
    return Framework(*found, terms.ways if terms else (), await standing(session, lot_id))


async def standing(session: Session, lot_id: UUID) -> Sequence[Standing]:
    """The lot's suppliers in the published order: agreement in force, organisation verified and not suspended."""
    today = local_day(session.now())
    rows = await session.execute(
        select(Contract.organisation_id, Organisation.name, Award.place)
        .join(Award, Award.id == Contract.award_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(
            Contract.lot_id == lot_id,
            Contract.is_framework,
            Contract.signed_at.is_not(None),
            Contract.accepted_at.is_(None),
            Contract.terminated_at.is_(None),
            Contract.ends_on >= today,
            Award.ended_at.is_(None),
            Organisation.verified_at.is_not(None),
            Organisation.suspended_at.is_(None),
        )
        .order_by(Award.place, Award.id)
    )
    return [Standing(row.organisation_id, row.name, row.place) for row in rows]
