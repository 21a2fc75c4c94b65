"""A need with shifts, its organiser, and a pool of volunteers: the scene of the tests of staffing. Every step is a transaction of its own."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.models import PersonQualification
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from marketplace.staffing import pool, roles, run_queries, runs, sending
from marketplace.staffing.drafts import PoolDraft, RoleDraft, RunDraft
from marketplace.staffing.models import Proposal
from marketplace.staffing.run_queries import RunDetails
from tests import builders, city

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scene:
    need_id: UUID
    shifts: tuple[UUID, ...]
    organiser: Viewer


async def festival(house: House, shifts: int = 3, **facts: Any) -> Scene:
    """A need of Jiangsu Road community with shifts a day apart, two places and a minimum of one each, unless told otherwise."""
    of_shift: dict[str, Any] = {
        name: facts.pop(name)
        for name in ("capacity", "minimum_people", "starts_in", "every")
        if name in facts
    }
    every = of_shift.pop("every", timedelta(days=1))
    first = of_shift.pop("starts_in", timedelta(days=2))
    of_shift = {"minimum_people": 1, "lasts": 2 * _HOUR, **of_shift}
    async with house.database.unit_of_work() as session:
        organiser = await builders.viewer(session, "周组织", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        need_id = await builders.need(session, "社区运动会", **facts)
        made = [
            await builders.shift(session, need_id, starts_in=first + every * number, **of_shift)
            for number in range(shifts)
        ]
    return Scene(need_id, tuple(made), organiser)


async def volunteer(house: House, name: str = "林小满", **facts: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, **facts)


async def volunteers(house: House, count: int) -> list[Viewer]:
    return [await volunteer(house, f"志愿者{number}") for number in range(count)]


async def qualified(house: House, viewer: Viewer, code: str = "first_aid") -> None:
    """The person holds a verified qualification that does not end."""
    async with house.database.unit_of_work() as session:
        session.add(
            PersonQualification(
                id=new_id(),
                person_id=viewer.signed_in(),
                qualification_code=code,
                stated_at=session.now(),
                verified_at=session.now(),
            )
        )


async def join(
    house: House,
    viewer: Viewer,
    at: Scene,
    *shifts: UUID,
    most: int = 3,
    key: str | None = None,
    **facts: Any,
) -> UUID:
    draft = PoolDraft(idempotency_key=key or str(new_id()), most_shifts=most, shifts=shifts, **facts)
    async with house.database.unit_of_work() as session:
        return await pool.join(session, viewer, at.need_id, draft)


async def joined(house: House, at: Scene, count: int, **facts: Any) -> list[Viewer]:
    """So many new volunteers, all in the pool."""
    people = await volunteers(house, count)
    for one in people:
        await join(house, one, at, **facts)
    return people


async def leave(house: House, viewer: Viewer, at: Scene) -> None:
    async with house.database.unit_of_work() as session:
        await pool.leave(session, viewer, at.need_id)


async def add_role(house: House, at: Scene, minimum: int = 1, code: str = "first_aid") -> UUID:
    draft = RoleDraft(name="急救员", qualification=code, minimum_people=minimum)
    async with house.database.unit_of_work() as session:
        return await roles.add(session, at.organiser, at.need_id, draft)


async def start(house: House, at: Scene, viewer: Viewer | None = None, **facts: Any) -> UUID:
    return await runs.start(
        house.database, viewer or at.organiser, at.need_id, RunDraft(**{"seed": 7, **facts})
    )


async def send(house: House, at: Scene, run_id: UUID, viewer: Viewer | None = None) -> None:
    async with house.database.unit_of_work() as session:
        await sending.send(session, viewer or at.organiser, run_id)


async def drop(house: House, viewer: Viewer, proposal_id: UUID) -> UUID:
    async with house.database.unit_of_work() as session:
        return await runs.drop(session, viewer, proposal_id)


async def seen(house: House, at: Scene, run_id: UUID) -> RunDetails:
    async with house.database.reading() as session:
        return await run_queries.run(session, at.organiser, run_id)


async def pairs(house: House, run_id: UUID) -> set[tuple[UUID, UUID]]:
    """Who is proposed for what."""
    async with house.database.reading() as session:
        rows = await session.execute(
            select(Proposal.person_id, Proposal.shift_id).where(Proposal.run_id == run_id)
        )
        return {(row.person_id, row.shift_id) for row in rows}


async def outcomes(house: House, at: Scene, run_id: UUID) -> dict[UUID, str]:
    """What became of each person's one proposal: its state, and after a colon why it was skipped."""
    found = {}
    for shift in (await seen(house, at, run_id)).shifts:
        for one in shift.proposals:
            found[one.person_id] = one.state.value + (f":{one.skipped_for}" if one.skipped_for else "")
    return found


async def sign_up_of(house: House, viewer: Viewer, run_id: UUID) -> UUID:
    """The sign-up that the run made of the person's one proposal."""
    async with house.database.reading() as session:
        found = await session.scalar(
            select(Proposal.sign_up_id).where(
                Proposal.run_id == run_id,
                Proposal.person_id == viewer.person_id,
                Proposal.sign_up_id.is_not(None),
            )
        )
        assert found is not None
        return found
