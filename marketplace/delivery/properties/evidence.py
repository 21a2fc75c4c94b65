"""How contracts were kept, month by month, from the facts that stand; and beside similar compounds, without names and without places."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.areas.codes import ancestors_of
from marketplace.catalogue import rules
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.facts import stands
from marketplace.delivery.properties.models import (
    Compound,
    FactSource,
    PropertyCommitment,
    PropertyContract,
    PropertyFact,
)
from marketplace.delivery.properties.performance import (
    Direction,
    Per,
    Promise,
    Result,
    Told,
    kept_in_all,
    months_until,
    results,
)
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day

MONTHS: Final = 12
COMPARED_MONTHS: Final = 3
LEAST_SIMILAR: Final = 3
"""Fewer similar compounds than this would tell who they are."""
_MOST_SIMILAR: Final = 12
_YEAR: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Record:
    """How a contract was kept: the months shown, and each line's results by its id. Numbers only, and so public."""

    property_contract_id: UUID
    months: Sequence[date]
    by_line: Mapping[UUID, Sequence[Result]]

    def of_kind(self, kind: SourceKind) -> tuple[int, int]:
        """How many judgements by one kind of source say kept, of how many."""
        return kept_in_all(row for rows in self.by_line.values() for row in rows if row.kind is kind)

    @property
    def kinds(self) -> Sequence[SourceKind]:
        """The kinds that told anything, in their order."""
        told = {row.kind for rows in self.by_line.values() for row in rows}
        return [kind for kind in SourceKind if kind in told]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Shares kept, in percent, by one kind of source: of this compound and of similar ones; ``others`` are sorted and nameless."""

    kind: SourceKind
    own: int | None
    others: Sequence[int]

    @property
    def middle(self) -> int | None:
        """The median of the others; None where too few similar compounds have evidence."""
        return round(median(self.others)) if len(self.others) >= LEAST_SIMILAR else None


async def records_of(
    session: Session, viewer: Viewer, property_contract_ids: Collection[UUID]
) -> dict[UUID, Record]:
    """By contract that the viewer may see, its last twelve months."""
    today = local_day(session.now())
    return await _records(session, viewer, property_contract_ids, months_until(today, MONTHS))


async def record(session: Session, viewer: Viewer, property_contract_id: UUID) -> Record:
    """The last twelve months of one contract; empty where there is nothing to see."""
    found = await records_of(session, viewer, [property_contract_id])
    months = months_until(local_day(session.now()), MONTHS)
    return found.get(property_contract_id) or Record(property_contract_id, months, {})


async def comparison(session: Session, viewer: Viewer, compound_id: UUID) -> Sequence[Comparison]:
    """Over the last three months, by kind of source. Where fewer than three similar compounds have evidence, ``others`` is empty."""
    own = await session.get(Compound, compound_id)
    if own is None:
        return []
    similar = await _similar(session, own)
    contracts = {
        compound: contract
        for contract, compound in await session.execute(
            select(PropertyContract.id, PropertyContract.compound_id).where(
                PropertyContract.compound_id.in_([compound_id, *similar]),
                policy.in_force(local_day(session.now())),
            )
        )
    }
    months = months_until(local_day(session.now()), COMPARED_MONTHS)
    found = await _records(session, viewer, list(contracts.values()), months)
    shares: dict[SourceKind, list[int]] = defaultdict(list)
    for compound in similar:
        kept = found.get(contracts[compound]) if compound in contracts else None
        for kind in kept.kinds if kept else ():
            share = _share(kept, kind)
            if share is not None:
                shares[kind].append(share)
    mine = found.get(contracts[compound_id]) if compound_id in contracts else None
    return [
        Comparison(
            kind,
            None if mine is None else _share(mine, kind),
            sorted(shares[kind]) if len(shares[kind]) >= LEAST_SIMILAR else [],
        )
        for kind in SourceKind
        if kind in shares or (mine is not None and kind in mine.kinds)
    ]


async def _similar(session: Session, own: Compound) -> Sequence[UUID]:
    """Compounds with nearly as many households, of the same district first, then the nearest in size. Small ones are left out."""
    rule = (await rules.in_force(session, "property.renewal")).value
    percent, least = rule["similar_percent"], rule["least_households"]
    if own.households < least:
        return []
    rows = await session.scalars(
        select(Compound)
        .join(PropertyContract, PropertyContract.compound_id == Compound.id)
        .where(
            Compound.id != own.id,
            policy.in_force(local_day(session.now())),
            Compound.households >= least,
            Compound.households * 100 >= own.households * (100 - min(percent, 100)),
            Compound.households * 100 <= own.households * (100 + percent),
        )
        .order_by(Compound.id)
        .limit(2_000)
    )
    district = ancestors_of(own.area_code)[1:2]

    def distance(row: Compound) -> tuple[bool, int, UUID]:
        return ancestors_of(row.area_code)[1:2] != district, abs(row.households - own.households), row.id

    return [row.id for row in sorted(rows, key=distance)[:_MOST_SIMILAR]]


def _share(kept: Record | None, kind: SourceKind) -> int | None:
    if kept is None:
        return None
    yes, judged = kept.of_kind(kind)
    return round(100 * yes / judged) if judged else None


async def _records(
    session: Session, viewer: Viewer, property_contract_ids: Collection[UUID], months: Sequence[date]
) -> dict[UUID, Record]:
    promised = await session.execute(
        select(PropertyContract.id, PropertyCommitment)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .join(PropertyCommitment, PropertyCommitment.property_contract_id == PropertyContract.id)
        .where(PropertyContract.id.in_(property_contract_ids), policy.visible_to(viewer))
        .order_by(PropertyCommitment.number)
    )
    by_contract: dict[UUID, list[Promise]] = defaultdict(list)
    for contract_id, row in promised:
        promise = Promise(row.id, Direction(row.direction), row.target, Per(row.per))
        by_contract[contract_id].append(promise)
    told = await _told(session, list(by_contract), months[0])
    return {
        contract_id: Record(
            contract_id,
            months,
            {
                one.id: [row for row in results(one, told.get(one.id, ())) if row.month in months]
                for one in promises
            },
        )
        for contract_id, promises in by_contract.items()
    }


async def _told(
    session: Session, property_contract_ids: Collection[UUID], first: date
) -> dict[UUID, list[Told]]:
    """The facts that stand; a year before the first month too, because a promise per year is judged at its end."""
    rows = await session.execute(
        select(
            PropertyFact.commitment_id,
            PropertyFact.source_id,
            FactSource.kind,
            PropertyFact.from_on,
            PropertyFact.until_on,
            PropertyFact.value,
        )
        .join(FactSource, FactSource.id == PropertyFact.source_id)
        .join(PropertyCommitment, PropertyCommitment.id == PropertyFact.commitment_id)
        .where(
            PropertyCommitment.property_contract_id.in_(property_contract_ids),
            PropertyFact.until_on >= first - _YEAR,
            stands(),
        )
    )
    found: dict[UUID, list[Told]] = defaultdict(list)
    for commitment_id, source_id, kind, from_on, until_on, value in rows:
        fact = Told(commitment_id, source_id, SourceKind(kind), from_on, until_on, value)
        found[commitment_id].append(fact)
    return found
