"""Buyers, tenders, opened bids and what follows, for tests: written straight into the tables, with defaults that make sense.

The rooms have commands for all of it; these are for the tests of the rooms above, which need what lies below to be there.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from marketplace.procurement.awards.models import Award
from marketplace.procurement.bids.models import Bid, BidLot, BidSubmission
from marketplace.procurement.models import Buyer
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.file import (
    Condition,
    ConditionKind,
    Criterion,
    CriterionKind,
    FileLot,
    Item,
    PlannedMilestone,
    ScaleStep,
    TenderFile,
)
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from tests import builders, city

CEILING = 20_000_000
"""200,000 yuan, in fen."""


@dataclass(frozen=True, slots=True)
class PublishedTender:
    """A tender in the tables, with its file and the ids that tests ask for."""

    id: UUID
    buyer_id: UUID
    lot_ids: tuple[UUID, ...]
    file: TenderFile


async def officer(session: Session, name: str = "采购员小顾", area: str = city.CHANGNING) -> Viewer:
    """Somebody who buys for Changning."""
    return await builders.viewer(session, name, Role.PROCUREMENT_OFFICER, area)


async def supervisor(session: Session, name: str = "监督员老秦", area: str = city.CHANGNING) -> Viewer:
    """Somebody who supervises buying in Changning."""
    return await builders.viewer(session, name, Role.PROCUREMENT_SUPERVISOR, area)


async def supplier(session: Session, name: str = "暖阳助老服务社") -> tuple[UUID, Viewer]:
    """A verified organisation and its manager."""
    organisation_id = await builders.organisation(session, name)
    return organisation_id, await builders.viewer(
        session, f"{name}负责人", Role.ORGANISATION_MANAGER, organisation_id
    )


async def buyer(session: Session, name: str = "江苏路街道办事处", area: str = city.JIANGSU_ROAD) -> UUID:
    """A subdistrict of Changning that buys."""
    row = Buyer(id=new_id(), area_code=area, name=name, created_at=session.now())
    session.add(row)
    await session.flush()
    return row.id


def file(session: Session, *, lots: int = 1, **changes: Any) -> TenderFile:
    """A lawful file of an open tender: price 20, quality 80 in two criteria, one condition, three milestones."""
    defaults: dict[str, Any] = {
        "title": "社区助浴服务",
        "problem": "辖区高龄老人洗浴困难，家中浴室湿滑，家属白天上班。",
        "users": "江苏路街道七十五岁以上、生活不能完全自理的老人。",
        "people_served": 320,
        "description": "由持证护理员上门协助洗浴，全年不少于三千人次。",
        "standards": "护理员持证上岗；每次服务两人同行；水温与血压有记录。",
        "acceptance": "每季度抽查，并听取老人及家属意见。",
        "category_code": "elderly_care",
        "area_code": city.JIANGSU_ROAD,
        "lots": tuple(lot(number) for number in range(1, lots + 1)),
        "conditions": (
            Condition(
                key="registered", kind=ConditionKind.REGISTERED, text="依法登记的社会组织", proof="登记证书"
            ),
        ),
        "criteria": (
            Criterion(key="price", kind=CriterionKind.PRICE, name="价格", weight=20),
            Criterion(key="plan", kind=CriterionKind.QUALITY, name="服务方案", weight=50, scale=_scale()),
            Criterion(key="team", kind=CriterionKind.QUALITY, name="服务团队", weight=30, scale=_scale()),
        ),
        "milestones": (
            PlannedMilestone(title="启动", deliverable="完成入户评估", due_on=date(2027, 3, 31), share=30),
            PlannedMilestone(
                title="中期", deliverable="服务满一千五百人次", due_on=date(2027, 8, 31), share=40
            ),
            PlannedMilestone(title="完成", deliverable="服务满三千人次", due_on=date(2027, 12, 31), share=30),
        ),
        "enquiries_end_at": session.now() + timedelta(days=14),
        "submissions_end_at": session.now() + timedelta(days=30),
        "official_notice_url": "https://www.zfcg.sh.gov.cn/",
    }
    return TenderFile(**{**defaults, **changes})


def lot(number: int = 1, **changes: Any) -> FileLot:
    """A lot of a year's bathing help with a ceiling of 200,000 yuan."""
    defaults: dict[str, Any] = {
        "number": number,
        "title": f"助浴服务第{number}包",
        "area_code": city.JIANGSU_ROAD,
        "ceiling_fen": CEILING,
        "starts_on": date(2027, 2, 1),
        "ends_on": date(2027, 12, 31),
        "items": (Item(description="上门助浴", quantity=3000, unit="人次"),),
    }
    return FileLot(**{**defaults, **changes})


