"""May they: pools and runs are for who organises the need; a person sees their own entry and what was offered to them."""

from sqlalchemy import ColumnElement, and_, false, or_

from marketplace.identity.viewer import Viewer
from marketplace.staffing.models import PoolEntry, Proposal
from marketplace.volunteering.policy import manages


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
