"""Documents that are not wanted, however well they fit: what one person has no time for, say."""

from typing import Any

from matching.index import Label, Near, Point, Query, SearchIndex, Sort
from tests.matching.builders import found, need

PEOPLES_SQUARE = Point(31.2304, 121.4737)


def test_what_is_not_wanted_is_neither_found_nor_counted(index: SearchIndex) -> None:
    index.upsert([need(id_, "助浴服务", category="care", place=PEOPLES_SQUARE) for id_ in ("a", "b:1", "c")])
    ways: list[dict[str, Any]] = [
        {"text": "助浴"},
        {},
        {"clauses": (Near(PEOPLES_SQUARE, 10),), "sort": Sort.DISTANCE},
    ]
    for asked in ways:
        results = index.search(Query(**asked, without=("b:1", "never heard of"), facets=(Label.CATEGORY,)))
        assert {hit.id for hit in results.hits} == {"a", "c"}
        assert (results.total, results.facets[Label.CATEGORY]) == (2, {"care": 2})
    assert found(index, without=("a", "b:1", "c")) == []
