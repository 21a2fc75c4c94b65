"""A contract held for a change: whoever changes something of a purchase after its award locks the tender's row, and nothing else.

One lock for all of it, so that nobody waits in a circle and the purchase's record is written in the order of what happened.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement import records
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts import policy
from marketplace.procurement.contracts.errors import ContractIsNotActive
from marketplace.procurement.contracts.models import Contract, Milestone
from marketplace.procurement.contracts.states import ContractState, contract_state
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.models import Tender

ANEW: Final = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class Held:
    """A contract under its tender's lock, as it is now, with the buyer; ``award`` is None for an order of a framework."""

    contract: Contract
    tender: Tender
    buyer: Buyer
    award: Award | None

    @property
    def state(self) -> ContractState:
        return contract_state(self.contract, award_stands=self.award is None or self.award.ended_at is None)

    def must_be_active(self) -> None:
        """Raises ContractIsNotActive."""
        if self.state is not ContractState.ACTIVE:
            raise ContractIsNotActive()

    def officer(self, viewer: Viewer) -> UUID:
        """Raises SignInNeeded, NotPermitted, OfficerBelongsToTheSupplier."""
        return policy.must_be_officer(viewer, self.buyer.area_code, self.contract.organisation_id)

    def supplier(self, viewer: Viewer) -> UUID:
        """Raises SignInNeeded, NotPermitted."""
        return policy.must_be_supplier(viewer, self.contract.organisation_id)

    async def note(self, session: Session, by: UUID, action: str, **facts: Any) -> None:
        """Write the act into the purchase's record and into the audit trail. ``facts`` name nobody."""
        contract_id = self.contract.id
        await records.append(session, self.tender.id, action, by, contract_id=contract_id, **facts)
        audit.record(session, by, action, ("contract", contract_id), **facts)


async def lock_tender(session: Session, tender_id: UUID) -> Tender:
    """The tender's row, locked until the commit and read anew. Raises NotFound."""
    row: Tender | None = await session.scalar(
        select(Tender).where(Tender.id == tender_id).with_for_update(key_share=True).execution_options(**ANEW)
    )
    if row is None:
        raise NotFound()
    return row


async def held(session: Session, viewer: Viewer, contract_id: UUID) -> Held:
    """The contract under its lock, for who may see it. Raises NotFound."""
    tender_id = await session.scalar(
        select(Contract.tender_id)
        .join(Buyer, Buyer.id == Contract.buyer_id)
        .where(Contract.id == contract_id, policy.visible_to(viewer))
    )
    if tender_id is None:
        raise NotFound()
    tender = await lock_tender(session, tender_id)
    row = (
        await session.execute(
            select(Contract, Buyer, Award)
            .join(Buyer, Buyer.id == Contract.buyer_id)
            .outerjoin(Award, Award.id == Contract.award_id)
            .where(Contract.id == contract_id)
            .execution_options(**ANEW)
        )
    ).one()
    return Held(row[0], tender, row[1], row[2])


async def held_by_milestone(session: Session, viewer: Viewer, milestone_id: UUID) -> tuple[Held, Milestone]:
    """A milestone with its contract under the lock. Raises NotFound."""
    milestone = await session.get(Milestone, milestone_id)
    if milestone is None:
        raise NotFound()
    it = await held(session, viewer, milestone.contract_id)
    await session.refresh(milestone)
    return it, milestone
