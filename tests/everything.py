"""A house with one of everything in it, two where one is the member's own, for tests that knock at every door there is."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.db.base import Base, Identified
from marketplace.db.session import Session
from marketplace.discovery import saved_wishes
from marketplace.discovery.saved_models import SavedSearch
from marketplace.hours.models import Attendance, HourEntryRequest, HourReview, LedgerEntry
from marketplace.identity import viewers
from marketplace.identity.models import ApiToken, GuardianConsent, PersonQualification, SignedInSession
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest
from marketplace.notices import facts
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.models import CalendarFeed, Notice
from marketplace.notices.unsubscribing import Subscription, token_of
from marketplace.opendata.models import ImportedRelease
from marketplace.organisations.models import Organisation, OrganisationDocument
from marketplace.outbox.models import OutboxEvent
from marketplace.recommendations.models import (
    Invitation,
    RankingWeights,
    Recommendation,
    RecommendationList,
)
from marketplace.staffing import gathering, lottery_draws, planning, pool, roles, runs
from marketplace.staffing.drafts import PoolDraft, RoleDraft
from marketplace.staffing.lotteries import PURPOSE
from marketplace.staffing.lottery_models import Lottery, LotteryEntry
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import MobilisationKind, StopCause
from marketplace.staffing.settings import Settings
from marketplace.volunteering.models import ShiftSeries
from matching import lottery
from matching.weights import VOLUNTEER_WEIGHTS
from tests import builders, city, everything_bought, everything_delivered

PROPOSED_TAG = "kite_flying"
IMPORTED_OCID = "ocds-else00-1"
# A place of a shift is taken by whoever signs up; the head of a record moves with everybody's acts; a slip is used by whoever holds it.
MOVED_BY_OTHERS = {"shifts", "procurement_record_heads", "rating_tickets"}
CALENDAR_TOKEN = "calendar-token-of-the-member"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Everything:
    """Who lives there, and the ids of every table: the member's own first."""

    member: UUID
    outsider: UUID
    ids: dict[str, list[UUID]]
    unsubscribe_token: str


