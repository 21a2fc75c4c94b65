"""Staffing's share of a person's data: pools they joined and what runs proposed to them, collected for the export, forgotten on erasure."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.staffing.models import AssignmentRun, PoolEntry, PoolShift, Proposal
from marketplace.volunteering.models import Need, Shift


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """The pools the person joined, and every proposal about them with its factors, as plain JSON values."""
    entries = (
        select(Need.title, PoolEntry.most_shifts, PoolEntry.joined_at, PoolEntry.left_at)
        .join(Need, Need.id == PoolEntry.need_id)
        .where(PoolEntry.person_id == person_id)
        .order_by(PoolEntry.id)
    )
    proposals = (
        select(
            Need.title,
            Shift.starts_at,
            Shift.ends_at,
            AssignmentRun.started_at.label("proposed_at"),
            AssignmentRun.weights_version,
            Proposal.score,
            Proposal.role,
            Proposal.factors,
            Proposal.dropped_at,
            Proposal.skipped_for,
        )
        .join(AssignmentRun, AssignmentRun.id == Proposal.run_id)
        .join(Shift, Shift.id == Proposal.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(Proposal.person_id == person_id)
        .order_by(Proposal.id)
    )
    return {
        "pools": await plain_rows(session, entries),
        "proposals": await plain_rows(session, proposals),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Leave every pool and forget choices and factors; that a run once named somebody stays, without a name, so that it can be checked."""
    entries = select(PoolEntry.id).where(PoolEntry.person_id == person_id)
    await session.execute(delete(PoolShift).where(PoolShift.entry_id.in_(entries)))
    await session.execute(
        update(PoolEntry)
        .where(PoolEntry.person_id == person_id, PoolEntry.left_at.is_(None))
        .values(left_at=session.now())
    )
    await session.execute(update(Proposal).where(Proposal.person_id == person_id).values(factors=None))
