"""What delivery facts are made of, for a dump: contracts, milestones, reports and changes one by one, deliveries and hours by month.

Deliveries are no public things; by month they are what the published facts add up.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import func, or_, select

from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.scorecards import counting
from marketplace.delivery.scorecards.counting import FACTS
from marketplace.delivery.scorecards.models import ProviderFacts
from marketplace.hours.models import LedgerEntry
from marketplace.kernel.clock import day_starts, local_day
from marketplace.opendata import scorecard_files as files
from marketplace.procurement.contracts.models import Contract, ContractChange, Milestone, MilestoneReport

Row: TypeAlias = tuple[Any, ...]
_MONTHS_AHEAD = 12


async def tables(session: Session, since: date) -> AsyncIterator[tuple[str, list[Row]]]:
    """Every table of facts and of what they are made of, by its name; ``since`` is the day from which facts were counted."""
    yield files.FACTS_TABLE, await _facts(session)
    yield files.CONTRACTS, await _contracts(session, since)
    yield files.MILESTONES, await _milestones(session, since)
    yield files.REPORTS, await _reports(session, since)
    yield files.CHANGES, await _changes(session, since)
    yield files.OBJECTIONS, await _objections(session, since)
    yield files.DELIVERIES, await _deliveries(session, since)
    yield files.VOLUNTEERING, await _volunteering(session, since)


async def _facts(session: Session) -> list[Row]:
    found = await session.execute(
        select(ProviderFacts.organisation_id, ProviderFacts.service_type, ProviderFacts.facts).order_by(
            ProviderFacts.organisation_id, ProviderFacts.service_type
        )
    )
    return [(provider, code, *(facts.get(name, 0) for name in FACTS)) for provider, code, facts in found]


async def _contracts(session: Session, since: date) -> list[Row]:
    moments = (Contract.signed_at, Contract.accepted_at, Contract.terminated_at)
    found = await session.execute(
        counting.of_contracts(*moments).where(or_(*(one >= day_starts(since) for one in moments)))
    )
    return _sorted(
        (provider, code, *(_day(moment, since) for moment in told)) for provider, code, *told in found
    )


async def _milestones(session: Session, since: date) -> list[Row]:
    found = await session.execute(counting.milestones(since, local_day(session.now())))
    return _sorted((provider, code, due_on, _day(at)) for provider, code, due_on, at in found)


async def _reports(session: Session, since: date) -> list[Row]:
    found = await session.execute(
        counting.of_contracts(MilestoneReport.number, MilestoneReport.is_accepted, MilestoneReport.decided_at)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .join(MilestoneReport, MilestoneReport.milestone_id == Milestone.id)
        .where(MilestoneReport.decided_at >= day_starts(since))
    )
    return _sorted((provider, code, number, ok, _day(at)) for provider, code, number, ok, at in found)


async def _changes(session: Session, since: date) -> list[Row]:
    found = await session.execute(
        counting.of_contracts(ContractChange.decided_at, ContractChange.added_fen)
        .join(ContractChange, ContractChange.contract_id == Contract.id)
        .where(
            ContractChange.is_approved.is_(True),
            ContractChange.kind == "change",
            ContractChange.decided_at >= day_starts(since),
        )
    )
    return _sorted((provider, code, _day(at), added) for provider, code, at, added in found)


async def _objections(session: Session, since: date) -> list[Row]:
    found = await session.execute(counting.objected(since))
    return _sorted((provider, code, kind, _day(at)) for provider, code, _, kind, at in found)


async def _deliveries(session: Session, since: date) -> list[Row]:
    last = await session.scalar(select(func.max(Delivery.ends_at)))
    told: dict[tuple[UUID, str, date], dict[str, int]] = {}
    for first, until in _months(since, None if last is None else local_day(last), session):
        for query in (await counting.deliveries(session, first), counting.commitments(first)):
            if until is not None:
                query = query.where(Delivery.ends_at < day_starts(until))
            for row in (await session.execute(query)).mappings():
                counts = told.setdefault((row["organisation_id"], row["service_type"], first), {})
                counts |= {name: int(row[name] or 0) for name in files.DELIVERY_COUNTS if name in row}
    return [
        (provider, code, _month(first), *(counts.get(name, 0) for name in files.DELIVERY_COUNTS))
        for (provider, code, first), counts in sorted(told.items())
    ]


async def _volunteering(session: Session, since: date) -> list[Row]:
    last = await session.scalar(select(func.max(LedgerEntry.served_on)))
    told: list[Row] = []
    for first, until in _months(since, last, session):
        query = counting.volunteers(first)
        if until is not None:
            query = query.where(LedgerEntry.served_on < until)
        for provider, code, minutes in await session.execute(query):
            told.append((provider, code, _month(first), int(minutes)))
    return _sorted(told)


def _months(since: date, last: date | None, session: Session) -> Iterator[tuple[date, date | None]]:
    """From ``since`` on, month by month: the first day of each part and the first that is past it; the last part has no end."""
    if last is None:
        return
    latest = min(last, local_day(session.now()) + timedelta(days=31 * _MONTHS_AHEAD))
    first = since
    while (until := (first.replace(day=28) + timedelta(days=4)).replace(day=1)) <= latest:
        yield first, until
        first = until
    yield first, None


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _day(moment: datetime | None, since: date | None = None) -> date | None:
    """The local day of a moment, where it is not before ``since``."""
    day = None if moment is None else local_day(moment)
    return None if day is None or (since is not None and day < since) else day


def _sorted(rows: Any) -> list[Row]:
    """The rows of which the service type is known, in an order that tells nothing of when they were written."""
    return sorted((row for row in rows if row[1] is not None), key=lambda row: tuple(map(str, row)))
