"""What is brought and said in the made-up city, read from delivering.toml."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from marketplace.kernel.input import Draft


class Service(Draft):
    """A kind of service and how one delivery of it goes."""

    category: str
    title: str
    promised: str
    served_by: str
    minutes: int


class CompoundWords(Draft):
    """A compound; its contract ends in so many days."""

    name: str
    address: str
    households: int
    buildings: int
    built_year: int
    ends_in: int


class PropertyWords(Draft):
    """The company, what is measured, and what is said before renewal."""

    company: str
    about: str
    inspection: str
    sensor: str
    demand: str
    promise: str
    owner_says: str
    company_says: str
    community_says: str


class WishWords(Draft):
    """What several residents wish for, each in their words or in none."""

    category: str
    texts: tuple[str, ...]


class DeliveringWords(Draft):
    """All of it."""

    praise: tuple[str, ...]
    plain: tuple[str, ...]
    complaint: tuple[str, ...]
    tails: tuple[str, ...]
    hidden: str
    appeal: str
    replies: tuple[str, ...]
    service: tuple[Service, ...]
    property: PropertyWords
    compound: tuple[CompoundWords, ...]
    wishes: WishWords

    def said(self, points: int, number: int) -> str:
        """Words that fit the points; other ones for every number up to some dozens, since the same words by several are held."""
        opening = self.praise if points >= 4 else self.plain if points == 3 else self.complaint
        return f"{opening[number % len(opening)]}，{self.tails[number // len(opening) % len(self.tails)]}"


@lru_cache(maxsize=1)
def delivering_words() -> DeliveringWords:
    """The words, read once."""
    text = (files("marketplace.cli.city") / "delivering.toml").read_text("utf-8")
    return DeliveringWords.model_validate(tomllib.loads(text))
