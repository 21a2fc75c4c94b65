"""Notices about shifts: moved, brought to another place, cancelled. Everybody in them is told once, whatever state their wish is in."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.notices import links
from marketplace.notices.facts import Fact, Span, Titled
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.volunteering.events import ShiftCancelled, ShiftMoved
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_queries import clashes_after_move
from marketplace.volunteering.sign_up_states import is_open


async def moved(session: Session, event: ShiftMoved) -> None:
    """The old and the new time for everybody; whoever is promised elsewhere at the new time reads where."""
    shift, need = await _shift_and_need(session, event.shift_id)
    if shift.cancelled_at is not None:
        return
    was, now = Span(event.was_starts_at, event.was_ends_at), Span(shift.starts_at, shift.ends_at)
    kind = Kind.SHIFT_PLACE_CHANGED if was == now else Kind.SHIFT_MOVED
    facts: dict[str, Fact] = {"need": need.title, "place": need.place, "was": was, "shift": now}
    told_for = f"{kind}:{shift.id}:{event.moved_at.isoformat()}"
    clashes = await _clashes(session, shift.id) if kind is Kind.SHIFT_MOVED else {}
    for person_id, others in clashes.items():
        await tell(session, [person_id], News(kind, told_for, {**facts, "clashes": others}, links.MY_SHIFTS))
    await tell(session, await _people_in(session, shift.id), News(kind, told_for, facts, links.MY_SHIFTS))


async def cancelled(session: Session, event: ShiftCancelled) -> None:
    """The shift is off, for whoever was in it when it was cancelled."""
    shift, need = await _shift_and_need(session, event.shift_id)
    facts: dict[str, Fact] = {
        "need": need.title,
        "place": need.place,
        "shift": Span(shift.starts_at, shift.ends_at),
    }
    if shift.cancel_reason:
        facts["reason"] = shift.cancel_reason
    news = News(Kind.SHIFT_CANCELLED, f"{Kind.SHIFT_CANCELLED}:{shift.id}", facts, links.MY_SHIFTS)
    people = await session.scalars(select(SignUp.person_id).where(SignUp.id.in_(event.sign_up_ids)))
    await tell(session, people, news)


async def _shift_and_need(session: Session, shift_id: UUID) -> tuple[Shift, Need]:
    found = await session.execute(
        select(Shift, Need).join(Need, Need.id == Shift.need_id).where(Shift.id == shift_id)
    )
    shift, need = found.one()
    return shift, need


async def _people_in(session: Session, shift_id: UUID) -> Sequence[UUID]:
    found = await session.scalars(select(SignUp.person_id).where(SignUp.shift_id == shift_id, is_open()))
    return found.all()


async def _clashes(session: Session, shift_id: UUID) -> dict[UUID, Sequence[Titled]]:
    found = await clashes_after_move(session, shift_id)
    return {
        person_id: [Titled(clash.title, Span(clash.starts_at, clash.ends_at)) for clash in group]
        for person_id, group in groupby(found, key=lambda clash: clash.person_id)
    }
