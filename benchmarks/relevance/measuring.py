"""What an index is worth to people: the relevance set asked through the port, and two-character words looked up one by one."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import rjieba

from benchmarks.relevance.city import Searched, Thing
from benchmarks.relevance.judging import FOUND, Half, Judged, relevance_set
from matching import evaluation, text
from matching.index import MOST_HITS, AnyOf, Label, Query, SearchIndex

TextsOf = Callable[[Thing], tuple[str, ...]]

FIRST_PAGE: Final = 10
DEEP: Final = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one query: NDCG@10 and recall@50."""

    query: Judged
    ndcg: float
    recall: float


@dataclass(frozen=True, slots=True)
class Lookups:
    """Two-character words looked up: ``found`` of ``expected`` pairs of a word and a thing that has it; ``missed`` per word."""

    words: int
    expected: int
    found: int
    missed: dict[str, int]

    @property
    def recall(self) -> float:
        return self.found / self.expected


def ask(index: SearchIndex, query: Judged) -> list[str]:
    """The ids that the index gives, best first."""
    among = AnyOf(Label.KIND, (query.topic.look_for.value,))
    return [hit.id for hit in index.search(Query(text=query.text, clauses=(among,), limit=DEEP)).hits]


def measure(searched: Searched, queries: Iterable[Judged] | None = None) -> list[Measured]:
    """Every query of the set, or these, asked once."""
    measured = []
    for query in relevance_set() if queries is None else queries:
        judged, ranking = query.answers(searched.things), ask(searched.index, query)
        measured.append(
            Measured(
                query,
                evaluation.ndcg(ranking, judged, FIRST_PAGE),
                evaluation.recall(ranking, judged, DEEP, FOUND),
            )
        )
    return measured


def by_way(measured: Sequence[Measured], half: Half) -> dict[str, list[Measured]]:
    """Those of one half by way of typing, in the order of the set."""
    ways: dict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        if one.query.half is half:
            ways[one.query.way].append(one)
    return dict(ways)


def mean_ndcg(measured: Sequence[Measured]) -> float:
    """Every query weighs the same."""
    return statistics.fmean(one.ndcg for one in measured)


def mean_recall(measured: Sequence[Measured]) -> float:
    """Every query weighs the same."""
    return statistics.fmean(one.recall for one in measured)


def two_characters_in_names(searched: Searched) -> Lookups:
    """Every two-character word of the dictionary in a title, an owner's name or a place, against whatever has it there."""
    return _look_up(searched, lambda thing: (thing.title, thing.organisation, thing.place))


def two_characters_in_titles(searched: Searched) -> Lookups:
    """The same of titles alone."""
    return _look_up(searched, lambda thing: (thing.title,))


def two_characters_in_descriptions(searched: Searched) -> Lookups:
    """The same of descriptions, which are found by words, not by every part."""
    return _look_up(searched, lambda thing: (thing.description,))


def _look_up(searched: Searched, texts_of: TextsOf) -> Lookups:
    texts = {thing.id: texts_of(thing) for thing in searched.things}
    words = sorted({word for some in texts.values() for one in some for word in dictionary_words(one)})
    expected = found = 0
    missed: dict[str, int] = {}
    for word in words:
        having = {id_ for id_, some in texts.items() if any(word in one for one in some)}
        got = having & _all_ids(searched.index, word)
        expected += len(having)
        found += len(got)
        if got != having:
            missed[word] = len(having - got)
    return Lookups(len(words), expected, found, missed)


def dictionary_words(written: str) -> set[str]:
    """The two-character words of the general dictionary inside the text, wherever they begin: also those across other words."""
    return {
        word
        for run in text.runs(written)
        if text.is_han(run)
        for word in rjieba.cut_all(run)
        if len(word) == 2
    }


def _all_ids(index: SearchIndex, word: str) -> set[str]:
    return {hit.id for hit in index.search(Query(text=word, limit=MOST_HITS)).hits}
