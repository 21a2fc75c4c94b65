"""Pages go on after the last hit seen: nothing is shown twice and nothing skipped, whatever came or went before it."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import Between, Document, Key, Near, Number, Point, Query, Removal, SearchIndex, Sort
from tests.matching.builders import all_found, found, need, pages, rebuilt
from tests.matching.engines import Place

HERE = Point(31.2304, 121.4737)
NEAR = (Near(HERE, 50_000),)


def north(metres: float) -> Point:
    return Point(HERE.latitude + math.degrees(metres / 6_371_009), HERE.longitude)


def some(number: int, value: int, **facts: Any) -> Document:
    """A document whose place in every order is `value`, the smallest first."""
    everything: dict[str, Any] = {
        "starts_at": (value,),
        "open_starts_at": (value,),
        "published_at": -value,
        "place": north(value),
    } | facts  # fmt: skip
    return need(f"{number:04}", "助浴 " + "服务 " * (value % 7), **everything)


ORDERS = [
    pytest.param({"sort": sort, "text": text, "clauses": NEAR if sort is Sort.DISTANCE or near else ()}, id=f"{sort}-{text}-{near}")
    for sort in Sort
    for text in ("", "助浴")
    for near in (False, True)
]  # fmt: skip


@pytest.fixture(scope="module")
def fifty_seven(new_place: Callable[[], Place]) -> SearchIndex:
    """Nobody changes it; values come again."""
    return rebuilt(new_place().open(), [some(number, number % 20) for number in range(57)])


@pytest.fixture(scope="module")
def hundred_and_fifty(new_place: Callable[[], Place]) -> SearchIndex:
    """Nobody changes it; three of each value."""
    return rebuilt(new_place().open(), [some(number, number // 3) for number in range(150)])


@pytest.mark.parametrize("asked", ORDERS)
def test_pages_follow_each_other_and_the_total_stays(fifty_seven: SearchIndex, asked: dict[str, Any]) -> None:
    whole = found(fifty_seven, limit=1000, **asked)
    assert sorted(whole) == [f"{number:04}" for number in range(57)]
    for limit in (1, 7, 20, 57):
        given = list(pages(fifty_seven, Query(limit=limit, **asked)))
        assert [hit.id for page in given for hit in page.hits] == whole
        assert {page.total for page in given} == {57}


@pytest.mark.parametrize("asked", ORDERS)
def test_hits_of_one_value_follow_their_ids(index: SearchIndex, asked: dict[str, Any]) -> None:
    numbers = list(range(60))
    random.Random(3).shuffle(numbers)
    for some_of_them in (numbers[:20], numbers[20:50], numbers[50:]):
        index.upsert([some(number, 5) for number in some_of_them])
    keys = [hit.key for page in pages(index, Query(limit=7, **asked)) for hit in page.hits]
    assert sorted(key.id for key in keys) == [f"{number:04}" for number in range(60)]
    by_relevance = asked["text"] and asked["sort"] is Sort.RELEVANCE
    # An engine may draw lots between what is equally relevant: then values differ.
    assert keys == sorted(keys, key=lambda key: (-(key.value or 0) if by_relevance else 0, key.id))


@pytest.mark.parametrize("asked", ORDERS)
def test_what_comes_or_goes_before_the_key_moves_nothing(index: SearchIndex, asked: dict[str, Any]) -> None:
    index.upsert([some(100 + number, 7 * number) for number in range(60)])
    first = index.search(Query(limit=10, **asked))
    shown = [hit.id for hit in first.hits]
    expected = found(index, limit=1000, **asked)[10:]
    index.delete([Removal(id_, 2) for id_ in shown[:5]])
    index.upsert([some(number, 0, version=3) for number in range(30)])
    rest = all_found(index, limit=10, after=first.hits[-1].key, seen=10, **asked)
    assert [id_ for id_ in rest if id_ >= "0100"] == expected


@pytest.mark.parametrize("asked", ORDERS)
def test_a_page_goes_on_even_when_the_last_hit_seen_is_gone(
    index: SearchIndex, asked: dict[str, Any]
) -> None:
    index.upsert([some(number, 7 * number) for number in range(40)])
    whole = found(index, limit=1000, **asked)
    last = index.search(Query(limit=10, **asked)).hits[-1]
    index.delete([Removal(last.id, 2)])
    assert all_found(index, limit=10, after=last.key, seen=10, **asked) == whole[10:]


@pytest.mark.parametrize("seen", [0, 3, 50, 500, 10_000])
@pytest.mark.parametrize("asked", ORDERS)
def test_how_many_were_seen_is_only_a_hint(
    hundred_and_fifty: SearchIndex, asked: dict[str, Any], seen: int
) -> None:
    whole = found(hundred_and_fifty, limit=1000, **asked)
    key = hundred_and_fifty.search(Query(limit=80, **asked)).hits[-1].key
    assert found(hundred_and_fifty, limit=5, after=key, seen=seen, **asked) == whole[80:85]


def test_the_first_start_with_a_place_left_counts_then_what_is_full_then_what_has_no_date(
    index: SearchIndex,
) -> None:
    index.upsert(
        [
            need("none"),
            need("full early", starts_at=(100,)),
            need("full late", starts_at=(900, 1000)),
            need("open late", starts_at=(50, 800), open_starts_at=(800,)),
            need("open early", starts_at=(300,), open_starts_at=(300,)),
        ]
    )
    expected = ["open early", "open late", "full early", "full late", "none"]
    assert found(index) == expected
    assert all_found(index, limit=1) == expected
    hits = index.search(Query()).hits
    assert [hit.first_start for hit in hits] == [300, 50, 100, 900, None]
    assert [hit.first_open_start for hit in hits] == [300, 800, None, None, None]


def test_only_what_has_a_place_left_on_those_days(index: SearchIndex) -> None:
    index.upsert(
        [
            need("full that day", starts_at=(100, 200), open_starts_at=(200,)),
            need("open that day", starts_at=(100,), open_starts_at=(100,)),
        ]
    )
    assert found(index, clauses=(Between(Number.OPEN_STARTS_AT, 50, 150),)) == ["open that day"]
    assert set(found(index, clauses=(Between(Number.OPEN_STARTS_AT),))) == {"full that day", "open that day"}


def test_what_is_not_near_has_no_metres_and_what_is_found_by_date_no_score(index: SearchIndex) -> None:
    index.upsert([some(1, 0)])
    (hit,) = index.search(Query()).hits
    assert (hit.metres, hit.score) == (None, 0.0)


def test_moments_of_any_size_have_a_place_in_the_order_of_dates(index: SearchIndex) -> None:
    moments = {"a": -(10**30), "b": -5, "c": 0, "d": 7, "e": 10**30}
    index.upsert(
        [need(id_, starts_at=(m,), open_starts_at=(m,), published_at=m) for id_, m in moments.items()]
    )
    assert all_found(index, limit=2) == list("abcde")
    assert all_found(index, limit=2, sort=Sort.NEWEST) == list("edcba")


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.none() | st.integers(-3, 3), max_size=30),
    limit=st.integers(1, 9),
    sort=st.sampled_from([Sort.DATE, Sort.NEWEST]),
)
def test_any_list_is_paged_in_the_order_of_values_and_ids(
    shared_index: SearchIndex, values: list[int | None], limit: int, sort: Sort
) -> None:
    documents = [
        need(f"{number}", starts_at=() if value is None else (value,), published_at=value)
        for number, value in enumerate(values)
    ]
    rebuilt(shared_index, documents)
    direction = 1 if sort is Sort.DATE else -1

    def place(number: int) -> tuple[bool, int, str]:
        value = values[number]
        return value is None, direction * (value or 0), f"{number}"

    expected = [f"{number}" for number in sorted(range(len(values)), key=place)]
    assert all_found(shared_index, limit=limit, sort=sort) == expected


def test_a_key_survives_being_written_down(index: SearchIndex) -> None:
    index.upsert([some(number, number) for number in range(9)])
    for asked in ({"text": "助浴"}, {"sort": Sort.DISTANCE, "clauses": NEAR}, {}):
        query = Query(limit=4, **asked)
        key = index.search(query).hits[-1].key
        again = type(key)(None if key.value is None else float(repr(key.value)), key.id)
        assert index.search(replace(query, after=again)) == index.search(replace(query, after=key, seen=4))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_key_stands_somewhere(value: float) -> None:
    with pytest.raises(ValueError, match="no such value"):
        Key(value, "a")
