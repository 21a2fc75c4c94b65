"""Find organisations by any part of their name, by pinyin, by what they do and where; the list itself belongs to ``organisations``."""

import asyncio
from collections.abc import Sequence

from marketplace.db.session import Session
from marketplace.discovery.documents import Kind, row_id_of
from marketplace.identity.viewer import Viewer
from marketplace.organisations import queries
from marketplace.organisations.models import Organisation
from matching.index import AnyOf, Label, Query, SearchIndex, SearchUnavailable


async def matching_organisations(
    session: Session, viewer: Viewer, index: SearchIndex, text: str, most: int
) -> Sequence[Organisation]:
    """At most ``most`` organisations that exactly ``text`` is about, best first, as far as the viewer may see them.

    None where only something similar was found, or while the index cannot answer: they are an addition to a list of needs.
    """
    query = Query(text=text, clauses=(AnyOf(Label.KIND, (Kind.ORGANISATION.value,)),), limit=most)
    try:
        found = await asyncio.to_thread(index.search, query)
    except SearchUnavailable:
        return []
    ids = [row_id for hit in found.hits if (row_id := row_id_of(hit.id)) is not None]
    if not ids or found.approximate:
        return []
    rows = await queries.by_ids(session, viewer, ids)
    return [rows[row_id] for row_id in ids if row_id in rows]
