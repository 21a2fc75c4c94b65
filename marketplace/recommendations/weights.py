"""The points of the ranking, by version: which hold now, which held, and how one officer proposes and another one decides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import aliased

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.recommendations.drafts import RankingKind, RefusalDraft, WeightsDraft
from marketplace.recommendations.errors import (
    NobodyDecidesOwnWeights,
    WeightsAreDecided,
    WeightsAreProposed,
    WeightsAreTheSame,
    WeightsWereProposedMeanwhile,
)
from marketplace.recommendations.events import WeightsDecided, WeightsProposed
from marketplace.recommendations.models import RankingDecision, RankingWeights
from marketplace.recommendations.policy import may_govern_ranking, must_govern_ranking
from matching.weights import PROVIDER_FACTORS, VOLUNTEER_FACTORS, Weights, problems_of

FACTORS: Mapping[RankingKind, tuple[str, ...]] = {
    RankingKind.VOLUNTEER: VOLUNTEER_FACTORS,
    RankingKind.PROVIDER: PROVIDER_FACTORS,
}
# Built once: every recommendation asks it.
_IN_FORCE = (
    select(RankingWeights)
    .join(RankingDecision, RankingDecision.weights_id == RankingWeights.id)
    .where(RankingWeights.kind == bindparam("kind"), RankingDecision.in_force_from <= bindparam("now"))
    .order_by(RankingDecision.in_force_from.desc(), RankingWeights.version.desc())
    .limit(1)
)


class WeightsState(StrEnum):
    """Where a version stands. Words are keyed ``state.weights.<value>``."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    BEFORE = "before"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WeightsRow:
    """One version as officers see it. Names are None for what shipped with the house."""

    id: UUID
    kind: RankingKind
    version: int
    points: Mapping[str, int]
    reason: str
    proposed_at: datetime
    proposed_by: UUID | None
    proposer: str | None
    decided_at: datetime | None
    decider: str | None
    refusal_reason: str | None
    preview: Mapping[str, Any] | None
    state: WeightsState


async def in_force(session: Session, kind: RankingKind) -> Weights:
    """The weights that hold now. Raises LookupError where even the shipped ones are missing: a fault of ours."""
    row = await session.scalar(_IN_FORCE, {"kind": kind.value, "now": session.now()})
    if row is None:
        raise LookupError(f"no weights of {kind} are in force")
    return Weights(row.version, row.points)


async def history(session: Session, viewer: Viewer) -> list[WeightsRow]:
    """Every version of both kinds, the newest first. Raises SignInNeeded, NotPermitted."""
    must_govern_ranking(viewer)
    rows = (await session.execute(_rows().order_by(RankingWeights.kind, RankingWeights.version.desc()))).all()
    current = {kind: (await in_force(session, kind)).version for kind in RankingKind}
    return [_row(row, current) for row in rows]


async def one(session: Session, viewer: Viewer, weights_id: UUID) -> WeightsRow:
    """One version. Raises SignInNeeded, NotPermitted, NotFound."""
    must_govern_ranking(viewer)
    row = (await session.execute(_rows().where(RankingWeights.id == weights_id))).one_or_none()
    if row is None:
        raise NotFound()
    kind = RankingKind(row.RankingWeights.kind)
    return _row(row, {kind: (await in_force(session, kind)).version})


async def by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WeightsRow]:
    """Those of the versions that the viewer may see: all of them, or none."""
    if not may_govern_ranking(viewer):
        return {}
    wanted = set(ids)
    return {row.id: row for row in await history(session, viewer) if row.id in wanted}


async def check(session: Session, viewer: Viewer, draft: WeightsDraft) -> Weights:
    """The draft as weights, under the number that it would get.

    Raises SignInNeeded, NotPermitted, InputIsInvalid (factors, sum), WeightsAreTheSame, WeightsAreProposed.
    """
    must_govern_ranking(viewer)
    wanted = set(FACTORS[draft.kind])
    problems = [
        FieldProblem(f"points.{name}", "unknown_choice", {"choice": name})
        for name in sorted(set(draft.points) - wanted)
    ]
    problems += [FieldProblem(f"points.{name}", "missing", {}) for name in sorted(wanted - set(draft.points))]
    total = sum(draft.points.values())
    if not problems and problems_of(draft.points):
        problems.append(FieldProblem("points", "points_do_not_sum", {"total": total}))
    if problems:
        raise InputIsInvalid(problems)
    if dict((await in_force(session, draft.kind)).points) == draft.points:
        raise WeightsAreTheSame()
    rows = await session.execute(
        select(RankingWeights.version, RankingWeights.points, RankingDecision.decided_at)
        .outerjoin(RankingDecision, RankingDecision.weights_id == RankingWeights.id)
        .where(RankingWeights.kind == draft.kind.value)
    )
    versions = rows.all()
    if any(row.decided_at is None and row.points == draft.points for row in versions):
        raise WeightsAreProposed()
    return Weights(max(row.version for row in versions) + 1, draft.points)


