"""How the index reads text: by the ordinary dictionaries, but the city's places and the field's terms as the people say who live and work there."""

from functools import cache

from marketplace.areas import divisions, pinyin
from marketplace.areas.codes import Level
from marketplace.catalogue import shipped
from matching.segmenting import Segmenter
from matching.text import Readings, is_han

_SHORTEST = 2
_LONGEST_TERM = 3
"""Longer terms are put together of words: 老人助浴 must also find 助浴 for 老人."""
_LONGEST_PLACE = 4


@cache
def city_readings() -> Readings:
    """Readings that know the districts, subdistricts and towns of the shipped divisions: 长宁 is chang ning, whatever the sentence.

    江苏路 is one word, and so is 暑托班.
    """
    stems = {
        pinyin.stem(division.name)
        for division in divisions.shipped()
        if division.level in (Level.DISTRICT, Level.SUBDISTRICT)
    }
    phrases = {stem: pinyin.syllables(stem) for stem in stems if len(stem) >= _SHORTEST}
    return Readings(
        phrases, Segmenter(_words(shipped.tag_words(), _LONGEST_TERM) | _words(stems, _LONGEST_PLACE))
    )


def _words(names: set[str], longest: int) -> set[str]:
    return {name for name in names if is_han(name) and _SHORTEST <= len(name) <= longest}
