"""Look up service lists and their editions. Every select passes through ``visible_to``; a page of lists costs three statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import defer

from marketplace.areas.codes import within
from marketplace.catalogue.models import Tag
from marketplace.db.pages import falling
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.procurement import policy
from marketplace.procurement.lists.models import ListEdition, ListItemVersion, ServiceList
from marketplace.procurement.lists.policy import buys, editions_visible_to, lists_visible_to
from marketplace.procurement.lists.states import UNDER_WAY, EditionState, edition_state
from marketplace.procurement.models import Buyer

_MOST_YEARS = 12
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ListFilters:
    """What the page of lists may be narrowed to; all of them together. ``mine`` keeps those for which the viewer buys."""

    area_code: str | None = None
    category_code: str | None = None
    year: int | None = None
    buyer_id: UUID | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition with how much it announces."""

    id: UUID
    list_id: UUID
    number: int
    reason: str | None
    state: EditionState
    created_at: datetime
    consultation_opened_at: datetime | None
    consultation_ends_at: datetime | None
    finalised_at: datetime | None
    consultation_answer: str | None
    content_hash: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    items: int
    budget_fen: int

    @property
    def last_day(self) -> date | None:
        """The last day on which the public may comment, or might: the consultation ends with it, at midnight."""
        ends_at = self.consultation_ends_at
        return None if ends_at is None else local_day(ends_at - _MOMENT)


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list with its buyer and its visible editions, the first one first."""

    id: UUID
    title: str
    starts_on: date
    ends_on: date
    created_at: datetime
    buyer: Buyer
    editions: Sequence[EditionRow]
    is_managed: bool

    @property
    def in_force(self) -> EditionRow | None:
        """The newest final edition."""
        return next((one for one in reversed(self.editions) if one.state is EditionState.FINAL), None)

    @property
    def under_way(self) -> EditionRow | None:
        """The edition that is drafted or consulted now."""
        return next((one for one in self.editions if one.state in UNDER_WAY), None)

    @property
    def current(self) -> EditionRow | None:
        """What a reader should see first: the edition in force, else the one under way, else the last one."""
        return self.in_force or self.under_way or (self.editions[-1] if self.editions else None)

    def edition(self, number: int) -> EditionRow:
        """Raises NotFound."""
        found = next((one for one in self.editions if one.number == number), None)
        if found is None:
            raise NotFound()
        return found

    def before(self, edition: EditionRow) -> EditionRow | None:
        """The final edition that was in force when this one came."""
        earlier = [one for one in self.editions if one.number < edition.number]
        return next((one for one in reversed(earlier) if one.state is EditionState.FINAL), None)


async def page(session: Session, viewer: Viewer, filters: ListFilters, request: PageRequest) -> Page[ListRow]:
    """Lists, the newest first."""
    chosen = _select().where(lists_visible_to(viewer), *_clauses(viewer, filters))
    rows = (await session.execute(falling(chosen, request, ServiceList.created_at, ServiceList.id))).all()
    told = await _told(session, viewer, rows)
    return cut(told, request, lambda row: encode_cursor(row.created_at, row.id))


async def lists_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ListRow]:
    """Those of the lists that the viewer may see."""
    rows = (await session.execute(_select().where(ServiceList.id.in_(ids), lists_visible_to(viewer)))).all()
    return {row.id: row for row in await _told(session, viewer, rows)}


async def one(session: Session, viewer: Viewer, list_id: UUID) -> ListRow:
    """One list. Raises NotFound."""
    found = await lists_by_ids(session, viewer, [list_id])
    if list_id not in found:
        raise NotFound()
    return found[list_id]


async def editions_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, EditionRow]:
    """Those of the editions that the viewer may see."""
    found = await _editions(session, viewer, ListEdition.id.in_(ids))
    return {row.id: row for rows in found.values() for row in rows}


async def edition(session: Session, viewer: Viewer, edition_id: UUID) -> tuple[ListRow, EditionRow]:
    """One edition and its list. Raises NotFound."""
    found = (await editions_by_ids(session, viewer, [edition_id])).get(edition_id)
    if found is None:
        raise NotFound()
    of = await one(session, viewer, found.list_id)
    return of, of.edition(found.number)


async def buyers_page(
    session: Session, _viewer: Viewer, area_code: str | None, request: PageRequest
) -> Page[Buyer]:
    """Buyers, the newest first; they are public."""
    chosen = select(Buyer).where(Buyer.ended_at.is_(None))
    if area_code:
        chosen = chosen.where(within(Buyer.area_code, searchable(area_code)))
    rows = (await session.scalars(falling(chosen, request, Buyer.created_at, Buyer.id))).all()
    return cut(rows, request, lambda row: encode_cursor(row.created_at, row.id))


async def buyers_by_ids(session: Session, _viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Buyer]:
    """Buyers are public."""
    rows = await session.scalars(select(Buyer).where(Buyer.id.in_(ids)))
    return {row.id: row for row in rows}


async def years(session: Session, viewer: Viewer) -> list[int]:
    """The years that visible lists reach over, the latest first; for a filter."""
    row = (
        await session.execute(
            select(func.min(ServiceList.starts_on), func.max(ServiceList.ends_on))
            .join(Buyer, Buyer.id == ServiceList.buyer_id)
            .where(lists_visible_to(viewer))
        )
    ).one()
    bounds: tuple[date | None, date | None] = (row[0], row[1])
    if bounds[0] is None or bounds[1] is None:
        return []
    return list(range(bounds[1].year, bounds[0].year - 1, -1))[:_MOST_YEARS]


def _select() -> Select[ServiceList, Buyer]:
    return select(ServiceList, Buyer).join(Buyer, Buyer.id == ServiceList.buyer_id)


def _clauses(viewer: Viewer, filters: ListFilters) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.area_code:
        clauses.append(within(Buyer.area_code, searchable(filters.area_code)))
    if filters.buyer_id:
        clauses.append(Buyer.id == filters.buyer_id)
    if filters.mine:
        clauses.append(or_(*buys(viewer)) if buys(viewer) else ServiceList.id.is_(None))
    if filters.year:
        first, last = date(filters.year, 1, 1), date(filters.year, 12, 31)
        clauses.append(and_(ServiceList.starts_on <= last, ServiceList.ends_on >= first))
    if filters.category_code:
        clauses.append(
            exists().where(
                ListEdition.list_id == ServiceList.id,
                editions_visible_to(viewer),
                ListItemVersion.edition_id == ListEdition.id,
                is_of_category(filters.category_code),
            )
        )
    return clauses


def is_of_category(code: str) -> ColumnElement[bool]:
    """SQL: the item version is of the category, or of one under it."""
    code = searchable(code)
    return ListItemVersion.category_code.in_(
        select(Tag.code).where(or_(Tag.code == code, Tag.parent_code == code))
    )


async def _told(session: Session, viewer: Viewer, rows: Sequence[Row[ServiceList, Buyer]]) -> list[ListRow]:
    editions = await _editions(session, viewer, ListEdition.list_id.in_([row[0].id for row in rows]))
    return [
        ListRow(
            id=one.id,
            title=one.title,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            created_at=one.created_at,
            buyer=buyer,
            editions=editions.get(one.id, ()),
            is_managed=policy.may_buy(viewer, buyer.area_code),
        )
        for one, buyer in rows
    ]


async def _editions(
    session: Session, viewer: Viewer, which: ColumnElement[bool]
) -> Mapping[UUID, Sequence[EditionRow]]:
    sums = (
        select(
            ListItemVersion.edition_id,
            func.count().label("how_many"),
            func.sum(ListItemVersion.budget_fen).label("budget_fen"),
        )
        .group_by(ListItemVersion.edition_id)
        .subquery()
    )
    rows = await session.execute(
        select(ListEdition, sums.c.how_many, sums.c.budget_fen)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .outerjoin(sums, sums.c.edition_id == ListEdition.id)
        .where(which, editions_visible_to(viewer))
        .order_by(ListEdition.list_id, ListEdition.number)
        .options(defer(ListEdition.consulted, raiseload=True))
    )
    return grouped(
        (edition.list_id, _edition_row(edition, items, budget, session.now()))
        for edition, items, budget in rows
    )


def _edition_row(row: ListEdition, items: int | None, budget: int | None, now: datetime) -> EditionRow:
    return EditionRow(
        id=row.id,
        list_id=row.list_id,
        number=row.number,
        reason=row.reason,
        state=edition_state(row, now),
        created_at=row.created_at,
        consultation_opened_at=row.consultation_opened_at,
        consultation_ends_at=row.consultation_ends_at,
        finalised_at=row.finalised_at,
        consultation_answer=row.consultation_answer,
        content_hash=row.content_hash,
        withdrawn_at=row.withdrawn_at,
        withdrawal_reason=row.withdrawal_reason,
        items=items or 0,
        budget_fen=int(budget or 0),
    )
