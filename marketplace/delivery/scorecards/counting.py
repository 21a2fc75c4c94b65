"""Delivery facts of every provider and service type, counted from records: what was due, done, kept, accepted, objected to and changed.

They stand beside opinions and never in one number with them. A contract's service type is its purchase's category, or else that of what
is delivered under it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, case, delete, func, or_, select

from marketplace.catalogue import rules
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.delivery.deliveries import clauses
from marketplace.delivery.deliveries.holding import overdue_after
from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment
from marketplace.delivery.scorecards.models import ProviderFacts
from marketplace.hours.models import LedgerEntry
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.ids import new_id
from marketplace.procurement.awards.models import Award, Objection
from marketplace.procurement.contracts.models import Contract, ContractChange, Milestone, MilestoneReport
from marketplace.procurement.tenders.models import Tender
from marketplace.volunteering.models import Need

VERSION: Final = 1
"""Of the rules of counting below. Whoever changes what a number means raises it; the words on the scorecard's page say the same."""

FACTS: Final = (
    "contracts_signed",
    "milestones_due",
    "milestones_on_time",
    "milestones_late",
    "reports_accepted_at_once",
    "reports_sent_back",
    "contracts_accepted",
    "contracts_ended_early",
    "contract_changes",
    "added_fen",
    "deliveries_ahead",
    "deliveries_done",
    "deliveries_overdue",
    "deliveries_cancelled",
    "deliveries_disputed",
    "deliveries_accepted",
    "deliveries_sent_back",
    "delivered_minutes",
    "commitments_told",
    "commitments_kept",
    "objections_upheld",
    "complaints_upheld",
    "volunteer_minutes",
)
"""The names of the numbers, in the order in which they are told. Each is there, 0 where nothing happened."""

_Cells: TypeAlias = defaultdict[tuple[UUID, str], dict[str, int]]
_AT_ONCE = 1_000


async def count_all(session: Session) -> None:
    """Count everything anew: a repeated task. As far back as ratings are kept; cells of which nothing is left go."""
    kept_days = (await rules.in_force(session, "rating.score")).value["kept_days"]
    today = local_day(session.now())
    since = today - timedelta(days=kept_days - 1)
    found: _Cells = defaultdict(lambda: dict.fromkeys(FACTS, 0))
    for query in (
        _contracts(since),
        _changes(since),
        _reports(since),
        await deliveries(session, since),
        commitments(since),
        _objections(since),
        volunteers(since),
    ):
        for row in (await session.execute(query)).mappings():
            _add(found, row)
    for organisation_id, code, due_on, reported_at in await session.execute(milestones(since, today)):
        if code is not None:
            is_on_time = reported_at is not None and local_day(reported_at) <= due_on
            facts = found[organisation_id, code]
            facts["milestones_due"] += 1
            facts["milestones_on_time" if is_on_time else "milestones_late"] += 1
    await _put(session, found, since)


def _add(found: _Cells, row: Mapping[Any, Any]) -> None:
    if row["service_type"] is None:
        return
    facts = found[row["organisation_id"], row["service_type"]]
    for name in FACTS:
        if name in row:
            facts[name] += int(row[name] or 0)


async def _put(session: Session, found: _Cells, since: date) -> None:
    rows = [
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "service_type": service_type,
            "facts": facts,
            "counted_from": since,
            "counted_at": session.now(),
        }
        # In one order, so that two who count at once never wait for each other crosswise.
        for (organisation_id, service_type), facts in sorted(found.items(), key=lambda one: one[0])
        if any(facts.values())
    ]
    table = ProviderFacts.__table__
    assert isinstance(table, Table)
    insert = upsert(session, table)
    changing = {name: insert.excluded[name] for name in ("facts", "counted_from", "counted_at")}
    connection = await session.connection()
    for start in range(0, len(rows), _AT_ONCE):
        await connection.execute(
            insert.on_conflict_do_update(index_elements=["organisation_id", "service_type"], set_=changing),
            rows[start : start + _AT_ONCE],
        )
    await session.execute(delete(ProviderFacts).where(ProviderFacts.counted_at < session.now()))


def _service_type() -> ColumnElement[Any]:
    """SQL over contracts joined with their tenders."""
    delivered = (
        select(func.min(Delivery.service_type))
        .where(Delivery.contract_id == Contract.id)
        .correlate(Contract)
        .scalar_subquery()
    )
    return func.coalesce(Tender.category_code, delivered).label("service_type")


