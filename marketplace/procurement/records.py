"""The record of a process: every act, linked to the one before by its hash, so that nothing can be changed or left out unseen.

Kept for fifteen years (采购法 article 42). ``process_id`` is the id of a service list or of a tender; what belongs to a tender, from
its first draft to the last payment, is in the tender's record.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import rfc8785
from sqlalchemy import insert, select

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.procurement.models import RecordEntry, RecordHead

GENESIS: Final = "0" * 64
"""The hash before the first act."""

_HASHED: Final = ("process_id", "number", "at", "actor_id", "action", "facts", "previous_hash")


def content_hash(content: Any) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON (RFC 8785) of ``content``: plain values only."""
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


async def append(
    session: Session, process_id: UUID, action: str, actor_id: UUID | None = None, **facts: Any
) -> RecordEntry:
    """Add an act in the caller's transaction. ``facts`` are plain values and ids; never personal data, never a sealed bid's content.

    Whoever appends to a process holds its head until the commit, so numbers have no gaps and no two acts share a place.
    """
    plain = {name: _plain(value) for name, value in facts.items()}
    number, previous = await _take(session, process_id)
    entry = {
        "process_id": process_id,
        "number": number,
        "at": session.now(),
        "actor_id": actor_id,
        "action": action,
        "facts": plain,
        "previous_hash": previous,
    }
    row = RecordEntry(**entry, hash=_hash(entry))
    await session.execute(
        insert(RecordEntry), [{column: getattr(row, column) for column in (*entry, "hash")}]
    )
    head = upsert(session, RecordHead)
    await session.execute(
        head.on_conflict_do_update(
            index_elements=[RecordHead.process_id],
            set_={"last_number": head.excluded.last_number, "last_hash": head.excluded.last_hash},
        ),
        {"process_id": process_id, "last_number": number, "last_hash": row.hash},
    )
    return row


async def entries(session: Session, process_id: UUID) -> Sequence[RecordEntry]:
    """The record of a process, the first act first."""
    found = select(RecordEntry).where(RecordEntry.process_id == process_id).order_by(RecordEntry.number)
    return (await session.scalars(found)).all()


def published(row: RecordEntry) -> dict[str, Any]:
    """An act as plain JSON values: what is hashed, and its hash."""
    entry = {name: _plain(getattr(row, name)) for name in _HASHED}
    return {**entry, "hash": row.hash}


def first_fault(record: Sequence[Mapping[str, Any]]) -> int | None:
    """The place of the first published act that does not follow from the one before it; None for a sound record."""
    previous = GENESIS
    for place, act in enumerate(record, start=1):
        hashed = {name: act.get(name) for name in _HASHED}
        is_sound = act.get("number") == place and act.get("previous_hash") == previous
        if not is_sound or act.get("hash") != content_hash(hashed):
            return place
        previous = act["hash"]
    return None


async def _take(session: Session, process_id: UUID) -> tuple[int, str]:
    """The next number and the hash to link to, with the head locked."""
    await session.execute(
        upsert(session, RecordHead).on_conflict_do_nothing(),
        {"process_id": process_id, "last_number": 0, "last_hash": GENESIS},
    )
    head = (
        await session.execute(
            select(RecordHead.last_number, RecordHead.last_hash)
            .where(RecordHead.process_id == process_id)
            .with_for_update()
        )
    ).one()
    return head.last_number + 1, head.last_hash


def _hash(entry: dict[str, Any]) -> str:
    return content_hash({name: _plain(value) for name, value in entry.items()})


def _plain(value: Any) -> Any:
    """JSON as it is; ids, moments and days as text. Numbers beyond 2^53 would not survive canonical JSON, so they are text too."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
