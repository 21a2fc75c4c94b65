"""The papers an officer looks at: few, bounded, and of a type that their own bytes prove. Never public."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.kernel.ids import new_id
from marketplace.organisations import organisations, policy
from marketplace.organisations.drafts import DocumentDraft
from marketplace.organisations.errors import DocumentIsTooLarge, DocumentTypeIsNotTaken, TooManyDocuments
from marketplace.organisations.models import Organisation, OrganisationDocument

MOST_BYTES = 8 * 1024 * 1024
MOST_DOCUMENTS = 20
_BEGINNINGS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A paper to be shown: its name as it was handed in, its proven type, its bytes."""

    file_name: str
    content_type: str
    content: bytes


async def add(
    session: Session,
    viewer: Viewer,
    files: FileStore,
    organisation_id: UUID,
    draft: DocumentDraft,
    content: bytes,
) -> UUID:
    """Keep one more paper. The same bytes handed in again are the same paper. Returns its id.

    Raises NotFound, NotPermitted, DocumentIsTooLarge, DocumentTypeIsNotTaken, TooManyDocuments.
    """
    await organisations.managed(session, viewer, organisation_id)
    content_type = content_type_of(content)
    if len(content) > MOST_BYTES:
        raise DocumentIsTooLarge(most_megabytes=MOST_BYTES // 1024**2)
    key = await files.put(content)
    known = await session.scalar(
        select(OrganisationDocument.id).where(
            _is_kept(organisation_id),
            OrganisationDocument.file_key == key,
            OrganisationDocument.kind == draft.kind.value,
        )
    )
    if known is not None:
        return known
    await _check_room(session, organisation_id)
    document = OrganisationDocument(
        id=new_id(),
        organisation_id=organisation_id,
        kind=draft.kind.value,
        file_name=draft.file_name,
        content_type=content_type,
        size=len(content),
        file_key=key,
        uploaded_at=session.now(),
        uploaded_by=viewer.signed_in(),
    )
    session.add(document)
    _record(session, viewer, "organisation.document_added", document)
    await session.flush()
    return document.id


async def remove(session: Session, viewer: Viewer, document_id: UUID) -> UUID:
    """Take a paper back: its record stays, its bytes are no longer shown. Returns the organisation's id.

    Raises NotFound, NotPermitted.
    """
    viewer.signed_in()
    document = await session.get(OrganisationDocument, document_id, with_for_update=True)
    if document is None or document.removed_at is not None:
        raise NotFound()
    await organisations.managed(session, viewer, document.organisation_id)
    document.removed_at = session.now()
    _record(session, viewer, "organisation.document_removed", document)
    return document.organisation_id


async def read(session: Session, viewer: Viewer, files: FileStore, document_id: UUID) -> DocumentContent:
    """A paper for its organisation's people and the officers of its area. Raises NotFound for everybody else."""
    row = (
        await session.execute(
            select(OrganisationDocument, Organisation)
            .join(Organisation, Organisation.id == OrganisationDocument.organisation_id)
            .where(OrganisationDocument.id == document_id, OrganisationDocument.removed_at.is_(None))
        )
    ).one_or_none()
    if row is None or not policy.sees_papers(viewer, row[1]):
        raise NotFound()
    document: OrganisationDocument = row[0]
    return DocumentContent(document.file_name, document.content_type, await files.get(document.file_key))


def content_type_of(content: bytes) -> str:
    """The type that the first bytes prove, whatever the name says. Raises DocumentTypeIsNotTaken."""
    for beginning, content_type in _BEGINNINGS.items():
        if content.startswith(beginning):
            return content_type
    raise DocumentTypeIsNotTaken()


def _is_kept(organisation_id: UUID) -> ColumnElement[bool]:
    return and_(
        OrganisationDocument.organisation_id == organisation_id, OrganisationDocument.removed_at.is_(None)
    )


async def _check_room(session: Session, organisation_id: UUID) -> None:
    count = await session.scalar(
        select(func.count()).select_from(OrganisationDocument).where(_is_kept(organisation_id))
    )
    if (count or 0) >= MOST_DOCUMENTS:
        raise TooManyDocuments(most=MOST_DOCUMENTS)


def _record(session: Session, viewer: Viewer, action: str, document: OrganisationDocument) -> None:
    audit.record(
        session, viewer.person_id, action, ("organisation", document.organisation_id), document=document.id
    )