def of_contracts(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Over contracts that both sides signed."""
    return (
        select(Contract.organisation_id, _service_type(), *columns)
        .select_from(Contract)
        .join(Tender, Tender.id == Contract.tender_id)
        .where(Contract.signed_at.is_not(None))
    )


def _grouped(query: Select[*tuple[Any, ...]], names: Iterable[str]) -> Select[*tuple[Any, ...]]:
    """The sums of the named columns by provider and service type."""
    rows = query.subquery()
    sums = (func.sum(rows.c[name]).label(name) for name in names)
    return select(rows.c.organisation_id, rows.c.service_type, *sums).group_by(
        rows.c.organisation_id, rows.c.service_type
    )


def _contracts(since: date) -> Select[*tuple[Any, ...]]:
    start = day_starts(since)
    columns = {
        "contracts_signed": Contract.signed_at >= start,
        "contracts_accepted": Contract.accepted_at >= start,
        "contracts_ended_early": Contract.terminated_at >= start,
    }
    query = of_contracts(*(_as_number(test).label(name) for name, test in columns.items()))
    return _grouped(query, columns)


def _changes(since: date) -> Select[*tuple[Any, ...]]:
    query = (
        of_contracts(_as_number(ContractChange.id.is_not(None)).label("contract_changes"))
        .add_columns(ContractChange.added_fen)
        .join(ContractChange, ContractChange.contract_id == Contract.id)
        .where(
            ContractChange.is_approved.is_(True),
            ContractChange.kind == "change",
            ContractChange.decided_at >= day_starts(since),
        )
    )
    return _grouped(query, ("contract_changes", "added_fen"))


def _reports(since: date) -> Select[*tuple[Any, ...]]:
    at_once = and_(MilestoneReport.number == 1, MilestoneReport.is_accepted.is_(True))
    query = (
        of_contracts(
            _as_number(at_once).label("reports_accepted_at_once"),
            _as_number(MilestoneReport.is_accepted.is_(False)).label("reports_sent_back"),
        )
        .join(Milestone, Milestone.contract_id == Contract.id)
        .join(MilestoneReport, MilestoneReport.milestone_id == Milestone.id)
        .where(MilestoneReport.decided_at >= day_starts(since))
    )
    return _grouped(query, ("reports_accepted_at_once", "reports_sent_back"))


def milestones(since: date, today: date) -> Select[*tuple[Any, ...]]:
    """Milestones that are over, each with the moment of its report, unless that was sent back; without those an early end dropped."""
    reported = (
        select(func.min(MilestoneReport.reported_at))
        .where(MilestoneReport.milestone_id == Milestone.id, MilestoneReport.is_accepted.is_not(False))
        .correlate(Milestone)
        .scalar_subquery()
    )
    return (
        of_contracts(Milestone.due_on, reported)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .where(
            Milestone.due_on >= since,
            Milestone.due_on < today,
            or_(Contract.terminated_at.is_(None), reported.is_not(None)),
        )
    )


async def deliveries(session: Session, since: date) -> Select[*tuple[Any, ...]]:
    """Where deliveries that end since then stand, and how long those that took place took, by provider and service type."""
    late_at = session.now() - await overdue_after(session)
    is_done = Delivery.done_at.is_not(None)
    counted = {
        "deliveries_ahead": and_(clauses.is_open(), Delivery.ends_at > late_at),
        "deliveries_done": is_done,
        "deliveries_overdue": and_(clauses.is_open(), Delivery.ends_at <= late_at),
        "deliveries_cancelled": Delivery.cancelled_at.is_not(None),
        "deliveries_disputed": clauses.is_disputed(),
        "deliveries_accepted": clauses.was_accepted(),
        "deliveries_sent_back": clauses.was_sent_back(),
    }
    return (
        select(
            Delivery.organisation_id,
            Delivery.service_type,
            *(func.count().filter(test).label(name) for name, test in counted.items()),
            func.sum(Delivery.minutes).filter(is_done).label("delivered_minutes"),
        )
        .where(Delivery.organisation_id.is_not(None), Delivery.ends_at >= day_starts(since))
        .group_by(Delivery.organisation_id, Delivery.service_type)
    )


def commitments(since: date) -> Select[*tuple[Any, ...]]:
    """What was promised of deliveries that took place, where it was told what came of it, by provider and service type."""
    return (
        select(
            Delivery.organisation_id,
            Delivery.service_type,
            func.count().label("commitments_told"),
            func.count().filter(clauses.was_kept()).label("commitments_kept"),
        )
        .select_from(DeliveryCommitment)
        .join(Delivery, Delivery.id == DeliveryCommitment.delivery_id)
        .where(
            Delivery.organisation_id.is_not(None),
            Delivery.done_at.is_not(None),
            Delivery.cancelled_at.is_(None),
            Delivery.ends_at >= day_starts(since),
            DeliveryCommitment.actual.is_not(None),
        )
        .group_by(Delivery.organisation_id, Delivery.service_type)
    )


def objected(since: date) -> Select[*tuple[Any, ...]]:
    """What others brought forward against a purchase, or a lot of it, that was awarded to the provider, and was found to be right."""
    return (
        select(
            Award.organisation_id,
            Tender.category_code.label("service_type"),
            Objection.id,
            Objection.kind,
            Objection.answered_at,
        )
        .select_from(Objection)
        .join(Tender, Tender.id == Objection.tender_id)
        .join(
            Award,
            and_(
                Award.tender_id == Objection.tender_id,
                or_(Objection.lot_id.is_(None), Objection.lot_id == Award.lot_id),
            ),
        )
        .where(
            Objection.is_upheld.is_(True),
            Objection.answered_at >= day_starts(since),
            Objection.organisation_id != Award.organisation_id,
            Award.published_at.is_not(None),
        )
        .distinct()
    )


def _objections(since: date) -> Select[*tuple[Any, ...]]:
    rows = objected(since).subquery()
    return select(
        rows.c.organisation_id,
        rows.c.service_type,
        func.count().filter(rows.c.kind == "objection").label("objections_upheld"),
        func.count().filter(rows.c.kind == "complaint").label("complaints_upheld"),
    ).group_by(rows.c.organisation_id, rows.c.service_type)


def volunteers(since: date) -> Select[*tuple[Any, ...]]:
    """What volunteers served for the provider's own needs, by provider and service type."""
    return (
        select(
            Need.organisation_id,
            Need.category_code.label("service_type"),
            func.sum(LedgerEntry.minutes).label("volunteer_minutes"),
        )
        .join(Need, Need.id == LedgerEntry.need_id)
        .where(Need.organisation_id.is_not(None), LedgerEntry.served_on >= since)
        .group_by(Need.organisation_id, Need.category_code)
    )


def _as_number(test: ColumnElement[bool]) -> ColumnElement[int]:
    """1 where it holds, else 0."""
    return case((test, 1), else_=0)
