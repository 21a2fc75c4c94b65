"""Any order of joining, leaving, deciding and waiting keeps the promises of a shift: a machine tries what nobody thinks of."""

import asyncio
import shutil
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from marketplace.db.session import Database
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import Conflict
from marketplace.kernel.ids import new_id
from marketplace.volunteering import decisions, sign_ups, waiting
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.sign_up_drafts import AddDraft, DecisionDraft, JoinDraft
from marketplace.volunteering.sign_up_states import OPEN_STATES, SignUpState, sign_up_state
from tests import builders, city, databases

Answer = TypeVar("Answer")
PEOPLE = 5
_person = st.integers(0, PEOPLE - 1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with databases.sqlite_template(tmp_path_factory.mktemp("machine")) as path:
        yield path


class ShiftMachine(RuleBasedStateMachine):
    """One shift of two places in two days, five people, one organiser. Refusals are fine; broken promises are not."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = TemporaryDirectory()
        path = Path(self._folder.name) / "wushe.db"
        shutil.copy(self.template, path)
        self.clock = FixedClock(city.NOW)
        self.database = Database(f"sqlite+aiosqlite:///{path}", clock=self.clock)
        self._run(self._open())

    async def _open(self) -> None:
        async with self.database.unit_of_work() as session:
            self.organiser = await builders.viewer(
                session, "周组织", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY
            )
            self.people = [await builders.viewer(session, f"志愿者{number}") for number in range(PEOPLE)]
            self.shift_id = await builders.shift(session, await builders.need(session))

    def teardown(self) -> None:
        self._run(self.database.close())
        self._loop.close()
        self._folder.cleanup()

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._loop.run_until_complete(work)

    def _try(self, command: Any, viewer: Viewer, *given: Any) -> None:
        async def act() -> None:
            async with self.database.unit_of_work() as session:
                await command(session, viewer, *given)

        try:
            self._run(act())
        except Conflict:
            return

    def _newest_of(self, person: Viewer) -> UUID | None:
        async def look() -> UUID | None:
            async with self.database.reading() as session:
                found: UUID | None = await session.scalar(
                    select(SignUp.id)
                    .where(SignUp.person_id == person.person_id)
                    .order_by(SignUp.id.desc())
                    .limit(1)
                )
                return found

        return self._run(look())

    def _about(self, person: int, command: Any, viewer: Viewer | None = None, *given: Any) -> None:
        """``command`` on the person's newest sign-up, by the person unless another ``viewer`` acts."""
        sign_up_id = self._newest_of(self.people[person])
        if sign_up_id is not None:
            self._try(command, viewer or self.people[person], sign_up_id, *given)

    @rule(person=_person)
    def join(self, person: int) -> None:
        self._try(sign_ups.join, self.people[person], self.shift_id, JoinDraft(idempotency_key=str(new_id())))

    @rule(person=_person)
    def withdraw(self, person: int) -> None:
        self._about(person, sign_ups.withdraw)

    @rule(person=_person)
    def accept(self, person: int) -> None:
        self._about(person, sign_ups.accept_offer)

    @rule(person=_person)
    def decline_offer(self, person: int) -> None:
        self._about(person, sign_ups.decline_offer)

    @rule(person=_person)
    def organiser_declines(self, person: int) -> None:
        self._about(person, decisions.decline, self.organiser, DecisionDraft(reason="人手已够"))

    @rule(person=_person)
    def organiser_releases(self, person: int) -> None:
        self._about(person, decisions.release, self.organiser, DecisionDraft(reason="来电请假"))

    @rule(person=_person)
    def organiser_adds(self, person: int) -> None:
        draft = AddDraft(person_id=self.people[person].signed_in())
        self._try(decisions.add, self.organiser, self.shift_id, draft)

    @rule(hours=st.integers(1, 13))
    @precondition(lambda self: self.clock.now() < city.NOW + timedelta(hours=44))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule()
    def the_worker_settles(self) -> None:
        async def settle() -> None:
            async with self.database.unit_of_work() as session:
                await waiting.settle_overdue(session)

        self._run(settle())

    @rule()
    def the_shift_grows(self) -> None:
        async def grow() -> None:
            async with self.database.unit_of_work() as session:
                shift = await session.get_one(Shift, self.shift_id)
                if shift.capacity < PEOPLE:
                    shift.capacity += 1
                    await waiting.fill_free_places(session, self.shift_id)

        self._run(grow())

    @invariant()
    def every_promise_is_kept(self) -> None:
        shift, rows = self._run(self._look())
        held = [row for row in rows if _holds_a_place(row)]
        assert shift.places_taken == len(held) <= shift.capacity
        still_open = [row.person_id for row in rows if _is_open(row)]
        assert len(still_open) == len(set(still_open))
        numbers = [row.waiting_number for row in rows if row.waiting_number is not None]
        assert len(numbers) == len(set(numbers))
        self._nobody_overtakes(rows)

    def _nobody_overtakes(self, rows: list[SignUp]) -> None:
        waiting_numbers = [
            row.waiting_number
            for row in rows
            if row.waiting_number and sign_up_state(row, self.clock.now()) is SignUpState.WAITING
        ]
        offered_numbers = [
            row.waiting_number
            for row in rows
            if row.waiting_number and sign_up_state(row, self.clock.now()) is SignUpState.OFFERED
        ]
        if waiting_numbers and offered_numbers:
            assert max(offered_numbers) < min(waiting_numbers)

    async def _look(self) -> tuple[Shift, list[SignUp]]:
        async with self.database.reading() as session:
            shift = await session.get_one(Shift, self.shift_id)
            return shift, list(await session.scalars(select(SignUp)))


def _is_open(row: SignUp) -> bool:
    """Open in the books: an expired offer that nobody has settled yet still is."""
    return not (row.withdrawn_at or row.declined_at or row.lapsed_at or row.cancelled_at)


def _holds_a_place(row: SignUp) -> bool:
    return _is_open(row) and (row.confirmed_at is not None or row.offered_at is not None)


def test_no_order_of_events_breaks_a_promise(template: Path) -> None:
    ShiftMachine.template = template
    run_state_machine_as_test(
        ShiftMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_every_state_is_either_open_or_ended() -> None:
    assert {state for state in SignUpState if state not in OPEN_STATES} == {
        SignUpState.WITHDRAWN,
        SignUpState.DECLINED,
        SignUpState.LAPSED,
        SignUpState.CANCELLED,
    }
