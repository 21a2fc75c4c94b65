"""The ledger: whatever is entered and corrected in whatever order, it adds up, and no row ever changes."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from marketplace.bootstrap import House, open_house
from marketplace.hours import entry_requests, ledger, queries
from marketplace.hours.drafts import CorrectionDraft, EntryDraft, RefusalDraft
from marketplace.hours.errors import CorrectionChangesNothing, EntryIsReversed, HoursAreRecorded
from marketplace.hours.ledger import Served
from marketplace.hours.models import HourEntryRequest, LedgerEntry
from marketplace.hours.states import Grade, Source
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.settings import Settings
from tests import builders, city
from tests.hours.scene import Scene

DAYS = [date(2026, 11, 1), date(2025, 12, 31), date(2026, 1, 1)]


@pytest.mark.parametrize("change", [delete(LedgerEntry), update(LedgerEntry).values(minutes=1)])
async def test_the_database_refuses_to_change_an_entry(scene: Scene, change: Any) -> None:
    await scene.come()
    await scene.leave()
    with pytest.raises(DBAPIError, match="append-only"):
        async with scene.house.database.unit_of_work() as session:
            await session.execute(change)


@pytest.mark.parametrize("minutes", [0, -10])
async def test_the_database_refuses_entries_without_minutes(scene: Scene, minutes: int) -> None:
    with pytest.raises(IntegrityError):
        async with scene.house.database.unit_of_work() as session:
            session.add(_entry(scene, minutes=minutes))


async def test_an_entry_is_reversed_once(scene: Scene) -> None:
    await scene.come()
    await scene.leave()
    (entry,) = await scene.entries()
    by = scene.organiser.signed_in()
    async with scene.house.database.unit_of_work() as session:
        await ledger.reverse(session, entry, by, "错了")
    with pytest.raises(EntryIsReversed):
        async with scene.house.database.unit_of_work() as session:
            await ledger.reverse(session, entry, by, "又错了")
    with pytest.raises(IntegrityError):
        async with scene.house.database.unit_of_work() as session:
            session.add(_entry(scene, minutes=-120, reverses_id=entry.id))


async def test_a_shift_counts_once_for_one_person(scene: Scene) -> None:
    served = Served(
        person_id=scene.volunteer.signed_in(),
        need_id=scene.need_id,
        shift_id=scene.shift_id,
        minutes=60,
        grade=Grade.D,
        served_on=date(2026, 11, 24),
        source=Source.REQUEST,
        source_id=new_id(),
    )
    async with scene.house.database.unit_of_work() as session:
        await ledger.record(session, served)
        with pytest.raises(HoursAreRecorded):
            await ledger.record(session, served)


def _entry(scene: Scene, **facts: Any) -> LedgerEntry:
    defaults: dict[str, Any] = {
        "person_id": scene.volunteer.person_id,
        "need_id": scene.need_id,
        "minutes": 60,
        "grade": "D",
        "served_on": date(2026, 11, 1),
        "local_year": 2026,
        "entered_at": scene.clock.now(),
        "source": "request",
        "source_id": new_id(),
    }
    return LedgerEntry(**{**defaults, **facts})


class LedgerMachine(RuleBasedStateMachine):
    """Two organisers and an officer enter, correct, approve and refuse one volunteer's hours in any order."""

    house: House
    runner: asyncio.Runner

    @initialize()
    def begin(self) -> None:
        self.accepted: dict[UUID, tuple[int, date]] = {}
        self.seen: dict[UUID, tuple[Any, ...]] = {}
        self.run(self._people())

    async def _people(self) -> None:
        async with self.house.database.unit_of_work() as session:
            self.volunteer = await builders.viewer(session)
            self.people: list[Viewer] = [
                await builders.viewer(session, name, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
                for name in ("甲", "乙", "丙")
            ]
            self.need_id = await builders.need(session)
            shift_id = await builders.shift(session, self.need_id, starts_in=-timedelta(days=30))
            await builders.sign_up(session, shift_id, self.volunteer.signed_in())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @rule(minutes=st.integers(1, 1440), day=st.sampled_from(DAYS), approvals=st.integers(0, 2))
    def enter(self, minutes: int, day: date, approvals: int) -> None:
        draft = EntryDraft(
            person_id=self.volunteer.signed_in(),
            need_id=self.need_id,
            minutes=minutes,
            served_on=day,
            reason="补录",
        )
        request_id = self.run(self._command(entry_requests.enter, draft))
        if self.run(self._settle(request_id, approvals)):
            entry_id = self.run(self._entry_of(request_id))
            assert entry_id is not None
            self.accepted[entry_id] = (minutes, day)

    @rule(data=st.data(), minutes=st.integers(0, 1440), approvals=st.integers(0, 2))
    def correct(self, data: st.DataObject, minutes: int, approvals: int) -> None:
        if not self.accepted:
            return
        entry_id = data.draw(st.sampled_from(sorted(self.accepted)))
        old, day = self.accepted[entry_id]
        draft = CorrectionDraft(entry_id=entry_id, minutes=minutes, reason="更正")
        if minutes == old:
            with pytest.raises(CorrectionChangesNothing):
                self.run(self._command(entry_requests.correct, draft))
            return
        request_id = self.run(self._command(entry_requests.correct, draft))
        if self.run(self._settle(request_id, approvals)):
            del self.accepted[entry_id]
            new_entry = self.run(self._entry_of(request_id))
            assert (new_entry is None) == (minutes == 0)
            if new_entry is not None:
                self.accepted[new_entry] = (minutes, day)
            with pytest.raises(EntryIsReversed):
                self.run(self._command(entry_requests.correct, draft))

    async def _command(self, command: Any, draft: Any) -> UUID:
        async with self.house.database.unit_of_work() as session:
            answer: UUID = await command(session, self.people[0], draft)
            return answer

    async def _settle(self, request_id: UUID, approvals: int) -> bool:
        """Approve so often; refuse if that was not enough. Whether the request counts."""
        for approver in self.people[1 : 1 + approvals]:
            async with self.house.database.unit_of_work() as session:
                request = await session.get_one(HourEntryRequest, request_id)
                if request.completed_at is None:
                    await entry_requests.approve(session, approver, request_id)
        async with self.house.database.unit_of_work() as session:
            request = await session.get_one(HourEntryRequest, request_id)
            if request.completed_at is None:
                draft = RefusalDraft(request_id=request_id, reason="没有依据")
                await entry_requests.refuse(session, self.people[2], draft)
            return request.completed_at is not None

    async def _entry_of(self, request_id: UUID) -> UUID | None:
        async with self.house.database.reading() as session:
            return await session.scalar(select(LedgerEntry.id).where(LedgerEntry.source_id == request_id))

    @invariant()
    def it_adds_up_and_nothing_changed(self) -> None:
        totals, rows = self.run(self._read())
        expected: dict[int, int] = {}
        for minutes, day in self.accepted.values():
            expected[day.year] = expected.get(day.year, 0) + minutes
        assert {year.year: year.minutes for year in totals.years} == expected
        assert totals.minutes == sum(expected.values()) >= 0
        for entry_id, row in self.seen.items():
            assert rows[entry_id] == row
        self.seen = rows

    async def _read(self) -> tuple[queries.Totals, dict[UUID, tuple[Any, ...]]]:
        async with self.house.database.reading() as session:
            totals = await queries.totals_of(session, self.volunteer.signed_in())
            found = await session.execute(
                select(LedgerEntry.__table__).where(LedgerEntry.person_id == self.volunteer.person_id)
            )
            return totals, {row.id: tuple(row) for row in found}


def test_the_ledger_is_the_sum_of_what_was_accepted(settings: Settings, clock: FixedClock) -> None:
    with asyncio.Runner() as runner:
        house = open_house(settings, clock=clock)

        class Machine(LedgerMachine):
            pass

        Machine.house, Machine.runner = house, runner
        run_state_machine_as_test(
            Machine,
            settings=hypothesis_settings(
                max_examples=12,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(house.close())
