"""What is brought to people in the made-up city and what they say: months that are closed with their scorecards, and what goes on now.

The past is written in bulk; it is closed, examined and worked out as the house does it. What goes on now, people do by the real commands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy import exists, insert, select

from marketplace.areas.models import Area
from marketplace.bootstrap import House
from marketplace.cli.city import property as compounds
from marketplace.cli.city.accounts import ACCOUNTS, MODERATOR, OLDER_RESIDENT, account_id
from marketplace.cli.city.buying_cast import viewer
from marketplace.cli.city.buying_story import clock_in_hand, morning
from marketplace.cli.city.buying_words import purchases
from marketplace.cli.city.delivering_words import delivering_words
from marketplace.cli.city.people import Spot
from marketplace.cli.city.rated_history import PLANS, History, tables
from marketplace.cli.city.words import city_words
from marketplace.cli.city.work import Seeds, World, make_need, put_at_home
from marketplace.db.base import Base
from marketplace.db.session import Session
from marketplace.delivery.deliveries import confirming
from marketplace.delivery.deliveries import deliveries as commands
from marketplace.delivery.deliveries.drafts import (
    CommitmentDraft,
    PlanDraft,
    Receiver,
    RecipientDraft,
    RecordDraft,
)
from marketplace.delivery.ratings import codes, moderation, periods, ratings, replies
from marketplace.delivery.ratings.care_drafts import AppealDraft, HidingDraft, HidingReason, Part, ReplyDraft
from marketplace.delivery.ratings.drafts import RatingDraft
from marketplace.delivery.ratings.models import Rating, RatingHiding, RatingTicket, RatingWords
from marketplace.delivery.ratings.sources import Source
from marketplace.delivery.ratings.standing import counts, is_public
from marketplace.delivery.scorecards import counting
from marketplace.delivery.signals import watching, wishes
from marketplace.delivery.signals.drafts import ServiceWishDraft
from marketplace.identity import viewers
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock, day_starts, local_day
from marketplace.opendata import scorecard_dump
from marketplace.organisations.models import Organisation
from marketplace.outbox.here import deliver_all
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.tenders.models import Tender
from marketplace.volunteering.models import Need

_SEED: Final = 41
_MONTHS: Final = 4
_CLASS: Final = "digital_help"
_NEIGHBOURS: Final = 40
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


async def deliver(house: House) -> Sequence[str]:
    """Let the city be served; answers the codes on paper slips that nobody has used yet."""
    now = house.clock.now()
    async with clock_in_hand(house) as (made_up, clock):
        teller = await _teller(made_up, clock, now)
        await teller.months()
        await teller.answers()
        slips = await teller.lessons()
        await teller.wishes()
        await compounds.look_after(made_up, clock, now, teller.spot, teller.neighbours)
        await teller.at(now)
        await teller.signals()
        await teller.at(now)
    await _dump(house)
    return slips


@dataclass(slots=True)
class _Teller:
    """What happened, the oldest first."""

    house: House
    clock: FixedClock
    now: datetime
    spot: Spot
    history: History
    manager: Viewer
    neighbours: Sequence[Viewer]
    resident: Viewer

    async def at(self, moment: datetime) -> None:
        """The next moment, after everybody has heard the news so far."""
        await deliver_all(self.house.database, self.house.registry)
        self.clock.set(moment)

    async def months(self) -> None:
        """Every closed month: rated, examined, published, worked out."""
        first = local_day(self.now).replace(day=1)
        starts = [first]
        for _ in range(_MONTHS):
            starts.insert(0, (starts[0] - _DAY).replace(day=1))
        for number, (begins, after) in enumerate(pairwise(starts)):
            await self.at(morning(begins))
            last = after - _DAY
            async with self.house.database.unit_of_work() as session:
                period = await periods.current(session)
                rows = self.history.month(number, begins, last, period.id)
                for name in tables():
                    if rows.tables[name]:
                        await session.execute(insert(Base.metadata.tables[name]), rows.tables[name])
            await self.at(min(day_starts(after) + _HOUR, self.now))
            async with self.house.database.unit_of_work() as session:
                await periods.close_due(session)
        await self.at(min(day_starts(first) + 2 * _DAY, self.now))

    async def answers(self) -> None:
        """The demo's organisation replies twice; a moderator hides a name and a number; its author objects."""
        words = delivering_words()
        async with self.house.database.unit_of_work() as session:
            for rating_id, text in zip(await self._commented(session), words.replies, strict=False):
                await replies.reply(session, self.manager, rating_id, ReplyDraft(text=text))
            named = await session.scalar(
                select(Rating.id)
                .join(RatingWords, RatingWords.rating_id == Rating.id)
                .where(RatingWords.text == words.hidden, is_public())
                .order_by(Rating.given_on.desc())
                .limit(1)
            )
            assert named is not None
            why = HidingDraft(
                what=Part.WORDS, reason=HidingReason.PERSONAL_DATA, explanation="文字中有姓氏、住处和电话。"
            )
            await moderation.hide(session, await viewer(session, MODERATOR), named, why)
        await self.at(min(self.clock.now() + _HOUR, self.now))
        async with self.house.database.unit_of_work() as session:
            hiding_id = await session.scalar(select(RatingHiding.id).where(RatingHiding.rating_id == named))
            assert hiding_id is not None
            await moderation.appeal(session, self.resident, hiding_id, AppealDraft(text=words.appeal))

    async def _commented(self, session: Session) -> Sequence[UUID]:
        """Ratings of the demo's organisation with words, the lowest of the newest month first."""
        rows = await session.scalars(
            select(Rating.id)
            .join(RatingWords, RatingWords.rating_id == Rating.id)
            .where(Rating.organisation_id == self.history.liked, counts())
            .order_by(Rating.period_id.desc(), Rating.sixtieths, Rating.id)
            .limit(2)
        )
        return rows.all()

    async def lessons(self) -> Sequence[str]:
        """Under the running contract: classes every week, one at the door that waits for its rating, three that nobody recorded."""
        contract_id = await self._contract()
        today = local_day(self.now)
        await self.at(morning(today) - 24 * _DAY)
        classes = await self._plan(
            contract_id, today - timedelta(days=21), "手机课堂：挂号与付款", weeks=10, key="classes"
        )
        for days, name in ((9, "防诈骗"), (8, "视频通话"), (7, "打车与导航")):
            await self._plan(
                contract_id, today - timedelta(days=days), f"手机课堂：{name}", key=f"late{days}"
            )
        visit = await self._plan(
            contract_id,
            today - timedelta(days=3),
            "上门一对一辅导：视频通话",
            key="visit",
            receiver=Receiver.PERSON,
        )
        for number, days in enumerate((21, 14, 7)):
            await self._record(classes[number], morning(today) - days * _DAY + 3 * _HOUR)
            await self._said(classes[number], morning(today) - days * _DAY + 6 * _HOUR)
        await self._record(visit[0], morning(today) - 3 * _DAY + 3 * _HOUR)
        await self.at(self.now)
        return await self._slips(classes[2])

    async def _plan(
        self,
        contract_id: UUID,
        day: date,
        title: str,
        *,
        key: str,
        weeks: int = 1,
        receiver: Receiver = Receiver.GROUP,
    ) -> Sequence[UUID]:
        is_class = receiver is Receiver.GROUP
        known = [OLDER_RESIDENT, *ACCOUNTS[:1]] if is_class else [OLDER_RESIDENT]
        promises = [CommitmentDraft(text="教学时长", unit="分钟", target=90 if is_class else 60)]
        draft = PlanDraft(
            contract_id=contract_id,
            area_code=self.spot.code,
            title=title,
            promised="讲师一名、助教一名，讲义大字印刷，课后一周内回访。",
            place="江苏路社区学校二楼" if is_class else "愚园路居民家中",
            receiver=receiver,
            people=12 if is_class else 1,
            served_by="讲师一名、助教一名",
            starts_at=morning(day),
            ends_at=morning(day) + 2 * _HOUR,
            weeks=weeks,
            commitments=tuple(promises),
            recipients=tuple(RecipientDraft(phone=f"+86{one.phone}", name=one.name) for one in known),
            seats=8 if is_class else 0,
            idempotency_key=f"demo-{key}",
        )
        async with self.house.database.unit_of_work() as session:
            return await commands.plan(session, self.manager, self.house.vault, draft)

    async def _record(self, delivery_id: UUID, moment: datetime) -> None:
        await self.at(moment)
        async with self.house.database.unit_of_work() as session:
            told = RecordDraft(minutes=240, actuals={1: 100}, note="学员都学会了用随申码。")
            await commands.record(session, self.manager, delivery_id, told)

    async def _said(self, delivery_id: UUID, moment: datetime) -> None:
        """The older resident says that it took place and rates it; so do two with slips."""
        await self.at(moment)
        async with self.house.database.unit_of_work() as session:
            await confirming.confirm(session, self.resident, delivery_id)
            rows = await session.execute(
                select(RatingTicket.id, RatingTicket.person_id)
                .where(RatingTicket.delivery_id == delivery_id)
                .order_by(RatingTicket.id)
            )
            known = rows.all()
            mine = [row.id for row in known if row.person_id == self.resident.person_id]
            others = [row.id for row in known if row.person_id is None][:2]
            for number, ticket_id in enumerate([*mine, *others]):
                draft = RatingDraft(
                    overall=5 - number % 2, should_continue=True, idempotency_key=str(ticket_id)
                )
                by = self.resident if ticket_id in mine else STRANGER
                source = Source(f"10.9.{number}.7", f"phone {number}")
                await ratings.give(session, by, self.house.vault, ticket_id, draft, source)

    async def _slips(self, delivery_id: UUID) -> Sequence[str]:
        async with self.house.database.reading() as session:
            unused = await session.scalars(
                select(RatingTicket.id)
                .where(
                    RatingTicket.delivery_id == delivery_id,
                    RatingTicket.person_id.is_(None),
                    RatingTicket.used_at.is_(None),
                )
                .order_by(RatingTicket.id)
                .limit(3)
            )
            return [codes.grouped(codes.code_of(self.house.vault, one)) for one in unused]

    async def _contract(self) -> UUID:
        async with self.house.database.reading() as session:
            found = await session.scalar(
                select(Contract.id)
                .join(Tender, Tender.id == Contract.tender_id)
                .where(Tender.title == purchases()["digital"].title, Contract.signed_at.is_not(None))
            )
            assert found is not None
            return found

    async def wishes(self) -> None:
        """Enough neighbours wish for the same that it can become a need or an item of a list."""
        words = delivering_words().wishes
        await self.at(self.now)
        async with self.house.database.unit_of_work() as session:
            for neighbour, text in zip(self.neighbours, words.texts, strict=False):
                draft = ServiceWishDraft(
                    service_type=words.category, area_code=self.spot.code, text=text or None
                )
                await wishes.wish(session, neighbour, draft)

    async def signals(self) -> None:
        """What the night would bring: facts counted, the watch on all contracts."""
        async with self.house.database.unit_of_work() as session:
            await counting.count_all(session)
        async with self.house.database.unit_of_work() as session:
            await watching.watch(session)


