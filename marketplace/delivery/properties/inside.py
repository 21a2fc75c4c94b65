"""Read what is for owners, the company and the community: demands, claims and the talk before renewal."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, or_, select

from marketplace.db.pages import falling, rising
from marketplace.db.session import Session
from marketplace.delivery.properties import policy, renewal
from marketplace.delivery.properties.demands import is_promised
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import (
    Compound,
    CompoundOwner,
    PropertyDemand,
    PropertyDemandSupport,
    RenewalMessage,
)
from marketplace.delivery.properties.owners import HOME, is_of_the_same_home
from marketplace.delivery.properties.policy import Standing
from marketplace.delivery.properties.states import ClaimState, DemandState, claim_state
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.kernel.vault import Vault


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A demand and how many owners want it, whoever raised it included; never who."""

    id: UUID
    compound_id: UUID
    part: str
    text: str
    raised_at: datetime
    wanted_by: int
    state: DemandState
    decline_reason: str | None
    is_mine: bool
    is_supported: bool


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim as its community sees it, or its own person: name and home are in no other list.

    ``others_confirmed`` and ``others_waiting`` count who else has, or claims, the same home; only where one claim is decided.
    """

    id: UUID
    compound_id: UUID
    compound: str
    name: str
    home: str | None
    claimed_at: datetime
    state: ClaimState
    refusal_reason: str | None
    is_mine: bool
    others_confirmed: int = 0
    others_waiting: int = 0


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A word in the talk, by side; a hidden one without its text, with the reason."""

    id: UUID
    property_contract_id: UUID
    side: str
    text: str | None
    written_at: datetime
    hidden_reason: str | None
    is_mine: bool


async def standing(session: Session, viewer: Viewer, compound_id: UUID) -> Standing:
    """What the viewer is to the compound. Raises NotFound."""
    return await policy.standing(session, viewer, await compound_of(session, compound_id))


async def demands(
    session: Session, viewer: Viewer, compound_id: UUID, request: PageRequest
) -> Page[DemandRow]:
    """The demands of a compound, the newest first. Raises NotFound for who is not inside."""
    (await standing(session, viewer, compound_id)).must_be_inside()
    query = _demands(viewer).where(PropertyDemand.compound_id == compound_id)
    rows = await session.execute(falling(query, request, PropertyDemand.raised_at, PropertyDemand.id))
    found = [_demand(row, viewer) for row in rows]
    return cut(found, request, lambda row: encode_cursor(row.raised_at, row.id))


async def demands_by_ids(
    session: Session, viewer: Viewer, demand_ids: Collection[UUID]
) -> dict[UUID, DemandRow]:
    """Those of the demands that the viewer may see."""
    query = (
        _demands(viewer)
        .join(Compound, Compound.id == PropertyDemand.compound_id)
        .where(PropertyDemand.id.in_(demand_ids), policy.inside_of(viewer, local_day(session.now())))
    )
    return {row[0].id: _demand(row, viewer) for row in await session.execute(query)}


async def demand(session: Session, viewer: Viewer, demand_id: UUID) -> DemandRow:
    """One demand. Raises NotFound."""
    found = await demands_by_ids(session, viewer, [demand_id])
    if demand_id not in found:
        raise NotFound()
    return found[demand_id]


async def open_demands(session: Session, viewer: Viewer, compound_id: UUID) -> Sequence[DemandRow]:
    """What waits for an answer, most wanted first, at most 50: what a draft is written from. Raises NotFound."""
    (await standing(session, viewer, compound_id)).must_be_inside()
    rows = await session.execute(
        _demands(viewer)
        .where(
            PropertyDemand.compound_id == compound_id, PropertyDemand.declined_at.is_(None), ~is_promised()
        )
        .order_by(_supports().desc(), PropertyDemand.raised_at, PropertyDemand.id)
        .limit(50)
    )
    return [_demand(row, viewer) for row in rows]


async def my_claims(session: Session, viewer: Viewer, vault: Vault, compound_id: UUID) -> Sequence[ClaimRow]:
    """What became of the viewer's claims in a compound, the newest first."""
    if viewer.is_stranger:
        return []
    rows = await session.execute(
        _claims()
        .where(CompoundOwner.compound_id == compound_id, CompoundOwner.person_id == viewer.person_id)
        .order_by(CompoundOwner.claimed_at.desc(), CompoundOwner.id.desc())
        .limit(10)
    )
    return [_claim(row, viewer, vault) for row in rows]


