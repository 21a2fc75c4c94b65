"""Send what is due: claim a few deliveries, send them outside of any transaction, note what became of each.

A delivery is claimed by counting the attempt and moving its due time ahead, guarded by the count that was seen; so a worker that
dies while sending is followed by another one later, and nobody else sends meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, select, update

from marketplace.db.session import Database, Session
from marketplace.kernel.vault import Vault
from marketplace.notices import contacts, links, unsubscribing
from marketplace.notices.channels import Channel, Message, SendingFailed, SendingIsHopeless
from marketplace.notices.contacts import Contact
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.models import Notice, NoticeDelivery
from marketplace.notices.unsubscribing import Subscription
from marketplace.notices.wording import worded

MOST_ATTEMPTS = 6
_AT_ONCE = 20
_BATCHES = 50
_LEASE = timedelta(minutes=10)
_FIRST_WAIT = timedelta(minutes=2)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery that is ours until its new due time; ``attempts`` includes the coming one and guards every note about it."""

    id: UUID
    attempts: int
    channel: ChannelName
    message: Message


class Sending:
    """Sends by the channels that the house has."""

    def __init__(self, channels: Sequence[Channel], vault: Vault, site_url: str) -> None:
        self._channels = {channel.name: channel for channel in channels}
        self._vault = vault
        self._site_url = site_url

    async def send_due(self, database: Database) -> None:
        """Repeated errand: send what is due, a batch at a time; the rest waits for the next run."""
        for _ in range(_BATCHES):
            async with database.unit_of_work() as session:
                found = await self._claim(session)
            for claimed in found.messages:
                await self._send(database, claimed)
            if found.looked_at < _AT_ONCE:
                return

    async def _claim(self, session: Session) -> "_Batch":
        rows = (await session.execute(_due(session.now()))).all()
        people = await contacts.of(session, {row.person_id for row in rows})
        said = await contacts.wishes(session, list(people), {Kind(row.kind) for row in rows})
        messages = []
        for row in rows:
            contact, kind, channel = people.get(row.person_id), Kind(row.kind), ChannelName(row.channel)
            if contact is None or channel not in contact.addresses or channel not in self._channels:
                await _note(session, row.id, row.attempts, given_up_at=session.now(), last_error="no address")
            elif not contacts.wants(said, contact.person_id, kind, channel):
                await _note(session, row.id, row.attempts, given_up_at=session.now(), last_error="not wanted")
            elif (loud_at := contact.may_leave_at(kind, session.now())) > session.now():
                await _note(session, row.id, row.attempts, due_at=loud_at)
            elif await _take(session, row):
                message = self._message(row, contact, channel)
                messages.append(_Claimed(row.id, row.attempts + 1, channel, message))
        return _Batch(len(rows), messages)

    def _message(self, row: Any, contact: Contact, channel: ChannelName) -> Message:
        subscription = Subscription(contact.person_id, Kind(row.kind), channel)
        token = unsubscribing.token_of(self._vault, subscription)
        return Message(
            delivery_id=row.id,
            kind=subscription.kind,
            address=contact.addresses[channel],
            locale=contact.locale,
            words=worded(contact.locale, row.kind, row.facts),
            link=self._site_url + row.link if row.link else None,
            unsubscribe_url=self._site_url + links.unsubscribe(token),
            preferences_url=self._site_url + links.PREFERENCES,
        )

    async def _send(self, database: Database, claimed: _Claimed) -> None:
        error: SendingFailed | None = None
        try:
            await self._channels[claimed.channel].send(claimed.message)
        except SendingFailed as failure:
            error = failure
        except Exception as fault:  # a fault of ours must not stop the other letters
            _log.error("notices.sending_fault", delivery=str(claimed.id), exc_info=fault)
            error = SendingFailed(type(fault).__name__)
        async with database.unit_of_work() as session:
            await _conclude(session, claimed, error)


@dataclass(frozen=True, slots=True)
class _Batch:
    looked_at: int
    messages: Sequence[_Claimed]


def _due(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            NoticeDelivery.id,
            NoticeDelivery.channel,
            NoticeDelivery.attempts,
            Notice.person_id,
            Notice.kind,
            Notice.facts,
            Notice.link,
        )
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .where(
            NoticeDelivery.due_at <= now,
            NoticeDelivery.sent_at.is_(None),
            NoticeDelivery.given_up_at.is_(None),
        )
        .order_by(NoticeDelivery.due_at, NoticeDelivery.id)
        .limit(_AT_ONCE)
        .with_for_update(of=NoticeDelivery, skip_locked=True)
    )


async def _take(session: Session, row: Any) -> bool:
    """Count the attempt before it is made: a letter that kills its worker is given up in the end, not sent for ever."""
    if row.attempts >= MOST_ATTEMPTS:
        await _note(session, row.id, row.attempts, given_up_at=session.now())
        return False
    return await _note(
        session, row.id, row.attempts, attempts=row.attempts + 1, due_at=session.now() + _LEASE
    )


async def _conclude(session: Session, claimed: _Claimed, error: SendingFailed | None) -> None:
    if error is None:
        await _note(session, claimed.id, claimed.attempts, sent_at=session.now(), last_error=None)
        return
    said = str(error)[:200]
    if isinstance(error, SendingIsHopeless) or claimed.attempts >= MOST_ATTEMPTS:
        _log.error("notices.given_up", delivery=str(claimed.id), channel=claimed.channel, said=said)
        await _note(session, claimed.id, claimed.attempts, given_up_at=session.now(), last_error=said)
        return
    wait = _FIRST_WAIT * (1 << (claimed.attempts - 1))
    await _note(session, claimed.id, claimed.attempts, due_at=session.now() + wait, last_error=said)


async def _note(session: Session, delivery_id: UUID, seen_attempts: int, **noted: Any) -> bool:
    """Write it down unless the delivery has moved on since it was seen with that many attempts."""
    changed = await session.execute(
        update(NoticeDelivery)
        .where(
            NoticeDelivery.id == delivery_id,
            NoticeDelivery.attempts == seen_attempts,
            NoticeDelivery.sent_at.is_(None),
        )
        .values(**noted)
        .returning(NoticeDelivery.id)
    )
    return changed.one_or_none() is not None
