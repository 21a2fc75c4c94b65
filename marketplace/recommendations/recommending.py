"""Needs for one person, the best first, each explained: today's list as it stands now, or one worked out on the spot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.viewer import Viewer
from marketplace.recommendations import lists, weights, words
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.kept import explanation_of
from marketplace.recommendations.openings import signed_up
from marketplace.recommendations.words import Reader, Told
from marketplace.volunteering import queries
from marketplace.volunteering.offerings import taken_times
from marketplace.volunteering.queries import NeedRow, ShiftRow
from marketplace.volunteering.states import NeedState, ShiftState
from matching.scoring import Explanation


@dataclass(frozen=True, slots=True)
class Recommended:
    """One need with the shift that suits best, and why."""

    row: NeedRow
    shift: ShiftRow
    told: Told

    @property
    def need_id(self) -> UUID:
        return self.row.id


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The best needs first. ``is_personal`` is False where the person turned ranking off: then nothing was computed."""

    items: Sequence[Recommended]
    is_personal: bool
    weights_version: int | None = None
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    need_id: UUID
    shift_id: UUID
    explanation: Explanation


NOTHING = Recommendations((), is_personal=False)


async def for_viewer(session: Session, viewer: Viewer) -> Recommendations:
    """What the viewer may take in the coming twelve weeks, the best first. Raises SignInNeeded. Nothing is written.

    Full shifts, clashing ones and those that the law or the need bars are never among them. At most three are of one kind of
    service, so that a list of ten is not ten times the same. The number of statements does not grow with the city.
    """
    person_id = viewer.signed_in()
    if not await consents.holds(session, person_id, ConsentKind.RANKING):
        return NOTHING
    in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
    kept = await lists.holding(session, person_id, in_force.version)
    if kept is not None:
        named = [
            _Named(one.need_id, one.shift_id, explanation_of(one.score, one.factors, kept.weights_version))
            for one in await lists.items_of(session, kept.id)
        ]
        shown = await _free(session, person_id, await _dressed(session, viewer, named))
        return Recommendations(shown, True, kept.weights_version, kept.made_at)
    made = await lists.worked_out(session, [person_id], in_force)
    if person_id not in made:
        return NOTHING
    named = [_Named(one.need_id, one.opportunity.id, one.explanation) for one in made[person_id]]
    return Recommendations(await _dressed(session, viewer, named), True, in_force.version, session.now())


async def _dressed(session: Session, viewer: Viewer, named: Sequence[_Named]) -> list[Recommended]:
    """The rows as they are now; what the viewer may not see or nobody can take any more is left out."""
    needs = await queries.needs_by_ids(session, viewer, [one.need_id for one in named])
    shifts = await queries.shifts_by_ids(session, viewer, [one.shift_id for one in named])
    known = await words.names(session, [one.explanation for one in named])
    return [
        Recommended(row, shift, words.told(one.explanation, known, Reader.YOU))
        for one in named
        if (row := needs.get(one.need_id)) is not None
        and (shift := shifts.get(one.shift_id)) is not None
        and row.state is NeedState.OPEN
        and shift.state is ShiftState.COMING
        and shift.places_left > 0
    ]


async def _free(session: Session, person_id: UUID, shown: Sequence[Recommended]) -> list[Recommended]:
    """Without what the person signed up for, and what that clashes with, since the list was made."""
    wanted = (await signed_up(session, [person_id]))[person_id]
    taken = (await taken_times(session, [person_id])).get(person_id, [])
    return [
        one
        for one in shown
        if one.shift.id not in wanted
        and not any(
            busy.starts_at < one.shift.ends_at and one.shift.starts_at < busy.ends_at for busy in taken
        )
    ]
