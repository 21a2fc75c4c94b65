"""Tenders and items of service lists as documents: what the public was told of them, and nothing that waits to be published."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, and_, cast, exists, func, select
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.discovery.documents import Change, Kind, Purchase, purchase_document
from marketplace.discovery.surroundings import gone, look_around, version
from marketplace.outbox.models import OutboxStream
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.models import Tender, TenderVersion

_TEXTS = ("problem", "users", "description", "standards")


def tender_is_findable() -> ColumnElement[bool]:
    """SQL: the tender was published and did not end without a result. What was awarded stays: people look for who delivers."""
    return and_(
        Tender.published_at.is_not(None),
        Tender.cancelled_at.is_(None),
        Tender.unsuccessful_at.is_(None),
    )


def item_is_findable() -> ColumnElement[bool]:
    """SQL: this version of the item belongs to the edition in force, and no tender stands for it yet, which would be found instead."""
    newer = aliased(ListEdition)
    is_superseded = exists().where(
        newer.list_id == ListEdition.list_id,
        newer.number > ListEdition.number,
        newer.finalised_at.is_not(None),
        newer.withdrawn_at.is_(None),
    )
    is_in_force = (
        exists()
        .where(
            ListEdition.id == ListItemVersion.edition_id,
            ListEdition.finalised_at.is_not(None),
            ListEdition.withdrawn_at.is_(None),
            ~is_superseded,
        )
        .correlate(ListItemVersion)
    )
    is_tendered = (
        exists()
        .where(Tender.list_item_id == ListItemVersion.item_id, tender_is_findable())
        .correlate(ListItemVersion)
    )
    return and_(is_in_force, ~is_tendered)


def _news_of_item() -> ColumnElement[int]:
    """How much news an item has made: that of its list, and that of every tender for it."""
    of_tenders = (
        select(func.coalesce(func.sum(OutboxStream.last_sequence), 0))
        .join(Tender, Tender.id == OutboxStream.stream_id)
        .where(Tender.list_item_id == ListItem.id)
        .scalar_subquery()
    )
    of_list = (
        select(func.coalesce(func.sum(OutboxStream.last_sequence), 0))
        .where(OutboxStream.stream_id == ListItem.list_id)
        .scalar_subquery()
    )
    return cast(of_list + of_tenders, BigInteger).label("version")


async def tender_changes(session: Session, ids: Collection[UUID]) -> dict[UUID, Change]:
    """Each tender's document, by the version of its file that is in force, or its removal. A few statements however many they are."""
    rows = (
        await session.execute(
            select(
                Tender,
                Buyer.name,
                TenderVersion.content,
                version(),
                tender_is_findable().label("is_findable"),
            )
            .join(Buyer, Buyer.id == Tender.buyer_id)
            .outerjoin(
                TenderVersion,
                and_(TenderVersion.tender_id == Tender.id, TenderVersion.number == Tender.version),
            )
            .outerjoin(OutboxStream, OutboxStream.stream_id == Tender.id)
            .where(Tender.id.in_(ids))
            .execution_options(populate_existing=True)
        )
    ).all()
    told: dict[UUID, Change] = {row.Tender.id: gone(Kind.TENDER, row.Tender.id, row.version) for row in rows}
    found = [(row, _tender(row.Tender, row.name, row.content)) for row in rows if row.is_findable]
    codes = {row.Tender.id: [row.Tender.category_code, row.content.get("audience_code")] for row, _ in found}
    return told | await _documents(session, [(one, row.version) for row, one in found], codes)


async def item_changes(session: Session, ids: Collection[UUID]) -> dict[UUID, Change]:
    """The same for items of lists, by the edition in force."""
    known = await session.execute(select(ListItem.id, _news_of_item()).where(ListItem.id.in_(ids)))
    versions = {row.id: row.version for row in known}
    told: dict[UUID, Change] = {
        item_id: gone(Kind.LIST_ITEM, item_id, number) for item_id, number in versions.items()
    }
    rows = (
        await session.execute(
            select(ListItemVersion, Buyer.name, ListEdition.finalised_at)
            .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
            .join(ServiceList, ServiceList.id == ListEdition.list_id)
            .join(Buyer, Buyer.id == ServiceList.buyer_id)
            .where(ListItemVersion.item_id.in_(versions), item_is_findable())
            .execution_options(populate_existing=True)
        )
    ).all()
    found = [_item(*row) for row in rows]
    codes = {row[0].item_id: [row[0].category_code, row[0].audience_code] for row in rows}
    return told | await _documents(session, [(one, versions[one.id]) for one in found], codes)


def _tender(tender: Tender, buyer_name: str, content: dict[str, Any]) -> Purchase:
    assert tender.published_at is not None
    texts = [content.get(name) for name in _TEXTS]
    lots = [part for lot in content.get("lots", ()) for part in (lot.get("title"), lot.get("description"))]
    return Purchase(
        kind=Kind.TENDER,
        id=tender.id,
        title=tender.title,
        texts=_said([*texts, *lots, tender.reference]),
        buyer_name=buyer_name,
        area_code=tender.area_code,
        category_code=tender.category_code,
        published_at=tender.published_at,
    )


def _item(item: ListItemVersion, buyer_name: str, finalised_at: datetime | None) -> Purchase:
    assert finalised_at is not None
    return Purchase(
        kind=Kind.LIST_ITEM,
        id=item.item_id,
        title=item.title,
        texts=_said([item.description, item.standards]),
        buyer_name=buyer_name,
        area_code=item.area_code,
        category_code=item.category_code,
        published_at=finalised_at,
    )


def _said(texts: Iterable[str | None]) -> list[str]:
    return [text for text in texts if text]


async def _documents(
    session: Session, purchases: Collection[tuple[Purchase, int]], codes: dict[UUID, list[str | None]]
) -> dict[UUID, Change]:
    if not purchases:
        return {}
    tags = {row_id: _said(some) for row_id, some in codes.items()}
    rows = {one.id: (number, one.area_code) for one, number in purchases}
    surroundings = await look_around(session, rows, tags)
    return {one.id: purchase_document(one, surroundings[one.id]) for one, _ in purchases}
