"""One shift with its people, for the tests of hours: whoever came, whoever organises, and the clock at the door."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.hours import attendances, proofs, reviews
from marketplace.hours.codes import Rotation
from marketplace.hours.drafts import ByHandDraft, CodeDraft, DecisionDraft
from marketplace.hours.models import Attendance, HourReview, LedgerEntry
from marketplace.hours.states import Direction
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.outbox.models import OutboxEvent
from tests import builders, city

CODE_LASTS = 60


@dataclass(frozen=True, slots=True)
class Scene:
    """A confirmed volunteer, an organiser and a second one, and a shift that starts in two days and lasts two hours."""

    house: House
    clock: FixedClock
    volunteer: Viewer
    organiser: Viewer
    colleague: Viewer
    need_id: UUID
    shift_id: UUID
    sign_up_id: UUID
    starts_at: datetime
    ends_at: datetime

    @property
    def rotation(self) -> Rotation:
        return Rotation(self.house.vault, CODE_LASTS)

    def at(self, since_start: timedelta) -> None:
        """Move the clock to so long after the start (before it, when negative)."""
        self.clock.set(self.starts_at + since_start)

    def token(self, direction: Direction = Direction.IN) -> str:
        return self.rotation.token(self.shift_id, direction, self.clock.now())

    def digits(self, direction: Direction = Direction.IN) -> str:
        return self.rotation.short_code(self.shift_id, direction, self.clock.now())

    async def present(
        self, viewer: Viewer | None = None, direction: Direction = Direction.IN, **given: Any
    ) -> UUID:
        """Hold a code out, as the edge does it: judge in one transaction, record in the next."""
        if "key" in given:
            given["idempotency_key"] = given.pop("key")
        draft = CodeDraft(**{"code": self.token(direction), **given})
        async with self.house.database.unit_of_work() as session:
            proof = await proofs.judge(session, viewer or self.volunteer, self.house.vault, direction, draft)
        async with self.house.database.unit_of_work() as session:
            if direction is Direction.IN:
                return await attendances.check_in(session, proof)
            return await attendances.check_out(session, proof)

    async def come(self, since_start: timedelta = timedelta(0), **given: Any) -> UUID:
        self.at(since_start)
        return await self.present(**given)

    async def leave(self, since_start: timedelta = timedelta(hours=2), **given: Any) -> UUID:
        self.at(since_start)
        return await self.present(direction=Direction.OUT, **given)

    async def by_hand(self, direction: Direction, by: Viewer | None = None) -> UUID:
        draft = ByHandDraft(sign_up_id=self.sign_up_id, reason="手机没电")
        command = attendances.check_in_by_hand if direction is Direction.IN else attendances.check_out_by_hand
        async with self.house.database.unit_of_work() as session:
            return await command(session, by or self.organiser, draft)

    async def decide(self, minutes: int, by: Viewer | None = None) -> UUID:
        review_id = (await self.review()).id
        draft = DecisionDraft(review_id=review_id, minutes=minutes, reason="现场多人证明")
        async with self.house.database.unit_of_work() as session:
            return await reviews.decide(session, by or self.organiser, draft)

    async def close_forgotten(self) -> None:
        async with self.house.database.unit_of_work() as session:
            await attendances.close_forgotten(session)

    async def attendance(self) -> Attendance:
        async with self.house.database.reading() as session:
            return (await session.scalars(select(Attendance))).one()

    async def review(self) -> HourReview:
        async with self.house.database.reading() as session:
            return (await session.scalars(select(HourReview))).one()

    async def reviews(self) -> list[HourReview]:
        async with self.house.database.reading() as session:
            return list(await session.scalars(select(HourReview)))

    async def news(self) -> list[str]:
        """The names of all events so far, in order."""
        async with self.house.database.reading() as session:
            return list(await session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)))

    async def entries(self) -> list[LedgerEntry]:
        async with self.house.database.reading() as session:
            return list(
                await session.scalars(select(LedgerEntry).order_by(LedgerEntry.entered_at, LedgerEntry.id))
            )


async def build(house: House, clock: FixedClock, **shift: Any) -> Scene:
    """The scene, on a fresh house."""
    async with house.database.unit_of_work() as session:
        volunteer = await builders.viewer(session)
        organiser, colleague = [
            await builders.viewer(session, name, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
            for name in ("周敏", "吴磊")
        ]
        need_id = await builders.need(session, latitude=31.2204, longitude=121.4246)
        starts_at = shift.pop("starts_at", clock.now() + timedelta(days=2))
        lasts = shift.pop("lasts", timedelta(hours=2))
        shift_id = await builders.shift(session, need_id, starts_at=starts_at, lasts=lasts, **shift)
        assert volunteer.person_id is not None
        sign_up_id = await builders.sign_up(session, shift_id, volunteer.person_id)
    return Scene(
        house,
        clock,
        volunteer,
        organiser,
        colleague,
        need_id,
        shift_id,
        sign_up_id,
        starts_at,
        starts_at + lasts,
    )
