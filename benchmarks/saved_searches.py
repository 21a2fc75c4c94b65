"""One new document against 100,000 saved searches, all at once, against asking the engine each of them.

The searches are made from the words, tags and areas of the made-up city: words alone, words in a place, a kind of service in a
district, around somebody's home, on certain days; some are asked by many people and most by few, as people search. One by one means
the embedded engine over an index that holds just the new document: its strict pass alone, compiled from the search as plainly as it
can be, and, for comparison, through the port as a page would ask it, and by our own conditions without the engine. A sample of the searches is run so and the time is scaled up to all.

`python -m benchmarks.saved_searches --searches 20000 --sample 2000` is a short run. Goal: at least 50 times faster.
"""

import argparse
import gc
import statistics
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import tantivy

from benchmarks.documents import documents
from benchmarks.ground import report
from marketplace.areas import divisions
from marketplace.areas.codes import Level, prefix_of
from marketplace.cli.city.words import city_words
from marketplace.discovery.documents import Kind
from marketplace.discovery.readings import city_readings
from matching import tantivy_queries as queries
from matching.document_terms import terms_of
from matching.embedded import EmbeddedIndex
from matching.index import AnyOf, Between, Clause, Document, Label, Near, Number, Point, Query, Within
from matching.saved import SavedSearches
from matching.saved_conditions import conditions_of
from matching.tantivy_documents import AREA, schema
from matching.text import asked_words

GOAL = 50
_DAY = 86_400
_DIFFERENT_WORDS = 4_000
_NEEDS: Clause = AnyOf(Label.KIND, (Kind.NEED.value,))


def searches(count: int, seed: int = 2026) -> Iterator[Query]:
    """``count`` searches such as people save; the same seed makes the same."""
    random = Random(seed)
    words = _words(random)
    # The hundredth most common wish is a hundred times rarer than the first: Zipf's law, as in every log of searches.
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    works = city_words().work
    districts, smaller = _areas(Level.DISTRICT), _areas(Level.SUBDISTRICT)
    for _ in range(count):
        word = random.choices(words, cum_weights=weights)[0]
        work = random.choice(works)
        category: Clause = AnyOf(Label.TAG, (work.category,))
        district: Clause = Within((random.choice(districts),))
        place: Clause = Within((random.choice(smaller),))
        home: Clause = Near(
            Point(random.gauss(31.23, 0.1), random.gauss(121.47, 0.1)), random.choice((1_000, 3_000, 5_000))
        )
        begin = 1_795_000_000 + random.randrange(60) * _DAY
        days: Clause = Between(Number.STARTS_AT, begin, begin + 7 * _DAY)
        kinds: tuple[tuple[int, str, tuple[Clause, ...]], ...] = (
            (30, word, ()),
            (20, word, (district,)),
            (15, "", (category, district)),
            (10, "", (category, place)),
            (10, "", (category, home)),
            (5, word, (home,)),
            (5, "", (AnyOf(Label.TAG, (random.choice(work.skills or (work.category,)),)), district)),
            (3, "", (category, days)),
            (2, "", (home,)),
        )
        _, text, clauses = random.choices(kinds, weights=[kind[0] for kind in kinds])[0]
        yield Query(text=text, clauses=(_NEEDS, *clauses))


def _words(random: Random) -> list[str]:
    """What is asked for in words: titles and parts of them, owners, places in characters, in pinyin and by initials."""
    city = city_words()
    readings = city_readings()
    names = [one.name for one in divisions.shipped() if one.level is not Level.COMMUNITY]
    titles = [title for work in city.work for title in work.titles]
    found = [*titles, *names]
    found += [title[start : start + 2] for title in titles for start in range(len(title) - 1)]
    found += [f"{title[:2]} {name}" for title in titles for name in names[:40]]
    found += [readings.pinyin(name) for name in names] + [readings.initials(name) for name in names]
    ends = [end for some in city.organisation_ends.values() for end in some]
    found += [start + end for start in city.organisation_starts for end in ends]
    distinct = list(dict.fromkeys(word for word in found if word.strip()))
    random.shuffle(distinct)
    return distinct[:_DIFFERENT_WORDS]


def _areas(level: Level) -> list[str]:
    return [prefix_of(one.code) for one in divisions.shipped() if one.level is level]


def load(some: Sequence[Query]) -> tuple[SavedSearches[int], float, int]:
    """All searches in memory; the seconds that took, and the bytes that they hold on to, which are measured in a second loading."""
    begun = time.perf_counter()
    saved = _filled(some)
    seconds = time.perf_counter() - begun
    gc.collect()
    tracemalloc.start()
    twin = _filled(some)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(twin) == len(saved)
    return saved, seconds, held


