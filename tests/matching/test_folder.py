"""The index as files: rebuilding while it serves, other processes, other versions, damage."""

import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import tantivy

from matching import generations
from matching.embedded import EmbeddedIndex
from matching.index import (
    Condition,
    Document,
    IndexIsBroken,
    IndexIsBusy,
    IndexIsFromAnotherVersion,
    IndexIsMissing,
    Point,
    Removal,
    SearchUnavailable,
)
from matching.tantivy_answers import engine_errors
from tests.matching.builders import found, need, rebuilt


def builds(folder: Path) -> list[Path]:
    return sorted((folder / "generations").iterdir())


class TestBeforeTheFirstBuild:
    def test_nothing_can_be_asked_or_written(self, folder: Path) -> None:
        index = EmbeddedIndex(folder)
        for attempt in (
            lambda: found(index),
            lambda: index.upsert([need("a")]),
            lambda: index.delete([Removal("a", 1)]),
            lambda: index.versions(["a"]),
        ):
            with pytest.raises(IndexIsMissing):
                attempt()

    def test_the_status_says_so_instead_of_raising(self, folder: Path) -> None:
        assert EmbeddedIndex(folder).status().condition is Condition.MISSING

    def test_what_is_written_during_the_first_build_is_kept(self, folder: Path) -> None:
        index = EmbeddedIndex(folder)
        with index.begin_rebuild() as rebuild:
            rebuild.add([need("a")])
            assert index.upsert([need("b")]) == 1
        assert set(found(index)) == {"a", "b"}


