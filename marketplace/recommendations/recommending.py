"""Needs for one person, the best first, each explained; and what was recommended to whom, kept for ninety days."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.recommendations import facts, weights, words
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.facts import Known
from marketplace.recommendations.models import Recommendation
from marketplace.recommendations.words import Reader, Told
from marketplace.volunteering import queries
from marketplace.volunteering.offerings import Reach, offerings, open_shifts
from marketplace.volunteering.queries import NeedRow, ShiftRow
from marketplace.volunteering.states import NeedState, ShiftState
from matching.features import Opportunity, TagTree, Volunteer
from matching.scoring import Explanation, explain
from matching.weights import Weights

MOST = 10
KEPT = timedelta(days=90)
_AHEAD = timedelta(days=28)
_MOST_LOOKED_AT = 400
_MOST_OF_A_KIND = 3
_FARTHEST_METRES = 20_000
_METRES_A_DEGREE = 111_195.0
# Scoring counts from the middle of the home's cell, which may be nearer than the home itself.
_CELL_METRES = 700


@dataclass(frozen=True, slots=True)
class Recommended:
    """One need with the shift that suits best, and why."""

    row: NeedRow
    shift: ShiftRow
    told: Told
    explanation: Explanation

    @property
    def need_id(self) -> UUID:
        return self.row.id


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The best needs first. ``is_personal`` is False where the person turned ranking off: then nothing was computed.

    ``is_noted`` says that what was shown today is on record already.
    """

    items: Sequence[Recommended]
    is_personal: bool
    is_noted: bool
    weights_version: int | None = None


@dataclass(frozen=True, slots=True)
class _Scored:
    opportunity: Opportunity
    need_id: UUID
    category: str
    explanation: Explanation


NOTHING = Recommendations((), is_personal=False, is_noted=True)


async def for_viewer(session: Session, viewer: Viewer, most: int = MOST) -> Recommendations:
    """What the viewer may take in the coming four weeks, the best first. Raises SignInNeeded.

    Full shifts, clashing ones and those that the law or the need bars are never among them. At most three are of one kind of
    service, so that a list of ten is not ten times the same. The number of statements does not grow with the city.
    """
    person_id = viewer.signed_in()
    if not await consents.holds(session, person_id, ConsentKind.RANKING):
        return NOTHING
    known = (await facts.people(session, [person_id])).get(person_id)
    if known is None:
        return NOTHING
    in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
    chosen = _varied(await _scored(session, viewer, known, in_force), most)
    items = await _dressed(session, viewer, chosen)
    return Recommendations(items, True, await _is_noted(session, person_id), in_force.version)


async def note(session: Session, viewer: Viewer, shown: Recommendations) -> None:
    """Keep what was shown, the first list of each day; later ones of the same day change nothing. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    if not shown.is_personal or not await consents.holds(session, person_id, ConsentKind.RANKING):
        return
    today = local_day(session.now())
    if await _is_noted(session, person_id) or not shown.items:
        return
    await session.execute(
        upsert(session, Recommendation).on_conflict_do_nothing(
            index_elements=[Recommendation.person_id, Recommendation.made_on, Recommendation.need_id]
        ),
        [
            {
                "person_id": person_id,
                "need_id": item.need_id,
                "shift_id": item.shift.id,
                "made_on": today,
                "made_at": session.now(),
                "place": place,
                "score": item.told.score,
                "factors": factors_json(item.explanation),
                "weights_version": item.told.weights_version,
            }
            for place, item in enumerate(shown.items, 1)
        ],
    )


async def forget(session: Session, person_id: UUID) -> None:
    """Delete what was recommended to a person."""
    await session.execute(delete(Recommendation).where(Recommendation.person_id == person_id))


async def forget_old(session: Session) -> None:
    """Repeated task: what was recommended more than ninety days ago is nobody's business any more."""
    await session.execute(
        delete(Recommendation).where(Recommendation.made_on < local_day(session.now() - KEPT))
    )


