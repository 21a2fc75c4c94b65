"""Asks Tantivy and reads its answers: pages of hits, exact totals, facets."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import tantivy

from matching import pages
from matching import tantivy_queries as queries
from matching.index import (
    Hit,
    IndexIsBroken,
    IndexIsBusy,
    Key,
    Label,
    Near,
    Number,
    Query,
    Results,
    Sort,
)
from matching.pages import Entry, Place
from matching.segmenting import Segmenter
from matching.tantivy_documents import ID, RANK, place_in_order, schema, value_in_order
from matching.tantivy_rankings import Measured, Ranked, Ranking
from matching.text import asked_words, may_be_missing, printable

_MOST_BUCKETS: Final = 1_000


def answer(searcher: tantivy.Searcher, query: Query, segmenter: Segmenter) -> Results:
    """The answer to a query: what matches every word, or else what nearly matches."""
    words = asked_words(query.text, segmenter)
    if not words:
        # Text without a word in it (an emoji, a bracket) is about nothing we hold; no text at all is about everything.
        wanted = tantivy.Query.empty_query() if query.text.strip() else None
        return _page(searcher, wanted, query)
    results = _page(searcher, queries.strict(words), query)
    for missing in may_be_missing(words):
        if results.total:
            break
        results = _page(searcher, queries.tolerant(words, missing), query)
        results = replace(results, approximate=results.total > 0)
    return results


def ranks(searcher: tantivy.Searcher, ids: Sequence[str], among: tantivy.Query) -> dict[str, int]:
    """The ranks of those of these ids that are among what a condition finds."""
    if not ids:
        return {}
    addresses = [
        address for _, address in searcher.search(_both(_named(ids), among), limit=len(ids), count=False).hits
    ]
    found = searcher.fast_field_values(RANK, addresses)
    return {_id(searcher, address): int(rank or 0) for address, rank in zip(addresses, found, strict=True)}


def count(searcher: tantivy.Searcher) -> int:
    """How many documents can be found."""
    counted = searcher.search(queries.filtered(None, ()), limit=1)
    total: int = counted.count  # type: ignore[attr-defined]  # Tantivy's stub forgets it
    return total


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turns what Tantivy raises into the errors of the port."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        if "LockBusy" in str(error):
            raise IndexIsBusy("another program is writing to the index") from error
        raise IndexIsBroken(str(error)) from error
    except BaseException as error:
        # A panic in Rust arrives as a class of its own that inherits from BaseException and cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise IndexIsBroken(f"the engine gave up: {error}") from error


def _page(searcher: tantivy.Searcher, wanted: tantivy.Query | None, query: Query) -> Results:
    condition = queries.except_for(query.without, queries.filtered(wanted, query.clauses))
    sort = query.order
    nears = [clause for clause in query.clauses if isinstance(clause, Near)]
    if not nears:
        ranked = Ranked(searcher, condition, sort)
        hits = _hits(searcher, ranked, condition, query, sort)
        return Results(hits, ranked.total, _facets(searcher, condition, query.facets), cut=query.is_cut)
    measured = Measured(searcher, condition, sort, nears)
    hits = _hits(searcher, measured, condition, query, sort)
    kept = _named([_id(searcher, address) for address in measured.addresses] if query.facets else [])
    return Results(hits, measured.total, _facets(searcher, kept, query.facets), cut=query.is_cut)


def _hits(
    searcher: tantivy.Searcher, ranking: Ranking, condition: tantivy.Query, query: Query, sort: Sort
) -> tuple[Hit, ...]:
    place = _place(searcher, ranking, condition, query, sort)
    entries = pages.page(ranking.read, lambda address: _id(searcher, address), place, query.seen, query.limit)
    addresses = [entry.address for entry in entries]
    starts = searcher.fast_field_values(Number.STARTS_AT, addresses)
    open_starts = searcher.fast_field_values(Number.OPEN_STARTS_AT, addresses)
    return tuple(
        _hit(searcher, entry, sort, ranking.metres(entry.address), (first, first_open))
        for entry, first, first_open in zip(entries, starts, open_starts, strict=True)
    )


def _place(
    searcher: tantivy.Searcher, ranking: Ranking, condition: tantivy.Query, query: Query, sort: Sort
) -> Place | None:
    """Where the page goes on, as a value of the ranking."""
    key = query.after
    if key is None:
        return None
    if sort in (Sort.DATE, Sort.NEWEST):
        return Place(place_in_order(sort, key.value, key.id), key.id)
    if sort is Sort.DISTANCE:
        return Place(key.value or 0.0, key.id)
    # Documents that came or went have moved all scores a little: what counts is where the last hit seen stands now.
    found = searcher.search(_both(condition, _named([key.id])), limit=1).hits
    now = pages.value_at(ranking.read, found[0][1], query.seen) if found else None
    if now is not None:
        return Place(now, key.id)
    return pages.place_of_gone(
        ranking.read, lambda address: _id(searcher, address), Place(-(key.value or 0.0), key.id), query.seen
    )


def _hit(
    searcher: tantivy.Searcher,
    entry: Entry[tantivy.DocAddress],
    sort: Sort,
    metres: float | None,
    starts: tuple[int | float | None, int | float | None],
) -> Hit:
    document = searcher.doc(entry.address)
    id_ = str(document.get_first(ID))
    by_score = sort is Sort.RELEVANCE
    return Hit(
        id=id_,
        kind=str(document.get_first(Label.KIND)),
        score=-float(entry.value) if by_score else 0.0,
        key=Key(_key_value(entry, sort), id_),
        metres=metres,
        first_start=_whole(starts[0]),
        first_open_start=_whole(starts[1]),
    )


def _key_value(entry: Entry[tantivy.DocAddress], sort: Sort) -> float | None:
    if sort in (Sort.DATE, Sort.NEWEST):
        return value_in_order(sort, entry.value)
    return -float(entry.value) if sort is Sort.RELEVANCE else float(entry.value)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _both(one: tantivy.Query, other: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, one), (tantivy.Occur.Must, other)])


def _facets(
    searcher: tantivy.Searcher, condition: tantivy.Query, labels: Sequence[Label]
) -> dict[Label, dict[str, int]]:
    if not labels:
        return {}
    wanted = {label.value: {"terms": {"field": label.value, "size": _MOST_BUCKETS}} for label in labels}
    counted = searcher.aggregate(condition, wanted)
    return {
        label: {bucket["key"]: int(bucket["doc_count"]) for bucket in counted[label.value]["buckets"]}
        for label in labels
    }


def _named(ids: Sequence[str]) -> tantivy.Query:
    if not ids:
        return tantivy.Query.empty_query()
    return tantivy.Query.term_set_query(schema(), ID, [printable(id_) for id_ in ids])


def _id(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> str:
    return str(searcher.doc(address).get_first(ID))
