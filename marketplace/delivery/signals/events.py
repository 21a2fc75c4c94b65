"""What happens to whistles and wishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class WhistleBlown(Event):
    """The numbers of a contract slip; buyer or community, and the provider, are told."""

    stream: ClassVar[str] = "whistle_id"
    whistle_id: UUID


@dataclass(frozen=True, slots=True)
class WhistleAnswered(Event):
    """Somebody said what was done about it; the provider is told."""

    stream: ClassVar[str] = "whistle_id"
    whistle_id: UUID


@dataclass(frozen=True, slots=True)
class WishesTakenUp(Event):
    """Wishes became a draft; those who wished are told."""

    stream: ClassVar[str] = "draft_id"
    draft_id: UUID
