"""The made-up city: the same seed makes the same one, and it keeps every promise that real use would have kept."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import aliased

from marketplace.areas.codes import within
from marketplace.bootstrap import House, open_house
from marketplace.cli.city.accounts import ACCOUNTS, OLDER_RESIDENT, Account, account_id
from marketplace.cli.city.build import TABLES, CitySize, build_city
from marketplace.cli.city.people import seeded_id
from marketplace.db.base import Base
from marketplace.db.session import Session
from marketplace.hours.models import Attendance, LedgerEntry
from marketplace.identity import sign_in, viewers
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.organisations.credit_code import check_character
from marketplace.organisations.models import Organisation
from marketplace.settings import Settings
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import is_confirmed, is_offered, is_waiting
from tests import city
from tests.cli.conftest import Terminal

SIZE = CitySize(organisations=30, volunteers=300, needs=80)
SEALED = {"phone_sealed", "phone_fingerprint"}


async def _built(house: House, seed: int = 7) -> dict[str, int]:
    return await build_city(house, SIZE, seed, lambda _done: None)


async def _rows(house: House) -> dict[str, list[Any]]:
    """Every row of every table that the builder fills, but for what is sealed anew each time and what is named by the clock.

    What the house itself makes of a draw or a plan at this moment carries ids of the moment.
    """
    found: dict[str, list[Any]] = {}
    async with house.database.reading() as session:
        for name in TABLES:
            table = Base.metadata.tables[name]
            columns = [column for column in table.columns if column.name not in SEALED]
            rows = select(*columns).order_by(*table.primary_key.columns)
            if name == "sign_ups":
                drawn = select(Shift.id).where(Shift.lottery_closes_at.is_not(None))
                rows = rows.where(table.c.created_at < city.NOW, table.c.shift_id.not_in(drawn))
            found[name] = (await session.execute(rows)).all()
    return found


async def _count(house: House, *clauses: Any) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(*clauses[:1]).where(*clauses[1:])) or 0


async def test_the_same_seed_makes_the_same_city(
    house: House, settings: Settings, clock: FixedClock, other_database: str
) -> None:
    await _built(house)
    twin = open_house(settings.model_copy(update={"database_url": other_database}), clock=clock)
    try:
        await _built(twin)
        ours, theirs = await _rows(house), await _rows(twin)
    finally:
        await twin.close()
    for name in TABLES:
        assert ours[name] == theirs[name], name


async def test_another_seed_makes_another_city(
    house: House, settings: Settings, clock: FixedClock, other_database: str
) -> None:
    await _built(house)
    twin = open_house(settings.model_copy(update={"database_url": other_database}), clock=clock)
    try:
        await _built(twin, seed=8)
        assert (await _rows(house))["people"] != (await _rows(twin))["people"]
    finally:
        await twin.close()


async def test_places_taken_are_the_confirmed_people_and_live_offers(house: House) -> None:
    await _built(house)
    held = (
        select(func.count())
        .where(SignUp.shift_id == Shift.id, or_(is_confirmed(), is_offered()))
        .correlate(Shift)
        .scalar_subquery()
    )
    assert await _count(house, Shift, Shift.places_taken != held) == 0
    assert await _count(house, Shift, Shift.places_taken > 0) > 50


async def test_the_community_workers_desk_has_a_need_that_a_resident_raised(house: House) -> None:
    await _built(house)
    is_raised = Need.published_at.is_(None), Need.raised_by == account_id(OLDER_RESIDENT)
    assert await _count(house, Need, *is_raised, within(Need.area_code, city.JIANGSU_ROAD)) == 1


async def test_nobody_waits_while_a_place_is_free(house: House) -> None:
    await _built(house)
    async with house.database.reading() as session:
        waiting_beside_a_free_place = await session.scalar(
            select(func.count())
            .select_from(SignUp)
            .join(Shift, Shift.id == SignUp.shift_id)
            .where(is_waiting(), Shift.places_taken < Shift.capacity)
        )
        next_numbers = await session.scalar(
            select(func.count())
            .select_from(SignUp)
            .join(Shift, Shift.id == SignUp.shift_id)
            .where(SignUp.waiting_number >= Shift.next_waiting_number)
        )
    assert (waiting_beside_a_free_place, next_numbers) == (0, 0)


async def test_nobody_is_in_two_places_at_once(house: House) -> None:
    await _built(house)
    one, other = aliased(Shift), aliased(Shift)
    here, there = aliased(SignUp), aliased(SignUp)
    async with house.database.reading() as session:
        clashes = await session.scalar(
            select(func.count())
            .select_from(here)
            .join(one, one.id == here.shift_id)
            .join(there, and_(there.person_id == here.person_id, there.id > here.id))
            .join(other, other.id == there.shift_id)
            .where(
                here.confirmed_at.is_not(None),
                there.confirmed_at.is_not(None),
                one.starts_at < other.ends_at,
                other.starts_at < one.ends_at,
            )
        )
    assert clashes == 0


async def test_hours_stand_on_an_attendance_within_the_shift(house: House) -> None:
    await _built(house)
    async with house.database.reading() as session:
        rows = (
            await session.execute(
                select(LedgerEntry, Attendance, Shift)
                .join(Attendance, Attendance.id == LedgerEntry.source_id)
                .join(Shift, Shift.id == LedgerEntry.shift_id)
            )
        ).all()
        assert len(rows) == await session.scalar(select(func.count()).select_from(LedgerEntry)) > 100
        for entry, attendance, shift in rows:
            assert 0 < entry.minutes <= (shift.ends_at - shift.starts_at) / timedelta(minutes=1)
            assert shift.ends_at < session.now()
            assert entry.person_id == attendance.person_id
            assert entry.grade == ("B" if attendance.check_out_method == "by_hand" else "A")


async def test_published_needs_say_what_the_law_asks(house: House) -> None:
    await _built(house)
    published = Need.published_at.is_not(None)
    assert await _count(house, Need, published, or_(Need.risks.is_(None), Need.risks == "")) == 0
    assert await _count(house, Need, published, Need.is_risky, Need.insurance.is_(None)) == 0
    assert await _count(house, Need, Need.published_at.is_(None)) == 3


async def test_every_credit_code_checks(house: House) -> None:
    await _built(house)
    async with house.database.reading() as session:
        codes = (await session.scalars(select(Organisation.credit_code))).all()
    assert len(set(codes)) == SIZE.organisations
    assert all(code and check_character(code[:17]) == code[17] for code in codes)


async def test_no_reference_is_broken(house: House) -> None:
    # PostgreSQL checks every statement itself; SQLite can be asked to look at everything again.
    await _built(house)
    if house.database.is_sqlite:
        async with house.database.reading() as session:
            assert (await session.execute(text("PRAGMA foreign_key_check"))).all() == []


async def _signing_in_as(session: Session, vault: Vault, account: Account) -> Viewer:
    person_id = await sign_in.find(session, vault, f"+86{account.phone}")
    assert person_id is not None
    return await viewers.of_person(session, person_id)


async def test_the_demo_accounts_are_who_they_say(house: House) -> None:
    await _built(house)
    async with house.database.reading() as session:
        volunteer, worker, manager, officer, administrator, *_ = [
            await _signing_in_as(session, house.vault, account) for account in ACCOUNTS
        ]
    assert volunteer.name == "林小满" and volunteer.roles == ()
    assert worker.holds_in_area(city.JIANGSU_COMMUNITY, Role.COMMUNITY_WORKER)
    assert manager.holds_in_organisation(manager.roles[0].organisation_id, Role.ORGANISATION_MANAGER)
    assert officer.holds_in_area(city.CHANGNING, Role.DISTRICT_OFFICER)
    assert administrator.holds_in_area(city.CITY, Role.ADMINISTRATOR)


async def test_new_rows_come_after_the_made_up_ones(house: House) -> None:
    await _built(house)
    async with house.database.reading() as session:
        newest = await session.scalar(select(Person.id).order_by(Person.id.desc()).limit(1))
    assert newest is not None and newest < new_id()


def test_seeded_ids_are_of_version_7_and_grow() -> None:
    ids = [seeded_id(number, (number * 7919) << 40 & (1 << 74) - 1) for number in range(100)]
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in ids)
    assert ids == sorted(set(ids))


def test_a_second_time_adds_nothing(terminal_at: Terminal, settings: Settings) -> None:
    words = ("synth", "--volunteers", "50", "--organisations", "5", "--needs", "10")
    first = terminal_at(*words)
    assert first.exit_code == 0, first.stderr
    before = asyncio.run(_all(settings))

    assert "already" in terminal_at(*words).stdout

    assert asyncio.run(_all(settings)) == before


async def _all(settings: Settings) -> dict[str, list[Any]]:
    house = open_house(settings)
    try:
        return await _rows(house)
    finally:
        await house.close()
