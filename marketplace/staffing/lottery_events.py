"""What lotteries tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class LotteryDrawn(Event):
    """The order is drawn and public; free places are offered to those drawn first, by volunteering."""

    stream: ClassVar[str] = "lottery_id"
    lottery_id: UUID


@dataclass(frozen=True, slots=True)
class LotteryCalledOff(Event):
    """Nothing is drawn; the places are open to everybody again if the shift takes place."""

    stream: ClassVar[str] = "lottery_id"
    lottery_id: UUID
