"""What happens to sealed bids. Before the opening nothing is told but what openers have to do."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class OpenersNamed(Event):
    """The people who open the bids are named and are asked for their codes."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class OpeningKeyReady(Event):
    """Every combination of parts opened the canary: the tender may be published."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class BidsOpened(Event):
    """The bids are open and the record of it is public."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
