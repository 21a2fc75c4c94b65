"""Tell people something: once each into the inbox, and on its way by the channels that they want, outside their quiet hours."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.notices import contacts
from marketplace.notices.contacts import Contact
from marketplace.notices.facts import Fact, to_json
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.models import Notice, NoticeDelivery

# SQLite takes at most 32,766 values in one statement.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class News:
    """What is told. ``told_for`` names the occasion: nobody is told twice for the same one.

    ``facts`` hold nothing that the reader may not see anyway. After ``useless_from`` nothing need leave the house any more;
    the inbox still has it.
    """

    kind: Kind
    told_for: str
    facts: Mapping[str, Fact]
    link: str | None = None
    useless_from: datetime | None = None


async def tell(session: Session, people: Iterable[UUID], news: News) -> int:
    """Tell these people, each once; how many did not know yet. People who were erased are passed over."""
    ordered = sorted(set(people))  # one order for everybody who tells several people
    told = 0
    for start in range(0, len(ordered), _AT_ONCE):
        told += await _tell_some(session, ordered[start : start + _AT_ONCE], news)
    return told


async def _tell_some(session: Session, people: Collection[UUID], news: News) -> int:
    reachable = await contacts.of(session, people)
    notices = await _into_inboxes(session, [person for person in people if person in reachable], news)
    said = await contacts.wishes(session, list(notices), [news.kind])
    deliveries = [
        delivery
        for person_id, notice_id in notices.items()
        for channel in ChannelName
        if contacts.wants(said, person_id, news.kind, channel)
        and (delivery := _delivery(session, reachable[person_id], notice_id, channel, news))
    ]
    if deliveries:
        await session.execute(insert(NoticeDelivery), deliveries)
    return len(notices)


async def _into_inboxes(session: Session, people: Collection[UUID], news: News) -> dict[UUID, UUID]:
    """The new notices by person; whoever was told for the same occasion before is not among them."""
    if not people:
        return {}
    rows = [
        {
            "id": new_id(),
            "person_id": person_id,
            "kind": news.kind,
            "facts": to_json(news.facts),
            "link": news.link,
            "told_for": news.told_for,
            "created_at": session.now(),
        }
        for person_id in people
    ]
    once = upsert(session, Notice)
    new = await session.execute(
        once.values(rows)
        .on_conflict_do_nothing(index_elements=[Notice.person_id, Notice.told_for])
        .returning(Notice.person_id, Notice.id)
    )
    return {row.person_id: row.id for row in new}


def _delivery(
    session: Session, contact: Contact, notice_id: UUID, channel: ChannelName, news: News
) -> dict[str, object] | None:
    due_at = contact.may_leave_at(news.kind, session.now())
    is_too_late = news.useless_from is not None and due_at >= news.useless_from
    if is_too_late or channel not in contact.addresses:
        return None
    return {"id": new_id(), "notice_id": notice_id, "channel": channel, "due_at": due_at, "attempts": 0}
