"""What deliveries add to the house: finished shifts become deliveries, and their share of every export and erasure."""

from datetime import timedelta

from marketplace.delivery.deliveries import own_data, property_rounds, shifts
from marketplace.identity.personal_data import PersonalData
from marketplace.outbox.registry import Registry


def register(registry: Registry, personal_data: PersonalData) -> None:
    """Put the repeated task into the registry, and what people received and said into every export and erasure."""
    registry.repeat("deliveries.deliver_finished", timedelta(minutes=10), shifts.deliver_finished)
    registry.repeat("deliveries.hold_property_round", timedelta(minutes=10), property_rounds.hold_round)
    personal_data.add("deliveries", own_data.collect, own_data.erase)