async def _teller(house: House, clock: FixedClock, now: datetime) -> _Teller:
    async with house.database.unit_of_work() as session:
        resident = await viewer(session, OLDER_RESIDENT)
        spot = await _home(session, account_id(OLDER_RESIDENT))
        manager = await viewer(session, ACCOUNTS[2])
        people = await _neighbours(session)
        liked = next(iter(manager.organisations_of(Role.ORGANISATION_MANAGER)))
        providers = [liked, *await _others(session, liked)]
        seeds = Seeds(_SEED)
        needs = await _needs(session, seeds, spot, providers, now)
        history = History(
            seeds=seeds,
            random=Random(_SEED),  # noqa: S311 - a made-up city keeps no secrets
            vault=house.vault,
            spot=spot,
            needs=needs,
            people=[one.signed_in() for one in people],
            older_resident=resident.signed_in(),
            liked=liked,
            disliked=providers[2],
            accepted_before=now - 30 * _DAY,
        )
    return _Teller(house, clock, now, spot, history, manager, people, resident)


async def _home(session: Session, person_id: UUID) -> Spot:
    row = (
        await session.execute(
            select(Area.code, Area.name)
            .join(Person, Person.home_area_code == Area.code)
            .where(Person.id == person_id)
        )
    ).one()
    return Spot(row.code, row.name, 31.2218, 121.4295)


