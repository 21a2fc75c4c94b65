"""The version guard: news may arrive late, twice or in the wrong order, and the newest still wins."""

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import Document, Removal, SearchIndex
from tests.matching.builders import found, need, rebuilt


def test_a_newer_version_replaces_an_older_one(index: SearchIndex) -> None:
    index.upsert([need("a", "助浴", version=1)])
    assert index.upsert([need("a", "助餐", version=2)]) == 1
    assert found(index, "助浴") == []
    assert found(index, "助餐") == ["a"]


def test_an_older_version_never_replaces_a_newer_one(index: SearchIndex) -> None:
    index.upsert([need("a", "助餐", version=2)])
    assert index.upsert([need("a", "助浴", version=1)]) == 0
    assert found(index, "助餐") == ["a"]
    assert index.versions(["a"]) == {"a": 2}


def test_the_same_version_may_be_written_again(index: SearchIndex) -> None:
    index.upsert([need("a", "助浴", version=2)])
    assert index.upsert([need("a", "助餐", version=2)]) == 1
    assert found(index, "助餐") == ["a"]
    assert len(found(index)) == 1


def test_the_newest_of_a_batch_wins_wherever_it_stands(index: SearchIndex) -> None:
    assert index.upsert([need("a", "助餐", version=3), need("a", "助浴", version=1), need("b")]) == 2
    assert found(index, "助餐") == ["a"]


def test_what_was_deleted_is_not_found(index: SearchIndex) -> None:
    index.upsert([need("a", version=1), need("b", version=1)])
    assert index.delete([Removal("a", 2)]) == 1
    assert found(index) == ["b"]
    assert index.status().documents == 1
    assert index.versions(["a", "b"]) == {"b": 1}


def test_news_that_comes_after_its_deletion_brings_nothing_back(index: SearchIndex) -> None:
    index.upsert([need("a", version=1)])
    index.delete([Removal("a", 3)])
    assert index.upsert([need("a", version=2)]) == index.upsert([need("a", version=3)]) == 0
    assert found(index) == []


def test_what_is_published_again_is_found_again(index: SearchIndex) -> None:
    index.upsert([need("a", version=1)])
    index.delete([Removal("a", 2)])
    assert index.upsert([need("a", version=3)]) == 1
    assert found(index) == ["a"]


def test_a_late_deletion_of_an_older_version_deletes_nothing(index: SearchIndex) -> None:
    index.upsert([need("a", version=5)])
    assert index.delete([Removal("a", 4)]) == 0
    assert found(index) == ["a"]


def test_a_deletion_that_comes_before_its_document_still_counts(index: SearchIndex) -> None:
    index.delete([Removal("a", 2)])
    assert index.upsert([need("a", version=1)]) == 0
    assert found(index) == []


_CHANGES = st.lists(
    st.builds(Removal, st.sampled_from("ab"), st.integers(0, 4))
    | st.builds(lambda id, version: need(id, version=version), st.sampled_from("ab"), st.integers(0, 4)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(changes=_CHANGES)
def test_the_order_of_arrival_decides_nothing(
    shared_index: SearchIndex, changes: list[Document | Removal]
) -> None:
    rebuilt(shared_index, ())
    for change in changes:
        _ = shared_index.delete([change]) if isinstance(change, Removal) else shared_index.upsert([change])
    expected = {}
    for id_ in {change.id for change in changes}:
        last = max((change.version, isinstance(change, Removal)) for change in changes if change.id == id_)
        if not last[1]:
            expected[id_] = last[0]
    assert shared_index.versions("ab") == expected


def test_thousands_are_written_in_a_few_commits(index: SearchIndex) -> None:
    assert index.upsert(need(f"{number}") for number in range(4_500)) == 4_500
    assert index.status().documents == 4_500
    assert len(index.versions(f"{number}" for number in range(5_000))) == 4_500