def factors_json(explanation: Explanation) -> list[dict[str, Any]]:
    """The factors as they are kept: names, tenths of points, and the facts behind them."""
    return [asdict(factor) | {"facts": dict(factor.facts)} for factor in explanation.factors]


async def _is_noted(session: Session, person_id: UUID) -> bool:
    found = await session.scalar(
        select(Recommendation.id)
        .where(Recommendation.person_id == person_id, Recommendation.made_on == local_day(session.now()))
        .limit(1)
    )
    return found is not None


async def _scored(session: Session, viewer: Viewer, known: Known, in_force: Weights) -> list[_Scored]:
    """Every shift that the person may take, explained; scoring itself runs beside the loop."""
    reach = _reach(session, known)
    shift_ids = await open_shifts(session, viewer, known.profile.person_id, reach, _MOST_LOOKED_AT)
    found = await offerings(session, shift_ids)
    opportunities = await facts.of_offerings(session, found.values())
    tree = (await facts.tags(session)).tree
    explained = await asyncio.to_thread(explain_all, known, list(opportunities.values()), in_force, tree)
    return [
        _Scored(opportunities[shift_id], found[shift_id].need_id, found[shift_id].category_code, explanation)
        for shift_id, explanation in explained.items()
        if not explanation.blocks
    ]


def explain_all(
    known: Known, opportunities: Sequence[Opportunity], in_force: Weights, tree: TagTree
) -> dict[UUID, Explanation]:
    """One person and many shifts, each judged by the person's age and certificates on its own day."""
    days: dict[date, Volunteer] = {}
    explained: dict[UUID, Explanation] = {}
    for one in opportunities:
        day = local_day(one.starts_at)
        if day not in days:
            days[day] = known.on(day)
        explained[one.id] = explain(days[day], one, in_force, tree)
    return explained


def _reach(session: Session, known: Known) -> Reach | None:
    """Four weeks ahead, and as far as the person goes; None where nobody knows where they live."""
    profile = known.profile
    if profile.point is None:
        return None
    metres = min(profile.travel_radius_metres or _FARTHEST_METRES, _FARTHEST_METRES) + _CELL_METRES
    north = metres / _METRES_A_DEGREE
    east = north / cos(radians(profile.point.latitude))
    return Reach(
        south=profile.point.latitude - north,
        north=profile.point.latitude + north,
        west=profile.point.longitude - east,
        east=profile.point.longitude + east,
        area_codes=(f"{profile.home_area_code[:6]}000000",) if profile.home_area_code else (),
        until=session.now() + _AHEAD,
    )


def _varied(scored: Sequence[_Scored], most: int) -> list[_Scored]:
    """The best shift of each need, the best needs first, at most three of a kind of service; ties by start, then by id."""
    ordered = sorted(
        scored, key=lambda one: (-one.explanation.score, one.opportunity.starts_at, one.opportunity.id)
    )
    chosen: list[_Scored] = []
    needs: set[UUID] = set()
    kinds: Counter[str] = Counter()
    for one in ordered:
        if one.need_id in needs or kinds[one.category] == _MOST_OF_A_KIND:
            continue
        needs.add(one.need_id)
        kinds[one.category] += 1
        chosen.append(one)
        if len(chosen) == most:
            break
    return chosen


async def _dressed(session: Session, viewer: Viewer, chosen: Sequence[_Scored]) -> list[Recommended]:
    """The rows as they are now; what the viewer may not see or nobody can take any more is left out."""
    needs = await queries.needs_by_ids(session, viewer, [one.need_id for one in chosen])
    shifts = await queries.shifts_by_ids(session, viewer, [one.opportunity.id for one in chosen])
    known = await words.names(session, [one.explanation for one in chosen])
    return [
        Recommended(row, shift, words.told(one.explanation, known, Reader.YOU), one.explanation)
        for one in chosen
        if (row := needs.get(one.need_id)) is not None
        and (shift := shifts.get(one.opportunity.id)) is not None
        and row.state is NeedState.OPEN
        and shift.state is ShiftState.COMING
        and shift.places_left > 0
    ]
