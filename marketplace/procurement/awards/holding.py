"""A process under its lock: whoever awards, objects, suspends or corrects holds the tender's row first, and so waits for rivals."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement import policy
from marketplace.procurement.bids.models import Bid
from marketplace.procurement.tenders.models import Tender


async def held(session: Session, tender_id: UUID) -> Tender:
    """A published tender, locked until the transaction ends. Raises NotFound."""
    tender = await session.get(Tender, tender_id, with_for_update=True, populate_existing=True)
    if tender is None or tender.published_at is None:
        raise NotFound()
    return tender


async def held_by_officer(session: Session, viewer: Viewer, tender_id: UUID) -> tuple[Tender, UUID]:
    """The same for who buys, with their id. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    tender = await held(session, tender_id)
    return tender, policy.must_buy(viewer, tender.area_code, is_public=True)


async def bidders(session: Session, tender_id: UUID) -> dict[UUID, UUID]:
    """After the opening: every organisation that bid, alone or in a consortium, with its bid."""
    found: dict[UUID, UUID] = {}
    rows = await session.execute(
        select(Bid.id, Bid.organisation_id, Bid.members).where(
            Bid.tender_id == tender_id, Bid.organisation_id.is_not(None)
        )
    )
    for row in rows:
        for organisation_id in (*(UUID(one) for one in row.members), row.organisation_id):
            found[organisation_id] = row.id
    return found


async def bid_among(session: Session, tender_id: UUID, organisations: Collection[UUID]) -> bool:
    """Whether one of the organisations bid."""
    return bool(organisations) and not (await bidders(session, tender_id)).keys().isdisjoint(organisations)
