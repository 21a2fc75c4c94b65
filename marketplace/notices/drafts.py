"""What people hand in about how they want to be told."""

from datetime import time
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from marketplace.kernel.input import BlankIsNone, Draft, FullWidthFolded
from marketplace.notices.kinds import Kind

_Clock = Annotated[
    str, FullWidthFolded, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)
]


class WishesDraft(Draft):
    """The kinds that are wanted by e-mail; all others that may ever reach the person are not."""

    email: list[Kind] = Field(max_length=len(Kind))


class QuietHoursDraft(Draft):
    """From when to when nothing is sent, on a wall clock in Shanghai (``22:00``); both or neither. It may run over midnight."""

    quiet_from: Annotated[_Clock | None, BlankIsNone] = None
    quiet_to: Annotated[_Clock | None, BlankIsNone] = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> "QuietHoursDraft":
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("both_times_or_neither")
        if self.quiet_from is not None and self.quiet_from == self.quiet_to:
            raise ValueError("times_are_the_same")
        return self

    @property
    def minutes(self) -> tuple[int, int] | None:
        """Both ends in minutes from midnight, or None for no quiet hours."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return _minute(self.quiet_from), _minute(self.quiet_to)


def _minute(clock: str) -> int:
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute
