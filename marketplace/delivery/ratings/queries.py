"""What somebody sees of tickets and ratings that are theirs, what a code opens, and the slips that the community prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, not_, select

from marketplace.db import audit
from marketplace.db.pages import falling, rising
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.policy import received_by, visible_to
from marketplace.delivery.ratings import codes, policy
from marketplace.delivery.ratings.models import (
    DIMENSIONS,
    Rating,
    RatingPeriod,
    RatingTicket,
    RatingWords,
)
from marketplace.delivery.ratings.states import TicketState, ticket_state
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import last_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.kernel.vault import Vault
from marketplace.organisations.models import Organisation

MOST_SLIPS = 60
"""A few sheets of paper at once."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """What is rated: which service, when, where, by whom."""

    delivery_id: UUID
    title: str
    service_type: str
    provider_id: UUID | None
    provider: str | None
    served_by: str
    place: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class GivenRow:
    """What the viewer said: points by dimension, and when it appears or appeared."""

    id: UUID
    points: Mapping[str, int | None]
    should_continue: bool | None
    text: str | None
    given_at: datetime
    appears_on: date
    appeared_at: datetime | None


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket of the viewer, or of whoever holds its code, with the service and what was said of it.

    ``appears_on`` is the day on which what was said with it appears; everybody who holds the code may know that.
    """

    id: UUID
    state: TicketState
    issued_at: datetime
    expires_at: datetime
    service: ServiceRow
    given: GivenRow | None
    appears_on: date | None

    @property
    def last_day(self) -> date:
        """The last day on which it is good."""
        return last_day(self.expires_at)


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    """A delivery that the viewer receives, with their ticket once there is one. ``delivery`` is the row itself, for its state."""

    delivery: Delivery
    provider: str | None
    ticket: TicketRow | None

    @property
    def id(self) -> UUID:
        return self.delivery.id


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip of paper: its number, its code in groups, and the code as the link carries it."""

    number: int
    code: str
    plain: str
    last_day: date


class Received(StrEnum):
    """What somebody receives: what waits for their rating, what is still to come, and all the rest."""

    WAITING = "waiting"
    COMING = "coming"
    PAST = "past"


async def received(
    session: Session, viewer: Viewer, shelf: Received, request: PageRequest
) -> Page[ReceivedRow]:
    """What is and was brought to the viewer: what comes from the next on, the rest from the latest on. Raises SignInNeeded."""
    viewer.signed_in()
    mine = (
        select(Delivery, Organisation, RatingTicket, Rating, RatingWords, RatingPeriod)
        .outerjoin(Organisation, Organisation.id == Delivery.organisation_id)
        .outerjoin(RatingTicket, and_(RatingTicket.delivery_id == Delivery.id, policy.is_holder(viewer)))
        .outerjoin(Rating, Rating.ticket_id == RatingTicket.id)
        .outerjoin(RatingWords, RatingWords.rating_id == Rating.id)
        .outerjoin(RatingPeriod, RatingPeriod.id == Rating.period_id)
        .where(received_by(viewer))
    )
    now = session.now()
    coming = and_(Delivery.done_at.is_(None), Delivery.cancelled_at.is_(None), Delivery.ends_at > now)
    waiting = and_(
        RatingTicket.id.is_not(None),
        RatingTicket.used_at.is_(None),
        RatingTicket.void_at.is_(None),
        RatingTicket.expires_at > now,
    )
    asked = {
        Received.WAITING: waiting,
        Received.COMING: coming,
        Received.PAST: and_(not_(coming), not_(waiting)),
    }[shelf]
    turn = rising if shelf is Received.COMING else falling
    rows = await session.execute(turn(mine.where(asked), request, Delivery.starts_at, Delivery.id))
    found = [_received(row, now) for row in rows]
    return cut(found, request, lambda one: encode_cursor(one.delivery.starts_at, one.delivery.id))


async def own_tickets(
    session: Session, viewer: Viewer, request: PageRequest, *, waiting: bool = False
) -> Page[TicketRow]:
    """The viewer's tickets, the newest first; ``waiting`` leaves those that can be used now. Raises SignInNeeded."""
    viewer.signed_in()
    mine = _tickets().where(policy.is_holder(viewer))
    if waiting:
        mine = mine.where(
            RatingTicket.used_at.is_(None),
            RatingTicket.void_at.is_(None),
            RatingTicket.expires_at > session.now(),
        )
    rows = await session.execute(falling(mine, request, RatingTicket.issued_at, RatingTicket.id))
    found = [_ticket(row, session.now()) for row in rows]
    return cut(found, request, lambda one: encode_cursor(one.issued_at, one.id))


async def tickets_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, TicketRow]:
    """The viewer's own among these tickets."""
    rows = await session.execute(_tickets().where(RatingTicket.id.in_(ids), policy.is_holder(viewer)))
    return {row[0].id: _ticket(row, session.now()) for row in rows}


