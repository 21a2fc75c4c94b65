"""Those who received a delivery, or the community, say that it took place, or that it did not as it is recorded."""

from datetime import timedelta
from uuid import UUID

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy
from marketplace.delivery.deliveries.drafts import DisputeDraft
from marketplace.delivery.deliveries.errors import (
    AnotherOneConfirms,
    DeliveryIsDisputedAlready,
    DisputeIsTooLate,
    ProviderDoesNotConfirm,
)
from marketplace.delivery.deliveries.events import DeliveryConfirmed, DeliveryDisputed
from marketplace.delivery.deliveries.holding import (
    held,
    is_of_supplier,
    is_recipient,
    must_be_done,
    record_rule,
)
from marketplace.delivery.deliveries.models import Delivery
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.outbox.publish import publish

RECIPIENT, COMMUNITY = "recipient", "community"


async def confirm(session: Session, viewer: Viewer, delivery_id: UUID) -> None:
    """It took place as recorded. Whoever says so first is noted; saying it again changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, ProviderDoesNotConfirm, AnotherOneConfirms, DeliveryIsCancelled, DeliveryIsNotDone.
    """
    row = await held(session, viewer, delivery_id)
    said_as = await _must_speak(session, viewer, row)
    must_be_done(row)
    if row.confirmed_at is not None:
        return
    row.confirmed_at, row.confirmed_by, row.confirmed_as = session.now(), viewer.signed_in(), said_as
    audit.record(session, viewer.person_id, "delivery.confirmed", ("delivery", row.id), said_as=said_as)
    await publish(session, DeliveryConfirmed(row.id))


async def dispute(session: Session, viewer: Viewer, delivery_id: UUID, draft: DisputeDraft) -> None:
    """It did not take place as recorded. The same person again changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, ProviderDoesNotConfirm, AnotherOneConfirms, DeliveryIsCancelled, DeliveryIsNotDone,
    DisputeIsTooLate, DeliveryIsDisputedAlready.
    """
    row = await held(session, viewer, delivery_id)
    said_as = await _must_speak(session, viewer, row)
    done_at = must_be_done(row)
    if row.disputed_at is not None:
        if row.disputed_by != viewer.person_id:
            raise DeliveryIsDisputedAlready()
        return
    rule = await record_rule(session)
    days = rule.value["dispute_within_days"]
    if session.now() > done_at + timedelta(days=days):
        raise DisputeIsTooLate(days=days, article=rule.article)
    row.disputed_at, row.disputed_by, row.dispute = session.now(), viewer.signed_in(), draft.text
    audit.record(session, viewer.person_id, "delivery.disputed", ("delivery", row.id), said_as=said_as)
    await publish(session, DeliveryDisputed(row.id))


async def _must_speak(session: Session, viewer: Viewer, row: Delivery) -> str:
    """As whom the viewer speaks. Raises NotPermitted, ProviderDoesNotConfirm, AnotherOneConfirms."""
    if await is_of_supplier(session, viewer, row):
        raise ProviderDoesNotConfirm()
    if row.done_by == viewer.person_id:
        raise AnotherOneConfirms()
    if await is_recipient(session, viewer, row.id):
        return RECIPIENT
    if policy.is_community(viewer, row):
        return COMMUNITY
    raise NotPermitted()
