"""Hours as they are read: entries of the ledger, a person's totals by local year, and shifts that still could become hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.hours.models import Attendance, HourReview, LedgerEntry
from marketplace.hours.policy import visible_to
from marketplace.hours.rules import star_thresholds
from marketplace.hours.states import Stars, stars
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import is_confirmed

MISSED_IS_SHOWN_FOR = timedelta(days=30)
_MISSED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry with what it is about. ``is_reversed`` says that it no longer counts."""

    id: UUID
    person_id: UUID
    person_name: str
    need_id: UUID
    need_title: str
    shift_id: UUID | None
    minutes: int
    grade: str
    served_on: date
    local_year: int
    entered_at: datetime
    source: str
    reverses_id: UUID | None
    reason: str | None
    is_reversed: bool

    @property
    def counts(self) -> bool:
        """Whether it is part of the total by itself: neither a reversal nor reversed."""
        return self.reverses_id is None and not self.is_reversed


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted; what is None does not narrow."""

    person_id: UUID | None = None
    need_id: UUID | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class YearTotal:
    """Minutes that belong to one calendar year of Shanghai."""

    year: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A person's hours: all of them, by year (newest first), and the star they reach."""

    minutes: int
    years: Sequence[YearTotal]
    stars: Stars


@dataclass(frozen=True, slots=True)
class MissedRow:
    """A confirmed shift that is over and left no trace: absent, unless a review says otherwise."""

    sign_up_id: UUID
    shift_id: UUID
    need_id: UUID
    need_title: str
    starts_at: datetime
    ends_at: datetime


async def totals(session: Session, viewer: Viewer) -> Totals:
    """The viewer's own totals. Raises SignInNeeded."""
    return await totals_of(session, viewer.signed_in())


async def totals_of(session: Session, person_id: UUID) -> Totals:
    """One person's totals, for whoever has already been asked whether they may see them."""
    rows = await session.execute(
        select(LedgerEntry.local_year, func.sum(LedgerEntry.minutes).label("minutes"))
        .where(LedgerEntry.person_id == person_id)
        .group_by(LedgerEntry.local_year)
        .order_by(LedgerEntry.local_year.desc())
    )
    years = [YearTotal(row.local_year, int(row.minutes)) for row in rows if row.minutes]
    minutes = sum(year.minutes for year in years)
    return Totals(minutes, years, stars(minutes, await star_thresholds(session)))


async def entries(session: Session, viewer: Viewer, page: PageRequest, wanted: EntryFilter) -> Page[EntryRow]:
    """Entries that the viewer may see, newest first: own ones, those of managed needs, those of an audited area."""
    statement = _narrowed(_entry_rows(viewer), wanted)
    found = await session.execute(falling(statement, page, LedgerEntry.entered_at, LedgerEntry.id))
    rows = [EntryRow(*row) for row in found.all()]
    return cut(rows, page, lambda row: encode_cursor(row.entered_at, row.id))


async def own_entries(session: Session, viewer: Viewer, year: int | None = None) -> Sequence[EntryRow]:
    """All of the viewer's entries by the day served, for the statement that is printed whole. Raises SignInNeeded."""
    wanted = EntryFilter(person_id=viewer.signed_in(), year=year)
    statement = _narrowed(_entry_rows(viewer), wanted)
    found = await session.execute(statement.order_by(LedgerEntry.served_on, LedgerEntry.id))
    return [EntryRow(*row) for row in found.all()]


async def entries_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> Mapping[UUID, EntryRow]:
    """The entries among ``ids`` that the viewer may see."""
    found = await session.execute(_entry_rows(viewer).where(LedgerEntry.id.in_(ids)))
    return {row.id: EntryRow(*row) for row in found.all()}


async def missed(session: Session, viewer: Viewer) -> Sequence[MissedRow]:
    """The viewer's confirmed shifts of the last thirty days that left no check-in, review or hours. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    found = await session.execute(
        select(SignUp.id, Shift.id, Need.id, Need.title, Shift.starts_at, Shift.ends_at)
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(
            SignUp.person_id == person_id,
            is_confirmed(),
            Shift.ends_at <= session.now(),
            Shift.ends_at > session.now() - MISSED_IS_SHOWN_FOR,
            ~exists().where(Attendance.sign_up_id == SignUp.id),
            ~exists().where(HourReview.sign_up_id == SignUp.id),
            ~exists().where(LedgerEntry.person_id == SignUp.person_id, LedgerEntry.shift_id == Shift.id),
        )
        .order_by(Shift.ends_at.desc(), SignUp.id)
        .limit(_MISSED_SHOWN)
    )
    return [MissedRow(*row) for row in found.all()]


def _entry_rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    reversal = aliased(LedgerEntry)
    return (
        select(
            LedgerEntry.id,
            LedgerEntry.person_id,
            Person.name,
            LedgerEntry.need_id,
            Need.title,
            LedgerEntry.shift_id,
            LedgerEntry.minutes,
            LedgerEntry.grade,
            LedgerEntry.served_on,
            LedgerEntry.local_year,
            LedgerEntry.entered_at,
            LedgerEntry.source,
            LedgerEntry.reverses_id,
            LedgerEntry.reason,
            exists().where(reversal.reverses_id == LedgerEntry.id).label("is_reversed"),
        )
        .join(Person, Person.id == LedgerEntry.person_id)
        .join(Need, Need.id == LedgerEntry.need_id)
        .where(visible_to(viewer, LedgerEntry.person_id, LedgerEntry.need_id))
    )


def _narrowed(statement: Select[*tuple[Any, ...]], wanted: EntryFilter) -> Select[*tuple[Any, ...]]:
    if wanted.person_id is not None:
        statement = statement.where(LedgerEntry.person_id == wanted.person_id)
    if wanted.need_id is not None:
        statement = statement.where(LedgerEntry.need_id == wanted.need_id)
    if wanted.year is not None:
        statement = statement.where(LedgerEntry.local_year == wanted.year)
    return statement
