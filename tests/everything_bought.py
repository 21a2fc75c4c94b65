"""Procurement's part of the house with everything in it: a list, and a tender at every stage, the member's own first."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from marketplace.procurement import records
from marketplace.procurement.awards.models import Award, AwardCorrection, AwardNotice, Objection, Suspension
from marketplace.procurement.bids.models import BidDocument, BidLot, Opener, Opening, TenderKey
from marketplace.procurement.contracts.models import (
    CallOff,
    Contract,
    ContractChange,
    Milestone,
    MilestoneReport,
    Payment,
)
from marketplace.procurement.evaluation.models import Expert, PanelMember, PriceQuery, ScoreSheet
from marketplace.procurement.lists.models import (
    ListComment,
    ListEdition,
    ListItem,
    ListItemVersion,
    ServiceList,
)
from marketplace.procurement.tenders.models import Asker, Question, Tender, TenderDocument
from tests import builders, buying, city
from tests.buying import PublishedTender

_DAY = timedelta(days=1)


async def build(session: Session, member: UUID, colleague: UUID, organisations: tuple[UUID, UUID]) -> None:
    """``organisations`` are the member's own and another one; the member buys, supervises, opens and evaluates too."""
    for role in (Role.PROCUREMENT_OFFICER, Role.PROCUREMENT_SUPERVISOR):
        await builders.grant(session, member, role, city.CITY)
    await builders.grant(session, colleague, Role.PROCUREMENT_OFFICER, city.CITY)
    buyer_id = await buying.buyer(session)
    item_id = await _list(session, buyer_id, member, colleague)
    for person_id in (member, colleague):
        session.add(_expert(session, person_id))
    enquiry = await buying.tender(session, buyer_id=buyer_id, created_by=member, list_item_id=item_id)
    await _draft(session, buyer_id, member)
    for tender in (
        enquiry,
        await _closed(session, buyer_id, member),
        await _opened(session, buyer_id, member, colleague, organisations),
        await _contracted(session, buyer_id, member, colleague, organisations),
    ):
        await _around(session, tender, member, colleague, organisations)
        await records.append(session, tender.id, "tender.published", member)
    await _resting(session, buyer_id, member, colleague, organisations)


