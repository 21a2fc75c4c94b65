"""How documents are laid out in Tantivy: the fields, and the terms that each document puts into them.

Text is cut into words before Tantivy sees it, and joined by spaces; Tantivy only splits at white space.
"""

from functools import cache, lru_cache
from typing import Any, Final
from zlib import crc32

import tantivy

from matching import text
from matching.document_terms import areas_of, labels_of
from matching.index import FULL, Document, Label, Number, Removal, Sort, date_value, newest_value
from matching.text import Readings

ID: Final = "id"
RANK: Final = "rank"
"""Decides between two changes of one thing; see `rank`."""
STANDING: Final = "standing"
"""LIVE for documents; GONE for the marks that deleted ones leave, so that an older version cannot bring them back."""
LIVE: Final = "live"
GONE: Final = "gone"

GRAMS: Final = "grams"
"""Bigrams of title, keywords and names: finds every part of them."""
HEADING: Final = "heading"
"""Words of title, keywords and names."""
BODY: Final = "body"
"""Words of the body."""
SOUNDS: Final = "sounds"
"""Pinyin and initials of names, from each syllable on."""

AREA: Final = "area"
"""Every beginning of the area code, so that "lies within" is one exact term."""
LATITUDE: Final = "latitude"
LONGITUDE: Final = "longitude"

LOT: Final = "lot"
"""A small number drawn from the id. It raises scores by up to _MOST_LUCK, less than relevance can tell: many documents fit
some words exactly alike, and to put thousands of ties in the order of their ids would take longer than the search."""
_MOST_LUCK: Final = 1 / 512

DATE_ORDER: Final = "date_order"
NEWEST_ORDER: Final = "newest_order"
"""What a document is sorted by and its id in one text: it puts every document before or after every other, ties included."""

_DIGITS: Final = 14
_LEAST_INTEGER: Final = -(2**63)
_MOST_INTEGER: Final = 2**63 - 1


@cache
def schema() -> tantivy.Schema:
    """The fields of the index. Whoever changes them, or what goes into them, raises `generations.FORMAT`."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(ID, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(RANK, fast=True)
    builder.add_text_field(STANDING, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(GRAMS, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field(HEADING, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field(BODY, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field(SOUNDS, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field(AREA, tokenizer_name="raw", index_option="basic")
    for label in Label:
        stored = label is Label.KIND
        builder.add_text_field(label, stored=stored, fast=True, tokenizer_name="raw", index_option="basic")
    for number in Number:
        builder.add_integer_field(number, indexed=True, fast=True)
    for order in (DATE_ORDER, NEWEST_ORDER):
        builder.add_text_field(order, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_float_field(LOT, fast=True)
    for degrees in (LATITUDE, LONGITUDE):
        builder.add_float_field(degrees, indexed=True, fast=True)
    return builder.build()


def rank(change: Document | Removal) -> int:
    """Twice the version, and one more for a removal: of two changes of one version the removal wins."""
    return within_integers(2 * change.version + isinstance(change, Removal))


def version_of(rank: int) -> int:
    """The version that has a rank."""
    return rank // 2


def change_terms(change: Document | Removal, readings: Readings) -> tantivy.Document:
    """What Tantivy keeps: all terms of a document, or the mark that a removal leaves."""
    if isinstance(change, Removal):
        values: dict[str, list[Any]] = {
            ID: [text.printable(change.id)],
            RANK: [rank(change)],
            STANDING: [GONE],
        }
    else:
        values = _document_values(change, readings)
    return tantivy.Document.from_dict(values, schema())


def place_in_order(sort: Sort, value: float | None, id_: str) -> str:
    """Where a value and an id stand in the order of dates or of newest: a text that sorts like them.

    Numbers are moved above zero, so that all have the same number of digits; what has none follows the last digit.
    """
    if value is None:
        return f"~{id_}"
    upwards = int(value) if sort is Sort.DATE else -int(value)
    return f"{upwards + FULL:0{_DIGITS}d}{id_}"


def value_in_order(sort: Sort, place: str) -> float | None:
    """The value in what `place_in_order` gave."""
    if place.startswith("~"):
        return None
    upwards = int(place[:_DIGITS]) - FULL
    return float(upwards if sort is Sort.DATE else -upwards)


def within_integers(value: int) -> int:
    """The nearest number that an integer field can hold."""
    return max(_LEAST_INTEGER, min(_MOST_INTEGER, value))


def _document_values(document: Document, readings: Readings) -> dict[str, list[Any]]:
    id_ = text.printable(document.id)
    names = (*document.keywords, *document.names)
    headings = [_heading(document.title, readings), *(_name(name, readings) for name in names)]
    sounds = [*(_sound(name, readings) for name in document.names), *map(_given_sound, document.sounds)]
    return {
        ID: [id_],
        RANK: [rank(document)],
        LOT: [_lot(id_)],
        DATE_ORDER: [place_in_order(Sort.DATE, date_value(document), id_)],
        NEWEST_ORDER: [place_in_order(Sort.NEWEST, newest_value(document), id_)],
        STANDING: [LIVE],
        GRAMS: [" ".join(grams for grams, _ in headings)],
        HEADING: [" ".join(words for _, words in headings)],
        BODY: [" ".join(text.index_words(text.normalise(document.body), readings.segmenter))],
        SOUNDS: [" ".join(sounds)],
        AREA: areas_of(document),
        **{label.value: values for label, values in labels_of(document).items()},
        **_numbers(document),
    }


def _lot(id_: str) -> float:
    """What Tantivy must be given for a score to be multiplied by 1 to 1 + _MOST_LUCK: it takes log2(2 + this)."""
    return 2 * (2 ** (_MOST_LUCK * crc32(id_.encode()) / 2**32) - 1)


def _numbers(document: Document) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {
        Number.STARTS_AT: sorted(within_integers(moment) for moment in document.starts_at),
        Number.OPEN_STARTS_AT: sorted(within_integers(moment) for moment in document.open_starts_at),
        Number.MINIMUM_AGE: [within_integers(document.minimum_age)],
    }
    if document.published_at is not None:
        values[Number.PUBLISHED_AT] = [within_integers(document.published_at)]
    if document.place is not None:
        values |= {LATITUDE: [float(document.place.latitude)], LONGITUDE: [float(document.place.longitude)]}
    return values


def _heading(written: str, readings: Readings) -> tuple[str, str]:
    """The terms of a title or a name: all its parts, and its words."""
    normal = text.normalise(written)
    return " ".join(text.index_bigrams(normal)), " ".join(text.index_words(normal, readings.segmenter))


# Tags, areas and owners have names that come again in thousands of documents.
_name = lru_cache(maxsize=16_384)(_heading)


@lru_cache(maxsize=16_384)
def _sound(name: str, readings: Readings) -> str:
    return " ".join(text.sound_terms(text.plain_syllables(readings.syllables(name))))


@lru_cache(maxsize=16_384)
def _given_sound(syllables: str) -> str:
    return " ".join(text.sound_terms(text.plain_syllables(syllables.split())))
