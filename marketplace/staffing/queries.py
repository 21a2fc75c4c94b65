"""Look up pools, roles and what was offered to somebody and why; an organiser's view of a need's shifts before a run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select

from marketplace.catalogue.models import QualificationType
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.recommendations.words import Reader, Told
from marketplace.staffing import explaining, policy
from marketplace.staffing.explaining import Scored
from marketplace.staffing.models import AssignmentRun, NeedRole, PoolEntry, PoolShift, Proposal
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_queries import organised_need
from marketplace.volunteering.sign_up_states import is_confirmed, is_open
from marketplace.volunteering.states import NeedState, need_state


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One's own open entry in the pool of a need; without ``shift_ids`` all that fit one's times."""

    id: UUID
    need_id: UUID
    most_shifts: int
    joined_at: datetime
    shift_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class RoleRow:
    """How many people with a qualification each shift of the need wants at least."""

    id: UUID
    name: str
    minimum_people: int
    qualification: QualificationType


@dataclass(frozen=True, slots=True)
class ShiftStaffing:
    """A coming shift and its people now: with a place, with a live offer, and asking for one."""

    shift_id: UUID
    starts_at: datetime
    ends_at: datetime
    minimum: int
    capacity: int
    confirmed: int
    offered: int
    asking: int

    @property
    def missing(self) -> int:
        """How many people the minimum still lacks, offers counted as if they were taken."""
        return max(0, self.minimum - self.confirmed - self.offered)


@dataclass(frozen=True, slots=True)
class NeedStaffing:
    """A need as its organisers staff it. ``pool`` counts the people who may be put where they are needed."""

    need_id: UUID
    title: str
    is_open: bool
    is_risky: bool
    pool: int
    shifts: Sequence[ShiftStaffing]
    roles: Sequence[RoleRow]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a run offered somebody this place, told to them; ``told`` is None where they turned ranking off."""

    sign_up_id: UUID
    role: str | None
    told: Told | None


async def my_entries(session: Session, viewer: Viewer, need_ids: Collection[UUID]) -> dict[UUID, EntryRow]:
    """The viewer's open entry in each need's pool, where there is one; nothing for strangers."""
    if viewer.is_stranger:
        return {}
    entries = (
        await session.scalars(
            select(PoolEntry)
            .join(Need, Need.id == PoolEntry.need_id)
            .where(
                PoolEntry.need_id.in_(need_ids),
                PoolEntry.person_id == viewer.person_id,
                PoolEntry.left_at.is_(None),
                policy.entries_visible_to(viewer),
            )
        )
    ).all()
    shifts = await session.execute(
        select(PoolShift.entry_id, PoolShift.shift_id)
        .where(PoolShift.entry_id.in_([entry.id for entry in entries]))
        .order_by(PoolShift.shift_id)
    )
    chosen = grouped(shifts)
    return {
        one.need_id: EntryRow(one.id, one.need_id, one.most_shifts, one.joined_at, chosen.get(one.id, []))
        for one in entries
    }


async def of_need(session: Session, viewer: Viewer, need_id: UUID) -> NeedStaffing:
    """The need's staffing now, for its organisers. Four statements. Raises SignInNeeded, NotFound, NotPermitted."""
    need = await organised_need(session, viewer, need_id)
    pool = await session.scalar(
        select(func.count())
        .select_from(PoolEntry)
        .where(PoolEntry.need_id == need_id, PoolEntry.left_at.is_(None))
    )
    return NeedStaffing(
        need_id=need.id,
        title=need.title,
        is_open=need_state(need) is NeedState.OPEN,
        is_risky=need.is_risky,
        pool=pool or 0,
        shifts=await _shifts(session, need_id),
        roles=await _roles(session, need_id),
    )


async def why(session: Session, viewer: Viewer, sign_up_ids: Collection[UUID]) -> dict[UUID, Why]:
    """Why the places of these sign-ups were offered, where a run offered them to the viewer; nothing for strangers."""
    rows = (
        await session.execute(
            select(Proposal, AssignmentRun.weights_version)
            .join(AssignmentRun, AssignmentRun.id == Proposal.run_id)
            .where(Proposal.sign_up_id.in_(sign_up_ids), policy.offered_visible_to(viewer))
        )
    ).all()
    return await _whys(session, [(one, version) for one, version in rows])


async def why_for_notice(session: Session, sign_up_id: UUID) -> Why | None:
    """The same for one sign-up, for the notice that tells its person of the offer."""
    rows = await session.execute(
        select(Proposal, AssignmentRun.weights_version)
        .join(AssignmentRun, AssignmentRun.id == Proposal.run_id)
        .where(Proposal.sign_up_id == sign_up_id)
    )
    return (await _whys(session, [(one, version) for one, version in rows])).get(sign_up_id)


async def _whys(session: Session, rows: Sequence[tuple[Proposal, int]]) -> dict[UUID, Why]:
    offered = {one.sign_up_id: (one, version) for one, version in rows if one.sign_up_id is not None}
    scored = {key: Scored(one.score, one.factors, version) for key, (one, version) in offered.items()}
    told = await explaining.told(session, scored, Reader.YOU)
    return {key: Why(key, one.role, told.get(key)) for key, (one, _) in offered.items()}


async def _shifts(session: Session, need_id: UUID) -> list[ShiftStaffing]:
    confirmed = func.sum(case((is_confirmed(), 1), else_=0))
    offered = func.sum(
        case(
            (SignUp.confirmed_at.is_(None) & (SignUp.offer_expires_at > session.now()) & is_open(), 1),
            else_=0,
        )
    )
    asking = func.sum(
        case((SignUp.confirmed_at.is_(None) & SignUp.offered_at.is_(None) & is_open(), 1), else_=0)
    )
    rows = await session.execute(
        select(Shift, confirmed, offered, asking)
        .outerjoin(SignUp, SignUp.shift_id == Shift.id)
        .where(Shift.need_id == need_id, Shift.starts_at > session.now(), Shift.cancelled_at.is_(None))
        .group_by(Shift.id)
        .order_by(Shift.starts_at, Shift.id)
    )
    return [
        ShiftStaffing(
            shift.id, shift.starts_at, shift.ends_at, shift.minimum_people, shift.capacity,
            there or 0, held or 0, waiting or 0,
        )
        for shift, there, held, waiting in rows
    ]  # fmt: skip


async def _roles(session: Session, need_id: UUID) -> list[RoleRow]:
    rows = await session.execute(
        select(NeedRole, QualificationType)
        .join(QualificationType, QualificationType.code == NeedRole.qualification_code)
        .where(NeedRole.need_id == need_id, NeedRole.removed_at.is_(None))
        .order_by(NeedRole.created_at, NeedRole.id)
    )
    return [RoleRow(role.id, role.name, role.minimum_people, kind) for role, kind in rows]