async def waiting_claims(
    session: Session, viewer: Viewer, vault: Vault, request: PageRequest
) -> Page[ClaimRow]:
    """Claims that wait for the viewer's community, the oldest first. Raises SignInNeeded."""
    viewer.signed_in()
    query = _claims().where(
        policy.looked_after_by(viewer),
        CompoundOwner.confirmed_at.is_(None),
        CompoundOwner.refused_at.is_(None),
        CompoundOwner.ended_at.is_(None),
    )
    rows = await session.execute(rising(query, request, CompoundOwner.claimed_at, CompoundOwner.id))
    found = [_claim(row, viewer, vault) for row in rows]
    return cut(found, request, lambda row: encode_cursor(row.claimed_at, row.id))


async def claim(session: Session, viewer: Viewer, vault: Vault, owner_id: UUID) -> ClaimRow:
    """One claim, for its community and its own person. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    row = (
        await session.execute(
            _claims().where(
                CompoundOwner.id == owner_id,
                or_(CompoundOwner.person_id == person_id, policy.looked_after_by(viewer)),
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    found = _claim(row, viewer, vault)
    if not policy.is_community(viewer, row.area_code):
        return found
    held, waiting = (
        await session.execute(
            select(func.count(CompoundOwner.confirmed_at), func.count()).where(is_of_the_same_home(row[0]))
        )
    ).one()
    return replace(found, others_confirmed=held, others_waiting=waiting - held)


async def messages(
    session: Session, viewer: Viewer, property_contract_id: UUID, request: PageRequest
) -> Page[MessageRow]:
    """The talk before renewal, the newest word first. Raises NotFound for who takes no part in it."""
    await renewal.inside(session, viewer, property_contract_id)
    query = select(RenewalMessage).where(RenewalMessage.property_contract_id == property_contract_id)
    rows = await session.scalars(falling(query, request, RenewalMessage.written_at, RenewalMessage.id))
    found = [_message(row, viewer) for row in rows]
    return cut(found, request, lambda row: encode_cursor(row.written_at, row.id))


async def message(session: Session, viewer: Viewer, message_id: UUID) -> MessageRow:
    """One message, for who takes part in its talk. Raises NotFound."""
    row = await session.get(RenewalMessage, message_id)
    if row is None:
        raise NotFound()
    await renewal.inside(session, viewer, row.property_contract_id)
    return _message(row, viewer)


def _supports() -> Any:
    return (
        select(func.count())
        .select_from(PropertyDemandSupport)
        .where(PropertyDemandSupport.demand_id == PropertyDemand.id)
        .correlate(PropertyDemand)
        .scalar_subquery()
    )


def _demands(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    mine = exists().where(
        PropertyDemandSupport.demand_id == PropertyDemand.id,
        PropertyDemandSupport.person_id == viewer.person_id,
    )
    return select(PropertyDemand, _supports(), mine, is_promised())


def _demand(row: Row[*tuple[Any, ...]], viewer: Viewer) -> DemandRow:
    one, supports, supported, promised = row
    state = DemandState.PROMISED if promised else DemandState.OPEN
    return DemandRow(
        id=one.id,
        compound_id=one.compound_id,
        part=one.part,
        text=one.text,
        raised_at=one.raised_at,
        wanted_by=supports + 1,
        state=DemandState.DECLINED if one.declined_at is not None else state,
        decline_reason=one.decline_reason,
        is_mine=one.raised_by == viewer.person_id,
        is_supported=bool(supported),
    )


def _claims() -> Select[*tuple[Any, ...]]:
    return (
        select(CompoundOwner, Compound.name, Person.name, Compound.area_code)
        .join(Compound, Compound.id == CompoundOwner.compound_id)
        .join(Person, Person.id == CompoundOwner.person_id)
    )


def _claim(row: Row[*tuple[Any, ...]], viewer: Viewer, vault: Vault) -> ClaimRow:
    one, compound, name, _area = row
    return ClaimRow(
        id=one.id,
        compound_id=one.compound_id,
        compound=compound,
        name=name,
        home=vault.decrypt(one.home_sealed, HOME) if one.home_sealed else None,
        claimed_at=one.claimed_at,
        state=claim_state(one),
        refusal_reason=one.refusal_reason,
        is_mine=one.person_id == viewer.person_id,
    )


def _message(row: RenewalMessage, viewer: Viewer) -> MessageRow:
    return MessageRow(
        id=row.id,
        property_contract_id=row.property_contract_id,
        side=row.side,
        text=None if row.hidden_at is not None else row.text,
        written_at=row.written_at,
        hidden_reason=row.hidden_reason,
        is_mine=row.written_by == viewer.person_id,
    )
