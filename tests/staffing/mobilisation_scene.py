"""A flood watch that needs hands, an officer who calls, and neighbours who may be called: the scene of mobilisations."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.staffing import calls, mobilisation_queries, mobilisation_waves, mobilisations
from marketplace.staffing.mobilisation_drafts import AnswerDraft, MobilisationDraft, StopDraft
from marketplace.staffing.mobilisation_models import Call
from marketplace.staffing.mobilisation_queries import MobilisationRow
from marketplace.staffing.mobilisation_states import MobilisationKind
from tests import builders, city
from tests.recommendations import scene as people


@dataclass(frozen=True, slots=True)
class Flood:
    """A need with a shift in two days, and the district officer."""

    officer: Viewer
    need_id: UUID
    shift_id: UUID


async def flood(house: House, *, capacity: int = 2, **facts: Any) -> Flood:
    place = await people.need(house, "防汛值守", capacity=capacity, **facts)
    officer = await role(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    return Flood(officer, place.need_id, place.shift_id)


async def role(house: House, held: Role, scope: str | UUID) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, "值班员", held, scope)


async def neighbours(house: House, count: int, **facts: Any) -> list[Viewer]:
    return [await people.volunteer(house, f"邻居{number}", **facts) for number in range(count)]


async def start(
    house: House,
    at: Flood,
    *,
    by: Viewer | None = None,
    kind: MobilisationKind = MobilisationKind.EMERGENCY,
    key: UUID | None = None,
    **facts: Any,
) -> UUID:
    async with house.database.unit_of_work() as session:
        draft = MobilisationDraft(kind=kind, reason="暴雨红色预警", **{"wave_size": 2, **facts})
        return await mobilisations.start(session, by or at.officer, at.shift_id, draft, key)


async def stop(house: House, viewer: Viewer, mobilisation_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await mobilisations.stop(session, viewer, mobilisation_id, StopDraft(reason="雨停了"))


async def wave(
    house: House, clock: FixedClock | None = None, after: timedelta = timedelta(minutes=30)
) -> None:
    """Let the errand run, after some time where a clock is given."""
    if clock is not None:
        clock.advance(after)
    await mobilisation_waves.send_due(house.database, house.volunteers)


async def answer(
    house: House, viewer: Viewer, call_id: UUID, accepted: bool = True, agreed: bool = False
) -> None:
    async with house.database.unit_of_work() as session:
        await calls.answer(session, viewer, call_id, AnswerDraft(accepted=accepted, agreed=agreed))


async def called(house: House, mobilisation_id: UUID) -> list[Call]:
    """Every call, in the order of waves and within a wave the best first."""
    async with house.database.reading() as session:
        asked = select(Call).where(Call.mobilisation_id == mobilisation_id)
        found = (await session.scalars(asked)).all()
    return sorted(found, key=lambda call: (call.wave, -call.score, call.person_id))


async def call_of(house: House, viewer: Viewer, mobilisation_id: UUID) -> Call:
    return next(call for call in await called(house, mobilisation_id) if call.person_id == viewer.person_id)


async def seen(house: House, viewer: Viewer, mobilisation_id: UUID) -> MobilisationRow:
    async with house.database.reading() as session:
        return await mobilisation_queries.mobilisation(session, viewer, mobilisation_id)
