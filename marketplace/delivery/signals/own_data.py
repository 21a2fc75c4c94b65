"""The share of signals in a person's data: what they wished for. Erased, wishes end and their words are forgotten."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.delivery.signals.models import ServiceWish


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What the person wished for, as plain JSON values."""
    rows = (
        select(
            ServiceWish.service_type,
            ServiceWish.area_code,
            ServiceWish.text,
            ServiceWish.wished_at,
            ServiceWish.withdrawn_at,
            ServiceWish.taken_up_at,
        )
        .where(ServiceWish.person_id == person_id)
        .order_by(ServiceWish.id)
    )
    return {"wishes": await plain_rows(session, rows)}


async def erase(session: Session, person_id: UUID) -> None:
    """Open wishes count no more; that a draft was made of others stays, without words."""
    mine = ServiceWish.person_id == person_id
    await session.execute(update(ServiceWish).where(mine).values(text=None))
    is_open = (ServiceWish.withdrawn_at.is_(None), ServiceWish.taken_up_at.is_(None))
    await session.execute(update(ServiceWish).where(mine, *is_open).values(withdrawn_at=session.now()))
