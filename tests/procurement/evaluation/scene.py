"""An opened tender with bids, a register of experts, and the way from there to a report: through the commands, whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity import phones, viewers
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.procurement.bids.models import Bid, BidLot, Opening
from marketplace.procurement.evaluation import declarations, eligibility, finishing, panels, sheets
from marketplace.procurement.evaluation.drafts import (
    DeclarationDraft,
    FindingDraft,
    PanelDraft,
    SheetDraft,
)
from marketplace.procurement.evaluation.models import Expert, PanelMember
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying, city
from tests.buying import PublishedTender

PHONE = "+86138100{:05d}"
PRICES = (10_000_000, 9_000_000, 12_500_000)
"""The prices of scenario 21, in fen."""


@dataclass(slots=True)
class Scene:
    """Who is there: the officer, the bidders with their bids for the first lot, and the representatives' phones."""

    tender: PublishedTender
    officer: Viewer
    supervisor: Viewer
    bidders: list[tuple[UUID, Viewer]]
    bids: list[UUID]
    offers: list[UUID]
    representatives: list[UUID]
    phones: list[str]
    experts: list[UUID] = field(default_factory=list)

    @property
    def lot(self) -> UUID:
        return self.tender.lot_ids[0]


async def opened(
    session: Session,
    house: House,
    *,
    prices: Sequence[int] = PRICES,
    experts: int = 8,
    representatives: int = 1,
    officer: Viewer | None = None,
    **changes: Any,
) -> Scene:
    """A tender whose bids were opened just now, with experts registered long before."""
    now = session.now()
    officer = officer or await buying.officer(session)
    content = buying.file(session, **changes)
    tender = await buying.tender(session, content, opened_at=now, submissions_end_at=now - timedelta(hours=1), enquiries_end_at=now - timedelta(days=9))  # fmt: skip
    scene = Scene(
        tender, officer, await buying.supervisor(session, f"监督员{new_id().hex[-4:]}"), [], [], [], [], []
    )
    for number, price in enumerate(prices, start=1):
        organisation_id, manager = await buying.supplier(session, f"第{number}服务社")
        bid_id = await buying.opened_bid(
            session, tender, organisation_id, dict.fromkeys(tender.lot_ids, price)
        )
        scene.bidders.append((organisation_id, manager))
        scene.bids.append(bid_id)
        scene.offers.append(
            (
                await session.scalars(
                    select(BidLot.id).where(BidLot.bid_id == bid_id, BidLot.lot_id == tender.lot_ids[0])
                )
            ).one()
        )
    session.add(
        Opening(tender_id=tender.id, opened_at=now, record={"bids": len(prices)}, record_hash="ab" * 32)
    )
    for number in range(experts):
        scene.experts.append(await expert(session, f"专家{number}"))
    for number in range(representatives):
        phone = PHONE.format(number + 1)
        person_id = await builders.person(
            session, f"代表{number}", phone_fingerprint=house.vault.fingerprint(phone, phones.PURPOSE)
        )
        scene.representatives.append(person_id)
        scene.phones.append(phone)
    await session.flush()
    return scene


async def expert(session: Session, name: str, person_id: UUID | None = None, **facts: Any) -> UUID:
    """Somebody in the register for all of Changning, since a year ago."""
    defaults: dict[str, Any] = {
        "person_id": person_id or await builders.person(session, name),
        "area_code": city.CHANGNING,
        "fields": ["elderly_care"],
        "speciality": "老年护理",
        "registered_at": session.now() - timedelta(days=365),
    }
    row = Expert(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def drawn(session: Session, house: House, **changes: Any) -> Scene:
    """The same with a panel of four experts and a representative, nobody having declared."""
    scene = await opened(session, house, **changes)
    await panels.draw(
        session,
        scene.officer,
        scene.tender.id,
        PanelDraft(representatives=tuple(scene.phones)),
        house.vault,
    )
    return scene


async def members(session: Session, scene: Scene) -> list[tuple[PanelMember, Viewer]]:
    """Who sits on the panel, by seat, and as viewers."""
    rows = await session.scalars(
        select(PanelMember)
        .where(PanelMember.tender_id == scene.tender.id, PanelMember.replaced_at.is_(None))
        .order_by(PanelMember.seat)
    )
    return [(row, await viewers.of_person(session, row.person_id)) for row in rows.all()]


async def scoring(session: Session, house: House, **changes: Any) -> Scene:
    """The same with everybody declared free of ties and every bid found to meet every condition: members may score."""
    scene = await drawn(session, house, **changes)
    for _, viewer in await members(session, scene):
        await declarations.declare(session, viewer, scene.tender.id, DeclarationDraft(confirmed=True))
    await found(session, scene)
    await eligibility.close(session, scene.officer, scene.tender.id)
    return scene


async def found(session: Session, scene: Scene, *, failing: Sequence[UUID] = ()) -> None:
    """Hold every bid against every condition."""
    for bid_id in scene.bids:
        for condition in scene.tender.file.conditions:
            draft = FindingDraft(
                condition_key=condition.key, is_met=bid_id not in failing, reason="核对登记证书"
            )
            await eligibility.find(session, scene.officer, bid_id, scene.tender.id, draft)


def points(scene: Scene, quality: Sequence[float] = (88, 80, 95), offers: Sequence[UUID] | None = None) -> SheetDraft:  # fmt: skip
    """A whole sheet: the same points for each quality criterion of a bid."""
    return SheetDraft.model_validate(
        {
            "scores": [
                {"bid_lot_id": offer, "criterion_key": one.key, "points": given, "reason": "方案具体可核查"}
                for offer, given in zip(offers or scene.offers, quality, strict=True)
                for one in scene.tender.file.criteria
                if one.kind == "quality"
            ]
        }
    )


async def offers_of(session: Session, scene: Scene, lot_id: UUID) -> list[UUID]:
    """The offers for a lot, in the order of the bidders."""
    rows = await session.execute(
        select(Bid.id, BidLot.id).join(BidLot, BidLot.bid_id == Bid.id).where(BidLot.lot_id == lot_id)
    )
    by_bid: dict[UUID, UUID] = {row[0]: row[1] for row in rows}
    return [by_bid[bid_id] for bid_id in scene.bids]


async def evaluated(
    session: Session, house: House, quality: Sequence[float] = (88, 80, 95), **changes: Any
) -> Scene:
    """The same with every sheet in and the reports made."""
    scene = await scoring(session, house, **changes)
    for lot_id in scene.tender.lot_ids:
        offers = await offers_of(session, scene, lot_id)
        for _, viewer in await members(session, scene):
            await sheets.submit(session, viewer, lot_id, points(scene, quality, offers))
    await finishing.finish(session, scene.officer, scene.tender.id)
    return scene


async def tender_row(session: Session, scene: Scene) -> Tender:
    """The tender as it is now."""
    return await session.get_one(Tender, scene.tender.id, populate_existing=True)
