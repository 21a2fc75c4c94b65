"""Notices about services that are called off a framework: open for offers, and decided. Who gets it hears of the contract to sign."""

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.contracts.events import CallOffDecided, CallOffOpened
from marketplace.procurement.contracts.frameworks import standing
from marketplace.procurement.contracts.models import CallOff, CallOffOffer
from marketplace.procurement.models import Buyer


async def opened(session: Session, event: CallOffOpened) -> None:
    """The managers of every supplier that stands hear that they may offer, and until when."""
    row = await session.get_one(CallOff, event.call_off_id)
    if row.offers_end_at is None:
        return
    buyer = await session.get_one(Buyer, row.buyer_id)
    facts: dict[str, Fact] = {"service": row.title, "buyer": buyer.name, "ends_at": row.offers_end_at}
    news = News(
        kind=Kind.CALL_OFF_OPENED,
        told_for=f"{Kind.CALL_OFF_OPENED}:{row.id}",
        facts=facts,
        link=links.call_off_offer(row.id),
        useless_from=row.offers_end_at,
    )
    for supplier in await standing(session, row.lot_id):
        await tell(session, await audience.managers(session, supplier.organisation_id), news)


async def decided(session: Session, event: CallOffDecided) -> None:
    """Those who offered and did not get it hear that it is decided, and where to read how."""
    row = await session.get_one(CallOff, event.call_off_id)
    offered = await session.scalars(
        select(CallOffOffer.organisation_id).where(CallOffOffer.call_off_id == row.id)
    )
    news = News(
        kind=Kind.CALL_OFF_DECIDED,
        told_for=f"{Kind.CALL_OFF_DECIDED}:{row.id}",
        facts={"service": row.title},
        link=links.call_off(row.id),
    )
    for organisation_id in offered.all():
        if organisation_id != row.organisation_id:
            await tell(session, await audience.managers(session, organisation_id), news)
