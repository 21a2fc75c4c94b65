"""What the made-up city buys: lists, and a purchase at every stage from a draft to the final acceptance, each by the real commands."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.cli.city import buying_deliveries as deliveries
from marketplace.cli.city.buying_cast import OPENERS, gather
from marketplace.cli.city.buying_lists import DISTRICT, consult, put_lists
from marketplace.cli.city.buying_story import Running, Story, clock_in_hand, morning, story
from marketplace.cli.city.buying_words import purchases
from marketplace.cli.city.lists import put_draft_list, put_revised_list
from marketplace.kernel.clock import local_day
from marketplace.outbox.here import deliver_all
from marketplace.procurement.awards import objections
from marketplace.procurement.awards.drafts import About, ObjectionDraft
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import amendments, drafting, follows, questions
from marketplace.procurement.tenders.drafts import AmendmentDraft, AnswerDraft, NewTenderDraft, QuestionDraft
from marketplace.procurement.tenders.file import (
    CallOffWay,
    Condition,
    ConditionKind,
    FrameworkTerms,
    PlannedMilestone,
    read_file,
)
from marketplace.procurement.tenders.models import Tender

_LISTED = 500
"""How many days ago the lists were begun; everything else follows."""

PLANNED = {
    "waste": -418,
    "homes": -278,
    "digital": -218,
    "stairs": -98,
    "daycare": -40,
    "summer": -34,
    "visits": -32,
    "bathing": -29,
    "hearts": -3,
    "meals": 10,
}
"""When each purchase is tendered, in days from today."""


async def buy(house: House) -> Mapping[str, str]:
    """Let the city buy; answers the opening codes of the tender whose bids wait to be opened, by the openers' phones."""
    now = house.clock.now()
    async with clock_in_hand(house) as (made_up, clock):
        clock.set(now - timedelta(days=_LISTED))
        async with made_up.database.unit_of_work() as session:
            cast = await gather(session, made_up)
        teller = await story(made_up, clock, cast)
        items = await put_lists(teller, now, PLANNED)
        tell = _Teller(teller, now, items)
        await tell.waste()
        await tell.homes()
        await tell.digital()
        await tell.stairs()
        await tell.daycare()
        await tell.summer()
        await tell.visits()
        codes = await tell.bathing()
        await tell.hearts()
        await tell.meals()
        await put_revised_list(teller, now)
        await consult(teller, now)
        await put_draft_list(teller, now)
        await teller.at(now)
        await deliver_all(made_up.database, made_up.registry)
    return codes


