"""Look up needs and shifts. Every select passes through ``visible_to``; a page of needs costs three statements, however long."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue.models import QualificationType, Tag
from marketplace.db.pages import falling, rising
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift, ShiftSeries
from marketplace.volunteering.policy import manages as managed_by
from marketplace.volunteering.policy import may_manage, visible_to
from marketplace.volunteering.states import (
    NeedState,
    ShiftState,
    is_open_need,
    is_public_need,
    need_state,
    shift_state,
)


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One shift as everybody sees it."""

    id: UUID
    need_id: UUID
    series_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    minimum_people: int
    places_taken: int
    note: str | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    calendar_sequence: int
    state: ShiftState

    @property
    def places_left(self) -> int:
        return self.capacity - self.places_taken

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need with the names that a list shows; ``organisation`` is None when the area itself asks."""

    need: Need
    category: Tag
    area: Area
    organisation: Organisation | None
    state: NeedState
    next_shift: ShiftRow | None
    tags: Sequence[Tag]

    @property
    def id(self) -> UUID:
        return self.need.id


@dataclass(frozen=True, slots=True)
class NeedDetails:
    """One need, whole, for its own page. ``raised_by_name`` is told to its organisers only."""

    row: NeedRow
    qualifications: Sequence[QualificationType]
    is_managed: bool
    raised_by_name: str | None


@dataclass(frozen=True, slots=True)
class NeedFilters:
    """What the list may be narrowed to; all of them together. ``states`` defaults to open needs."""

    states: Collection[NeedState] = field(default_factory=lambda: (NeedState.OPEN,))
    text: str | None = None
    category: str | None = None
    area_code: str | None = None
    organisation_id: UUID | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    has_places: bool = False


async def page(session: Session, viewer: Viewer, filters: NeedFilters, request: PageRequest) -> Page[NeedRow]:
    """Needs, the newest first, with what their cards show. Three statements."""
    chosen = _needs(viewer).where(Need.published_at.is_not(None), *_clauses(session, filters))
    return await _page(session, chosen, request, Need.published_at)


async def managed(
    session: Session, viewer: Viewer, filters: NeedFilters, request: PageRequest
) -> Page[NeedRow]:
    """The needs that the viewer organises, the newest first."""
    chosen = _needs(viewer).where(managed_by(viewer), *_clauses(session, filters))
    return await _page(session, chosen, request, Need.raised_at)


async def raised_by_viewer(session: Session, viewer: Viewer, request: PageRequest) -> Page[NeedRow]:
    """What the viewer has raised, whatever became of it. Raises SignInNeeded."""
    chosen = _needs(viewer).where(Need.raised_by == viewer.signed_in())
    return await _page(session, chosen, request, Need.raised_at)


async def needs_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, NeedRow]:
    """Those of the needs that the viewer may see."""
    rows = (await session.execute(_needs(viewer).where(Need.id.in_(ids)))).all()
    return {row.id: row for row in await _dressed(session, rows)}


async def need(session: Session, viewer: Viewer, need_id: UUID) -> NeedDetails:
    """One need, whole. Raises NotFound."""
    row = (await needs_by_ids(session, viewer, [need_id])).get(need_id)
    if row is None:
        raise NotFound()
    is_managed = may_manage(viewer, area_code=row.need.area_code, organisation_id=row.need.organisation_id)
    qualifications = await qualifications_of(session, viewer, [need_id])
    raised_by = row.need.raised_by
    name = await session.scalar(select(Person.name).where(Person.id == raised_by)) if is_managed else None
    return NeedDetails(row, qualifications.get(need_id, ()), is_managed, name)


async def qualifications_of(
    session: Session, viewer: Viewer, ids: Collection[UUID]
) -> dict[UUID, list[QualificationType]]:
    """What each need asks everybody to hold."""
    rows = await session.execute(
        select(NeedQualification.need_id, QualificationType)
        .join(QualificationType, QualificationType.code == NeedQualification.qualification_code)
        .join(Need, Need.id == NeedQualification.need_id)
        .where(NeedQualification.need_id.in_(ids), visible_to(viewer))
        .order_by(QualificationType.code)
    )
    return grouped(rows)


async def shifts_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ShiftRow]:
    """Those of the shifts whose need the viewer may see."""
    rows = await session.scalars(_shifts(viewer).where(Shift.id.in_(ids)))
    return {row.id: _shift_row(row, session.now()) for row in rows}


async def shift_with_need(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[Shift, Need]:
    """One shift and its need, which the viewer may see. Raises NotFound."""
    found = (
        await session.execute(
            select(Shift, Need)
            .join(Need, Need.id == Shift.need_id)
            .where(Shift.id == shift_id, visible_to(viewer))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    shift, need = found
    return shift, need


async def shifts_of(
    session: Session, viewer: Viewer, need_id: UUID, request: PageRequest, *, since: datetime | None = None
) -> Page[ShiftRow]:
    """A need's shifts that end after ``since`` (now, when left out), cancelled ones too, soonest first."""
    chosen = _shifts(viewer).where(Shift.need_id == need_id, Shift.ends_at > (since or session.now()))
    rows = await session.scalars(rising(chosen, request, Shift.starts_at, Shift.id))
    found = [_shift_row(row, session.now()) for row in rows]
    return cut(found, request, lambda row: encode_cursor(row.starts_at, row.id))