def _filled(some: Sequence[Query]) -> SavedSearches[int]:
    saved = SavedSearches[int](city_readings())
    for number, query in enumerate(some):
        saved.put(number, query)
    return saved


def one_by_one(folder: Path, document: Document, sample: Sequence[Query]) -> tuple[set[int], float, float]:
    """Which of the sample find the document, and the seconds that takes: the engine's strict pass alone, and through the port."""
    index = EmbeddedIndex(folder, city_readings())
    with index.begin_rebuild() as rebuild:
        rebuild.add([document])
    (generation,) = [path.parent for path in folder.rglob("meta.json")]
    searcher = tantivy.Index.open(str(generation)).searcher()
    begun = time.perf_counter()
    found = {number for number, query in enumerate(sample) if _finds(searcher, query)}
    strict = time.perf_counter() - begun
    begun = time.perf_counter()
    for query in sample:
        index.search(Query(text=query.text, clauses=query.clauses, limit=1))
    return found, strict, time.perf_counter() - begun


def judged_in_memory(document: Document, sample: Sequence[Query]) -> float:
    """The seconds of judging each search of the sample by the conditions that we hold in memory, filed under nothing."""
    terms = terms_of(document, city_readings())
    asked = [
        conditions
        for query in sample
        if (conditions := conditions_of(query, city_readings().segmenter)) is not None
    ]
    begun = time.perf_counter()
    for conditions in asked:
        all(condition.holds(terms) for condition in conditions)
    return time.perf_counter() - begun


def _finds(searcher: Any, query: Query) -> bool:
    words = asked_words(query.text, city_readings().segmenter)
    wanted = queries.strict(words) if words else None
    others = tuple(clause for clause in query.clauses if _term(clause) is None)
    terms = [term for clause in query.clauses if (term := _term(clause)) is not None]
    parts = [(tantivy.Occur.Must, condition) for condition in (queries.filtered(wanted, others), *terms)]
    return bool(searcher.search(tantivy.Query.boolean_query(parts), limit=1).hits)


def _term(clause: Clause) -> tantivy.Query | None:
    """A clause on one label as the plainest query: a set of terms, even of one, costs Tantivy a hundred times as much."""
    match clause:
        case AnyOf(label, (value,)):
            plain = tantivy.Query.term_query(schema(), label.value, value)
        case Within((prefix,)):
            plain = tantivy.Query.term_query(schema(), AREA, prefix)
        case _:
            return None
    return tantivy.Query.const_score_query(plain, 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=4_000)
    parser.add_argument("--documents", type=int, default=50)
    given = parser.parse_args()
    some = list(searches(given.searches))
    sampled = Random(7).sample(range(len(some)), min(given.sample, len(some)))
    saved, loading, held = load(some)
    print(
        f"{len(saved):,} saved searches, {saved.distinct:,} different ones: loaded in {loading:.1f} s, "
        f"{held / 2**20:.0f} MiB, {held / len(saved):.0f} bytes each"
    )
    at_once: list[float] = []
    strict: list[float] = []
    port: list[float] = []
    memory: list[float] = []
    met: list[int] = []
    for document in documents(given.documents, seed=11):
        begun = time.perf_counter()
        matches = saved.matching(document)
        at_once.append(time.perf_counter() - begun)
        met.append(len(matches))
        if len(strict) < 3:
            with TemporaryDirectory() as folder:
                sample = [some[number] for number in sampled]
                found, seconds, asked = one_by_one(Path(folder), document, sample)
            # A box is what the engine's filter keeps around a point; the circle is judged by whoever asks it.
            exact = {place for place in found if sampled[place] in matches}
            missed = {place for place, number in enumerate(sampled) if number in matches} - found
            boxed = [some[sampled[place]].near for place in found - exact]
            assert not missed and all(boxed), (missed, found - exact)
            scale = len(some) / len(sample)
            strict.append(scale * seconds)
            port.append(scale * asked)
            memory.append(scale * judged_in_memory(document, sample))
    typical, slowest = statistics.median(at_once), max(at_once)
    each = statistics.median(strict)
    detail = (
        f"{1e3 * typical:.1f} ms (slowest of {len(at_once)}: {1e3 * slowest:.1f}) against {each:.2f} s, "
        f"scaled from {len(sampled):,} searches; {statistics.median(met):.0f} searches met"
    )
    report("engine's strict pass, one by one / at once", "embedded", each / typical, f">= {GOAL}", detail)
    through, judged = statistics.median(port), statistics.median(memory)
    report(
        "through the port, one by one / at once",
        "embedded",
        through / typical,
        "reported",
        f"{through:.2f} s",
    )
    report(
        "our conditions, one by one / at once", "in memory", judged / typical, "reported", f"{judged:.3f} s"
    )


if __name__ == "__main__":
    main()