async def propose(
    session: Session, viewer: Viewer, draft: WeightsDraft, preview: Mapping[str, Any] | None
) -> UUID:
    """Write a proposal down with what ``previews`` found for it. Raises what ``check`` raises, WeightsWereProposedMeanwhile."""
    proposed = await check(session, viewer, draft)
    row = RankingWeights(
        id=new_id(),
        kind=draft.kind.value,
        version=proposed.version,
        points=dict(draft.points),
        reason=draft.reason,
        proposed_at=session.now(),
        proposed_by=viewer.signed_in(),
        preview=dict(preview) if preview is not None else None,
    )
    if not await insert_once(session, row):
        raise WeightsWereProposedMeanwhile()
    _record(session, viewer, "weights.proposed", row, draft.reason)
    await publish(session, WeightsProposed(weights_id=row.id))
    return row.id


async def approve(session: Session, viewer: Viewer, weights_id: UUID) -> None:
    """Put proposed weights into force from now on.

    Raises SignInNeeded, NotPermitted, NotFound, NobodyDecidesOwnWeights, WeightsAreDecided.
    """
    row = await _to_decide(session, viewer, weights_id)
    await _decide(session, viewer, row, in_force_from=session.now())
    _record(session, viewer, "weights.approved", row, row.reason)


async def refuse(session: Session, viewer: Viewer, weights_id: UUID, draft: RefusalDraft) -> None:
    """Turn proposed weights down. Raises what ``approve`` raises."""
    row = await _to_decide(session, viewer, weights_id)
    await _decide(session, viewer, row, refusal_reason=draft.reason)
    _record(session, viewer, "weights.refused", row, draft.reason)


async def _to_decide(session: Session, viewer: Viewer, weights_id: UUID) -> RankingWeights:
    must_govern_ranking(viewer)
    row = await session.get(RankingWeights, weights_id)
    if row is None:
        raise NotFound()
    if row.proposed_by == viewer.person_id:
        raise NobodyDecidesOwnWeights()
    return row


async def _decide(session: Session, viewer: Viewer, row: RankingWeights, **decided: Any) -> None:
    decision = RankingDecision(
        weights_id=row.id,
        decided_at=session.now(),
        decided_by=viewer.signed_in(),
        proposed_by=row.proposed_by,
        **decided,
    )
    if not await insert_once(session, decision):
        raise WeightsAreDecided()
    await publish(session, WeightsDecided(weights_id=row.id))


def _record(session: Session, viewer: Viewer, action: str, row: RankingWeights, reason: str) -> None:
    audit.record(
        session,
        viewer.person_id,
        action,
        ("weights", row.id),
        kind=row.kind,
        version=row.version,
        reason=reason,
    )


def _rows() -> Select[*tuple[Any, ...]]:
    proposer, decider = aliased(Person), aliased(Person)
    return (
        select(
            RankingWeights, RankingDecision, proposer.name.label("proposer"), decider.name.label("decider")
        )
        .outerjoin(RankingDecision, RankingDecision.weights_id == RankingWeights.id)
        .outerjoin(proposer, proposer.id == RankingWeights.proposed_by)
        .outerjoin(decider, decider.id == RankingDecision.decided_by)
    )


def _row(row: Any, current: Mapping[RankingKind, int]) -> WeightsRow:
    weights: RankingWeights = row.RankingWeights
    decision: RankingDecision | None = row.RankingDecision
    kind = RankingKind(weights.kind)
    return WeightsRow(
        id=weights.id,
        kind=kind,
        version=weights.version,
        points={name: weights.points.get(name, 0) for name in FACTORS[kind]},
        reason=weights.reason,
        proposed_at=weights.proposed_at,
        proposed_by=weights.proposed_by,
        proposer=row.proposer,
        decided_at=decision.decided_at if decision else None,
        decider=row.decider,
        refusal_reason=decision.refusal_reason if decision else None,
        preview=weights.preview,
        state=weights_state(decision, weights.version == current[kind]),
    )


def weights_state(decision: RankingDecision | None, is_current: bool) -> WeightsState:
    """Where a version stands: undecided, refused, the one that holds, or one that held."""
    if decision is None:
        return WeightsState.PROPOSED
    if decision.in_force_from is None:
        return WeightsState.REFUSED
    return WeightsState.IN_FORCE if is_current else WeightsState.BEFORE
