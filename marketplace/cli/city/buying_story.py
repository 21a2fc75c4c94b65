"""One purchase of the made-up city, taken through the house's own commands by its own people, at moments of a clock that is set by hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.cli.city.accounts import Account
from marketplace.cli.city.buying_cast import DELEGATE, OPENERS, Bidder, Cast
from marketplace.cli.city.buying_words import Purchase
from marketplace.db.session import Session
from marketplace.identity import viewers
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import SHANGHAI, FixedClock, local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.here import deliver_all
from marketplace.procurement.awards import awards
from marketplace.procurement.awards.drafts import AwardDraft, NoticeDraft
from marketplace.procurement.bids import bid_drafts, keys, openers, openings
from marketplace.procurement.bids.drafts import (
    ActDraft,
    BidDraftInput,
    OfferDraft,
    OpenerCodeDraft,
    OpenersDraft,
)
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.contracts import drafting as contracts
from marketplace.procurement.contracts import signing
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.evaluation import declarations, eligibility, finishing, panels, sheets
from marketplace.procurement.evaluation.drafts import (
    DeclarationDraft,
    FindingDraft,
    PanelDraft,
    ScoreDraft,
    SheetDraft,
)
from marketplace.procurement.evaluation.models import EvaluationReport, PanelMember
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import drafting, tenders
from marketplace.procurement.tenders.drafts import NewTenderDraft
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Tender
from marketplace.procurement.working_days import Calendar, calendar

OPEN_DAYS: Final = 28
"""From publication to the deadline."""

_ANSWERS = {
    "plan": "每项服务写明频次、时长、人员与检查办法，首月完成入户摸底，之后按周排班。",
    "team": "项目负责人从事同类服务五年，服务人员全部持证上岗。",
    "quality_control": "投诉一个工作日内回复，应急流程张贴在服务点，每月收集服务对象意见。",
}
_REASONS = ("回应完整，写明检查办法", "基本回应，个别环节未量化", "回应不够具体")


@dataclass(frozen=True, slots=True)
class Running:
    """A tender on its way: what is bought, its ids, its deadline and the codes on its openers' papers."""

    purchase: Purchase
    tender_id: UUID
    lot_id: UUID
    deadline: datetime
    codes: Sequence[str] = ()


