"""The record of a list or a tender as readers may have it: its acts for everybody, its facts for who supervises, all of it after the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement import policy, records
from marketplace.procurement.lists.models import ListEdition, ServiceList
from marketplace.procurement.models import Buyer, RecordEntry
from marketplace.procurement.tenders.models import Tender
from marketplace.procurement.tenders.states import ENDED, Stage, stage


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """``acts`` are published acts with their hashes; ``is_whole`` says that facts and actors may be shown with them."""

    process_id: UUID
    is_tender: bool
    title: str
    acts: Sequence[dict[str, Any]]
    is_whole: bool

    @property
    def head(self) -> str:
        """The hash of the newest act: whoever noted it earlier can tell whether what came before was changed since."""
        return str(self.acts[-1]["hash"]) if self.acts else records.GENESIS


async def process_record(session: Session, viewer: Viewer, process_id: UUID) -> ProcessRecord:
    """The record of a process that the viewer may see. Raises NotFound.

    Before the result the ids of actors could tell who sits on the panel, so the public reads what was done and when, with the hashes.
    """
    title, area_code, is_tender, is_over = await _process(session, viewer, process_id)
    may_read_all = is_over or _looks_after(viewer, area_code)
    rows = await records.entries(session, process_id)
    return ProcessRecord(
        process_id=process_id,
        is_tender=is_tender,
        title=title,
        acts=[_act(row, may_read_all) for row in rows],
        is_whole=may_read_all,
    )


def _act(row: RecordEntry, is_whole: bool) -> dict[str, Any]:
    act = records.published(row)
    return act if is_whole else {name: act[name] for name in ("number", "at", "action", "hash")}


async def _process(session: Session, viewer: Viewer, process_id: UUID) -> tuple[str, str, bool, bool]:
    """Title, area, whether it is a tender, and whether its result is public."""
    is_ours = policy.of_the_trade(viewer, Buyer.area_code)
    tender = await session.scalar(
        select(Tender)
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .where(Tender.id == process_id, or_(Tender.published_at.is_not(None), is_ours))
    )
    if tender is not None:
        return tender.title, tender.area_code, True, _has_result(tender, session.now())
    shown = exists().where(
        ListEdition.list_id == ServiceList.id, ListEdition.consultation_opened_at.is_not(None)
    )
    found = (
        await session.execute(
            select(ServiceList.title, Buyer.area_code)
            .join(Buyer, Buyer.id == ServiceList.buyer_id)
            .where(ServiceList.id == process_id, or_(shown, is_ours))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found.title, found.area_code, False, True


def _has_result(tender: Tender, now: datetime) -> bool:
    return tender.awarded_at is not None or stage(tender, now) in ENDED | {Stage.AWARDED}


def _looks_after(viewer: Viewer, area_code: str) -> bool:
    return viewer.holds_in_area(area_code, Role.PROCUREMENT_SUPERVISOR, Role.AUDITOR)
