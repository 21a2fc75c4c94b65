"""Buyers: districts, subdistricts and departments, registered by the procurement officers of their area."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.areas import queries as areas
from marketplace.areas.codes import within
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import policy
from marketplace.procurement.drafts import BuyerDraft
from marketplace.procurement.errors import BuyerIsThereAlready
from marketplace.procurement.models import Buyer


async def register(session: Session, viewer: Viewer, draft: BuyerDraft) -> UUID:
    """Register a buyer in one's area; answers its id. Raises SignInNeeded, NotPermitted, InputIsInvalid, BuyerIsThereAlready."""
    officer = policy.must_buy(viewer, draft.area_code, is_public=True)
    if await areas.current(session, draft.area_code) is None:
        raise InputIsInvalid.of("area_code", "unknown_choice", choice=draft.area_code)
    row = Buyer(id=new_id(), created_at=session.now(), created_by=officer, **draft.model_dump())
    if not await insert_once(session, row):
        raise BuyerIsThereAlready()
    audit.record(session, officer, "buyer.registered", ("buyer", row.id), area=row.area_code)
    return row.id


async def buyer(session: Session, buyer_id: UUID) -> Buyer:
    """A buyer; they are public. Raises NotFound."""
    row = await session.get(Buyer, buyer_id)
    if row is None:
        raise NotFound()
    return row


async def of_viewer(session: Session, viewer: Viewer) -> Sequence[Buyer]:
    """The buyers for which the viewer may act, by area and name."""
    reach = viewer.areas_of(Role.PROCUREMENT_OFFICER)
    if not reach:
        return ()
    found = select(Buyer).where(
        or_(*(within(Buyer.area_code, area) for area in reach)), Buyer.ended_at.is_(None)
    )
    return (await session.scalars(found.order_by(Buyer.area_code, Buyer.name))).all()
