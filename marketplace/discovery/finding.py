"""Find needs: the index says which, the database says what they are and whether the viewer may see them.

If the index cannot answer, the database finds them too, more plainly, and the answer says that it is reduced.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from marketplace.areas import queries as areas
from marketplace.areas.queries import Point, metres_between
from marketplace.catalogue import rules
from marketplace.db.session import Session
from marketplace.discovery.database_search import search_database
from marketplace.discovery.documents import row_id_of
from marketplace.discovery.names import Entry, Names, look_up
from marketplace.discovery.plan import Circle, Fitness, Plan, search_index
from marketplace.discovery.wishes import MOST_KILOMETRES, NeedWishes, Sorting
from marketplace.identity import people
from marketplace.identity.people import VolunteerFacts
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from marketplace.kernel.pagination import CursorIsInvalid, Page, PageRequest, decode_cursor, encode_cursor
from marketplace.volunteering import eligibility, queries, sign_up_queries
from marketplace.volunteering.errors import BirthDateIsUnknown, GuardianHasNotConsented, Reason
from marketplace.volunteering.queries import NeedRow, ShiftRow
from marketplace.volunteering.sign_up_queries import SignUpRow
from marketplace.volunteering.states import NeedState
from matching.index import DEEPEST_OFFSET, Label, Results, SearchIndex, SearchUnavailable

_MINORS = "volunteering.minors"
_MOST_SHIFTS = 366
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FoundNeed:
    """A need as a card shows it.

    ``shift`` is the next one, on the days that were asked for; one with places left before a full one. ``metres`` is told where
    both ends are known. ``reasons`` say why the viewer may not take it: none means that they may,
    and None that nobody knows, because a stranger asks. ``sign_up`` is the viewer's own for ``shift``.
    """

    row: NeedRow
    shift: ShiftRow | None
    district: Entry | None
    qualifications: Sequence[Entry]
    metres: float | None
    reasons: Sequence[Reason] | None
    sign_up: SignUpRow | None

    @property
    def id(self) -> UUID:
        return self.row.id


@dataclass(frozen=True, slots=True)
class Found:
    """An answer. ``reduced``: the database answered in place of the index. ``approximate``: nothing matched every word.

    ``by_category`` and ``by_district`` count what there would be under each other choice; districts by their 12-digit codes.
    """

    page: Page[FoundNeed]
    names: Names
    by_category: Mapping[str, int]
    by_district: Mapping[str, int]
    reduced: bool
    approximate: bool

    @property
    def total(self) -> int:
        return self.page.total or 0


async def find_needs(
    session: Session, viewer: Viewer, index: SearchIndex, wishes: NeedWishes, request: PageRequest
) -> Found:
    """The open needs that fit all ``wishes``. The number of SQL statements does not grow with the page.

    Raises InputIsInvalid for a wish that names nothing we know or a distance from nowhere; SignInNeeded,
    BirthDateIsUnknown and GuardianHasNotConsented when only what suits the viewer is wanted; CursorIsInvalid.
    """
    if wishes.only_suitable:
        viewer.signed_in()
    volunteer = await _volunteer(session, viewer)
    origin = await _origin(session, viewer, wishes)
    plan = await _plan(session, wishes, request, origin, volunteer)
    results, reduced = await _search(session, index, plan)
    need_ids = [need_id for hit in results.hits if (need_id := row_id_of(hit.id)) is not None]
    names = await look_up(session, wishes.area, _tags_of(wishes), need_ids)
    _check_known(wishes, names)
    cards = await _cards(session, viewer, need_ids, _Seen(names, origin, plan))
    if wishes.only_suitable:
        cards = {need_id: card for need_id, card in cards.items() if not card.reasons}
    return Found(
        page=_page(need_ids, cards, plan, results.total),
        names=names,
        by_category=names.rolled_up(results.facets[Label.CATEGORY]),
        by_district={f"{digits}000000": count for digits, count in results.facets[Label.DISTRICT].items()},
        reduced=reduced,
        approximate=results.approximate,
    )


async def _volunteer(session: Session, viewer: Viewer) -> VolunteerFacts | None:
    if viewer.person_id is None:
        return None
    return await people.facts_for_sign_up(session, viewer.person_id, local_day(session.now()))


async def _origin(session: Session, viewer: Viewer, wishes: NeedWishes) -> Point | None:
    """From where distances are measured."""
    if wishes.area is not None and (wishes.within_km or wishes.sort is Sorting.DISTANCE):
        return await areas.point_of(session, wishes.area)
    return None if viewer.person_id is None else await people.home_point(session, viewer.person_id)


async def _plan(
    session: Session,
    wishes: NeedWishes,
    request: PageRequest,
    origin: Point | None,
    volunteer: VolunteerFacts | None,
) -> Plan:
    near = _circle(wishes, origin)
    return Plan(
        text=wishes.text or "",
        category=wishes.category,
        tags=_tags_of(wishes),
        # A circle around an area reaches over its border.
        area=None if wishes.within_km else wishes.area,
        starts_from=None if wishes.day_from is None else day_starts(wishes.day_from),
        starts_before=None if wishes.day_to is None else day_starts(wishes.day_to + timedelta(days=1)),
        near=near,
        fitness=await _fitness(session, volunteer) if wishes.only_suitable and volunteer else None,
        sort=wishes.order,
        limit=request.first,
        offset=_offset(request),
    )


def _circle(wishes: NeedWishes, origin: Point | None) -> Circle | None:
    if wishes.within_km is None and wishes.sort is not Sorting.DISTANCE:
        return None
    if origin is None:
        raise InputIsInvalid.of("within_km" if wishes.within_km else "sort", "nowhere_to_measure_from")
    return Circle(origin, 1000 * (wishes.within_km or MOST_KILOMETRES))


async def _fitness(session: Session, volunteer: VolunteerFacts) -> Fitness:
    """What the volunteer brings. Raises the reason why they can take nothing at all."""
    if volunteer.age is None:
        raise BirthDateIsUnknown(article=(await rules.in_force(session, _MINORS)).article)
    if volunteer.is_minor and not volunteer.guardian_consented:
        raise GuardianHasNotConsented(article=(await rules.in_force(session, _MINORS)).article)
    return Fitness(volunteer.age, volunteer.qualification_codes)


def _tags_of(wishes: NeedWishes) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*wishes.tags, *filter(None, [wishes.language]))))


async def _search(session: Session, index: SearchIndex, plan: Plan) -> tuple[Results, bool]:
    """The answer, and whether the database had to give it."""
    try:
        return await asyncio.to_thread(search_index, index, plan), False
    except SearchUnavailable as error:
        _log.warning("search.reduced", reason=type(error).__name__)
        return await search_database(session, plan), True


def _check_known(wishes: NeedWishes, names: Names) -> None:
    known = {
        "category": (wishes.category, names.categories),
        "area": (wishes.area, names.areas),
        "language": (wishes.language, names.languages),
    }
    problems = [
        FieldProblem(field, "unknown_choice", {"choice": code})
        for field, (code, entries) in known.items()
        if code is not None and code not in entries
    ]
    problems += [
        FieldProblem("tags", "unknown_choice", {"choice": code})
        for code in wishes.tags
        if code not in names.tags and code not in names.languages and code not in names.categories
    ]
    if problems:
        raise InputIsInvalid(problems)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What all cards of a page have in common."""

    names: Names
    origin: Point | None
    plan: Plan


