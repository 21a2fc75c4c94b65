"""Notices about evaluation: members hear of their seat and of what is awaited, bidders of a question about their price, the buyer of the end.

Who sits on a panel is told to nobody else, and no notice holds a score.
"""

from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import local_day
from marketplace.notices import audience, links
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.evaluation.case import load
from marketplace.procurement.evaluation.events import (
    PanelDrawn,
    PanelMemberReplaced,
    PanelReminded,
    PriceQueried,
    SheetsComplete,
)
from marketplace.procurement.evaluation.models import PanelMember, PriceQuery
from marketplace.procurement.tenders.models import Tender


async def drawn(session: Session, event: PanelDrawn) -> None:
    """Everybody with a seat hears of it, and what comes first."""
    tender = await session.get_one(Tender, event.tender_id)
    members = await session.scalars(
        select(PanelMember)
        .where(PanelMember.tender_id == tender.id, PanelMember.replaced_at.is_(None))
        .order_by(PanelMember.seat)
    )
    for member in members.all():
        await _seated(session, tender, member)


async def replaced(session: Session, event: PanelMemberReplaced) -> None:
    """Whoever left a seat hears that it is over; whoever took it, that it is theirs."""
    tender = await session.get_one(Tender, event.tender_id)
    member = await session.get_one(PanelMember, event.member_id)
    if member.replaced_at is None:
        await _seated(session, tender, member)
        return
    news = News(
        kind=Kind.PANEL_LEFT,
        told_for=f"{Kind.PANEL_LEFT}:{member.id}",
        facts={"tender": tender.title},
        link=links.panels(),
    )
    await tell(session, [member.person_id], news)


async def reminded(session: Session, event: PanelReminded) -> None:
    """Members who have not declared, or whose sheets can be written and are not in; at most once a day for the same thing."""
    tender = await session.get_one(Tender, event.tender_id)
    case = await load(session, tender)
    undeclared = [one.person_id for one in case.seats if one.declared_at is None]
    missing = {member_id for _, member_id in case.missing_sheets()} if case.closing else set()
    unscored = [one.person_id for one in case.seats if one.id in missing and one.declared_at is not None]
    day = local_day(session.now()).isoformat()
    for kind, people in (
        (Kind.PANEL_DECLARATION_WANTED, undeclared),
        (Kind.PANEL_SHEETS_WANTED, unscored),
    ):
        news = News(
            kind=kind,
            told_for=f"{kind}:{tender.id}:{day}",
            facts={"tender": tender.title},
            link=links.panel(tender.id),
        )
        await tell(session, people, news)


async def price_queried(session: Session, event: PriceQueried) -> None:
    """The bidder's managers hear that their price must be justified, and until when."""
    tender = await session.get_one(Tender, event.tender_id)
    query = await session.get_one(PriceQuery, event.query_id)
    bidder: UUID | None = await session.scalar(
        select(Bid.organisation_id).join(BidLot, BidLot.bid_id == Bid.id).where(BidLot.id == query.bid_lot_id)
    )
    if bidder is None:
        return
    news = News(
        kind=Kind.PRICE_QUERIED,
        told_for=f"{Kind.PRICE_QUERIED}:{query.id}",
        facts={"tender": tender.title, "due": query.due_at},
        link=links.price_question(query.id),
        useless_from=query.due_at,
    )
    await tell(session, await audience.managers(session, bidder), news)


async def sheets_complete(session: Session, event: SheetsComplete) -> None:
    """The buyer's officers hear that the report is due."""
    tender = await session.get_one(Tender, event.tender_id)
    case = await load(session, tender)
    last = max((one.submitted_at for one in case.sheets if one.submitted_at), default=session.now())
    news = News(
        kind=Kind.SHEETS_COMPLETE,
        told_for=f"{Kind.SHEETS_COMPLETE}:{tender.id}:{last.isoformat()}",
        facts={"tender": tender.title},
        link=links.evaluation_desk(tender.id),
    )
    await tell(session, await audience.nearest(session, tender.area_code, Role.PROCUREMENT_OFFICER), news)


async def _seated(session: Session, tender: Tender, member: PanelMember) -> None:
    news = News(
        kind=Kind.PANEL_DRAWN,
        told_for=f"{Kind.PANEL_DRAWN}:{member.id}",
        facts={"tender": tender.title},
        link=links.panel(tender.id),
    )
    await tell(session, [member.person_id], news)
