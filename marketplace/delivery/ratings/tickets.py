"""Tickets: one for each who received a delivery, found again by its code, void when the delivery is called off, reminded of once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, update

from marketplace.catalogue import rules
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.ratings import codes, exclusions, periods
from marketplace.delivery.ratings.errors import TicketTriesAreUsedUp
from marketplace.delivery.ratings.events import TicketsIssued
from marketplace.delivery.ratings.models import RatingTicket, TicketTry
from marketplace.delivery.ratings.sources import Source
from marketplace.identity.models import Person
from marketplace.kernel.clock import days_end
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish

RULE = "rating.ticket"
CANCELLED = "delivery_cancelled"
_AT_ONCE = 200
_TRIES_KEPT = timedelta(days=2)


async def issue(session: Session, vault: Vault, delivery_id: UUID) -> int:
    """Give everybody who received the delivery a ticket who has none yet and may rate it; answers how many are new.

    Asked again it issues what is missing only: recipients who were added later get theirs. Two rows of one person get one ticket.
    """
    delivery = await session.get(Delivery, delivery_id)
    if delivery is None or delivery.done_at is None or delivery.cancelled_at is not None:
        return 0
    waiting = await _without_ticket(session, delivery_id)
    if not waiting:
        return 0
    people = [person_id for _recipient_id, person_id, _phone in waiting if person_id]
    tied = await exclusions.ties(session, delivery, people) if people else {}
    valid_days = (await periods.rules_now(session))[RULE]["valid_days"]
    expires_at = days_end(session.now(), valid_days)
    rows = [
        _row(session, vault, delivery, recipient) | {"expires_at": expires_at}
        for recipient in waiting
        if recipient[1] not in tied
    ]
    issued = 0
    for start in range(0, len(rows), _AT_ONCE):
        added = upsert(session, RatingTicket).values(rows[start : start + _AT_ONCE]).on_conflict_do_nothing()
        issued += len((await session.scalars(added.returning(RatingTicket.id))).all())
    if issued:
        await publish(session, TicketsIssued(delivery_id=delivery_id))
    return issued


async def void(session: Session, delivery_id: UUID) -> None:
    """The delivery was called off: its unused tickets are good for nothing."""
    await session.execute(
        update(RatingTicket)
        .where(
            RatingTicket.delivery_id == delivery_id,
            RatingTicket.used_at.is_(None),
            RatingTicket.void_at.is_(None),
        )
        .values(void_at=session.now(), void_reason=CANCELLED)
    )


async def judge(session: Session, vault: Vault, code: str, source: Source) -> UUID | None:
    """The ticket that a typed code opens; a wrong code is counted against the place it came from and answers None.

    Counting is a transaction of its own: the edge commits it before it refuses, or the counter would roll back with the refusal.
    Raises TicketTriesAreUsedUp.
    """
    await must_have_tries(session, vault, source)
    plain = codes.read(code)
    if plain is not None:
        found: UUID | None = await session.scalar(
            select(RatingTicket.id).where(RatingTicket.code_fingerprint == codes.fingerprint_of(vault, plain))
        )
        if found is not None:
            return found
    hour = session.now().replace(minute=0, second=0, microsecond=0)
    counted = upsert(session, TicketTry).values(
        source_fingerprint=source.address_fingerprint(vault), hour=hour, wrong_tries=1
    )
    await session.execute(
        counted.on_conflict_do_update(
            index_elements=["source_fingerprint", "hour"], set_={"wrong_tries": TicketTry.wrong_tries + 1}
        )
    )
    return None


async def must_have_tries(session: Session, vault: Vault, source: Source) -> None:
    """Raises TicketTriesAreUsedUp when too many wrong codes came from there within the hour."""
    most = (await periods.rules_now(session))[RULE]["wrong_codes_an_hour"]
    hour = session.now().replace(minute=0, second=0, microsecond=0)
    wrong = await session.scalar(
        select(TicketTry.wrong_tries).where(
            TicketTry.source_fingerprint == source.address_fingerprint(vault), TicketTry.hour == hour
        )
    )
    if (wrong or 0) >= most:
        raise TicketTriesAreUsedUp(most=most, article=await article(session))


async def article(session: Session) -> str:
    """What a refusal about tickets cites."""
    return (await rules.in_force(session, RULE)).article


async def forget_tries(session: Session) -> None:
    """Repeated task: wrong tries of other days count no more."""
    await session.execute(
        TicketTry.__table__.delete().where(  # type: ignore[attr-defined]
            TicketTry.hour < session.now() - _TRIES_KEPT
        )
    )


async def _without_ticket(session: Session, delivery_id: UUID) -> Sequence[Any]:
    """Recipient, person (found by the phone where the row names none) and fingerprint of the phone."""
    owner = (
        select(Person.id)
        .where(Person.phone_fingerprint == DeliveryRecipient.phone_fingerprint)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            DeliveryRecipient.id,
            func.coalesce(DeliveryRecipient.person_id, owner),
            DeliveryRecipient.phone_fingerprint,
        )
        .where(
            DeliveryRecipient.delivery_id == delivery_id,
            ~exists().where(RatingTicket.recipient_id == DeliveryRecipient.id),
        )
        .order_by(DeliveryRecipient.number)
    )
    return rows.all()


def _row(session: Session, vault: Vault, delivery: Delivery, recipient: Any) -> dict[str, Any]:
    recipient_id, person_id, phone = recipient
    ticket_id = new_id()
    return {
        "id": ticket_id,
        "delivery_id": delivery.id,
        "recipient_id": recipient_id,
        "person_id": person_id,
        "organisation_id": delivery.organisation_id,
        "service_type": delivery.service_type,
        "rater": person_id or (rater_of_phone(vault, phone) if phone else ticket_id),
        "code_fingerprint": codes.fingerprint_of(vault, codes.code_of(vault, ticket_id)),
        "issued_at": session.now(),
    }


def rater_of_phone(vault: Vault, phone_fingerprint: bytes) -> UUID:
    """Who rates from a phone without an account: the same across deliveries, and no way back to the phone."""
    return UUID(bytes=vault.fingerprint(phone_fingerprint.hex(), "rater")[:16], version=5)
