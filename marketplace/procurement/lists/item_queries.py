"""Look up items: those of an edition, one through all editions, what is planned when, and what an organisation follows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.pages import rising
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.procurement import policy
from marketplace.procurement.lists import queries
from marketplace.procurement.lists.content import ItemContent, items_of
from marketplace.procurement.lists.differences import Difference, compare
from marketplace.procurement.lists.models import (
    ItemFollow,
    ListEdition,
    ListItem,
    ListItemVersion,
    ServiceList,
)
from marketplace.procurement.lists.policy import editions_visible_to
from marketplace.procurement.lists.queries import EditionRow, ListRow
from marketplace.procurement.models import Buyer


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as one edition has it, with the names of what it refers to."""

    edition_id: UUID
    list_id: UUID
    content: ItemContent
    category: Tag
    audience: Tag | None
    area: Area

    @property
    def id(self) -> UUID:
        return self.content.item_id


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item of an edition in force, with the list and the buyer that announce it."""

    item: ItemRow
    list_title: str
    buyer: Buyer

    @property
    def id(self) -> UUID:
        return self.item.id


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """An item through all visible editions, the first one first. ``last`` is what the edition in force says, or said."""

    list: ListRow
    versions: Sequence[tuple[EditionRow, ItemRow]]

    @property
    def last(self) -> tuple[EditionRow, ItemRow]:
        in_force = self.list.in_force
        return next((pair for pair in self.versions if pair[0] == in_force), self.versions[-1])

    @property
    def is_dropped(self) -> bool:
        """Whether the edition in force has it no more."""
        in_force = self.list.in_force
        return in_force is not None and all(edition != in_force for edition, _ in self.versions)


@dataclass(frozen=True, slots=True)
class CalendarFilters:
    """What the calendar may be narrowed to. ``from_day`` and ``before`` bound the planned day."""

    from_day: date | None = None
    before: date | None = None
    area_code: str | None = None
    category_code: str | None = None


async def of_editions(
    session: Session, viewer: Viewer, edition_ids: Collection[UUID]
) -> dict[UUID, list[ItemRow]]:
    """The items of each of these editions that the viewer may see, by their numbers; one statement."""
    found = await session.execute(
        _select()
        .where(ListEdition.id.in_(edition_ids), editions_visible_to(viewer))
        .order_by(ListItem.number)
    )
    return grouped((row[1].edition_id, _item_row(*row[:5])) for row in found)


async def items_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ItemRow]:
    """Each item as the edition in force has it, or the newest edition that the viewer sees."""
    found = await session.execute(
        _select()
        .where(ListItem.id.in_(ids), editions_visible_to(viewer))
        .order_by(ListEdition.finalised_at.is_not(None), ListEdition.number)
    )
    return {row[0].id: _item_row(*row[:5]) for row in found}


async def history(session: Session, viewer: Viewer, item_id: UUID) -> ItemHistory:
    """One item with its list. Raises NotFound."""
    found = (
        await session.execute(
            _select().where(ListItem.id == item_id, editions_visible_to(viewer)).order_by(ListEdition.number)
        )
    ).all()
    if not found:
        raise NotFound()
    of = await queries.one(session, viewer, found[0][0].list_id)
    by_id = {edition.id: edition for edition in of.editions}
    return ItemHistory(of, [(by_id[row[1].edition_id], _item_row(*row[:5])) for row in found])


async def difference(session: Session, viewer: Viewer, old: EditionRow | None, new: EditionRow) -> Difference:
    """What changed from ``old`` (None: from nothing) to ``new``."""
    items = await of_editions(session, viewer, [one.id for one in (old, new) if one is not None])
    before = [row.content for row in items.get(old.id, ())] if old else []
    return compare(before, [row.content for row in items.get(new.id, ())])


async def since_consultation(session: Session, viewer: Viewer, edition: EditionRow) -> Difference | None:
    """What was changed after the public was asked; None for an edition that nobody was asked about."""
    consulted = await session.scalar(select(ListEdition.consulted).where(ListEdition.id == edition.id))
    if consulted is None:
        return None
    items = await of_editions(session, viewer, [edition.id])
    return compare(items_of(consulted), [row.content for row in items.get(edition.id, ())])


async def planned(
    session: Session, viewer: Viewer, filters: CalendarFilters, request: PageRequest
) -> Page[PlannedItem]:
    """What editions in force announce, by the planned day."""
    chosen = _select().where(is_in_force(), editions_visible_to(viewer), *_clauses(filters))
    rows = (
        await session.execute(rising(chosen, request, ListItemVersion.planned_tender_on, ListItemVersion.id))
    ).all()
    keys = {row[1].item_id: row[1].id for row in rows}
    told = [PlannedItem(_item_row(*row[:5]), row[5].title, row[6]) for row in rows]
    return cut(
        told,
        request,
        lambda one: encode_cursor(one.item.content.planned_tender_on, keys[one.id]),
    )


async def months(session: Session, viewer: Viewer, filters: CalendarFilters) -> Mapping[tuple[int, int], int]:
    """How many items are planned in each month, for the bars above a calendar."""
    days = await session.execute(
        select(ListItemVersion.planned_tender_on, func.count())
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .where(is_in_force(), editions_visible_to(viewer), *_clauses(filters))
        .group_by(ListItemVersion.planned_tender_on)
    )
    counted: dict[tuple[int, int], int] = {}
    for day, count in days:
        month = (day.year, day.month)
        counted[month] = counted.get(month, 0) + count
    return counted


async def followed(session: Session, viewer: Viewer, item_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Which of the viewer's organisations follow each item."""
    own = policy.supplies_for(viewer)
    if not own:
        return {}
    rows = await session.execute(
        select(ItemFollow.item_id, ItemFollow.organisation_id).where(
            ItemFollow.item_id.in_(item_ids),
            ItemFollow.organisation_id.in_(own),
            ItemFollow.ended_at.is_(None),
        )
    )
    return grouped(rows)


