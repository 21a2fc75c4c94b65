"""What saved searches tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class SavedSearchBegan(Event):
    """A search was saved, or goes on after a pause: what is there already is no news for it."""

    stream: ClassVar[str] = "saved_search_id"
    saved_search_id: UUID


@dataclass(frozen=True, slots=True)
class NeedFitsSavedSearches(Event):
    """A need fits these searches for the first time, and their owners want to know at once."""

    stream: ClassVar[str] = "batch_id"
    batch_id: UUID
    need_id: UUID
    saved_search_ids: tuple[UUID, ...]
