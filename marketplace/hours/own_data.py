"""Hours' share of a person's data: presences, reviews, requests and entries, collected for the export, unnamed on erasure."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.hours.models import Attendance, CheckInTry, HourEntryRequest, HourReview, LedgerEntry
from marketplace.volunteering.models import Need, Shift


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """Everything on record about the person's presence and hours, as plain JSON values."""
    attendances = (
        select(
            Need.title,
            Attendance.checked_in_at,
            Attendance.check_in_method,
            Attendance.check_in_metres,
            Attendance.check_in_reason,
            Attendance.late_minutes,
            Attendance.checked_out_at,
            Attendance.check_out_method,
            Attendance.check_out_reason,
            Attendance.closed_by_rule_at,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(Attendance.person_id == person_id)
        .order_by(Attendance.id)
    )
    reviews = (
        select(
            Need.title,
            HourReview.cause,
            HourReview.opened_at,
            HourReview.decided_at,
            HourReview.minutes,
            HourReview.reason,
        )
        .join(Shift, Shift.id == HourReview.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(HourReview.person_id == person_id)
        .order_by(HourReview.id)
    )
    requests = (
        select(
            Need.title,
            HourEntryRequest.minutes,
            HourEntryRequest.served_on,
            HourEntryRequest.reason,
            HourEntryRequest.requested_at,
            HourEntryRequest.completed_at,
            HourEntryRequest.refused_at,
            HourEntryRequest.refusal_reason,
        )
        .join(Need, Need.id == HourEntryRequest.need_id)
        .where(HourEntryRequest.person_id == person_id)
        .order_by(HourEntryRequest.id)
    )
    entries = (
        select(
            Need.title,
            LedgerEntry.minutes,
            LedgerEntry.grade,
            LedgerEntry.served_on,
            LedgerEntry.entered_at,
            LedgerEntry.source,
            LedgerEntry.reason,
        )
        .join(Need, Need.id == LedgerEntry.need_id)
        .where(LedgerEntry.person_id == person_id)
        .order_by(LedgerEntry.id)
    )
    return {
        "attendances": await plain_rows(session, attendances),
        "reviews": await plain_rows(session, reviews),
        "hour_entry_requests": await plain_rows(session, requests),
        "ledger_entries": await plain_rows(session, entries),
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Forget where the person stood, what they mistyped and what was said about their presence.

    Minutes and the decisions behind them stay, about nobody: needs report them, and the ledger is never changed.
    """
    await session.execute(delete(CheckInTry).where(CheckInTry.person_id == person_id))
    await session.execute(
        update(Attendance)
        .where(Attendance.person_id == person_id)
        .values(check_in_metres=None, check_in_reason=None, check_out_reason=None)
    )
