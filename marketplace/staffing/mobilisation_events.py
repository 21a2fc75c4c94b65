"""What mobilisations tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class WaveCalled(Event):
    """A wave went out: its people have a live call each."""

    stream: ClassVar[str] = "mobilisation_id"
    mobilisation_id: UUID
    wave: int


@dataclass(frozen=True, slots=True)
class MobilisationStopped(Event):
    """No more waves; live calls have ended."""

    stream: ClassVar[str] = "mobilisation_id"
    mobilisation_id: UUID