async def build(house: House) -> Everything:
    """Put one of everything into a fresh house."""
    async with house.database.unit_of_work() as session:
        member = await builders.person(session, "沈文")
        outsider = await builders.person(session, "路人", home_area_code=city.TIANPING_COMMUNITY)
        neighbour = await builders.person(session, "吴磊", birth_date=date(2011, 3, 15))
        colleague = await builders.person(session, "周敏")
        organisation_id = await _organisations(session, member, colleague)
        await builders.grant(session, member, Role.ADMINISTRATOR, city.CITY)
        await builders.grant(session, member, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        await builders.grant(session, member, Role.MODERATOR, city.CITY)
        await builders.grant(session, colleague, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        for person_id in (member, neighbour):
            await _belongings(session, house, person_id)
            await _work(session, person_id, colleague, organisation_id)
            await _suggestions(session, person_id, colleague)
        await _lotteries(session, house, member, neighbour, colleague)
        await _mobilisations(session, member, neighbour, colleague)
        await _staffing(session, member, neighbour, colleague)
        await _tag(session, colleague)
        await _weights(session, colleague)
        await _imported_release(session)
        mine = await session.scalar(select(Organisation.id).where(Organisation.registered_by == member))
        assert mine is not None
        await everything_bought.build(session, member, colleague, (mine, organisation_id))
        people = (member, neighbour, colleague)
        await everything_delivered.build(session, house, people, (mine, organisation_id))
    unsubscribe = token_of(house.vault, Subscription(member, Kind.SIGN_UP_CONFIRMED, ChannelName.EMAIL))
    async with house.database.reading() as session:
        return Everything(member, outsider, await _ids(session), unsubscribe)


async def _organisations(session: Session, manager: UUID, colleague: UUID) -> UUID:
    mine = await builders.organisation(session, verified=False, submitted_at=None, registered_by=manager)
    await builders.grant(session, manager, Role.ORGANISATION_MANAGER, mine)
    await builders.grant(session, colleague, Role.ORGANISATION_MEMBER, mine)
    other = await builders.organisation(session, "晨光社工站", registered_by=colleague)
    await builders.organisation(session, "等候核验的社工站", verified=False, registered_by=colleague)
    for organisation_id in (mine, other):
        session.add(
            OrganisationDocument(
                id=new_id(),
                organisation_id=organisation_id,
                kind="registration_certificate",
                file_name="登记证书.pdf",
                content_type="application/pdf",
                size=7,
                file_key="0" * 64,
                uploaded_at=session.now(),
                uploaded_by=colleague,
            )
        )
    await session.flush()
    return other


async def _belongings(session: Session, house: House, person_id: UUID) -> None:
    now, whose = session.now(), {"person_id": person_id}
    calendar = CALENDAR_TOKEN if await session.scalar(select(CalendarFeed.id)) is None else new_token()
    digests = [token_digest(new_token()) for _ in range(2)]
    later = now + timedelta(days=300)
    wishes = {"version": saved_wishes.VERSION, "wishes": {"text": "助浴", "area": city.CHANGNING}}
    session.add_all(
        [
            SavedSearch(
                id=new_id(),
                name="助浴、长宁区",
                wishes=wishes,
                digest=saved_wishes.digest(wishes),
                how_told="daily",
                created_at=now,
                changed_at=now,
                watches_from=now,
                change_number=1,
                **whose,
            ),
            PersonQualification(id=new_id(), qualification_code="first_aid", stated_at=now, **whose),
            SignedInSession(
                id=new_id(),
                token_digest=digests[0],
                device="phone",
                created_at=now,
                last_seen_at=now,
                expires_at=later,
                **whose,
            ),
            ApiToken(
                id=new_id(),
                name="sync",
                token_digest=digests[1],
                hint="abcd",
                scopes=["read"],
                created_at=now,
                expires_at=later,
                **whose,
            ),
            CalendarFeed(id=new_id(), token_digest=token_digest(calendar), created_at=now, **whose),
            Notice(
                id=new_id(),
                kind=Kind.SIGN_UP_CONFIRMED,
                facts=facts.to_json({"need": "陪老人就医", "when": facts.Span(now, now + _HOUR)}),
                link="/my/shifts",
                told_for=f"test:{person_id}",
                created_at=now,
                **whose,
            ),
            GuardianConsent(
                id=new_id(),
                minor_id=person_id,
                guardian_name_sealed=house.vault.encrypt("吴刚", "guardian-name"),
                guardian_phone_sealed=house.vault.encrypt("+8613911112222", "phone"),
                guardian_phone_fingerprint=house.vault.fingerprint("+8613911112222", "phone"),
                relation="parent",
                given_at=now,
            ),
            OutboxEvent(
                id=new_id(),
                stream_id=new_id(),
                sequence=1,
                name="NeedChanged",
                payload={"need_id": str(new_id())},
                created_at=now,
                available_at=now,
                attempts=8,
                dead_at=now,
                last_error="discovery.index: IndexIsBroken",
            ),
        ]
    )
    await session.flush()


async def _work(session: Session, person_id: UUID, colleague: UUID, organisation_id: UUID) -> None:
    now = session.now()
    need_id = await builders.need(session, raised_by=person_id)
    await builders.need(session, "想学用手机", published=False, raised_by=person_id)
    await builders.need(session, "陪伴阅读", organisation_id=organisation_id)
    series = ShiftSeries(
        id=new_id(),
        need_id=need_id,
        rule="FREQ=WEEKLY;BYDAY=TU",
        first_starts_at=now + timedelta(days=2),
        duration_minutes=120,
        capacity=2,
        created_at=now,
        changed_at=now,
    )
    session.add(series)
    await session.flush()
    coming = await builders.shift(session, need_id, series_id=series.id, series_slot=now + timedelta(days=2))
    await builders.sign_up(session, coming, person_id)
    offered = await builders.shift(session, need_id, starts_in=timedelta(days=4), places_taken=1)
    await builders.sign_up(
        session, offered, person_id, confirmed_at=None, offered_at=now, offer_expires_at=now + _HOUR
    )
    applied = await builders.shift(session, need_id, starts_in=timedelta(days=6))
    await builders.sign_up(session, applied, person_id, confirmed_at=None, applied_at=now)
    present = await builders.shift(session, need_id, starts_in=timedelta(minutes=10))
    present_sign_up = await builders.sign_up(session, present, person_id)
    ended = await builders.shift(session, need_id, starts_in=-5 * _HOUR)
    ended_sign_up = await builders.sign_up(session, ended, person_id)
    of_shift = {"person_id": person_id, "shift_id": ended}
    session.add_all(
        [
            Attendance(
                id=new_id(),
                sign_up_id=present_sign_up,
                shift_id=present,
                person_id=person_id,
                checked_in_at=now,
                check_in_method="qr",
                checked_in_by=person_id,
            ),
            HourReview(
                id=new_id(),
                sign_up_id=ended_sign_up,
                cause="no_check_out",
                opened_at=now,
                **of_shift,
            ),
            LedgerEntry(
                id=new_id(),
                need_id=need_id,
                minutes=90,
                grade="A",
                served_on=date(2026, 11, 1),
                local_year=2026,
                entered_at=now,
                source="attendance",
                source_id=new_id(),
                **of_shift,
            ),
            HourEntryRequest(
                id=new_id(),
                need_id=need_id,
                minutes=60,
                served_on=date(2026, 11, 20),
                reason="纸质签到表",
                requested_at=now,
                requested_by=colleague,
                approvals_needed=2,
                **of_shift,
            ),
        ]
    )
    await session.flush()


async def _suggestions(session: Session, person_id: UUID, colleague: UUID) -> None:
    """A need that was recommended to the person today, and an invitation to it that waits."""
    need_id = await builders.need(session, "陪读")
    why = {
        "need_id": need_id,
        "shift_id": await builders.shift(session, need_id, starts_in=timedelta(days=9)),
        "person_id": person_id,
        "score": 0,
        "factors": [],
        "weights_version": 1,
    }
    now, list_id = session.now(), new_id()
    session.add(
        RecommendationList(
            id=list_id,
            person_id=person_id,
            made_at=now,
            good_until=now + timedelta(hours=9),
            weights_version=1,
        )
    )
    await session.flush()
    item = {name: why[name] for name in ("need_id", "shift_id", "score", "factors")}
    session.add_all(
        [
            Recommendation(id=new_id(), list_id=list_id, place=1, **item),
            Invitation(id=new_id(), invited_by=colleague, invited_at=now, **why),
        ]
    )
    await session.flush()


async def _weights(session: Session, proposer: UUID) -> None:
    points = {**VOLUNTEER_WEIGHTS.points, "skill": 20, "travel": 25}
    session.add(
        RankingWeights(
            id=new_id(),
            kind="volunteer",
            version=2,
            points=points,
            reason="路近更重要",
            proposed_at=session.now(),
            proposed_by=proposer,
        )
    )
    await session.flush()


async def _lotteries(session: Session, house: House, member: UUID, neighbour: UUID, colleague: UUID) -> None:
    """One that is open and one that is drawn; the member entered both."""
    need_id = await builders.need(session, "新年音乐会引导")
    for closes_in in (timedelta(days=1), -_HOUR):
        closes_at = session.now() + closes_in
        shift_id = await builders.shift(
            session, need_id, starts_in=timedelta(days=12), lottery_closes_at=closes_at
        )
        secret = lottery.new_secret()
        row = Lottery(
            id=new_id(),
            shift_id=shift_id,
            opened_by=colleague,
            opened_at=session.now() - timedelta(days=1),
            closes_at=closes_at,
            first_timer_tickets=2,
            commitment=lottery.commitment(secret),
            sealed_secret=house.vault.encrypt(secret, PURPOSE),
        )
        session.add(row)
        await session.flush()
        session.add_all(
            LotteryEntry(
                id=new_id(),
                lottery_id=row.id,
                person_id=person_id,
                idempotency_key=str(row.id),
                number=number,
                tickets=number,
                entered_at=session.now(),
            )
            for number, person_id in enumerate((member, neighbour), start=1)
        )
        await session.flush()
        await lottery_draws.draw(session, row.id, house.vault)


async def _staffing(session: Session, member: UUID, neighbour: UUID, colleague: UUID) -> None:
    """A need with a role and a pool, and a run whose offers are not sent yet."""
    need_id = await builders.need(session, "社区运动会")
    await builders.shift(session, need_id, starts_in=timedelta(days=15), minimum_people=1)
    organiser = await viewers.of_person(session, colleague)
    await roles.add(session, organiser, need_id, RoleDraft(name="急救员", qualification="first_aid"))
    for person_id in (member, neighbour):
        volunteer = await viewers.of_person(session, person_id)
        await pool.join(session, volunteer, need_id, PoolDraft(idempotency_key="pool"))
    await session.flush()
    settings = Settings(shifts=(), most_shifts=3, rest_minutes=60, offer_minutes=720, seed=7)
    question = await gathering.gather(session, organiser, need_id, settings)
    await runs.store(session, organiser, new_id(), question, planning.answer(question))
    await session.flush()


async def _mobilisations(session: Session, member: UUID, neighbour: UUID, colleague: UUID) -> None:
    """One that runs, with a live call to each of the two, and one that was stopped."""
    need_id = await builders.need(session, "防汛值守")
    for stopped_at in (None, session.now()):
        row = Mobilisation(
            id=new_id(),
            shift_id=await builders.shift(session, need_id, starts_in=timedelta(days=20)),
            kind=MobilisationKind.LARGE.value,
            reason="暴雨红色预警",
            wave_size=2,
            wave_minutes=30,
            first_metres=3000,
            started_by=colleague,
            started_at=session.now(),
            next_wave_at=session.now() + _HOUR,
            waves=1,
            stopped_at=stopped_at,
            stopped_because=StopCause.BY_HAND.value if stopped_at else None,
        )
        session.add(row)
        await session.flush()
        session.add_all(
            Call(
                id=new_id(),
                mobilisation_id=row.id,
                person_id=person_id,
                wave=1,
                score=800,
                metres=1200,
                called_at=session.now(),
                expires_at=session.now() + _HOUR,
                ended_at=stopped_at,
            )
            for person_id in (member, neighbour)
        )
    await session.flush()


async def _imported_release(session: Session) -> None:
    release = {"ocid": IMPORTED_OCID, "id": "1", "date": "2026-11-22T02:00:00Z", "tag": ["tender"]}
    session.add(
        ImportedRelease(
            id=new_id(),
            source="https://elsewhere.example",
            ocid=IMPORTED_OCID,
            release_id="1",
            is_compiled=False,
            released_at=session.now(),
            imported_at=session.now(),
            body=json.dumps(release),
            content_hash="0" * 64,
        )
    )
    await session.flush()


async def _tag(session: Session, proposer: UUID) -> None:
    session.add(
        Tag(
            code=PROPOSED_TAG,
            kind="skill",
            name_zh="放风筝",
            name_en="Kite flying",
            proposed_by=proposer,
            proposed_at=session.now(),
        )
    )
    await session.flush()


async def _ids(session: Session) -> dict[str, list[UUID]]:
    kinds: list[Any] = [m.class_ for m in Base.registry.mappers if issubclass(m.class_, Identified)]
    return {
        kind.__tablename__: list(await session.scalars(select(kind.id).order_by(kind.id))) for kind in kinds
    }
