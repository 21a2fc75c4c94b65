"""What is Meilisearch's own: settings first, tasks waited for, keys that may little, a budget, and a breaker."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from matching import meilisearch_server
from matching.breaker import Breaker, EngineRests
from matching.index import (
    Condition,
    EngineIsUnreachable,
    IndexIsBroken,
    IndexIsBusy,
    IndexIsMissing,
    Query,
    SearchUnavailable,
)
from matching.meilisearch import MeilisearchIndex
from matching.meilisearch_keys import make_keys
from matching.meilisearch_server import Address, Server
from tests.matching.builders import CHANGNING, found, need, rebuilt
from tests.matching.meilisearch_double import MASTER_KEY, SEARCH_KEY, WRITE_KEY, Double, serving


@pytest.fixture
def server() -> Iterator[tuple[str, Double]]:
    with serving() as both:
        yield both


@pytest.fixture
def double(server: tuple[str, Double]) -> Double:
    return server[1]


@pytest.fixture
def index(server: tuple[str, Double]) -> MeilisearchIndex:
    return rebuilt(opened(server[0]), [need("a", "助浴服务")])


def opened(url: str, search_key: str = SEARCH_KEY, write_key: str = WRITE_KEY) -> MeilisearchIndex:
    return MeilisearchIndex(Server(Address(url, search_key, write_key)), "wushe", CHANGNING)


def test_settings_come_before_documents(index: MeilisearchIndex, double: Double) -> None:
    kinds = [task["type"] for task in double.tasks if task["indexUid"] == "wushe-1-next"]
    assert kinds.index("settingsUpdate") < kinds.index("documentAdditionOrUpdate")


def test_a_write_returns_when_what_was_written_can_be_found(index: MeilisearchIndex) -> None:
    index.upsert([need("b", "理发")])
    assert found(index, "理发") == ["b"]


def test_a_failed_task_is_an_error(index: MeilisearchIndex, double: Double) -> None:
    double.fails = "documentAdditionOrUpdate"
    with pytest.raises(IndexIsBroken, match="internal"):
        index.upsert([need("b")])


def test_a_task_that_does_not_end_is_a_busy_index(
    server: tuple[str, Double], index: MeilisearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = MeilisearchIndex(Server(Address(server[0], SEARCH_KEY, WRITE_KEY), patience=0.05), "wushe")
    monkeypatch.setattr(Double, "task", Double.waiting)
    with pytest.raises(IndexIsBusy):
        impatient.upsert([need("b")])


def test_a_rebuild_whose_documents_are_refused_changes_nothing(
    index: MeilisearchIndex, double: Double
) -> None:
    double.fails = "documentAdditionOrUpdate"
    with pytest.raises(IndexIsBroken), index.begin_rebuild() as rebuild:
        rebuild.add([need("b")])
    double.fails = ""
    assert found(index) == ["a"]
    assert list(double.indexes) == ["wushe-1"]


def test_a_rebuild_that_died_is_taken_over_after_a_while(
    index: MeilisearchIndex, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.begin_rebuild()
    with pytest.raises(IndexIsBusy):
        index.begin_rebuild()
    monkeypatch.setattr("matching.meilisearch._ABANDONED_AFTER", timedelta(seconds=-1))
    rebuilt(index, [need("b")])
    assert found(index) == ["b"]


def test_an_index_of_another_format_is_never_read_and_goes_with_the_next_rebuild(
    index: MeilisearchIndex, double: Double
) -> None:
    double.indexes["wushe-0"] = double.indexes.pop("wushe-1")
    assert index.status().condition is Condition.MISSING
    with pytest.raises(IndexIsMissing):
        index.search(Query())
    rebuilt(index, [need("b")])
    assert list(double.indexes) == ["wushe-1"]


@pytest.mark.parametrize(("search_key", "write_key"), [("", WRITE_KEY), (WRITE_KEY, WRITE_KEY)])
def test_a_key_that_may_only_write_cannot_search(
    server: tuple[str, Double], index: MeilisearchIndex, search_key: str, write_key: str
) -> None:
    with pytest.raises(IndexIsBroken, match="invalid_api_key"):
        opened(server[0], search_key, write_key).search(Query())


def test_a_key_that_may_only_search_cannot_write(server: tuple[str, Double], index: MeilisearchIndex) -> None:
    with pytest.raises(IndexIsBroken, match="invalid_api_key"):
        opened(server[0], SEARCH_KEY, SEARCH_KEY).upsert([need("b")])


def test_keys_stand_in_no_representation() -> None:
    assert "may-" not in repr(Address("http://127.0.0.1:1", SEARCH_KEY, WRITE_KEY))


def test_a_server_that_is_away_is_unreachable_and_needs_no_rebuild() -> None:
    away = opened("http://127.0.0.1:9")
    assert away.status().condition is Condition.UNREACHABLE
    with pytest.raises(EngineIsUnreachable):
        away.upsert([need("b")])


def test_what_answers_but_is_no_search_server_is_a_broken_index(
    server: tuple[str, Double], double: Double, index: MeilisearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Double, "search", lambda self, body: {"hello": "world"})
    with pytest.raises(SearchUnavailable):
        index.search(Query())


def test_a_slow_server_costs_no_more_than_the_budget(index: MeilisearchIndex, double: Double) -> None:
    double.delay = 3
    begun = time.monotonic()
    with pytest.raises(EngineIsUnreachable):
        index.search(Query(text="助浴"))
    assert time.monotonic() - begun < meilisearch_server.BUDGET_SECONDS + 0.2


def test_after_three_failures_nobody_waits_for_the_server(index: MeilisearchIndex, double: Double) -> None:
    double.refuses = 503
    for _ in range(3):
        with pytest.raises(EngineIsUnreachable):
            index.search(Query())
    asked = len(double.asked)
    with pytest.raises(EngineRests):
        index.search(Query())
    assert len(double.asked) == asked
    assert index.status().condition is Condition.UNREACHABLE


def test_a_breaker_lets_one_try_after_its_rest_and_closes_when_that_succeeds() -> None:
    now = 0.0
    breaker = Breaker(patience=2, rest=5, clock=lambda: now)

    def fails() -> None:
        with breaker.guarding((ValueError,)):
            raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            fails()
    with pytest.raises(EngineRests):
        fails()
    now = 5.0
    with pytest.raises(ValueError):
        fails()
    with pytest.raises(EngineRests):
        fails()
    now = 10.0
    with breaker.guarding((ValueError,)):
        pass
    with breaker.guarding((ValueError,)):
        pass


def test_keys_are_made_that_may_do_no_more_than_they_must(server: tuple[str, Double], double: Double) -> None:
    search_key, write_key = make_keys(server[0], MASTER_KEY, "wushe")
    assert search_key != write_key
    searching, writing = double.keys
    assert searching["actions"] == ["search"]
    assert "*" not in "".join(writing["actions"])
    assert searching["indexes"] == writing["indexes"] == ["wushe-*"]


def test_only_the_master_key_makes_keys(server: tuple[str, Double]) -> None:
    with pytest.raises(IndexIsBroken, match="invalid_api_key"):
        make_keys(server[0], WRITE_KEY + "!", "wushe")
