"""Any string is a valid query, and any string may stand in a document."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.embedded import EmbeddedIndex
from matching.index import LONGEST_QUERY, AnyOf, Label, Query, Removal, Within
from matching.text import normalise, runs
from tests.matching.builders import CHANGNING, found, need, rebuilt

ANYTHING = st.text(st.characters(), max_size=80)
SIGNS = list("\"'()[]{}:*?~^+-/\\&|!<>=,.;@#$% \x00🍎")
LOOKS_LIKE_SYNTAX = st.text(st.sampled_from([*SIGNS, *"助浴AND OR NOT éa1"]), max_size=40)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedIndex:
    folder = tmp_path_factory.mktemp("shared")
    return rebuilt(EmbeddedIndex(folder, CHANGNING), [need("bath", "老人助浴", body="AND OR NOT title:x")])


@settings(max_examples=300, deadline=None)
@given(text=ANYTHING | LOOKS_LIKE_SYNTAX)
def test_any_string_is_a_valid_query(shared: EmbeddedIndex, text: str) -> None:
    results = shared.search(Query(text=text))
    assert results.total == len(results.hits) <= 1


@settings(max_examples=100, deadline=None)
@given(noise=st.text(st.sampled_from(SIGNS), max_size=40))
def test_signs_around_a_word_change_nothing(shared: EmbeddedIndex, noise: str) -> None:
    assert found(shared, noise + "助浴" + noise) == ["bath"]


@settings(max_examples=100, deadline=None)
@given(value=ANYTHING)
def test_any_string_is_a_valid_filter(shared: EmbeddedIndex, value: str) -> None:
    assert shared.search(Query(clauses=(AnyOf(Label.TAG, (value,)), Within((value,))))).total == 0


@settings(max_examples=60, deadline=None)
@given(title=ANYTHING)
def test_any_string_may_be_indexed_and_is_found_by_itself(own: EmbeddedIndex, title: str) -> None:
    own.upsert([need("it", title, body=title, names=(title,), tags=(title,), area_code=title)])
    can_be_found = bool(runs(normalise(title))) or not title.strip()
    assert own.search(Query(text=title)).total == can_be_found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedIndex:
    return rebuilt(EmbeddedIndex(tmp_path_factory.mktemp("own")), ())


def test_words_that_look_like_operators_are_words(index: EmbeddedIndex) -> None:
    index.upsert([need("a", "Bread OR roses"), need("b", "Bread")])
    assert found(index, 'title:"roses"') == []
    assert found(index, "bread NOT roses") == ["a"]
    assert found(index, "roses*") == ["a"]


def test_only_the_beginning_of_a_very_long_query_is_read(index: EmbeddedIndex) -> None:
    index.upsert([need("a", "助浴")])
    assert found(index, "助浴" + " " * LONGEST_QUERY + "别的") == ["a"]
    assert found(index, "助浴 " * LONGEST_QUERY) == ["a"]
    assert found(index, "x" * (10 * LONGEST_QUERY)) == []


def test_a_word_of_thousands_of_letters_is_found_by_its_beginning(index: EmbeddedIndex) -> None:
    index.upsert([need("a", "y" * 70_000)])
    assert found(index, "y" * 70_000) == ["a"]


def test_a_removal_of_any_name_is_understood(index: EmbeddedIndex) -> None:
    index.upsert([need("x\x00y\ud800")])
    assert index.delete([Removal("x\x00y\ud800", 2)]) == 1
    assert found(index) == []
