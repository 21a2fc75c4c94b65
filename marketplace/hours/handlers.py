"""What hours do by the clock."""

from datetime import timedelta

from marketplace.hours import attendances
from marketplace.outbox.registry import Registry


def register(registry: Registry) -> None:
    """Name the repeated work of this slice."""
    registry.repeat("hours.close_forgotten", timedelta(minutes=5), attendances.close_forgotten)
