"""Everything by which one document can be found, in memory: what the engine writes into its fields, ready to be asked."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matching import text
from matching.index import Document, Label, Number, Point
from matching.text import Readings

_DISTRICT_DIGITS: Final = 6
_LONGEST_CODE: Final = 32


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """`words` are those of heading and body, `sounds` the readings of names, both sorted, so that beginnings are found quickly.

    `han` holds the Han runs of title, keywords and names, a line each: a phrase stands in one of them or nowhere.
    `areas` are all beginnings of the area code.
    """

    words: tuple[str, ...]
    known: frozenset[str]
    sounds: tuple[str, ...]
    han: str
    areas: frozenset[str]
    labels: Mapping[Label, frozenset[str]]
    numbers: Mapping[Number, tuple[int, ...]]
    place: Point | None

    def has_word_from(self, beginning: str) -> bool:
        """Whether some word begins so."""
        return _has_beginning(self.words, beginning)

    def has_sound_from(self, beginning: str) -> bool:
        """Whether some name, or the rest of one from a syllable on, is read so from its beginning."""
        return _has_beginning(self.sounds, beginning)


def terms_of(document: Document, readings: Readings) -> DocumentTerms:
    """The terms of a document, the same that the embedded engine files it under."""
    headings = [text.normalise(part) for part in (document.title, *document.keywords, *document.names)]
    body = text.normalise(document.body)
    known = frozenset(
        word for part in (*headings, body) for word in text.index_words(part, readings.segmenter)
    )
    syllables = [
        *(readings.syllables(name) for name in document.names),
        *(given.split() for given in document.sounds),
    ]
    return DocumentTerms(
        words=tuple(sorted(known)),
        known=known,
        sounds=tuple(
            sorted({sound for one in syllables for sound in text.sound_terms(text.plain_syllables(one))})
        ),
        han="\n".join(run for heading in headings for run in text.runs(heading) if text.is_han(run)),
        areas=frozenset(areas_of(document)),
        labels={label: frozenset(values) for label, values in labels_of(document).items()},
        numbers={
            Number.STARTS_AT: document.starts_at,
            Number.OPEN_STARTS_AT: document.open_starts_at,
            Number.PUBLISHED_AT: () if document.published_at is None else (document.published_at,),
            Number.MINIMUM_AGE: (document.minimum_age,),
        },
        place=document.place,
    )


def areas_of(document: Document) -> list[str]:
    """Every beginning of the area code."""
    code = text.printable(document.area_code)[:_LONGEST_CODE]
    return [code[:length] for length in range(1, len(code) + 1)]


def labels_of(document: Document) -> dict[Label, list[str]]:
    """What the document carries of each label, each value once, none of them empty."""
    labels: dict[Label, tuple[str, ...]] = {
        Label.KIND: (document.kind,),
        Label.CATEGORY: (document.category,),
        Label.TAG: document.tags,
        Label.FLAG: document.flags,
        Label.DISTRICT: (document.area_code[:_DISTRICT_DIGITS],),
    }
    return {
        label: [text.printable(value) for value in dict.fromkeys(given) if value]
        for label, given in labels.items()
    }


def _has_beginning(ordered: tuple[str, ...], beginning: str) -> bool:
    place = bisect_left(ordered, beginning)
    return place < len(ordered) and ordered[place].startswith(beginning)
