"""The inbox: notices are noted as read by their reader, one by one or all at once, and forgotten after a year."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.notices.models import Notice, NoticeDelivery

KEEP = timedelta(days=365)
# One run deletes this much and no more: a long backlog must not hold SQLite's one writer for minutes.
_MOST = 5000


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


async def forget_old(session: Session) -> None:
    """Repeated task: what was told more than a year ago is kept nowhere; the records that it spoke of stay where they are."""
    old = (
        await session.scalars(
            select(Notice.id)
            .where(Notice.created_at < session.now() - KEEP)
            .order_by(Notice.created_at)
            .limit(_MOST)
        )
    ).all()
    if old:
        await session.execute(delete(NoticeDelivery).where(NoticeDelivery.notice_id.in_(old)))
        await session.execute(delete(Notice).where(Notice.id.in_(old)))
