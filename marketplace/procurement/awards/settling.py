"""What acts on awards leave behind: an award that ended, a lot without a result, and where the whole process stands after it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.awards.events import AwardEnded
from marketplace.procurement.awards.models import Award
from marketplace.procurement.awards.states import Ending
from marketplace.procurement.tenders.models import Lot, Tender
from marketplace.procurement.tenders.tenders import end_lot_unsuccessful, end_unsuccessful

COMPLAINT_UPHELD: Final = "complaint_upheld"
"""Why a process ended that a complaint showed to be wrong, beside the codes of ``tenders.states.EndReason``: ``end_reason.<code>``."""


def is_over(tender: Tender) -> bool:
    """Whether the process ended for good."""
    return any((tender.cancelled_at, tender.unsuccessful_at, tender.completed_at))


async def standing(session: Session, tender_id: UUID, lot_id: UUID | None = None) -> Sequence[Award]:
    """The awards that stand, of one lot or of all, by seat."""
    found = select(Award).where(Award.tender_id == tender_id, Award.ended_at.is_(None))
    if lot_id is not None:
        found = found.where(Award.lot_id == lot_id)
    return (await session.scalars(found.order_by(Award.lot_id, Award.seat))).all()


async def end(
    session: Session, tender: Tender, award: Award, why: Ending, by: UUID, reason: str | None
) -> None:
    """Note that the award does not stand any more, and tell; the caller settles the process afterwards."""
    award.ended_at, award.ended_for, award.ended_reason = session.now(), why.value, reason
    await records.append(session, tender.id, "award.ended", by, award_id=award.id, why=why)
    audit.record(session, by, "award.ended", ("award", award.id), why=why)
    await publish(session, AwardEnded(tender.id, award.id))
    # A successor takes the same seat, whose index the database checks at once.
    await session.flush()


async def end_lot(session: Session, tender: Tender, lot_id: UUID, why: str, by: UUID) -> None:
    """A lot has no result; with the last one the process ends too."""
    await end_lot_unsuccessful(session, lot_id, why, by)
    if not is_over(tender):
        await settle(session, tender)


async def end_process(session: Session, tender: Tender, why: str, by: UUID) -> None:
    """The process ends without a result, and its awards with it; a new one may refer to it."""
    for award in await standing(session, tender.id):
        await end(session, tender, award, Ending.COMPLAINT_UPHELD, by, None)
    await end_unsuccessful(session, tender.id, why, by)


async def open_lots(session: Session, tender_id: UUID) -> Sequence[Lot]:
    """The lots that are in the file and have not ended without a result."""
    found = select(Lot).where(
        Lot.tender_id == tender_id, Lot.removed_at.is_(None), Lot.unsuccessful_at.is_(None)
    )
    return (await session.scalars(found.order_by(Lot.number))).all()


async def settle(session: Session, tender: Tender) -> None:
    """``awarded_at`` stands while every lot that is left has a published award: the fact from which the stage is derived."""
    await session.flush()
    awarded = {award.lot_id for award in await standing(session, tender.id) if award.published_at is not None}
    lots = await open_lots(session, tender.id)
    if lots and all(lot.id in awarded for lot in lots):
        tender.awarded_at = tender.awarded_at or session.now()
    else:
        tender.awarded_at = None
