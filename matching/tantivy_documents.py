"""How documents are laid out in Tantivy: the fields, and the terms that each document puts into them.

Text is cut into words before Tantivy sees it, and joined by spaces; Tantivy only splits at white space.
"""

from functools import cache
from itertools import chain
from typing import Any, Final

import tantivy

from matching import text
from matching.index import Document, Label, Number, Removal
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

_DISTRICT_DIGITS: Final = 6
_LONGEST_CODE: Final = 32
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


def within_integers(value: int) -> int:
    """The nearest number that an integer field can hold."""
    return max(_LEAST_INTEGER, min(_MOST_INTEGER, value))


def _document_values(document: Document, readings: Readings) -> dict[str, list[Any]]:
    headings = [text.normalise(part) for part in (document.title, *document.keywords, *document.names)]
    sounds = [readings.syllables(name) for name in document.names] + [
        given.split() for given in document.sounds
    ]
    return {
        ID: [text.printable(document.id)],
        RANK: [rank(document)],
        STANDING: [LIVE],
        GRAMS: [_joined(text.index_bigrams(heading) for heading in headings)],
        HEADING: [_joined(text.index_words(heading) for heading in headings)],
        BODY: [" ".join(text.index_words(text.normalise(document.body)))],
        SOUNDS: [_joined(text.sound_terms(_plain(syllables)) for syllables in sounds)],
        AREA: _beginnings(text.printable(document.area_code)),
        **_labels(document),
        **_numbers(document),
    }


def _labels(document: Document) -> dict[str, list[Any]]:
    values: dict[Label, tuple[str, ...]] = {
        Label.KIND: (document.kind,),
        Label.CATEGORY: (document.category,),
        Label.TAG: document.tags,
        Label.FLAG: document.flags,
        Label.DISTRICT: (document.area_code[:_DISTRICT_DIGITS],),
    }
    return {
        label: [text.printable(value) for value in dict.fromkeys(given) if value]
        for label, given in values.items()
    }


def _numbers(document: Document) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {
        Number.STARTS_AT: sorted(within_integers(moment) for moment in document.starts_at),
        Number.MINIMUM_AGE: [within_integers(document.minimum_age)],
    }
    if document.published_at is not None:
        values[Number.PUBLISHED_AT] = [within_integers(document.published_at)]
    if document.place is not None:
        values |= {LATITUDE: [float(document.place.latitude)], LONGITUDE: [float(document.place.longitude)]}
    return values


def _beginnings(code: str) -> list[str]:
    return [code[:length] for length in range(1, min(len(code), _LONGEST_CODE) + 1)]


def _joined(lists: Any) -> str:
    return " ".join(chain.from_iterable(lists))


def _plain(syllables: list[str]) -> list[str]:
    return [plain for syllable in syllables if (plain := text.normalise(syllable).strip())]