async def _list(session: Session, buyer_id: UUID, member: UUID, colleague: UUID) -> UUID:
    now = session.now()
    row = ServiceList(
        id=new_id(), buyer_id=buyer_id, title="三年服务清单", starts_on=date(2027, 1, 1), ends_on=date(2029, 12, 31),
        created_at=now, created_by=member,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    item = ListItem(id=new_id(), list_id=row.id, number=1)
    session.add(item)
    for number, moments in enumerate(({"finalised_at": now}, {"consultation_ends_at": now + _DAY}), start=1):
        edition = ListEdition(
            id=new_id(), list_id=row.id, number=number, created_at=now, created_by=member, consultation_opened_at=now,
            **moments,
        )  # fmt: skip
        session.add(edition)
        await session.flush()
        session.add(_item_version(edition.id, item.id))
        session.add_all(
            ListComment(
                id=new_id(), edition_id=edition.id, person_id=person_id, idempotency_key=f"{number}", text="希望周末也有", created_at=now
            )
            for person_id in (member, colleague)
        )  # fmt: skip
    await session.flush()
    return item.id


def _item_version(edition_id: UUID, item_id: UUID) -> ListItemVersion:
    return ListItemVersion(
        id=new_id(), edition_id=edition_id, item_id=item_id, title="助浴", description="上门助浴", category_code="elderly_care",
        area_code=city.JIANGSU_ROAD, budget_fen=buying.CEILING, currency="CNY", quantity=3000, unit="人次",
        planned_tender_on=date(2027, 1, 15), starts_on=date(2027, 3, 1), ends_on=date(2027, 12, 31), renewal="yearly",
        standards="持证上岗",
    )  # fmt: skip


def _expert(session: Session, person_id: UUID) -> Expert:
    return Expert(
        id=new_id(), person_id=person_id, area_code=city.CITY, fields=["elderly_care"], speciality="老年护理",
        registered_at=session.now(),
    )  # fmt: skip


async def _draft(session: Session, buyer_id: UUID, member: UUID) -> None:
    content = buying.file(session)
    session.add(
        Tender(
            id=new_id(), buyer_id=buyer_id, reference="draft", procedure="open_tender", title=content.title, area_code=content.area_code,
            draft=content.plain(), created_at=session.now(), created_by=member,
        )
    )  # fmt: skip
    await session.flush()


async def _closed(session: Session, buyer_id: UUID, member: UUID) -> PublishedTender:
    then = session.now() - _DAY
    content = buying.file(session, enquiries_end_at=then - _DAY, submissions_end_at=then)
    return await buying.tender(session, content, buyer_id=buyer_id, created_by=member)


async def _resting(
    session: Session, buyer_id: UUID, member: UUID, colleague: UUID, organisations: tuple[UUID, UUID]
) -> None:
    """Both complained about an answer, and the process rests while the complaints are decided."""
    now = session.now()
    tender = await buying.tender(session, buyer_id=buyer_id, created_by=member, suspended_at=now)
    for person_id, organisation_id in zip((member, colleague), organisations, strict=True):
        whose = {
            "organisation_id": organisation_id,
            "raised_by": person_id,
            "raised_at": now,
            "due_at": now + 9 * _DAY,
        }
        about = {"tender_id": tender.id, "about": "file", "text": "条件过严", "wish": "请放宽"}
        objection = Objection(
            id=new_id(), kind="objection", idempotency_key=str(tender.id), answer="条件与服务有关。", is_upheld=False,
            answered_at=now, answered_by=colleague, **whose, **about,
        )  # fmt: skip
        session.add(objection)
        await session.flush()
        complaint = Objection(
            id=new_id(), kind="complaint", objection_id=objection.id, idempotency_key=str(objection.id), **whose, **about
        )  # fmt: skip
        session.add(complaint)
        await session.flush()
    session.add(
        Suspension(
            id=new_id(), tender_id=tender.id, complaint_id=complaint.id, reason="处理投诉", suspended_at=now,
            suspended_by=colleague, ends_at=now + 30 * _DAY,
        )
    )  # fmt: skip
    await session.flush()


async def _opened(
    session: Session, buyer_id: UUID, member: UUID, colleague: UUID, organisations: tuple[UUID, UUID]
) -> PublishedTender:
    """Bids are open, the panel sits, one price is queried."""
    now = session.now()
    content = buying.file(session, enquiries_end_at=now - 2 * _DAY, submissions_end_at=now - _DAY)
    tender = await buying.tender(session, content, buyer_id=buyer_id, created_by=member, opened_at=now)
    session.add(Opening(tender_id=tender.id, opened_at=now, record={"bids": []}, record_hash="0" * 64))
    for number, person_id in enumerate((member, colleague), start=1):
        seat = PanelMember(
            id=new_id(),
            tender_id=tender.id,
            person_id=person_id,
            kind="buyer",
            seat=number,
            joined_at=now,
            declared_at=now,
            conflicts=[],
        )
        session.add(seat)
        await session.flush()
        session.add(ScoreSheet(id=new_id(), lot_id=tender.lot_ids[0], member_id=seat.id, started_at=now))
    for organisation_id in organisations:
        bid_id = await buying.opened_bid(session, tender, organisation_id, 18_000_000)
        session.add(
            BidDocument(
                id=new_id(), bid_id=bid_id, title="方案", file_name="方案.pdf", content_type="application/pdf", size=7, file_key="0" * 64
            )
        )  # fmt: skip
        bid_lot_id = await session.scalar(select(BidLot.id).where(BidLot.bid_id == bid_id))
        session.add(
            PriceQuery(id=new_id(), bid_lot_id=bid_lot_id, asked_at=now, asked_by=member, due_at=now + _DAY)
        )
    await session.flush()
    return tender


async def _contracted(
    session: Session, buyer_id: UUID, member: UUID, colleague: UUID, organisations: tuple[UUID, UUID]
) -> PublishedTender:
    """Two lots awarded and under contract, each to one of the two organisations; a correction and a change wait."""
    now = session.now()
    content = buying.file(session, lots=2, enquiries_end_at=now - 9 * _DAY, submissions_end_at=now - 8 * _DAY)
    tender = await buying.tender(
        session, content, buyer_id=buyer_id, created_by=member, opened_at=now - 7 * _DAY, evaluated_at=now - 5 * _DAY, awarded_at=now - 3 * _DAY
    )  # fmt: skip
    notice = AwardNotice(
        id=new_id(), tender_id=tender.id, published_at=now - 3 * _DAY, published_by=member, ends_at=now - 2 * _DAY,
        content={"awards": []}, content_hash="0" * 64,
    )  # fmt: skip
    session.add(notice)
    await session.flush()
    for lot_id, organisation_id in zip(tender.lot_ids, organisations, strict=True):
        bid_id = await buying.opened_bid(session, tender, organisation_id, {lot_id: 10_000_000})
        award = Award(
            id=new_id(), tender_id=tender.id, lot_id=lot_id,
            bid_lot_id=await session.scalar(select(BidLot.id).where(BidLot.bid_id == bid_id)),
            organisation_id=organisation_id, place=1, price_fen=10_000_000, currency="CNY", reason="综合得分最高",
            decided_at=now - 4 * _DAY, decided_by=member, published_at=now - 3 * _DAY, notice_ends_at=now - 2 * _DAY, notice_id=notice.id,
        )  # fmt: skip
        session.add(award)
        await session.flush()
        session.add(
            AwardCorrection(
                id=new_id(), award_id=award.id, reason="计分有误", proposed_at=now, proposed_by=colleague
            )
        )
        await _contract(session, tender, award, member, colleague)
        session.add(
            CallOff(
                id=new_id(), lot_id=lot_id, buyer_id=buyer_id, area_code=city.JIANGSU_ROAD, way="competition", title="冬季加开",
                description="冬季加开助浴", budget_fen=1_000_000, starts_on=date(2027, 1, 1), ends_on=date(2027, 2, 28),
                idempotency_key=str(lot_id), opened_at=now, opened_by=member,
                offers_end_at=now + _DAY,
            )
        )  # fmt: skip
    await session.flush()
    return tender


async def _contract(
    session: Session, tender: PublishedTender, award: Award, member: UUID, colleague: UUID
) -> None:
    now = session.now()
    contract = Contract(
        id=new_id(), tender_id=tender.id, lot_id=award.lot_id, award_id=award.id, buyer_id=tender.buyer_id,
        organisation_id=award.organisation_id, reference=f"C-{award.id.hex[-8:]}", is_framework=False, title="助浴服务合同",
        value_fen=award.price_fen, currency="CNY", starts_on=date(2026, 11, 1), ends_on=date(2027, 10, 31), drafted_at=now, drafted_by=member,
        signed_at=now, signed_by_buyer=member, signed_by_supplier=colleague, sign_from=now, sign_due_at=now + 30 * _DAY, buyer_signed_at=now, supplier_signed_at=now,
        published_at=now,
    )  # fmt: skip
    session.add(contract)
    await session.flush()
    milestone = Milestone(
        id=new_id(), contract_id=contract.id, number=1, title="启动", deliverable="完成评估", due_on=date(2026, 12, 31), value_fen=3_000_000
    )  # fmt: skip
    session.add(milestone)
    await session.flush()
    session.add_all(
        [
            MilestoneReport(
                id=new_id(), milestone_id=milestone.id, number=1, text="已完成", reported_at=now, reported_by=member
            ),
            Payment(
                id=new_id(), contract_id=contract.id, milestone_id=milestone.id, amount_fen=100_00, currency="CNY", paid_on=date(2026, 11, 20), reference="付款一",
                idempotency_key=str(contract.id), recorded_at=now, recorded_by=member,
            ),
            ContractChange(
                id=new_id(), contract_id=contract.id, number=1, kind="change", title="增加服务点", added_fen=50_000_00, what="增加服务点", reason="需求增加",
                proposed_at=now, proposed_by=colleague,
            ),
        ]
    )  # fmt: skip
    await session.flush()


async def _around(
    session: Session, tender: PublishedTender, member: UUID, colleague: UUID, organisations: tuple[UUID, UUID]
) -> None:
    """What hangs on any tender: documents, openers and their key, questions, objections."""
    now = session.now()
    session.add(
        TenderKey(
            tender_id=tender.id, public_key=bytes(32), threshold=3, shares=5, canary=b"canary", combinations_tried=10, ready_at=now
        )
    )  # fmt: skip
    for number, (person_id, organisation_id) in enumerate(
        zip((member, colleague), organisations, strict=True), 1
    ):
        session.add_all(
            [
                TenderDocument(
                    id=new_id(), tender_id=tender.id, title="需求书", file_name="需求书.pdf", content_type="application/pdf", size=7,
                    file_key="0" * 64, uploaded_at=now, uploaded_by=member,
                ),
                Opener(id=new_id(), tender_id=tender.id, number=number, person_id=person_id, named_at=now, named_by=colleague),
                Asker(tender_id=tender.id, organisation_id=organisation_id, number=number),
                Question(
                    id=new_id(), tender_id=tender.id, number=number, organisation_id=organisation_id, asked_by=person_id,
                    idempotency_key=str(tender.id), text="地点可以调整吗？", asked_at=now,
                ),
                Objection(
                    id=new_id(), tender_id=tender.id, kind="objection", about="file", organisation_id=organisation_id, raised_by=person_id,
                    idempotency_key=str(tender.id), text="条件过严", wish="请放宽", raised_at=now, due_at=now + 9 * _DAY,
                ),
            ]
        )  # fmt: skip
    await session.flush()
