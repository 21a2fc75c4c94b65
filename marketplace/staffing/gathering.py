"""Everything that a run is computed from, read in one snapshot by a constant number of statements; nothing is decided here."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.hours.models import LedgerEntry
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.recommendations import facts, weights
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.facts import Known
from marketplace.staffing.errors import NothingToStaff, RunIsTooLarge
from marketplace.staffing.models import NeedRole, PoolEntry, PoolShift
from marketplace.staffing.settings import Settings
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_queries import organised_need
from marketplace.volunteering.sign_up_states import is_open
from matching.features import Opportunity, TagTree
from matching.weights import Weights

PERIOD = timedelta(days=90)
"""How far back fairness looks."""

MOST_PAIRS = 200_000
_WIDEST_REST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Role:
    """What a need's role asks of each shift."""

    name: str
    qualification: str
    minimum: int


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """A shift as the run finds it; ``taken`` counts confirmed people and live offers. ``place`` is latitude and longitude."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    minimum: int
    capacity: int
    taken: int
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be proposed. ``chosen`` are the shifts named at joining the pool, ``asked`` those signed up for without a place.

    ``is_open`` says that whatever fits their times will do.
    """

    person_id: UUID
    most_shifts: int
    is_open: bool
    chosen: frozenset[UUID]
    asked: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Question:
    """What one run is asked. ``holders`` have a place or a live offer in a shift; ``elsewhere`` are other shifts of candidates."""

    need_id: UUID
    settings: Settings
    shifts: tuple[ShiftFacts, ...]
    elsewhere: tuple[ShiftFacts, ...]
    roles: tuple[Role, ...]
    candidates: tuple[Candidate, ...]
    holders: tuple[tuple[UUID, UUID], ...]
    known: Mapping[UUID, Known]
    served: Mapping[UUID, int]
    opportunities: Mapping[UUID, Opportunity]
    weights: Weights
    tree: TagTree


async def one_snapshot(session: Session) -> None:
    """What is read from now on belongs to one moment; call it before anything is read. SQLite's transactions do so by themselves."""
    if session.is_postgresql:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def gather(session: Session, viewer: Viewer, need_id: UUID, settings: Settings) -> Question:
    """What a run over these shifts of the need (all coming ones when none are named) is computed from.

    Raises SignInNeeded, NotFound, NotPermitted, NothingToStaff, RunIsTooLarge.
    """
    need = await organised_need(session, viewer, need_id)
    shifts = await _shifts(session, need, settings.shifts)
    if not shifts:
        raise NothingToStaff()
    shift_ids = [shift.id for shift in shifts]
    sign_ups = await _open_sign_ups(session, shift_ids)
    holders = tuple((row.person_id, row.shift_id) for row in sign_ups if _holds(row))
    candidates = await _candidates(session, need_id, settings, [row for row in sign_ups if not _holds(row)])
    if len(candidates) * len(shifts) > MOST_PAIRS:
        raise RunIsTooLarge(most=MOST_PAIRS)
    known = await facts.people(
        session, {one.person_id for one in candidates} | {person_id for person_id, _ in holders}
    )
    candidates = [one for one in candidates if one.person_id in known]
    others, held_elsewhere = await elsewhere(session, shifts, [one.person_id for one in candidates])
    return Question(
        need_id=need_id,
        settings=settings,
        shifts=tuple(shifts),
        elsewhere=others,
        roles=await _roles(session, need_id),
        candidates=tuple(candidates),
        holders=(*(one for one in holders if one[0] in known), *held_elsewhere),
        known=known,
        served=await _served(session, known),
        opportunities=await facts.opportunities(session, shift_ids),
        weights=await weights.in_force(session, RankingKind.VOLUNTEER),
        tree=(await facts.tags(session)).tree,
    )


async def _shifts(session: Session, need: Need, wanted: Collection[UUID]) -> list[ShiftFacts]:
    chosen = select(Shift).where(
        Shift.need_id == need.id,
        Shift.starts_at > session.now(),
        Shift.cancelled_at.is_(None),
        Shift.lottery_closes_at.is_(None),  # its places are drawn by lot
    )
    if wanted:
        chosen = chosen.where(Shift.id.in_(wanted))
    rows = await session.scalars(chosen.order_by(Shift.starts_at, Shift.id))
    return [shift_facts(row, need) for row in rows]


def shift_facts(row: Shift, need: Need) -> ShiftFacts:
    """A shift of the need as a run finds it."""
    place = None if need.latitude is None or need.longitude is None else (need.latitude, need.longitude)
    return ShiftFacts(
        row.id, row.starts_at, row.ends_at, row.minimum_people, row.capacity, row.places_taken, place
    )


