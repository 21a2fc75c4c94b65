"""A tender of Changning in which three suppliers bid, for the tests of objections, complaints and awards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import SHANGHAI, FixedClock
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.procurement.awards import awards, complaints, objections
from marketplace.procurement.awards.drafts import (
    About,
    AnswerDraft,
    AwardDraft,
    ComplaintDraft,
    DecisionDraft,
    NoticeDraft,
    ObjectionDraft,
    ReasonDraft,
    Remedy,
)
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.evaluation.models import EvaluationReport, Expert, PanelMember
from marketplace.procurement.evaluation.report import Bid as ReportBid
from marketplace.procurement.evaluation.report import (
    Mark,
    Panel,
    PanelDraw,
    Report,
    ReportCriterion,
    Seat,
    Sheet,
    places,
    recompute,
    spreads,
)
from marketplace.procurement.tenders.file import CriterionKind, TenderFile
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying, city
from tests.buying import PublishedTender

NAMES = ("暖阳助老服务社", "晨光社工站", "新泾助老中心")


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there. ``suppliers`` are the organisations and their managers."""

    tender: PublishedTender
    officer: Viewer
    colleague: Viewer
    supervisor: Viewer
    suppliers: tuple[tuple[UUID, Viewer], ...]
    outsider: tuple[UUID, Viewer]


async def tender(
    house: House, *, opened: bool = False, lots: int = 1, content: TenderFile | None = None, **facts: Any
) -> Scene:
    """A published tender; once ``opened``, all three suppliers have bid for its first lot."""
    async with house.database.unit_of_work() as session:
        found = await buying.tender(session, content or buying.file(session, lots=lots), **facts)
        suppliers = tuple([await buying.supplier(session, name) for name in NAMES])
        if opened:
            for number, (organisation_id, _) in enumerate(suppliers):
                await buying.opened_bid(session, found, organisation_id, 10_000_000 + number)
            row = await session.get_one(Tender, found.id)
            row.opened_at = session.now()
        return Scene(
            found,
            await buying.officer(session),
            await buying.officer(session, "采购员小陆"),
            await buying.supervisor(session),
            suppliers,
            await buying.supplier(session, "路过的服务社"),
        )


def at(clock: FixedClock, day: date, hour: int = 10, minute: int = 0) -> datetime:
    """Move the clock to that hour in Shanghai."""
    moment = datetime.combine(day, time(hour, minute), SHANGHAI)
    clock.set(moment)
    return moment


async def object_to(
    house: House,
    scene: Scene,
    about: About = About.FILE,
    *,
    who: tuple[UUID, Viewer] | None = None,
    key: str | None = None,
    lot_id: UUID | None = None,
) -> UUID:
    organisation_id, viewer = who or scene.suppliers[0]
    draft = ObjectionDraft(
        organisation_id=organisation_id,
        about=about,
        lot_id=lot_id,
        text="评分标准偏向特定供应商。",
        wish="请修改评分标准。",
        idempotency_key=key or str(new_id()),
    )
    async with house.database.unit_of_work() as session:
        return await objections.raise_objection(session, viewer, scene.tender.id, draft)


async def answer(
    house: House, scene: Scene, objection_id: UUID, *, upheld: bool = False, text: str = "标准与需求相应。"
) -> None:
    draft = AnswerDraft(answer=text, is_upheld=upheld)
    async with house.database.unit_of_work() as session:
        await objections.answer(session, scene.officer, objection_id, draft)


async def complain(
    house: House, scene: Scene, objection_id: UUID, *, who: Viewer | None = None, key: str | None = None
) -> UUID:
    draft = ComplaintDraft(
        text="答复没有回应问题。", wish="请重新评审。", idempotency_key=key or str(new_id())
    )
    async with house.database.unit_of_work() as session:
        return await complaints.complain(session, who or scene.suppliers[0][1], objection_id, draft)


async def complaint(house: House, scene: Scene, about: About = About.FILE) -> UUID:
    """An objection of the first supplier, answered, and the complaint about it."""
    objection_id = await object_to(house, scene, about)
    await answer(house, scene, objection_id)
    return await complain(house, scene, objection_id)


