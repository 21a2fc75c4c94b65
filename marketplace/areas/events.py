"""What the areas tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class AreasRenamed(Event):
    """A newer edition calls these areas otherwise, or places them otherwise; what lies in them is found by the new names."""

    stream: ClassVar[str] = "batch_id"
    batch_id: UUID
    codes: tuple[str, ...]
