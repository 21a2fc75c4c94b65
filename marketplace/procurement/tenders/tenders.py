"""A tender's course until its bids are in: published, called off, or ended without a result. Whoever changes one holds its row."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.outbox.publish import publish as tell
from marketplace.procurement import records
from marketplace.procurement.policy import must_buy
from marketplace.procurement.tenders import linting, lots
from marketplace.procurement.tenders.drafts import CancellationDraft
from marketplace.procurement.tenders.errors import TenderIsAwarded, TenderIsNotPublished
from marketplace.procurement.tenders.events import (
    TenderCancelled,
    TenderEndedUnsuccessful,
    TenderPublished,
)
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Tender, TenderVersion
from marketplace.procurement.tenders.policy import visible_to
from marketplace.procurement.tenders.running import must_not_be_over
from marketplace.procurement.tenders.states import ENDED, Stage, stage

MustBeReady = Callable[[Session, UUID], Awaitable[None]]
"""Raises while bids for the tender could not be sealed. The edge passes ``bids.keys.must_be_ready``: that room is above this one."""


async def held(session: Session, viewer: Viewer, tender_id: UUID) -> Tender:
    """The tender, locked, for an officer of its buyer. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    tender = await session.scalar(
        select(Tender)
        .where(Tender.id == tender_id, visible_to(viewer))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if tender is None:
        raise NotFound()
    must_buy(viewer, tender.area_code, is_public=True)
    return tender


async def publish(session: Session, viewer: Viewer, tender_id: UUID, *, must_be_ready: MustBeReady) -> None:
    """Put the file before the public as version 1; who clicks twice changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, TenderIsOver, FileIsUnlawful, and what ``must_be_ready`` raises.
    """
    tender = await held(session, viewer, tender_id)
    if tender.published_at is not None:
        return
    must_not_be_over(tender)
    file = read_file(tender.draft)
    await linting.must_be_lawful(session, tender, file)
    await must_be_ready(session, tender_id)
    by = viewer.signed_in()
    tender.published_at, tender.version = session.now(), 1
    mirror(tender, file)
    await lots.put(session, tender, file)
    session.add(version_of(session, tender, file, by, voids_bids=False))
    await session.flush()
    await records.append(
        session, tender_id, "tender.published", by,
        version=1, content_hash=file.hash, submissions_end_at=file.submissions_end_at,
    )  # fmt: skip
    audit.record(session, by, "tender.published", ("tender", tender_id), content_hash=file.hash)
    await tell(session, TenderPublished(tender_id))


async def cancel(session: Session, viewer: Viewer, tender_id: UUID, draft: CancellationDraft) -> None:
    """Call the tender off, or throw a draft away. Twice changes nothing. Raises SignInNeeded, NotFound, NotPermitted, TenderIsAwarded, TenderIsOver."""
    tender = await held(session, viewer, tender_id)
    if tender.cancelled_at is not None:
        return
    must_not_be_over(tender)
    if tender.awarded_at is not None:
        raise TenderIsAwarded()
    by = viewer.signed_in()
    tender.cancelled_at, tender.cancelled_by = session.now(), by
    tender.cancellation_reason = draft.reason
    await session.flush()
    await records.append(session, tender_id, "tender.cancelled", by, reason=draft.reason)
    audit.record(session, by, "tender.cancelled", ("tender", tender_id))
    if tender.published_at is not None:
        await tell(session, TenderCancelled(tender_id))


async def end_unsuccessful(session: Session, tender_id: UUID, reason: str, by: UUID | None) -> None:
    """End the whole tender without a result, for the rooms above; ``reason`` is a code of ``states.EndReason``. Twice changes nothing.

    Who may, and when, is asked by the caller. Raises NotFound, TenderIsNotPublished.
    """
    tender = await locked(session, tender_id)
    if tender.published_at is None:
        raise TenderIsNotPublished()
    if stage(tender, session.now()) in ENDED:
        return
    tender.unsuccessful_at, tender.unsuccessful_reason = session.now(), reason
    await session.flush()
    await records.append(session, tender_id, "tender.unsuccessful", by, reason=reason)
    audit.record(session, by, "tender.unsuccessful", ("tender", tender_id), reason=reason)
    await tell(session, TenderEndedUnsuccessful(tender_id))


async def end_lot_unsuccessful(session: Session, lot_id: UUID, reason: str, by: UUID | None) -> None:
    """End one lot without a result; with the last one the tender ends too. Twice changes nothing. Raises NotFound, TenderIsNotPublished."""
    tender_id = await lots.end(session, lot_id, reason, by)
    if await lots.all_ended(session, tender_id):
        await end_unsuccessful(session, tender_id, reason, by)


async def locked(session: Session, tender_id: UUID) -> Tender:
    """The tender's row, locked, whoever asks. Raises NotFound."""
    tender = await session.get(Tender, tender_id, with_for_update={"key_share": True}, populate_existing=True)
    if tender is None:
        raise NotFound()
    return tender


def must_be_public(session: Session, tender: Tender) -> None:
    """Raises TenderIsNotPublished, TenderIsOver."""
    must_not_be_over(tender)
    if stage(tender, session.now()) is Stage.DRAFT:
        raise TenderIsNotPublished()


def mirror(tender: Tender, file: TenderFile) -> None:
    """The row tells of the file what lists and deadlines ask for."""
    tender.title, tender.category_code = file.title, file.category_code
    tender.enquiries_end_at, tender.submissions_end_at = file.enquiries_end_at, file.submissions_end_at
    tender.draft = file.plain()


def version_of(
    session: Session,
    tender: Tender,
    file: TenderFile,
    by: UUID,
    *,
    voids_bids: bool,
    reason: str | None = None,
) -> TenderVersion:
    """The row of the version that ``tender.version`` numbers."""
    return TenderVersion(
        tender_id=tender.id,
        number=tender.version,
        content=file.plain(),
        content_hash=file.hash,
        reason=reason,
        voids_bids=voids_bids,
        published_at=session.now(),
        published_by=by,
    )
