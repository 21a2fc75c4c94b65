"""What recommendations tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class PersonInvited(Event):
    """An organiser asks a person for a shift."""

    stream: ClassVar[str] = "invitation_id"
    invitation_id: UUID


@dataclass(frozen=True, slots=True)
class InvitationDeclined(Event):
    stream: ClassVar[str] = "invitation_id"
    invitation_id: UUID


@dataclass(frozen=True, slots=True)
class WeightsProposed(Event):
    """New points wait for a second officer."""

    stream: ClassVar[str] = "weights_id"
    weights_id: UUID


@dataclass(frozen=True, slots=True)
class WeightsDecided(Event):
    """Proposed points came into force, or were refused."""

    stream: ClassVar[str] = "weights_id"
    weights_id: UUID
