"""What follows a signature in the made-up city: deliveries, payments, a change, users' opinions, final acceptance, call-offs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.cli.city.buying_story import Story, evening
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.procurement.contracts import call_offs, changes, closing, milestones, opinions, payments
from marketplace.procurement.contracts.drafts import (
    AcceptanceDraft,
    CallOffDraft,
    ChangeDecisionDraft,
    ChangeDraft,
    OpinionDraft,
    PaymentDraft,
    ReportDecisionDraft,
    ReportDraft,
)
from marketplace.procurement.contracts.models import CallOff, Contract, Milestone
from marketplace.procurement.tenders.file import CallOffWay

_SAID = (
    (True, "老师很耐心，一步一步教，回家还打电话来问学会没有。"),
    (True, "时间守得住，态度好。"),
    (False, "人多的时候轮不上，希望多开一个班。"),
)


async def steps(story: Story, contract_id: UUID) -> Sequence[Milestone]:
    """The contract's milestones, in order."""
    async with story.acting() as session:
        rows = await session.scalars(
            select(Milestone).where(Milestone.contract_id == contract_id).order_by(Milestone.number)
        )
        return rows.all()


async def delivered(story: Story, step: Milestone, at: datetime, paid_percent: int = 100) -> None:
    """Reported by the supplier, accepted two days later, paid five days after that as far as said."""
    supplier = await _supplier(story, step.contract_id)
    await story.at(at)
    async with story.acting() as session:
        await milestones.report(
            session, supplier, step.id, ReportDraft(text=f"{step.deliverable}，记录与签到见附册。")
        )
    await story.at(at + timedelta(days=2))
    async with story.acting() as session:
        await milestones.decide(session, story.cast.officer, step.id, ReportDecisionDraft(is_accepted=True))
    if not paid_percent:
        return
    await story.at(at + timedelta(days=7))
    async with story.acting() as session:
        draft = PaymentDraft(
            amount_fen=step.value_fen * paid_percent // 100,
            paid_on=local_day(story.clock.now()),
            reference=f"转账{step.number:02d}-{local_day(story.clock.now()):%m%d}",
            idempotency_key=str(step.id),
        )
        await payments.pay(session, story.cast.officer, step.id, draft)


async def heard(story: Story, contract_id: UUID, people: int = 3) -> None:
    """Users say what they think of the service."""
    async with story.acting() as session:
        for viewer, (is_satisfied, text) in zip(story.cast.users[:people], _SAID, strict=False):
            draft = OpinionDraft(received=True, is_satisfied=is_satisfied, text=text)
            await opinions.give(session, viewer, contract_id, draft)


async def supplemented(story: Story, contract_id: UUID) -> None:
    """The second officer proposes four percent more, the first approves it."""
    async with story.acting() as session:
        contract = await session.get_one(Contract, contract_id)
        draft = ChangeDraft(
            title="增开一个周末班",
            what="每周六上午增开一个小班，其他条款不变。",
            reason="报名人数超过原计划，排队时间长。",
            added_fen=contract.value_fen * 4 // 100,
        )
        change_id = await changes.propose(session, story.cast.second, contract_id, draft)
        await changes.decide(session, story.cast.officer, change_id, ChangeDecisionDraft(is_approved=True))


async def accepted(story: Story, contract_id: UUID) -> None:
    """The service is finally accepted."""
    async with story.acting() as session:
        draft = AcceptanceDraft(acceptance="抽查准确率达到八成五，居民意见良好，予以通过。")
        await closing.accept(session, story.cast.officer, contract_id, draft)


async def called_off(story: Story, lot_id: UUID, way: CallOffWay, title: str, yuan: int) -> UUID | None:
    """A service called off a framework; answers its contract, where it goes to somebody at once."""
    today = local_day(story.clock.now())
    closes = story.days.later(today, 6, "working")
    competes = way is CallOffWay.COMPETITION
    draft = CallOffDraft(
        way=way,
        title=title,
        description="按评估结果施工，一户一方案，当天完工。",
        budget_fen=100 * yuan,
        starts_on=today + timedelta(days=20),
        ends_on=today + timedelta(days=60),
        idempotency_key=f"demo-{way}",
        organisation_id=None if competes else story.cast.bidders[0].organisation_id,
        basis=None if competes else "该片区老人由其评估，熟悉户型。",
        offers_end_at=evening(closes) if competes else None,
        price_weight=60 if competes else 100,
    )
    async with story.acting() as session:
        call_off_id = await call_offs.open_call_off(session, story.cast.officer, lot_id, draft)
        row = await session.get_one(CallOff, call_off_id)
        if row.organisation_id is None:
            return None
        found = await session.scalars(select(Contract.id).where(Contract.call_off_id == call_off_id))
        return found.one()


async def _supplier(story: Story, contract_id: UUID) -> Viewer:
    async with story.acting() as session:
        contract = await session.get_one(Contract, contract_id)
    return next(one.manager for one in story.cast.bidders if one.organisation_id == contract.organisation_id)
