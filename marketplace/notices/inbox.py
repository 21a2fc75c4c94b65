"""The inbox: notices are noted as read by their reader, one by one or all at once."""

from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.notices.models import Notice


async def mark_read(session: Session, viewer: Viewer, notice_id: UUID) -> str | None:
    """Note that the viewer has read the notice, and give the path to which it leads. Raises SignInNeeded, NotFound."""
    own = (Notice.id == notice_id) & (Notice.person_id == viewer.signed_in())
    found = (await session.execute(select(Notice.id, Notice.link).where(own))).one_or_none()
    if found is None:
        raise NotFound()
    await session.execute(update(Notice).where(own, Notice.read_at.is_(None)).values(read_at=session.now()))
    link: str | None = found.link
    return link


async def mark_all_read(session: Session, viewer: Viewer) -> None:
    """Note that the viewer has read everything that is there now. Raises SignInNeeded."""
    await session.execute(
        update(Notice)
        .where(Notice.person_id == viewer.signed_in(), Notice.read_at.is_(None))
        .values(read_at=session.now())
    )
