"""New and changed needs meet the saved searches: what fits a search for the first time is noted once, and told at once where wished."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, delete, or_, select, tuple_

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.discovery import free_time, saved_wishes, sources
from marketplace.discovery.documents import Kind, row_id_of
from marketplace.discovery.free_time import Days
from marketplace.discovery.plan import days_of
from marketplace.discovery.saved_events import NeedFitsSavedSearches, SavedSearchBegan
from marketplace.discovery.saved_models import HowTold, SavedSearch, SavedSearchMatch
from marketplace.discovery.saved_watch import Watch
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.volunteering import eligibility
from marketplace.volunteering.models import Need
from matching.index import MOST_HITS, Document, Query, SearchIndex, SearchUnavailable

_AT_ONCE = 500
_IN_ONE_EVENT = 100
_KEPT = timedelta(days=90)
_MOST_FORGOTTEN = 5_000
_log = structlog.get_logger(__name__)


async def match(session: Session, watch: Watch, need_ids: Collection[UUID]) -> int:
    """Note which searches these needs fit, as the needs are now; how many fit for the first time.

    A need that is not public fits nothing. What is new for somebody who wants to hear at once is published as NeedFitsSavedSearches.
    """
    if await watch.is_idle(session):
        return 0
    wanted = list(need_ids)
    return sum(
        [
            await _match(session, watch, wanted[start : start + _AT_ONCE])
            for start in range(0, len(wanted), _AT_ONCE)
        ]
    )


async def pass_over_what_is_there(session: Session, index: SearchIndex, event: SavedSearchBegan) -> int:
    """What a search finds when it begins was there to be seen, and is no news later; how many needs that are.

    The soonest 1,000 only: who searches more widely may hear of an older need when it changes. An index that does not answer
    notes nothing.
    """
    row = await session.scalar(
        select(SavedSearch).where(SavedSearch.id == event.saved_search_id).with_for_update(read=True)
    )
    wishes = None if row is None else saved_wishes.read_back(row.wishes)
    if row is None or wishes is None:
        return 0
    origin = (await saved_wishes.origins(session, [row])).get(row.id)
    query = saved_wishes.query_of(wishes, origin, row.watches_from)
    found = [] if query is None else await asyncio.to_thread(_found, index, query)
    there = (
        await session.scalars(
            select(Need.id).where(Need.id.in_(found), Need.published_at <= row.watches_from)
        )
    ).all()
    seen = {"matched_at": session.now(), "passed_over_at": session.now()}
    return len(await _note(session, [(row.id, need_id) for need_id in there], seen))


async def forget_old(session: Session) -> None:
    """Repeated task: what was matched long ago with a need that is over is not kept; the need cannot come back."""
    over = or_(Need.closed_at.is_not(None), Need.cancelled_at.is_not(None), Need.declined_at.is_not(None))
    old = (
        await session.execute(
            select(SavedSearchMatch.saved_search_id, SavedSearchMatch.need_id)
            .join(Need, Need.id == SavedSearchMatch.need_id)
            .where(over, SavedSearchMatch.matched_at < session.now() - _KEPT)
            .limit(_MOST_FORGOTTEN)
        )
    ).all()
    for start in range(0, len(old), _AT_ONCE):
        pairs = [(row.saved_search_id, row.need_id) for row in old[start : start + _AT_ONCE]]
        await session.execute(delete(SavedSearchMatch).where(is_one_of(pairs)))


async def _match(session: Session, watch: Watch, need_ids: Sequence[UUID]) -> int:
    changes = await sources.changes(session, Kind.NEED, need_ids)
    documents = {need_id: change for need_id, change in changes.items() if isinstance(change, Document)}
    if not documents:
        return 0
    new = 0
    for need_id, search_ids in (await watch.matching(session, documents)).items():
        ordered = sorted(search_ids)
        for start in range(0, len(ordered), _AT_ONCE):
            new += await _meet(session, watch, need_id, ordered[start : start + _AT_ONCE])
    return new


async def _meet(session: Session, watch: Watch, need_id: UUID, search_ids: Sequence[UUID]) -> int:
    known = await _new_for(session, need_id, search_ids)
    rows = await _locked(session, known)
    await watch.forget(set(known) - {row.id for row in rows})
    fitting = [row for row in rows if row.paused_at is None and await _suits(session, row, need_id)]
    new = await _note(session, [(row.id, need_id) for row in fitting], {"matched_at": session.now()})
    at_once = [row.id for row in fitting if row.how_told == HowTold.AT_ONCE and (row.id, need_id) in new]
    for start in range(0, len(at_once), _IN_ONE_EVENT):
        some = tuple(at_once[start : start + _IN_ONE_EVENT])
        await publish(session, NeedFitsSavedSearches(new_id(), need_id, some))
    return len(new)


async def _new_for(session: Session, need_id: UUID, search_ids: Sequence[UUID]) -> list[UUID]:
    """Those that do not know the need yet: a place taken is the most frequent news of all, and fits the same searches again."""
    known = await session.scalars(
        select(SavedSearchMatch.saved_search_id).where(
            SavedSearchMatch.need_id == need_id, SavedSearchMatch.saved_search_id.in_(search_ids)
        )
    )
    met = set(known)
    return [search_id for search_id in search_ids if search_id not in met]


async def _locked(session: Session, search_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The searches that are still there. Whoever gives one up waits until we are done; everybody locks by id."""
    if not search_ids:
        return []
    found = await session.execute(
        select(
            SavedSearch.id,
            SavedSearch.person_id,
            SavedSearch.wishes,
            SavedSearch.how_told,
            SavedSearch.paused_at,
        )
        .where(SavedSearch.id.in_(search_ids))
        .order_by(SavedSearch.id)
        .with_for_update(read=True, key_share=True)
    )
    return found.all()