async def past_shifts_of(
    session: Session, viewer: Viewer, need_id: UUID, request: PageRequest
) -> Page[ShiftRow]:
    """A need's shifts that have ended, the latest first."""
    chosen = _shifts(viewer).where(Shift.need_id == need_id, Shift.ends_at <= session.now())
    rows = await session.scalars(falling(chosen, request, Shift.starts_at, Shift.id))
    found = [_shift_row(row, session.now()) for row in rows]
    return cut(found, request, lambda row: encode_cursor(row.starts_at, row.id))


async def coming_shifts_by_needs(
    session: Session, viewer: Viewer, need_ids: Collection[UUID], most: int = 10
) -> dict[UUID, list[ShiftRow]]:
    """The next shifts of each need that have not ended and are not cancelled, soonest first; one statement."""
    rank = func.row_number().over(partition_by=Shift.need_id, order_by=(Shift.starts_at, Shift.id))
    ranked = (
        select(Shift.id, rank.label("rank"))
        .join(Need, Need.id == Shift.need_id)
        .where(
            Shift.need_id.in_(need_ids),
            visible_to(viewer),
            Shift.ends_at > session.now(),
            Shift.cancelled_at.is_(None),
        )
        .subquery()
    )
    rows = await session.scalars(
        select(Shift)
        .join(ranked, ranked.c.id == Shift.id)
        .where(ranked.c.rank <= most)
        .order_by(Shift.starts_at, Shift.id)
    )
    return grouped((row.need_id, _shift_row(row, session.now())) for row in rows)


async def series_of(session: Session, viewer: Viewer, need_id: UUID) -> Sequence[ShiftSeries]:
    """A need's series, for its page of management."""
    rows = await session.scalars(
        select(ShiftSeries)
        .join(Need, Need.id == ShiftSeries.need_id)
        .where(ShiftSeries.need_id == need_id, visible_to(viewer))
        .order_by(ShiftSeries.created_at, ShiftSeries.id)
    )
    return rows.all()


async def one_series(session: Session, viewer: Viewer, series_id: UUID) -> ShiftSeries:
    """One series whose need the viewer may see. Raises NotFound."""
    found = await session.scalar(
        select(ShiftSeries)
        .join(Need, Need.id == ShiftSeries.need_id)
        .where(ShiftSeries.id == series_id, visible_to(viewer))
    )
    if found is None:
        raise NotFound()
    return found


def _needs(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(Need, Tag, Area, Organisation)
        .join(Tag, Tag.code == Need.category_code)
        .join(Area, Area.code == Need.area_code)
        .outerjoin(Organisation, Organisation.id == Need.organisation_id)
        .where(visible_to(viewer))
    )


