"""Sign-ups as they are read: one's own, an organiser's roster, and who clashes with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, not_, or_, select
from sqlalchemy.orm import aliased

from marketplace.db.pages import falling, rising
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.volunteering import queries
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import visible_to as need_visible_to
from marketplace.volunteering.sign_up_policy import must_organise, visible_to
from marketplace.volunteering.sign_up_states import (
    SignUpState,
    is_confirmed,
    is_open,
    is_waiting,
    sign_up_state,
)


@dataclass(frozen=True, slots=True)
class SignUpRow:
    """One sign-up with what is needed to show it: only its person and the organisers of the need ever see one.

    ``waiting_position`` counts from 1 and is None unless the person waits. ``has_free_place`` says that a shift so near its start
    that no more offers are made has a place for whoever waits and accepts first.
    """

    id: UUID
    state: SignUpState
    person_id: UUID
    name: str
    shift_id: UUID
    need_id: UUID
    title: str
    place: str
    area_code: str
    starts_at: datetime
    ends_at: datetime
    withdraw_until: datetime
    created_at: datetime
    waiting_position: int | None
    has_free_place: bool
    offer_expires_at: datetime | None
    confirmed_at: datetime | None
    message: str | None
    decline_reason: str | None
    withdrawal_reason: str | None
    override_reason: str | None
    is_added: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody of one shift, in the order in which organisers want them."""

    need_id: UUID
    title: str
    place: str
    shift_id: UUID
    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None
    capacity: int
    places_taken: int
    sign_ups: Sequence[SignUpRow]

    def of_state(self, *states: SignUpState) -> list[SignUpRow]:
        return [row for row in self.sign_ups if row.state in states]


@dataclass(frozen=True, slots=True)
class Clash:
    """A confirmed shift of a person that overlaps with another."""

    person_id: UUID
    sign_up_id: UUID
    shift_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime


async def my_coming(session: Session, viewer: Viewer, request: PageRequest) -> Page[SignUpRow]:
    """The viewer's open or cancelled sign-ups for shifts that have not ended, soonest first. Raises SignInNeeded."""
    chosen = _select().where(SignUp.person_id == viewer.signed_in(), _is_coming(session.now()))
    return await _page(session, rising(chosen, request, Shift.starts_at, SignUp.id), request)


async def my_past(session: Session, viewer: Viewer, request: PageRequest) -> Page[SignUpRow]:
    """The viewer's other sign-ups, those of ended shifts and those that came to nothing, latest first. Raises SignInNeeded."""
    chosen = _select().where(SignUp.person_id == viewer.signed_in(), not_(_is_coming(session.now())))
    return await _page(session, falling(chosen, request, Shift.starts_at, SignUp.id), request)


async def my_open_by_shifts(
    session: Session, viewer: Viewer, shift_ids: Sequence[UUID]
) -> dict[UUID, SignUpRow]:
    """The viewer's open sign-up for each of the shifts, where there is one; nothing for strangers."""
    if viewer.is_stranger:
        return {}
    rows = await session.execute(
        _select().where(SignUp.shift_id.in_(shift_ids), SignUp.person_id == viewer.person_id, is_open())
    )
    return {row.shift_id: _row(row, session.now()) for row in rows}


async def sign_ups_by_ids(
    session: Session, viewer: Viewer, sign_up_ids: Sequence[UUID]
) -> dict[UUID, SignUpRow]:
    """The sign-ups among ``sign_up_ids`` that the viewer may see: their own, and those of needs they organise."""
    rows = await session.execute(_select().where(SignUp.id.in_(sign_up_ids), visible_to(viewer)))
    return {row.id: _row(row, session.now()) for row in rows}


async def sign_up(session: Session, viewer: Viewer, sign_up_id: UUID) -> SignUpRow:
    """One sign-up. Raises NotFound unless it is the viewer's own or of a need that they organise."""
    found = (await sign_ups_by_ids(session, viewer, [sign_up_id])).get(sign_up_id)
    if found is None:
        raise NotFound()
    return found


async def of_shift(session: Session, viewer: Viewer, shift_id: UUID, request: PageRequest) -> Page[SignUpRow]:
    """The shift's sign-ups that the viewer may see, in the order in which they came: all for organisers, else one's own."""
    query = _select().where(SignUp.shift_id == shift_id, visible_to(viewer))
    rows = await session.execute(rising(query, request, SignUp.id))
    shown = [_row(row, session.now()) for row in rows]
    return cut(shown, request, lambda row: encode_cursor(row.id))


async def organised_need(session: Session, viewer: Viewer, need_id: UUID) -> Need:
    """A need that the viewer organises. Raises SignInNeeded, NotFound when it is hidden, NotPermitted when it is seen but not organised."""
    viewer.signed_in()
    need = await session.scalar(select(Need).where(Need.id == need_id, need_visible_to(viewer)))
    if need is None:
        raise NotFound()
    must_organise(viewer, need)
    return need


