"""The papers of a file: few, bounded, of a type that their bytes prove, known by their SHA-256; public once a version names them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.kernel.ids import new_id
from marketplace.organisations.documents import MOST_BYTES, content_type_of
from marketplace.organisations.errors import DocumentIsTooLarge
from marketplace.procurement.tenders import drafting, tenders
from marketplace.procurement.tenders.drafts import DocumentDraft
from marketplace.procurement.tenders.errors import TenderHasTooManyDocuments
from marketplace.procurement.tenders.file import FileDocument, read_file
from marketplace.procurement.tenders.models import Tender, TenderDocument, TenderVersion
from marketplace.procurement.tenders.policy import sees_drafts, visible_to
from marketplace.procurement.tenders.running import must_not_be_over

MOST_DOCUMENTS = 20


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A paper to be shown."""

    file_name: str
    content_type: str
    content: bytes


async def add(
    session: Session, viewer: Viewer, files: FileStore, tender_id: UUID, draft: DocumentDraft, content: bytes
) -> UUID:
    """Put a paper into the draft; the same bytes are the same paper. Answers its id.

    Raises SignInNeeded, NotFound, NotPermitted, TenderIsOver, DocumentIsTooLarge, DocumentTypeIsNotTaken, TenderHasTooManyDocuments.
    """
    tender = await tenders.held(session, viewer, tender_id)
    must_not_be_over(tender)
    content_type = content_type_of(content)
    if len(content) > MOST_BYTES:
        raise DocumentIsTooLarge(most_megabytes=MOST_BYTES // 1024**2)
    digest, file = hashlib.sha256(content).hexdigest(), read_file(tender.draft)
    known = next((one.id for one in file.documents if one.sha256 == digest), None)
    if known is not None:
        return known
    kept = select(func.count()).where(TenderDocument.tender_id == tender_id)
    if len(file.documents) >= MOST_DOCUMENTS or (await session.scalar(kept) or 0) >= 5 * MOST_DOCUMENTS:
        raise TenderHasTooManyDocuments(most=MOST_DOCUMENTS)
    row = TenderDocument(
        id=new_id(),
        tender_id=tender_id,
        title=draft.title,
        file_name=draft.file_name,
        content_type=content_type,
        size=len(content),
        file_key=await files.put(content),
        uploaded_at=session.now(),
        uploaded_by=viewer.signed_in(),
    )
    session.add(row)
    await session.flush()
    added = FileDocument(id=row.id, title=draft.title, sha256=digest)
    await drafting.put(session, tender, file.model_copy(update={"documents": (*file.documents, added)}))
    audit.record(session, viewer.person_id, "tender.document_added", ("tender", tender_id), document=row.id)
    return row.id


async def remove(session: Session, viewer: Viewer, document_id: UUID) -> UUID:
    """Take a paper out of the draft; a version that names it keeps it. Answers the tender's id. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    row = await session.get(TenderDocument, document_id)
    if row is None:
        raise NotFound()
    tender = await tenders.held(session, viewer, row.tender_id)
    must_not_be_over(tender)
    file = read_file(tender.draft)
    left = tuple(one for one in file.documents if one.id != document_id)
    if len(left) == len(file.documents):
        return tender.id
    if tender.published_at is None:
        row.removed_at = session.now()
    await drafting.put(session, tender, file.model_copy(update={"documents": left}))
    audit.record(
        session, viewer.person_id, "tender.document_removed", ("tender", tender.id), document=document_id
    )
    return tender.id


async def read(session: Session, viewer: Viewer, files: FileStore, document_id: UUID) -> DocumentContent:
    """A paper that a published version names, for everybody; one of a draft for those who see the draft. Raises NotFound."""
    found = (
        await session.execute(
            select(TenderDocument, Tender)
            .join(Tender, Tender.id == TenderDocument.tender_id)
            .where(TenderDocument.id == document_id, visible_to(viewer))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    row, tender = found
    if not sees_drafts(viewer, tender.area_code) and document_id not in await _published(session, tender.id):
        raise NotFound()
    return DocumentContent(row.file_name, row.content_type, await files.get(row.file_key))


async def of_tender(session: Session, tender_id: UUID, ids: Sequence[UUID]) -> dict[UUID, TenderDocument]:
    """The rows of papers that a file names."""
    rows = await session.scalars(
        select(TenderDocument).where(TenderDocument.tender_id == tender_id, TenderDocument.id.in_(ids))
    )
    return {row.id: row for row in rows}


async def _published(session: Session, tender_id: UUID) -> set[UUID]:
    contents = await session.scalars(
        select(TenderVersion.content).where(TenderVersion.tender_id == tender_id)
    )
    return {one.id for content in contents for one in read_file(content).documents}
