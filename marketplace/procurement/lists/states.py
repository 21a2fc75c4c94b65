"""Where an edition stands: one pure function of its moments."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class EditionState(StrEnum):
    """An edition's way. Its words are keyed ``state.list_edition.<value>``.

    ``consulted`` is the time between the end of the consultation and the decision: the buyer takes the comments up.
    """

    DRAFT = "draft"
    CONSULTATION = "consultation"
    CONSULTED = "consulted"
    FINAL = "final"
    WITHDRAWN = "withdrawn"


UNDER_WAY = frozenset({EditionState.DRAFT, EditionState.CONSULTATION, EditionState.CONSULTED})
OPEN_TO_EDITING = frozenset({EditionState.DRAFT, EditionState.CONSULTED})
"""While the public comments nothing changes under its eyes; afterwards what it said may be taken up."""


class EditionFacts(Protocol):
    """What of an edition decides its state."""

    @property
    def consultation_opened_at(self) -> datetime | None: ...
    @property
    def consultation_ends_at(self) -> datetime | None: ...
    @property
    def finalised_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def edition_state(edition: EditionFacts, now: datetime) -> EditionState:
    """The edition's state at ``now``."""
    if edition.withdrawn_at is not None:
        return EditionState.WITHDRAWN
    if edition.finalised_at is not None:
        return EditionState.FINAL
    if edition.consultation_ends_at is None:
        return EditionState.DRAFT
    return EditionState.CONSULTATION if now < edition.consultation_ends_at else EditionState.CONSULTED
