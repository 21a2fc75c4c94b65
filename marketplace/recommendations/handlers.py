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
from marketplace.recommendations import invitations, lists, own_data
from marketplace.recommendations.events import PersonInvited
from marketplace.recommendations.keeping import VolunteerStore
from marketplace.recommendations.models import Invitation, RecommendationList
from marketplace.volunteering.events import (
    NeedChanged,
    NeedPublished,
    NeedsImported,
    OfferLapsed,
    SignUpApplied,
    SignUpConfirmed,
    SignUpDeclined,
    SignUpWaiting,
    SignUpWithdrawn,
)
from marketplace.volunteering.models import SignUp

_OF_PEOPLE: tuple[type[Event], ...] = (
    ProfileChanged,
    QualificationDecided,
    ConsentDecided,
    HoursRecorded,
    PersonErased,
)
_OF_SIGN_UPS: tuple[type[Event], ...] = (
    SignUpApplied,
    SignUpWaiting,
    SignUpConfirmed,
    SignUpDeclined,
    SignUpWithdrawn,
    OfferLapsed,
)


def register(registry: Registry, personal_data: PersonalData, store: VolunteerStore) -> None:
    """Put the consumers and repeated tasks into the registry, and the room's share into every export and erasure."""
    for event in _OF_PEOPLE:
        registry.on(event, "recommendations.tell", _tell(store))
        registry.on(event, "recommendations.expire", _expire_of_person)
    for event in _OF_SIGN_UPS:
        registry.on(event, "recommendations.expire", _expire_of_sign_up)
    for event in (NeedPublished, NeedChanged):
        registry.on(event, "recommendations.expire_around", _expire_around)
    registry.on(NeedsImported, "recommendations.expire_around", _expire_around_imported)
    registry.on(ReviewDeclined, "recommendations.tell_reviewed", _tell_reviewed(store))
    registry.on(PersonInvited, "recommendations.tell_invited", _tell_invited(store))
    registry.on(ConsentDecided, "recommendations.respect", respect)
    registry.repeat("recommendations.heal", timedelta(seconds=20), store.heal)
    registry.repeat("recommendations.renew_at_night", timedelta(hours=1), store.renew_at_night)
    registry.repeat_errand("recommendations.renew_lists", timedelta(minutes=1), lists.renew_for_the_present)
    registry.repeat_errand(
        "recommendations.renew_lists_daily", timedelta(minutes=10), lists.renew_for_the_day
    )
    registry.repeat("recommendations.forget_old", timedelta(days=1), lists.forget_old)
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
        await lists.forget(session, event.person_id)
    await invitations.end_of(session, event.person_id)


async def _expire_of_person(session: Session, event: Event) -> None:
    await lists.expire(session, RecommendationList.person_id == event.stream_id)


async def _expire_of_sign_up(session: Session, event: Event) -> None:
    whose = select(SignUp.person_id).where(SignUp.id == event.stream_id)
    await lists.expire(session, RecommendationList.person_id.in_(whose))


async def _expire_around(session: Session, event: Event) -> None:
    await lists.expire_around(session, [event.stream_id])


async def _expire_around_imported(session: Session, event: NeedsImported) -> None:
    await lists.expire_around(session, event.need_ids)


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
