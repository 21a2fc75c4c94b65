"""How people can be reached: who is still there, their e-mail address, their quiet hours, and which kinds they want by which way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.notices.kinds import ChannelName, Kind, is_wanted_by_default, passes_quiet_hours
from marketplace.notices.models import NoticePreference, QuietHours
from marketplace.notices.quiet import Quiet, first_loud


@dataclass(frozen=True, slots=True)
class Contact:
    """One living person. ``addresses`` has only those that they confirmed to be theirs."""

    person_id: UUID
    name: str
    locale: str
    addresses: Mapping[ChannelName, str]
    quiet: Quiet | None

    def may_leave_at(self, kind: Kind, moment: datetime) -> datetime:
        """When ``kind`` may go out to this person, from ``moment`` on."""
        return moment if passes_quiet_hours(kind) else first_loud(moment, self.quiet)


async def of(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """The contacts of these people; those who were erased are left out."""
    rows = await session.execute(
        select(
            Person.id,
            Person.name,
            Person.locale,
            Person.email,
            Person.email_confirmed_at,
            QuietHours.from_minute,
            QuietHours.to_minute,
        )
        .outerjoin(QuietHours, QuietHours.person_id == Person.id)
        .where(Person.id.in_(person_ids), Person.erased_at.is_(None))
    )
    return {
        row.id: Contact(
            person_id=row.id,
            name=row.name,
            locale=row.locale,
            addresses={ChannelName.EMAIL: row.email} if row.email and row.email_confirmed_at else {},
            quiet=None if row.from_minute is None else Quiet(row.from_minute, row.to_minute),
        )
        for row in rows
    }


async def wishes(
    session: Session, person_ids: Collection[UUID], kinds: Collection[Kind]
) -> Mapping[tuple[UUID, Kind, ChannelName], bool]:
    """What these people said about these kinds; the rest follows ``is_wanted_by_default``."""
    rows = await session.execute(
        select(
            NoticePreference.person_id,
            NoticePreference.kind,
            NoticePreference.channel,
            NoticePreference.wanted,
        ).where(NoticePreference.person_id.in_(person_ids), NoticePreference.kind.in_(kinds))
    )
    return {(row.person_id, Kind(row.kind), ChannelName(row.channel)): row.wanted for row in rows}


def wants(
    said: Mapping[tuple[UUID, Kind, ChannelName], bool], person_id: UUID, kind: Kind, channel: ChannelName
) -> bool:
    """Whether the person wants ``kind`` by ``channel``, by their own word or by default."""
    return said.get((person_id, kind, channel), is_wanted_by_default(kind, channel))