def _scale() -> tuple[ScaleStep, ...]:
    return (
        ScaleStep(points=100, description="完整、具体、可核查"),
        ScaleStep(points=60, description="基本完整"),
        ScaleStep(points=0, description="缺失"),
    )


async def tender(session: Session, content: TenderFile | None = None, **facts: Any) -> PublishedTender:
    """An open tender that was published just now, unless told otherwise. ``facts`` are columns of the tender's row."""
    content = content or file(session)
    by = facts.pop("created_by", None) or await builders.person(session, "采购员老周")
    defaults: dict[str, Any] = {
        "buyer_id": facts.get("buyer_id") or await buyer(session),
        "reference": f"T-{new_id().hex[-12:]}",
        "procedure": "open_tender",
        "title": content.title,
        "category_code": content.category_code,
        "area_code": content.area_code,
        "draft": content.plain(),
        "created_at": session.now(),
        "created_by": by,
        "published_at": session.now(),
        "version": 1,
        "enquiries_end_at": content.enquiries_end_at,
        "submissions_end_at": content.submissions_end_at,
    }
    row = Tender(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    session.add(
        TenderVersion(
            id=new_id(),
            tender_id=row.id,
            number=1,
            content=content.plain(),
            content_hash=content.hash,
            voids_bids=False,
            published_at=session.now(),
            published_by=by,
        )
    )
    session.add_all(
        Lot(
            tender_id=row.id,
            **one.model_dump(
                include={
                    "id",
                    "number",
                    "title",
                    "ceiling_fen",
                    "currency",
                    "area_code",
                    "starts_on",
                    "ends_on",
                }
            ),
        )
        for one in content.lots
    )
    await session.flush()
    return PublishedTender(row.id, row.buyer_id, tuple(one.id for one in content.lots), content)


async def opened_bid(
    session: Session,
    tender: PublishedTender,
    organisation_id: UUID,
    prices: dict[UUID, int] | int,
    **facts: Any,
) -> UUID:
    """A bid as the opening left it: ``prices`` are fen by lot, or one price for the first lot. The caller sets the tender's ``opened_at``."""
    offered = prices if isinstance(prices, dict) else {tender.lot_ids[0]: prices}
    submission = BidSubmission(
        id=new_id(),
        tender_id=tender.id,
        bidder_tag=organisation_id.bytes * 2,
        number=1,
        kind="submit",
        idempotency_key=str(organisation_id),
        tender_version=1,
        sealed_key="0" * 64,
        sealed_size=4096,
        submitted_at=session.now(),
        receipt="receipt",
    )
    session.add(submission)
    await session.flush()
    content = {"prices": {str(lot_id): price for lot_id, price in offered.items()}}
    defaults: dict[str, Any] = {
        "tender_id": tender.id,
        "submission_id": submission.id,
        "organisation_id": organisation_id,
        "members": [],
        "submitted_at": session.now(),
        "content": content,
        "content_hash": content_hash(content),
    }
    row = Bid(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    session.add_all(
        BidLot(id=new_id(), bid_id=row.id, lot_id=lot_id, price_fen=price, currency="CNY", answers={})
        for lot_id, price in offered.items()
    )
    await session.flush()
    return row.id


async def award(
    session: Session,
    tender: PublishedTender,
    organisation_id: UUID,
    price_fen: int,
    lot_id: UUID | None = None,
    **facts: Any,
) -> UUID:
    """A standing award of a lot (the first one) with the bid that it is for, its notice over since a fortnight."""
    lot_id = lot_id or tender.lot_ids[0]
    bid_id = await opened_bid(session, tender, organisation_id, {lot_id: price_fen})
    bid_lot_id = (await session.scalars(select(BidLot.id).where(BidLot.bid_id == bid_id))).one()
    published_at = session.now() - timedelta(days=16)
    row = await session.get_one(Tender, tender.id)
    row.opened_at = row.evaluated_at = row.awarded_at = published_at
    defaults: dict[str, Any] = {
        "tender_id": tender.id,
        "lot_id": lot_id,
        "seat": facts.get("place", 1),
        "bid_lot_id": bid_lot_id,
        "organisation_id": organisation_id,
        "place": 1,
        "price_fen": price_fen,
        "currency": "CNY",
        "reason": "综合得分第一",
        "decided_at": published_at,
        "decided_by": row.created_by,
        "published_at": published_at,
        "notice_ends_at": published_at + timedelta(days=1),
    }
    made = Award(id=new_id(), **{**defaults, **facts})
    session.add(made)
    await session.flush()
    return made.id
