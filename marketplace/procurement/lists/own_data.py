"""Lists' share of a person's data: what they said in consultations. It was said in public without a name, so erasing the person keeps it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.procurement.lists.models import ListComment, ListEdition, ServiceList


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What the person said, about which list, and what was answered, as plain JSON values."""
    rows = (
        select(
            ServiceList.title,
            ListEdition.number,
            ListComment.text,
            ListComment.created_at,
            ListComment.answer,
            ListComment.answered_at,
            ListComment.hidden_at,
            ListComment.hidden_reason,
        )
        .join(ListEdition, ListEdition.id == ListComment.edition_id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .where(ListComment.person_id == person_id)
        .order_by(ListComment.id)
    )
    return {"comments": await plain_rows(session, rows)}


async def erase(session: Session, person_id: UUID) -> None:
    """Nothing: the consultation is part of a record that is kept for fifteen years, and no comment carries a name."""
