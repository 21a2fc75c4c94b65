"""Rating periods: opened lazily and once, by rules that then stand still; closed once, never again open."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.catalogue import rules
from marketplace.catalogue.drafts import RuleDraft
from marketplace.catalogue.errors import RulesAreFrozen
from marketplace.db.audit import AuditEntry
from marketplace.delivery.ratings import periods, ratings
from marketplace.delivery.ratings.errors import PeriodIsClosed
from marketplace.delivery.ratings.models import RatingPeriod
from marketplace.identity import governance
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import FixedClock, day_starts
from marketplace.kernel.input import read
from marketplace.outbox.models import OutboxEvent
from tests import builders, delivering
from tests.delivery.ratings import scene

ENDS = day_starts(date(2026, 12, 1))


async def open_now(house: House) -> RatingPeriod:
    async with house.database.unit_of_work() as session:
        return await periods.current(session)


async def close(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await periods.close_due(session)


async def all_of(house: House) -> list[RatingPeriod]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(RatingPeriod).order_by(RatingPeriod.starts_on)))


async def events(house: House) -> int:
    async with house.database.reading() as session:
        told = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.name == "PeriodClosed")
        return await session.scalar(told) or 0


async def change(house: House, begins: datetime | None, code: str = "rating.reply") -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, role=Role.ADMINISTRATOR)
        value = dict((await rules.in_force(session, code)).value)
        draft = {"code": code, "value": value, "article": "本平台规则", "source": "own", "reason": "试点反馈"}
        if begins is not None:
            draft["in_force_from"] = begins.isoformat()
        await governance.change_rule(session, viewer, read(RuleDraft, draft))


async def test_the_first_need_opens_the_calendar_month_with_the_rules_of_now(house: House) -> None:
    period = await open_now(house)
    assert (period.starts_on, period.ends_on) == (date(2026, 11, 1), date(2026, 11, 30))
    assert period.rules["rating.ticket"] == {
        "valid_days": 30,
        "remind_after_days": 7,
        "wrong_codes_an_hour": 20,
    }
    assert set(period.rules) == {
        f"rating.{name}" for name in ("score", "publication", "ticket", "reply", "moderation", "anomalies")
    }
    assert (await open_now(house)).id == period.id


async def test_it_is_opened_once_however_many_need_it_at_the_same_moment(house: House) -> None:
    found = await asyncio.gather(*(open_now(house) for _ in range(4)))
    assert len({period.id for period in found}) == 1 and len(await all_of(house)) == 1


async def test_the_last_evening_in_shanghai_is_of_the_old_month_and_midnight_of_the_new(
    house: House, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC))
    before = await open_now(house)
    clock.advance(timedelta(seconds=1))
    after = await open_now(house)
    assert (before.ends_on, after.starts_on) == (date(2026, 11, 30), date(2026, 12, 1))
    assert periods.ends_at(before) == clock.now()


async def test_december_ends_with_the_year(house: House, clock: FixedClock) -> None:
    clock.set(datetime(2026, 12, 24, tzinfo=UTC))
    assert (await open_now(house)).ends_on == date(2026, 12, 31)


async def test_rules_of_ratings_stand_still_while_a_period_is_open(house: House, clock: FixedClock) -> None:
    await change(house, None)
    clock.advance(timedelta(minutes=1))
    kept = (await open_now(house)).rules
    for begins in (None, ENDS - timedelta(seconds=1)):
        with pytest.raises(RulesAreFrozen) as refusal:
            await change(house, begins)
        assert refusal.value.facts["until"] == ENDS and refusal.value.article
    await change(house, None, "signal.wishes")
    await change(house, ENDS)
    assert (await open_now(house)).rules == kept


async def test_a_promise_that_reaches_further_is_not_shortened(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await rules.freeze(session, "rating.", ENDS + timedelta(days=31))
        await rules.freeze(session, "rating.", ENDS)
    with pytest.raises(RulesAreFrozen):
        await change(house, ENDS)


async def test_the_catalogue_tells_until_when_a_rule_stands_still(house: House) -> None:
    await open_now(house)
    async with house.database.reading() as session:
        told = await rules.history_with_freezes(session)
        plain = await rules.history(session)
    assert told["rating.score"][0] == ENDS and told["signal.wishes"][0] is None
    assert {code: len(rows) for code, (_until, rows) in told.items()} == {
        code: len(rows) for code, rows in plain.items()
    }


async def test_a_period_closes_after_its_end_and_once(house: House, clock: FixedClock) -> None:
    period = await open_now(house)
    await close(house)
    assert (await all_of(house))[0].closed_at is None
    clock.set(ENDS)
    await asyncio.gather(*(close(house) for _ in range(3)))
    clock.advance(timedelta(days=1))
    await close(house)
    closed, following = await all_of(house)
    assert (closed.id, closed.closed_at) == (period.id, ENDS)
    assert following.starts_on == date(2026, 12, 1) and following.closed_at is None
    assert await events(house) == 1
    async with house.database.reading() as session:
        acts = list(await session.scalars(select(AuditEntry.action)))
    assert acts.count("rating_period.closed") == 1


async def test_periods_that_nobody_closed_for_long_are_closed_in_their_order(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        await delivering.period(session, starts_on=date(2026, 8, 1))
        await delivering.period(session, starts_on=date(2026, 9, 1))
    await close(house)
    assert [row.closed_at is not None for row in await all_of(house)] == [True, True, False]
    assert await events(house) == 2


async def test_a_closed_period_takes_nothing_more(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        await delivering.period(session, starts_on=date(2026, 11, 1), closed_at=clock.now())
    with pytest.raises(PeriodIsClosed) as refusal:
        await open_now(house)
    assert refusal.value.facts["ended"] == date(2026, 11, 30)


async def test_a_closed_period_never_opens_again_whoever_tries(house: House) -> None:
    async with house.database.unit_of_work() as session:
        period_id = await delivering.period(session, closed=True)
    for statement in (
        update(RatingPeriod).where(RatingPeriod.id == period_id).values(closed_at=None),
        update(RatingPeriod).where(RatingPeriod.id == period_id).values(rules={}),
        delete(RatingPeriod).where(RatingPeriod.id == period_id),
    ):
        with pytest.raises(DBAPIError):
            async with house.database.unit_of_work() as session:
                await session.execute(statement)
    assert (await all_of(house))[0].closed_at is not None


async def test_closing_waits_for_whoever_is_rating_at_midnight(house: House, clock: FixedClock) -> None:
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    await open_now(house)
    clock.set(ENDS - timedelta(seconds=1))
    async with house.database.unit_of_work() as session:
        await ratings.give(session, STRANGER, house.vault, ticket.id, scene.draft(), scene.HERE)
        clock.set(ENDS)
        closing = asyncio.create_task(close(house))
        await asyncio.sleep(0.3)
        assert not closing.done()
    await closing
    first = (await all_of(house))[0]
    (row,) = await scene.all_ratings(house)
    assert first.closed_at == ENDS and row.period_id == first.id


async def test_whoever_comes_after_the_closing_rates_in_the_next_period(
    house: House, clock: FixedClock
) -> None:
    if house.database.is_sqlite:
        pytest.skip("SQLite has one writer: nobody can begin before and go on after")
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    await open_now(house)
    clock.set(ENDS - timedelta(seconds=1))
    with pytest.raises(PeriodIsClosed):
        async with house.database.unit_of_work() as session:
            clock.set(ENDS)
            await close(house)
            await ratings.give(session, STRANGER, house.vault, ticket.id, scene.draft(), scene.HERE)
    await scene.give(house, ticket.id)
    (row,) = await scene.all_ratings(house)
    assert row.period_id == (await all_of(house))[1].id
