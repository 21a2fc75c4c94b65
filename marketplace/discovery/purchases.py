"""Find what is bought: tenders and announced items of service lists, by words, buyer, place and field; the newest first without words.

The index says which, the database says what they are and whether the public may know. If the index cannot answer, titles are compared.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, CompoundSelect, and_, func, literal, or_, select, union_all

from marketplace.areas.codes import prefix_of, within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.discovery import cursors
from marketplace.discovery.cursors import Mark, Teller
from marketplace.discovery.documents import Kind, row_id_of
from marketplace.discovery.marking import Highlight, Marked, highlights_of_purchase
from marketplace.discovery.names import Names, look_up, must_be_known
from marketplace.discovery.plan import page_of
from marketplace.discovery.tender_documents import item_is_findable, tender_is_findable
from marketplace.discovery.wishes import AreaCode, OptionalCode, Words
from marketplace.kernel.input import BlankIsNone, Draft
from marketplace.kernel.input import searchable as plainly
from marketplace.kernel.pagination import CursorIsInvalid, Page, PageRequest
from marketplace.procurement.lists.models import ListEdition, ListItemVersion, ServiceList
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders import states
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.tenders.states import Stage
from matching.index import AnyOf, Clause, Label, Query, Results, SearchIndex, SearchUnavailable, Sort, Within

_log = structlog.get_logger(__name__)


class PurchaseKind(StrEnum):
    """What is found: a tender, or an item that a buyer means to tender. Words are keyed ``purchase.<value>``."""

    TENDER = Kind.TENDER.value
    LIST_ITEM = Kind.LIST_ITEM.value


class PurchaseWishes(Draft):
    """What is looked for; every wish that is given must hold."""

    text: Words = None
    kind: Annotated[PurchaseKind | None, BlankIsNone] = None
    category: OptionalCode = None
    area: Annotated[AreaCode | None, BlankIsNone] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPurchase(Marked):
    """A tender or an announced item. ``fen`` is the ceiling of all lots, or the budget.

    A tender has its ``stage`` and ``closes_at``, the deadline for bids; an item the day its tender is ``planned_on`` and its ``list_id``.
    """

    id: UUID
    kind: PurchaseKind
    title: str
    text: str
    buyer_name: str
    area: Area
    category: Tag | None
    fen: int
    stage: Stage | None = None
    closes_at: datetime | None = None
    planned_on: date | None = None
    list_id: UUID | None = None
    highlights: Sequence[Highlight] = ()

    @property
    def takes_bids(self) -> bool:
        """Whether one could still bid."""
        return self.stage in {Stage.ENQUIRY, Stage.SUBMISSION}


@dataclass(frozen=True, slots=True)
class FoundPurchases:
    """An answer, and how many there would be of each other kind, field and district (12-digit codes).

    ``reduced``: the database alone answered, by titles, and nothing was counted.
    """

    page: Page[FoundPurchase]
    names: Names
    by_kind: Mapping[str, int] = field(default_factory=dict)
    by_category: Mapping[str, int] = field(default_factory=dict)
    by_district: Mapping[str, int] = field(default_factory=dict)
    reduced: bool = False
    approximate: bool = False
    cut: bool = False


async def find_purchases(
    session: Session, index: SearchIndex, wishes: PurchaseWishes, request: PageRequest
) -> FoundPurchases:
    """Published tenders and items of lists in force that fit all wishes; they are the same for everybody.

    Raises InputIsInvalid for a wish that names nothing we know, and CursorIsInvalid.
    """
    names = await look_up(session, wishes.area, [wishes.category] if wishes.category else [], ())
    must_be_known(("category", wishes.category, names.categories), ("area", wishes.area, names.areas))
    search = cursors.fingerprint("purchases", wishes.model_dump_json())
    mark = cursors.read(request.after, search) if request.after else None
    try:
        results, counts = await asyncio.to_thread(_ask, index, wishes, mark, request.first)
    except SearchUnavailable as error:
        _log.warning("search.reduced", reason=type(error).__name__)
        listed, total = await _from_database(session, wishes, mark, request.first)
        shown = await _shown(session, [row_id for row_id, _ in listed], wishes.text)
        return FoundPurchases(cursors.page(listed, shown, total, search), names, reduced=True)
    marks = cursors.marks_of(results.hits, mark.seen if mark else 0, session.now())
    listed = [(key, one) for hit, one in zip(results.hits, marks, strict=True) if (key := row_id_of(hit.id))]
    shown = await _shown(session, [row_id for row_id, _ in listed], wishes.text)
    return FoundPurchases(
        page=cursors.page(listed, shown, results.total, search),
        names=names,
        by_kind=counts[Label.KIND],
        by_category=names.rolled_up(counts[Label.CATEGORY]),
        by_district={f"{digits}000000": count for digits, count in counts[Label.DISTRICT].items()},
        approximate=results.approximate,
        cut=results.cut,
    )


async def matching_purchases(
    session: Session, index: SearchIndex, text: str, most: int
) -> Sequence[FoundPurchase]:
    """At most ``most`` that exactly ``text`` is about, best first: an addition to a list of needs.

    None where only something similar was found, or while the index cannot answer.
    """
    try:
        found = await asyncio.to_thread(index.search, replace(_query(PurchaseWishes(text=text)), limit=most))
    except SearchUnavailable:
        return []
    ids = [row_id for hit in found.hits if (row_id := row_id_of(hit.id)) is not None]
    if not ids or found.approximate:
        return []
    shown = await _shown(session, ids, text)
    return [shown[row_id] for row_id in ids if row_id in shown]


def _ask(
    index: SearchIndex, wishes: PurchaseWishes, mark: Mark | None, first: int
) -> tuple[Results, Mapping[Label, Mapping[str, int]]]:
    """The page, and how many there would be under each other choice."""
    counts = {
        label: index.search(
            replace(_query(wishes.model_copy(update={name: None})), limit=0, facets=(label,))
        ).facets[label]
        for name, label in (("kind", Label.KIND), ("category", Label.CATEGORY), ("area", Label.DISTRICT))
    }
    return page_of(index.search, _query(wishes), mark, first), counts


def _query(wishes: PurchaseWishes) -> Query:
    kinds = (wishes.kind,) if wishes.kind else tuple(PurchaseKind)
    clauses: list[Clause] = [AnyOf(Label.KIND, tuple(kind.value for kind in kinds))]
    if wishes.category is not None:
        clauses.append(AnyOf(Label.TAG, (wishes.category,)))
    if wishes.area is not None:
        clauses.append(Within((prefix_of(wishes.area),)))
    sort = Sort.RELEVANCE if wishes.text else Sort.NEWEST
    return Query(text=wishes.text or "", clauses=tuple(clauses), sort=sort)


async def _shown(session: Session, ids: Collection[UUID], text: str | None) -> dict[UUID, FoundPurchase]:
    """Those that the public may know of, as they are now. Two statements."""
    if not ids:
        return {}
    found = [*await _tenders(session, ids), *await _items(session, ids)]
    return {
        one.id: replace(
            one, highlights=highlights_of_purchase(one.title, one.text, one.buyer_name, text or "")
        )
        for one in found
    }


async def _tenders(session: Session, ids: Collection[UUID]) -> list[FoundPurchase]:
    ceiling = (
        select(func.sum(Lot.ceiling_fen))
        .where(Lot.tender_id == Tender.id, Lot.removed_at.is_(None))
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Tender, Buyer.name, Area, Tag, TenderVersion.content, ceiling.label("fen"))
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .join(Area, Area.code == Tender.area_code)
        .join(
            TenderVersion,
            and_(TenderVersion.tender_id == Tender.id, TenderVersion.number == Tender.version),
        )
        .outerjoin(Tag, Tag.code == Tender.category_code)
        .where(Tender.id.in_(ids), tender_is_findable())
    )
    return [
        FoundPurchase(
            id=row.Tender.id,
            kind=PurchaseKind.TENDER,
            title=row.Tender.title,
            text=_told(row.content),
            buyer_name=row.name,
            area=row.Area,
            category=row.Tag,
            fen=int(row.fen or 0),
            stage=states.stage(row.Tender, session.now()),
            closes_at=row.Tender.submissions_end_at,
        )
        for row in rows
    ]


def _told(content: Mapping[str, Any]) -> str:
    return content.get("description") or content.get("problem") or ""


async def _items(session: Session, ids: Collection[UUID]) -> list[FoundPurchase]:
    rows = await session.execute(
        select(ListItemVersion, Buyer.name, Area, Tag, ServiceList.id.label("list_id"))
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .join(Buyer, Buyer.id == ServiceList.buyer_id)
        .join(Area, Area.code == ListItemVersion.area_code)
        .join(Tag, Tag.code == ListItemVersion.category_code)
        .where(ListItemVersion.item_id.in_(ids), item_is_findable())
    )
    return [
        FoundPurchase(
            id=row.ListItemVersion.item_id,
            kind=PurchaseKind.LIST_ITEM,
            title=row.ListItemVersion.title,
            text=row.ListItemVersion.description,
            buyer_name=row.name,
            area=row.Area,
            category=row.Tag,
            fen=row.ListItemVersion.budget_fen,
            planned_on=row.ListItemVersion.planned_tender_on,
            list_id=row.list_id,
        )
        for row in rows
    ]


async def _from_database(
    session: Session, wishes: PurchaseWishes, mark: Mark | None, first: int
) -> tuple[list[tuple[UUID, Mark]], int]:
    """The next ids, the newest first: after the key of the mark or, when the index made it, after as many as were seen."""
    found = _findable(wishes).subquery()
    total = await session.scalar(select(func.count()).select_from(found)) or 0
    rows = select(found.c.id, found.c.at).order_by(found.c.at.desc(), found.c.id).limit(first)
    if mark is not None and mark.teller is Teller.DATABASE:
        at, key = _key(mark)
        rows = rows.where(or_(found.c.at < at, and_(found.c.at == at, found.c.id > key)))
    elif mark is not None:
        rows = rows.offset(mark.seen)
    seen = mark.seen if mark else 0
    return [
        (row_id, Mark(Teller.DATABASE, (at.isoformat(), str(row_id)), seen + place, session.now()))
        for place, (row_id, at) in enumerate(await session.execute(rows), 1)
    ], total


def _key(mark: Mark) -> tuple[datetime, UUID]:
    try:
        at, row_id = mark.key
        return datetime.fromisoformat(str(at)), UUID(str(row_id))
    except ValueError:
        raise CursorIsInvalid() from None


def _findable(wishes: PurchaseWishes) -> CompoundSelect[Any]:
    item, tender = ListItemVersion, Tender
    tenders = select(tender.id.label("id"), tender.published_at.label("at")).where(
        tender_is_findable(),
        *_narrowed(wishes, PurchaseKind.TENDER, tender.title, tender.category_code, tender.area_code),
    )
    items = (
        select(item.item_id, ListEdition.finalised_at)
        .join(ListEdition, ListEdition.id == item.edition_id)
        .where(
            item_is_findable(),
            *_narrowed(wishes, PurchaseKind.LIST_ITEM, item.title, item.category_code, item.area_code),
        )
    )
    return union_all(tenders, items)


def _narrowed(
    wishes: PurchaseWishes, kind: PurchaseKind, title: Any, category: Any, area: Any
) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wishes.kind not in (None, kind):
        clauses.append(literal(False))
    if wishes.text:
        clauses.append(title.icontains(plainly(wishes.text), autoescape=True))
    if wishes.category:
        code = plainly(wishes.category)
        clauses.append(category.in_(select(Tag.code).where(or_(Tag.code == code, Tag.parent_code == code))))
    if wishes.area:
        clauses.append(within(area, wishes.area))
    return clauses
