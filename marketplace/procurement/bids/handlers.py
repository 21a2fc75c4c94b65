"""What sealed bids add to the house: by the clock, tenders whose openers did not come end."""

from datetime import timedelta

from marketplace.outbox.registry import Registry
from marketplace.procurement.bids import openings


def register(registry: Registry) -> None:
    """Put the repeated look for overdue openings into the registry."""
    registry.repeat_errand("bids.give_up_overdue", timedelta(minutes=10), openings.give_up_overdue)
