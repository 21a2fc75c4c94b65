"""What became of what was planned: the tenders of list items, and how true lists were to what they announced.

It stands with the tenders because lists know nothing of them; the figures themselves are ``lists.stability``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.procurement.lists import queries as lists
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from marketplace.procurement.lists.stability import ItemStory, Stability, stability
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.models import Lot, Tender


@dataclass(frozen=True, slots=True)
class ItemTender:
    """A published tender that came from a list item."""

    id: UUID
    item_id: UUID
    reference: str
    title: str
    published_at: datetime
    cancelled_at: datetime | None
    unsuccessful_at: datetime | None
    ceiling_fen: int

    @property
    def is_alive(self) -> bool:
        return self.cancelled_at is None and self.unsuccessful_at is None


@dataclass(frozen=True, slots=True)
class Told:
    """The figures of a list or a buyer, and the items that they are made of."""

    figures: Stability
    stories: Sequence[ItemStory]


async def tenders_of_items(
    session: Session, _viewer: Viewer, item_ids: Collection[UUID]
) -> dict[UUID, list[ItemTender]]:
    """The published tenders of each item, the first one first; they are public. One statement."""
    ceilings = (
        select(Lot.tender_id, func.sum(Lot.ceiling_fen).label("fen"))
        .where(Lot.removed_at.is_(None))
        .group_by(Lot.tender_id)
        .subquery()
    )
    rows = await session.execute(
        select(Tender, ceilings.c.fen)
        .outerjoin(ceilings, ceilings.c.tender_id == Tender.id)
        .where(Tender.list_item_id.in_(item_ids), Tender.published_at.is_not(None))
        .order_by(Tender.published_at, Tender.id)
    )
    return grouped((row[0].list_item_id, _item_tender(*row)) for row in rows)


async def of_list(session: Session, viewer: Viewer, list_id: UUID) -> Told:
    """How true a list was. Raises NotFound."""
    await lists.one(session, viewer, list_id)
    return (await of_lists(session, viewer, [list_id]))[list_id]


async def of_lists(session: Session, viewer: Viewer, list_ids: Collection[UUID]) -> Mapping[UUID, Told]:
    """How true each list was to its final editions; these are public. Two statements."""
    stories = await _stories(session, viewer, ServiceList.id.in_(list_ids))
    today = local_day(session.now())
    return {
        list_id: Told(stability(stories.get(list_id, ()), today), stories.get(list_id, ()))
        for list_id in list_ids
    }


async def of_buyer(session: Session, viewer: Viewer, buyer_id: UUID) -> Stability:
    """How true all lists of a buyer were. Raises NotFound."""
    if await session.get(Buyer, buyer_id) is None:
        raise NotFound()
    stories = await _stories(session, viewer, ServiceList.buyer_id == buyer_id)
    return stability((story for told in stories.values() for story in told), local_day(session.now()))


async def _stories(
    session: Session, viewer: Viewer, which: ColumnElement[bool]
) -> dict[UUID, list[ItemStory]]:
    rows = (
        await session.execute(
            select(ListItem, ListEdition.number, ListItemVersion)
            .join(ListItemVersion, ListItemVersion.item_id == ListItem.id)
            .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
            .join(ServiceList, ServiceList.id == ListEdition.list_id)
            .where(which, ListEdition.finalised_at.is_not(None))
            .order_by(ListItem.list_id, ListItem.number, ListEdition.number)
        )
    ).all()
    newest: dict[UUID, int] = {}
    for item, edition, _ in rows:
        newest[item.list_id] = max(newest.get(item.list_id, 0), edition)
    tenders = await tenders_of_items(session, viewer, {row[0].id for row in rows})
    by_item = grouped((item.id, (item, edition, version)) for item, edition, version in rows)
    return grouped(
        (told[0][0].list_id, _story(told, newest[told[0][0].list_id], tenders.get(item_id, ())))
        for item_id, told in by_item.items()
    )


def _story(
    told: Sequence[tuple[ListItem, int, ListItemVersion]], newest: int, tenders: Sequence[ItemTender]
) -> ItemStory:
    item, last_edition, last = told[-1]
    first = told[0][2]
    return ItemStory(
        item_id=item.id,
        number=item.number,
        title=last.title,
        first_planned_on=first.planned_tender_on,
        last_planned_on=last.planned_tender_on,
        first_budget_fen=first.budget_fen,
        last_budget_fen=last.budget_fen,
        is_dropped=last_edition != newest,
        tendered_on=_day(tenders),
        ceiling_fen=_ceiling(tenders),
    )


def _day(tenders: Sequence[ItemTender]) -> date | None:
    return local_day(tenders[0].published_at) if tenders else None


def _ceiling(tenders: Iterable[ItemTender]) -> int | None:
    """Of the tender that runs, or ran last; what was cancelled counts only where nothing else is."""
    ordered = sorted(tenders, key=lambda one: (one.is_alive, one.published_at))
    return ordered[-1].ceiling_fen if ordered else None


def _item_tender(row: Tender, ceiling: int | None) -> ItemTender:
    assert row.list_item_id is not None and row.published_at is not None
    return ItemTender(
        id=row.id,
        item_id=row.list_item_id,
        reference=row.reference,
        title=row.title,
        published_at=row.published_at,
        cancelled_at=row.cancelled_at,
        unsuccessful_at=row.unsuccessful_at,
        ceiling_fen=int(ceiling or 0),
    )
