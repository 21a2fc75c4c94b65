"""Puts what fits the words best in an order that also minds when it begins, how far it is and whether a place is left.

Made of hits outside the engines, so that it is the same for each of them. The blended value is a product, and every
factor lies between a floor and 1: being late, far or full makes a hit wait, but a much better match still wins.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from matching.index import Hit, Key, Query, Results, Sort

CANDIDATES: Final = 200
"""So many of the most relevant hits are blended: ten pages. Whoever looks further is past what relevance tells apart."""

LATEST: Final = 0.6
"""Soonness of what begins in a year or has no date. A match by name alone and one by description are further apart."""
SOON_DAYS: Final = 14
"""After so many days soonness has come half of its way down: people plan this week and the next."""

FARTHEST: Final = 0.5
"""Nearness of what is at the other end of the city."""
NEAR_METRES: Final = 3_000
"""At this distance nearness has come half of its way down: a quarter of an hour by bicycle."""

FULL: Final = 0.5
"""What has no place left stands behind what has one, unless it fits twice as well: people leave, and a waiting list moves."""

_DAY: Final = 86_400

Search = Callable[[Query], Results]


@dataclass(frozen=True, slots=True)
class Blended:
    """A hit and its blended value, from 0 to 1."""

    hit: Hit
    value: float


def blend(hits: Sequence[Hit], now: int) -> list[Blended]:
    """The same hits by relevance × soonness × nearness × places left, the best first, and those of one value by their ids.

    Relevance is the score as a share of the best among these hits, so that engines with other scales give the same
    order. Nearness counts for hits with a distance, that is, when the question was near a point. `now` is in seconds
    since 1970.
    """
    best = max((hit.score for hit in hits), default=0.0)
    blended = [Blended(hit, _value(hit, best, now)) for hit in hits]
    return sorted(blended, key=_place)


def page(search: Search, query: Query, now: int) -> Results:
    """One page of a question in the blended order, facets and total of the whole.

    The contract of its pages: `query` is sorted by relevance; its `after` is the key of the last hit shown and `seen`
    how many were shown, as for any query; `now` must be that of the first page. The CANDIDATES most relevant hits come
    first, in the blended order; what follows comes in the order of relevance. Keys are made so that the next page goes
    on after them and nothing is shown twice: in the blended part they hold the blended value, and that of its last hit
    is the key of the least relevant candidate. While documents come and go, one that thereby passes the border between
    the parts may be missed or come again; elsewhere pages are as steady as those of the engine. Raises ValueError for
    another sort, and what `search` raises.
    """
    if query.sort is not Sort.RELEVANCE:
        raise ValueError("only relevance can be blended")
    if query.seen >= CANDIDATES:
        return search(query)
    results = search(replace(query, limit=CANDIDATES, after=None, seen=0))
    hits = _keyed(results.hits, now)
    shown = hits[_begin(hits, query) :][: query.limit]
    missing = query.limit - len(shown)
    if missing and results.total > len(results.hits):
        border = results.hits[-1].key
        shown += search(replace(query, limit=missing, after=border, seen=CANDIDATES, facets=())).hits
    return replace(results, hits=tuple(shown))


def _value(hit: Hit, best: float, now: int) -> float:
    relevance = hit.score / best if best > 0 else 1.0
    return relevance * _soonness(hit, now) * _nearness(hit) * _openness(hit)


def _soonness(hit: Hit, now: int) -> float:
    start = hit.first_start if hit.first_open_start is None else hit.first_open_start
    return LATEST if start is None else _falling(LATEST, max(0, start - now), SOON_DAYS * _DAY)


def _nearness(hit: Hit) -> float:
    return 1.0 if hit.metres is None else _falling(FARTHEST, hit.metres, NEAR_METRES)


def _openness(hit: Hit) -> float:
    """What has no shifts at all, such as an organisation, is not full."""
    return FULL if hit.first_open_start is None and hit.first_start is not None else 1.0


def _falling(floor: float, far: float, half_way: float) -> float:
    """From 1 down to a floor: half of the way after `half_way`, three quarters after twice that."""
    return floor + (1 - floor) * math.pow(2, -far / half_way)


def _place(blended: Blended) -> tuple[float, str]:
    return -blended.value, blended.hit.id


def _keyed(candidates: Sequence[Hit], now: int) -> list[Hit]:
    """The candidates in the blended order, with keys to go on after."""
    hits = [
        replace(blended.hit, key=Key(blended.value, blended.hit.id)) for blended in blend(candidates, now)
    ]
    if len(hits) == CANDIDATES:
        hits[-1] = replace(hits[-1], key=candidates[-1].key)
    return hits


def _begin(hits: Sequence[Hit], query: Query) -> int:
    """Where the page begins: after the last hit shown or, when that is gone, where it stood."""
    after = query.after
    if after is None:
        return min(query.seen, len(hits))
    for place, hit in enumerate(hits, 1):
        if hit.id == after.id:
            return place
    return sum((-(hit.key.value or 0), hit.id) <= (-(after.value or 0), after.id) for hit in hits)
