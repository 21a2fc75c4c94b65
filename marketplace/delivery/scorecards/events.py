"""What happens to scorecards."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class ScorecardsComputed(Event):
    """The scorecards of a closed period stand: what builds on them (recommendations, alarms, dumps) may look."""

    stream: ClassVar[str] = "period_id"
    period_id: UUID


@dataclass(frozen=True, slots=True)
class ScorecardChanged(Event):
    """A decision about held ratings changed one provider's newest scorecard."""

    stream: ClassVar[str] = "organisation_id"
    organisation_id: UUID
    service_type: str
