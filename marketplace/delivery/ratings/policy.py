"""May they: a ticket is of whoever received the delivery; codes are printed and helped with by the community, never by the provider."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.policy import is_community
from marketplace.delivery.ratings import exclusions
from marketplace.delivery.ratings.errors import HelperIsOfTheProvider
from marketplace.delivery.ratings.models import RatingTicket
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted


def is_holder(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over tickets: the viewer's own."""
    return false() if viewer.person_id is None else held_by(viewer.person_id)


def held_by(person_id: UUID) -> ColumnElement[bool]:
    """SQL over tickets: issued to the account or, where it was nobody's account, to the phone that it has now.

    Whoever gets the number of somebody who had an account gets none of their tickets.
    """
    mine, receiver = aliased(RatingTicket), aliased(DeliveryRecipient)
    phone = select(Person.phone_fingerprint).where(Person.id == person_id).scalar_subquery()
    # Two searches by index; an OR over both columns would read every ticket of the city.
    named = select(mine.id).where(mine.person_id == person_id)
    phoned = (
        select(mine.id)
        .join(receiver, receiver.id == mine.recipient_id)
        .where(receiver.phone_fingerprint == phone, mine.person_id.is_(None))
    )
    return RatingTicket.id.in_(named.union(phoned))


async def must_be_helper(session: Session, viewer: Viewer, delivery: Delivery) -> None:
    """Workers and officers of the community, unless they belong to the provider or bought from it.

    Raises SignInNeeded, NotPermitted, HelperIsOfTheProvider.
    """
    person_id = viewer.signed_in()
    if not is_community(viewer, delivery):
        raise NotPermitted()
    tie = (await exclusions.ties(session, delivery, [person_id])).get(person_id)
    if tie in (exclusions.Tie.PROVIDER, exclusions.Tie.PURCHASE):
        raise HelperIsOfTheProvider()
