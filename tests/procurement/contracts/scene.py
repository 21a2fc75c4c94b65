"""A purchase that is awarded, its two sides, and the steps of its contract as tests take them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.scorecards.intervals import low_ends
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.procurement.contracts import (
    call_offs,
    changes,
    closing,
    competitions,
    drafting,
    milestones,
    opinions,
    payments,
    signing,
)
from marketplace.procurement.contracts.drafts import (
    AcceptanceDraft,
    CallOffDecisionDraft,
    CallOffDraft,
    ChangeDecisionDraft,
    ChangeDraft,
    OfferDraft,
    OpinionDraft,
    PaymentDraft,
    ReportDecisionDraft,
    ReportDraft,
    TerminationDraft,
)
from marketplace.procurement.contracts.models import Contract, Milestone
from marketplace.procurement.tenders.file import CallOffWay, FrameworkTerms
from tests import builders, buying

PRICE = 10_000_000
"""100,000.00 yuan, in fen."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """An awarded tender with two officers of its buyer and its supplier's manager."""

    tender_id: UUID
    lot_id: UUID
    award_id: UUID
    officer: Viewer
    second: Viewer
    organisation_id: UUID
    supplier: Viewer


@dataclass(frozen=True, slots=True)
class Agreement:
    """A framework whose suppliers all signed, in the published order."""

    tender_id: UUID
    lot_id: UUID
    officer: Viewer
    second: Viewer
    suppliers: tuple[tuple[UUID, Viewer], ...]
    contract_ids: tuple[UUID, ...]


async def awarded(house: House, price: int = PRICE, **facts: Any) -> Purchase:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        organisation_id, supplier = await buying.supplier(session)
        award_id = await buying.award(session, tender, organisation_id, price, **facts)
        return Purchase(
            tender.id,
            tender.lot_ids[0],
            award_id,
            await buying.officer(session),
            await buying.officer(session, "采购员老唐"),
            organisation_id,
            supplier,
        )


async def drafted(house: House, at: Purchase) -> UUID:
    async with house.database.unit_of_work() as session:
        return await drafting.draft(session, at.officer, at.award_id)


