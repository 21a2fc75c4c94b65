"""Assignment runs: computed from one snapshot outside of any write, stored for ever, looked at, checked; nothing happens to anybody yet."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Database, Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.staffing import explaining, gathering, planning, recorded
from marketplace.staffing.drafts import RunDraft
from marketplace.staffing.errors import NothingToStaff, RunWasSent
from marketplace.staffing.gathering import Question
from marketplace.staffing.models import AssignmentRun, Proposal, RunSending
from marketplace.staffing.planning import Answer
from marketplace.staffing.settings import Settings
from marketplace.volunteering.models import Need
from marketplace.volunteering.policy import manages
from marketplace.volunteering.sign_up_queries import organised_need
from matching import assignment

_LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Check:
    """A run computed again: whether the stored input and plan are what they were, and whether today's data still ask the same."""

    is_identical: bool
    is_up_to_date: bool


async def start(database: Database, viewer: Viewer, need_id: UUID, draft: RunDraft) -> UUID:
    """Compute and store a run; gives its id, which is the draft's key. A repeated key gives the first run again.

    Raises SignInNeeded, NotFound, NotPermitted, NothingToStaff, RunIsTooLarge.
    """
    async with database.reading() as session:
        await gathering.one_snapshot(session)
        await organised_need(session, viewer, need_id)
        if await session.get(AssignmentRun, draft.key) is not None:
            return await _made_before(session, need_id, draft.key)
        question = await gathering.gather(session, viewer, need_id, _settings(draft))
    answered = await asyncio.to_thread(planning.answer, question)
    async with database.unit_of_work() as session:
        await organised_need(session, viewer, need_id)
        return await store(session, viewer, draft.key, question, answered)


async def store(session: Session, viewer: Viewer, run_id: UUID, question: Question, answered: Answer) -> UUID:
    """Keep a run with its proposals."""
    plan, problem = answered.plan, answered.problem
    run = AssignmentRun(
        id=run_id,
        need_id=question.need_id,
        started_by=viewer.signed_in(),
        started_at=session.now(),
        settings=question.settings.as_json(),
        seed=plan.seed,
        weights_version=question.weights.version,
        input=recorded.kept(problem),
        input_hash=plan.input_hash,
        plan_hash=recorded.plan_hash(recorded.pairs_of(plan, problem)),
        method=plan.method.value,
        minimum_places=plan.worth.minimum_places,
        objective=plan.worth.value,
        bound_minimum_places=None if plan.bound is None else plan.bound.minimum_places,
        bound=None if plan.bound is None else plan.bound.value,
        gap=None if plan.gap is None else float(plan.gap),
        people=len(question.candidates),
        staffing=_staffing(question, answered),
    )
    if not await insert_once(session, run):
        return await _made_before(session, question.need_id, run_id)
    session.add_all(_proposals(run_id, answered))
    audit.record(
        session,
        viewer.person_id,
        "assignment_run.computed",
        ("assignment_run", run_id),
        need=question.need_id,
        proposals=len(plan.placed),
    )
    return run_id


async def drop(session: Session, viewer: Viewer, proposal_id: UUID) -> UUID:
    """Leave one proposal out of what will be sent; gives its run's id. Raises SignInNeeded, NotFound, RunWasSent."""
    viewer.signed_in()
    run_id = await session.scalar(
        select(AssignmentRun.id)
        .join(Proposal, Proposal.run_id == AssignmentRun.id)
        .join(Need, Need.id == AssignmentRun.need_id)
        .where(Proposal.id == proposal_id, manages(viewer))
    )
    if run_id is None:
        raise NotFound()
    # Whoever sends locks the proposals first; one that was dropped while it waited for us is not among them.
    dropped = await session.execute(
        update(Proposal)
        .where(
            Proposal.id == proposal_id,
            Proposal.sign_up_id.is_(None),
            Proposal.skipped_for.is_(None),
            ~select(RunSending.run_id).where(RunSending.run_id == run_id).exists(),
        )
        .values(
            dropped_at=func.coalesce(Proposal.dropped_at, session.now()),
            dropped_by=func.coalesce(Proposal.dropped_by, viewer.person_id),
        )
        .returning(Proposal.id)
        .execution_options(synchronize_session=False)
    )
    if dropped.scalar_one_or_none() is None:
        raise RunWasSent()
    audit.record(
        session, viewer.person_id, "proposal.dropped", ("assignment_run", run_id), proposal=proposal_id
    )
    return run_id


