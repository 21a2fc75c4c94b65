"""Held ratings: an auditor lets them count, or keeps them out, with a reason, several at once. The first decision stands."""

from sqlalchemy import exists, select, update

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.ratings import public_policy
from marketplace.delivery.ratings.care_drafts import HoldDecisionDraft
from marketplace.delivery.ratings.errors import HoldIsDecided
from marketplace.delivery.ratings.events import HoldDecided
from marketplace.delivery.ratings.models import Rating, RatingHold, RatingTicket
from marketplace.delivery.ratings.standing import is_public
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.outbox.publish import publish


async def decide(session: Session, viewer: Viewer, draft: HoldDecisionDraft) -> int:
    """Decide all open causes of these ratings; answers how many ratings. Nothing is changed unless all of them were open.

    Raises SignInNeeded, NotFound, NotPermitted, CaretakerIsConcerned, HoldIsDecided.
    """
    wanted = sorted(set(draft.rating_ids))
    viewer.signed_in()
    rows = (
        await session.execute(
            select(Rating, public_policy.is_mine(viewer))
            .join(RatingTicket, RatingTicket.id == Rating.ticket_id)
            .where(Rating.id.in_(wanted), is_public(), exists().where(RatingHold.rating_id == Rating.id))
        )
    ).all()
    if len(rows) != len(wanted) or not all(_may_see(viewer, row.Rating.area_code) for row in rows):
        raise NotFound()
    auditor = public_policy.must_care(viewer, Role.AUDITOR, [(row.Rating, row.is_mine) for row in rows])
    decided = await session.scalars(
        update(RatingHold)
        .where(RatingHold.rating_id.in_(wanted), RatingHold.decided_at.is_(None))
        .values(decided_at=session.now(), decided_by=auditor, is_upheld=draft.is_upheld, reason=draft.reason)
        .returning(RatingHold.rating_id)
        .execution_options(synchronize_session=False)
    )
    if set(decided) != set(wanted):
        raise HoldIsDecided()
    for rating_id in wanted:
        audit.record(
            session,
            auditor,
            "rating.hold_decided",
            ("rating", rating_id),
            is_upheld=draft.is_upheld,
            reason=draft.reason,
        )
        await publish(session, HoldDecided(rating_id=rating_id))
    return len(wanted)


def _may_see(viewer: Viewer, area_code: str) -> bool:
    """That a rating is held is the area's auditors' to know; to all others it is missing."""
    return viewer.holds_in_area(area_code, Role.AUDITOR)
