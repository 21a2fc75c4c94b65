"""A house with one of everything in it, two where one is the member's own, for tests that knock at every door there is."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.db.base import Base, Identified
from marketplace.db.session import Session
from marketplace.hours.models import Attendance, HourEntryRequest, HourReview, LedgerEntry
from marketplace.identity.models import ApiToken, GuardianConsent, PersonQualification, SignedInSession
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest
from marketplace.notices import facts
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.models import CalendarFeed, Notice
from marketplace.notices.unsubscribing import Subscription, token_of
from marketplace.organisations.models import OrganisationDocument
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering.models import ShiftSeries
from tests import builders, city

PROPOSED_TAG = "kite_flying"
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
        await _tag(session, colleague)
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
    session.add_all(
        [
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


Row = tuple[str, int]


class Watch:
    """Sees whether a SQLite database has changed, what changed, and puts it back as it was."""

    def __init__(self, path: Path) -> None:
        self._live = sqlite3.connect(path)
        self._live.execute("PRAGMA synchronous=OFF")
        self._kept = sqlite3.connect(":memory:")
        self._live.backup(self._kept)
        self._before = self._rows(self._kept)
        self._version = self._seen()

    def close(self) -> None:
        self._live.close()
        self._kept.close()

    def changes(self) -> dict[Row, tuple[dict[str, Any], dict[str, Any]]]:
        """By table and row: what it was and what it is, each empty where there is no such row."""
        version = self._seen()
        if version == self._version:
            return {}
        self._version = version
        now = self._rows(self._live)
        keys = self._before.keys() | now.keys()
        changed = {key: (self._before.get(key, {}), now.get(key, {})) for key in keys}
        return {key: (old, new) for key, (old, new) in changed.items() if old != new}

    def restore(self) -> None:
        """Back to how it was when the watch began."""
        self._kept.backup(self._live)

    def _seen(self) -> int:
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])

    def _rows(self, connection: sqlite3.Connection) -> dict[Row, dict[str, Any]]:
        found: dict[Row, dict[str, Any]] = {}
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            cursor = connection.execute(f"SELECT rowid, * FROM {table}")
            names = [column[0] for column in cursor.description[1:]]
            for rowid, *values in cursor:
                found[table, rowid] = dict(zip(names, values, strict=True))
        return found


def by_table(changes: dict[Row, Any]) -> dict[str, int]:
    """How many rows of each table changed."""
    counts: dict[str, int] = defaultdict(int)
    for table, _ in changes:
        counts[table] += 1
    return dict(counts)