class _Teller:
    """The purchases, one by one, the oldest first."""

    def __init__(self, story: Story, now: datetime, items: Mapping[str, UUID]) -> None:
        self._story = story
        self._now = now
        self._items = items

    async def waste(self) -> None:
        """Delivered, paid, users heard, finally accepted: closed."""
        story, it = self._story, await self._published("waste")
        await story.bid(it)
        await story.opened(it)
        await story.judged(it)
        await story.evaluated(it)
        contract_id = await story.signed((await story.awarded(it))[0])
        for step in await deliveries.steps(story, contract_id):
            await deliveries.delivered(story, step, morning(step.due_on) - timedelta(days=1))
        await deliveries.heard(story, contract_id)
        await story.at(story.clock.now() + timedelta(days=3))
        await deliveries.accepted(story, contract_id)

    async def homes(self) -> None:
        """A framework with two suppliers: one service called off directly, one put to a competition that runs."""
        story = self._story
        terms = FrameworkTerms(most_suppliers=2, ways=(CallOffWay.DIRECT, CallOffWay.COMPETITION))
        it = await self._published("homes", Procedure.FRAMEWORK, framework=terms, milestones=())
        await story.bid(it, 4)
        await story.opened(it)
        await story.judged(it)
        await story.evaluated(it)
        for award_id in await story.awarded(it, 2):
            await story.signed(award_id)
        await story.at(self._now - timedelta(days=90))
        title = "愚园路片区三十户适老化改造"
        order = await deliveries.called_off(story, it.lot_id, CallOffWay.DIRECT, title, 90_000)
        assert order is not None
        await story.sign(order)
        await story.at(self._now - timedelta(days=1))
        title = "武夷路片区二十户适老化改造"
        await deliveries.called_off(story, it.lot_id, CallOffWay.COMPETITION, title, 60_000)

    async def digital(self) -> None:
        """A contract that runs: two milestones accepted, one late, a supplement, users' first opinions."""
        story, today = self._story, local_day(self._now)
        shares = (
            (-110, "开班", "各居委会开班，完成学员摸底"),
            (-45, "第一季", "完成二百课时"),
            (-3, "第二季", "完成四百课时"),
            (120, "结束", "完成六百课时，提交总结"),
        )
        planned = tuple(
            PlannedMilestone(title=title, deliverable=told, due_on=today + timedelta(days=days), share=25)
            for days, title, told in shares
        )
        it = await self._published("digital", milestones=planned)
        await story.bid(it)
        await story.opened(it)
        await story.judged(it)
        await story.evaluated(it)
        contract_id = await story.signed((await story.awarded(it))[0])
        first, second, *_ = await deliveries.steps(story, contract_id)
        await deliveries.delivered(story, first, morning(first.due_on))
        await story.at(self._now - timedelta(days=70))
        await deliveries.supplemented(story, contract_id)
        await deliveries.delivered(story, second, morning(second.due_on), paid_percent=60)
        await deliveries.heard(story, contract_id, 2)

    async def stairs(self) -> None:
        """Two bids where three are needed: no result, and a second try that takes bids."""
        story, it = self._story, await self._published("stairs")
        await story.bid(it, 2)
        await story.opened(it)
        await story.at(it.deadline + timedelta(days=1))
        async with story.acting() as session:
            await story.checked(session, it)
        deadline = self._deadline(8)
        await story.at(deadline - timedelta(days=29))
        async with story.acting() as session:
            draft = NewTenderDraft(
                buyer_id=story.cast.subdistrict,
                procedure=Procedure.OPEN_TENDER,
                replaces_tender_id=it.tender_id,
            )
            again = await drafting.start(session, story.cast.officer, draft)
        await story.published(it.purchase, again, deadline)

    async def daycare(self) -> None:
        """Awarded, the notice out; the rival objects and waits for an answer."""
        story, it = self._story, await self._published("daycare")
        await story.bid(it)
        await story.opened(it)
        await story.judged(it)
        await story.evaluated(it)
        await story.awarded(it)
        await story.at(story.clock.now() + timedelta(days=1))
        rival = story.cast.bidders[1]
        draft = ObjectionDraft(
            organisation_id=rival.organisation_id,
            about=About.RESULT,
            lot_id=it.lot_id,
            text="我方团队全部持证，项目团队一项得分偏低，请说明理由。",
            wish="请复核项目团队一项的评分。",
            idempotency_key="demo",
        )
        async with story.acting() as session:
            await objections.raise_objection(session, rival.manager, it.tender_id, draft)

    async def summer(self) -> None:
        """Evaluated: the report is there, the buyer has to decide."""
        story, it = self._story, await self._published("summer")
        await story.bid(it)
        await story.opened(it)
        await story.judged(it)
        await story.evaluated(it)

    async def visits(self) -> None:
        """Under evaluation: two of five sheets are in."""
        story, it = self._story, await self._published("visits")
        await story.bid(it)
        await story.opened(it)
        await story.judged(it, sheets_in=2)

    async def bathing(self) -> Mapping[str, str]:
        """Closed: the openers are asked to come."""
        story, it = self._story, await self._published("bathing")
        await story.bid(it)
        return dict(zip((one.phone for one in OPENERS), it.codes, strict=True))

    async def hearts(self) -> None:
        """Questions are taken: one answered and followed by an amendment, one waiting."""
        story, it = self._story, await self._published("hearts")
        first, second = story.cast.bidders[0], story.cast.bidders[1]
        await story.at(self._now - timedelta(days=2))
        async with story.acting() as session:
            await follows.follow(session, first.manager, it.tender_id, first.organisation_id)
            text = "互助小组可以在周末举办吗？服务对象平日多要照护家人。"
            asked = QuestionDraft(organisation_id=first.organisation_id, text=text, idempotency_key="demo")
            question_id = await questions.ask(session, first.manager, it.tender_id, asked)
        await story.at(self._now - timedelta(days=1))
        officer = story.cast.officer
        async with story.acting() as session:
            tender = await session.get_one(Tender, it.tender_id)
            file = read_file(tender.draft)
            told = f"{file.standards}互助小组可在周末举办。"
            changed = file.model_copy(update={"standards": told})
            await drafting.save(session, officer, it.tender_id, changed, tender.draft_version)
            why = AmendmentDraft(reason="答复提问：互助小组的时间", affects_bids=False)
            version = await amendments.amend(session, officer, it.tender_id, why)
            answer = AnswerDraft(answer="可以，已写入服务标准。", version=version)
            await questions.answer(session, officer, question_id, answer)
            text = "心理咨询师的督导费用是否包含在限价内？"
            asked = QuestionDraft(organisation_id=second.organisation_id, text=text, idempotency_key="demo")
            await questions.ask(session, second.manager, it.tender_id, asked)

    async def meals(self) -> None:
        """A draft that the linter refuses: weights of 99, a condition of size, dates missing."""
        story, purchase = self._story, purchases()["meals"]
        await story.at(self._now - timedelta(hours=2))
        tender_id = await story.drafted(purchase, story.cast.subdistrict, self._items["meals"])
        async with story.acting() as session:
            tender = await session.get_one(Tender, tender_id)
            file = purchase.told_in(read_file(tender.draft))
            criteria = list(file.criteria)
            criteria[-1] = criteria[-1].model_copy(update={"weight": criteria[-1].weight - 1})
            size = Condition(
                key="capital", kind=ConditionKind.OTHER, text="注册资本不低于一百万元", proof="验资报告"
            )
            changed = file.model_copy(
                update={"criteria": tuple(criteria), "conditions": (*file.conditions, size)}
            )
            await drafting.save(session, story.cast.officer, tender_id, changed, tender.draft_version)

    async def _published(
        self, key: str, procedure: Procedure = Procedure.OPEN_TENDER, **changes: object
    ) -> Running:
        story, purchase = self._story, purchases()[key]
        deadline = self._deadline(PLANNED[key] + 28)
        buyer_id = story.cast.district if key in DISTRICT else story.cast.subdistrict
        await story.at(deadline - timedelta(days=29))
        tender_id = await story.drafted(purchase, buyer_id, self._items[key], procedure)
        return await story.published(purchase, tender_id, deadline, **changes)

    def _deadline(self, days: int) -> datetime:
        """Ten in the morning of the last working day up to so many days from today."""
        day = local_day(self._now) + timedelta(days=days)
        while not self._story.days.is_working(day):
            day -= timedelta(days=1)
        return morning(day)
