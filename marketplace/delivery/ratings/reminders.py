"""The one reminder of an unused ticket: whoever has an account hears once that it waits, never twice."""

from datetime import timedelta

from sqlalchemy import select, update

from marketplace.db.session import Session
from marketplace.delivery.ratings import periods
from marketplace.delivery.ratings.events import TicketIsWaiting
from marketplace.delivery.ratings.models import RatingTicket
from marketplace.delivery.ratings.tickets import RULE
from marketplace.outbox.publish import publish

_AT_ONCE = 500


async def remind(session: Session) -> None:
    """Repeated task: remind of tickets that wait long enough and are still good for a day, each once."""
    days = (await periods.rules_now(session))[RULE]["remind_after_days"]
    now = session.now()
    is_due = (
        RatingTicket.person_id.is_not(None),
        RatingTicket.used_at.is_(None),
        RatingTicket.void_at.is_(None),
        RatingTicket.reminded_at.is_(None),
        RatingTicket.issued_at <= now - timedelta(days=days),
        RatingTicket.expires_at > now + timedelta(days=1),
    )
    some = select(RatingTicket.id).where(*is_due).order_by(RatingTicket.expires_at).limit(_AT_ONCE)
    # The guard stands in the UPDATE itself: two workers, or one that runs again, remind nobody twice.
    reminded = await session.scalars(
        update(RatingTicket)
        .where(RatingTicket.id.in_(some.scalar_subquery()), *is_due)
        .values(reminded_at=now)
        .returning(RatingTicket.id)
        .execution_options(synchronize_session=False)
    )
    events = [TicketIsWaiting(ticket_id=ticket_id) for ticket_id in reminded.all()]
    if events:
        await publish(session, *events)
