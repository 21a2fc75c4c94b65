"""Puts a query to the server and reads its answer: a page of hits after a key, the exact total, distances, facets."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from matching.distances import great_circle
from matching.index import Hit, Key, Label, Near, Point, Query, Results, Sort
from matching.meilisearch_documents import DATE, NEWEST, PLACE, label_from
from matching.meilisearch_server import Server, server_errors
from matching.pages import Entry, Place, page

Found = Mapping[str, Any]


def answer(server: Server, uid: str, query: Query, united: Sequence[Mapping[str, Any]]) -> Results:
    """What the union of these queries finds. The server counts and orders in one request; a page is rarely read twice."""
    last: dict[str, Any] = {}

    def read(begin: int, size: int) -> list[Entry[Found]]:
        last.update(server.search(united, _federation(query, uid, begin, size)))
        return [Entry(_value(query, hit), hit) for hit in last["hits"]]

    after = None if query.after is None else Place(_of_key(query, query.after), query.after.id)
    with server_errors():
        found = page(read, lambda hit: str(hit["id"]), after, query.seen, query.limit)
        return Results(
            tuple(_hit(query, entry) for entry in found),
            int(last["estimatedTotalHits"]),
            _facets(query, last["facetsByIndex"][uid]["distribution"]),
            cut=query.is_cut,
        )


def _federation(query: Query, uid: str, begin: int, size: int) -> dict[str, Any]:
    facets = {uid: [label.value for label in query.facets]}
    return {"offset": begin, "limit": size, "facetsByIndex": facets}


def _value(query: Query, hit: Found) -> float:
    """What the hit is sorted by, in rising order; what has no value comes last."""
    if query.order is Sort.DATE:
        return float(hit.get(DATE, inf))
    if query.order is Sort.NEWEST:
        return -float(hit.get(NEWEST, -inf))
    if query.order is Sort.DISTANCE:
        return _metres(query.near, hit) or 0.0
    return -_score(hit)


def _of_key(query: Query, key: Key) -> float:
    if key.value is None:
        return inf
    return -key.value if query.order in (Sort.RELEVANCE, Sort.NEWEST) else key.value


def _key(query: Query, entry: Entry[Found]) -> Key:
    value = -entry.value if query.order in (Sort.RELEVANCE, Sort.NEWEST) else entry.value
    return Key(None if abs(value) == inf else value, str(entry.address["id"]))


def _hit(query: Query, entry: Entry[Found]) -> Hit:
    found = entry.address
    return Hit(
        str(found["id"]),
        str(label_from(found["kind"][0])),
        _score(found) if query.order is Sort.RELEVANCE else 0.0,
        _key(query, entry),
        _metres(query.near, found),
        min(found["starts_at"], default=None),
        min(found["open_starts_at"], default=None),
    )


def _score(hit: Found) -> float:
    return float(hit["_federation"]["weightedRankingScore"])


def _metres(near: Near | None, hit: Found) -> float | None:
    """The exact distance: the server's own is rounded to metres."""
    if near is None or PLACE not in hit:
        return None
    place = Point(hit[PLACE]["lat"], hit[PLACE]["lng"])
    return float(great_circle(near.point, place.latitude, place.longitude))


def _facets(query: Query, counted: Mapping[str, Mapping[str, int]]) -> dict[Label, dict[str, int]]:
    return {
        label: {label_from(value): int(count) for value, count in counted.get(label.value, {}).items()}
        for label in query.facets
    }