async def own_ticket(session: Session, viewer: Viewer, ticket_id: UUID) -> TicketRow:
    """One of the viewer's own tickets. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = (await tickets_by_ids(session, viewer, [ticket_id])).get(ticket_id)
    if found is None:
        raise NotFound()
    return found


async def by_code(session: Session, viewer: Viewer, vault: Vault, code: str) -> TicketRow | None:
    """What a code opens for whoever holds it. What was said with it is told to the ticket's own person only."""
    plain = codes.read(code)
    if plain is None:
        return None
    row = (
        await session.execute(
            _tickets().where(RatingTicket.code_fingerprint == codes.fingerprint_of(vault, plain))
        )
    ).one_or_none()
    if row is None:
        return None
    is_own = viewer.person_id is not None and row[0].person_id == viewer.person_id
    return _ticket(row, session.now(), is_own=is_own)


async def appears_on(session: Session, viewer: Viewer, rating_id: UUID) -> date:
    """The day on which a rating that was just given appears, together with all others of its period. Raises NotFound."""
    found = await session.scalar(
        select(RatingPeriod.ends_on)
        .join(Rating, Rating.period_id == RatingPeriod.id)
        .where(Rating.id == rating_id)
    )
    if found is None:
        raise NotFound()
    return found + timedelta(days=1)


async def slips(
    session: Session, viewer: Viewer, vault: Vault, delivery_id: UUID, after: int = 0
) -> tuple[ServiceRow, Sequence[Slip]]:
    """Codes of a delivery's unused tickets, to be printed, at most sixty after the number ``after``; that somebody looked is on
    record, so the edge commits.

    Raises SignInNeeded, NotFound, NotPermitted, HelperIsOfTheProvider.
    """
    person_id = viewer.signed_in()
    row = (
        await session.execute(
            select(Delivery, Organisation)
            .outerjoin(Organisation, Organisation.id == Delivery.organisation_id)
            .where(Delivery.id == delivery_id, visible_to(viewer))
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    await policy.must_be_helper(session, viewer, row[0])
    unused = await session.execute(
        select(RatingTicket.id, RatingTicket.expires_at, DeliveryRecipient.number)
        .join(DeliveryRecipient, DeliveryRecipient.id == RatingTicket.recipient_id)
        .where(
            RatingTicket.delivery_id == delivery_id,
            RatingTicket.used_at.is_(None),
            RatingTicket.void_at.is_(None),
            RatingTicket.expires_at > session.now(),
            DeliveryRecipient.number > after,
        )
        .order_by(DeliveryRecipient.number)
        .limit(MOST_SLIPS)
    )
    found = []
    for ticket_id, expires_at, number in unused:
        plain = codes.code_of(vault, ticket_id)
        found.append(Slip(number, codes.grouped(plain), plain, last_day(expires_at)))
    audit.record(session, person_id, "rating_codes.seen", ("delivery", delivery_id), codes=len(found))
    return _service(row[0], row[1]), found


def _tickets() -> Select[*tuple[Any, ...]]:
    return (
        select(RatingTicket, Delivery, Organisation, Rating, RatingWords, RatingPeriod)
        .join(Delivery, Delivery.id == RatingTicket.delivery_id)
        .outerjoin(Organisation, Organisation.id == Delivery.organisation_id)
        .outerjoin(Rating, Rating.ticket_id == RatingTicket.id)
        .outerjoin(RatingWords, RatingWords.rating_id == Rating.id)
        .outerjoin(RatingPeriod, RatingPeriod.id == Rating.period_id)
    )


def _received(row: Sequence[Any], now: datetime) -> ReceivedRow:
    delivery, provider, ticket = row[:3]
    held = None if ticket is None else _ticket((ticket, delivery, provider, *row[3:]), now)
    return ReceivedRow(delivery, provider.name if provider is not None else None, held)


def _ticket(row: Sequence[Any], now: datetime, *, is_own: bool = True) -> TicketRow:
    """From what ``_tickets`` selects."""
    ticket, delivery, provider, rating, words, period = row
    return TicketRow(
        ticket.id,
        ticket_state(ticket, now),
        ticket.issued_at,
        ticket.expires_at,
        _service(delivery, provider),
        _given(rating, words, period) if is_own else None,
        period.ends_on + timedelta(days=1) if period is not None else None,
    )


def _service(delivery: Delivery, provider: Organisation | None) -> ServiceRow:
    return ServiceRow(
        delivery.id,
        delivery.title,
        delivery.service_type,
        delivery.organisation_id,
        provider.name if provider is not None else None,
        delivery.served_by,
        delivery.place,
        delivery.starts_at,
        delivery.ends_at,
    )


def _given(rating: Rating | None, words: RatingWords | None, period: RatingPeriod | None) -> GivenRow | None:
    if rating is None or period is None:
        return None
    return GivenRow(
        rating.id,
        {name: getattr(rating, name) for name in DIMENSIONS},
        rating.should_continue,
        words.text if words else None,
        rating.given_at,
        period.ends_on + timedelta(days=1),
        period.closed_at,
    )
