"""Turns a query into Tantivy's query objects. Nothing here is ever parsed, so no text can be a wrong query.

First every word must match, exactly, by stem, by sound, or, for the last one, by its beginning. Only when nothing
does, a tolerant query forgives a misspelt letter in Latin words of four letters or more, takes a part for a longer
Chinese word, and forgives some missing words.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import tantivy
from tantivy import Occur
from tantivy import Query as Condition

from matching import text
from matching.distances import EARTH_RADIUS_METRES
from matching.index import AnyOf, Between, Clause, Near, Point, Within
from matching.tantivy_documents import (
    AREA,
    BODY,
    GRAMS,
    HEADING,
    ID,
    LATITUDE,
    LIVE,
    LONGITUDE,
    SOUNDS,
    STANDING,
    schema,
    within_integers,
)

_SHORTEST_FUZZY: Final = 4
_LONG_ENOUGH_TO_COMPLETE: Final = 6
_SHORTEST_SOUND: Final = 2
_PAIR: Final = 2
_TIE_BREAKER: Final = 0.1

# Weights between fields: a name outweighs a description, what was typed outweighs what it may mean.
_IN_GRAMS, _IN_HEADING, _IN_BODY = 3.0, 2.5, 1.0
_AS_STEM, _AS_SOUND, _AS_BEGINNING, _AS_MISSPELT, _AS_PART = 0.8, 1.5, 0.5, 0.3, 0.3
_SHARED_CHARACTER: Final = 1.0
_WHOLE_PHRASE: Final = 2.0


def strict(words: Sequence[str]) -> tantivy.Query:
    """Every word must match."""
    parts = [(Occur.Must, _one_of(_exact(word))) for word in words[:-1]]
    last = words[-1]
    parts.append((Occur.Must, _one_of([*_exact(last), *_beginning(last)])))
    return Condition.boolean_query(parts + _phrases(words))


def tolerant(words: Sequence[str], missing: int) -> tantivy.Query:
    """All but so many words must match, nearly. Names that share a character with a Chinese word come sooner: 送餐 for 送饭."""
    parts = [
        (Occur.Should, _one_of([*_exact(word), *_beginning(word), *_misspelt(word), *_parts(word)]))
        for word in words
    ]
    enough = Condition.boolean_query(parts, minimum_number_should_match=len(words) - missing)
    return Condition.boolean_query([(Occur.Must, enough), *_shared_characters(words)])


def filtered(wanted: tantivy.Query | None, clauses: Sequence[Clause]) -> tantivy.Query:
    """The wanted words, if any, among live documents for which every clause holds.

    A `Near` clause is only narrowed to a box here; the exact distance is judged by whoever runs the query.
    """
    parts = [(Occur.Must, wanted)] if wanted is not None else []
    filters = [Condition.term_query(schema(), STANDING, LIVE), *(_clause(clause) for clause in clauses)]
    parts += [(Occur.Must, Condition.const_score_query(condition, 0.0)) for condition in filters]
    return Condition.boolean_query(parts)


def except_for(ids: Sequence[str], condition: tantivy.Query) -> tantivy.Query:
    """The same condition, but none of these documents."""
    if not ids:
        return condition
    unwanted = Condition.term_set_query(schema(), ID, [text.printable(id_) for id_ in ids])
    return Condition.boolean_query([(Occur.Must, condition), (Occur.MustNot, unwanted)])


def _exact(word: str) -> list[tantivy.Query]:
    if text.is_han(word):
        # A phrase is worth the sum of its bigrams: without a share for each, a common long word outweighs a rare short one.
        return [_weighted(_in_grams(word), _IN_GRAMS / max(1, len(word) - 1)), *_in_words(word, 1.0)]
    found = _in_words(word, 1.0)
    if (stem := text.stem(word)) != word:
        found += _in_words(stem, _AS_STEM)
    if word.isascii() and len(word) >= _SHORTEST_SOUND:
        found.append(_weighted(_starting_with(SOUNDS, word), _AS_SOUND))
    return found


def _beginning(word: str) -> list[tantivy.Query]:
    return [
        _weighted(_starting_with(HEADING, word), _IN_HEADING * _AS_BEGINNING),
        _weighted(_starting_with(BODY, word), _IN_BODY * _AS_BEGINNING),
    ]


def _misspelt(word: str) -> list[tantivy.Query]:
    if len(word) < _SHORTEST_FUZZY or not text.is_latin(word):
        return []
    # A long word may also be unfinished: volumteer finds volunteers. For a short one that would be a guess.
    unfinished = len(word) >= _LONG_ENOUGH_TO_COMPLETE
    return [
        _weighted(_nearly(field, word, prefix=unfinished), weight * _AS_MISSPELT)
        for field, weight in ((HEADING, _IN_HEADING), (BODY, _IN_BODY))
    ]


def _parts(word: str) -> list[tantivy.Query]:
    """The shorter words in a longer Chinese one; a pair that is no word stands in neither field."""
    if len(word) <= _PAIR or not text.is_han(word):
        return []
    return [part for pair in text.bigrams(word) for part in _in_words(pair, _AS_PART)]


def _shared_characters(words: Sequence[str]) -> list[tuple[Occur, tantivy.Query]]:
    characters = dict.fromkeys("".join(word for word in words if len(word) == _PAIR and text.is_han(word)))
    return [(Occur.Should, _weighted(_starting_with(GRAMS, one), _SHARED_CHARACTER)) for one in characters]


def _phrases(words: Sequence[str]) -> list[tuple[Occur, tantivy.Query]]:
    """A reward for neighbours in the query that are neighbours in a name."""
    together = [left + right for left, right in pairwise(words) if text.is_han(left + right)]
    return [(Occur.Should, _weighted(_in_grams(pair), _WHOLE_PHRASE)) for pair in together]


def _in_grams(word: str) -> tantivy.Query:
    pairs: list[str | tuple[int, str]] = [*text.bigrams(word)]
    if len(word) == 1:
        return _starting_with(GRAMS, word)
    if len(pairs) == 1:
        return Condition.term_query(schema(), GRAMS, word)
    return Condition.phrase_query(schema(), GRAMS, pairs)


def _in_words(word: str, weight: float) -> list[tantivy.Query]:
    return [
        _weighted(Condition.term_query(schema(), HEADING, word, index_option="freq"), _IN_HEADING * weight),
        _weighted(Condition.term_query(schema(), BODY, word, index_option="freq"), _IN_BODY * weight),
    ]


def _starting_with(field: str, beginning: str) -> tantivy.Query:
    # At distance 0 a "fuzzy" prefix query is an exact one, and unlike a pattern it needs no escaping.
    return Condition.fuzzy_term_query(schema(), field, beginning, distance=0, prefix=True)


def _nearly(field: str, word: str, prefix: bool) -> tantivy.Query:
    return Condition.fuzzy_term_query(schema(), field, word, distance=1, prefix=prefix)


def _one_of(alternatives: Sequence[tantivy.Query]) -> tantivy.Query:
    return Condition.disjunction_max_query(alternatives, _TIE_BREAKER)


def _weighted(condition: tantivy.Query, weight: float) -> tantivy.Query:
    return Condition.boost_query(condition, weight)


def _clause(clause: Clause) -> tantivy.Query:
    match clause:
        case AnyOf(label, values):
            return _any_term(label, values)
        case Within(prefixes):
            return _any_term(AREA, prefixes)
        case Between(number, least, most):
            return _range(number, least, most)
        case Near(point, metres):
            return _box(point, metres)


def _any_term(field: str, values: Sequence[str]) -> tantivy.Query:
    if not values:
        return Condition.empty_query()
    if len(values) == 1:
        # A hundred times cheaper than a set of one, and every search asks for a kind.
        return Condition.term_query(schema(), field, text.printable(values[0]))
    return Condition.term_set_query(schema(), field, [text.printable(value) for value in values])


def _range(field: str, least: int | None, most: int | None) -> tantivy.Query:
    if least is None and most is None:
        return Condition.exists_query(field)
    lower = None if least is None else within_integers(least)
    upper = None if most is None else within_integers(most)
    return Condition.range_query(schema(), field, tantivy.FieldType.Integer, lower, upper)


def _box(point: Point, metres: float) -> tantivy.Query:
    """The smallest box of degrees that holds the circle; without sides where it would cross a pole or the date line."""
    reach = metres / EARTH_RADIUS_METRES
    height = math.degrees(reach) + 1e-9
    parts = [_degrees(LATITUDE, point.latitude - height, point.latitude + height)]
    shrink = math.cos(math.radians(point.latitude))
    if reach < math.pi / 2 and math.sin(reach) < shrink:
        width = math.degrees(math.asin(math.sin(reach) / shrink)) + 1e-9
        if abs(point.longitude) + width <= 180:
            parts.append(_degrees(LONGITUDE, point.longitude - width, point.longitude + width))
    return Condition.boolean_query([(Occur.Must, part) for part in parts])


def _degrees(field: str, least: float, most: float) -> tantivy.Query:
    return Condition.range_query(schema(), field, tantivy.FieldType.Float, least, most)
