"""The offers of a run, sent once: each proposal is judged anew and becomes an offer, or is skipped with a reason.

All people are locked first, in order of id, then the shifts, in order of id: as everybody locks, so nobody waits in a circle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import MarketplaceError, NotFound
from marketplace.staffing import gathering, planning, runs
from marketplace.staffing.models import AssignmentRun, PoolEntry, PoolShift, Proposal, RunSending
from marketplace.staffing.settings import Settings
from marketplace.volunteering import offers, places
from marketplace.volunteering.errors import (
    NeedIsNotOpen,
    OfferIsTooLate,
    PersonIsTakenThen,
    PlaceIsHeldAlready,
    Reason,
    RisksAreNotAgreed,
    ShiftIsFull,
    ShiftIsOff,
    SignUpIsTooLate,
)
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.places import LockedShift
from marketplace.volunteering.sign_up_states import is_open
from matching import assignment

LEFT_POOL = "left_pool"
HAS_ENOUGH = "has_enough"
HAS_NO_REST = "has_no_rest"
OWN_RUN = "own_run"
IS_GONE = "is_gone"
DOES_NOT_SUIT = "does_not_suit"
# What an organiser may read about why somebody was passed over; which law barred them is nobody else's business.
_SAID: tuple[type[MarketplaceError], ...] = (
    ShiftIsOff,
    SignUpIsTooLate,
    NeedIsNotOpen,
    PlaceIsHeldAlready,
    PersonIsTakenThen,
    OfferIsTooLate,
    ShiftIsFull,
    RisksAreNotAgreed,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants by now: at most so many shifts, of these (any when empty), and those signed up for without a place."""

    most_shifts: int
    chosen: frozenset[UUID]
    asked: frozenset[UUID]
    is_in_pool: bool
    agreed_at: datetime | None

    def covers(self, shift_id: UUID) -> bool:
        return shift_id in self.asked or (self.is_in_pool and (not self.chosen or shift_id in self.chosen))


async def send(session: Session, viewer: Viewer, run_id: UUID) -> None:
    """Offer every proposal of the run that was not dropped; a second sending changes nothing. Raises SignInNeeded, NotFound."""
    run = await runs.managed(session, viewer, run_id)
    if not await insert_once(
        session, RunSending(run_id=run_id, sent_by=viewer.signed_in(), sent_at=session.now())
    ):
        return
    proposals = await _proposals(session, run_id)
    present = await _lock_people(session, {one.person_id for one in proposals})
    settings = Settings.of(run.settings, run.seed)
    wishes = await _wishes(session, run, settings.most_shifts, present)
    sending = _Round(session, viewer, run, settings, wishes)
    for shift_id, some in sorted(grouped((one.shift_id, one) for one in proposals).items()):
        async with places.locked(session, shift_id) as held:
            for one in some:
                await sending.offer(held, one)
    sent = sum(one.sign_up_id is not None for one in proposals)
    audit.record(
        session, viewer.person_id, "assignment_run.sent", ("assignment_run", run_id),
        offers=sent, skipped=len(proposals) - sent,
    )  # fmt: skip


async def _proposals(session: Session, run_id: UUID) -> Sequence[Proposal]:
    """The proposals to send, locked; the best of each shift first."""
    found = await session.scalars(
        select(Proposal)
        .where(Proposal.run_id == run_id, Proposal.dropped_at.is_(None))
        .order_by(Proposal.score.desc(), Proposal.id)
        .with_for_update()
    )
    return found.all()


