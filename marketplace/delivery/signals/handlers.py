"""What signals listen to, what they do by the clock, and their share of every export and erasure."""

from datetime import timedelta

from marketplace.delivery.scorecards.events import ScorecardChanged, ScorecardsComputed
from marketplace.delivery.signals import own_data, watching
from marketplace.identity.personal_data import PersonalData
from marketplace.outbox.registry import Registry


def register(registry: Registry, personal_data: PersonalData) -> None:
    """Put the watch into the registry, and wishes into personal data."""
    registry.on(ScorecardsComputed, "signals.watch_closed", watching.closed)
    registry.on(ScorecardChanged, "signals.watch_changed", watching.changed)
    registry.repeat("signals.watch", timedelta(days=1), watching.watch)
    personal_data.add("signals", own_data.collect, own_data.erase)