async def sign(house: House, at: Purchase, contract_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await signing.sign_for_buyer(session, at.officer, contract_id)
    async with house.database.unit_of_work() as session:
        await signing.sign_for_supplier(session, at.supplier, contract_id)


async def signed(house: House, at: Purchase) -> UUID:
    """Signed by both sides and published."""
    contract_id = await drafted(house, at)
    await sign(house, at, contract_id)
    async with house.database.unit_of_work() as session:
        await signing.publish_contract(session, at.officer, contract_id)
    return contract_id


async def contract(house: House, contract_id: UUID) -> Contract:
    async with house.database.reading() as session:
        return await session.get_one(Contract, contract_id)


async def steps(house: House, contract_id: UUID) -> list[Milestone]:
    async with house.database.reading() as session:
        found = select(Milestone).where(Milestone.contract_id == contract_id).order_by(Milestone.number)
        return list(await session.scalars(found))


async def report(house: House, viewer: Viewer, milestone_id: UUID, text: str = "完成一千人次") -> None:
    async with house.database.unit_of_work() as session:
        await milestones.report(session, viewer, milestone_id, ReportDraft(text=text))


async def decide(
    house: House, viewer: Viewer, milestone_id: UUID, *, accepted: bool = True, reason: str | None = None
) -> None:
    async with house.database.unit_of_work() as session:
        draft = ReportDecisionDraft(is_accepted=accepted, reason=reason)
        await milestones.decide(session, viewer, milestone_id, draft)


async def deliver(house: House, at: Purchase, contract_id: UUID) -> None:
    """Every milestone is reported and accepted."""
    for milestone in await steps(house, contract_id):
        await report(house, at.supplier, milestone.id)
        await decide(house, at.officer, milestone.id)


async def pay(
    house: House, viewer: Viewer, milestone_id: UUID, fen: int, key: str | None = None, **facts: Any
) -> UUID:
    async with house.database.unit_of_work() as session:
        day = facts.get("paid_on") or session.now().date()
        draft = PaymentDraft(
            amount_fen=fen, paid_on=day, reference="转账0001", idempotency_key=key or str(new_id())
        )
        return await payments.pay(session, viewer, milestone_id, draft)


def change(added: int = 0, **facts: Any) -> ChangeDraft:
    words = {"title": "增加十户", "what": "新增十户上门助浴", "reason": "新建成的楼栋也有需要"}
    return ChangeDraft(added_fen=added, **{**words, **facts})


async def propose(house: House, viewer: Viewer, contract_id: UUID, draft: ChangeDraft) -> UUID:
    async with house.database.unit_of_work() as session:
        return await changes.propose(session, viewer, contract_id, draft)


async def decide_change(
    house: House, viewer: Viewer, change_id: UUID, *, approved: bool = True, reason: str | None = None
) -> None:
    async with house.database.unit_of_work() as session:
        draft = ChangeDecisionDraft(is_approved=approved, reason=reason)
        await changes.decide(session, viewer, change_id, draft)


async def terminate(house: House, at: Purchase, contract_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        draft = TerminationDraft(what="已完成的按实结算", reason="社会组织注销")
        change_id = await changes.propose_termination(session, at.officer, contract_id, draft)
    await decide_change(house, at.second, change_id)


async def say(house: House, viewer: Viewer, contract_id: UUID, **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        words = {"received": True, "is_satisfied": True, "text": "护理员很细心"}
        return await opinions.give(session, viewer, contract_id, OpinionDraft(**{**words, **facts}))


async def accept(house: House, viewer: Viewer, contract_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await closing.accept(session, viewer, contract_id, AcceptanceDraft(acceptance="全部达标"))


async def resident(house: House, name: str = "林奶奶") -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name)


async def agreement(
    house: House,
    clock: FixedClock,
    suppliers: int = 3,
    ways: tuple[CallOffWay, ...] = tuple(CallOffWay),
) -> Agreement:
    """A framework of this year with so many suppliers, signed and running."""
    async with house.database.unit_of_work() as session:
        lot = buying.lot(starts_on=date(2026, 11, 1), ends_on=date(2027, 10, 31))
        file = buying.file(
            session, lots=0, framework=FrameworkTerms(most_suppliers=5, ways=ways), milestones=()
        )
        file = file.model_copy(update={"lots": (lot,)})
        tender = await buying.tender(session, file, procedure="framework")
        officer, second = await buying.officer(session), await buying.officer(session, "采购员老唐")
        parties = [await buying.supplier(session, f"社工站{number}") for number in range(1, suppliers + 1)]
        awards = [
            await buying.award(session, tender, organisation_id, PRICE, place=place)
            for place, (organisation_id, _) in enumerate(parties, start=1)
        ]
    contract_ids = []
    for award_id, (_, manager) in zip(awards, parties, strict=True):
        async with house.database.unit_of_work() as session:
            contract_id = await drafting.draft(session, officer, award_id)
            await signing.sign_for_buyer(session, officer, contract_id)
            await signing.sign_for_supplier(session, manager, contract_id)
            await signing.publish_contract(session, officer, contract_id)
        contract_ids.append(contract_id)
    return Agreement(tender.id, tender.lot_ids[0], officer, second, tuple(parties), tuple(contract_ids))


def order(way: CallOffWay = CallOffWay.ROTATION, **facts: Any) -> CallOffDraft:
    defaults: dict[str, Any] = {
        "way": way,
        "title": "华阳路街道助浴",
        "description": "为二十户高龄老人助浴一个季度",
        "budget_fen": 3_000_000,
        "starts_on": date(2026, 12, 1),
        "ends_on": date(2027, 2, 28),
        "idempotency_key": str(new_id()),
    }
    return CallOffDraft(**{**defaults, **facts})


async def call_off(house: House, viewer: Viewer, lot_id: UUID, draft: CallOffDraft) -> UUID:
    async with house.database.unit_of_work() as session:
        return await call_offs.open_call_off(session, viewer, lot_id, draft)


async def competition(house: House, at: Agreement, **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        ends = session.now() + timedelta(days=5)
    return await call_off(
        house, at.officer, at.lot_id, order(CallOffWay.COMPETITION, offers_end_at=ends, **facts)
    )


async def offer(
    house: House, party: tuple[UUID, Viewer], call_off_id: UUID, fen: int, text: str = "两人同行"
) -> None:
    async with house.database.unit_of_work() as session:
        draft = OfferDraft(price_fen=fen, text=text)
        await competitions.offer(session, party[1], call_off_id, party[0], draft)


async def choose(house: House, viewer: Viewer, call_off_id: UUID, **facts: Any) -> None:
    async with house.database.unit_of_work() as session:
        draft = CallOffDecisionDraft(**facts)
        await competitions.decide(session, viewer, call_off_id, draft, low_ends)


async def order_of(house: House, call_off_id: UUID) -> Contract:
    async with house.database.reading() as session:
        found = await session.scalars(select(Contract).where(Contract.call_off_id == call_off_id))
        return found.one()
