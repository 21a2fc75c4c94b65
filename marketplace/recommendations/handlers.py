"""What recommendations listen to and do by the clock: keep the arrays in step, forget what is refused, old or over."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.hours.events import HoursRecorded, ReviewDeclined
from marketplace.hours.models import HourReview
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.events import ConsentDecided, PersonErased, ProfileChanged, QualificationDecided
from marketplace.identity.personal_data import PersonalData
from marketplace.outbox.events import Event
from marketplace.outbox.registry import Registry
from marketplace.recommendations import invitations, own_data, recommending
from marketplace.recommendations.events import PersonInvited
from marketplace.recommendations.keeping import VolunteerStore
from marketplace.recommendations.models import Invitation

_OF_PEOPLE: tuple[type[Event], ...] = (
    ProfileChanged,
    QualificationDecided,
    ConsentDecided,
    HoursRecorded,
    PersonErased,
)


def register(registry: Registry, personal_data: PersonalData, store: VolunteerStore) -> None:
    """Put the consumers and repeated tasks into the registry, and the room's share into every export and erasure."""
    for event in _OF_PEOPLE:
        registry.on(event, "recommendations.tell", _tell(store))
    registry.on(ReviewDeclined, "recommendations.tell_reviewed", _tell_reviewed(store))
    registry.on(PersonInvited, "recommendations.tell_invited", _tell_invited(store))
    registry.on(ConsentDecided, "recommendations.respect", respect)
    registry.repeat("recommendations.heal", timedelta(seconds=20), store.heal)
    registry.repeat("recommendations.renew_at_night", timedelta(hours=1), store.renew_at_night)
    registry.repeat("recommendations.forget_old", timedelta(days=1), recommending.forget_old)
    registry.repeat("recommendations.end_over", timedelta(minutes=10), invitations.end_over)
    personal_data.add("recommendations", own_data.collect, own_data.erase)


async def respect(session: Session, event: ConsentDecided) -> None:
    """Whoever turned ranking off keeps no recommendations, and whoever wants no invitations has no open ones."""
    kind = ConsentKind(event.kind)
    if kind not in (ConsentKind.RANKING, ConsentKind.INVITATIONS):
        return
    if await consents.holds(session, event.person_id, kind):
        return
    if kind is ConsentKind.RANKING:
        await recommending.forget(session, event.person_id)
    await invitations.end_of(session, event.person_id)


def _tell(store: VolunteerStore) -> Callable[[Session, Event], Awaitable[None]]:
    async def tell(session: Session, event: Event) -> None:
        await store.tell(session, [event.stream_id])

    return tell


def _tell_reviewed(store: VolunteerStore) -> Callable[[Session, ReviewDeclined], Awaitable[None]]:
    async def tell_reviewed(session: Session, event: ReviewDeclined) -> None:
        reviewed = await session.scalars(select(HourReview.person_id).where(HourReview.id == event.review_id))
        await store.tell(session, reviewed.all())

    return tell_reviewed


def _tell_invited(store: VolunteerStore) -> Callable[[Session, PersonInvited], Awaitable[None]]:
    async def tell_invited(session: Session, event: PersonInvited) -> None:
        invited = await session.scalars(
            select(Invitation.person_id).where(Invitation.id == event.invitation_id)
        )
        await store.tell(session, invited.all())

    return tell_invited
