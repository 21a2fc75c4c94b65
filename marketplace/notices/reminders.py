"""Reminders before a shift: a day and two hours ahead, once each; a shift that moves is reminded of again at its new time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select

from marketplace.db.session import Session
from marketplace.notices import links
from marketplace.notices.facts import Span
from marketplace.notices.kinds import Kind
from marketplace.notices.models import Notice
from marketplace.notices.telling import News, tell
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import is_confirmed


@dataclass(frozen=True, slots=True)
class Reminder:
    """``ahead``: how long before the start. ``late_by``: a worker that slept longer than this lets the reminder be."""

    kind: Kind
    ahead: timedelta
    late_by: timedelta


REMINDERS = (
    Reminder(Kind.SHIFT_TOMORROW, ahead=timedelta(hours=24), late_by=timedelta(hours=6)),
    Reminder(Kind.SHIFT_SOON, ahead=timedelta(hours=2), late_by=timedelta(hours=2)),
)


async def remind(session: Session) -> None:
    """Repeated task: tell everybody whose shift begins soon and who does not know yet."""
    for reminder in REMINDERS:
        for shift, need in await _near(session, reminder):
            await _remind_of(session, reminder, shift, need)


async def _near(session: Session, reminder: Reminder) -> Sequence[tuple[Shift, Need]]:
    latest = session.now() + reminder.ahead
    found = await session.execute(
        select(Shift, Need)
        .join(Need, Need.id == Shift.need_id)
        .where(
            Shift.starts_at > latest - reminder.late_by,
            Shift.starts_at <= latest,
            Shift.cancelled_at.is_(None),
            exists().where(SignUp.shift_id == Shift.id, is_confirmed()),
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    return [(row[0], row[1]) for row in found]


async def _remind_of(session: Session, reminder: Reminder, shift: Shift, need: Need) -> None:
    told_for = f"{reminder.kind}:{shift.id}:{shift.starts_at.isoformat()}"
    people = await session.scalars(
        select(SignUp.person_id).where(
            SignUp.shift_id == shift.id,
            is_confirmed(),
            # Whoever signed up later than that has just read when it begins.
            SignUp.confirmed_at <= shift.starts_at - reminder.ahead,
            ~exists().where(Notice.person_id == SignUp.person_id, Notice.told_for == told_for),
        )
    )
    news = News(
        kind=reminder.kind,
        told_for=told_for,
        facts={"need": need.title, "place": need.place, "shift": Span(shift.starts_at, shift.ends_at)},
        link=links.MY_SHIFTS,
        useless_from=shift.starts_at,
    )
    await tell(session, people, news)
