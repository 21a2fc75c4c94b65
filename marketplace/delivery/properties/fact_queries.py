"""Read who measures in a compound, and what they told of its promises."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, select
from sqlalchemy.orm import aliased

from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import (
    Compound,
    FactSource,
    PropertyCommitment,
    PropertyContract,
    PropertyFact,
)
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source of facts; ``is_mine`` says that the viewer keeps it."""

    id: UUID
    compound_id: UUID
    compound: str
    name: str
    kind: SourceKind
    ended_at: datetime | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact with its source; ``corrected_by`` is the later fact that took its place."""

    id: UUID
    commitment_id: UUID
    source_id: UUID
    source: str
    kind: SourceKind
    from_on: date
    until_on: date
    value: int
    note: str | None
    corrects_id: UUID | None
    corrected_by: UUID | None
    posted_at: datetime
    is_mine: bool


async def sources(session: Session, viewer: Viewer, compound_id: UUID) -> Sequence[SourceRow]:
    """The sources of a compound, by kind and name, at most 50; everybody may know who measures."""
    query = _sources().where(FactSource.compound_id == compound_id)
    rows = await session.execute(query.order_by(FactSource.kind, FactSource.name).limit(50))
    return [_source(row, viewer) for row in rows]


async def kept_sources(session: Session, viewer: Viewer) -> Sequence[SourceRow]:
    """The sources that the viewer keeps and that still post, at most 50. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    query = _sources().where(FactSource.keeper_id == person_id, FactSource.ended_at.is_(None))
    rows = await session.execute(query.order_by(Compound.name, FactSource.name).limit(50))
    return [_source(row, viewer) for row in rows]


async def sources_by_ids(
    session: Session, viewer: Viewer, source_ids: Collection[UUID]
) -> dict[UUID, SourceRow]:
    """The sources with these ids; they are public."""
    rows = await session.execute(_sources().where(FactSource.id.in_(source_ids)))
    return {row[0].id: _source(row, viewer) for row in rows}


async def source(session: Session, viewer: Viewer, source_id: UUID) -> SourceRow:
    """One source, for its keeper. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = (await sources_by_ids(session, viewer, [source_id])).get(source_id)
    if found is None or not found.is_mine:
        raise NotFound()
    return found


async def facts(session: Session, viewer: Viewer, commitment_id: UUID, request: PageRequest) -> Page[FactRow]:
    """Every fact of one promise, corrected ones too, the latest days first.

    For owners, the community, the company that promised it and the keepers. Raises NotFound.
    """
    contract: PropertyContract | None = await session.scalar(
        select(PropertyContract)
        .join(PropertyCommitment, PropertyCommitment.property_contract_id == PropertyContract.id)
        .where(PropertyCommitment.id == commitment_id)
    )
    if contract is None:
        raise NotFound()
    here = await policy.standing(session, viewer, await compound_of(session, contract.compound_id))
    if not here.reads_facts_of(contract.organisation_id) and not await _keeps_a_source(
        session, viewer, contract.compound_id
    ):
        raise NotFound()
    query = _facts().where(PropertyFact.commitment_id == commitment_id)
    rows = await session.execute(falling(query, request, PropertyFact.until_on, PropertyFact.id))
    found = [_fact(row, viewer) for row in rows]
    return cut(found, request, lambda row: encode_cursor(row.until_on, row.id))


async def fact(session: Session, viewer: Viewer, fact_id: UUID) -> FactRow:
    """A fact, for the keeper of its source. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    row = (await session.execute(_facts().where(PropertyFact.id == fact_id))).one_or_none()
    if row is None or not _fact(row, viewer).is_mine:
        raise NotFound()
    return _fact(row, viewer)


async def _keeps_a_source(session: Session, viewer: Viewer, compound_id: UUID) -> bool:
    mine = exists().where(FactSource.compound_id == compound_id, FactSource.keeper_id == viewer.person_id)
    return not viewer.is_stranger and bool(await session.scalar(select(mine)))


def _sources() -> Select[*tuple[Any, ...]]:
    return select(FactSource, Compound.name).join(Compound, Compound.id == FactSource.compound_id)


def _source(row: Row[*tuple[Any, ...]], viewer: Viewer) -> SourceRow:
    one, compound = row
    is_mine = not viewer.is_stranger and one.keeper_id == viewer.person_id
    return SourceRow(one.id, one.compound_id, compound, one.name, SourceKind(one.kind), one.ended_at, is_mine)


def _facts() -> Select[*tuple[Any, ...]]:
    later = aliased(PropertyFact)
    return (
        select(PropertyFact, FactSource, later.id)
        .join(FactSource, FactSource.id == PropertyFact.source_id)
        .outerjoin(later, and_(later.corrects_id == PropertyFact.id))
    )


def _fact(row: Row[*tuple[Any, ...]], viewer: Viewer) -> FactRow:
    one, source, corrected_by = row
    return FactRow(
        id=one.id,
        commitment_id=one.commitment_id,
        source_id=one.source_id,
        source=source.name,
        kind=SourceKind(source.kind),
        from_on=one.from_on,
        until_on=one.until_on,
        value=one.value,
        note=one.note,
        corrects_id=one.corrects_id,
        corrected_by=corrected_by,
        posted_at=one.posted_at,
        is_mine=not viewer.is_stranger and source.keeper_id == viewer.person_id,
    )
