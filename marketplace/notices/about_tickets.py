"""Notices about rating tickets: one when it is issued, which also asks whether it was so, one reminder, and never a third."""

from sqlalchemy import ColumnElement, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.ratings.events import TicketIsWaiting, TicketsIssued
from marketplace.delivery.ratings.models import RatingTicket
from marketplace.kernel.clock import last_day
from marketplace.notices import links
from marketplace.notices.facts import Fact
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell


async def issued(session: Session, event: TicketsIssued) -> None:
    """Everybody with an account who may rate the delivery hears so, once."""
    await _tell(session, Kind.RATING_WANTED, RatingTicket.delivery_id == event.delivery_id)


async def waiting(session: Session, event: TicketIsWaiting) -> None:
    """The one reminder; whoever rated meanwhile is left in peace."""
    await _tell(session, Kind.RATING_WAITS, RatingTicket.id == event.ticket_id)


async def _tell(session: Session, kind: Kind, which: ColumnElement[bool]) -> None:
    rows = await session.execute(
        select(Delivery.id, Delivery.title, RatingTicket.expires_at, RatingTicket.person_id)
        .join(Delivery, Delivery.id == RatingTicket.delivery_id)
        .where(
            which,
            RatingTicket.person_id.is_not(None),
            RatingTicket.used_at.is_(None),
            RatingTicket.void_at.is_(None),
            RatingTicket.expires_at > session.now(),
        )
    )
    # One delivery gives a person one ticket, and all those of one hour the same last day.
    for (delivery_id, title, expires_at), found in grouped((row[:3], row[3]) for row in rows).items():
        facts: dict[str, Fact] = {"service": title, "day": last_day(expires_at)}
        people = [one for one in found if one is not None]
        news = News(kind, f"{kind}:{delivery_id}", facts, links.my_services(), expires_at)
        await tell(session, people, news)
