"""Search and reindexing through the port against the bare engine: Tantivy itself, the same index, the same compiled query.

The bare engine is asked what any caller has to ask: the first hits, how many there are in all, and the ids; with facets, the counts.
What the port adds is its own: finding the newest commit, cutting the query into words and compiling it, asking again more tolerantly
when nothing matched, keys for paging. Goals: at most 1.5 times the engine's time; a rebuild at half the engine's rate or better, the
words cut on both sides.

`python -m benchmarks.search --documents 1000000 --folder /tmp/million` is the long run; the index in the folder serves the next one too.
"""

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import tantivy

from benchmarks.documents import documents
from benchmarks.ground import report
from benchmarks.relevance.judging import Half, relevance_set
from marketplace.discovery.documents import Kind
from marketplace.discovery.readings import city_readings
from marketplace.discovery.rebuild import BATCH
from matching import tantivy_answers
from matching.embedded import EmbeddedIndex
from matching.index import AnyOf, Clause, Condition, Document, Label, Query, Within
from matching.segmenting import Segmenter
from matching.tantivy_documents import ID, change_terms, schema
from matching.text import Readings

_PAGE = 20
_ROUNDS = 5
_NAMES = 20_000
_FACETS = (Label.CATEGORY, Label.DISTRICT)
_NEEDS = AnyOf(Label.KIND, (Kind.NEED.value,))
_PLAIN: tuple[Clause, ...] = (_NEEDS,)
_NARROW: tuple[Clause, ...] = (_NEEDS, Within(("310115", "310105")))


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of the same searches, done either way."""

    port: list[float]
    bare: list[float]


class BareEngine:
    """The index of a port, opened without it."""

    def __init__(self, generation: Path) -> None:
        index = tantivy.Index.open(str(generation))
        index.config_reader("manual")
        index.reload()
        self._searcher = index.searcher()

    def compiled(self, query: Query) -> tantivy.Query:
        """The query with which the port finds its answer: the last that it compiles."""
        searcher = Overheard(self._searcher)
        tantivy_answers.answer(cast(tantivy.Searcher, searcher), query, city_readings().segmenter)
        return searcher.condition

    def ask(self, condition: tantivy.Query, facets: Sequence[Label]) -> tuple[int, list[str]]:
        """How many there are, and the ids of the first."""
        found = self._searcher.search(condition, limit=_PAGE)
        ids = [str(self._searcher.doc(address).get_first(ID)) for _, address in found.hits]
        if facets:
            self._searcher.aggregate(
                condition, {label.value: {"terms": {"field": label.value, "size": 1_000}} for label in facets}
            )
        return found.count, ids


class Overheard:
    """A searcher that remembers the last query it was asked to search with."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self.condition = tantivy.Query.empty_query()

    def search(self, condition: tantivy.Query, *arguments: Any, **options: Any) -> tantivy.SearchResult:
        self.condition = condition
        return self._searcher.search(condition, *arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


def race(index: EmbeddedIndex, bare: BareEngine, questions: Sequence[Query]) -> Times:
    """Every question, either way in turn, so that both meet the same caches. Raises AssertionError when they find other numbers."""
    times = Times([], [])
    pairs = []
    for query in questions:
        results = index.search(query)
        condition = bare.compiled(query)
        assert bare.ask(condition, ())[0] == results.total, query.text
        pairs.append((query, condition))
    for _ in range(_ROUNDS):
        for query, condition in pairs:
            times.port.append(1e3 * _seconds(lambda query=query: index.search(query)))
            times.bare.append(
                1e3 * _seconds(lambda condition=condition, query=query: bare.ask(condition, query.facets))
            )
    return times


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - begun) / 1e9


def questions(
    clauses: tuple[Clause, ...], facets: tuple[Label, ...], ways: Collection[str] = ()
) -> Iterator[Query]:
    """What people type, of the half for tuning, narrowed and counted so; in all ways of typing, or these."""
    for judged in relevance_set():
        if ways and judged.way not in ways:
            continue
        if judged.half is Half.TUNE and judged.topic.look_for is Kind.NEED:
            yield Query(text=judged.text, clauses=clauses, limit=_PAGE, facets=facets)


