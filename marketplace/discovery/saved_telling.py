"""What of the matches is still to be told: looked at again, so that nobody hears of a need that was taken back or that they cannot take."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from marketplace.db.session import Session
from marketplace.discovery import saved_wishes
from marketplace.discovery.free_time import Days
from marketplace.discovery.plan import days_of
from marketplace.discovery.saved_matching import is_one_of, suitable
from marketplace.discovery.saved_models import HowTold, SavedSearch, SavedSearchMatch
from marketplace.identity.viewer import STRANGER
from marketplace.volunteering import queries
from marketplace.volunteering.queries import NeedRow
from marketplace.volunteering.states import NeedState

MatchId = tuple[UUID, UUID]

_AT_ONCE_TAKES = timedelta(hours=1)
"""What is to be told at once is told within this time, or its telling is not on its way."""


@dataclass(frozen=True, slots=True)
class Match:
    """A saved search and a need that fits it, and whose search it is.

    ``takeable_on`` are the days on which its owner must be able to take it; None where they want to hear of everything.
    """

    saved_search_id: UUID
    need_id: UUID
    person_id: UUID
    search_name: str
    takeable_on: Days | None

    @property
    def id(self) -> MatchId:
        return self.saved_search_id, self.need_id


@dataclass(frozen=True, slots=True)
class News:
    """Matches to be told, with their needs as everybody may read them.

    ``stale`` are never told: the need was taken back, or its owner knows of it. ``unfit`` are not told as things are now.
    """

    fresh: Sequence[Match]
    stale: Sequence[Match]
    unfit: Sequence[Match]
    needs: Mapping[UUID, NeedRow]


async def at_once(session: Session, need_id: UUID, search_ids: Collection[UUID]) -> News:
    """What the owners of these searches want to hear at once about a need."""
    return await _news(
        session,
        and_(
            SavedSearchMatch.need_id == need_id,
            SavedSearchMatch.saved_search_id.in_(search_ids),
            SavedSearch.how_told == HowTold.AT_ONCE,
        ),
    )


async def of_the_day(session: Session, person_id: UUID) -> News:
    """What one person has not heard yet and wants to hear this evening."""
    return await _news(session, and_(SavedSearch.person_id == person_id, _is_for_the_evening(session)))


async def people_with_news_of_the_day(
    session: Session, which: ColumnElement[bool], most: int
) -> Sequence[UUID]:
    """People who have something to hear of the day, by id, those for whom ``which`` (about SavedSearch.person_id) holds."""
    found = await session.scalars(
        select(SavedSearch.person_id)
        .join(SavedSearchMatch, SavedSearchMatch.saved_search_id == SavedSearch.id)
        .where(_is_for_the_evening(session), _is_untold(), which)
        .distinct()
        .order_by(SavedSearch.person_id)
        .limit(most)
    )
    return found.all()


async def mark_told(session: Session, matches: Iterable[Match]) -> None:
    """These were told now."""
    await session.execute(
        update(SavedSearchMatch)
        .where(is_one_of([match.id for match in matches]))
        .values(told_at=session.now())
    )


async def put_aside(session: Session, news: News) -> None:
    """What is not told: the stale for good, the unfit until the need makes news again, which is when it is judged anew."""
    if news.stale:
        stale = is_one_of([match.id for match in news.stale])
        await session.execute(update(SavedSearchMatch).where(stale).values(passed_over_at=session.now()))
    if news.unfit:
        await session.execute(delete(SavedSearchMatch).where(is_one_of([match.id for match in news.unfit])))


def _is_for_the_evening(session: Session) -> ColumnElement[bool]:
    """What is told once a day, and what waited for that when its owner chose to hear at once."""
    left_over = and_(
        SavedSearch.how_told == HowTold.AT_ONCE, SavedSearchMatch.matched_at < session.now() - _AT_ONCE_TAKES
    )
    return or_(SavedSearch.how_told == HowTold.DAILY, left_over)


def _is_untold() -> ColumnElement[bool]:
    return and_(
        SavedSearchMatch.told_at.is_(None),
        SavedSearchMatch.passed_over_at.is_(None),
        SavedSearch.paused_at.is_(None),
    )


async def _news(session: Session, which: ColumnElement[bool]) -> News:
    rows = (
        await session.execute(
            select(
                SavedSearchMatch.saved_search_id,
                SavedSearchMatch.need_id,
                SavedSearch.person_id,
                SavedSearch.name,
                SavedSearch.wishes,
            )
            .join(SavedSearch, SavedSearch.id == SavedSearchMatch.saved_search_id)
            .where(which, _is_untold())
            .order_by(SavedSearchMatch.saved_search_id, SavedSearchMatch.need_id)
            .with_for_update(of=SavedSearchMatch)
        )
    ).all()
    matches = [
        Match(row.saved_search_id, row.need_id, row.person_id, row.name, _takeable_on(row.wishes))
        for row in rows
    ]
    # As a stranger sees them: whatever is told can be read by whoever is told.
    found = await queries.needs_by_ids(session, STRANGER, sorted({match.need_id for match in matches}))
    needs = {need_id: row for need_id, row in found.items() if row.state is NeedState.OPEN}
    is_stale = {match.id for match in matches if match.need_id not in needs}
    is_stale |= await _told_before(session, matches)
    timely = [match for match in matches if match.id not in is_stale]
    is_unfit = await _unfit(session, timely)
    return News(
        fresh=[match for match in timely if match.id not in is_unfit],
        stale=[match for match in matches if match.id in is_stale],
        unfit=[match for match in timely if match.id in is_unfit],
        needs=needs,
    )


async def _told_before(session: Session, matches: Sequence[Match]) -> set[MatchId]:
    """Those whose owner heard of the need by another search of theirs."""
    found = await session.execute(
        select(SavedSearch.person_id, SavedSearchMatch.need_id)
        .join(SavedSearchMatch, SavedSearchMatch.saved_search_id == SavedSearch.id)
        .where(
            SavedSearchMatch.told_at.is_not(None),
            SavedSearchMatch.need_id.in_({match.need_id for match in matches}),
            SavedSearch.person_id.in_({match.person_id for match in matches}),
        )
    )
    told = {(row.person_id, row.need_id) for row in found}
    return {match.id for match in matches if (match.person_id, match.need_id) in told}


async def _unfit(session: Session, matches: Sequence[Match]) -> set[MatchId]:
    """Those of searches for what their owner can take that they cannot, as things are now."""
    asked: dict[tuple[UUID, Days], list[Match]] = {}
    for match in matches:
        if match.takeable_on is not None:
            asked.setdefault((match.person_id, match.takeable_on), []).append(match)
    unfit: set[MatchId] = set()
    for (person_id, days), some in asked.items():
        suited = await suitable(session, person_id, days, {match.need_id for match in some})
        unfit |= {match.id for match in some if match.need_id not in suited}
    return unfit


def _takeable_on(stored: dict[str, object]) -> Days | None:
    wishes = saved_wishes.read_back(stored)
    return days_of(wishes) if wishes is not None and wishes.only_suitable else None
