"""What people hand in about lotteries; read by ``kernel.input.read`` whichever way it came."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from marketplace.kernel.input import Code, Draft, FullWidthFolded, ShortText

MOST_TICKETS = 10


class LotteryDraft(Draft):
    """A lottery for the free places of a shift: when entries close, and how many tickets a first-timer has."""

    closes_at: AwareDatetime
    first_timer_tickets: Annotated[int, FullWidthFolded, Field(ge=1, le=MOST_TICKETS)] = 2


class EntryDraft(Draft):
    """A wish to be drawn. ``agreed`` says that the stated risks were read and accepted; only risky needs ask for it."""

    idempotency_key: Code
    agreed: bool = False


class CallOffDraft(Draft):
    """Why a lottery is called off, in words that everybody who entered will read."""

    reason: ShortText
