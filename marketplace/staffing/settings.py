"""How a run was asked for: kept with the run as plain JSON, so that it can be read and repeated."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

METRES_PER_MINUTE = 200
"""From door to door through the city by metro, bus or bicycle, as the crow flies: about 12 km/h."""

POINTS_A_SHIFT = 20
"""What each shift served lately takes from the worth of one more, in tenths of a point: two points, so that work spreads among people
who suit about alike, and nobody unsuited is put in front."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Shifts to fill, at most so many a person, minutes of rest between two, how long offers hold, and the seed that decides ties."""

    shifts: tuple[UUID, ...]
    most_shifts: int
    rest_minutes: int
    offer_minutes: int
    seed: int
    metres_per_minute: int = METRES_PER_MINUTE
    fairness: int = POINTS_A_SHIFT

    def as_json(self) -> dict[str, Any]:
        return {
            "shifts": [str(shift_id) for shift_id in self.shifts],
            "most_shifts": self.most_shifts,
            "rest_minutes": self.rest_minutes,
            "offer_minutes": self.offer_minutes,
            "metres_per_minute": self.metres_per_minute,
            "fairness": self.fairness,
        }

    @classmethod
    def of(cls, kept: dict[str, Any], seed: int) -> "Settings":
        """The settings of a run from what is stored of it."""
        return cls(
            shifts=tuple(UUID(shift_id) for shift_id in kept["shifts"]),
            most_shifts=kept["most_shifts"],
            rest_minutes=kept["rest_minutes"],
            offer_minutes=kept["offer_minutes"],
            seed=seed,
            metres_per_minute=kept["metres_per_minute"],
            fairness=kept["fairness"],
        )
