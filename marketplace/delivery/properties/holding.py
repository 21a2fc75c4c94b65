"""A compound held for a change: whoever changes its contracts, checklists or demands locks the compound's row, and nothing else."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.errors import ChecklistIsFrozen, PropertyContractIsOver
from marketplace.delivery.properties.models import Compound, PropertyContract
from marketplace.delivery.properties.policy import Standing
from marketplace.delivery.properties.states import OPEN_DRAFT, PropertyContractState, contract_state
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound

ANEW: Final = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class HeldContract:
    """A contract under its compound's lock, as it is now, and what the viewer is to it."""

    contract: PropertyContract
    compound: Compound
    standing: Standing
    today: date

    @property
    def state(self) -> PropertyContractState:
        return contract_state(self.contract, self.today)

    def must_be_unfrozen(self) -> None:
        """Raises ChecklistIsFrozen."""
        if self.state is not PropertyContractState.DRAFT:
            raise ChecklistIsFrozen()

    def must_await_agreement(self) -> None:
        """Raises PropertyContractIsOver."""
        if self.state in (
            PropertyContractState.ENDED,
            PropertyContractState.WITHDRAWN,
            PropertyContractState.OVER,
        ) or (self.state in OPEN_DRAFT and self.contract.ends_on < self.today):
            raise PropertyContractIsOver()


async def compound_of(session: Session, compound_id: UUID, *, locked: bool = False) -> Compound:
    """The compound, locked until the commit where that is asked. Raises NotFound."""
    query = select(Compound).where(Compound.id == compound_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(**ANEW)
    row: Compound | None = await session.scalar(query)
    if row is None:
        raise NotFound()
    return row


async def held_contract(session: Session, viewer: Viewer, property_contract_id: UUID) -> HeldContract:
    """The contract under its compound's lock, for who may see it. Raises NotFound."""
    compound_id = await session.scalar(
        select(PropertyContract.compound_id)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .where(PropertyContract.id == property_contract_id, policy.visible_to(viewer))
    )
    if compound_id is None:
        raise NotFound()
    compound = await compound_of(session, compound_id, locked=True)
    row = (
        await session.scalars(
            select(PropertyContract)
            .where(PropertyContract.id == property_contract_id)
            .execution_options(**ANEW)
        )
    ).one()
    return HeldContract(
        row, compound, await policy.standing(session, viewer, compound), local_day(session.now())
    )
