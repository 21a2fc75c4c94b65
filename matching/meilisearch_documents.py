"""How documents are laid out in Meilisearch: settings, and terms spelt so that the server neither cuts nor forgives anything by itself.

The server has a segmenter and a tolerance of its own. To let both engines find the same things, words are cut here and every term is spelt
in digits, five for each character: the server takes a number for one word, and `disableOnNumbers` keeps it from guessing at numbers. A first
digit tells whole words from beginnings. Only the attribute `loose` holds words as people write them, for the search that forgives slips.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

from matching import text
from matching.document_terms import areas_of, labels_of
from matching.index import Document, Label, Number, Point, Removal, date_value, newest_value
from matching.text import Readings

FORMAT: Final = 1
"""Raise this whenever settings or terms change. It is part of the index's name, so that another version's index is never read."""

HEADING: Final = "heading"
"""Terms of title, keywords and names: words, stems, and every part of a Chinese name."""
SOUNDS: Final = "sounds"
"""Beginnings of the pinyin and the initials of names, from each syllable on."""
BODY: Final = "body"
"""Terms of the body."""
LOOSE: Final = "loose"
"""Latin words of all of these as they are written, and pinyin: here the server forgives a slip."""
SEARCHABLE: Final = (HEADING, SOUNDS, BODY, LOOSE)

KEY: Final = "key"
"""The server's name for a document: ids may hold characters that it refuses."""
RANK: Final = "rank"
LIVE: Final = "live"
AREA: Final = "areas"
DATE: Final = "date"
NEWEST: Final = "newest"
PLACE: Final = "_geo"

LONGEST_PART: Final = 8
"""Characters of the longest part of a Chinese name that is a term of its own; a longer word of a query is asked for in pieces."""
_LONGEST_BEGINNING: Final = 20
_LONGEST_SPELT: Final = 48  # the server ignores words of more than 250 bytes
_MOST_INTEGER: Final = 2**53 - 1  # it keeps numbers as floats
_MOST_TOTAL: Final = 10_000_000
_MOST_FACETS: Final = 1_000
_SHORTEST_SOUND: Final = 2

SETTINGS: Final[dict[str, Any]] = {
    "searchableAttributes": list(SEARCHABLE),
    "filterableAttributes": [KEY, LIVE, AREA, PLACE, *Label, *Number],
    "sortableAttributes": ["id", DATE, NEWEST, PLACE],
    "rankingRules": ["sort", "words", "typo", "attribute", "proximity", "exactness", "id:asc"],
    "typoTolerance": {
        "minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 255},
        "disableOnAttributes": [HEADING, SOUNDS, BODY],
        "disableOnNumbers": True,
    },
    "proximityPrecision": "byAttribute",
    "pagination": {"maxTotalHits": _MOST_TOTAL},
    "faceting": {"maxValuesPerFacet": _MOST_FACETS},
    "searchCutoffMs": 400,
}


def key_of(id_: str) -> str:
    """The server's name for the document with this id."""
    return blake2b(text.printable(id_).encode(), digest_size=20).hexdigest()


def rank(change: Document | Removal) -> int:
    """Twice the version, and one more for a removal: of two changes of one version the removal wins."""
    return within_numbers(2 * change.version + isinstance(change, Removal))


def within_numbers(value: int) -> int:
    """The nearest whole number that the server keeps exactly."""
    return max(-_MOST_INTEGER, min(_MOST_INTEGER, value))


def whole(word: str) -> str:
    """The term for a whole word."""
    return "1" + _spelt(word)


def beginning(word: str) -> str:
    """The term for all words that begin like this."""
    return "2" + _spelt(word[:_LONGEST_BEGINNING])


def as_json(change: Document | Removal, readings: Readings) -> dict[str, Any]:
    """What the server keeps: a whole document, or the mark that a removal leaves so that older news cannot bring it back."""
    marked = {KEY: key_of(change.id), "id": text.printable(change.id), RANK: rank(change)}
    if isinstance(change, Removal):
        return marked | {LIVE: 0}
    return marked | {LIVE: 1} | _words(change, readings) | _labels(change) | _numbers(change)


