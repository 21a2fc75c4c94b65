"""Lots as rows: written when a version is published, ended one by one when nothing comes of them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish as tell
from marketplace.procurement import records
from marketplace.procurement.tenders.events import TenderEndedUnsuccessful
from marketplace.procurement.tenders.file import FileLot, TenderFile
from marketplace.procurement.tenders.models import Lot, Tender

_MIRRORED = ("number", "title", "ceiling_fen", "currency", "area_code", "starts_on", "ends_on")


async def put(session: Session, tender: Tender, file: TenderFile) -> None:
    """Make the rows what the file says: new lots added, changed ones changed, those no longer there removed but kept.

    A number belongs to one lot for ever: bids and letters name lots by it. Raises InputIsInvalid.
    """
    rows = {row.id: row for row in await of_tender(session, tender.id, removed=True)}
    owners = {row.number: row.id for row in rows.values()}
    for at, lot in enumerate(file.lots):
        if owners.setdefault(lot.number, lot.id) != lot.id:
            raise InputIsInvalid.of(f"lots.{at}.number", "lint_lot_number_used", number=lot.number)
        row = rows.get(lot.id)
        if row is None:
            session.add(_row(tender.id, lot))
        elif row.number != lot.number:
            raise InputIsInvalid.of(f"lots.{at}.number", "lint_lot_number_used", number=lot.number)
        else:
            _fill(row, lot)
            row.removed_at = None
    kept = {lot.id for lot in file.lots}
    for row in rows.values():
        if row.id not in kept and row.removed_at is None:
            row.removed_at = session.now()
    await session.flush()


async def of_tender(session: Session, tender_id: UUID, *, removed: bool = False) -> Sequence[Lot]:
    """The lots of a tender by number; those that an amendment removed only when asked for."""
    found = select(Lot).where(Lot.tender_id == tender_id).order_by(Lot.number)
    if not removed:
        found = found.where(Lot.removed_at.is_(None))
    return (await session.scalars(found)).all()


async def end(session: Session, lot_id: UUID, reason: str, by: UUID | None) -> UUID:
    """One lot ends without a result; answers its tender. Twice changes nothing. Raises NotFound."""
    lot = await session.get(Lot, lot_id, with_for_update={"key_share": True}, populate_existing=True)
    if lot is None:
        raise NotFound()
    if lot.unsuccessful_at is None:
        lot.unsuccessful_at, lot.unsuccessful_reason = session.now(), reason
        await session.flush()
        await records.append(session, lot.tender_id, "lot.unsuccessful", by, lot_id=lot_id, reason=reason)
        audit.record(session, by, "lot.unsuccessful", ("tender", lot.tender_id), lot=lot_id, reason=reason)
        await tell(session, TenderEndedUnsuccessful(lot.tender_id))
    return lot.tender_id


async def all_ended(session: Session, tender_id: UUID) -> bool:
    """Whether no lot of the tender is left that something may come of."""
    left = exists().where(Lot.tender_id == tender_id, Lot.removed_at.is_(None), Lot.unsuccessful_at.is_(None))
    return not await session.scalar(select(left))


def own(file: TenderFile, known: Mapping[UUID, int]) -> TenderFile:
    """The file with ids of lots that are this tender's. ``known`` are its lots, by id, with their numbers.

    Ids come with the file, so one could name another tender's lot, or one twice. A lot whose id is not known is the known one with
    its number, as for programs that send no ids; else it is new.
    """
    named = [lot.id for lot in file.lots if lot.id in known]
    free = {number: lot_id for lot_id, number in known.items() if lot_id not in named}
    used: set[UUID] = set()
    lots = []
    for lot in file.lots:
        is_own = lot.id in known and lot.id not in used
        lot_id = lot.id if is_own else free.pop(lot.number) if lot.number in free else new_id()
        used.add(lot_id)
        lots.append(lot.model_copy(update={"id": lot_id}))
    return file.model_copy(update={"lots": tuple(lots)})


def _row(tender_id: UUID, lot: FileLot) -> Lot:
    row = Lot(id=lot.id, tender_id=tender_id)
    _fill(row, lot)
    return row


def _fill(row: Lot, lot: FileLot) -> None:
    for name in _MIRRORED:
        setattr(row, name, getattr(lot, name))
