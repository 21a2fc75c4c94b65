"""A fresh index is filled while the old one serves, and many threads and processes read and write at once."""

import threading
from collections.abc import Iterator

import pytest

from matching.index import Condition, Document, IndexIsBusy, IndexIsMissing, Removal, SearchIndex
from tests.matching.builders import found, need, rebuilt
from tests.matching.engines import Place
from tests.matching.processes import reading_process


class TestBeforeTheFirstBuild:
    def test_nothing_can_be_asked_or_written(self, place: Place) -> None:
        index = place.open()
        for attempt in (
            lambda: found(index),
            lambda: index.upsert([need("a")]),
            lambda: index.delete([Removal("a", 1)]),
            lambda: index.versions(["a"]),
        ):
            with pytest.raises(IndexIsMissing):
                attempt()

    def test_the_status_says_so_instead_of_raising(self, place: Place) -> None:
        assert place.open().status().condition is Condition.MISSING

    def test_what_is_written_during_the_first_build_is_kept(self, place: Place) -> None:
        index = place.open()
        with index.begin_rebuild() as rebuild:
            rebuild.add([need("a")])
            assert index.upsert([need("b")]) == 1
        assert set(found(index)) == {"a", "b"}


class TestRebuilding:
    def test_the_old_index_serves_until_the_new_one_is_whole(self, index: SearchIndex) -> None:
        index.upsert([need("old")])
        with index.begin_rebuild() as rebuild:
            rebuild.add([need("new")])
            assert found(index) == ["old"]
        assert found(index) == ["new"]

    def test_an_open_reader_follows_the_swap(self, index: SearchIndex, place: Place) -> None:
        index.upsert([need("old")])
        reader = place.open()
        assert found(reader) == ["old"]
        rebuilt(index, [need("new")])
        assert found(reader) == ["new"]

    def test_a_rebuild_that_fails_changes_nothing_and_leaves_nothing(
        self, index: SearchIndex, place: Place
    ) -> None:
        index.upsert([need("old")])

        def documents() -> Iterator[Document]:
            yield need("new")
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError, match="went away"):
            rebuilt(index, documents())
        assert found(index) == ["old"]
        rebuilt(index, [need("again")])
        assert found(index) == ["again"]

    def test_the_last_of_two_documents_with_one_id_is_kept(self, index: SearchIndex) -> None:
        with index.begin_rebuild() as rebuild:
            assert rebuild.add([need("a", "助浴"), need("b"), need("a", "助餐")]) == 3
        assert found(index, "助餐") == ["a"]
        assert index.status().documents == 2

    def test_changes_written_meanwhile_are_in_the_new_index_too(self, index: SearchIndex) -> None:
        index.upsert([need("gone", version=1), need("changed", version=1)])
        with index.begin_rebuild() as rebuild:
            rebuild.add([need("gone", version=1), need("changed", "助浴", version=1)])
            index.delete([Removal("gone", 2)])
            index.upsert([need("changed", "助餐", version=2), need("came")])
            assert set(found(index)) == {"changed", "came"}
        assert set(found(index)) == {"changed", "came"}
        assert found(index, "助餐") == ["changed"]
        assert index.upsert([need("gone", version=1)]) == 0

    def test_what_the_rebuild_read_later_is_not_undone_by_changes_from_before(
        self, index: SearchIndex
    ) -> None:
        with index.begin_rebuild() as rebuild:
            index.upsert([need("a", "助浴", version=1)])
            rebuild.add([need("a", "助餐", version=2)])
        assert found(index, "助餐") == ["a"]

    def test_only_one_rebuild_at_a_time(self, index: SearchIndex, place: Place) -> None:
        with index.begin_rebuild(), pytest.raises(IndexIsBusy):
            place.open().begin_rebuild()
        rebuilt(index, ())

    def test_a_finished_rebuild_takes_nothing_more(self, index: SearchIndex) -> None:
        rebuild = index.begin_rebuild()
        rebuild.publish()
        rebuild.discard()
        with pytest.raises(ValueError, match="over"):
            rebuild.add([need("a")])
        with pytest.raises(ValueError, match="over"):
            rebuild.publish()
        assert found(index) == []

    def test_searches_never_fail_while_builds_are_swapped(self, index: SearchIndex, place: Place) -> None:
        rebuilt(index, [need(f"{number}") for number in range(5)])
        stop, failures, searches = threading.Event(), [], []

        def search(reader: SearchIndex) -> None:
            while not stop.is_set():
                try:
                    searches.append(len(found(reader, "志愿")))
                except Exception as error:
                    failures.append(error)

        threads = [threading.Thread(target=search, args=(place.open(),)) for _ in range(2)]
        threads += [threading.Thread(target=search, args=(index,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            rebuilt(index, [need(f"{number}") for number in range(5)])
        stop.set()
        for thread in threads:
            thread.join()
        assert not failures
        assert set(searches) == {5}


class TestManyWritersAndReaders:
    def test_threads_that_write_at_once_lose_nothing(self, index: SearchIndex, place: Place) -> None:
        def write(writer: SearchIndex, name: str) -> None:
            for number in range(5):
                writer.upsert([need(f"{name}{number}")])

        writers = [(index, "a"), (index, "b"), (place.open(), "c")]
        threads = [threading.Thread(target=write, args=writer) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert index.status().documents == 15

    def test_another_process_sees_every_write_at_once(self, index: SearchIndex, place: Place) -> None:
        with reading_process(place) as ask:
            index.upsert([need("a")])
            assert ask("志愿") == ["a"]
            index.upsert([need("b")])
            assert set(ask("志愿")) == {"a", "b"}
            rebuilt(index, [need("c")])
            assert ask("志愿") == ["c"]
            index.delete([Removal("c", 2)])
            assert ask("志愿") == []

    def test_two_processes_that_write_in_turn_keep_each_others_documents(
        self, index: SearchIndex, place: Place
    ) -> None:
        with reading_process(place) as ask:
            for number in range(6):
                index.upsert([need(f"here{number}")])
                assert ask(f"+there{number}") == []
        assert index.status().documents == 12
