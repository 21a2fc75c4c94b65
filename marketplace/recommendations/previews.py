"""What new weights would change, on real data: the same sampled people and shifts, ranked by the old points and by the new.

The sample is drawn by a digest of ids, so that the same city gives the same preview. Nothing is stored for or about anybody; the
figures and the titles of public needs are what officers see.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.organisations.models import Organisation
from marketplace.recommendations import facts, providers, weights
from marketplace.recommendations.drafts import RankingKind, WeightsDraft
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.offerings import is_on_offer
from marketplace.volunteering.states import is_open_need
from matching import provider_factors, volunteer_factors
from matching.blocks import of_volunteer
from matching.features import Lot, TagTree
from matching.weights import Weights

SAMPLED = 120
_OTHERS = 80
_DRAWN_FROM = 5_000
_LIST = 5
_EXAMPLES = 3
_BARRED = -1

Scores = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Example:
    """One list before and after: titles of needs, the best first."""

    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """Figures of a change. Shares are 0 to 1; ``rank_shift`` is how many places a listed thing moves on average.

    ``newcomers`` is the share of people who never served among those who would be suggested to organisers; ``coverage`` the share of
    the sampled people (or organisations) who are suggested anywhere at all.
    """

    version_before: int
    sampled: int
    things: int
    lists: int
    lists_changed: int
    rank_shift: float
    newcomers_before: float
    newcomers_after: float
    coverage_before: float
    coverage_after: float
    examples: Sequence[Example]


@dataclass(frozen=True, slots=True)
class _Sample:
    """Scores of everybody for everything, by either weights; who is new; and what the things are called."""

    before: Scores
    after: Scores
    is_new: NDArray[np.bool_]
    titles: Sequence[str]


async def preview(session: Session, viewer: Viewer, draft: WeightsDraft) -> Preview:
    """What ``draft`` would change now. Raises what ``weights.check`` raises."""
    new = await weights.check(session, viewer, draft)
    old = await weights.in_force(session, draft.kind)
    sample = await (_volunteers if draft.kind is RankingKind.VOLUNTEER else _providers)(session, old, new)
    return await asyncio.to_thread(compared, sample, old.version)


def as_json(found: Preview) -> dict[str, Any]:
    """The preview as it is kept with a proposal."""
    return asdict(found)


async def _volunteers(session: Session, old: Weights, new: Weights) -> _Sample:
    rows = await session.scalars(
        select(Person.id).where(Person.erased_at.is_(None)).order_by(Person.id.desc()).limit(_DRAWN_FROM)
    )
    drawn = await facts.people(session, _drawn(rows.all(), 2 * SAMPLED))
    people = [one for one in drawn.values() if one.profile.may_be_ranked][:SAMPLED]
    shifts = await session.scalars(
        select(Shift.id)
        .join(Need, Need.id == Shift.need_id)
        .where(is_on_offer(session))
        .order_by(Shift.starts_at, Shift.id)
        .limit(_DRAWN_FROM)
    )
    opportunities = list((await facts.opportunities(session, _drawn(shifts.all(), _OTHERS))).values())
    titles = await _titles_of_shifts(session, [one.id for one in opportunities])
    tree = (await facts.tags(session)).tree
    days = [local_day(one.starts_at) for one in opportunities]

    def scored() -> tuple[Scores, Scores]:
        before, after = (
            np.full((len(people), len(opportunities)), _BARRED, dtype=np.int16) for _ in range(2)
        )
        for row, known in enumerate(people):
            on_day = {day: known.on(day) for day in set(days)}
            for column, one in enumerate(opportunities):
                volunteer = on_day[days[column]]
                if not of_volunteer(volunteer, one):
                    values = {
                        name: fit(volunteer, one, tree).value for name, fit in volunteer_factors.FITS.items()
                    }
                    before[row, column], after[row, column] = _sum(old, values), _sum(new, values)
        return before, after

    before, after = await asyncio.to_thread(scored)
    return _Sample(
        before,
        after,
        np.array([one.today.is_new for one in people], dtype=np.bool_),
        [titles[one.id] for one in opportunities],
    )


async def _providers(session: Session, old: Weights, new: Weights) -> _Sample:
    rows = await session.scalars(
        select(Organisation.id)
        .where(Organisation.verified_at.is_not(None), Organisation.suspended_at.is_(None))
        .order_by(Organisation.id.desc())
        .limit(_DRAWN_FROM)
    )
    found = list((await providers.providers(session, _drawn(rows.all(), SAMPLED))).values())
    needs = (
        await session.execute(
            select(Need.id, Need.title, Need.category_code, Need.area_code)
            .where(is_open_need())
            .order_by(Need.published_at.desc(), Need.id)
            .limit(_DRAWN_FROM)
        )
    ).all()
    chosen = set(_drawn([row.id for row in needs], _OTHERS))
    shown = [row for row in needs if row.id in chosen]
    lots = [Lot(id=row.id, fields=frozenset({row.category_code}), area=row.area_code) for row in shown]
    tree: TagTree = (await facts.tags(session)).tree

    def scored() -> tuple[Scores, Scores]:
        before, after = (np.full((len(found), len(lots)), _BARRED, dtype=np.int16) for _ in range(2))
        for row, one in enumerate(found):
            for column, lot in enumerate(lots):
                values = {name: fit(one, lot, tree).value for name, fit in provider_factors.FITS.items()}
                before[row, column], after[row, column] = _sum(old, values), _sum(new, values)
        return before, after

    before, after = await asyncio.to_thread(scored)
    return _Sample(
        before,
        after,
        np.array([not (one.delivered or one.failed) for one in found], dtype=np.bool_),
        [row.title for row in shown],
    )


def _sum(weights: Weights, values: Mapping[str, float]) -> int:
    """The score that an explanation with these weights has: the values are found once, only what they are worth differs."""
    return sum(weights.tenths(name, value) for name, value in values.items())


def compared(sample: _Sample, version_before: int) -> Preview:
    """The figures of two rankings of the same sample."""
    before, after = _best_of_rows(sample.before), _best_of_rows(sample.after)
    changed = [row for row, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    suggested_before = _best_of_rows(sample.before.T)
    suggested_after = _best_of_rows(sample.after.T)
    return Preview(
        version_before=version_before,
        sampled=sample.before.shape[0],
        things=sample.before.shape[1],
        lists=len(before),
        lists_changed=len(changed),
        rank_shift=round(_rank_shift(before, sample.after), 2),
        newcomers_before=_share_of_new(suggested_before, sample.is_new),
        newcomers_after=_share_of_new(suggested_after, sample.is_new),
        coverage_before=_coverage(suggested_before, sample.before.shape[0]),
        coverage_after=_coverage(suggested_after, sample.before.shape[0]),
        examples=[
            Example([sample.titles[at] for at in before[row]], [sample.titles[at] for at in after[row]])
            for row in changed[:_EXAMPLES]
        ],
    )


def _best_of_rows(scores: Scores) -> list[list[int]]:
    """For each row the columns of its best scores, ties by column, barred ones left out."""
    found = []
    for row in scores:
        order = np.argsort(-row.astype(np.int32), kind="stable")[:_LIST]
        found.append([int(at) for at in order if row[at] != _BARRED])
    return found


def _rank_shift(before: Sequence[Sequence[int]], after: Scores) -> float:
    """How many places the things on the old lists move in the new order, on average."""
    moved: list[int] = []
    for listed, row in zip(before, after, strict=True):
        places = np.empty(row.size, dtype=np.int64)
        places[np.argsort(-row.astype(np.int32), kind="stable")] = np.arange(row.size)
        moved += [abs(int(places[at]) - place) for place, at in enumerate(listed)]
    return sum(moved) / len(moved) if moved else 0.0


def _share_of_new(lists: Sequence[Sequence[int]], is_new: NDArray[np.bool_]) -> float:
    named = [at for some in lists for at in some]
    return round(float(np.mean(is_new[named])), 3) if named else 0.0


def _coverage(lists: Sequence[Sequence[int]], people: int) -> float:
    return round(len({at for some in lists for at in some}) / people, 3) if people else 0.0


async def _titles_of_shifts(session: Session, shift_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(
        select(Shift.id, Need.title).join(Need, Need.id == Shift.need_id).where(Shift.id.in_(shift_ids))
    )
    return {row.id: row.title for row in rows}


def _drawn(ids: Sequence[UUID], most: int) -> list[UUID]:
    """``most`` of the ids, the same ones every time, and not the oldest or newest first."""
    return sorted(ids, key=lambda one: sha256(one.bytes).digest())[:most]
