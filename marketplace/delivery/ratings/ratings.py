"""Ratings: given once with a ticket, by its holder or by a helper for them; nothing of them shows until the period closes."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db import audit
from marketplace.db.clock import database_now
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.ratings import exclusions, periods, policy, sources, tickets
from marketplace.delivery.ratings.drafts import RatingDraft
from marketplace.delivery.ratings.errors import (
    DeliveryIsRated,
    HelperRatesForThemselves,
    RatingIsEmpty,
    TicketIsExpired,
    TicketIsOfAnotherDelivery,
    TicketIsUnknown,
    TicketIsUsed,
    TicketIsVoid,
)
from marketplace.delivery.ratings.events import RatingGiven
from marketplace.delivery.ratings.models import Rating, RatingPhoto, RatingTicket, RatingWords
from marketplace.delivery.ratings.sources import Source
from marketplace.delivery.ratings.states import TicketState, ticket_state
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import last_day, local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_timeless_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts import opinions

_NOT_WORDS = re.compile(r"[\W_]+")


async def give(
    session: Session,
    viewer: Viewer,
    vault: Vault,
    ticket_id: UUID | None,
    draft: RatingDraft,
    source: Source,
    pictures: Sequence[tuple[str, int, str]] = (),
) -> UUID:
    """Rate with a ticket; answers the rating's id. The same idempotency key again answers the same, whatever happened since.

    The edge has read the ticket's code (``tickets.judge``), or takes one that is the viewer's own (``own_ticket``). ``pictures`` are
    stored already (``photo_store.kept``). With ``assisted_how`` a helper of the community enters what somebody else says.

    Raises TicketIsUnknown for None, TicketIsUsed, TicketIsExpired, TicketIsVoid, TicketIsOfAnotherDelivery, RatingIsEmpty,
    RaterIsOfTheProvider, RaterIsOfThePurchase, RaterCarriedItOut, PeriodIsClosed, DeliveryIsRated; for a helper also SignInNeeded,
    NotPermitted, HelperIsOfTheProvider, HelperRatesForThemselves.
    """
    ticket = await session.get(RatingTicket, ticket_id, populate_existing=True) if ticket_id else None
    if ticket is None:
        raise TicketIsUnknown()
    if draft.delivery_id not in (None, ticket.delivery_id):
        raise TicketIsOfAnotherDelivery()
    delivery = await session.get_one(Delivery, ticket.delivery_id)
    helper = await _helper(session, viewer, delivery, ticket, draft)
    given_before = await _same_as_before(session, ticket.id, draft.idempotency_key)
    if given_before is not None:
        return given_before
    if not any(draft.points().values()):
        raise RatingIsEmpty()
    await _must_be_valid(session, ticket)
    hand = None if helper else viewer.person_id
    people = {person_id for person_id in (ticket.person_id, hand) if person_id is not None}
    await exclusions.must_be_free(session, delivery, people, await tickets.article(session))
    period = await periods.current(session)
    if not await _use(session, ticket.id):
        # Somebody was quicker with the same ticket: the same hand sending twice, or another one.
        given_before = await _same_as_before(session, ticket.id, draft.idempotency_key)
        if given_before is not None:
            return given_before
        raise TicketIsUsed()
    # A slip of nobody's, used by somebody who is signed in, counts as theirs: ten slips are not ten people.
    rater = hand if hand is not None and ticket.rater == ticket.id else ticket.rater
    row = _row(session, ticket, delivery, period.id, draft, rater, helper)
    if not await insert_once(session, row):
        raise DeliveryIsRated()
    await _keep_words(session, vault, row.id, draft.text, pictures)
    if helper is None:
        # A helper's desk is where many write down what they think; it is on record as such, and is no trace.
        await sources.note(session, vault, row.id, source)
    else:
        audit.record(session, helper, "rating.assisted", ("delivery", delivery.id), how=row.assisted_how)
    if delivery.contract_id is not None:
        await opinions.rated(session, delivery.contract_id, rater, told_from=periods.ends_at(period))
    await publish(session, RatingGiven(rating_id=row.id))
    return row.id


def _row(
    session: Session,
    ticket: RatingTicket,
    delivery: Delivery,
    period_id: UUID,
    draft: RatingDraft,
    rater: UUID,
    helper: UUID | None,
) -> Rating:
    points = draft.points()
    return Rating(
        # The address of a public rating must not tell its provider who was there at that moment.
        id=new_timeless_id(),
        ticket_id=ticket.id,
        delivery_id=delivery.id,
        period_id=period_id,
        organisation_id=delivery.organisation_id,
        service_type=delivery.service_type,
        area_code=delivery.area_code,
        rater=rater,
        **points,
        sixtieths=_sixtieths(points),
        should_continue=draft.should_continue,
        assisted_by=helper,
        assisted_how=draft.assisted_how.value if draft.assisted_how else None,
        idempotency_key=draft.idempotency_key,
        given_on=local_day(session.now()),
        given_at=session.now(),
    )


async def own_ticket(session: Session, viewer: Viewer, ticket_id: UUID) -> UUID:
    """The ticket's id, for whoever it was issued to. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = await session.scalar(
        select(RatingTicket.id).where(RatingTicket.id == ticket_id, policy.is_holder(viewer))
    )
    if found is None:
        raise NotFound()
    return found