@dataclass(slots=True)
class Story:
    """The house with its clock in our hand. ``at`` moves on, after everybody has heard the news so far."""

    house: House
    clock: FixedClock
    cast: Cast
    days: Calendar
    _people: dict[UUID, Viewer] = field(default_factory=dict)

    async def at(self, moment: datetime) -> None:
        """The next moment at which something happens."""
        await deliver_all(self.house.database, self.house.registry)
        self.clock.set(moment)

    @asynccontextmanager
    async def acting(self) -> AsyncIterator[Session]:
        """What happens now, in one transaction."""
        async with self.house.database.unit_of_work() as session:
            yield session

    async def person(self, session: Session, person_id: UUID) -> Viewer:
        if person_id not in self._people:
            self._people[person_id] = await viewers.of_person(session, person_id)
        return self._people[person_id]

    async def drafted(
        self, purchase: Purchase, buyer_id: UUID, item_id: UUID, procedure: Procedure = Procedure.OPEN_TENDER
    ) -> UUID:
        """A draft from the list's item, as far as the item and the template go."""
        async with self.acting() as session:
            draft = NewTenderDraft(buyer_id=buyer_id, procedure=procedure, list_item_id=item_id)
            return await drafting.start(session, self.cast.officer, draft)

    async def published(
        self, purchase: Purchase, tender_id: UUID, deadline: datetime, **changes: Any
    ) -> Running:
        """The draft completed, the key made by its openers, and the file published four weeks before the deadline."""
        await self.at(deadline - timedelta(days=OPEN_DAYS))
        begins = self.clock.now()
        async with self.acting() as session:
            tender = await session.get_one(Tender, tender_id)
            file = purchase.told_in(read_file(tender.draft))
            dates = {
                "enquiries_end_at": evening(self.days.later(local_day(begins), 7, "working")),
                "submissions_end_at": deadline,
            }
            file = _moved(file, local_day(deadline)).model_copy(update=dates | changes)
            await drafting.save(session, self.cast.officer, tender_id, file, tender.draft_version)
            codes = await self._key(session, tender_id)
            await tenders.publish(session, self.cast.officer, tender_id, must_be_ready=keys.must_be_ready)
        return Running(purchase, tender_id, file.lots[0].id, deadline, codes)

    async def _key(self, session: Session, tender_id: UUID) -> Sequence[str]:
        named = OpenersDraft(phones=tuple(_phone(one) for one in OPENERS))
        await openers.name(session, self.cast.officer, tender_id, named, self.house.vault)
        codes = []
        for one in self.cast.openers:
            code = await openers.make_code(session, one, tender_id)
            await openers.confirm_code(session, one, tender_id, OpenerCodeDraft(code=code))
            codes.append(code)
        return codes

    async def bid(self, it: Running, bidders: int = 3) -> None:
        """So many bidders hand in, the first the cheapest but one, on days before the deadline."""
        for number, bidder in enumerate(self.cast.bidders[:bidders]):
            await self.at(it.deadline - timedelta(days=6 - number, hours=1))
            share = (88, 85, 97, 93)[number]
            await self._bid(it, bidder, it.purchase.fen * share // 100)

    async def _bid(self, it: Running, bidder: Bidder, fen: int) -> None:
        async with self.acting() as session:
            tender = await session.get_one(Tender, it.tender_id)
            file = read_file(tender.draft)
            draft = BidDraftInput(
                organisation_id=bidder.organisation_id,
                offers=(OfferDraft(lot_id=it.lot_id, price=fen),),
                answers={one.key: _ANSWERS[one.key] for one in file.criteria if one.key in _ANSWERS},
                conditions=tuple(one.key for one in file.conditions),
            )
            await bid_drafts.save(session, bidder.manager, it.tender_id, draft, self.house.vault)
            act = ActDraft(
                organisation_id=bidder.organisation_id,
                version=tender.version,
                idempotency_key=str(new_id()),
            )
            await bid_drafts.seal_and_submit(
                session, bidder.manager, it.tender_id, act, (), self.house.vault, self.house.files
            )

    async def opened(self, it: Running) -> None:
        """Three of five openers give their parts a few minutes after the deadline."""
        await self.at(it.deadline + timedelta(minutes=5))
        for number in (0, 2, 3):
            async with self.acting() as session:
                await openings.give_share(
                    session,
                    self.cast.openers[number],
                    it.tender_id,
                    OpenerCodeDraft(code=it.codes[number]),
                    self.house.vault,
                    self.house.files,
                )

    async def judged(self, it: Running, sheets_in: int | None = None) -> None:
        """The panel drawn, declared, the bids checked, and so many sheets handed in; all of them when not said."""
        await self.at(it.deadline + timedelta(days=1, hours=1))
        async with self.acting() as session:
            draft = PanelDraft(representatives=(_phone(DELEGATE),))
            await panels.draw(session, self.cast.officer, it.tender_id, draft, self.house.vault)
            seats = await self._seats(session, it)
            for member in seats:
                await declarations.declare(session, member, it.tender_id, DeclarationDraft(confirmed=True))
            await self.checked(session, it)
        await self.at(it.deadline + timedelta(days=2, hours=3))
        async with self.acting() as session:
            offers = await self._offers(session, it)
            for seat, member in enumerate(seats[:sheets_in], start=1):
                scores = tuple(
                    ScoreDraft(
                        bid_lot_id=offer_id,
                        criterion_key=key,
                        points=90 - 6 * place - (3 * seat + 5 * place) % 7,
                        reason=_REASONS[min(place, 2)],
                    )
                    for place, offer_id in enumerate(offers)
                    for key in _ANSWERS
                )
                await sheets.submit(session, member, it.lot_id, SheetDraft(scores=scores))

    async def _seats(self, session: Session, it: Running) -> list[Viewer]:
        rows = await session.scalars(
            select(PanelMember.person_id)
            .where(PanelMember.tender_id == it.tender_id, PanelMember.replaced_at.is_(None))
            .order_by(PanelMember.seat)
        )
        return [await self.person(session, person_id) for person_id in rows.all()]

    async def checked(self, session: Session, it: Running) -> None:
        """Every bid held against every condition; with too few bidders the tender ends here."""
        tender = await session.get_one(Tender, it.tender_id)
        conditions = read_file(tender.draft).conditions
        bids = await session.scalars(
            select(Bid.id).where(Bid.tender_id == it.tender_id, Bid.refused_for.is_(None))
        )
        for bid_id in bids.all():
            for condition in conditions:
                found = FindingDraft(condition_key=condition.key, is_met=True, reason="证明材料齐全")
                await eligibility.find(session, self.cast.officer, bid_id, it.tender_id, found)
        await eligibility.close(session, self.cast.officer, it.tender_id)

    async def _offers(self, session: Session, it: Running) -> Sequence[UUID]:
        """What was offered for the lot, in the order of the bidders."""
        rows = await session.execute(
            select(BidLot.id, Bid.organisation_id)
            .join(Bid, Bid.id == BidLot.bid_id)
            .where(BidLot.lot_id == it.lot_id)
        )
        places = {one.organisation_id: place for place, one in enumerate(self.cast.bidders)}
        known = sorted(rows.all(), key=lambda row: places[row.organisation_id])
        return [row.id for row in known]

    async def evaluated(self, it: Running) -> None:
        """All sheets are in: the ranking and its report."""
        await self.at(it.deadline + timedelta(days=3, hours=1))
        async with self.acting() as session:
            await finishing.finish(session, self.cast.officer, it.tender_id)

    async def awarded(self, it: Running, suppliers: int = 1) -> Sequence[UUID]:
        """The first in rank, or the first few of a framework, and the notice of it."""
        await self.at(it.deadline + timedelta(days=5, hours=2))
        async with self.acting() as session:
            report = await session.get_one(EvaluationReport, it.lot_id)
            ranked = [UUID(one["bid"]) for one in report.report["ranking"]][:suppliers]
            draft = AwardDraft(bid_lot_ids=tuple(ranked), reason="按评审报告，得分最高，价格在限价以内。")
            found = await awards.award(session, self.cast.officer, it.lot_id, draft)
            await awards.publish(session, self.cast.officer, it.tender_id, NoticeDraft())
            return found

    async def signed(self, award_id: UUID) -> UUID:
        """The contract, signed by both sides once everybody had time to object, and published."""
        async with self.acting() as session:
            contract_id = await contracts.draft(session, self.cast.officer, award_id)
        return await self.sign(contract_id)

    async def sign(self, contract_id: UUID) -> UUID:
        """Both sides sign a drafted contract as soon as they may, and it is published."""
        async with self.acting() as session:
            row = await session.get_one(Contract, contract_id)
            moment = max(self.clock.now(), row.sign_from) + timedelta(hours=10)
            by = next(one for one in self.cast.bidders if one.organisation_id == row.organisation_id)
        await self.at(moment)
        async with self.acting() as session:
            await signing.sign_for_buyer(session, self.cast.officer, contract_id)
            await signing.sign_for_supplier(session, by.manager, contract_id)
            await signing.publish_contract(session, self.cast.officer, contract_id)
        return contract_id


@asynccontextmanager
async def clock_in_hand(house: House) -> AsyncIterator[tuple[House, FixedClock]]:
    """The same house at made-up moments, until the block ends: its database's deadlines are judged by this clock."""
    clock, own = FixedClock(house.clock.now()), house.database.clock
    house.database.clock = clock
    try:
        yield replace(house, clock=clock), clock
    finally:
        house.database.clock = own


def evening(day: date) -> datetime:
    """Five o'clock in Shanghai."""
    return datetime.combine(day, time(17), SHANGHAI)


def morning(day: date) -> datetime:
    """Ten o'clock in Shanghai."""
    return datetime.combine(day, time(10), SHANGHAI)


def _moved(file: TenderFile, deadline: date) -> TenderFile:
    """The file with lots that begin six weeks after the deadline, and milestones by thirds of their time."""
    starts, ends = deadline + timedelta(days=42), deadline + timedelta(days=342)
    lots = tuple(one.model_copy(update={"starts_on": starts, "ends_on": ends}) for one in file.lots)
    steps = tuple(
        one.model_copy(update={"due_on": starts + timedelta(days=100 * number)})
        for number, one in enumerate(file.milestones, start=1)
    )
    return file.model_copy(update={"lots": lots, "milestones": steps})


def _phone(account: Account) -> str:
    return f"+86{account.phone}"


async def story(house: House, clock: FixedClock, cast: Cast) -> Story:
    """A story that knows which days are worked."""
    async with house.database.reading() as session:
        return Story(house, clock, cast, await calendar(session))