async def check(database: Database, viewer: Viewer, run_id: UUID) -> Check:
    """Compute a run again from what is stored, and ask whether the data are still the same. Raises SignInNeeded, NotFound."""
    async with database.reading() as session:
        await gathering.one_snapshot(session)
        run = await managed(session, viewer, run_id)
        proposed = await session.execute(
            select(Proposal.person_id, Proposal.shift_id).where(Proposal.run_id == run_id)
        )
        stored = recorded.plan_hash((str(row.person_id), str(row.shift_id)) for row in proposed)
        try:
            settings = Settings.of(run.settings, run.seed)
            today = await gathering.gather(session, viewer, run.need_id, settings)
        except NothingToStaff:
            today = None
    return await asyncio.to_thread(_checked, run, stored, today)


def _checked(run: AssignmentRun, stored: str, today: Question | None) -> Check:
    problem = recorded.opened(run.input)
    again = recorded.plan_hash(recorded.pairs_of(assignment.assign(problem), problem))
    return Check(
        is_identical=problem.input_hash() == run.input_hash and again == run.plan_hash == stored,
        is_up_to_date=today is not None and planning.answer(today).plan.input_hash == run.input_hash,
    )


async def managed(session: Session, viewer: Viewer, run_id: UUID) -> AssignmentRun:
    """The run, for who organises its need. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    run = await session.scalar(
        select(AssignmentRun)
        .join(Need, Need.id == AssignmentRun.need_id)
        .where(AssignmentRun.id == run_id, manages(viewer))
    )
    if run is None:
        raise NotFound()
    return run


async def _made_before(session: Session, need_id: UUID, run_id: UUID) -> UUID:
    known = await session.scalar(
        select(AssignmentRun.id).where(AssignmentRun.id == run_id, AssignmentRun.need_id == need_id)
    )
    if known is None:
        raise NotFound()
    return known


def _settings(draft: RunDraft) -> Settings:
    return Settings(
        shifts=tuple(sorted(set(draft.shifts))),
        most_shifts=draft.most_shifts,
        rest_minutes=draft.rest_minutes,
        offer_minutes=draft.offer_minutes,
        seed=secrets.randbelow(_LARGEST_SEED) if draft.seed is None else draft.seed,
    )


def _staffing(question: Question, answered: Answer) -> list[dict[str, Any]]:
    """One object a shift: what it needs, who was there before, and who would be after."""
    here = zip(
        question.shifts, answered.problem.shifts, answered.plan.before, answered.plan.after, strict=False
    )
    return [
        {
            "shift": str(shift.id),
            "starts_at": shift.starts_at.isoformat(),
            "ends_at": shift.ends_at.isoformat(),
            "minimum": shift.minimum,
            "needed": asked.needed,
            "capacity": shift.capacity,
            "before": before.people,
            "covered_before": before.covered,
            "after": after.people,
            "covered_after": after.covered,
            "roles": [
                {"name": role.name, "minimum": role.minimum, "qualification": role.qualification}
                for role in asked.roles
            ],
        }
        for shift, asked, before, after in here
    ]


def _proposals(run_id: UUID, answered: Answer) -> list[Proposal]:
    people, shifts = answered.problem.people, answered.problem.shifts
    made = []
    for placed in answered.plan.placed:
        pair = (UUID(people[placed.person].id), UUID(shifts[placed.shift].id))
        explanation = answered.explanations[pair]
        made.append(
            Proposal(
                id=new_id(),
                run_id=run_id,
                person_id=pair[0],
                shift_id=pair[1],
                score=planning.PLAIN_SCORE if explanation is None else explanation.score,
                role=placed.role,
                factors=None if explanation is None else explaining.stored(explanation),
            )
        )
    return made