async def _cards(
    session: Session, viewer: Viewer, need_ids: Sequence[UUID], seen: _Seen
) -> dict[UUID, FoundNeed]:
    """The needs as they are now, without those that the viewer may not see or that take nobody any more."""
    rows = {
        need_id: row
        for need_id, row in (await queries.needs_by_ids(session, viewer, need_ids)).items()
        if row.state is NeedState.OPEN
    }
    shifts = await _shifts(session, viewer, rows, seen.plan)
    reasons, sign_ups = await _about_viewer(session, viewer, rows, shifts)
    return {
        need_id: FoundNeed(
            row=row,
            shift=(shift := shifts.get(need_id)),
            district=seen.names.areas.get(f"{row.need.area_code[:6]}000000"),
            qualifications=seen.names.asked.get(need_id, []),
            metres=_metres(seen.origin, row),
            reasons=reasons.get(need_id),
            sign_up=sign_ups.get(shift.id) if shift else None,
        )
        for need_id, row in rows.items()
    }


async def _shifts(
    session: Session, viewer: Viewer, rows: Mapping[UUID, NeedRow], plan: Plan
) -> dict[UUID, ShiftRow]:
    """The shift that each card shows. Only a search for certain days asks the database once more."""
    if plan.starts_from is None and plan.starts_before is None:
        return {need_id: row.next_shift for need_id, row in rows.items() if row.next_shift}
    coming = await queries.coming_shifts_by_needs(session, viewer, list(rows), _MOST_SHIFTS)
    chosen = {
        need_id: [shift for shift in some if _is_on_days(shift, plan)] for need_id, some in coming.items()
    }
    return {
        need_id: min(some, key=lambda shift: (shift.places_left <= 0, shift.starts_at))
        for need_id, some in chosen.items()
        if some
    }


def _is_on_days(shift: ShiftRow, plan: Plan) -> bool:
    return (plan.starts_from is None or shift.starts_at >= plan.starts_from) and (
        plan.starts_before is None or shift.starts_at < plan.starts_before
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


def _offset(request: PageRequest) -> int:
    if request.after is None:
        return 0
    (offset,) = decode_cursor(request.after, int)
    if isinstance(offset, bool) or not 0 <= offset <= DEEPEST_OFFSET:
        raise CursorIsInvalid()
    return int(offset)


def _page(
    need_ids: Sequence[UUID], cards: Mapping[UUID, FoundNeed], plan: Plan, total: int
) -> Page[FoundNeed]:
    """Cursors count hits: the order of relevance has no key to go on from. The last one passes over hits that are not shown."""
    places = {need_id: plan.offset + place for place, need_id in enumerate(need_ids, 1)}
    shown = [cards[need_id] for need_id in need_ids if need_id in cards]
    end = plan.offset + len(need_ids)
    cursors = [encode_cursor(places[card.id]) for card in shown[:-1]] + [encode_cursor(end)] * bool(shown)
    return Page(shown, cursors, has_next=bool(shown) and end < total, total=total)