async def decide(
    house: House, scene: Scene, complaint_id: UUID, remedy: Remedy = Remedy.NONE, *, upheld: bool = False
) -> None:
    draft = DecisionDraft(
        answer="经审查，决定如下。", is_upheld=upheld or remedy is not Remedy.NONE, remedy=remedy
    )
    async with house.database.unit_of_work() as session:
        await complaints.decide(session, scene.supervisor, complaint_id, draft)


async def stranger_and_outsider(house: House) -> tuple[Viewer, Viewer]:
    async with house.database.unit_of_work() as session:
        return Viewer(None), await builders.viewer(session, "路人")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A scene whose evaluation is over. ``ranked`` are the bids' offers for the first lot, the best first."""

    scene: Scene
    lot_id: UUID
    ranked: tuple[UUID, ...]
    report: Report


PRICES = (10_000_000, 9_000_000, 12_500_000)
QUALITY = (8800, 8000, 9500)
"""Scenario 21: totals 88.4, 84.0 and 90.4, so the third supplier is first, then the first, then the second."""


async def evaluated(
    house: House,
    *,
    lots: int = 1,
    prices: Sequence[int] = PRICES,
    quality: Sequence[int] = QUALITY,
    **facts: Any,
) -> Evaluated:
    """Bids of as many suppliers as there are prices, for every lot, with the report of each lot."""
    scene = await tender(house, lots=lots, **facts)
    async with house.database.unit_of_work() as session:
        suppliers = list(scene.suppliers)
        for number in range(len(suppliers), len(prices)):
            suppliers.append(await buying.supplier(session, f"第{number + 1}家服务社"))
        names = {}
        for number, price in enumerate(prices):
            organisation_id, _ = suppliers[number]
            names[organisation_id] = (await session.get_one(Organisation, organisation_id)).name
            offered = dict.fromkeys(scene.tender.lot_ids, price)
            await buying.opened_bid(session, scene.tender, organisation_id, offered)
        members = await _panel(session, scene)
        reports = []
        for number, lot_id in enumerate(scene.tender.lot_ids, start=1):
            rows = (
                await session.execute(
                    select(BidLot, Bid)
                    .join(Bid, Bid.id == BidLot.bid_id)
                    .where(BidLot.lot_id == lot_id)
                    .order_by(BidLot.id)
                )
            ).all()
            by_organisation = {row.Bid.organisation_id: row for row in rows}
            ordered = [by_organisation[suppliers[at][0]] for at in range(len(prices))]
            reports.append(_report(session, scene, lot_id, number, ordered, quality, names, members))
            session.add(
                EvaluationReport(
                    lot_id=lot_id,
                    tender_id=scene.tender.id,
                    finished_at=session.now(),
                    finished_by=scene.officer.signed_in(),
                    report=reports[-1].plain(),
                    report_hash=reports[-1].hash,
                )
            )
        row = await session.get_one(Tender, scene.tender.id)
        row.opened_at = row.evaluated_at = session.now()
    scene = replace(scene, suppliers=tuple(suppliers))
    ranked = tuple(UUID(one.bid) for one in reports[0].ranking)
    return Evaluated(scene, scene.tender.lot_ids[0], ranked, reports[0])


async def _panel(session: Session, scene: Scene) -> list[PanelMember]:
    members = []
    for seat, name in enumerate(("评审专家甲", "评审专家乙", "采购人代表丙"), start=1):
        person_id = await builders.person(session, name)
        expert_id = None if seat == 3 else await _expert(session, person_id)
        members.append(
            PanelMember(
                id=new_id(),
                tender_id=scene.tender.id,
                person_id=person_id,
                expert_id=expert_id,
                kind="buyer" if expert_id is None else "expert",
                seat=seat,
                joined_at=session.now(),
                declared_at=session.now(),
            )
        )
    session.add_all(members)
    await session.flush()
    return members


async def _expert(session: Session, person_id: UUID) -> UUID:
    row = Expert(
        id=new_id(),
        person_id=person_id,
        area_code=city.CHANGNING,
        fields=["elderly_care"],
        speciality="养老服务",
        registered_at=session.now(),
    )
    session.add(row)
    await session.flush()
    return row.id


