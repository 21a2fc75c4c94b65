"""The share of property services in a person's data: claims, demands, supports, words in talks. Erased, what others rely on stays wordless."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.delivery.properties.models import (
    Compound,
    CompoundOwner,
    FactSource,
    PropertyDemand,
    PropertyDemandSupport,
    RenewalMessage,
)
from marketplace.delivery.properties.owners import FORGOTTEN, HOME
from marketplace.kernel.vault import Vault


class OwnData:
    """Collects and erases; the vault opens what was sealed."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def collect(self, session: Session, person_id: UUID) -> dict[str, Any]:
        """What the person said and is in compounds, as plain JSON values."""
        claims = await session.execute(
            select(CompoundOwner, Compound.name)
            .join(Compound, Compound.id == CompoundOwner.compound_id)
            .where(CompoundOwner.person_id == person_id)
            .order_by(CompoundOwner.id)
        )
        demands = (
            select(
                Compound.name.label("compound"),
                PropertyDemand.part,
                PropertyDemand.text,
                PropertyDemand.raised_at,
            )
            .join(Compound, Compound.id == PropertyDemand.compound_id)
            .where(PropertyDemand.raised_by == person_id)
            .order_by(PropertyDemand.id)
        )
        supports = (
            select(PropertyDemand.text, PropertyDemandSupport.supported_at)
            .join(PropertyDemand, PropertyDemand.id == PropertyDemandSupport.demand_id)
            .where(PropertyDemandSupport.person_id == person_id)
            .order_by(PropertyDemand.id)
        )
        messages = (
            select(RenewalMessage.side, RenewalMessage.text, RenewalMessage.written_at)
            .where(RenewalMessage.written_by == person_id)
            .order_by(RenewalMessage.id)
        )
        sources = (
            select(Compound.name.label("compound"), FactSource.name, FactSource.kind)
            .join(Compound, Compound.id == FactSource.compound_id)
            .where(FactSource.keeper_id == person_id)
            .order_by(FactSource.id)
        )
        return {
            "homes": [
                {
                    "compound": name,
                    "home": self._vault.decrypt(row.home_sealed, HOME) if row.home_sealed else None,
                    "claimed_at": row.claimed_at.isoformat(),
                    "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
                    "refused_at": row.refused_at.isoformat() if row.refused_at else None,
                    "ended_at": row.ended_at.isoformat() if row.ended_at else None,
                }
                for row, name in claims
            ],
            "demands": await plain_rows(session, demands),
            "supported_demands": await plain_rows(session, supports),
            "renewal_messages": await plain_rows(session, messages),
            "kept_sources": await plain_rows(session, sources),
        }

    async def erase(self, session: Session, person_id: UUID) -> None:
        """Forget homes and words; end claims and sources. How many wanted something before stays among those who still want it."""
        now = session.now()
        await session.execute(
            update(CompoundOwner)
            .where(CompoundOwner.person_id == person_id)
            .values(refusal_reason=None, **FORGOTTEN)
        )
        await session.execute(
            update(CompoundOwner)
            .where(CompoundOwner.person_id == person_id, CompoundOwner.ended_at.is_(None))
            .values(ended_at=now)
        )
        await session.execute(
            update(FactSource)
            .where(FactSource.keeper_id == person_id, FactSource.ended_at.is_(None))
            .values(ended_at=now)
        )
        await session.execute(
            update(RenewalMessage).where(RenewalMessage.written_by == person_id).values(text="")
        )
        await session.execute(
            delete(PropertyDemandSupport).where(PropertyDemandSupport.person_id == person_id)
        )
        await session.execute(
            update(PropertyDemand).where(PropertyDemand.raised_by == person_id).values(text="")
        )
