"""Any number of documents such as discovery makes of needs, recombined from the words of the made-up city; the same ones every time."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from random import Random

from marketplace.areas import divisions, pinyin
from marketplace.areas.codes import Level
from marketplace.areas.divisions import Division
from marketplace.areas.english import english_name
from marketplace.cli.city.words import Work, city_words
from matching.index import Document, Point

_NOW = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
_HOUR, _DAY = 3_600, 86_400
_MIDDLE = (31.23, 121.47)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A community and what lies around it, widest first, the city left out."""

    code: str
    names: tuple[str, ...]
    english: tuple[str, ...]
    sounds: tuple[str, ...]


def documents(count: int, seed: int = 2026) -> Iterator[Document]:
    """``count`` needs: a kind of work, a place, an owner, words from other work mixed into the description, coming shifts."""
    random = Random(seed)
    spots, works = _spots(), city_words().work
    for number in range(count):
        work, spot = works[number % len(works)], random.choice(spots)
        starts = sorted(
            _NOW + _DAY * random.randrange(1, 60) + _HOUR * random.choice(work.hours) for _ in range(4)
        )
        yield Document(
            id=f"need:{number:032x}",
            kind="need",
            version=1,
            title=random.choice(work.titles),
            body=_description(random, work, works),
            keywords=(*_tag_words(work), *spot.english),
            names=(_owner(random, spots), f"{spot.names[-1]}{random.choice(work.places)}", *spot.names),
            sounds=spot.sounds,
            area_code=spot.code,
            category=work.category,
            tags=tuple(sorted({work.category, *work.skills, work.audience})),
            flags=("takes_people", f"asks:{work.qualification or ''}"),
            starts_at=tuple(starts),
            open_starts_at=tuple(starts[random.randrange(len(starts)) :]),
            published_at=_NOW - _HOUR * random.randrange(1, 5_000),
            minimum_age=work.minimum_age,
            place=Point(_MIDDLE[0] + random.gauss(0, 0.1), _MIDDLE[1] + random.gauss(0, 0.1)),
        )


def _description(random: Random, work: Work, works: Sequence[Work]) -> str:
    other = random.choice(works)
    sentences = [
        *work.description.split("。"),
        random.choice(other.description.split("，")),
        random.choice(work.risks.split("；")),
    ]
    random.shuffle(sentences)
    return "。".join(filter(None, sentences))


def _owner(random: Random, spots: Sequence[_Spot]) -> str:
    words = city_words()
    ends = random.choice(list(words.organisation_ends.values()))
    return f"{random.choice(spots).names[-1]}{random.choice(words.organisation_starts)}{random.choice(ends)}"


@cache
def _spots() -> list[_Spot]:
    by_code = {division.code: division for division in divisions.shipped()}
    return [_spot(division, by_code) for division in by_code.values() if division.level is Level.COMMUNITY]


def _spot(community: Division, by_code: dict[str, Division]) -> _Spot:
    around = [by_code[f"{community.code[:digits]:0<12}"] for digits in (6, 9, 12)]
    return _Spot(
        community.code,
        tuple(one.name for one in around),
        tuple(english_name(one.name, one.level) for one in around),
        tuple(" ".join(pinyin.syllables(one.name)) for one in around),
    )


@cache
def _tag_words(work: Work) -> tuple[str, ...]:
    """The words of a work's tags and of those above them, as discovery gathers them."""
    tags = {tag["code"]: tag for tag in _tags()}
    codes = [work.category, *work.skills, work.audience]
    codes = [code for one in codes for code in (one, tags[one].get("parent")) if code]
    words = [
        word
        for code in codes
        for word in (tags[code]["zh"], tags[code]["en"], *tags[code].get("synonyms", ()))
    ]
    return tuple(dict.fromkeys(words))


@cache
def _tags() -> list[dict[str, str]]:
    text = (files("marketplace.catalogue") / "data" / "tags.toml").read_text("utf-8")
    tags: list[dict[str, str]] = tomllib.loads(text)["tag"]
    return tags
