"""Repeated tasks: a row each says when it is due; whoever claims the row runs it, one worker at a time."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import CursorResult, or_, select, update

from marketplace.db.insert import upsert
from marketplace.db.session import Database, Session
from marketplace.kernel.ids import new_id
from marketplace.outbox.inbox import in_short
from marketplace.outbox.models import ScheduledRun
from marketplace.outbox.registry import Registry, RepeatedErrand, RepeatedTask
from marketplace.outbox.timing import USUAL, Timing

_Task = RepeatedTask | RepeatedErrand
_SLACK = timedelta(minutes=1)
_RETRY = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


async def run_due(database: Database, registry: Registry, timing: Timing = USUAL) -> int:
    """Run each task that is due and that nobody else is running; how many ran well."""
    ran = 0
    for task in await _due(database, registry):
        token = new_id()
        async with database.unit_of_work() as session:
            is_ours = await _claim(session, task, token, timing)
        if is_ours:
            ran += await _run(database, task, token, timing)
    return ran


async def _due(database: Database, registry: Registry) -> list[_Task]:
    """The tasks that look due: one read, so that an idle house does not write every second."""
    async with database.reading() as session:
        later = await session.scalars(
            select(ScheduledRun.name).where(
                or_(ScheduledRun.due_at > session.now(), ScheduledRun.leased_until > session.now())
            )
        )
        waiting = set(later)
    return [task for task in registry.tasks.values() if task.name not in waiting]


async def _claim(session: Session, task: _Task, token: UUID, timing: Timing) -> bool:
    insert = upsert(session, ScheduledRun)
    await session.execute(insert.values(name=task.name, due_at=session.now()).on_conflict_do_nothing())
    claimed = await session.execute(
        update(ScheduledRun)
        .where(
            ScheduledRun.name == task.name,
            ScheduledRun.due_at <= session.now(),
            or_(ScheduledRun.leased_until.is_(None), ScheduledRun.leased_until <= session.now()),
        )
        .values(
            lease_token=token,
            leased_until=session.now() + timing.task_limit + _SLACK,
            last_started_at=session.now(),
        )
    )
    assert isinstance(claimed, CursorResult)
    return bool(claimed.rowcount == 1)


async def _run(database: Database, task: _Task, token: UUID, timing: Timing) -> bool:
    try:
        async with asyncio.timeout(timing.task_limit.total_seconds()):
            await _perform(database, task, token)
    except asyncio.CancelledError:  # the worker stops: the next one need not wait for the lease
        async with database.unit_of_work() as session:
            await _close(session, task, token, timedelta(0))
        raise
    except Exception as error:
        _log.error("task.failed", task=task.name, exc_info=error)
        async with database.unit_of_work() as session:
            await _close(session, task, token, min(task.every, _RETRY), last_error=in_short(error))
        return False
    return True


async def _perform(database: Database, task: _Task, token: UUID) -> None:
    """A task and the note that it ran are one transaction, so a worker that dies in between has done nothing."""
    if isinstance(task, RepeatedErrand):
        await task.run(database)
    async with database.unit_of_work() as session:
        if isinstance(task, RepeatedTask):
            await task.run(session)
        await _close(session, task, token, task.every, last_finished_at=session.now(), last_error=None)


async def _close(session: Session, task: _Task, token: UUID, wait: timedelta, **noted: Any) -> None:
    await session.execute(
        update(ScheduledRun)
        .where(ScheduledRun.name == task.name, ScheduledRun.lease_token == token)
        .values(due_at=session.now() + wait, lease_token=None, leased_until=None, **noted)
    )
