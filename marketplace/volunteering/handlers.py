"""What volunteering does by itself: pass offers on, follow open-ended series, and leave the shifts of people who are gone."""

from datetime import timedelta

from marketplace.outbox.registry import Registry
from marketplace.volunteering import series, waiting


def register(registry: Registry) -> None:
    """Put volunteering's repeated work into the registry."""
    registry.repeat("volunteering.settle_overdue", timedelta(minutes=1), waiting.settle_overdue)
    registry.repeat("volunteering.extend_series", timedelta(hours=6), series.extend_open_ended)
