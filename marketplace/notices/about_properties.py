"""Notices about compounds: owners to confirm and confirmed, demands answered, contracts to agree to, agreed and ended, talks that open."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.catalogue import rules
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.events import (
    DemandDeclined,
    OwnerClaimed,
    OwnerDecided,
    PropertyContractAgreed,
    PropertyContractAsked,
    PropertyContractEnded,
)
from marketplace.delivery.properties.models import (
    Compound,
    CompoundOwner,
    PropertyContract,
    PropertyDemand,
    PropertyDemandSupport,
)
from marketplace.identity.viewer import COMMUNITY_ROLES
from marketplace.kernel.clock import local_day
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.organisations.models import Organisation

_SLEPT: Final = timedelta(days=30)
"""A worker that slept longer than this lets the opening be: the page of the compound shows it."""


async def claimed(session: Session, event: OwnerClaimed) -> None:
    """The nearest workers hear that somebody says they own a home; not who."""
    compound = await session.get_one(Compound, event.compound_id)
    people = await audience.nearest(session, compound.area_code, *COMMUNITY_ROLES)
    facts: dict[str, Fact] = {"compound": compound.name}
    about = f"{Kind.OWNER_CLAIMED}:{event.owner_id}"
    await tell(session, people, News(Kind.OWNER_CLAIMED, about, facts, links.owner_claim(event.owner_id)))


async def decided(session: Session, event: OwnerDecided) -> None:
    """Who said that a home is theirs hears what the community found."""
    row = await session.get_one(CompoundOwner, event.owner_id)
    compound = await session.get_one(Compound, event.compound_id)
    kind = Kind.OWNER_CONFIRMED if row.refused_at is None else Kind.OWNER_REFUSED
    facts: dict[str, Fact] = {"compound": compound.name}
    if row.refused_at is not None:
        facts["reason"] = row.refusal_reason or ""
    await tell(session, [row.person_id], News(kind, f"{kind}:{row.id}", facts, links.compound(compound.id)))


async def declined(session: Session, event: DemandDeclined) -> None:
    """Who asked and who wanted it too hear why not."""
    row = await session.get_one(PropertyDemand, event.demand_id)
    compound = await session.get_one(Compound, event.compound_id)
    supporters = await session.scalars(
        select(PropertyDemandSupport.person_id).where(PropertyDemandSupport.demand_id == row.id)
    )
    facts: dict[str, Fact] = {
        "compound": compound.name,
        "part": Word(f"property_part.{row.part}"),
        "reason": row.decline_reason or "",
    }
    news = News(
        Kind.DEMAND_DECLINED,
        f"{Kind.DEMAND_DECLINED}:{row.id}",
        facts,
        links.compound_demands(compound.id),
    )
    await tell(session, {row.raised_by, *supporters}, news)


async def asked(session: Session, event: PropertyContractAsked) -> None:
    """The side that has not agreed yet hears that the other one has."""
    contract, compound, facts = await _contract(session, event.property_contract_id)
    if contract.owners_agreed_at is None:
        people = await audience.nearest(session, compound.area_code, *COMMUNITY_ROLES)
    elif contract.company_agreed_at is None:
        people = await audience.managers(session, contract.organisation_id)
    else:
        return  # the other side was quicker than this notice
    await _tell(session, people, Kind.PROPERTY_CONTRACT_ASKED, contract, facts)


async def agreed(session: Session, event: PropertyContractAgreed) -> None:
    """Owners, the company and the community hear what stands."""
    contract, compound, facts = await _contract(session, event.property_contract_id)
    facts |= {"from": contract.starts_on, "until": contract.ends_on}
    people = await _everybody(session, contract, compound)
    await _tell(session, people, Kind.PROPERTY_CONTRACT_AGREED, contract, facts)


async def ended(session: Session, event: PropertyContractEnded) -> None:
    """Owners, the company and the community hear why a contract ended; of a withdrawn draft the two sides only."""
    contract, compound, facts = await _contract(session, event.property_contract_id)
    facts["reason"] = contract.end_reason or ""
    was_agreed = contract.owners_agreed_at is not None and contract.company_agreed_at is not None
    people = (
        await _everybody(session, contract, compound)
        if was_agreed
        else await _sides(session, contract, compound)
    )
    await _tell(session, people, Kind.PROPERTY_CONTRACT_ENDED, contract, facts)


async def open_talks(session: Session) -> None:
    """Repeated task: when a talk before renewal opens, owners, company and community hear of it, once each."""
    today = local_day(session.now())
    rule = (await rules.in_force(session, "property.renewal")).value
    opens = today + timedelta(days=rule["opens_before_days"])
    since = session.now() - _SLEPT
    rows = await session.scalars(
        select(PropertyContract)
        .where(
            policy.in_force(today),
            PropertyContract.ends_on <= opens,
            or_(
                PropertyContract.ends_on >= opens - _SLEPT,
                PropertyContract.owners_agreed_at >= since,
                PropertyContract.company_agreed_at >= since,
            ),
        )
        .order_by(PropertyContract.id)
    )
    for contract in rows.all():
        _same, compound, facts = await _contract(session, contract.id)
        facts["until"] = contract.ends_on
        people = await _everybody(session, contract, compound)
        link = links.renewal_talk(contract.id)
        await _tell(session, people, Kind.RENEWAL_TALK_OPENED, contract, facts, link)


async def _contract(
    session: Session, property_contract_id: UUID
) -> tuple[PropertyContract, Compound, dict[str, Fact]]:
    contract = await session.get_one(PropertyContract, property_contract_id)
    compound = await session.get_one(Compound, contract.compound_id)
    company = await session.get_one(Organisation, contract.organisation_id)
    return contract, compound, {"compound": compound.name, "company": company.name}


async def _sides(session: Session, contract: PropertyContract, compound: Compound) -> Sequence[UUID]:
    workers = await audience.nearest(session, compound.area_code, *COMMUNITY_ROLES)
    return [*workers, *await audience.managers(session, contract.organisation_id)]


async def _everybody(session: Session, contract: PropertyContract, compound: Compound) -> Sequence[UUID]:
    owners = await session.scalars(
        select(CompoundOwner.person_id).where(CompoundOwner.compound_id == compound.id, policy.confirmed())
    )
    return [*owners, *await _sides(session, contract, compound)]


async def _tell(
    session: Session,
    people: Iterable[UUID],
    kind: Kind,
    contract: PropertyContract,
    facts: dict[str, Fact],
    link: str | None = None,
) -> None:
    told_for = f"{kind}:{contract.id}"
    await tell(session, people, News(kind, told_for, facts, link or links.property_contract(contract.id)))
