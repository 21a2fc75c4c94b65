"""Words for a bidder's size, in conditions and criteria (87号 article 17). The words are data."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from marketplace.kernel.local_forms import Named
from marketplace.procurement.tenders.findings import Finding, refused
from marketplace.procurement.tenders.linted import Linted


@dataclass(frozen=True, slots=True)
class _Factor:
    name: Named
    pattern: re.Pattern[str]


def findings(linted: Linted) -> Iterator[Finding]:
    """Each condition and criterion that asks how large a bidder is, with the word that says so."""
    rule = linted.profile.rule("scale_factors")
    for path, text in _texts(linted):
        for factor in _factors():
            found = factor.pattern.search(_without_harmless(text))
            if found:
                yield refused("lint_size", path, rule, factor=factor.name, words=found[0].strip())
                break


def _texts(linted: Linted) -> Iterator[tuple[str, str]]:
    for at, condition in enumerate(linted.file.conditions):
        yield f"conditions.{at}.text", f"{condition.text}\n{condition.proof or ''}"
    for at, one in enumerate(linted.file.criteria):
        steps = "\n".join(step.description for step in one.scale)
        yield f"criteria.{at}.name", f"{one.name}\n{one.description or ''}\n{steps}"


def _without_harmless(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    for words in _data()["harmless"]:
        text = text.replace(words, "\n")
    # Chinese words are often broken by spaces; Latin ones are parted by them.
    return re.sub(r"(?<=[\u4e00-\u9fff])[ \t]+(?=[\u4e00-\u9fff])", "", text)


@cache
def _factors() -> tuple[_Factor, ...]:
    return tuple(
        _Factor(Named(zh=row["zh"], en=row["en"]), re.compile("|".join(map(_pattern, row["words"]))))
        for row in _data()["factor"]
    )


def _pattern(word: str) -> str:
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


@cache
def _data() -> dict[str, Any]:
    place = files("marketplace.procurement.tenders") / "data" / "scale_words.toml"
    return tomllib.loads(place.read_text("utf-8"))
