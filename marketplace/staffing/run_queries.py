"""Assignment runs as their organisers read them: settings, proof, staffing before and after, and what became of each proposal."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import defer

from marketplace.db.pages import falling
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.recommendations.words import Reader, Told
from marketplace.staffing import explaining
from marketplace.staffing.explaining import Scored
from marketplace.staffing.models import AssignmentRun, Proposal, RunSending
from marketplace.staffing.settings import Settings
from marketplace.volunteering.models import Need, SignUp
from marketplace.volunteering.policy import manages
from marketplace.volunteering.sign_up_queries import organised_need
from marketplace.volunteering.sign_up_states import SignUpState, sign_up_state


class ProposalState(StrEnum):
    """What became of a proposal. Words are keyed ``state.proposal.<value>``."""

    PROPOSED = "proposed"
    DROPPED = "dropped"
    SKIPPED = "skipped"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


_OF_SIGN_UP: Mapping[SignUpState, ProposalState] = {
    SignUpState.OFFERED: ProposalState.OFFERED,
    SignUpState.CONFIRMED: ProposalState.ACCEPTED,
    SignUpState.LAPSED: ProposalState.LAPSED,
    SignUpState.CANCELLED: ProposalState.CANCELLED,
    SignUpState.WITHDRAWN: ProposalState.DECLINED,
    SignUpState.DECLINED: ProposalState.DECLINED,
}


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One proposed pair with the person's name. ``skipped_for`` is worded by ``skipped.<code>``; scores are tenths of a point.

    ``told`` says why, to an organiser; None where the person turned ranking off.
    """

    id: UUID
    person_id: UUID
    name: str
    shift_id: UUID
    score: int
    role: str | None
    told: Told | None
    state: ProposalState
    skipped_for: str | None
    sign_up_id: UUID | None


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """One shift in a run: who was there before, offers included, and who would be there after; ``dropped`` were taken out since.

    ``covered`` counts places that the work cannot do without, of the ``needed`` ones, roles by the qualified.
    """

    shift_id: UUID
    starts_at: datetime
    ends_at: datetime
    minimum: int
    needed: int
    capacity: int
    before: int
    after: int
    covered_before: int
    covered_after: int
    roles: Sequence[Mapping[str, Any]]
    proposals: Sequence[ProposalRow]

    @property
    def added(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run without its proposals. ``sent_at`` is None until the offers are out."""

    id: UUID
    need_id: UUID
    title: str
    started_at: datetime
    started_by: str
    sent_at: datetime | None
    settings: Settings
    seed: int
    weights_version: int
    input_hash: str
    method: str
    minimum_places: int
    objective: int
    bound_minimum_places: int | None
    bound: int | None
    gap: float | None
    people: int
    staffing: Sequence[Mapping[str, Any]]

    @property
    def is_optimal(self) -> bool:
        return (self.minimum_places, self.objective) == (self.bound_minimum_places, self.bound)

    @property
    def needed(self) -> int:
        return sum(one["needed"] for one in self.staffing)

    @property
    def covered_before(self) -> int:
        return sum(one["covered_before"] for one in self.staffing)

    @property
    def added(self) -> int:
        """How many places the plan fills."""
        return sum(one["after"] - one["before"] for one in self.staffing)

    @property
    def value_gap(self) -> float | None:
        """By which share of the bound the scores could be better, where the minimum places cannot; None where that is not known."""
        if self.bound is None or self.bound_minimum_places != self.minimum_places:
            return None
        return (self.bound - self.objective) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run, whole."""

    run: RunRow
    shifts: Sequence[ShiftPlan]
    counts: Mapping[ProposalState, int]

    @property
    def to_send(self) -> int:
        return self.counts.get(ProposalState.PROPOSED, 0)

    def count_of(self, state: str) -> int:
        """How many proposals stand there."""
        return self.counts.get(ProposalState(state), 0)


async def of_need(session: Session, viewer: Viewer, need_id: UUID, request: PageRequest) -> Page[RunRow]:
    """The runs of a need, the newest first. Raises SignInNeeded, NotFound, NotPermitted."""
    await organised_need(session, viewer, need_id)
    query = _runs(viewer).where(AssignmentRun.need_id == need_id)
    rows = await session.execute(falling(query, request, AssignmentRun.id))
    return cut([_run(row) for row in rows], request, lambda row: encode_cursor(row.id))


async def runs_by_ids(session: Session, viewer: Viewer, run_ids: Collection[UUID]) -> dict[UUID, RunRow]:
    """Those of the runs whose need the viewer organises."""
    rows = await session.execute(_runs(viewer).where(AssignmentRun.id.in_(run_ids)))
    return {row.AssignmentRun.id: _run(row) for row in rows}


async def run(session: Session, viewer: Viewer, run_id: UUID) -> RunDetails:
    """One run with its proposals. Three statements. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    row = (await runs_by_ids(session, viewer, [run_id])).get(run_id)
    if row is None:
        raise NotFound()
    proposals = (await proposals_by_runs(session, viewer, [run_id])).get(run_id, [])
    return RunDetails(row, _plans(row, proposals), Counter(one.state for one in proposals))


async def details_by_ids(
    session: Session, viewer: Viewer, run_ids: Collection[UUID]
) -> dict[UUID, list[ShiftPlan]]:
    """The shifts of each run that the viewer may see, before and after, with their proposals."""
    found = await runs_by_ids(session, viewer, run_ids)
    proposals = await proposals_by_runs(session, viewer, found)
    return {run_id: _plans(row, proposals.get(run_id, [])) for run_id, row in found.items()}


async def proposals_by_runs(
    session: Session, viewer: Viewer, run_ids: Collection[UUID]
) -> dict[UUID, list[ProposalRow]]:
    """The proposals of each run that the viewer may see, the best first."""
    rows = (
        await session.execute(
            select(Proposal, Person.name, SignUp, AssignmentRun.weights_version)
            .join(AssignmentRun, AssignmentRun.id == Proposal.run_id)
            .join(Need, Need.id == AssignmentRun.need_id)
            .join(Person, Person.id == Proposal.person_id)
            .outerjoin(SignUp, SignUp.id == Proposal.sign_up_id)
            .where(Proposal.run_id.in_(run_ids), manages(viewer))
            .order_by(Proposal.score.desc(), Proposal.id)
        )
    ).all()
    scored = {one.id: Scored(one.score, one.factors, version) for one, _, _, version in rows}
    told = await explaining.told(session, scored, Reader.THEM)
    return grouped(
        (one.run_id, _proposal(one, name, told.get(one.id), _state(one, sign_up, session.now())))
        for one, name, sign_up, _ in rows
    )


def _state(one: Proposal, sign_up: SignUp | None, now: datetime) -> ProposalState:
    if one.dropped_at is not None:
        return ProposalState.DROPPED
    if one.skipped_for is not None:
        return ProposalState.SKIPPED
    return ProposalState.PROPOSED if sign_up is None else _OF_SIGN_UP[sign_up_state(sign_up, now)]


def _proposal(one: Proposal, name: str, told: Told | None, state: ProposalState) -> ProposalRow:
    return ProposalRow(
        one.id,
        one.person_id,
        name,
        one.shift_id,
        one.score,
        one.role,
        told,
        state,
        one.skipped_for,
        one.sign_up_id,
    )


def _plans(row: RunRow, proposals: Sequence[ProposalRow]) -> list[ShiftPlan]:
    return [
        ShiftPlan(
            shift_id=UUID(one["shift"]),
            starts_at=datetime.fromisoformat(one["starts_at"]),
            ends_at=datetime.fromisoformat(one["ends_at"]),
            minimum=one["minimum"],
            needed=one["needed"],
            capacity=one["capacity"],
            before=one["before"],
            after=one["after"],
            covered_before=one["covered_before"],
            covered_after=one["covered_after"],
            roles=one["roles"],
            proposals=[found for found in proposals if str(found.shift_id) == one["shift"]],
        )
        for one in row.staffing
    ]


def _runs(viewer: Viewer) -> Select[AssignmentRun, str, str, datetime]:
    """Without the stored input, which is large and asked for by a check alone."""
    return (
        select(AssignmentRun, Need.title, Person.name, RunSending.sent_at)
        .join(Need, Need.id == AssignmentRun.need_id)
        .join(Person, Person.id == AssignmentRun.started_by)
        .outerjoin(RunSending, RunSending.run_id == AssignmentRun.id)
        .where(manages(viewer))
        .options(defer(AssignmentRun.input))
    )


def _run(row: Any) -> RunRow:
    one: AssignmentRun = row.AssignmentRun
    return RunRow(
        id=one.id,
        need_id=one.need_id,
        title=row.title,
        started_at=one.started_at,
        started_by=row.name,
        sent_at=row.sent_at,
        settings=Settings.of(one.settings, one.seed),
        seed=one.seed,
        weights_version=one.weights_version,
        input_hash=one.input_hash,
        method=one.method,
        minimum_places=one.minimum_places,
        objective=one.objective,
        bound_minimum_places=one.bound_minimum_places,
        bound=one.bound,
        gap=one.gap,
        people=one.people,
        staffing=one.staffing,
    )
