"""What happens while bids are evaluated."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class PanelDrawn(Event):
    """The panel is drawn; its members are told, the public is not until the result."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class PanelMemberReplaced(Event):
    """A seat is held by somebody else now."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True)
class PriceQueried(Event):
    """A bidder is asked to justify a low price."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    query_id: UUID


@dataclass(frozen=True, slots=True)
class TenderEvaluated(Event):
    """Every lot has its report."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class PanelReminded(Event):
    """The officer reminds those who have not declared or not handed in."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID


@dataclass(frozen=True, slots=True)
class SheetsComplete(Event):
    """Every member has handed in every sheet: the report is due."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
