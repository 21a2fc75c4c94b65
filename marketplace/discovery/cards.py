"""The needs that were found, as they are now: read again from the database, with the shift that each card shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.areas.queries import Point, metres_between
from marketplace.db.session import Session
from marketplace.discovery.free_time import Days, OwnShift, clash_with, is_takeable
from marketplace.discovery.marking import Highlight, Marked, highlights_of
from marketplace.discovery.names import Entry, Names
from marketplace.discovery.plan import Plan
from marketplace.identity.viewer import Viewer
from marketplace.volunteering import eligibility, queries, sign_up_queries
from marketplace.volunteering.errors import Reason, ShiftClashes
from marketplace.volunteering.queries import NeedRow, ShiftRow
from marketplace.volunteering.sign_up_queries import SignUpRow
from marketplace.volunteering.states import NeedState

_MOST_SHIFTS = 366


@dataclass(frozen=True, slots=True)
class FoundNeed(Marked):
    """A need as a card shows it.

    ``shift`` is the next one, on the days that were asked for; one with places left before a full one, and, where only what suits is
    wanted, the first that the viewer can take. ``metres`` is told where both ends are known. ``reasons`` say why the viewer may not
    take the need: none means that they may, and None that nobody knows, because a stranger asks. ``clash`` is the viewer's own shift
    at the time of ``shift``, ``sign_up`` their own for it. ``highlights`` are the places where the words that were asked for stand.
    """

    row: NeedRow
    shift: ShiftRow | None
    district: Entry | None
    qualifications: Sequence[Entry]
    metres: float | None
    reasons: Sequence[Reason] | None
    clash: ShiftClashes | None
    sign_up: SignUpRow | None
    highlights: Sequence[Highlight] = ()

    @property
    def id(self) -> UUID:
        return self.row.id


@dataclass(frozen=True, slots=True)
class Sight:
    """What all cards of a page have in common. ``own`` are the viewer's shifts to come."""

    viewer: Viewer
    plan: Plan
    names: Names
    origin: Point | None
    own: Sequence[OwnShift]


async def cards(session: Session, sight: Sight, need_ids: Sequence[UUID]) -> dict[UUID, FoundNeed]:
    """Those of the needs that the viewer may see, that take people, and that still are what was asked for."""
    rows = {
        need_id: row
        for need_id, row in (await queries.needs_by_ids(session, sight.viewer, need_ids)).items()
        if row.state is NeedState.OPEN
    }
    shifts = await _shifts(session, sight, rows)
    reasons, sign_ups = await _about_viewer(session, sight.viewer, rows, shifts)
    found = {
        need_id: FoundNeed(
            row=row,
            shift=(shift := shifts.get(need_id)),
            district=sight.names.areas.get(f"{row.need.area_code[:6]}000000"),
            qualifications=sight.names.asked.get(need_id, []),
            metres=_metres(sight.origin, row),
            reasons=reasons.get(need_id),
            clash=clash_with(shift, sight.own) if shift else None,
            sign_up=sign_ups.get(shift.id) if shift else None,
            highlights=highlights_of(row, sight.plan.text),
        )
        for need_id, row in rows.items()
    }
    return {need_id: card for need_id, card in found.items() if _still_fits(card, sight.plan)}


def _still_fits(card: FoundNeed, plan: Plan) -> bool:
    """Whether the need is what was asked for now: since the index heard of it, a place may have gone or a law have changed."""
    if plan.wants_places and card.shift is None:
        return False
    return plan.fitness is None or not card.reasons


async def _shifts(session: Session, sight: Sight, rows: Mapping[UUID, NeedRow]) -> dict[UUID, ShiftRow]:
    """The shift that each card shows. Only a search that is particular about shifts asks the database once more."""
    plan = sight.plan
    if plan.days == Days() and not plan.wants_places:
        return {need_id: row.next_shift for need_id, row in rows.items() if row.next_shift}
    coming = await queries.coming_shifts_by_needs(session, sight.viewer, list(rows), _MOST_SHIFTS)
    chosen = {need_id: _choose(some, sight) for need_id, some in coming.items()}
    return {need_id: shift for need_id, shift in chosen.items() if shift is not None}


def _choose(coming: Sequence[ShiftRow], sight: Sight) -> ShiftRow | None:
    plan = sight.plan
    then = [shift for shift in coming if plan.days.hold(shift.starts_at)]
    if plan.wants_places:
        then = [shift for shift in then if shift.places_left > 0 and shift.starts_at > plan.now]
    if plan.fitness is not None:
        then = [shift for shift in then if is_takeable(shift, plan.fitness.own)]
    return min(
        then,
        key=lambda shift: (shift.starts_at <= plan.now, shift.places_left <= 0, shift.starts_at),
        default=None,
    )


async def _about_viewer(
    session: Session, viewer: Viewer, rows: Mapping[UUID, NeedRow], shifts: Mapping[UUID, ShiftRow]
) -> tuple[Mapping[UUID, Sequence[Reason]], Mapping[UUID, SignUpRow]]:
    if viewer.person_id is None or not rows:
        return {}, {}
    return (
        await eligibility.for_needs(session, viewer.person_id, list(rows)),
        await sign_up_queries.my_open_by_shifts(session, viewer, [shift.id for shift in shifts.values()]),
    )


def _metres(origin: Point | None, row: NeedRow) -> float | None:
    if origin is None or row.need.latitude is None or row.need.longitude is None:
        return None
    return metres_between(origin, Point(row.need.latitude, row.need.longitude))
