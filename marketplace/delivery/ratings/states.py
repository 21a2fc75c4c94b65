"""Where a ticket stands, from its facts and the moment."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class TicketState(StrEnum):
    """Words are keyed ``state.ticket.<value>``."""

    VALID = "valid"
    USED = "used"
    EXPIRED = "expired"
    VOID = "void"


class TicketFacts(Protocol):
    """What of a ticket decides."""

    @property
    def expires_at(self) -> datetime: ...
    @property
    def used_at(self) -> datetime | None: ...
    @property
    def void_at(self) -> datetime | None: ...


def ticket_state(ticket: TicketFacts, now: datetime) -> TicketState:
    """Used stays used, whatever comes later; its last moment lies before ``expires_at``."""
    if ticket.used_at is not None:
        return TicketState.USED
    if ticket.void_at is not None:
        return TicketState.VOID
    return TicketState.VALID if now < ticket.expires_at else TicketState.EXPIRED
