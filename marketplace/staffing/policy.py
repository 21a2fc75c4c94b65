"""May they: pools and runs are for who organises the need; a person sees their own entry and what was offered to them."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.staffing.models import PoolEntry, Proposal
from marketplace.volunteering.models import Need
from marketplace.volunteering.policy import manages
from marketplace.volunteering.policy import visible_to as need_visible_to
from marketplace.volunteering.sign_up_policy import must_organise


def entries_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over pool entries joined with their needs: one's own, and those of needs that one organises."""
    if viewer.is_stranger:
        return false()
    return or_(PoolEntry.person_id == viewer.person_id, manages(viewer))


def offered_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over proposals: what was offered to oneself. Organisers read theirs with the run, told for organisers."""
    if viewer.is_stranger:
        return false()
    return and_(Proposal.person_id == viewer.person_id, Proposal.sign_up_id.is_not(None))


async def organised_need(session: Session, viewer: Viewer, need_id: UUID) -> Need:
    """The need, for who organises it. Raises SignInNeeded, NotFound when it is hidden, NotPermitted when it is seen but not organised."""
    viewer.signed_in()
    need = await session.scalar(select(Need).where(Need.id == need_id, need_visible_to(viewer)))
    if need is None:
        raise NotFound()
    must_organise(viewer, need)
    return need
