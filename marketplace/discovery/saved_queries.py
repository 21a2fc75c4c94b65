"""Saved searches as their owner reads them, and what is still to be told of them."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from marketplace.db.session import Session
from marketplace.discovery import saved_wishes
from marketplace.discovery.saved_models import HowTold, SavedSearch, SavedSearchMatch
from marketplace.discovery.saved_names import WishNames, names_for, said, sentence_of
from marketplace.discovery.saved_policy import visible_to
from marketplace.discovery.sources import need_is_findable
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity.viewer import Viewer
from marketplace.volunteering.models import Need
from matching.index import Query, SearchIndex, SearchUnavailable


@dataclass(frozen=True, slots=True)
class SavedSearchRow:
    """One's own saved search. ``wishes`` is None where nobody understands them any more: it finds nothing, and can be deleted.

    ``new`` counts the open needs that came to fit since its owner last looked.
    """

    id: UUID
    name: str
    wishes: NeedWishes | None
    names: WishNames
    how_told: HowTold
    created_at: datetime
    paused_at: datetime | None
    looked_at: datetime | None
    new: int

    def in_words(self, locale: str) -> str:
        """What is wished for, in one line."""
        return "" if self.wishes is None else sentence_of(locale, said(locale, self.wishes, self.names))


async def mine(session: Session, viewer: Viewer) -> list[SavedSearchRow]:
    """All that the viewer saved, newest first; three statements. Raises SignInNeeded."""
    viewer.signed_in()
    return await _rows(session, visible_to(viewer))


async def saved_searches_by_ids(
    session: Session, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, SavedSearchRow]:
    """The viewer's own among ``ids``."""
    rows = await _rows(session, and_(visible_to(viewer), SavedSearch.id.in_(ids)))
    return {row.id: row for row in rows}


async def saved_as(session: Session, viewer: Viewer, wishes: NeedWishes) -> UUID | None:
    """The viewer's search with just these wishes, if there is one; None for strangers."""
    if viewer.is_stranger:
        return None
    digest = saved_wishes.digest(saved_wishes.written(wishes))
    return await session.scalar(
        select(SavedSearch.id).where(visible_to(viewer), SavedSearch.digest == digest)
    )


async def counts_now(
    session: Session, index: SearchIndex, viewer: Viewer, rows: Collection[SavedSearchRow]
) -> dict[UUID, int]:
    """How many open needs fit each of these searches of the viewer's now, by the index; empty while it is away.

    Without those that want only what the viewer can take: how many that is, only the rows know.
    """
    searches = (
        await session.scalars(
            select(SavedSearch).where(visible_to(viewer), SavedSearch.id.in_([row.id for row in rows]))
        )
    ).all()
    origins = await saved_wishes.origins(session, searches)
    queries = {
        row.id: query
        for row in rows
        if row.wishes is not None
        and not row.wishes.only_suitable
        and (query := saved_wishes.query_of(row.wishes, origins.get(row.id), session.now())) is not None
    }
    return await asyncio.to_thread(_totals, index, queries)


def _totals(index: SearchIndex, queries: Mapping[UUID, Query]) -> dict[UUID, int]:
    totals = {}
    try:
        for search_id, query in queries.items():
            found = index.search(Query(text=query.text, clauses=query.clauses, limit=0))
            totals[search_id] = 0 if found.approximate else found.total
    except SearchUnavailable:
        return {}
    return totals


async def _rows(session: Session, which: ColumnElement[bool]) -> list[SavedSearchRow]:
    since = or_(SavedSearch.looked_at.is_(None), SavedSearchMatch.matched_at > SavedSearch.looked_at)
    new = (
        select(func.count())
        .select_from(SavedSearchMatch)
        .join(Need, Need.id == SavedSearchMatch.need_id)
        .where(
            SavedSearchMatch.saved_search_id == SavedSearch.id,
            SavedSearchMatch.passed_over_at.is_(None),
            need_is_findable(),
            since,
        )
        .correlate(SavedSearch)
        .scalar_subquery()
    )
    found = (
        await session.execute(
            select(SavedSearch, new)
            .where(which)
            .order_by(SavedSearch.created_at.desc(), SavedSearch.id.desc())
        )
    ).all()
    wishes = {row[0].id: saved_wishes.read_back(row[0].wishes) for row in found}
    names = await names_for(session, [one for one in wishes.values() if one is not None])
    return [
        SavedSearchRow(
            id=search.id,
            name=search.name,
            wishes=wishes[search.id],
            names=names,
            how_told=HowTold(search.how_told),
            created_at=search.created_at,
            paused_at=search.paused_at,
            looked_at=search.looked_at,
            new=count,
        )
        for search, count in found
    ]
