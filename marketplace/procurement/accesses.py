"""Who saw what sensitive, and when; and who asked for it in vain (87号 article 28, scenario 17).

The one thing that a page which only shows may write: ``docs/adr/0024``. A refusal rolls its own transaction back, so it is noted
in a transaction of its own, by the edge that answers.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Database, Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import new_id
from marketplace.procurement.models import Access


class BidsAreSealed(NotAllowed):
    """Nobody sees bids, their number or the bidders before the opening."""

    def __init__(self, process_id: UUID, what: str, *, article: str | None = None) -> None:
        super().__init__(article=article)
        self.process_id, self.what = process_id, what


def seen(
    session: Session, viewer: Viewer, process_id: UUID, what: str, subject_id: UUID | None = None
) -> None:
    """Note, in the caller's unit of work, that the viewer is shown ``what`` (a short code such as ``bid``)."""
    session.add(_row(session, viewer, process_id, what, subject_id, was_allowed=True))


async def refused(database: Database, viewer: Viewer, refusal: BidsAreSealed) -> None:
    """Note that the viewer asked in vain, in a transaction of its own."""
    async with database.unit_of_work() as session:
        session.add(_row(session, viewer, refusal.process_id, refusal.what, None, was_allowed=False))


async def of_process(session: Session, process_id: UUID) -> Sequence[Access]:
    """The log of one process, the newest first; who may read it is asked by the caller."""
    found = select(Access).where(Access.process_id == process_id).order_by(Access.at.desc(), Access.id.desc())
    return (await session.scalars(found.limit(1000))).all()


def _row(
    session: Session,
    viewer: Viewer,
    process_id: UUID,
    what: str,
    subject_id: UUID | None,
    *,
    was_allowed: bool,
) -> Access:
    return Access(
        id=new_id(),
        at=session.now(),
        person_id=viewer.person_id,
        process_id=process_id,
        what=what,
        subject_id=subject_id,
        was_allowed=was_allowed,
    )
