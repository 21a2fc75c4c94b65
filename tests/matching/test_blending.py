"""The blended order: relevance × soonness × nearness × places left, and its pages."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.blending import CANDIDATES, FULL, LATEST, NEAR_METRES, SOON_DAYS, blend, page
from matching.index import Hit, Key, Label, Near, Point, Query, Removal, SearchIndex, Sort
from tests.matching.builders import need, rebuilt

NOW = 1_800_000_000
DAY = 86_400
HERE = Point(31.2304, 121.4737)


def hit(id: str, score: float = 1.0, days: float | None = 1, **facts: Any) -> Hit:
    start = None if days is None else int(NOW + days * DAY)
    given = {"first_start": start, "first_open_start": start} | facts
    return Hit(id, "need", score, Key(score, id), **given)


def order(*hits: Hit) -> list[str]:
    return [blended.hit.id for blended in blend(hits, NOW)]


def test_of_two_that_fit_alike_the_sooner_comes_first() -> None:
    assert order(hit("later", days=9), hit("soon", days=2), hit("undated", days=None)) == [
        "soon",
        "later",
        "undated",
    ]


def test_of_two_that_fit_alike_the_nearer_comes_first() -> None:
    assert order(hit("far", metres=9_000), hit("near", metres=300)) == ["near", "far"]


def test_of_two_that_fit_alike_the_one_with_a_place_left_comes_first() -> None:
    assert order(hit("full", days=1, first_open_start=None), hit("open", days=20)) == ["open", "full"]


def test_a_much_better_match_wins_however_late_far_and_full() -> None:
    worst = hit("fits", 10.0, days=400, metres=60_000, first_open_start=None)
    assert order(hit("hardly fits", 1.0, days=0, metres=0), worst) == ["fits", "hardly fits"]


def test_those_of_one_value_follow_their_ids() -> None:
    assert order(hit("b"), hit("a"), hit("c")) == ["a", "b", "c"]


def test_the_value_is_the_product_that_is_documented() -> None:
    (best, other) = blend(
        [hit("a", 8.0, days=0), hit("b", 4.0, days=SOON_DAYS, metres=NEAR_METRES, first_open_start=None)], NOW
    )
    assert best.value == 1.0
    assert other.value == pytest.approx(0.5 * (LATEST + (1 - LATEST) / 2) * 0.75 * FULL)


def test_the_scale_of_an_engines_scores_does_not_matter() -> None:
    hits = [hit(f"{n}", score=1 + n % 7, days=n, metres=100.0 * (n * 37 % 50)) for n in range(40)]
    assert order(*hits) == order(*(replace(some, score=some.score / 250) for some in hits))


def test_what_has_begun_is_as_soon_as_what_begins_now() -> None:
    assert [blended.value for blended in blend([hit("a", days=-3)], NOW)] == [1.0]


def test_what_has_no_shifts_is_not_full() -> None:
    assert [blended.value for blended in blend([hit("a", days=None)], NOW)] == [LATEST]


@given(
    st.lists(
        st.builds(
            hit,
            st.text(max_size=3),
            st.floats(0, 100),
            st.none() | st.floats(-1e4, 1e4),
            metres=st.none() | st.floats(0, 2e7),
        )
    )
)
def test_nothing_is_added_or_lost_and_values_lie_between_nought_and_one(hits: list[Hit]) -> None:
    blended = blend(hits, NOW)
    assert sorted(map(repr, hits)) == sorted(repr(some.hit) for some in blended)
    assert all(0 <= some.value <= 1 and not math.isnan(some.value) for some in blended)


@pytest.fixture(scope="module")
def many(shared_index: SearchIndex) -> SearchIndex:
    return rebuilt(shared_index, (_need(number) for number in range(320)))


class TestPages:
    """Over a real index: 320 documents, so that the pages leave the blended part."""

    @pytest.mark.parametrize("limit", [7, 20, 50, CANDIDATES, 300])
    def test_pages_show_everything_once(self, many: SearchIndex, limit: int) -> None:
        shown = self.all_shown(many, Query(text="助浴", limit=limit, clauses=(Near(HERE, 50_000),)))
        assert len(shown) == len(set(shown)) == 320

    def test_candidates_come_first_and_the_rest_by_relevance(self, many: SearchIndex) -> None:
        query = Query(text="助浴", limit=1000)
        by_relevance = many.search(query).hits
        shown = self.all_shown(many, replace(query, limit=30))
        assert shown[:CANDIDATES] == [some.hit.id for some in blend(by_relevance[:CANDIDATES], NOW)]
        assert shown[CANDIDATES:] == [some.id for some in by_relevance[CANDIDATES:]]

    def test_every_page_says_the_total_and_the_facets_of_the_whole(self, many: SearchIndex) -> None:
        results = page(many.search, Query(text="助浴", limit=5, facets=(Label.CATEGORY,)), NOW)
        assert (results.total, results.facets) == (320, {Label.CATEGORY: {"care": 320}})

    def test_a_page_goes_on_when_the_last_hit_shown_is_gone(self, index: SearchIndex) -> None:
        rebuilt(index, (_need(number) for number in range(60)))
        query = Query(text="助浴", limit=10)
        whole = self.all_shown(index, query)
        last = page(index.search, query, NOW).hits[-1]
        index.delete([Removal(last.id, 2)])
        rest = self.all_shown(index, replace(query, after=last.key, seen=10))
        assert set(rest) == set(whole[10:])

    def test_only_relevance_can_be_blended(self, many: SearchIndex) -> None:
        with pytest.raises(ValueError, match="only relevance"):
            page(many.search, Query(sort=Sort.DATE), NOW)

    @staticmethod
    def all_shown(index: SearchIndex, query: Query) -> list[str]:
        shown: list[str] = []
        while (results := page(index.search, query, NOW)).hits:
            shown += [some.id for some in results.hits]
            query = replace(query, after=results.hits[-1].key, seen=query.seen + len(results.hits))
        return shown


def _need(number: int) -> Any:
    """Five kinds of match, and starts, places and full ones that do not go with them."""
    words = "服务 " * (number % 5)
    start = NOW + (number * 7919 % 90) * DAY
    place = Point(HERE.latitude + (number * 31 % 97) / 1000, HERE.longitude)
    is_open = number % 3
    return need(
        f"{number:03}", "助浴 " + words, starts_at=(start,), open_starts_at=(start,) if is_open else (),
        place=place, category="care",
    )  # fmt: skip
