"""The weights of the ranking in the graph: versions, a preview of a change on real data, and the decision of a second officer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.nodes import Node, change, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.recommendations import previews, weights
from marketplace.recommendations.drafts import RankingKind, RefusalDraft, WeightsDraft
from marketplace.recommendations.weights import WeightsRow, WeightsState

strawberry.enum(RankingKind, description="What is ranked.")
strawberry.enum(WeightsState, description="Where a version of the weights stands.")


@strawberry.type(description="How much one factor counts.")
class FactorWeight:
    name: str
    points: int


@strawberry.type(description="One list before and after: titles of needs, the best first.")
class PreviewExample:
    before: list[str]
    after: list[str]


@strawberry.type(description="What a change does to a sample of real people and shifts. Shares are 0 to 1.")
class WeightsPreview:
    version_before: int
    sampled: int
    things: int
    lists: int
    lists_changed: int = strawberry.field(description="How many lists of five are other ones.")
    rank_shift: float = strawberry.field(description="How many places a listed thing moves on average.")
    newcomers_before: float
    newcomers_after: float
    coverage_before: float
    coverage_after: float
    examples: list[PreviewExample]

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "WeightsPreview":
        examples = [PreviewExample(before=one["before"], after=one["after"]) for one in kept["examples"]]
        return cls(**{**kept, "examples": examples})


@node(weights.by_ids)
@strawberry.type(description="One version of the points for each factor; for the city's officers.")
class RankingWeights(Node):
    kind: RankingKind
    version: int
    state: WeightsState
    points: list[FactorWeight] = strawberry.field(description="They sum to 100.")
    reason: str
    proposed_at: datetime
    proposed_by: str | None = strawberry.field(description="Null for what shipped with the house.")
    decided_at: datetime | None
    decided_by: str | None
    refusal_reason: str | None
    preview: WeightsPreview | None = strawberry.field(description="As it was when proposed.")

    @classmethod
    def of(cls, row: WeightsRow) -> "RankingWeights":
        return cls(
            id=global_id("RankingWeights", row.id),
            kind=row.kind,
            version=row.version,
            state=row.state,
            points=[FactorWeight(name=name, points=points) for name, points in row.points.items()],
            reason=row.reason,
            proposed_at=row.proposed_at,
            proposed_by=row.proposer,
            decided_at=row.decided_at,
            decided_by=row.decider,
            refusal_reason=row.refusal_reason,
            preview=WeightsPreview.of(row.preview) if row.preview else None,
        )


@strawberry.input
class FactorWeightInput:
    name: str
    points: int


@strawberry.input
class WeightsInput:
    kind: RankingKind
    points: list[FactorWeightInput] = strawberry.field(
        description="Every factor of the kind once; together 100."
    )
    reason: str = strawberry.field(description="Which the second officer reads, at most 500 characters.")


@strawberry.input
class RefuseWeightsInput:
    weights_id: strawberry.ID
    reason: str = strawberry.field(description="At most 500 characters.")


@strawberry.type(description="The weights as they are now.")
class ChangedWeights:
    weights: RankingWeights


WeightsResult: TypeAlias = Annotated[ChangedWeights | Problems, strawberry.union("WeightsResult")]


@strawberry.type
class RankingQueries:
    @strawberry.field(description="As officer of the city: every version of both kinds, the newest first.")
    async def ranking_weights(self, info: Info) -> list[RankingWeights]:
        return [RankingWeights.of(row) for row in await info.context.ask(weights.history)]

    @strawberry.field(description="As officer of the city: what these points would change now.")
    async def preview_weights(self, info: Info, input: WeightsInput) -> WeightsPreview:
        found = await info.context.ask(previews.preview, _draft(input))
        return WeightsPreview.of(previews.as_json(found))


@strawberry.type
class RankingMutations:
    @strawberry.mutation(
        description="As officer of the city: propose other points; a second officer decides."
    )
    async def propose_weights(self, info: Info, input: WeightsInput) -> WeightsResult:
        context, draft = info.context, _draft(input)
        found = previews.as_json(await context.ask(previews.preview, draft))
        key = await context.do(weights.propose, draft, found)
        return await _changed(context, key)

    @strawberry.mutation(description="As a second officer: put proposed weights into force.")
    async def approve_weights(self, info: Info, weights_id: strawberry.ID) -> WeightsResult:
        return ChangedWeights(weights=await change(info.context, RankingWeights, weights_id, weights.approve))

    @strawberry.mutation(description="As a second officer: turn proposed weights down.")
    async def refuse_weights(self, info: Info, input: RefuseWeightsInput) -> WeightsResult:
        key = key_of("RankingWeights", input.weights_id)
        draft = read(RefusalDraft, {"reason": input.reason})
        await info.context.do(weights.refuse, key, draft)
        return await _changed(info.context, key)


def _draft(input: WeightsInput) -> WeightsDraft:
    points = {one.name: one.points for one in input.points}
    return read(WeightsDraft, {"kind": input.kind, "points": points, "reason": input.reason})


async def _changed(context: Context, key: Any) -> ChangedWeights:
    return ChangedWeights(weights=await must_fetch(context, RankingWeights, key))
