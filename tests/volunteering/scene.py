"""One need, one shift, an organiser and volunteers: the scene of the tests of signing up. Every step is a transaction of its own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering import decisions, sign_up_queries, sign_ups, waiting
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.sign_up_drafts import AddDraft, DecisionDraft, JoinDraft
from marketplace.volunteering.sign_up_queries import SignUpRow
from marketplace.volunteering.sign_up_states import SignUpState
from tests import builders, city

_SHIFT_FACTS = {"starts_in", "lasts", "starts_at", "capacity", "cancelled_at", "next_waiting_number"}


@dataclass(frozen=True, slots=True)
class Scene:
    need_id: UUID
    shift_id: UUID
    organiser: Viewer


async def shift(house: House, **facts: Any) -> Scene:
    """A shift of a new need in Jiangsu Road community, and the community worker who organises it."""
    of_shift = {name: value for name, value in facts.items() if name in _SHIFT_FACTS}
    of_need = {name: value for name, value in facts.items() if name not in _SHIFT_FACTS}
    async with house.database.unit_of_work() as session:
        organiser = await builders.viewer(
            session, "周组织", role=Role.COMMUNITY_WORKER, scope=city.JIANGSU_COMMUNITY
        )
        need_id = await builders.need(session, **of_need)
        return Scene(need_id, await builders.shift(session, need_id, **of_shift), organiser)


async def one_more_shift(house: House, at: Scene, **facts: Any) -> UUID:
    """Another shift of the same need."""
    async with house.database.unit_of_work() as session:
        return await builders.shift(session, at.need_id, **facts)


async def read_english(house: House, *viewers: Viewer) -> None:
    """From now on these people read English."""
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Person).where(Person.id.in_(one.signed_in() for one in viewers)).values(locale="en")
        )


async def volunteer(house: House, name: str = "林小满", **facts: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, **facts)


def draft(key: str | None = None, **facts: Any) -> JoinDraft:
    return JoinDraft(idempotency_key=key or str(new_id()), **facts)


async def join(house: House, viewer: Viewer, shift_id: UUID, key: str | None = None, **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        return await sign_ups.join(session, viewer, shift_id, draft(key, **facts))


async def withdraw(house: House, viewer: Viewer, sign_up_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await sign_ups.withdraw(session, viewer, sign_up_id)


async def accept(house: House, viewer: Viewer, sign_up_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await sign_ups.accept_offer(session, viewer, sign_up_id)


async def decline_offer(house: House, viewer: Viewer, sign_up_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await sign_ups.decline_offer(session, viewer, sign_up_id)


async def approve(house: House, organiser: Viewer, sign_up_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await decisions.approve(session, organiser, sign_up_id)


async def decline(house: House, organiser: Viewer, sign_up_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await decisions.decline(session, organiser, sign_up_id, DecisionDraft(reason="这次人手已够"))


async def release(house: House, organiser: Viewer, sign_up_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await decisions.release(session, organiser, sign_up_id, DecisionDraft(reason="本人来电请假"))


async def add(house: House, organiser: Viewer, shift_id: UUID, person: Viewer, **facts: Any) -> UUID:
    async with house.database.unit_of_work() as session:
        draft = AddDraft(person_id=person.signed_in(), **facts)
        return await decisions.add(session, organiser, shift_id, draft)


async def change_need(session: Session, need_id: UUID, **facts: Any) -> None:
    """Set columns of the need, whoever may or may not."""
    await session.execute(update(Need).where(Need.id == need_id).values(**facts))


async def settle_overdue(house: House) -> None:
    """What the repeated task does each minute."""
    async with house.database.unit_of_work() as session:
        await waiting.settle_overdue(session)


async def seen(house: House, viewer: Viewer, sign_up_id: UUID) -> SignUpRow:
    async with house.database.reading() as session:
        return await sign_up_queries.sign_up(session, viewer, sign_up_id)


async def state_of(house: House, viewer: Viewer, sign_up_id: UUID) -> SignUpState:
    return (await seen(house, viewer, sign_up_id)).state


async def places_taken(house: House, shift_id: UUID) -> int:
    async with house.database.reading() as session:
        return (await session.execute(select(Shift.places_taken).where(Shift.id == shift_id))).scalar_one()


async def events(house: House, stream_id: UUID) -> list[str]:
    """Names of the events of one stream, in order."""
    async with house.database.reading() as session:
        return list(
            await session.scalars(
                select(OutboxEvent.name)
                .where(OutboxEvent.stream_id == stream_id)
                .order_by(OutboxEvent.sequence)
            )
        )


async def count_events(house: House) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(OutboxEvent)) or 0