def _report(
    session: Session,
    scene: Scene,
    lot_id: UUID,
    number: int,
    rows: Sequence[Any],
    quality: Sequence[int],
    names: dict[UUID, str],
    members: Sequence[PanelMember],
) -> Report:
    file, now = scene.tender.file, session.now().isoformat()
    criteria = tuple(
        ReportCriterion(key=one.key, kind=one.kind, name=one.name, weight=one.weight) for one in file.criteria
    )
    sheets = tuple(
        Sheet(
            seat=member.seat,
            submitted_at=now,
            marks=tuple(
                Mark(bid=str(row.BidLot.id), criterion=one.key, points=points, reason="方案具体")
                for row, points in zip(rows, quality, strict=True)
                for one in criteria
                if one.kind is CriterionKind.QUALITY
            ),
        )
        for member in members
    )
    bids = tuple(
        ReportBid(
            id=str(row.BidLot.id),
            bid_id=str(row.Bid.id),
            organisation_id=str(row.Bid.organisation_id),
            name=names[row.Bid.organisation_id],
            partners=(),
            price_fen=row.BidLot.price_fen,
            findings=(),
            low_price=None,
            excluded_for=None,
            exclusion_facts={},
        )
        for row in rows
    )
    secret, pool = "0" * 64, [str(member.id) for member in members]
    drawn = PanelDraw(
        promised_at=now,
        commitment="0" * 64,
        secret=secret,
        opening_hash="0" * 64,
        drawn_at=now,
        pool=tuple(pool),
        pool_hash="0" * 64,
        seed=secret,
        order=tuple(pool),
        excluded=(),
        seated=(),
    )
    seats = tuple(Seat(seat=one.seat, kind=one.kind, member=str(one.id)) for one in members)
    report = Report(
        tender_id=str(scene.tender.id),
        reference="T-1",
        lot_id=str(lot_id),
        lot_number=number,
        lot_title=file.lots[number - 1].title,
        currency="CNY",
        file_version=1,
        file_hash=file.hash,
        finished_at=now,
        due_at=now,
        tie_break=file.tie_break,
        criteria=criteria,
        bids=bids,
        panel=Panel(size=3, experts=2, seats=seats, replaced=(), draw=drawn),
        sheets=sheets,
        ranking=(),
        spread=(),
    )
    again = recompute(report)
    return report.model_copy(
        update={
            "ranking": places(criteria, again),
            "spread": spreads(criteria, sheets, [one.id for one in again]),
        }
    )


async def award(
    house: House, it: Evaluated, *bid_lots: UUID, by: Viewer | None = None, lot_id: UUID | None = None
) -> Sequence[UUID]:
    """Award the first lot to these offers, or to the first in rank."""
    draft = AwardDraft(bid_lot_ids=bid_lots or it.ranked[:1], reason="综合得分最高。")
    async with house.database.unit_of_work() as session:
        return await awards.award(session, by or it.scene.officer, lot_id or it.lot_id, draft)


async def publish(house: House, it: Evaluated, url: str | None = None) -> UUID:
    async with house.database.unit_of_work() as session:
        return await awards.publish(
            session, it.scene.officer, it.scene.tender.id, NoticeDraft(official_notice_url=url)
        )


async def awarded(house: House, **options: Any) -> tuple[Evaluated, UUID]:
    """An evaluated tender whose first lot is awarded to the first in rank, with the notice out; and the award."""
    it = await evaluated(house, **options)
    (award_id,) = await award(house, it)
    await publish(house, it)
    return it, award_id


def winner(it: Evaluated, rank: int = 1) -> tuple[UUID, Viewer]:
    """The supplier at that place, and its manager."""
    organisation_id = UUID(it.report.bid(it.report.ranking[rank - 1].bid).organisation_id or "")
    return next(one for one in it.scene.suppliers if one[0] == organisation_id)


async def decline(house: House, it: Evaluated, award_id: UUID, rank: int = 1) -> None:
    async with house.database.unit_of_work() as session:
        await awards.decline(session, winner(it, rank)[1], award_id, ReasonDraft(reason="人手不足"))
