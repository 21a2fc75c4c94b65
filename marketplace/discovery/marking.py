"""Where the words that were asked for stand in what people read: marked from the database's own text, whoever did the searching."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from marketplace.discovery.readings import city_readings
from marketplace.organisations.models import Organisation
from marketplace.volunteering.queries import NeedRow
from matching import highlighting

Span = tuple[int, int]

_EXCERPT = 60
"""Characters of an excerpt; about two lines of a card in Chinese."""


class Place(StrEnum):
    """The texts in which words are marked."""

    TITLE = "title"
    DESCRIPTION = "description"
    PLACE = "place"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Highlight:
    """The words found in one text: from the first to before the last, counted in code points, in order and apart."""

    place: Place
    text: str
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, marked or not."""

    text: str
    is_marked: bool


class Marked:
    """Whatever is shown with the words marked that were asked for: a row of a list, with its ``highlights``."""

    __slots__ = ()
    highlights: Sequence[Highlight]

    def marked(self, place: Place) -> Sequence[Piece]:
        """One of its texts, cut where marking begins and ends; nothing when nothing in it is marked."""
        return next((_pieces(one.text, one.spans) for one in self.highlights if one.place == place), ())

    @property
    def excerpt(self) -> Sequence[Piece]:
        """The stretch of its description in which most is marked; nothing when nothing is."""
        return next((_excerpt(one) for one in self.highlights if one.place is Place.DESCRIPTION), ())


def highlights_of(row: NeedRow, text: str) -> list[Highlight]:
    """What a need's words have in common with ``text``; only the texts that have something."""
    said = {Place.TITLE: row.need.title, Place.DESCRIPTION: row.need.description, Place.PLACE: row.need.place}
    if row.organisation is not None:
        said[Place.ORGANISATION] = row.organisation.name
    return _found(said, text)


def highlights_in(organisation: Organisation, text: str) -> list[Highlight]:
    """The same for an organisation: its name, and what it says about itself."""
    return _found({Place.TITLE: organisation.name, Place.DESCRIPTION: organisation.about or ""}, text)


def highlights_of_purchase(title: str, description: str, buyer_name: str, text: str) -> list[Highlight]:
    """The same for a tender or an item of a list, and its buyer's name."""
    return _found({Place.TITLE: title, Place.DESCRIPTION: description, Place.ORGANISATION: buyer_name}, text)


def _found(said: dict[Place, str], text: str) -> list[Highlight]:
    if not text:
        return []
    marked = [
        Highlight(place, words, highlighting.spans(words, text, city_readings()))
        for place, words in said.items()
    ]
    return [highlight for highlight in marked if highlight.spans]


def _excerpt(highlight: Highlight) -> list[Piece]:
    """The stretch of about two lines in which most is marked, with an ellipsis where text is left out."""
    begin, end = highlighting.excerpt(highlight.text, highlight.spans, _EXCERPT)
    inside = [
        (max(first, begin) - begin, min(last, end) - begin)
        for first, last in highlight.spans
        if first < end and last > begin
    ]
    shown = _pieces(highlight.text[begin:end].replace("\n", " "), inside)
    left = [Piece("…", False)] if begin else []
    right = [Piece("…", False)] if end < len(highlight.text) else []
    return [*left, *shown, *right]


def _pieces(text: str, marked: Sequence[Span]) -> list[Piece]:
    cut: list[Piece] = []
    done = 0
    for first, last in marked:
        cut += [Piece(text[done:first], False), Piece(text[first:last], True)]
        done = last
    cut.append(Piece(text[done:], False))
    return [piece for piece in cut if piece.text]
