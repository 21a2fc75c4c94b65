"""Assignment runs in the graph: from their settings and proposals to the offers, and why a run offered a place."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, change, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.recommendations import Explanation
from marketplace.graph.scalars import Minutes
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.pagination import PageRequest
from marketplace.staffing import queries, run_queries, runs, sending
from marketplace.staffing.drafts import RunDraft
from marketplace.staffing.run_queries import ProposalRow, ProposalState, RunRow, ShiftPlan

strawberry.enum(
    ProposalState,
    description="Proposed until the offers are sent; then offered and answered, or skipped. A dropped one is never sent.",
)


@strawberry.type(description="A run proposes this person for that shift.")
class Proposal:
    id: strawberry.ID
    person_id: strawberry.ID
    person_name: str
    state: ProposalState
    role: str | None = strawberry.field(description="The role that the person would fill.")
    points: float = strawberry.field(description="Of 100.")
    why: Explanation | None = strawberry.field(
        description="Null where the person turned personal ranking off."
    )
    skipped_for: str | None = strawberry.field(description="Why no offer was made, for programs.")
    skipped_because: str | None = strawberry.field(description="The same, for people.")

    @classmethod
    def of(cls, row: ProposalRow, locale: str) -> "Proposal":
        return cls(
            id=global_id("Proposal", row.id),
            person_id=global_id("Person", row.person_id),
            person_name=row.name,
            state=row.state,
            role=row.role,
            points=row.score / 10,
            why=None if row.told is None else Explanation.of(row.told, locale),
            skipped_for=row.skipped_for,
            skipped_because=sentence(locale, f"skipped.{row.skipped_for}", {}) if row.skipped_for else None,
        )


@strawberry.type(description="One shift before and after a run.")
class PlannedShift:
    shift_id: strawberry.ID
    starts_at: datetime
    ends_at: datetime
    minimum_people: int
    capacity: int
    needed: int = strawberry.field(description="The minimum, or what the roles need where that is more.")
    people_before: int = strawberry.field(
        description="Confirmed people and live offers when the run was made."
    )
    people_after: int = strawberry.field(description="The same if every proposal is accepted.")
    covered_before: int = strawberry.field(
        description="Needed places that are filled, roles by the qualified."
    )
    covered_after: int
    proposals: list[Proposal]

    @classmethod
    def of(cls, row: ShiftPlan, locale: str) -> "PlannedShift":
        return cls(
            shift_id=global_id("Shift", row.shift_id),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            minimum_people=row.minimum,
            capacity=row.capacity,
            needed=row.needed,
            people_before=row.before,
            people_after=row.after,
            covered_before=row.covered_before,
            covered_after=row.covered_after,
            proposals=[Proposal.of(one, locale) for one in row.proposals],
        )


@node(run_queries.runs_by_ids)
@strawberry.type(
    description="One answer to the question who goes where, never changed; for the need's organisers."
)
class AssignmentRun(Node):
    need_id: strawberry.ID
    started_at: datetime
    started_by: str
    sent_at: datetime | None = strawberry.field(description="When the offers were sent; null until then.")
    people: int = strawberry.field(description="How many could be proposed.")
    most_shifts: int
    rest_minutes: Minutes
    offer_minutes: Minutes
    seed: int
    input_hash: str = strawberry.field(description="SHA-256 of everything that the answer depends on.")
    weights_version: int
    method: str
    minimum_places: int = strawberry.field(
        description="Needed places that the plan fills: what counts first."
    )
    objective: float = strawberry.field(
        description="Points of all proposals, less what fairness takes: what counts next."
    )
    bound_minimum_places: int | None = strawberry.field(description="No plan fills more needed places.")
    bound: float | None = strawberry.field(
        description="No plan that fills so many needed places has more points."
    )
    gap: float | None = strawberry.field(
        description="By which share of the bound the plan may fall short; 0 is proved best, null is unknown."
    )
    is_optimal: bool
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: RunRow) -> "AssignmentRun":
        return cls(
            id=global_id("AssignmentRun", row.id),
            need_id=global_id("Need", row.need_id),
            started_at=row.started_at,
            started_by=row.started_by,
            sent_at=row.sent_at,
            people=row.people,
            most_shifts=row.settings.most_shifts,
            rest_minutes=Minutes(row.settings.rest_minutes),
            offer_minutes=Minutes(row.settings.offer_minutes),
            seed=row.seed,
            input_hash=row.input_hash,
            weights_version=row.weights_version,
            method=row.method,
            minimum_places=row.minimum_places,
            objective=row.objective / 10,
            bound_minimum_places=row.bound_minimum_places,
            bound=None if row.bound is None else row.bound / 10,
            gap=row.gap,
            is_optimal=row.is_optimal,
            key=row.id,
        )

    @strawberry.field(description="Its shifts before and after, with the proposals.")
    async def shifts(self, info: Info) -> list[PlannedShift]:
        found = await info.context.load(run_queries.details_by_ids, self.key)
        return [PlannedShift.of(row, info.context.locale) for row in found or []]


@strawberry.type(description="A run computed again.")
class RunCheck:
    is_identical: bool = strawberry.field(
        description="The stored input gives the stored plan, by their hashes."
    )
    is_up_to_date: bool = strawberry.field(description="Today's data still give the same input.")


@strawberry.type(description="Why a run offered you a place.")
class WhyOffered:
    role: str | None
    score: Explanation | None = strawberry.field(description="Null where you turned personal ranking off.")


RunId = Annotated[strawberry.ID, strawberry.argument(description="The id of an AssignmentRun.")]
NeedId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Need.")]


@strawberry.type
class AssignmentRunQueries:
    @strawberry.field(description="As organiser: the need's assignment runs, the newest first.")
    async def assignment_runs(
        self, info: Info, need_id: NeedId, first: First = 20, after: After = None
    ) -> Connection[AssignmentRun]:
        page = await info.context.ask(run_queries.of_need, key_of("Need", need_id), PageRequest(first, after))
        return connection(page, AssignmentRun.of)

    @strawberry.field(description="As organiser: compute a run again from what was stored, and compare.")
    async def check_assignment_run(self, info: Info, run_id: RunId) -> RunCheck:
        context = info.context
        found = await runs.check(context.house.database, context.viewer, key_of("AssignmentRun", run_id))
        return RunCheck(is_identical=found.is_identical, is_up_to_date=found.is_up_to_date)

    @strawberry.field(description="Why a run offered you this place; null where no run did.")
    async def why_offered(
        self,
        info: Info,
        sign_up_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a SignUp.")],
    ) -> WhyOffered | None:
        found = await info.context.load(queries.why, key_of("SignUp", sign_up_id))
        if found is None:
            return None
        score = None if found.told is None else Explanation.of(found.told, info.context.locale)
        return WhyOffered(role=found.role, score=score)


@strawberry.input
class StartAssignmentRunInput:
    need_id: strawberry.ID
    shift_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Which shifts to fill; empty for all that are coming."
    )
    most_shifts: int = strawberry.field(default=3, description="At most so many shifts a person.")
    rest_minutes: int = strawberry.field(default=60, description="Between two shifts of a person.")
    offer_minutes: int = strawberry.field(default=720, description="How long the offers will hold.")
    seed: int | None = strawberry.field(
        default=None,
        description="Decides ties; the same seed and data give the same answer. Drawn when left out.",
    )
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.type(description="The run as it is now.")
class ChangedAssignmentRun:
    assignment_run: AssignmentRun


AssignmentRunResult: TypeAlias = Annotated[
    ChangedAssignmentRun | Problems, strawberry.union("AssignmentRunResult")
]


async def _run(context: Context, run_id: UUID) -> ChangedAssignmentRun:
    return ChangedAssignmentRun(assignment_run=await must_fetch(context, AssignmentRun, run_id))


@strawberry.type
class AssignmentRunMutations:
    @strawberry.mutation(
        description="As organiser: compute who goes where. Nothing happens to anybody until the offers are sent."
    )
    async def start_assignment_run(self, info: Info, input: StartAssignmentRunInput) -> AssignmentRunResult:
        fields = given(input)
        need_id, key = key_of("Need", fields.pop("need_id")), fields.pop("idempotency_key") or new_id()
        fields["shifts"] = [key_of("Shift", shift_id) for shift_id in fields.pop("shift_ids")]
        draft = read(RunDraft, {**fields, "key": key})
        # A run has transactions of its own: it is computed between reading and writing.
        info.context.must_write()
        run_id = await runs.start(info.context.house.database, info.context.viewer, need_id, draft)
        return await _run(info.context, run_id)

    @strawberry.mutation(description="As organiser: leave one proposal out before the offers are sent.")
    async def drop_proposal(
        self,
        info: Info,
        proposal_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Proposal.")],
    ) -> AssignmentRunResult:
        run_id = await info.context.do(runs.drop, key_of("Proposal", proposal_id))
        return await _run(info.context, run_id)

    @strawberry.mutation(
        description="As organiser: send the offers of a run, once. Each is judged anew; people accept or decline."
    )
    async def send_offers(self, info: Info, run_id: RunId) -> AssignmentRunResult:
        sent = await change(info.context, AssignmentRun, run_id, sending.send)
        return ChangedAssignmentRun(assignment_run=sent)
