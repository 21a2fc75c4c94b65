"""Rotating codes: a signed token for the QR, six digits for whoever cannot scan; both change every few seconds."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.hours.errors import CodeIsOld, CodeIsWrong
from marketplace.hours.states import Direction
from marketplace.kernel.vault import Vault

_PURPOSE = "check-in"
_DIGITS = 6
_MARKS = {Direction.IN: "i", Direction.OUT: "o"}
_LONGEST_TOKEN = 120


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for: one shift, one direction, one step of time."""

    shift_id: UUID
    direction: Direction
    step: int

    @property
    def text(self) -> str:
        shift = base64.urlsafe_b64encode(self.shift_id.bytes).decode().rstrip("=")
        return f"{shift}.{_MARKS[self.direction]}{self.step:x}"


@dataclass(frozen=True, slots=True)
class Rotation:
    """Makes and reads codes that live for ``lasts_seconds`` on the screen, and as long again for slow hands."""

    vault: Vault
    lasts_seconds: int

    def step_at(self, moment: datetime) -> int:
        return int(moment.timestamp()) // self.lasts_seconds

    def seconds_left(self, moment: datetime) -> int:
        """How long the screen's code is still the newest."""
        return self.lasts_seconds - int(moment.timestamp()) % self.lasts_seconds

    def token(self, shift_id: UUID, direction: Direction, moment: datetime) -> str:
        """The token that the QR of ``moment`` carries."""
        text = Code(shift_id, direction, self.step_at(moment)).text
        return f"{text}.{self.vault.sign(text, _PURPOSE)}"

    def short_code(self, shift_id: UUID, direction: Direction, moment: datetime) -> str:
        """The six digits beside it."""
        return self._digits(Code(shift_id, direction, self.step_at(moment)))

    def read_token(self, token: str) -> Code:
        """What ``token`` stands for, however old. Raises CodeIsWrong when we did not sign it."""
        text, _, signature = token.rpartition(".")
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            raise CodeIsWrong()
        if not self.vault.is_signed(text, signature, _PURPOSE):
            raise CodeIsWrong()
        return _read(text)

    def expect_current(self, code: Code, moment: datetime) -> None:
        """Raises CodeIsOld unless the screen shows the code now or showed it just before."""
        if code.step not in self._accepted(moment):
            raise CodeIsOld()

    def matches(self, digits: str, shift_id: UUID, direction: Direction, moment: datetime) -> bool:
        """Whether ``digits`` are the short code of now or of just before."""
        return any(digits == self._digits(Code(shift_id, direction, step)) for step in self._accepted(moment))

    def _accepted(self, moment: datetime) -> tuple[int, int]:
        step = self.step_at(moment)
        return step, step - 1

    def _digits(self, code: Code) -> str:
        number = int.from_bytes(self.vault.fingerprint(code.text, _PURPOSE)[:8], "big")
        return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def _read(text: str) -> Code:
    shift, _, rest = text.partition(".")
    try:
        shift_id = UUID(bytes=base64.urlsafe_b64decode(shift + "=="))
        direction = next(kind for kind, mark in _MARKS.items() if mark == rest[:1])
        return Code(shift_id, direction, int(rest[1:], 16))
    except (ValueError, binascii.Error, StopIteration):
        # Signed by us but of another shape: a token from before a change of format.
        raise CodeIsOld() from None
