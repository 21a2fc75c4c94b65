"""What awards add to the house: a rest ends by itself when its time is over."""

from datetime import timedelta

from marketplace.outbox.registry import Registry
from marketplace.procurement.awards import suspensions


def register(registry: Registry) -> None:
    """Put the repeated task into the registry."""
    registry.repeat("awards.end_suspensions", timedelta(minutes=1), suspensions.end_due)
