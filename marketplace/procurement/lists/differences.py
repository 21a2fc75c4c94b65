"""What two editions differ in: item by item, and field by field with the old value and the new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.procurement.lists.content import FIELDS, ItemContent


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else now."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item that is in both editions and says something else."""

    old: ItemContent
    new: ItemContent
    fields: Sequence[FieldChange]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that changed between two editions; ``unchanged`` counts the rest."""

    added: Sequence[ItemContent]
    removed: Sequence[ItemContent]
    changed: Sequence[ItemChange]
    unchanged: int

    @property
    def is_none(self) -> bool:
        return not (self.added or self.removed or self.changed)

    @property
    def budget_change_fen(self) -> int:
        """By how much the sum of all budgets rose; negative where it fell."""
        risen = sum(item.budget_fen for item in self.added) - sum(item.budget_fen for item in self.removed)
        return risen + sum(one.new.budget_fen - one.old.budget_fen for one in self.changed)


def compare(old: Iterable[ItemContent], new: Iterable[ItemContent]) -> Difference:
    """From ``old`` to ``new``; items are the same when they have the same id, whatever they say."""
    before = {item.item_id: item for item in sorted(old, key=_number)}
    after = {item.item_id: item for item in sorted(new, key=_number)}
    both = [(before[item_id], after[item_id]) for item_id in after if item_id in before]
    changed = [ItemChange(one, other, fields) for one, other in both if (fields := _fields(one, other))]
    return Difference(
        added=[item for item_id, item in after.items() if item_id not in before],
        removed=[item for item_id, item in before.items() if item_id not in after],
        changed=changed,
        unchanged=len(both) - len(changed),
    )


def _fields(old: ItemContent, new: ItemContent) -> list[FieldChange]:
    return [
        FieldChange(name, old.values[name], new.values[name])
        for name in FIELDS
        if old.values[name] != new.values[name]
    ]


def _number(item: ItemContent) -> int:
    return item.number
