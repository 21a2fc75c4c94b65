"""The share of contracts in a person's data: the opinions they gave. Erased, an opinion still counts, without its words."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.procurement.contracts.models import Contract, UserOpinion


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What the person said of services, as plain JSON values."""
    rows = (
        select(
            Contract.reference,
            Contract.title,
            UserOpinion.is_satisfied,
            UserOpinion.text,
            UserOpinion.given_at,
        )
        .join(Contract, Contract.id == UserOpinion.contract_id)
        .where(UserOpinion.person_id == person_id)
        .order_by(UserOpinion.id)
    )
    return {"opinions": await plain_rows(session, rows)}


async def erase(session: Session, person_id: UUID) -> None:
    """Forget the words, in which anything may stand; that somebody was heard is part of the acceptance and stays."""
    await session.execute(update(UserOpinion).where(UserOpinion.person_id == person_id).values(text=""))
