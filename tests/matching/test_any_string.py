"""Any string is a valid query, and any string may stand in a document."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import LONGEST_QUERY, AnyOf, Label, Query, Removal, SearchIndex, Within
from matching.text import normalise, runs
from tests.matching.builders import found, need, rebuilt
from tests.matching.engines import Place

ANYTHING = st.text(st.characters(), max_size=80)
SIGNS = list("\"'()[]{}:*?~^+-/\\&|!<>=,.;@#$% \x00🍎")
LOOKS_LIKE_SYNTAX = st.text(st.sampled_from([*SIGNS, *"助浴AND OR NOT éa1"]), max_size=40)


@pytest.fixture(scope="module")
def shared(shared_index: SearchIndex) -> SearchIndex:
    return rebuilt(shared_index, [need("bath", "老人助浴", body="AND OR NOT title:x")])


@settings(max_examples=300, deadline=None)
@given(text=ANYTHING | LOOKS_LIKE_SYNTAX)
def test_any_string_is_a_valid_query(shared: SearchIndex, text: str) -> None:
    results = shared.search(Query(text=text))
    assert results.total == len(results.hits) <= 1


@settings(max_examples=100, deadline=None)
@given(noise=st.text(st.sampled_from(SIGNS), max_size=40))
def test_signs_around_a_word_change_nothing(shared: SearchIndex, noise: str) -> None:
    assert found(shared, noise + "助浴" + noise) == ["bath"]


@settings(max_examples=100, deadline=None)
@given(value=ANYTHING)
def test_any_string_is_a_valid_filter(shared: SearchIndex, value: str) -> None:
    assert shared.search(Query(clauses=(AnyOf(Label.TAG, (value,)), Within((value,))))).total == 0


@settings(max_examples=60, deadline=None)
@given(title=ANYTHING)
def test_any_string_may_be_indexed_and_is_found_by_itself(own: SearchIndex, title: str) -> None:
    own.upsert([need("it", title, body=title, names=(title,), tags=(title,), area_code=title)])
    can_be_found = bool(runs(normalise(title))) or not title.strip()
    assert own.search(Query(text=title)).total == can_be_found


@pytest.fixture(scope="module")
def own(new_place: Callable[[], Place]) -> SearchIndex:
    return rebuilt(new_place().open(), ())


def test_words_that_look_like_operators_are_words(index: SearchIndex) -> None:
    index.upsert([need("a", "Bread OR roses"), need("b", "Bread")])
    assert index.search(Query(text='title:"roses"')).approximate  # one of two words is there
    assert found(index, "bread NOT roses") == ["a"]
    assert found(index, "roses*") == ["a"]


def test_only_the_beginning_of_a_very_long_query_is_read_and_the_answer_says_so(index: SearchIndex) -> None:
    index.upsert([need("a", "助浴")])
    for text in ("助浴" + " " * LONGEST_QUERY + "别的", "助浴 " * LONGEST_QUERY):
        results = index.search(Query(text=text))
        assert [hit.id for hit in results.hits] == ["a"]
        assert results.cut
    nothing = index.search(Query(text="x" * (10 * LONGEST_QUERY)))
    assert (nothing.total, nothing.cut) == (0, True)


def test_a_query_of_the_longest_length_is_read_whole(index: SearchIndex) -> None:
    index.upsert([need("a", "助浴")])
    results = index.search(Query(text=" " * (LONGEST_QUERY - 2) + "助浴"))
    assert [hit.id for hit in results.hits] == ["a"]
    assert not results.cut


@pytest.mark.parametrize("text", [" " * (LONGEST_QUERY + 1), "!" * (LONGEST_QUERY + 1)])
def test_what_was_cut_is_said_even_of_a_text_without_words(index: SearchIndex, text: str) -> None:
    assert index.search(Query(text=text)).cut


def test_a_word_of_thousands_of_letters_is_found_by_its_beginning(index: SearchIndex) -> None:
    index.upsert([need("a", "y" * 70_000)])
    assert found(index, "y" * 70_000) == ["a"]


def test_a_removal_of_any_name_is_understood(index: SearchIndex) -> None:
    index.upsert([need("x\x00y\ud800")])
    assert index.delete([Removal("x\x00y\ud800", 2)]) == 1
    assert found(index) == []
