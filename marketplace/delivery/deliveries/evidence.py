"""What shows that a delivery happened: somebody arrived or left by the server's time, a photo, a signed note, a remark."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy
from marketplace.delivery.deliveries.drafts import EvidenceDraft, EvidenceKind
from marketplace.delivery.deliveries.errors import EvidenceIsFixed, EvidenceIsTooMuch
from marketplace.delivery.deliveries.holding import (
    held,
    must_have_begun,
    must_not_be_cancelled,
    record_rule,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryEvidence
from marketplace.delivery.deliveries.policy import shows_evidence_to
from marketplace.delivery.deliveries.states import is_decided
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.files import FileStore
from marketplace.kernel.ids import new_id
from marketplace.organisations.documents import MOST_BYTES, content_type_of
from marketplace.organisations.errors import DocumentIsTooLarge, DocumentTypeIsNotTaken

MOST_EVIDENCE: Final = 20
_WITH_FILE = (EvidenceKind.PHOTO, EvidenceKind.SIGNED_NOTE)
_ONCE = (EvidenceKind.ARRIVED, EvidenceKind.LEFT)
_PICTURES = ("image/png", "image/jpeg")


@dataclass(frozen=True, slots=True)
class EvidenceContent:
    """A file to be shown: its name as it was handed in, its proven type, its bytes."""

    file_name: str
    content_type: str
    content: bytes


async def add(
    session: Session,
    viewer: Viewer,
    files: FileStore,
    delivery_id: UUID,
    draft: EvidenceDraft,
    content: bytes | None = None,
) -> UUID:
    """Keep one more piece; answers its id. The same file again, or arriving twice, is the piece there is.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsTooEarly, EvidenceIsFixed, EvidenceIsTooMuch,
    DocumentIsTooLarge, DocumentTypeIsNotTaken, InputIsInvalid.
    """
    row = await held(session, viewer, delivery_id)
    if not policy.may_record(viewer, row):
        raise NotPermitted()
    by = viewer.signed_in()
    must_not_be_cancelled(row)
    _must_be_open(row)
    must_have_begun(row, await record_rule(session), session.now())
    made = DeliveryEvidence(
        id=new_id(),
        delivery_id=delivery_id,
        kind=draft.kind.value,
        text=draft.text,
        added_at=session.now(),
        added_by=by,
    )
    if draft.kind in _WITH_FILE:
        await _keep_file(files, made, draft, content)
    elif draft.kind is EvidenceKind.REMARK and draft.text is None:
        raise InputIsInvalid.of("text", "missing")
    known = await _same(session, made)
    if known is not None:
        return known
    kept = select(func.count()).where(
        DeliveryEvidence.delivery_id == delivery_id, DeliveryEvidence.removed_at.is_(None)
    )
    if (await session.scalar(kept) or 0) >= MOST_EVIDENCE:
        raise EvidenceIsTooMuch(most=MOST_EVIDENCE)
    session.add(made)
    audit.record(
        session, by, "delivery.evidence_added", ("delivery", delivery_id), kind=made.kind, evidence=made.id
    )
    await session.flush()
    return made.id


async def remove(session: Session, viewer: Viewer, evidence_id: UUID) -> UUID:
    """Take a piece back: its record stays, its content is no longer shown. Answers the delivery's id. Whoever added it, or a manager.

    Raises SignInNeeded, NotFound, NotPermitted, EvidenceIsFixed.
    """
    viewer.signed_in()
    made = await session.get(DeliveryEvidence, evidence_id)
    if made is None:
        raise NotFound()
    row = await held(session, viewer, made.delivery_id)
    await session.refresh(made)
    is_manager = viewer.holds_in_organisation(row.organisation_id, Role.ORGANISATION_MANAGER)
    if made.added_by != viewer.person_id and not is_manager:
        raise NotPermitted()
    if made.removed_at is not None:
        return row.id
    _must_be_open(row)
    made.removed_at = session.now()
    audit.record(
        session, viewer.person_id, "delivery.evidence_removed", ("delivery", row.id), evidence=made.id
    )
    return row.id


async def read(session: Session, viewer: Viewer, files: FileStore, evidence_id: UUID) -> EvidenceContent:
    """A file, for those who may read what shows that it happened. Raises NotFound."""
    made = await session.scalar(
        select(DeliveryEvidence)
        .join(Delivery, Delivery.id == DeliveryEvidence.delivery_id)
        .where(
            DeliveryEvidence.id == evidence_id,
            DeliveryEvidence.removed_at.is_(None),
            DeliveryEvidence.file_key.is_not(None),
            shows_evidence_to(viewer),
        )
    )
    if made is None or made.file_key is None:
        raise NotFound()
    return EvidenceContent(made.file_name or "", made.content_type or "", await files.get(made.file_key))


async def _keep_file(
    files: FileStore, made: DeliveryEvidence, draft: EvidenceDraft, content: bytes | None
) -> None:
    """Raises InputIsInvalid, DocumentIsTooLarge, DocumentTypeIsNotTaken."""
    if not content:
        raise InputIsInvalid.of("file", "missing")
    if len(content) > MOST_BYTES:
        raise DocumentIsTooLarge(most_megabytes=MOST_BYTES // 1024**2)
    made.content_type = content_type_of(content)
    if draft.kind is EvidenceKind.PHOTO and made.content_type not in _PICTURES:
        raise DocumentTypeIsNotTaken()
    made.size, made.file_name = len(content), draft.file_name or made.kind
    made.file_key = await files.put(content)


async def _same(session: Session, made: DeliveryEvidence) -> UUID | None:
    """The piece that says the same already. The caller holds the delivery."""
    found = select(DeliveryEvidence.id).where(
        DeliveryEvidence.delivery_id == made.delivery_id,
        DeliveryEvidence.kind == made.kind,
        DeliveryEvidence.added_by == made.added_by,
        DeliveryEvidence.removed_at.is_(None),
    )
    if made.kind not in _ONCE:
        found = found.where(
            DeliveryEvidence.file_key == made.file_key
            if made.file_key is not None
            else DeliveryEvidence.text == made.text
        )
    return await session.scalar(found.limit(1))


def _must_be_open(row: Delivery) -> None:
    """Raises EvidenceIsFixed."""
    if row.done_at is not None and is_decided(row) and row.is_accepted:
        raise EvidenceIsFixed()
