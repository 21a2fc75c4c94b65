"""An edition as one document of plain values: what its hash is over, what is kept of a consultation, what two editions differ in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from marketplace.procurement.records import content_hash

FIELDS: Final = (
    "title",
    "description",
    "category_code",
    "audience_code",
    "area_code",
    "people_served",
    "budget_fen",
    "quantity",
    "unit",
    "planned_tender_on",
    "starts_on",
    "ends_on",
    "renewal",
    "standards",
)
"""What an item says, in the order in which people read it. Words are keyed ``list_item.<field>``."""

_DAYS: Final = frozenset({"planned_tender_on", "starts_on", "ends_on"})


@dataclass(frozen=True, slots=True)
class ItemContent:
    """One item as one edition has it: its place in the list, and what it says."""

    item_id: UUID
    number: int
    values: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.values["title"])

    @property
    def budget_fen(self) -> int:
        return int(self.values["budget_fen"])

    @property
    def planned_tender_on(self) -> date:
        day: date = self.values["planned_tender_on"]
        return day

    @classmethod
    def of(cls, item: ListItem, version: ListItemVersion) -> "ItemContent":
        return cls(item.id, item.number, {name: getattr(version, name) for name in FIELDS})

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "ItemContent":
        """From the plain values that ``document`` wrote."""
        values = {name: plain[name] for name in FIELDS}
        values |= {name: date.fromisoformat(plain[name]) for name in _DAYS}
        values["budget_fen"] = int(plain["budget_fen"])
        return cls(UUID(plain["id"]), plain["number"], values)

    def plain(self) -> dict[str, Any]:
        """JSON values; the budget as text, because canonical JSON ends at 2^53."""
        values = {name: value.isoformat() if name in _DAYS else value for name, value in self.values.items()}
        values["budget_fen"] = str(self.budget_fen)
        return {"id": str(self.item_id), "number": self.number, **values}


def document(of: ServiceList, edition: ListEdition, items: Iterable[ItemContent]) -> dict[str, Any]:
    """The edition with its items, the same for the same edition."""
    return {
        "list": str(of.id),
        "buyer": str(of.buyer_id),
        "title": of.title,
        "starts_on": of.starts_on.isoformat(),
        "ends_on": of.ends_on.isoformat(),
        "edition": edition.number,
        "items": [item.plain() for item in sorted(items, key=lambda item: item.number)],
    }


def hash_of(of: ServiceList, edition: ListEdition, items: Iterable[ItemContent]) -> str:
    """SHA-256 over the canonical JSON of the document."""
    return content_hash(document(of, edition, items))


def items_of(written: dict[str, Any]) -> Sequence[ItemContent]:
    """The items of a stored document."""
    return [ItemContent.read(plain) for plain in written["items"]]
