"""Organisations follow tenders to hear of what becomes of them. Who follows, and how many, is nobody else's business (87号 article 28)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement.policy import must_supply, supplies_for
from marketplace.procurement.tenders.models import Tender, TenderFollow


async def follow(session: Session, viewer: Viewer, tender_id: UUID, organisation_id: UUID) -> None:
    """Follow a published tender for one's organisation. Twice changes nothing. Raises SignInNeeded, NotFound."""
    by = must_supply(viewer, organisation_id)
    await _must_be_published(session, tender_id)
    await insert_once(
        session,
        TenderFollow(
            id=new_id(),
            tender_id=tender_id,
            organisation_id=organisation_id,
            followed_by=by,
            followed_at=session.now(),
        ),
    )


async def unfollow(session: Session, viewer: Viewer, tender_id: UUID, organisation_id: UUID) -> None:
    """Stop following. Who does not follow changes nothing. Raises SignInNeeded, NotFound."""
    must_supply(viewer, organisation_id)
    await _must_be_published(session, tender_id)
    await session.execute(
        update(TenderFollow)
        .where(
            TenderFollow.tender_id == tender_id,
            TenderFollow.organisation_id == organisation_id,
            TenderFollow.ended_at.is_(None),
        )
        .values(ended_at=session.now())
        .execution_options(synchronize_session=False)
    )


async def own(session: Session, viewer: Viewer, tender_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """By tender, those of the viewer's own organisations that follow it."""
    organisations = supplies_for(viewer)
    if not organisations or not tender_ids:
        return {}
    rows = await session.execute(
        select(TenderFollow.tender_id, TenderFollow.organisation_id)
        .where(
            TenderFollow.tender_id.in_(tender_ids),
            TenderFollow.organisation_id.in_(organisations),
            TenderFollow.ended_at.is_(None),
        )
        .order_by(TenderFollow.followed_at)
    )
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.tender_id, []).append(row.organisation_id)
    return found


async def followers(session: Session, tender_id: UUID) -> Sequence[UUID]:
    """The organisations that are told. For notices only: this is shown to nobody."""
    found = select(TenderFollow.organisation_id).where(
        TenderFollow.tender_id == tender_id, TenderFollow.ended_at.is_(None)
    )
    return (await session.scalars(found.order_by(TenderFollow.followed_at))).all()


async def _must_be_published(session: Session, tender_id: UUID) -> None:
    found = select(Tender.id).where(Tender.id == tender_id, Tender.published_at.is_not(None))
    if await session.scalar(found) is None:
        raise NotFound()