async def _neighbours(session: Session) -> Sequence[Viewer]:
    """Grown people without a role."""
    demo = [account_id(one) for one in ACCOUNTS]
    rows = await session.scalars(
        select(Person.id)
        .where(
            ~exists().where(RoleGrant.person_id == Person.id),
            Person.id.not_in(demo),
            Person.birth_date < date(1990, 1, 1),
        )
        .order_by(Person.id.desc())
        .limit(_NEIGHBOURS)
    )
    return [await viewers.of_person(session, one) for one in rows.all()]


async def _others(session: Session, liked: UUID) -> Sequence[UUID]:
    """The rival's organisation and others from all over the list, so that their names differ."""
    rival = (await viewer(session, ACCOUNTS[9])).organisations_of(Role.ORGANISATION_MANAGER)
    rows = await session.scalars(
        select(Organisation.id)
        .where(Organisation.verified_at.is_not(None), Organisation.id.not_in((liked, *rival)))
        .order_by(Organisation.id)
    )
    known, wanted = rows.all(), max(map(len, PLANS.values()))
    return [*rival, *known[:: max(1, len(known) // wanted)]][:wanted]


async def _needs(
    session: Session, seeds: Seeds, spot: Spot, providers: Sequence[UUID], now: datetime
) -> Mapping[tuple[str, UUID], UUID]:
    """The needs under which each provider worked: closed by now, so that nobody is asked to come."""
    world = World(seeds, [spot], {}, [], now)
    works = {work.category: work for work in city_words().work}
    found: dict[tuple[str, UUID], UUID] = {}
    for service in delivering_words().service:
        work = works.get(service.category, works[_CLASS])
        for provider in providers[: len(PLANS[service.category])]:
            need = make_need(world, work, service.title)
            put_at_home(need, spot, work.places[0], now - timedelta(days=170))
            need.update(
                organisation_id=provider,
                category_code=service.category,
                description=service.promised,
                closed_at=now - timedelta(days=20),
            )
            await session.execute(insert(Need), [need])
            found[service.category, provider] = need["id"]
    return found


async def _dump(house: House) -> None:
    """What anybody may download and work out anew."""
    folder = house.settings.data_folder / "scorecards-dump"
    if not folder.exists():
        folder.mkdir(parents=True)
        await scorecard_dump.make(house.database, folder, license=house.settings.ocds_license)
