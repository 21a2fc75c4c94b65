"""The words of the made-up city, read from words.toml: names, organisations, the work that people do, what residents wish for."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from marketplace.kernel.input import Draft


class Work(Draft):
    """One kind of work: its words, what it asks for, and how it usually runs. ``hours`` are local start hours."""

    category: str
    titles: tuple[str, ...]
    description: str
    risks: str
    skills: tuple[str, ...]
    audience: str
    places: tuple[str, ...]
    minutes: int
    hours: tuple[int, ...]
    places_count: tuple[int, int]
    minimum_age: int
    risky: bool = False
    qualification: str | None = None


class Wish(Draft):
    """Something a resident asks for; not published yet."""

    title: str
    category: str
    description: str


class CityWords(Draft):
    """All of it."""

    surnames: str
    given_names: tuple[str, ...]
    organisation_starts: tuple[str, ...]
    organisation_kinds: tuple[str, ...]
    organisation_ends: dict[str, tuple[str, ...]]
    work: tuple[Work, ...]
    wish: tuple[Wish, ...]


@lru_cache(maxsize=1)
def city_words() -> CityWords:
    """The words, read once."""
    text = (files("marketplace.cli.city") / "words.toml").read_text("utf-8")
    return CityWords.model_validate(tomllib.loads(text))
