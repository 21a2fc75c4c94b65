"""What hours do by the clock, and their share of a person's data."""

from datetime import timedelta

from marketplace.hours import attendances, own_data
from marketplace.identity.personal_data import PersonalData
from marketplace.outbox.registry import Registry


def register(registry: Registry, personal_data: PersonalData) -> None:
    """Put the repeated work of hours into the registry, and their share into every export and erasure."""
    registry.repeat("hours.close_forgotten", timedelta(minutes=5), attendances.close_forgotten)
    personal_data.add("hours", own_data.collect, own_data.erase)
