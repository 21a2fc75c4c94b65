"""Organisations follow items: a manager presses follow, and its managers hear what becomes of them.

Who follows what is nobody's business but theirs: it is neither public nor in the list's record.
"""

from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import policy
from marketplace.procurement.lists.models import ItemFollow, ListEdition, ListItemVersion


async def follow(session: Session, viewer: Viewer, item_id: UUID, organisation_id: UUID) -> None:
    """Follow the item for the organisation; following twice is following once. Raises SignInNeeded, NotFound."""
    manager = policy.must_supply(viewer, organisation_id)
    await _must_be_public(session, item_id)
    row = ItemFollow(
        id=new_id(),
        item_id=item_id,
        organisation_id=organisation_id,
        followed_by=manager,
        followed_at=session.now(),
    )
    await insert_once(session, row)


async def unfollow(session: Session, viewer: Viewer, item_id: UUID, organisation_id: UUID) -> None:
    """Follow the item no more; where it was not followed nothing changes. Raises SignInNeeded, NotFound."""
    policy.must_supply(viewer, organisation_id)
    await _must_be_public(session, item_id)
    await session.execute(
        update(ItemFollow)
        .where(
            ItemFollow.item_id == item_id,
            ItemFollow.organisation_id == organisation_id,
            ItemFollow.ended_at.is_(None),
        )
        .values(ended_at=session.now())
    )


async def _must_be_public(session: Session, item_id: UUID) -> None:
    shown = await session.scalar(
        select(ListItemVersion.id)
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .where(ListItemVersion.item_id == item_id, ListEdition.consultation_opened_at.is_not(None))
        .limit(1)
    )
    if shown is None:
        raise NotFound()
