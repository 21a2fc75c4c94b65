"""Whom to invite: for a shift, the people who suit it best, want to be asked, and were not asked too often; names stay masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import select

from marketplace.areas import queries as areas
from marketplace.areas.codes import CITY, within
from marketplace.db.session import Session
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import Consent, Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.local_forms import Named
from marketplace.recommendations import facts, invitations, weights, words
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.facts import Known
from marketplace.recommendations.words import Reader, Told
from marketplace.volunteering.models import Shift
from marketplace.volunteering.sign_up_queries import organised_shift
from matching.features import Opportunity, TagTree
from matching.scoring import Explanation, explain
from matching.weights import Weights

MOST = 20
_WIDTHS = (200, 1_000, 5_000)
_BATCH = 500
_log = structlog.get_logger(__name__)


class RankingIsAway(Exception):
    """The arrays are missing or broken; they are rebuilt by themselves, and meanwhile the database finds people more plainly."""


class Candidates(Protocol):
    """Where the people who suit best are found quickly: the arrays of the house."""

    async def best(self, opportunity: Opportunity, in_force: Weights, tree: TagTree, most: int) -> list[UUID]:
        """The ids of the people who suit best, the best first. Raises RankingIsAway."""
        ...


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody to invite: enough to choose by, not enough to know who it is. The district is where they live."""

    person_id: UUID
    masked_name: str
    district: Named | None
    is_new: bool
    told: Told


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Whom to invite to a shift. ``is_reduced``: the database answered in place of the arrays."""

    shift_id: UUID
    need_id: UUID
    takes_people: bool
    people: Sequence[Suggestion]
    is_reduced: bool


@dataclass(frozen=True, slots=True)
class _Search:
    shift: Shift
    opportunity: Opportunity
    in_force: Weights
    tree: TagTree
    most: int


async def suggested(
    session: Session, viewer: Viewer, candidates: Candidates, shift_id: UUID, most: int = MOST
) -> Suggestions:
    """The people to invite to a shift, the best first. Raises SignInNeeded, NotFound, NotPermitted.

    Everybody named agreed to be ranked and to be invited, may take the shift, is not in it, has no live invitation to the need,
    never said no to it, and has had fewer invitations this week than the rule allows.
    """
    shift, need = await organised_shift(session, viewer, shift_id)
    if not invitations.takes_people(session, shift, need):
        return Suggestions(shift_id, need.id, False, (), False)
    search = _Search(
        shift,
        (await facts.opportunities(session, [shift_id]))[shift_id],
        await weights.in_force(session, RankingKind.VOLUNTEER),
        (await facts.tags(session)).tree,
        most,
    )
    try:
        found, is_reduced = await _by_arrays(session, viewer, candidates, search), False
    except RankingIsAway:
        _log.warning("recommendations.reduced")
        found, is_reduced = await _by_database(session, viewer, search), True
    return Suggestions(shift_id, need.id, True, await _shown(session, found), is_reduced)


def masked(name: str) -> str:
    """林＊＊ from 林小满: enough to speak of somebody, not enough to find them."""
    return f"{name[:1]}＊＊"


async def _by_arrays(
    session: Session, viewer: Viewer, candidates: Candidates, search: _Search
) -> list[tuple[Known, Explanation]]:
    """Wider and wider among the best until enough of them want to be asked."""
    ids: list[UUID] = []
    free: list[UUID] = []
    for width in _WIDTHS:
        best = await candidates.best(search.opportunity, search.in_force, search.tree, width)
        free += await _to_be_asked(session, viewer, search.shift, best[len(ids) :])
        ids = best
        if len(free) >= 2 * search.most or len(best) < width:
            break
    chosen = free[: 3 * search.most]
    if len(free) < search.most and len(ids) == _WIDTHS[-1]:
        # Few of a large city want to be asked: then the neighbours who do are looked up by their own word.
        chosen += [one for one in await _neighbours(session, viewer, search) if one not in chosen]
    return await _explained(session, search, chosen)


async def _by_database(session: Session, viewer: Viewer, search: _Search) -> list[tuple[Known, Explanation]]:
    return await _explained(session, search, await _neighbours(session, viewer, search))


async def _neighbours(session: Session, viewer: Viewer, search: _Search) -> list[UUID]:
    """People of the district who may be asked, as far as one statement reads."""
    district = search.opportunity.district.ljust(12, "0") if search.opportunity.district else CITY
    rows = await session.scalars(
        select(Person.id)
        .join(Consent, Consent.person_id == Person.id)
        .where(
            Consent.kind == ConsentKind.INVITATIONS.value,
            Person.erased_at.is_(None),
            within(Person.home_area_code, district),
        )
        .distinct()
        .order_by(Person.id)
        .limit(_BATCH)
    )
    return await _to_be_asked(session, viewer, search.shift, rows.all())


async def _to_be_asked(
    session: Session, viewer: Viewer, shift: Shift, person_ids: Sequence[UUID]
) -> list[UUID]:
    """Those of the people, in their order, who may be asked for this shift now."""
    most = await invitations.most_a_week(session)
    free: list[UUID] = []
    for start in range(0, len(person_ids), _BATCH):
        some = person_ids[start : start + _BATCH]
        choices = await consents.choices_of(session, some, (ConsentKind.RANKING, ConsentKind.INVITATIONS))
        willing = [one for one in some if all(choices[one].values()) and one != viewer.person_id]
        barred = await invitations.barred_from(session, shift.id, willing)
        barred |= await invitations.with_live_invitation(session, shift.need_id, willing)
        lately = await facts.invited_within(session, willing, invitations.WEEK)
        free += [one for one in willing if one not in barred and lately.get(one, 0) < most]
    return free


async def _explained(
    session: Session, search: _Search, person_ids: Sequence[UUID]
) -> list[tuple[Known, Explanation]]:
    """Scores from the rows as they are now, the best first, ties by id; whom something bars is left out."""
    known = await facts.people(session, person_ids)
    day = local_day(search.opportunity.starts_at)
    explained = [
        (one, explain(one.on(day), search.opportunity, search.in_force, search.tree))
        for one in known.values()
    ]
    free = [pair for pair in explained if not pair[1].blocks]
    return sorted(free, key=lambda pair: (-pair[1].score, pair[0].profile.person_id))[: search.most]


async def _shown(session: Session, found: Sequence[tuple[Known, Explanation]]) -> list[Suggestion]:
    names = await words.names(session, [explanation for _, explanation in found])
    codes = {district_of(known) for known, _ in found} - {None}
    districts = await areas.by_codes(session, [code for code in codes if code])
    return [
        Suggestion(
            known.profile.person_id,
            masked(known.profile.name),
            Named(area.name, area.name_en) if (area := districts.get(district_of(known) or "")) else None,
            known.today.is_new,
            words.told(explanation, names, Reader.THEM),
        )
        for known, explanation in found
    ]


def district_of(known: Known) -> str | None:
    """The code of the district where the person lives."""
    home = known.profile.home_area_code
    return f"{home[:6]}000000" if home else None