class TestRebuilding:
    def test_the_old_index_serves_until_the_new_one_is_whole(self, index: EmbeddedIndex) -> None:
        index.upsert([need("old")])
        with index.begin_rebuild() as rebuild:
            rebuild.add([need("new")])
            assert found(index) == ["old"]
        assert found(index) == ["new"]

    def test_an_open_reader_follows_the_swap(self, index: EmbeddedIndex, folder: Path) -> None:
        index.upsert([need("old")])
        reader = EmbeddedIndex(folder)
        assert found(reader) == ["old"]
        rebuilt(index, [need("new")])
        assert found(reader) == ["new"]

    def test_a_rebuild_that_fails_changes_nothing_and_leaves_nothing(
        self, index: EmbeddedIndex, folder: Path
    ) -> None:
        index.upsert([need("old")])

        def documents() -> Iterator[Document]:
            yield need("new")
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError, match="went away"):
            rebuilt(index, documents())
        assert found(index) == ["old"]
        assert len(builds(folder)) == 1
        rebuilt(index, [need("again")])
        assert found(index) == ["again"]

    def test_old_builds_are_removed(self, index: EmbeddedIndex, folder: Path) -> None:
        for number in range(3):
            rebuilt(index, [need(f"{number}")])
        assert len(builds(folder)) == 1

    def test_the_last_of_two_documents_with_one_id_is_kept(self, index: EmbeddedIndex) -> None:
        with index.begin_rebuild() as rebuild:
            assert rebuild.add([need("a", "助浴"), need("b"), need("a", "助餐")]) == 3
        assert found(index, "助餐") == ["a"]
        assert index.status().documents == 2

    def test_changes_written_meanwhile_are_in_the_new_index_too(self, index: EmbeddedIndex) -> None:
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
        self, index: EmbeddedIndex
    ) -> None:
        with index.begin_rebuild() as rebuild:
            index.upsert([need("a", "助浴", version=1)])
            rebuild.add([need("a", "助餐", version=2)])
        assert found(index, "助餐") == ["a"]

    def test_everything_about_a_document_survives_the_catch_up_list(self, index: EmbeddedIndex) -> None:
        whole = need(
            "a", "助浴", body="正文", keywords=("k",), names=("长宁区",), sounds=("x y",), area_code="310105001001",
            category="care", tags=("t",), flags=("f",), starts_at=(1, 2), published_at=3, minimum_age=16,
            place=Point(31.2, 121.4),
        )  # fmt: skip
        folder = index._folder
        fresh = folder.begin(1)
        folder.note([whole, Removal("b\ud800", 10**30)])
        assert list(folder.noted()) == [whole, Removal("b\ud800", 10**30)]
        fresh.drop()

    def test_only_one_rebuild_at_a_time(self, index: EmbeddedIndex, folder: Path) -> None:
        with index.begin_rebuild(), pytest.raises(IndexIsBusy):
            EmbeddedIndex(folder).begin_rebuild()
        rebuilt(index, ())

    def test_a_finished_rebuild_takes_nothing_more(self, index: EmbeddedIndex) -> None:
        rebuild = index.begin_rebuild()
        rebuild.publish()
        rebuild.discard()
        with pytest.raises(ValueError, match="over"):
            rebuild.add([need("a")])
        with pytest.raises(ValueError, match="over"):
            rebuild.publish()
        assert found(index) == []

    def test_searches_never_fail_while_builds_are_swapped(self, index: EmbeddedIndex, folder: Path) -> None:
        rebuilt(index, [need(f"{number}") for number in range(5)])
        stop, failures, searches = threading.Event(), [], []

        def search(reader: EmbeddedIndex) -> None:
            while not stop.is_set():
                try:
                    searches.append(len(found(reader, "志愿")))
                except Exception as error:
                    failures.append(error)

        threads = [threading.Thread(target=search, args=(EmbeddedIndex(folder),)) for _ in range(2)]
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
    def test_threads_that_write_at_once_lose_nothing(self, index: EmbeddedIndex, folder: Path) -> None:
        def write(writer: EmbeddedIndex, name: str) -> None:
            for number in range(5):
                writer.upsert([need(f"{name}{number}")])

        writers = [(index, "a"), (index, "b"), (EmbeddedIndex(folder), "c")]
        threads = [threading.Thread(target=write, args=writer) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert index.status().documents == 15

    def test_a_writer_who_waits_too_long_is_told(self, folder: Path, index: EmbeddedIndex) -> None:
        impatient = EmbeddedIndex(folder, patience=0.05)
        with index._folder.writing(1):
            with pytest.raises(IndexIsBusy):
                impatient.upsert([need("a")])
            assert found(impatient) == []
        assert impatient.upsert([need("a")]) == 1

    def test_a_write_that_failed_does_not_stand_in_the_way_of_the_next(self, index: EmbeddedIndex) -> None:
        index.upsert([need("a")])
        with pytest.raises((SearchUnavailable, TypeError)) as failure:
            index.upsert([need("b"), need("c", starts_at=("soon",))])
        assert index.upsert([need("d")]) == 1
        assert set(found(index)) == {"a", "d"}
        assert failure.traceback  # still held, as by a log or a debugger

    def test_another_process_sees_every_write_at_once(self, index: EmbeddedIndex, folder: Path) -> None:
        with reading_process(folder) as ask:
            index.upsert([need("a")])
            assert ask("志愿") == ["a"]
            index.upsert([need("b")])
            assert set(ask("志愿")) == {"a", "b"}
            rebuilt(index, [need("c")])
            assert ask("志愿") == ["c"]
            index.delete([Removal("c", 2)])
            assert ask("志愿") == []

    def test_two_processes_that_write_in_turn_keep_each_others_documents(
        self, index: EmbeddedIndex, folder: Path
    ) -> None:
        with reading_process(folder) as ask:
            for number in range(6):
                index.upsert([need(f"here{number}")])
                assert ask(f"+there{number}") == []
        assert index.status().documents == 12

    def test_a_rebuild_whose_process_was_killed_is_forgotten(
        self, index: EmbeddedIndex, folder: Path
    ) -> None:
        with reading_process(folder, kill=True) as ask:
            assert ask("!rebuild") == []
            with pytest.raises(IndexIsBusy):
                index.begin_rebuild()
            index.upsert([need("a")])
        index.upsert([need("b")])
        assert not (folder / "catch-up.jsonl").exists()
        rebuilt(index, [need("c")])
        assert found(index) == ["c"]
        assert len(builds(folder)) == 1


class TestDamage:
    def test_an_index_of_another_version_is_never_read(
        self, index: EmbeddedIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.upsert([need("a")])
        monkeypatch.setattr(generations, "FORMAT", generations.FORMAT + 1)
        for attempt in (lambda: found(index), lambda: index.upsert([need("b")])):
            with pytest.raises(IndexIsFromAnotherVersion):
                attempt()
        assert index.status().condition is Condition.OUTDATED
        rebuilt(index, [need("c")])
        assert found(index) == ["c"]

    def test_an_index_of_another_version_serves_its_own_until_the_rebuild_is_done(
        self, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.upsert([need("a")])
        with monkeypatch.context() as newer:
            newer.setattr(generations, "FORMAT", generations.FORMAT + 1)
            rebuild = index.begin_rebuild()
        assert found(EmbeddedIndex(index._folder.root)) == ["a"]
        rebuild.discard()

    @pytest.mark.parametrize(
        "pointer",
        [b"", b"{junk", b"[]", b"{}", b'{"format": 1}', b"\xff\xfe", b'{"format":1,"generation":5}'],
    )
    def test_a_spoilt_pointer_is_an_unavailable_index(
        self, index: EmbeddedIndex, folder: Path, pointer: bytes
    ) -> None:
        (folder / "current.json").write_bytes(pointer)
        self.is_broken_and_can_be_mended(index)

    @pytest.mark.parametrize("victim", ["meta.json", "*.term", "*.idx", "*.fast", "*.store"])
    @pytest.mark.parametrize("damage", ["removed", "emptied", "cut", "junk"])
    def test_spoilt_files_are_an_unavailable_index(self, folder: Path, victim: str, damage: str) -> None:
        rebuilt(EmbeddedIndex(folder), [need(f"{number}") for number in range(50)])
        (generation,) = builds(folder)
        for path in generation.glob(victim):
            content = path.read_bytes()
            spoilt = {"emptied": b"", "cut": content[: len(content) // 2], "junk": b"junk" * 100}
            path.unlink()
            if damage in spoilt:
                path.write_bytes(spoilt[damage])
        self.is_broken_and_can_be_mended(EmbeddedIndex(folder))

    def test_a_build_that_vanished_is_an_unavailable_index(self, folder: Path) -> None:
        rebuilt(EmbeddedIndex(folder), [need("a")])
        (generation,) = builds(folder)
        generation.rename(folder / "elsewhere")
        self.is_broken_and_can_be_mended(EmbeddedIndex(folder))

    def test_a_folder_that_cannot_be_made_is_an_unavailable_index(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        index = EmbeddedIndex(tmp_path / "file" / "index")
        for attempt in (lambda: found(index), lambda: index.upsert([need("a")]), index.begin_rebuild):
            with pytest.raises(SearchUnavailable):
                attempt()
        assert index.status().condition is Condition.BROKEN

    def test_a_panic_inside_the_engine_is_an_unavailable_index(self, index: EmbeddedIndex) -> None:
        searcher = index._searcher()
        with pytest.raises(IndexIsBroken, match="gave up"), engine_errors():
            searcher.search(tantivy.Query.all_query(), limit=0)  # Tantivy asserts that a limit is positive

    @staticmethod
    def is_broken_and_can_be_mended(index: EmbeddedIndex) -> None:
        with pytest.raises(IndexIsBroken):
            found(index)
        with pytest.raises(IndexIsBroken):
            index.upsert([need("new")])
        status = index.status()
        assert status.condition is Condition.BROKEN
        assert status.detail
        rebuilt(index, [need("mended")])
        assert found(index) == ["mended"]
        assert index.status().condition is Condition.READY


class reading_process:
    """Another process with the same index open: `ask("text")` searches there, `ask("+id")` writes a document there,
    `ask("!rebuild")` begins a rebuild there."""

    def __init__(self, folder: Path, kill: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._kill = kill
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(folder, theirs), daemon=True)

    def __enter__(self) -> "reading_process":
        self._process.start()
        return self

    def __call__(self, question: str) -> list[str]:
        self._line.send(question)
        assert self._line.poll(60), "the other process does not answer"
        answer: list[str] = self._line.recv()
        return answer

    def __exit__(self, *error: object) -> None:
        if self._kill:
            self._process.kill()
        else:
            self._line.send(None)
        self._process.join(30)


def _serve(folder: Path, line: Connection) -> None:
    index = EmbeddedIndex(folder)
    rebuilds = []
    while (question := line.recv()) is not None:
        if question == "!rebuild":
            rebuilds.append(index.begin_rebuild())
            line.send([])
        elif question.startswith("+"):
            index.upsert([need(question[1:])])
            line.send([])
        else:
            line.send(found(index, question))
