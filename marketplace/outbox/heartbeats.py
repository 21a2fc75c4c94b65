"""Signs of life: every worker writes one row now and then; readiness asks whether any is fresh."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.outbox.models import WorkerHeartbeat

FRESH = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of one worker."""

    worker: str
    at: datetime
    is_fresh: bool


def worker_name() -> str:
    """A name for this worker that no other has: machine, process and chance."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"


async def beat(session: Session, worker: str) -> None:
    """Say that ``worker`` is alive."""
    insert = upsert(session, WorkerHeartbeat)
    await session.execute(
        insert.values(worker=worker, beat_at=session.now()).on_conflict_do_update(
            index_elements=[WorkerHeartbeat.worker], set_={"beat_at": session.now()}
        )
    )


async def farewell(session: Session, worker: str) -> None:
    """``worker`` ends in good order."""
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.worker == worker))


async def beats(session: Session) -> list[Beat]:
    """All workers that are known, the liveliest first."""
    rows = await session.execute(
        select(WorkerHeartbeat.worker, WorkerHeartbeat.beat_at).order_by(WorkerHeartbeat.beat_at.desc())
    )
    return [Beat(row.worker, row.beat_at, session.now() - row.beat_at <= FRESH) for row in rows]
