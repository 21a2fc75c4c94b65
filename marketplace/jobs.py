"""Dead jobs: events whose delivery failed eight times. An administrator sees why, and retries them or skips them with a reason.

They stand above the slices, because the outbox itself knows nothing of people and their roles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.orm import aliased

from marketplace.areas.codes import CITY
from marketplace.db import audit
from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.identity.viewer import HeldRole, Role, Viewer
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.input import Draft, ShortText
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import HAS_NEWS

OPERATOR = Viewer(person_id=None, roles=(HeldRole(Role.ADMINISTRATOR, area_code=CITY),))
"""Whoever may run commands on the machine itself; the audit trail shows the system as the actor."""


class JobIsNotDead(Conflict):
    """It was retried, skipped or delivered in the meantime."""


class SkipDraft(Draft):
    """Why a job is skipped."""

    reason: ShortText


@dataclass(frozen=True, slots=True)
class DeadJob:
    """One dead event. ``waiting`` counts the later events of the same thing, which its death holds up."""

    id: UUID
    name: str
    subject_id: UUID
    attempts: int
    last_error: str
    created_at: datetime
    dead_at: datetime
    waiting: int


def may_tend(viewer: Viewer) -> bool:
    """Administrators of the whole city: an event may concern anybody."""
    return viewer.holds_in_area(CITY, Role.ADMINISTRATOR)


async def dead(session: Session, viewer: Viewer, page: PageRequest) -> Page[DeadJob]:
    """The dead jobs, the latest first. Raises SignInNeeded for a stranger, NotFound for whoever may not tend them."""
    _must_tend(viewer)
    query = falling(_dead_jobs(), page, OutboxEvent.dead_at, OutboxEvent.id)
    jobs = [_job(row) for row in await session.execute(query)]
    total = await session.scalar(
        select(func.count()).select_from(OutboxEvent).where(OutboxEvent.dead_at.is_not(None))
    )
    return cut(jobs, page, lambda job: encode_cursor(job.dead_at, job.id), total)


async def by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> Mapping[UUID, DeadJob]:
    """Those of ``ids`` that are dead jobs, for whoever may tend them; nothing for anybody else."""
    if not may_tend(viewer):
        return {}
    rows = await session.execute(_dead_jobs().where(OutboxEvent.id.in_(ids)))
    return {job.id: job for job in map(_job, rows)}


async def one(session: Session, viewer: Viewer, job_id: UUID) -> DeadJob:
    """One dead job. Raises as ``dead`` does, and JobIsNotDead when it is open or done."""
    _must_tend(viewer)
    found = (await by_ids(session, viewer, [job_id])).get(job_id)
    if found is None:
        raise await _why_not(session, job_id)
    return found


async def retry(session: Session, viewer: Viewer, job_id: UUID) -> None:
    """Give the job its eight attempts again, from now on. Raises as ``one`` does."""
    _must_tend(viewer)
    if not await _retry(session, viewer, [OutboxEvent.id == job_id]):
        raise await _why_not(session, job_id)


async def retry_all(session: Session, viewer: Viewer) -> int:
    """Retry every dead job, say after a server that all of them needed has come back; how many there were."""
    _must_tend(viewer)
    return await _retry(session, viewer, [])


async def skip(session: Session, viewer: Viewer, job_id: UUID, draft: SkipDraft) -> None:
    """Give the job up, with the reason on record, so that what waits behind it goes on. Raises as ``one`` does."""
    _must_tend(viewer)
    given_up = _those_dead([OutboxEvent.id == job_id]).values(done_at=session.now(), dead_at=None)
    for row in await session.execute(given_up.returning(OutboxEvent.id, OutboxEvent.name)):
        audit.record(
            session, viewer.person_id, "job.skipped", ("job", row.id), name=row.name, reason=draft.reason
        )
        session.info[HAS_NEWS] = True
        return
    raise await _why_not(session, job_id)


def _must_tend(viewer: Viewer) -> None:
    if not may_tend(viewer):
        viewer.signed_in()
        raise NotFound()


async def _retry(session: Session, viewer: Viewer, which: list[Any]) -> int:
    again = _those_dead(which).values(dead_at=None, attempts=0, available_at=session.now())
    retried = (await session.execute(again.returning(OutboxEvent.id, OutboxEvent.name))).all()
    for row in retried:
        audit.record(session, viewer.person_id, "job.retried", ("job", row.id), name=row.name)
    session.info[HAS_NEWS] = True
    return len(retried)


def _those_dead(which: list[Any]) -> Update:
    """Guarded by ``dead_at``: of two administrators who act at once, the second changes nothing."""
    return update(OutboxEvent).where(OutboxEvent.dead_at.is_not(None), *which)


async def _why_not(session: Session, job_id: UUID) -> JobIsNotDead | NotFound:
    is_there = await session.scalar(select(OutboxEvent.id).where(OutboxEvent.id == job_id))
    return JobIsNotDead() if is_there else NotFound()


def _dead_jobs() -> Select[Any]:
    behind = aliased(OutboxEvent)
    waiting = (
        select(func.count())
        .where(
            behind.stream_id == OutboxEvent.stream_id,
            behind.done_at.is_(None),
            behind.sequence > OutboxEvent.sequence,
        )
        .scalar_subquery()
    )
    return select(
        OutboxEvent.id,
        OutboxEvent.name,
        OutboxEvent.stream_id,
        OutboxEvent.attempts,
        OutboxEvent.last_error,
        OutboxEvent.created_at,
        OutboxEvent.dead_at,
        waiting.label("waiting"),
    ).where(OutboxEvent.dead_at.is_not(None))


def _job(row: Any) -> DeadJob:
    return DeadJob(
        id=row.id,
        name=row.name,
        subject_id=row.stream_id,
        attempts=row.attempts,
        last_error=row.last_error or "",
        created_at=row.created_at,
        dead_at=row.dead_at,
        waiting=row.waiting,
    )
