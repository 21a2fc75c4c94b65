"""What volunteering does by itself: pass offers on, follow open-ended series, rest while an organisation is suspended."""

from datetime import timedelta

from marketplace.identity.personal_data import PersonalData
from marketplace.organisations.events import OrganisationChanged
from marketplace.outbox.registry import Registry
from marketplace.volunteering import own_data, series, suspensions, waiting
from marketplace.volunteering.events import NeedResumed


def register(registry: Registry, personal_data: PersonalData) -> None:
    """Put volunteering's repeated work into the registry, and its share into every export and erasure."""
    registry.on(OrganisationChanged, "volunteering.follow_suspension", suspensions.follow)
    registry.on(NeedResumed, "volunteering.go_on", waiting.go_on)
    registry.repeat("volunteering.settle_overdue", timedelta(minutes=1), waiting.settle_overdue)
    registry.repeat("volunteering.extend_series", timedelta(hours=6), series.extend_open_ended)
    personal_data.add("volunteering", own_data.collect, own_data.erase)
