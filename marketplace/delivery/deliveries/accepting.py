"""The buyer's officers, or the community that asked for it, accept a delivery or send it back; never the provider's own people."""

from uuid import UUID

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy
from marketplace.delivery.deliveries.drafts import AcceptanceOfManyDraft, DecisionDraft
from marketplace.delivery.deliveries.errors import (
    AnotherOneConfirms,
    DeliveryIsDecided,
    DisputeIsDecidedAlone,
    ProviderDoesNotAccept,
)
from marketplace.delivery.deliveries.events import DeliveryDecided
from marketplace.delivery.deliveries.holding import held, is_of_supplier, must_be_done
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.deliveries.states import is_decided
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.outbox.publish import publish
from marketplace.procurement.contracts.errors import ReasonIsMissing
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.models import Buyer
from marketplace.procurement.policy import may_buy


async def decide(session: Session, viewer: Viewer, delivery_id: UUID, draft: DecisionDraft) -> None:
    """Accept the delivery, or send it back with the reason; the same again changes nothing. A dispute since opens it again.

    Raises SignInNeeded, NotFound, NotPermitted, ProviderDoesNotAccept, AnotherOneConfirms, DeliveryIsCancelled, DeliveryIsNotDone,
    ReasonIsMissing, DeliveryIsDecided.
    """
    await _decide(session, viewer, await held(session, viewer, delivery_id), draft)


async def accept_many(session: Session, viewer: Viewer, draft: AcceptanceOfManyDraft) -> int:
    """Accept all of them or none; answers how many. What was accepted before stays so.

    Raises as ``decide``, and DisputeIsDecidedAlone.
    """
    # In the order of their ids, so that two who accept at once never wait for each other in a circle.
    wanted = sorted(set(draft.delivery_ids))
    for delivery_id in wanted:
        row = await held(session, viewer, delivery_id)
        if row.disputed_at is not None and not is_decided(row):
            raise DisputeIsDecidedAlone()
        await _decide(session, viewer, row, DecisionDraft(is_accepted=True))
    return len(wanted)


async def _decide(session: Session, viewer: Viewer, row: Delivery, draft: DecisionDraft) -> None:
    by = await _must_decide(session, viewer, row)
    must_be_done(row)
    if is_decided(row):
        if row.is_accepted == draft.is_accepted:
            return
        raise DeliveryIsDecided()
    if not draft.is_accepted and draft.reason is None:
        raise ReasonIsMissing()
    row.is_accepted, row.decision_reason = draft.is_accepted, draft.reason
    row.decided_at, row.decided_by = session.now(), by
    action = "delivery.accepted" if draft.is_accepted else "delivery.sent_back"
    audit.record(session, by, action, ("delivery", row.id))
    await publish(session, DeliveryDecided(row.id))


async def _must_decide(session: Session, viewer: Viewer, row: Delivery) -> UUID:
    """Raises NotPermitted, ProviderDoesNotAccept, AnotherOneConfirms."""
    if row.contract_id is not None:
        contract = await session.get_one(Contract, row.contract_id)
        buyer = await session.get_one(Buyer, contract.buyer_id)
        may = may_buy(viewer, buyer.area_code)
    else:
        may = policy.is_community(viewer, row)
    if await is_of_supplier(session, viewer, row):
        raise ProviderDoesNotAccept()
    if not may:
        raise NotPermitted()
    if row.done_by == viewer.person_id:
        raise AnotherOneConfirms()
    return viewer.signed_in()