async def _suits(session: Session, row: Row[Any], need_id: UUID) -> bool:
    """Whether the owner can take the need, where they want to hear of nothing else."""
    wishes = saved_wishes.read_back(row.wishes)
    if wishes is None or not wishes.only_suitable:
        return wishes is not None
    return need_id in await suitable(session, row.person_id, days_of(wishes), [need_id])


async def suitable(session: Session, person_id: UUID, days: Days, need_ids: Collection[UUID]) -> set[UUID]:
    """Those of these needs that the person may take and has time for on these ``days``, as things are now; none for who was erased."""
    try:
        reasons = await eligibility.for_needs(session, person_id, need_ids)
    except NotFound:
        return set()
    allowed = [need_id for need_id, some in reasons.items() if not some]
    own = await free_time.own_shifts(session, person_id) if allowed else ()
    return await free_time.takeable(session, own, days, allowed) if allowed else set()


async def _note(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], facts: dict[str, Any]
) -> set[tuple[UUID, UUID]]:
    """The pairs that nobody had noted before."""
    new: set[tuple[UUID, UUID]] = set()
    for start in range(0, len(pairs), _AT_ONCE):
        rows = [
            {"saved_search_id": search_id, "need_id": need_id, **facts}
            for search_id, need_id in pairs[start : start + _AT_ONCE]
        ]
        noted = await session.execute(
            upsert(session, SavedSearchMatch)
            .values(rows)
            .on_conflict_do_nothing(
                index_elements=[SavedSearchMatch.saved_search_id, SavedSearchMatch.need_id]
            )
            .returning(SavedSearchMatch.saved_search_id, SavedSearchMatch.need_id)
        )
        new |= {(row.saved_search_id, row.need_id) for row in noted}
    return new


def _found(index: SearchIndex, query: Query) -> list[UUID]:
    try:
        results = index.search(Query(text=query.text, clauses=query.clauses, limit=MOST_HITS))
    except SearchUnavailable as error:
        _log.warning("saved_searches.not_compared", reason=type(error).__name__)
        return []
    hits = () if results.approximate else results.hits
    return [need_id for hit in hits if (need_id := row_id_of(hit.id)) is not None]


def is_one_of(pairs: Sequence[tuple[UUID, UUID]]) -> Any:
    return tuple_(SavedSearchMatch.saved_search_id, SavedSearchMatch.need_id).in_(pairs)
