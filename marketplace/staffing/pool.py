"""The pool of a need: "put me where I am needed", for at most so many shifts, until one leaves it again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.staffing.drafts import PoolDraft
from marketplace.staffing.models import PoolEntry, PoolShift
from marketplace.volunteering import eligibility
from marketplace.volunteering.errors import KeyWasUsedElsewhere, RisksAreNotAgreed
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.policy import visible_to


async def join(session: Session, viewer: Viewer, need_id: UUID, draft: PoolDraft) -> UUID:
    """Put the viewer into the need's pool, or change what they said before; gives the entry's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, a Reason of ``eligibility``, RisksAreNotAgreed, InputIsInvalid for a shift that is not coming,
    KeyWasUsedElsewhere.
    """
    person = await people.must_be_there(session, viewer.signed_in())
    # Looked up under the person's lock: of two requests with one key the second waits above and then sees the first one's row.
    answered = await session.scalar(
        select(PoolEntry).where(
            PoolEntry.person_id == person.id, PoolEntry.idempotency_key == draft.idempotency_key
        )
    )
    if answered is not None:
        if answered.need_id != need_id:
            raise KeyWasUsedElsewhere()
        return answered.id
    need = await session.scalar(select(Need).where(Need.id == need_id, visible_to(viewer)))
    if need is None:
        raise NotFound()
    chosen = await _chosen(session, need_id, draft)
    await _must_suit(session, person.id, need, chosen)
    if need.is_risky and not draft.agreed:
        raise RisksAreNotAgreed()
    await _end(session, person.id, need_id)
    return await _add(session, person.id, need_id, draft)


async def leave(session: Session, viewer: Viewer, need_id: UUID) -> None:
    """Take the viewer out of the need's pool; places that they have or were offered stay theirs. Raises SignInNeeded, NotFound."""
    person = await people.must_be_there(session, viewer.signed_in())
    await _end(session, person.id, need_id)


async def _chosen(session: Session, need_id: UUID, draft: PoolDraft) -> Sequence[Shift]:
    """The shifts chosen, or all that are coming. Raises InputIsInvalid."""
    coming = select(Shift).where(
        Shift.need_id == need_id, Shift.starts_at > session.now(), Shift.cancelled_at.is_(None)
    )
    if draft.shifts:
        coming = coming.where(Shift.id.in_(draft.shifts))
    found = (await session.scalars(coming.order_by(Shift.starts_at, Shift.id))).all()
    if len(found) < len(set(draft.shifts)):
        raise InputIsInvalid.of("shifts", "shift_not_coming")
    return found


async def _must_suit(session: Session, person_id: UUID, need: Need, shifts: Sequence[Shift]) -> None:
    """By law, on the day of the last shift: who is old enough only for some of them is judged for each when it is offered."""
    day = local_day(shifts[-1].starts_at if shifts else session.now())
    for reason in await eligibility.for_need(session, person_id, need, day):
        raise reason


async def _end(session: Session, person_id: UUID, need_id: UUID) -> None:
    await session.execute(
        update(PoolEntry)
        .where(PoolEntry.person_id == person_id, PoolEntry.need_id == need_id, PoolEntry.left_at.is_(None))
        .values(left_at=session.now())
    )


async def _add(session: Session, person_id: UUID, need_id: UUID, draft: PoolDraft) -> UUID:
    entry = PoolEntry(
        id=new_id(),
        need_id=need_id,
        person_id=person_id,
        idempotency_key=draft.idempotency_key,
        most_shifts=draft.most_shifts,
        agreed_at=session.now() if draft.agreed else None,
        joined_at=session.now(),
    )
    session.add(entry)
    await session.flush()
    session.add_all(
        [PoolShift(entry_id=entry.id, shift_id=shift_id) for shift_id in sorted(set(draft.shifts))]
    )
    return entry.id