async def follows(session: Session, viewer: Viewer, request: PageRequest) -> Page[ItemRow]:
    """The items that the viewer's organisations follow, the latest list first. Raises SignInNeeded."""
    viewer.signed_in()
    own = policy.supplies_for(viewer)
    chosen = select(ListItem.id).where(
        exists().where(
            ItemFollow.item_id == ListItem.id,
            ItemFollow.organisation_id.in_(own),
            ItemFollow.ended_at.is_(None),
        )
    )
    ids = (await session.scalars(rising(chosen, request, ListItem.id))).all()
    found = await items_by_ids(session, viewer, ids)
    shown = cut(ids, request, encode_cursor)
    return Page([found[item_id] for item_id in shown.rows if item_id in found], shown.cursors, shown.has_next)


def is_in_force() -> ColumnElement[bool]:
    """SQL over editions: final, and no later one of its list is."""
    later = aliased(ListEdition)
    return and_(
        ListEdition.finalised_at.is_not(None),
        ~exists().where(
            later.list_id == ListEdition.list_id,
            later.number > ListEdition.number,
            later.finalised_at.is_not(None),
        ),
    )


def _select() -> Select[ListItem, ListItemVersion, Tag, Tag, Area, ServiceList, Buyer]:
    audience = aliased(Tag)
    return (
        select(ListItem, ListItemVersion, Tag, audience, Area, ServiceList, Buyer)
        .join(ListItemVersion, ListItemVersion.item_id == ListItem.id)
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .join(Tag, Tag.code == ListItemVersion.category_code)
        .outerjoin(audience, audience.code == ListItemVersion.audience_code)
        .join(Area, Area.code == ListItemVersion.area_code)
    )


def _clauses(filters: CalendarFilters) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.from_day:
        clauses.append(ListItemVersion.planned_tender_on >= filters.from_day)
    if filters.before:
        clauses.append(ListItemVersion.planned_tender_on < filters.before)
    if filters.area_code:
        clauses.append(within(ListItemVersion.area_code, searchable(filters.area_code)))
    if filters.category_code:
        clauses.append(queries.is_of_category(filters.category_code))
    return clauses


def _item_row(
    item: ListItem, version: ListItemVersion, category: Tag, audience: Tag | None, area: Area
) -> ItemRow:
    return ItemRow(version.edition_id, item.list_id, ItemContent.of(item, version), category, audience, area)
