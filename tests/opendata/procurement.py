"""What happens in a purchase, for tests of its releases: rows written straight into the tables, with the event that tells of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.opendata import handlers
from marketplace.opendata.models import OcdsRecord, OcdsRelease
from marketplace.opendata.publishing import Publisher
from marketplace.outbox import publish
from marketplace.outbox.events import Event
from marketplace.outbox.here import deliver_all
from marketplace.outbox.registry import Registry
from marketplace.procurement.awards.events import AwardPublished
from marketplace.procurement.awards.models import Award
from marketplace.procurement.bids.events import BidsOpened
from marketplace.procurement.bids.models import BidLot, Opening
from marketplace.procurement.contracts.events import ContractPublished
from marketplace.procurement.contracts.models import Contract, Milestone
from marketplace.procurement.tenders.events import TenderPublished
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying
from tests.buying import PublishedTender

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A tender and everybody in it."""

    tender: PublishedTender
    officer: UUID
    suppliers: tuple[UUID, ...]


def listening(house: House) -> Registry:
    """Open data alone hears the news: what others make of rows that a test left out is none of its business."""
    registry, settings = Registry(), house.settings
    handlers.register(
        registry, Publisher(settings.ocds_prefix, settings.site_url, settings.ocds_publisher), house.files
    )
    return registry


async def told(house: House, *events: Event) -> None:
    """Publish the events and let open data hear them, in this order."""
    for event in events:
        async with house.database.unit_of_work() as session:
            await publish.publish(session, event)
        delivered = await deliver_all(house.database, listening(house))
        for failure in delivered.failures:
            raise AssertionError(event) from failure.error


async def published(house: House, **facts: Any) -> Purchase:
    """A tender, just published, two suppliers who mean to bid, and its first release."""
    async with house.database.unit_of_work() as session:
        officer = await builders.person(session, "采购员小顾")
        suppliers = [(await buying.supplier(session, name))[0] for name in ("暖阳助老服务社", "晨光社工站")]
        tender = await buying.tender(session, facts.pop("file", None), created_by=officer, **facts)
    await told(house, TenderPublished(tender.id))
    return Purchase(tender, officer, tuple(suppliers))


async def opened(
    house: House, purchase: Purchase, prices: tuple[int, ...] = (19_000_000, 18_000_001)
) -> list[UUID]:
    """The bids are opened; the ids of the offers for the first lot, in the order of ``prices``."""
    async with house.database.unit_of_work() as session:
        bids = [
            await buying.opened_bid(session, purchase.tender, who, price)
            for who, price in zip(purchase.suppliers, prices, strict=False)
        ]
        session.add(
            Opening(
                tender_id=purchase.tender.id,
                opened_at=session.now(),
                record={"bids": []},
                record_hash="a" * 64,
            )
        )
        await set_on(session, purchase.tender.id, opened_at=session.now())
        offers = {
            row.bid_id: row.id
            for row in await session.execute(select(BidLot.id, BidLot.bid_id).where(BidLot.bid_id.in_(bids)))
        }
    await told(house, BidsOpened(purchase.tender.id))
    return [offers[bid] for bid in bids]


async def awarded(house: House, purchase: Purchase, offer: UUID, price: int = 18_000_001) -> UUID:
    """The first lot goes to the second supplier, and the notice is out."""
    async with house.database.unit_of_work() as session:
        row = Award(
            id=new_id(),
            tender_id=purchase.tender.id,
            lot_id=purchase.tender.lot_ids[0],
            bid_lot_id=offer,
            organisation_id=purchase.suppliers[1],
            place=1,
            price_fen=price,
            currency="CNY",
            reason="综合得分第一",
            decided_at=session.now(),
            decided_by=purchase.officer,
            published_at=session.now(),
        )
        session.add(row)
        await set_on(session, purchase.tender.id, evaluated_at=session.now(), awarded_at=session.now())
    await told(house, AwardPublished(purchase.tender.id, row.id))
    return row.id


async def contracted(
    house: House, purchase: Purchase, award_id: UUID | None, **facts: Any
) -> tuple[UUID, UUID]:
    """The contract is signed and public; its id and that of its milestone."""
    async with house.database.unit_of_work() as session:
        row = Contract(
            id=new_id(),
            **{
                "tender_id": purchase.tender.id,
                "lot_id": purchase.tender.lot_ids[0],
                "award_id": award_id,
                "buyer_id": purchase.tender.buyer_id,
                "organisation_id": purchase.suppliers[1],
                "reference": f"C-{new_id().hex[-8:]}",
                "is_framework": False,
                "title": "社区助浴服务合同",
                "value_fen": 18_000_001,
                "currency": "CNY",
                "starts_on": date(2027, 2, 1),
                "ends_on": date(2027, 12, 31),
                "drafted_at": session.now(),
                "drafted_by": purchase.officer,
                "sign_from": session.now(),
                "sign_due_at": session.now() + 30 * DAY,
                "content_hash": "c" * 64,
                "signed_at": session.now(),
                "published_at": session.now(),
            }
            | facts,
        )
        session.add(row)
        await session.flush()
        milestone = Milestone(
            id=new_id(),
            contract_id=row.id,
            number=1,
            title="启动",
            deliverable="完成入户评估",
            due_on=date(2027, 3, 31),
            value_fen=5_400_000,
        )
        session.add(milestone)
    await told(house, ContractPublished(purchase.tender.id, row.id))
    return row.id, milestone.id


async def set_on(session: Session, tender_id: UUID, **facts: Any) -> None:
    """Write moments on a tender's row."""
    await session.execute(update(Tender).where(Tender.id == tender_id).values(**facts))


async def releases(house: House, process_id: UUID | None = None) -> list[dict[str, Any]]:
    """The releases of a process, or of all, as they were published, in the order of the feed."""
    query = select(OcdsRelease.body).order_by(OcdsRelease.position)
    if process_id is not None:
        query = query.where(OcdsRelease.process_id == process_id)
    async with house.database.reading() as session:
        return [orjson.loads(body) for body in await session.scalars(query)]


async def record(house: House, process_id: UUID) -> dict[str, Any]:
    """The compiled release of a process."""
    async with house.database.reading() as session:
        body = await session.scalar(select(OcdsRecord.body).where(OcdsRecord.process_id == process_id))
    return dict(orjson.loads(body or "{}"))