async def _open_sign_ups(session: Session, shift_ids: Collection[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    return (
        await session.execute(
            select(
                SignUp.person_id,
                SignUp.shift_id,
                SignUp.confirmed_at,
                SignUp.offered_at,
            )
            .where(SignUp.shift_id.in_(shift_ids), is_open())
            .order_by(SignUp.person_id, SignUp.shift_id)
        )
    ).all()


def _holds(row: Row[*tuple[Any, ...]]) -> bool:
    """An offer that has run out and was not noted yet still holds its place: the numbers of the shift say so."""
    return row.confirmed_at is not None or row.offered_at is not None


async def _candidates(
    session: Session, need_id: UUID, settings: Settings, wishes: Sequence[Row[*tuple[Any, ...]]]
) -> list[Candidate]:
    """The pool, and whoever signed up for one of the shifts and has no place, for that shift."""
    asked: dict[UUID, set[UUID]] = defaultdict(set)
    for row in wishes:
        asked[row.person_id].add(row.shift_id)
    entries = (
        await session.execute(
            select(PoolEntry.id, PoolEntry.person_id, PoolEntry.most_shifts, PoolShift.shift_id)
            .outerjoin(PoolShift, PoolShift.entry_id == PoolEntry.id)
            .join(Person, Person.id == PoolEntry.person_id)
            .where(PoolEntry.need_id == need_id, PoolEntry.left_at.is_(None), Person.erased_at.is_(None))
        )
    ).all()
    chosen: dict[UUID, set[UUID]] = defaultdict(set)
    most: dict[UUID, int] = {}
    for row in entries:
        most[row.person_id] = min(row.most_shifts, settings.most_shifts)
        if row.shift_id is not None:
            chosen[row.person_id].add(row.shift_id)
    return [
        Candidate(
            person_id=person_id,
            most_shifts=most.get(person_id, settings.most_shifts),
            is_open=person_id in most and person_id not in chosen,
            chosen=frozenset(chosen.get(person_id, ())),
            asked=frozenset(asked.get(person_id, ())),
        )
        for person_id in sorted(most.keys() | asked.keys())
    ]


async def elsewhere(
    session: Session, shifts: Sequence[ShiftFacts], person_ids: Sequence[UUID]
) -> tuple[tuple[ShiftFacts, ...], tuple[tuple[UUID, UUID], ...]]:
    """Other shifts near these in which the people have a place, confirmed or offered, and who has which."""
    rows = await session.execute(
        select(
            SignUp.person_id,
            Shift.id,
            Shift.starts_at,
            Shift.ends_at,
            Need.latitude,
            Need.longitude,
        )
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(
            SignUp.person_id.in_(person_ids),
            is_open(),
            (SignUp.confirmed_at.is_not(None)) | (SignUp.offer_expires_at > session.now()),
            Shift.cancelled_at.is_(None),
            Shift.id.not_in([shift.id for shift in shifts]),
            Shift.ends_at > min(shift.starts_at for shift in shifts) - _WIDEST_REST,
            Shift.starts_at < max(shift.ends_at for shift in shifts) + _WIDEST_REST,
        )
        .order_by(Shift.id, SignUp.person_id)
    )
    held = grouped((row.id, row) for row in rows)
    found = tuple(
        ShiftFacts(
            some[0].id,
            some[0].starts_at,
            some[0].ends_at,
            0,
            len(some),
            len(some),
            None if some[0].latitude is None else (some[0].latitude, some[0].longitude),
        )
        for some in held.values()
    )
    return found, tuple((row.person_id, row.id) for some in held.values() for row in some)


async def _roles(session: Session, need_id: UUID) -> tuple[Role, ...]:
    rows = await session.scalars(
        select(NeedRole)
        .where(NeedRole.need_id == need_id, NeedRole.removed_at.is_(None))
        .order_by(NeedRole.created_at, NeedRole.id)
    )
    return tuple(Role(row.name, row.qualification_code, row.minimum_people) for row in rows)


async def _served(session: Session, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many shifts each served in the period, by the ledger; a reversed entry counts as none."""
    rows = await session.execute(
        select(LedgerEntry.person_id, func.sum(case((LedgerEntry.minutes > 0, 1), else_=-1)))
        .where(
            LedgerEntry.person_id.in_(person_ids),
            LedgerEntry.served_on >= local_day(session.now() - PERIOD),
        )
        .group_by(LedgerEntry.person_id)
    )
    return {row[0]: max(0, row[1]) for row in rows}
