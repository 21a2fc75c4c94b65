"""What happens to service lists."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class ConsultationOpened(Event):
    """An edition is before the public."""

    stream: ClassVar[str] = "list_id"
    list_id: UUID
    edition_id: UUID


@dataclass(frozen=True, slots=True)
class EditionFinalised(Event):
    """An edition is in force; its items are announced purchases."""

    stream: ClassVar[str] = "list_id"
    list_id: UUID
    edition_id: UUID


@dataclass(frozen=True, slots=True)
class EditionWithdrawn(Event):
    """An edition will not come into force."""

    stream: ClassVar[str] = "list_id"
    list_id: UUID
    edition_id: UUID


@dataclass(frozen=True, slots=True)
class CommentAnswered(Event):
    """The buyer answered what somebody of the public said."""

    stream: ClassVar[str] = "list_id"
    list_id: UUID
    comment_id: UUID
