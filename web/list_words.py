"""Items of service lists in words: what a field says, and what became of it, in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as tags
from marketplace.db.session import Session
from marketplace.kernel import local_forms
from marketplace.kernel.locale import word
from marketplace.procurement.lists.content import ItemContent
from marketplace.procurement.lists.differences import Difference

_TAGS = ("category_code", "audience_code")
_NOTHING = "—"


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One field that changed, in words."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ToldItem:
    """An item that changed, with its changes in words."""

    item: ItemContent
    changes: list[ToldChange]


async def names(session: Session, items: Iterable[ItemContent], locale: str) -> dict[str, str]:
    """The names of every tag and area that the items refer to, by code; two statements."""
    told = list(items)
    codes = {item.values[field] for item in told for field in _TAGS if item.values[field]}
    known = {code: tags.name_of(tag, locale) for code, tag in (await tags.by_codes(session, codes)).items()}
    found = await areas.by_codes(session, {item.values["area_code"] for item in told})
    return known | {code: areas.name_of(area, locale) for code, area in found.items()}


async def changed(session: Session, difference: Difference, locale: str) -> list[ToldItem]:
    """Every changed item with its changes."""
    both = [item for change in difference.changed for item in (change.old, change.new)]
    known = await names(session, both, locale)
    return [
        ToldItem(
            change.new,
            [
                ToldChange(
                    word(locale, f"list_item.{one.field}"),
                    value(locale, one.field, one.old, known),
                    value(locale, one.field, one.new, known),
                )
                for one in change.fields
            ],
        )
        for change in difference.changed
    ]


def value(locale: str, field: str, said: Any, known: Mapping[str, str]) -> str:
    """What one field says."""
    if said is None:
        return _NOTHING
    if field == "budget_fen":
        return local_forms.money(said)
    if field == "renewal":
        return word(locale, f"renewal.{said}")
    if isinstance(said, date):
        return local_forms.full_day(locale, said)
    if isinstance(said, int):
        return local_forms.number(said)
    return known.get(said, str(said)) if field in (*_TAGS, "area_code") else str(said)


def month_starts(text: str) -> date | None:
    """2026-11 as the first of that month; None for anything else."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2199 else None