async def _lock_people(session: Session, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the people who are still there."""
    present = set()
    for person_id in sorted(person_ids):
        try:
            await people.must_be_there(session, person_id)
        except NotFound:
            continue
        present.add(person_id)
    return present


async def _wishes(
    session: Session, run: AssignmentRun, most_shifts: int, person_ids: set[UUID]
) -> Mapping[UUID, Wish]:
    chosen: dict[UUID, set[UUID]] = defaultdict(set)
    entries: dict[UUID, PoolEntry] = {}
    for entry, shift_id in await session.execute(
        select(PoolEntry, PoolShift.shift_id)
        .outerjoin(PoolShift, PoolShift.entry_id == PoolEntry.id)
        .where(
            PoolEntry.need_id == run.need_id,
            PoolEntry.left_at.is_(None),
            PoolEntry.person_id.in_(person_ids),
        )
    ):
        entries[entry.person_id] = entry
        if shift_id is not None:
            chosen[entry.person_id].add(shift_id)
    asked = await _asked(session, run, person_ids)
    return {
        person_id: _wish(entries.get(person_id), most_shifts, chosen[person_id], asked[person_id])
        for person_id in person_ids
    }


async def _asked(session: Session, run: AssignmentRun, person_ids: set[UUID]) -> defaultdict[UUID, set[UUID]]:
    """Who signed up for which of the need's shifts and has no place there."""
    asked: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for row in await session.execute(
        select(SignUp.person_id, SignUp.shift_id)
        .join(Shift, Shift.id == SignUp.shift_id)
        .where(
            Shift.need_id == run.need_id,
            SignUp.person_id.in_(person_ids),
            SignUp.confirmed_at.is_(None),
            is_open(),
        )
    ):
        asked[row.person_id].add(row.shift_id)
    return asked


def _wish(entry: PoolEntry | None, most_shifts: int, chosen: set[UUID], asked: set[UUID]) -> Wish:
    return Wish(
        most_shifts=most_shifts if entry is None else min(entry.most_shifts, most_shifts),
        chosen=frozenset(chosen),
        asked=frozenset(asked),
        is_in_pool=entry is not None,
        agreed_at=None if entry is None else entry.agreed_at,
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """One sending: who sends which run, and what its people want by now."""

    session: Session
    viewer: Viewer
    run: AssignmentRun
    settings: Settings
    wishes: Mapping[UUID, Wish]

    async def offer(self, held: LockedShift, one: Proposal) -> None:
        """Make the offer and note it, or note why not."""
        wish = self.wishes.get(one.person_id)
        one.skipped_for = IS_GONE if wish is None else await self._against(held, one.person_id, wish)
        if wish is None or one.skipped_for is not None:
            return
        lasts = timedelta(minutes=self.settings.offer_minutes)
        try:
            one.sign_up_id = await offers.offer_to(
                self.session, held, one.person_id, lasts=lasts, agreed_at=wish.agreed_at
            )
        except _SAID as error:
            one.skipped_for = error.code
        except Reason:
            one.skipped_for = DOES_NOT_SUIT
        await self.session.flush()

    async def _against(self, held: LockedShift, person_id: UUID, wish: Wish) -> str | None:
        """What the run promised the person and no longer holds; the law and places are judged by the offer itself."""
        if person_id == self.viewer.person_id:
            return OWN_RUN
        if not wish.covers(held.id):
            return LEFT_POOL
        if await self._count_here(person_id) >= wish.most_shifts:
            return HAS_ENOUGH
        return await self._against_others(held, person_id)

    async def _count_here(self, person_id: UUID) -> int:
        """In how many shifts of the run the person has a place or a live offer."""
        counted = (
            select(func.count())
            .select_from(SignUp)
            .where(
                SignUp.shift_id.in_([UUID(one["shift"]) for one in self.run.staffing]),
                SignUp.person_id == person_id,
                is_open(),
                or_(SignUp.confirmed_at.is_not(None), SignUp.offer_expires_at > self.session.now()),
            )
        )
        return await self.session.scalar(counted) or 0

    async def _against_others(self, held: LockedShift, person_id: UUID) -> str | None:
        """The same rule as in the plan, over the places and live offers that the person has by now."""
        here = gathering.shift_facts(held.shift, held.need)
        others, _ = await gathering.elsewhere(self.session, [here], [person_id])
        if any(one.starts_at < here.ends_at and here.starts_at < one.ends_at for one in others):
            return PersonIsTakenThen.code
        near = assignment.too_near(
            planning.shift_of(here),
            [planning.shift_of(one) for one in others],
            self.settings.rest_minutes,
            self.settings.metres_per_minute,
        )
        return HAS_NO_REST if near else None
