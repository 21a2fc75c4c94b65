"""Mobilisations' share of a person's data: calls and answers, collected for the export; on erasure live calls end."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.staffing import mobilisations
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.volunteering.models import Need, Shift


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """The person's calls with their answers, as plain JSON values."""
    rows = (
        select(
            Need.title,
            Shift.starts_at,
            Mobilisation.kind,
            Call.called_at,
            Call.metres,
            Call.score,
            Call.answered_at,
            Call.accepted,
            Call.ended_at,
        )
        .join(Mobilisation, Mobilisation.id == Call.mobilisation_id)
        .join(Shift, Shift.id == Mobilisation.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(Call.person_id == person_id)
        .order_by(Call.id)
    )
    return {"calls": await plain_rows(session, rows)}


async def erase(session: Session, person_id: UUID) -> None:
    """End the live call. The rest stays as numbers; how far away the person lived goes."""
    await mobilisations.end_calls(session, Call.person_id == person_id)
    for call in await session.scalars(select(Call).where(Call.person_id == person_id)):
        call.metres = None
