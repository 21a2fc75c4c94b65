"""Filters, order, pages, counts and distances."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import (
    AnyOf,
    Between,
    Label,
    Near,
    Number,
    Point,
    Query,
    SearchIndex,
    Sort,
    Within,
)
from tests.matching.builders import found, need, rebuilt
from tests.matching.engines import Place

PEOPLES_SQUARE = Point(31.2304, 121.4737)


def north_of(point: Point, metres: float) -> Point:
    return Point(point.latitude + math.degrees(metres / 6_371_009), point.longitude)


def test_an_area_holds_the_areas_below_it(index: SearchIndex) -> None:
    index.upsert(
        [
            need("a", area_code="310105001001"),
            need("b", area_code="310105002000"),
            need("c", area_code="310104001000"),
        ]
    )
    assert set(found(index, clauses=(Within(("310105",)),))) == {"a", "b"}
    assert found(index, clauses=(Within(("310105001",)),)) == ["a"]
    assert set(found(index, clauses=(Within(("310105001", "310104")),))) == {"a", "c"}


def test_no_area_and_no_label_at_all_keep_nothing(index: SearchIndex) -> None:
    index.upsert([need("a", area_code="310105001001", category="care")])
    assert found(index, clauses=(Within(()),)) == []
    assert found(index, clauses=(AnyOf(Label.CATEGORY, ()),)) == []


def test_labels_within_a_clause_are_alternatives_and_clauses_add_up(index: SearchIndex) -> None:
    index.upsert(
        [
            need("a", category="care", tags=("night", "pair")),
            need("b", category="care"),
            need("c", category="river"),
        ]
    )
    assert set(found(index, clauses=(AnyOf(Label.CATEGORY, ("care", "river")),))) == {"a", "b", "c"}
    assert found(index, clauses=(AnyOf(Label.TAG, ("night",)), AnyOf(Label.TAG, ("pair",)))) == ["a"]
    assert found(index, clauses=(AnyOf(Label.CATEGORY, ("river",)), AnyOf(Label.TAG, ("night",)))) == []


def test_any_start_within_the_days_counts(index: SearchIndex) -> None:
    index.upsert([need("weekly", starts_at=(100, 200, 300)), need("once", starts_at=(150,)), need("never")])
    assert found(index, clauses=(Between(Number.STARTS_AT, 190, 210),)) == ["weekly"]
    assert found(index, clauses=(Between(Number.STARTS_AT, None, 150),)) == ["weekly", "once"]
    assert found(index, clauses=(Between(Number.STARTS_AT),)) == ["weekly", "once"]


def test_both_ends_of_a_range_belong_to_it(index: SearchIndex) -> None:
    index.upsert([need("a", minimum_age=16), need("b", minimum_age=18), need("c")])
    assert set(found(index, clauses=(Between(Number.MINIMUM_AGE, most=16),))) == {"a", "c"}
    assert found(index, clauses=(Between(Number.MINIMUM_AGE, least=18),)) == ["b"]


def test_numbers_beyond_what_a_field_holds_are_taken_as_the_largest(index: SearchIndex) -> None:
    index.upsert([need("a", starts_at=(10**30,))])
    assert found(index, clauses=(Between(Number.STARTS_AT, 5, 10**40),)) == ["a"]


def test_filters_do_not_change_the_score(index: SearchIndex) -> None:
    index.upsert([need("a", "助浴", category="care"), need("b", "助餐")])
    plain = index.search(Query(text="助浴")).hits[0].score
    assert (
        index.search(Query(text="助浴", clauses=(AnyOf(Label.CATEGORY, ("care",)),))).hits[0].score == plain
    )


def test_no_text_lists_by_date_and_the_undated_last(index: SearchIndex) -> None:
    index.upsert([need("none"), need("late", starts_at=(300,)), need("soon", starts_at=(900, 100))])
    assert found(index) == ["soon", "late", "none"]
    assert found(index, "志愿服务", sort=Sort.DATE) == ["soon", "late", "none"]


def test_newest_first_on_request(index: SearchIndex) -> None:
    index.upsert(
        [need("old", published_at=1), need("new", published_at=3), need("draft"), need("mid", published_at=2)]
    )
    assert found(index, sort=Sort.NEWEST) == ["new", "mid", "old", "draft"]


def test_a_query_may_ask_only_for_the_count(index: SearchIndex) -> None:
    index.upsert([need("a"), need("b")])
    results = index.search(Query(limit=0))
    assert (results.hits, results.total) == ((), 2)


def test_facets_count_all_hits_and_not_only_the_page(index: SearchIndex) -> None:
    index.upsert(
        [
            need("a", category="care", area_code="310105001001", tags=("x", "y")),
            need("b", category="care", area_code="310104001001", tags=("x",)),
            need("c", category="river", area_code="310105001001"),
        ]
    )
    results = index.search(Query(limit=1, facets=(Label.CATEGORY, Label.DISTRICT, Label.TAG)))
    assert results.facets == {
        Label.CATEGORY: {"care": 2, "river": 1},
        Label.DISTRICT: {"310105": 2, "310104": 1},
        Label.TAG: {"x": 2, "y": 1},
    }
    care = index.search(Query(clauses=(AnyOf(Label.CATEGORY, ("care",)),), facets=(Label.DISTRICT,)))
    assert care.facets == {Label.DISTRICT: {"310105": 1, "310104": 1}}


def test_nearest_first_with_the_distance(index: SearchIndex) -> None:
    places = {"far": 4_000, "near": 500, "mid": 2_000, "out": 5_100}
    index.upsert([need(name, place=north_of(PEOPLES_SQUARE, metres)) for name, metres in places.items()])
    index.upsert([need("nowhere")])
    results = index.search(Query(clauses=(Near(PEOPLES_SQUARE, 5_000),), sort=Sort.DISTANCE))
    assert [hit.id for hit in results.hits] == ["near", "mid", "far"]
    assert [hit.metres for hit in results.hits] == pytest.approx([500, 2_000, 4_000], abs=0.1)
    assert results.total == 3


def test_the_circle_counts_and_not_the_box_around_it(index: SearchIndex) -> None:
    corner = Point(PEOPLES_SQUARE.latitude + 0.0085, PEOPLES_SQUARE.longitude + 0.0095)  # some 1,300 m away
    index.upsert(
        [
            need("corner", place=corner, category="care"),
            need("centre", place=PEOPLES_SQUARE, category="river"),
        ]
    )
    results = index.search(Query(clauses=(Near(PEOPLES_SQUARE, 1_000),), facets=(Label.CATEGORY,)))
    assert [hit.id for hit in results.hits] == ["centre"]
    assert results.total == 1
    assert results.facets == {Label.CATEGORY: {"river": 1}}


def test_near_an_edge_of_the_map_is_still_near(index: SearchIndex) -> None:
    index.upsert([need("fiji", place=Point(-17, 179.999)), need("pole", place=Point(89.999, -100))])
    assert found(index, clauses=(Near(Point(-17, -179.999), 1_000),)) == ["fiji"]
    assert found(index, clauses=(Near(Point(89.999, 80), 1_000),)) == ["pole"]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), metres=st.floats(1, 60_000))
def test_near_agrees_with_measuring_everything(
    everywhere: tuple[SearchIndex, dict[str, Point]], seed: int, metres: float
) -> None:
    index, places = everywhere
    here = random.Random(seed).choice([*places.values()])
    expected = {name for name, place in places.items() if _by_vectors(here, place) <= metres - 0.5}
    allowed = {name for name, place in places.items() if _by_vectors(here, place) <= metres + 0.5}
    ids = set(found(index, clauses=(Near(here, metres),), limit=1000))
    assert expected <= ids <= allowed


@pytest.fixture(scope="module")
def everywhere(new_place: Callable[[], Place]) -> tuple[SearchIndex, dict[str, Point]]:
    """Three hundred places in and around Shanghai."""
    dice = random.Random(7)
    places = {str(n): Point(dice.uniform(30.9, 31.6), dice.uniform(121.1, 121.9)) for n in range(300)}
    return rebuilt(new_place().open(), (need(name, place=place) for name, place in places.items())), places


def _by_vectors(one: Point, other: Point) -> float:
    """Metres by the angle between two vectors: another way than the engine's."""

    def vector(point: Point) -> tuple[float, float, float]:
        latitude, longitude = math.radians(point.latitude), math.radians(point.longitude)
        return (
            math.cos(latitude) * math.cos(longitude),
            math.cos(latitude) * math.sin(longitude),
            math.sin(latitude),
        )

    return 6_371_009 * 2 * math.asin(min(1.0, math.dist(vector(one), vector(other)) / 2))


@pytest.mark.parametrize(
    "impossible",
    [{"limit": -1}, {"limit": 1_001}, {"seen": -1}, {"seen": 10**9}, {"sort": Sort.DISTANCE}],
)
def test_a_page_that_cannot_be_is_refused(impossible: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must be|only near"):
        Query(**impossible)  # type: ignore[arg-type]


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (0, 181), (math.nan, 0), (0, math.inf)])
def test_a_place_that_cannot_be_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError, match="no such place"):
        Point(latitude, longitude)


@pytest.mark.parametrize("metres", [-1, math.nan, math.inf])
def test_a_distance_that_cannot_be_is_refused(metres: float) -> None:
    with pytest.raises(ValueError, match="no such distance"):
        Near(PEOPLES_SQUARE, metres)
