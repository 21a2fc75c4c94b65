"""A notice in words: made when it is read, in the reader's language, from its kind and facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.kernel.local_forms import sentence
from marketplace.notices import facts

# Facts that only some notices of a kind carry, each with a line of its own under the body.
_LINES = ("reason", "clashes", "next_shift", "more")
# Facts that are lists, and tell each of their items in a line of its own before those.
_LISTS = ("needs",)


@dataclass(frozen=True, slots=True)
class Worded:
    """What the reader sees: a title, and one or more lines under it."""

    title: str
    lines: tuple[str, ...]


def worded(locale: str, kind: str, stored_facts: Mapping[str, Any]) -> Worded:
    """The words of one notice."""
    told = facts.told(locale, stored_facts)
    items = (
        sentence(locale, f"notice.line.{name}", facts.told(locale, {"item": item}))
        for name in _LISTS
        for item in stored_facts.get(name, ())
    )
    extra = (sentence(locale, f"notice.line.{name}", told) for name in _LINES if told.get(name))
    return Worded(
        title=sentence(locale, f"notice.{kind}.title", told),
        lines=(sentence(locale, f"notice.{kind}.body", told), *items, *extra),
    )