def reindex(count: int, tries: int) -> None:
    """Report the rate of a rebuild through the port, and that of the bare engine with its own defaults, cutting the same words.

    By the clock, and by processor time, which other work on the machine changes less.
    """
    made = list(documents(count))
    for document in made[:_NAMES]:
        change_terms(
            document, city_readings()
        )  # dictionaries are loaded and names read once, for either side
    port, bare = [], []
    for _ in range(tries):
        with TemporaryDirectory() as folder:
            index = EmbeddedIndex(Path(folder) / "port", city_readings())
            port.append(_both_clocks(lambda index=index: rebuild(index, made)))
            bare.append(_both_clocks(lambda folder=folder: _write(Path(folder) / "bare", made)))
    for name, clock in (("clock", 0), ("processor", 1)):
        ours, theirs = min(one[clock] for one in port), min(one[clock] for one in bare)
        report(
            f"reindexing {count:,}, {name}", "embedded", theirs / ours, "≥ 0.5",
            f"{count / ours:,.0f} against {count / theirs:,.0f} documents a second",
        )  # fmt: skip


def _both_clocks(work: Callable[[], object]) -> tuple[float, float]:
    used = time.process_time()
    return _seconds(work), time.process_time() - used


class Remembering(Segmenter):
    """The city's segmenter, but what was cut stays cut: made documents say the same sentences again and again."""

    def __init__(self) -> None:
        self.cut = cache(city_readings().segmenter.cut)  # type: ignore[method-assign]
        self.every_word = cache(city_readings().segmenter.every_word)  # type: ignore[method-assign]


def remembering_readings() -> Readings:
    """The city's readings, for building an index that is only searched."""
    readings = copy.copy(city_readings())
    readings.segmenter = Remembering()
    return readings


def rebuild(index: EmbeddedIndex, made: Iterable[Document]) -> None:
    """A fresh index through the port, in chunks as discovery hands them over."""
    with index.begin_rebuild() as fresh:
        source = iter(made)
        while chunk := list(islice(source, BATCH)):
            fresh.add(chunk)


def _write(folder: Path, made: Iterable[Document]) -> None:
    folder.mkdir()
    writer = tantivy.Index(schema(), str(folder)).writer()
    for document in made:
        writer.add_document(change_terms(document, city_readings()))
    writer.commit()
    writer.wait_merging_threads()


def compare(index: EmbeddedIndex, bare: BareEngine, count: int) -> None:
    """Report each kind of search: the ratio of the medians, and that of the 99th percentiles."""
    kinds = (
        ("words", _PLAIN, (), ()),
        ("words in two districts", _NARROW, (), ()),
        ("words with facets", _PLAIN, _FACETS, ()),
        ("two characters", _PLAIN, (), ("two_characters",)),
        ("two characters, all of it", _NARROW, _FACETS, ("two_characters",)),
    )
    for name, clauses, facets, ways in kinds:
        times = race(index, bare, list(questions(clauses, facets, ways)))
        for figure, of in (("median", statistics.median), ("p99", _ninety_nine)):
            port, engine = of(times.port), of(times.bare)
            report(
                f"{name}, {count:,}, {figure}",
                "embedded",
                port / engine,
                "≤ 1.5",
                f"{port:.2f} ms against {engine:.2f} ms",
            )


def _ninety_nine(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="how many documents to search among")
    parser.add_argument(
        "--reindexed", type=int, default=20_000, help="how many to measure reindexing with; 0 for not at all"
    )
    parser.add_argument("--tries", type=int, default=3, help="how often to reindex; the best counts")
    parser.add_argument("--folder", help="where the index to search stays for the next run")
    asked = parser.parse_args()
    if asked.reindexed:
        reindex(asked.reindexed, asked.tries)
    with nullcontext(asked.folder) if asked.folder else TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder), city_readings())
        status = index.status()
        if status.condition is not Condition.READY or status.documents != asked.documents:
            rebuild(EmbeddedIndex(Path(folder), remembering_readings()), documents(asked.documents))
        generation = Path(folder) / "generations" / index.status().generation
        compare(index, BareEngine(generation), asked.documents)
    return 0


if __name__ == "__main__":
    sys.exit(main())
