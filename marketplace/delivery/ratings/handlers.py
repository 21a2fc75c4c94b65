"""What ratings add to the house: tickets when a delivery is done, one reminder, the closing of periods, and traces that are forgotten."""

from datetime import timedelta
from functools import partial

from marketplace.db.session import Session
from marketplace.delivery.deliveries.events import DeliveryCancelled, DeliveryDone
from marketplace.delivery.ratings import (
    care_own_data,
    own_data,
    periods,
    photo_store,
    reminders,
    sources,
    tickets,
)
from marketplace.identity.personal_data import PersonalData
from marketplace.kernel.files import FileStore
from marketplace.kernel.vault import Vault
from marketplace.outbox.registry import Registry


def register(registry: Registry, personal_data: PersonalData, vault: Vault, photos: FileStore) -> None:
    """Put the work of ratings into the registry, and their share into every export and erasure."""

    async def issue(session: Session, event: DeliveryDone) -> None:
        await tickets.issue(session, vault, event.delivery_id)

    async def void(session: Session, event: DeliveryCancelled) -> None:
        await tickets.void(session, event.delivery_id)

    registry.on(DeliveryDone, "ratings.issue_tickets", issue)
    registry.on(DeliveryCancelled, "ratings.void_tickets", void)
    registry.repeat("ratings.close_periods", timedelta(minutes=5), periods.close_due)
    registry.repeat("ratings.remind", timedelta(minutes=5), reminders.remind)
    registry.repeat("ratings.forget_sources", timedelta(hours=1), sources.forget_old)
    registry.repeat("ratings.forget_tries", timedelta(days=1), tickets.forget_tries)
    registry.repeat_errand(
        "ratings.drop_removed_photos", timedelta(hours=6), partial(photo_store.drop_removed, store=photos)
    )
    personal_data.add("ratings", own_data.collect, own_data.erase)
    personal_data.add("rating_care", care_own_data.collect, care_own_data.erase)