def _words(document: Document, readings: Readings) -> dict[str, str]:
    headings = [text.normalise(part) for part in (document.title, *document.keywords, *document.names)]
    syllables = [readings.syllables(name) for name in document.names]
    syllables += [given.split() for given in document.sounds]
    sounds = [text.plain_syllables(some) for some in syllables]
    body = text.normalise(document.body)
    return {
        HEADING: _joined(_terms_of_names(headings, readings)),
        SOUNDS: _joined(_terms_of_sounds(sounds)),
        BODY: _joined(_terms_of_words(text.index_words(body, readings.segmenter))),
        LOOSE: _joined([*_latin([*headings, body]), *("".join(some) for some in sounds)]),
    }


def _terms_of_names(names: list[str], readings: Readings) -> Iterable[str]:
    for name in names:
        yield from _terms_of_words(text.index_words(name, readings.segmenter))
        for run in text.runs(name):
            if text.is_han(run):
                yield from (term for part in _parts(run) for term in (whole(part), beginning(part)))


def _parts(run: str) -> Iterable[str]:
    return (run[i:j] for i in range(len(run)) for j in range(i + 1, min(i + LONGEST_PART, len(run)) + 1))


def _terms_of_words(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        yield whole(word)
        for length in range(1, min(len(word), _LONGEST_BEGINNING) + 1):
            yield beginning(word[:length])


def _terms_of_sounds(names: list[list[str]]) -> Iterable[str]:
    """A name is found by the beginning of its sound, whether the word that asks for it is the last or not."""
    for syllables in names:
        for sound in text.sound_terms(syllables):
            for length in range(_SHORTEST_SOUND, min(len(sound), _LONGEST_BEGINNING) + 1):
                yield whole(sound[:length])
                yield beginning(sound[:length])


def _latin(parts: list[str]) -> list[str]:
    return [run for part in parts for run in text.runs(part) if text.is_latin(run)]


def _joined(terms: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(terms))


def _spelt(word: str) -> str:
    return "".join(map(_digits, word[:_LONGEST_SPELT]))


def _digits(character: str) -> str:
    """Five digits below 90,000, else a nine and seven: no spelling begins another one, and beginnings stay beginnings."""
    number = ord(character)
    return f"{number:05}" if number < 90_000 else f"9{number:07}"


def _labels(document: Document) -> dict[str, Any]:
    return {
        AREA: [label_value(code) for code in areas_of(document)],
        **{label.value: [*map(label_value, values)] for label, values in labels_of(document).items()},
    }


def label_value(value: str) -> str:
    """A label as the server is given it. The sign keeps it from taking digits for a number; it compares labels without case."""
    return "=" + text.printable(value)


def label_from(value: str) -> str:
    """The label behind `label_value`."""
    return value.removeprefix("=")


def _numbers(document: Document) -> dict[str, Any]:
    published = () if document.published_at is None else (document.published_at,)
    numbers: dict[str, Any] = {
        Number.STARTS_AT.value: document.starts_at,
        Number.OPEN_STARTS_AT.value: document.open_starts_at,
        Number.PUBLISHED_AT.value: published,
        Number.MINIMUM_AGE.value: (document.minimum_age,),
    }
    orders = {DATE: date_value(document), NEWEST: newest_value(document)}
    return {
        **{name: sorted(map(within_numbers, values)) for name, values in numbers.items()},
        # What has no value is left out: the server puts it last, whichever way it sorts.
        **{name: value for name, value in orders.items() if value is not None},
        **_placed(document.place),
    }


def _placed(place: Point | None) -> dict[str, Any]:
    return {} if place is None else {PLACE: {"lat": place.latitude, "lng": place.longitude}}