def _shifts(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return select(Shift).join(Need, Need.id == Shift.need_id).where(visible_to(viewer))


async def _page(
    session: Session, chosen: Select[*tuple[Any, ...]], request: PageRequest, at: InstrumentedAttribute[Any]
) -> Page[NeedRow]:
    """A page by the moment ``at``, the latest first."""
    rows = (await session.execute(falling(chosen, request, at, Need.id))).all()
    shown = cut(rows, request, lambda row: encode_cursor(getattr(row.Need, at.key), row.Need.id))
    return Page(await _dressed(session, shown.rows), shown.cursors, shown.has_next)


async def _dressed(session: Session, rows: Sequence[Row[Any]]) -> list[NeedRow]:
    """Rows of needs with their next shift and their tags; the needs themselves were already found to be visible."""
    if not rows:
        return []
    ids = [row.Need.id for row in rows]
    next_shifts = await _next_shifts(session, ids)
    tags = await _tags(session, ids)
    return [
        NeedRow(
            row.Need,
            row.Tag,
            row.Area,
            row.Organisation,
            need_state(row.Need),
            next_shifts.get(row.Need.id),
            tags.get(row.Need.id, ()),
        )
        for row in rows
    ]


async def _next_shifts(session: Session, need_ids: Collection[UUID]) -> Mapping[UUID, ShiftRow]:
    """For each need the soonest shift to come, one with places left before a full one; else one under way."""
    rank = func.row_number().over(
        partition_by=Shift.need_id,
        order_by=(
            Shift.starts_at <= session.now(),
            Shift.places_taken >= Shift.capacity,
            Shift.starts_at,
            Shift.id,
        ),
    )
    ranked = (
        select(Shift.id, rank.label("rank"))
        .where(Shift.need_id.in_(need_ids), Shift.ends_at > session.now(), Shift.cancelled_at.is_(None))
        .subquery()
    )
    rows = await session.scalars(
        select(Shift).join(ranked, ranked.c.id == Shift.id).where(ranked.c.rank == 1)
    )
    return {row.need_id: _shift_row(row, session.now()) for row in rows}


async def _tags(session: Session, need_ids: Collection[UUID]) -> Mapping[UUID, list[Tag]]:
    rows = await session.execute(
        select(NeedTag.need_id, Tag)
        .join(Tag, Tag.code == NeedTag.tag_code)
        .where(NeedTag.need_id.in_(need_ids))
        .order_by(Tag.kind, Tag.code)
    )
    return grouped(rows)


def _shift_row(shift: Shift, now: datetime) -> ShiftRow:
    return ShiftRow(
        shift.id,
        shift.need_id,
        shift.series_id,
        shift.starts_at,
        shift.ends_at,
        shift.capacity,
        shift.minimum_people,
        shift.places_taken,
        shift.note,
        shift.cancelled_at,
        shift.cancel_reason,
        shift.calendar_sequence,
        shift_state(shift, now),
    )


_STATES: Mapping[NeedState, ColumnElement[bool]] = {
    NeedState.CANCELLED: Need.cancelled_at.is_not(None),
    NeedState.DECLINED: and_(Need.cancelled_at.is_(None), Need.declined_at.is_not(None)),
    NeedState.RAISED: and_(
        Need.cancelled_at.is_(None), Need.declined_at.is_(None), Need.published_at.is_(None)
    ),
    NeedState.OPEN: is_open_need(),
    NeedState.CLOSED: and_(is_public_need(), Need.closed_at.is_not(None)),
    NeedState.SUSPENDED: and_(is_public_need(), Need.closed_at.is_(None), Need.suspended_at.is_not(None)),
}


def _clauses(session: Session, filters: NeedFilters) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [or_(*(_STATES[state] for state in filters.states))]
    if filters.text:
        text = searchable(filters.text)
        clauses.append(
            or_(
                Need.title.icontains(text, autoescape=True), Need.description.icontains(text, autoescape=True)
            )
        )
    if filters.category:
        category = searchable(filters.category)
        below = select(Tag.code).where(or_(Tag.code == category, Tag.parent_code == category))
        clauses.append(Need.category_code.in_(below))
    if filters.area_code:
        clauses.append(within(Need.area_code, searchable(filters.area_code)))
    if filters.organisation_id:
        clauses.append(Need.organisation_id == filters.organisation_id)
    if filters.starts_from or filters.starts_before or filters.has_places:
        clauses.append(_has_shift(session, filters))
    return clauses


def _has_shift(session: Session, filters: NeedFilters) -> ColumnElement[bool]:
    fitting = [Shift.need_id == Need.id, Shift.cancelled_at.is_(None), Shift.ends_at > session.now()]
    if filters.starts_from:
        fitting.append(Shift.starts_at >= filters.starts_from)
    if filters.starts_before:
        fitting.append(Shift.starts_at < filters.starts_before)
    if filters.has_places:
        fitting.append(Shift.places_taken < Shift.capacity)
    return exists().where(*fitting)
