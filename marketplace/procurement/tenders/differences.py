"""What changed between two versions of a file: each place with what stood there and what stands there now. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from marketplace.procurement.tenders.file import TenderFile

_NAMES = {
    "lots": ("id", "number"),
    "criteria": ("key", "name"),
    "conditions": ("key", "text"),
    "documents": ("id", "title"),
    "milestones": ("title", "title"),
    "items": ("description", "description"),
    "scale": ("points", "points"),
}
"""Rows of a file are told apart by the first field and called by the second."""

HARMLESS = frozenset(
    {
        "title", "problem", "users", "people_served", "description", "standards", "acceptance", "audience_code",
        "category_code", "area_code", "official_notice_url", "documents", "submissions_end_at", "enquiries_end_at",
    }
)  # fmt: skip
"""Changes here need not touch a bid: the officer says whether they do. All else is what bids are made by and judged by."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``path`` names the part, then the row as the file calls it, then the field; None means that nothing stood there."""

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def part(self) -> str:
        return self.path[0]

    @property
    def is_harmless(self) -> bool:
        return self.part in HARMLESS


def between(before: TenderFile, after: TenderFile) -> list[Change]:
    """Every change from one version to the other, in the order of the file."""
    return list(_changes((), before.plain(), after.plain()))


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            if name != "id":
                yield from _changes((*path, name), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and path[-1] in _NAMES:
        yield from _rows(path, before, after)
    else:
        yield Change(path, before, after)


def _rows(path: tuple[str, ...], before: list[Any], after: list[Any]) -> Iterator[Change]:
    key, name = _NAMES[path[-1]]
    old, new = ({str(row[key]): row for row in rows} for rows in (before, after))
    for one in [*old, *(one for one in new if one not in old)]:
        row = new.get(one) or old[one]
        yield from _changes((*path, str(row[name])), old.get(one), new.get(one))
    if list(old) != list(new) and sorted(old) == sorted(new):
        yield Change((*path, "order"), [old[one][name] for one in old], [new[one][name] for one in new])