def folded(text: str) -> str:
    """What is compared of words: letters and figures only, full width and case folded."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())


async def _helper(
    session: Session, viewer: Viewer, delivery: Delivery, ticket: RatingTicket, draft: RatingDraft
) -> UUID | None:
    if draft.assisted_how is None:
        return None
    await policy.must_be_helper(session, viewer, delivery)
    person_id = viewer.signed_in()
    own_phone = (
        select(Person.id)
        .join(DeliveryRecipient, DeliveryRecipient.phone_fingerprint == Person.phone_fingerprint)
        .where(Person.id == person_id, DeliveryRecipient.id == ticket.recipient_id)
    )
    if ticket.person_id == person_id or await session.scalar(own_phone) is not None:
        raise HelperRatesForThemselves()
    return person_id


async def _same_as_before(session: Session, ticket_id: UUID, key: str) -> UUID | None:
    found: UUID | None = await session.scalar(
        select(Rating.id).where(Rating.ticket_id == ticket_id, Rating.idempotency_key == key)
    )
    return found


async def _must_be_valid(session: Session, ticket: RatingTicket) -> None:
    state = ticket_state(ticket, session.now())
    if state is TicketState.USED:
        raise TicketIsUsed()
    if state is TicketState.VOID:
        raise TicketIsVoid()
    if state is TicketState.EXPIRED:
        raise TicketIsExpired(last=last_day(ticket.expires_at), article=await tickets.article(session))


async def _use(session: Session, ticket_id: UUID) -> bool:
    """Whether the ticket was good and is used now, judged in the one statement that uses it."""
    used = await session.execute(
        update(RatingTicket)
        .where(
            RatingTicket.id == ticket_id,
            RatingTicket.used_at.is_(None),
            RatingTicket.void_at.is_(None),
            RatingTicket.expires_at > database_now(session),
        )
        .values(used_at=session.now())
        .returning(RatingTicket.id)
        .execution_options(synchronize_session=False)
    )
    return used.scalar_one_or_none() is not None


def _sixtieths(points: Mapping[str, int | None]) -> int:
    given = [one for one in points.values() if one is not None]
    return formula.SIXTIETHS * sum(given) // len(given)


async def _keep_words(
    session: Session,
    vault: Vault,
    rating_id: UUID,
    text: str | None,
    pictures: Sequence[tuple[str, int, str]],
) -> None:
    if text is not None:
        same = folded(text)
        print_of = vault.fingerprint(same, "rating-words") if same else None
        session.add(RatingWords(rating_id=rating_id, text=text, text_fingerprint=print_of))
    for content_type, size, key in pictures:
        session.add(
            RatingPhoto(
                id=new_timeless_id(), rating_id=rating_id, content_type=content_type, size=size, file_key=key
            )
        )
    await session.flush()