async def organised_shift(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[Shift, Need]:
    """A shift that the viewer organises, and its need. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    shift, need = await queries.shift_with_need(session, viewer, shift_id)
    must_organise(viewer, need)
    return shift, need


async def roster(session: Session, viewer: Viewer, shift_id: UUID) -> Roster:
    """Everybody who signed up for the shift, with names. Raises SignInNeeded, NotFound, NotPermitted for who does not organise it."""
    shift, need = await organised_shift(session, viewer, shift_id)
    rows = await session.execute(
        _select()
        .where(SignUp.shift_id == shift_id)
        .order_by(SignUp.waiting_number.nulls_first(), SignUp.created_at, SignUp.id)
    )
    return Roster(
        need_id=need.id,
        title=need.title,
        place=need.place,
        shift_id=shift.id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        cancelled_at=shift.cancelled_at,
        capacity=shift.capacity,
        places_taken=shift.places_taken,
        sign_ups=[_row(row, session.now()) for row in rows],
    )


async def known_people(session: Session, viewer: Viewer, shift_id: UUID) -> dict[UUID, str]:
    """Names of people whom the organiser may add without asking who they are: they signed up for this need before.

    Raises as ``roster``. Whoever is confirmed for the shift already is left out.
    """
    shown = await roster(session, viewer, shift_id)
    confirmed = {row.person_id for row in shown.of_state(SignUpState.CONFIRMED)}
    rows = await session.execute(
        select(Person.id, Person.name)
        .join(SignUp, SignUp.person_id == Person.id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(
            Shift.need_id == shown.need_id,
            Person.erased_at.is_(None),
            Person.id.not_in(confirmed | _me(viewer)),
        )
        .distinct()
        .order_by(Person.name, Person.id)
        .limit(200)
    )
    return {row.id: row.name for row in rows}


async def clash_of(session: Session, person_id: UUID, shift: Shift) -> Clash | None:
    """The person's first confirmed shift that overlaps with ``shift``. Shifts that only touch (08–12, 12–18) do not clash."""
    wanted = {"person": person_id, "other": shift.id, "starts": shift.starts_at, "ends": shift.ends_at}
    row = (await session.execute(_CLASH, wanted)).one_or_none()
    return None if row is None else _clash(row)


async def clashes_after_move(session: Session, shift_id: UUID) -> list[Clash]:
    """For each confirmed person of a moved shift: the other confirmed shifts with which it now overlaps. For notices."""
    moved, there = aliased(Shift), aliased(SignUp)
    rows = await session.execute(
        _clashes(Shift)
        .join(there, there.person_id == SignUp.person_id)
        .join(moved, moved.id == there.shift_id)
        .where(
            moved.id == shift_id,
            is_confirmed(there),
            SignUp.shift_id != shift_id,
            Shift.starts_at < moved.ends_at,
            Shift.ends_at > moved.starts_at,
        )
        .order_by(SignUp.person_id, Shift.starts_at)
    )
    return [_clash(row) for row in rows]


def _clashes(shift: type[Shift]) -> Select[*tuple[Any, ...]]:
    return (
        select(SignUp.person_id, SignUp.id, SignUp.shift_id, Need.title, shift.starts_at, shift.ends_at)
        .join(shift, shift.id == SignUp.shift_id)
        .join(Need, Need.id == shift.need_id)
        .where(is_confirmed(), shift.cancelled_at.is_(None))
    )


# Built once: every sign-up asks it, and building a statement anew costs as much as running it.
_CLASH = (
    _clashes(Shift)
    .where(
        SignUp.person_id == bindparam("person"),
        SignUp.shift_id != bindparam("other"),
        Shift.starts_at < bindparam("ends"),
        Shift.ends_at > bindparam("starts"),
    )
    .order_by(Shift.starts_at)
    .limit(1)
)


def _clash(row: Row[*tuple[Any, ...]]) -> Clash:
    return Clash(row.person_id, row.id, row.shift_id, row.title, row.starts_at, row.ends_at)


def _is_coming(now: datetime) -> ColumnElement[bool]:
    return and_(Shift.ends_at > now, or_(is_open(), SignUp.cancelled_at.is_not(None)))


def _me(viewer: Viewer) -> set[UUID]:
    return {viewer.person_id} if viewer.person_id else set()


async def _page(session: Session, chosen: Select[*tuple[Any, ...]], request: PageRequest) -> Page[SignUpRow]:
    shown = [_row(row, session.now()) for row in await session.execute(chosen)]
    return cut(shown, request, lambda row: encode_cursor(row.starts_at, row.id))


def _select() -> Select[*tuple[Any, ...]]:
    ahead = aliased(SignUp)
    position = (
        select(func.count())
        .select_from(ahead)
        .where(
            ahead.shift_id == SignUp.shift_id,
            ahead.waiting_number <= SignUp.waiting_number,
            is_waiting(ahead),
        )
        .correlate(SignUp)
        .scalar_subquery()
    )
    return (
        select(
            SignUp,
            Person.name,
            Shift.starts_at,
            Shift.ends_at,
            (Shift.places_taken < Shift.capacity).label("has_free_place"),
            Need.id.label("need_id"),
            Need.title,
            Need.place,
            Need.area_code,
            Need.withdrawal_notice_minutes,
            SignUp.id,
            SignUp.shift_id,
            position.label("position"),
        )
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .join(Person, Person.id == SignUp.person_id)
    )


def _row(row: Row[*tuple[Any, ...]], now: datetime) -> SignUpRow:
    one: SignUp = row.SignUp
    state = sign_up_state(one, now)
    is_waiting_now = state is SignUpState.WAITING
    return SignUpRow(
        id=one.id,
        state=state,
        person_id=one.person_id,
        name=row.name,
        shift_id=one.shift_id,
        need_id=row.need_id,
        title=row.title,
        place=row.place,
        area_code=row.area_code,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        withdraw_until=row.starts_at - timedelta(minutes=row.withdrawal_notice_minutes),
        created_at=one.created_at,
        waiting_position=row.position if is_waiting_now else None,
        has_free_place=is_waiting_now and row.has_free_place,
        offer_expires_at=one.offer_expires_at if state is SignUpState.OFFERED else None,
        confirmed_at=one.confirmed_at,
        message=one.message,
        decline_reason=one.decline_reason,
        withdrawal_reason=one.withdrawal_reason,
        override_reason=one.override_reason,
        is_added=one.added_by is not None,
    )
