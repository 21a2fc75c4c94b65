"""The talk before renewal: owners, the company and the community write under their side's name; what is hidden keeps its row."""

from uuid import UUID

from sqlalchemy import select, update

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import MessageDraft, Side, WhyDraft
from marketplace.delivery.properties.errors import KeyIsOfAnotherAct, MessageIsHiddenAlready, TalkIsNotOpen
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import Compound, PropertyContract, RenewalMessage
from marketplace.delivery.properties.policy import Standing
from marketplace.delivery.properties.states import talk_of
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id


def side_of(standing: Standing, organisation_id: UUID) -> Side | None:
    """For whom somebody speaks; the company's people speak for it, even where they own a home."""
    if organisation_id in standing.company_ids:
        return Side.COMPANY
    if standing.is_owner:
        return Side.OWNER
    return Side.COMMUNITY if standing.is_community else None


async def write(session: Session, viewer: Viewer, property_contract_id: UUID, draft: MessageDraft) -> UUID:
    """Say something in the talk; answers the message's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, TalkIsNotOpen, KeyIsOfAnotherAct.
    """
    person_id = viewer.signed_in()
    contract, standing = await inside(session, viewer, property_contract_id)
    side = side_of(standing, contract.organisation_id)
    if side is None:
        raise NotFound()
    before = await _of_key(session, person_id, property_contract_id, draft)
    if before is not None:
        return before
    rule = await rules.in_force(session, "property.renewal")
    talk = talk_of(contract, rule.value, local_day(session.now()))
    if not talk.is_open:
        raise TalkIsNotOpen(opens_on=talk.opens_on, article=rule.article)
    row = RenewalMessage(
        id=new_id(),
        property_contract_id=property_contract_id,
        side=side.value,
        text=draft.text,
        written_at=session.now(),
        written_by=person_id,
        idempotency_key=draft.idempotency_key,
    )
    if not await insert_once(session, row):
        # Somebody was quicker with the same key: the same hand sending twice.
        before = await _of_key(session, person_id, property_contract_id, draft)
        assert before is not None
        return before
    return row.id


async def hide(session: Session, viewer: Viewer, message_id: UUID, draft: WhyDraft) -> UUID:
    """Hide a message, as the community or a moderator of the area; answers the contract's id.

    Raises SignInNeeded, NotFound, NotPermitted, MessageIsHiddenAlready.
    """
    by = viewer.signed_in()
    row = await session.get(RenewalMessage, message_id)
    if row is None:
        raise NotFound()
    contract, standing = await inside(session, viewer, row.property_contract_id)
    if not (standing.is_community or standing.is_moderator):
        raise NotPermitted()
    hidden = await session.execute(
        update(RenewalMessage)
        .where(RenewalMessage.id == message_id, RenewalMessage.hidden_at.is_(None))
        .values(hidden_at=session.now(), hidden_by=by, hidden_reason=draft.reason)
        .returning(RenewalMessage.id)
    )
    if hidden.scalar_one_or_none() is None:
        raise MessageIsHiddenAlready()
    subject = ("renewal_message", message_id)
    audit.record(session, by, "renewal_message.hidden", subject, property_contract_id=contract.id)
    return contract.id


async def inside(
    session: Session, viewer: Viewer, property_contract_id: UUID
) -> tuple[PropertyContract, Standing]:
    """A contract that was agreed, for those who take part in its talk: owners, its own company, the community, moderators. Raises NotFound."""
    contract = await session.scalar(
        select(PropertyContract)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .where(PropertyContract.id == property_contract_id, policy.agreed())
    )
    if contract is None:
        raise NotFound()
    compound = await compound_of(session, contract.compound_id)
    standing = await policy.standing(session, viewer, compound)
    if side_of(standing, contract.organisation_id) is None and not standing.is_moderator:
        raise NotFound()
    return contract, standing


async def _of_key(
    session: Session, person_id: UUID, property_contract_id: UUID, draft: MessageDraft
) -> UUID | None:
    """The message that was written with this key before. Raises KeyIsOfAnotherAct when it said something else."""
    before = await session.scalar(
        select(RenewalMessage).where(
            RenewalMessage.written_by == person_id, RenewalMessage.idempotency_key == draft.idempotency_key
        )
    )
    if before is None:
        return None
    if before.property_contract_id != property_contract_id or before.text != draft.text:
        raise KeyIsOfAnotherAct()
    return before.id
