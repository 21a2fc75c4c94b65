"""The embedded index as files: builds, locks, processes that die, other versions, damage."""

import random
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import tantivy

from matching import embedded as engine
from matching import generations
from matching.embedded import EmbeddedIndex
from matching.generations import Folder
from matching.index import (
    Condition,
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
from tests.matching.engines import InFolder
from tests.matching.processes import reading_process


def builds(folder: Path) -> list[Path]:
    return sorted((folder / "generations").iterdir())


class TestRebuilding:
    def test_old_builds_are_removed(self, embedded: EmbeddedIndex, folder: Path) -> None:
        for number in range(3):
            rebuilt(embedded, [need(f"{number}")])
        assert len(builds(folder)) == 1

    def test_everything_about_a_document_survives_the_catch_up_list(self, embedded: EmbeddedIndex) -> None:
        whole = need(
            "a", "助浴", body="正文", keywords=("k",), names=("长宁区",), sounds=("x y",), area_code="310105001001",
            category="care", tags=("t",), flags=("f",), starts_at=(1, 2), open_starts_at=(2,), published_at=3, minimum_age=16,
            place=Point(31.2, 121.4),
        )  # fmt: skip
        folder = embedded._folder
        fresh = folder.begin(1)
        folder.note([whole, Removal("b\ud800", 10**30)])
        assert list(folder.noted()) == [whole, Removal("b\ud800", 10**30)]
        fresh.drop()


class TestReading:
    def test_a_build_that_is_swept_away_while_it_is_read_is_read_no_further(
        self, embedded: EmbeddedIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without its positions it could answer one word, and would fail at the next phrase."""
        rebuilt(embedded, [need("old", "长者助浴服务")])
        (old,) = builds(folder)
        refresh = engine._Opened.refresh

        def overtaken(opened: engine._Opened) -> bool:
            monkeypatch.undo()
            for path in old.glob("*.pos"):
                path.unlink()
            was_read = refresh(opened)
            rebuilt(embedded, [need("new", "长者助浴服务")])
            return was_read

        monkeypatch.setattr(engine._Opened, "refresh", overtaken)
        reader = EmbeddedIndex(folder)
        assert found(reader) == found(reader, "长者助浴") == ["new"]

    def test_a_folder_that_is_removed_under_a_reader_is_a_missing_index_until_it_is_built_again(
        self, embedded: EmbeddedIndex, folder: Path
    ) -> None:
        rebuilt(embedded, [need("a")])
        reader = EmbeddedIndex(folder)
        assert found(reader) == ["a"]
        shutil.rmtree(folder)
        for attempt in (lambda: found(reader), lambda: reader.upsert([need("b")])):
            with pytest.raises(IndexIsMissing):
                attempt()
        assert reader.status().condition is Condition.MISSING
        rebuilt(reader, [need("c")])
        assert found(reader) == found(embedded) == ["c"]


class TestWriting:
    def test_a_writer_who_waits_too_long_is_told(self, folder: Path, embedded: EmbeddedIndex) -> None:
        impatient = EmbeddedIndex(folder, patience=0.05)
        with embedded._folder.writing(1):
            with pytest.raises(IndexIsBusy):
                impatient.upsert([need("a")])
            assert found(impatient) == []
        assert impatient.upsert([need("a")]) == 1

    def test_nobody_is_kept_waiting_by_one_who_writes_again_and_again(self, folder: Path) -> None:
        written, stop = threading.Event(), threading.Event()

        def write() -> None:
            while not stop.is_set():
                with Folder(folder).writing(10):
                    written.set()
                    time.sleep(0.02)

        busy = threading.Thread(target=write)
        busy.start()
        assert written.wait(10)
        try:
            for _ in range(3):
                with Folder(folder).writing(0.5):
                    pass
        finally:
            stop.set()
            busy.join()

    def test_a_write_that_failed_does_not_stand_in_the_way_of_the_next(self, embedded: EmbeddedIndex) -> None:
        embedded.upsert([need("a")])
        with pytest.raises((SearchUnavailable, TypeError)) as failure:
            embedded.upsert([need("b"), need("c", starts_at=("soon",))])
        assert embedded.upsert([need("d")]) == 1
        assert set(found(embedded)) == {"a", "d"}
        assert failure.traceback  # still held, as by a log or a debugger

    def test_a_rebuild_whose_process_was_killed_is_forgotten(
        self, embedded: EmbeddedIndex, folder: Path
    ) -> None:
        with reading_process(InFolder(folder), kill=True) as ask:
            assert ask("!rebuild") == []
            with pytest.raises(IndexIsBusy):
                embedded.begin_rebuild()
            embedded.upsert([need("a")])
        embedded.upsert([need("b")])
        assert not (folder / "catch-up.jsonl").exists()
        rebuilt(embedded, [need("c")])
        assert found(embedded) == ["c"]
        assert len(builds(folder)) == 1

    def test_a_rebuild_that_fails_leaves_no_files(self, embedded: EmbeddedIndex, folder: Path) -> None:
        before = builds(folder)
        with pytest.raises(RuntimeError), embedded.begin_rebuild():
            raise RuntimeError
        assert builds(folder) == before
        assert not (folder / "catch-up.jsonl").exists()

    def test_a_writer_that_is_killed_in_the_middle_leaves_whole_writes_behind(
        self, embedded: EmbeddedIndex, folder: Path
    ) -> None:
        """Every write is one commit: after kill -9 all of its documents are there or none, and the next writer goes on."""
        dice = random.Random(5)
        for attempt in range(6):
            with reading_process(InFolder(folder), kill=True) as ask:
                assert ask("志愿") is not None
                ask.leave(f"*{attempt}")
                time.sleep(dice.uniform(0.05, 0.4))
            written = Counter(
                id_.split("-")[1] for id_ in found(embedded, limit=1000, text=f"round{attempt}")
            )
            assert set(written.values()) <= {20}
            assert embedded.upsert([need(f"after-{attempt}")]) == 1
        assert len(found(embedded, "志愿服务")) == 6
        assert embedded.status().condition is Condition.READY


class TestDamage:
    def test_an_index_of_another_version_is_never_read(
        self, embedded: EmbeddedIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        embedded.upsert([need("a")])
        monkeypatch.setattr(generations, "FORMAT", generations.FORMAT + 1)
        for attempt in (lambda: found(embedded), lambda: embedded.upsert([need("b")])):
            with pytest.raises(IndexIsFromAnotherVersion):
                attempt()
        assert embedded.status().condition is Condition.OUTDATED
        rebuilt(embedded, [need("c")])
        assert found(embedded) == ["c"]

    def test_an_index_of_another_version_serves_its_own_until_the_rebuild_is_done(
        self, embedded: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        embedded.upsert([need("a")])
        with monkeypatch.context() as newer:
            newer.setattr(generations, "FORMAT", generations.FORMAT + 1)
            rebuild = embedded.begin_rebuild()
        assert found(EmbeddedIndex(embedded._folder.root)) == ["a"]
        rebuild.discard()

    @pytest.mark.parametrize(
        "pointer",
        [b"", b"{junk", b"[]", b"{}", b'{"format": 1}', b"\xff\xfe", b'{"format":1,"generation":5}'],
    )
    def test_a_spoilt_pointer_is_an_unavailable_index(
        self, embedded: EmbeddedIndex, folder: Path, pointer: bytes
    ) -> None:
        (folder / "current.json").write_bytes(pointer)
        self.is_broken_and_can_be_mended(embedded)

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
        embedded = EmbeddedIndex(tmp_path / "file" / "index")
        for attempt in (
            lambda: found(embedded),
            lambda: embedded.upsert([need("a")]),
            embedded.begin_rebuild,
        ):
            with pytest.raises(SearchUnavailable):
                attempt()
        assert embedded.status().condition is Condition.BROKEN

    def test_a_panic_inside_the_engine_is_an_unavailable_index(self, embedded: EmbeddedIndex) -> None:
        searcher = embedded._searcher()
        with pytest.raises(IndexIsBroken, match="gave up"), engine_errors():
            searcher.search(tantivy.Query.all_query(), limit=0)  # Tantivy asserts that a limit is positive

    @staticmethod
    def is_broken_and_can_be_mended(embedded: EmbeddedIndex) -> None:
        with pytest.raises(IndexIsBroken):
            found(embedded)
        with pytest.raises(IndexIsBroken):
            embedded.upsert([need("new")])
        status = embedded.status()
        assert status.condition is Condition.BROKEN
        assert status.detail
        rebuilt(embedded, [need("mended")])
        assert found(embedded) == ["mended"]
        assert embedded.status().condition is Condition.READY
