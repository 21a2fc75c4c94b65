"""Notices about shifts: moved, brought to another place, noted, cancelled, on other terms, resting with their organisation.

Everybody in them is told once, whatever state their wish is in.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.notices import links
from marketplace.notices.facts import Fact, Span, Titled, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.organisations.models import Organisation
from marketplace.volunteering.events import (
    NeedResumed,
    NeedSuspended,
    NeedTermsChanged,
    ShiftCancelled,
    ShiftMoved,
    ShiftNoted,
)
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_queries import clashes_after_move
from marketplace.volunteering.sign_up_states import is_open
from marketplace.volunteering.states import NeedState, need_state


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


async def noted(session: Session, event: ShiftNoted) -> None:
    """What to bring or where to meet has changed."""
    shift, need = await _shift_and_need(session, event.shift_id)
    if shift.cancelled_at is not None or shift.note is None:
        return
    facts: dict[str, Fact] = {
        "need": need.title,
        "shift": Span(shift.starts_at, shift.ends_at),
        "note": shift.note,
    }
    told_for = f"{Kind.SHIFT_NOTED}:{shift.id}:{event.noted_at.isoformat()}"
    news = News(Kind.SHIFT_NOTED, told_for, facts, links.MY_SHIFTS, useless_from=shift.ends_at)
    await tell(session, await _people_in(session, shift.id), news)


async def terms_changed(session: Session, event: NeedTermsChanged) -> None:
    """What everybody agreed to who has signed up for a coming shift is different now."""
    need = await session.get_one(Need, event.need_id)
    changed = [Word(f"term.{name}") for name in event.changed]
    told_for = f"{Kind.NEED_TERMS_CHANGED}:{need.id}:{event.changed_at.isoformat()}"
    facts: dict[str, Fact] = {"need": need.title, "changed": changed}
    news = News(Kind.NEED_TERMS_CHANGED, told_for, facts, links.need(need.id))
    await tell(session, await _people_to_come(session, need.id), news)


async def suspended(session: Session, event: NeedSuspended) -> None:
    """Their organisation is suspended: they keep their places, and are told what that means."""
    need = await session.get_one(Need, event.need_id)
    if need_state(need) is NeedState.SUSPENDED:
        await _tell_of_suspension(session, need, Kind.NEED_SUSPENDED, need.suspended_at)


async def resumed(session: Session, event: NeedResumed) -> None:
    need = await session.get_one(Need, event.need_id)
    if need_state(need) is NeedState.OPEN:
        await _tell_of_suspension(session, need, Kind.NEED_RESUMED, event.resumed_at)


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


async def _tell_of_suspension(session: Session, need: Need, kind: Kind, at: datetime | None) -> None:
    organisation = await session.get_one(Organisation, need.organisation_id)
    facts: dict[str, Fact] = {"need": need.title, "organisation": organisation.name}
    news = News(kind, f"{kind}:{need.id}:{at}", facts, links.need(need.id))
    await tell(session, await _people_to_come(session, need.id), news)


async def _people_to_come(session: Session, need_id: UUID) -> Sequence[UUID]:
    """Whoever has signed up for a shift of the need that has not ended."""
    found = await session.scalars(
        select(SignUp.person_id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(Shift.need_id == need_id, Shift.ends_at > session.now(), is_open())
        .distinct()
    )
    return found.all()


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
