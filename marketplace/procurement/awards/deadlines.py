"""Until when one may object, answer, complain and decide: days of the rules, counted by the calendar of working days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from marketplace.catalogue.rules import RuleInForce
from marketplace.db.session import Session
from marketplace.procurement.awards.drafts import About
from marketplace.procurement.awards.models import Award, Objection
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.working_days import Calendar, calendar

_AN_INSTANT: Final = timedelta(microseconds=1)
"""The end of a day is the beginning of the next; what ended with a day is counted from that day."""


async def known_at(session: Session, tender: Tender, about: About, lot_id: UUID | None) -> datetime | None:
    """When a supplier could know what the objection is about; None before that.

    The file: when its version in force was published. The process: the opening. The result: the end of the notice
    (实施条例 article 53), or the end of the lot or process without one.
    """
    if about is About.FILE:
        newest = select(func.max(TenderVersion.published_at)).where(TenderVersion.tender_id == tender.id)
        return await session.scalar(newest)
    if about is About.PROCESS:
        return tender.opened_at
    notices = select(func.max(Award.notice_ends_at)).where(Award.tender_id == tender.id)
    ends = select(func.max(Lot.unsuccessful_at)).where(Lot.tender_id == tender.id)
    if lot_id is not None:
        notices, ends = notices.where(Award.lot_id == lot_id), ends.where(Lot.id == lot_id)
    notice_ends_at, ended_at = await session.scalar(notices), await session.scalar(ends)
    moments = [notice_ends_at - _AN_INSTANT if notice_ends_at else None, ended_at, tender.unsuccessful_at]
    return max((moment for moment in moments if moment is not None), default=None)


async def objecting_ends_at(
    session: Session, tender: Tender, about: About, lot_id: UUID | None = None
) -> datetime | None:
    """The end of the time to object; None while there is nothing to object to."""
    known = await known_at(session, tender, about, lot_id)
    if known is None:
        return None
    return (await calendar(session)).due(known, await rule(session, "objection"), "raise_days")


@dataclass(frozen=True, slots=True)
class ComplaintClock:
    """The calendar and the rule, read once for a whole list."""

    days: Calendar
    rule: RuleInForce

    def ends_at(self, objection: Objection) -> datetime:
        """The end of the time to complain: counted from the answer, or from when its time ran out."""
        since = objection.answered_at or objection.due_at - _AN_INSTANT
        return self.days.due(since, self.rule, "raise_days")


async def complaint_clock(session: Session) -> ComplaintClock:
    return ComplaintClock(await calendar(session), await rule(session, "complaint"))


async def answer_due_at(session: Session, raised_at: datetime) -> datetime:
    return (await calendar(session)).due(raised_at, await rule(session, "objection"), "answer_days")


async def decision_due_at(session: Session, raised_at: datetime) -> datetime:
    return (await calendar(session)).due(raised_at, await rule(session, "complaint"), "decide_days")
