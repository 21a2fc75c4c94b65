"""Find needs: the index says which, the database says what they are and whether the viewer may see them.

If the index cannot answer, the database finds them too, more plainly, and the answer says that it is reduced.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from marketplace.areas import queries as areas
from marketplace.areas.queries import Point
from marketplace.catalogue import rules
from marketplace.db.session import Session
from marketplace.discovery import cursors
from marketplace.discovery.cards import FoundNeed, Sight, cards
from marketplace.discovery.database_search import search_database
from marketplace.discovery.free_time import Days, OwnShift, out_of_reach, own_shifts
from marketplace.discovery.names import Names, look_up, must_be_known
from marketplace.discovery.plan import Answer, Circle, Facet, Fitness, Plan, days_of, search_index
from marketplace.discovery.wishes import MOST_KILOMETRES, NeedWishes, Sorting
from marketplace.identity import people
from marketplace.identity.people import VolunteerFacts
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.pagination import Page, PageRequest
from marketplace.volunteering.errors import BirthDateIsUnknown, GuardianHasNotConsented
from matching.index import SearchIndex, SearchUnavailable

_MINORS = "volunteering.minors"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer. ``reduced``: the database answered in place of the index. ``approximate``: nothing matched every word. ``cut``: the
    text was longer than is read.

    ``by_category``, ``by_district`` and ``by_language`` count what there would be under each other choice, districts by their 12-digit
    codes; ``with_places`` those of the found that have a place left.
    """

    page: Page[FoundNeed]
    names: Names
    by_category: Mapping[str, int]
    by_district: Mapping[str, int]
    by_language: Mapping[str, int]
    with_places: int
    reduced: bool
    approximate: bool
    cut: bool

    @property
    def total(self) -> int:
        return self.page.total or 0


async def find_needs(
    session: Session, viewer: Viewer, index: SearchIndex, wishes: NeedWishes, request: PageRequest
) -> Found:
    """The open needs that fit all ``wishes``. The number of SQL statements does not grow with the page.

    The total is the index's count, which knows all wishes, less what this page turned out not to be any more: an index is a moment
    late. Raises InputIsInvalid for a wish that names nothing we know or a distance from nowhere; SignInNeeded, BirthDateIsUnknown
    and GuardianHasNotConsented when only what suits the viewer is wanted; CursorIsInvalid.
    """
    asking = await _asking(session, viewer, wishes)
    plan = await _plan(session, wishes, request, asking)
    answer, reduced = await _search(session, index, plan)
    names = await look_up(session, wishes.area, _tags_of(wishes), answer.need_ids)
    must_be_known(
        ("category", wishes.category, names.categories),
        ("area", wishes.area, names.areas),
        ("language", wishes.language, names.languages),
        *(("tags", code, {**names.tags, **names.languages, **names.categories}) for code in wishes.tags),
    )
    shown = await cards(session, Sight(viewer, plan, names, asking.origin, asking.own), answer.need_ids)
    return Found(
        page=cursors.page(answer.listed, shown, answer.total, asking.search),
        names=names,
        by_category=names.rolled_up(answer.counts[Facet.CATEGORY]),
        by_district={f"{digits}000000": count for digits, count in answer.counts[Facet.DISTRICT].items()},
        by_language={
            code: count for code, count in answer.counts[Facet.LANGUAGE].items() if code in names.languages
        },
        with_places=answer.with_places,
        reduced=reduced,
        approximate=answer.is_approximate,
        cut=answer.is_cut,
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks and from where. ``search`` is the fingerprint of what is asked: a cursor is good for the same search alone."""

    volunteer: VolunteerFacts | None
    own: Sequence[OwnShift]
    origin: Point | None
    search: str


async def _asking(session: Session, viewer: Viewer, wishes: NeedWishes) -> _Asking:
    if wishes.only_suitable:
        viewer.signed_in()
    origin = await _origin(session, viewer, wishes)
    search = cursors.fingerprint(wishes.model_dump_json(), wishes.order, viewer.person_id, origin)
    if viewer.person_id is None:
        return _Asking(None, (), origin, search)
    volunteer = await people.facts_for_sign_up(session, viewer.person_id, local_day(session.now()))
    return _Asking(volunteer, await own_shifts(session, viewer.person_id), origin, search)


async def _origin(session: Session, viewer: Viewer, wishes: NeedWishes) -> Point | None:
    """From where distances are measured."""
    if wishes.area is not None and (wishes.within_km or wishes.sort is Sorting.DISTANCE):
        return await areas.point_of(session, wishes.area)
    return None if viewer.person_id is None else await people.home_point(session, viewer.person_id)


async def _plan(session: Session, wishes: NeedWishes, request: PageRequest, asking: _Asking) -> Plan:
    days = days_of(wishes)
    return Plan(
        now=session.now(),
        text=wishes.text or "",
        category=wishes.category,
        tags=tuple(dict.fromkeys(wishes.tags)),
        language=wishes.language,
        # A circle around an area reaches over its border.
        area=None if wishes.within_km else wishes.area,
        days=days,
        only_with_places=wishes.only_with_places,
        near=_circle(wishes, asking.origin),
        fitness=await _fitness(session, asking, days) if wishes.only_suitable else None,
        sort=wishes.order,
        limit=request.first,
        mark=cursors.read(request.after, asking.search) if request.after else None,
    )


def _circle(wishes: NeedWishes, origin: Point | None) -> Circle | None:
    is_measured = wishes.within_km is not None or wishes.order is Sorting.DISTANCE
    if is_measured and origin is None:
        raise InputIsInvalid.of("within_km" if wishes.within_km else "sort", "nowhere_to_measure_from")
    if origin is None or not (is_measured or wishes.order is Sorting.BLENDED):
        return None
    # The whole city lies within the widest circle: it measures, and keeps everything.
    return Circle(origin, 1000 * (wishes.within_km or MOST_KILOMETRES))


async def _fitness(session: Session, asking: _Asking, days: Days) -> Fitness | None:
    """What the volunteer brings. Raises the reason why they can take nothing at all."""
    volunteer = asking.volunteer
    if volunteer is None:
        return None
    if volunteer.age is None:
        raise BirthDateIsUnknown(article=(await rules.in_force(session, _MINORS)).article)
    if volunteer.is_minor and not volunteer.guardian_consented:
        raise GuardianHasNotConsented(article=(await rules.in_force(session, _MINORS)).article)
    beyond = await out_of_reach(session, asking.own, days)
    return Fitness(volunteer.age, volunteer.qualification_codes, asking.own, beyond)


def _tags_of(wishes: NeedWishes) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*wishes.tags, *filter(None, [wishes.language]))))


async def _search(session: Session, index: SearchIndex, plan: Plan) -> tuple[Answer, bool]:
    """The answer, and whether the database had to give it."""
    try:
        return await asyncio.to_thread(search_index, index, plan), False
    except SearchUnavailable as error:
        _log.warning("search.reduced", reason=type(error).__name__)
        return await search_database(session, plan), True
