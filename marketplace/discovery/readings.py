"""How the index reads names aloud: by the ordinary dictionary, but the city's places as the people who live there say them."""

from functools import cache

from marketplace.areas import divisions, pinyin
from marketplace.areas.codes import Level
from matching.text import Readings

_SHORTEST = 2


@cache
def city_readings() -> Readings:
    """Readings that know the districts, subdistricts and towns of the shipped divisions: 长宁 is chang ning, whatever the sentence."""
    stems = {
        pinyin.stem(division.name)
        for division in divisions.shipped()
        if division.level in (Level.DISTRICT, Level.SUBDISTRICT)
    }
    return Readings({stem: pinyin.syllables(stem) for stem in stems if len(stem) >= _SHORTEST})
