"""Those who receive a delivery: found by phone without telling whether there is an account, or unnamed seats of a group."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy
from marketplace.delivery.deliveries.drafts import PlanDraft, RecipientDraft, SeatsDraft
from marketplace.delivery.deliveries.errors import DeliveryIsDone, RecipientsAreTooMany
from marketplace.delivery.deliveries.holding import held, must_not_be_cancelled
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.identity import phones
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault

PURPOSE: Final = "recipient"
"""Under which names and phones of recipients are sealed."""


async def add(
    session: Session, viewer: Viewer, vault: Vault, delivery_id: UUID, draft: RecipientDraft
) -> UUID:
    """Name somebody who receives the delivery; answers the id, for somebody who is named already the one there is.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsDone, RecipientsAreTooMany.
    """
    row = await _open(session, viewer, delivery_id)
    by = viewer.signed_in()
    numbered = await _numbered(session, row, 1)
    made = (await _named(session, vault, row, [draft], numbered, by))[0]
    if not await insert_once(session, made):
        return await _named_before(session, made)
    row.people = max(row.people, numbered)
    audit.record(session, by, "delivery.recipient_added", ("delivery", delivery_id), recipient=made.id)
    return made.id


async def add_seats(session: Session, viewer: Viewer, delivery_id: UUID, draft: SeatsDraft) -> int:
    """So many more of a group whom nobody names; answers how many receive it now.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsDone, RecipientsAreTooMany.
    """
    row = await _open(session, viewer, delivery_id)
    by = viewer.signed_in()
    first = await _numbered(session, row, draft.seats)
    last = first + draft.seats - 1
    session.add_all(_seat(session, row, number, by) for number in range(first, last + 1))
    row.people = max(row.people, last)
    audit.record(session, by, "delivery.seats_added", ("delivery", delivery_id), seats=draft.seats)
    await session.flush()
    return last


async def remove(session: Session, viewer: Viewer, recipient_id: UUID) -> UUID:
    """Take somebody off the list; answers the delivery's id. Whoever is not there any more was taken off before.

    Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsDone.
    """
    viewer.signed_in()
    delivery_id = await session.scalar(
        select(DeliveryRecipient.delivery_id).where(DeliveryRecipient.id == recipient_id)
    )
    if delivery_id is None:
        raise NotFound()
    await _open(session, viewer, delivery_id)
    await session.execute(delete(DeliveryRecipient).where(DeliveryRecipient.id == recipient_id))
    audit.record(
        session,
        viewer.signed_in(),
        "delivery.recipient_removed",
        ("delivery", delivery_id),
        recipient=recipient_id,
    )
    return delivery_id


async def put(
    session: Session, vault: Vault, row: Delivery, draft: PlanDraft, asked_by: UUID | None, by: UUID
) -> None:
    """Those whom a plan names, the resident who asked for it, and the unnamed seats. The limits were checked."""
    made: list[DeliveryRecipient] = []
    if asked_by is not None:
        made.append(await of_resident(session, row, asked_by, 1, by))
    known = {(one.person_id, one.phone_fingerprint) for one in made}
    for one in await _named(session, vault, row, draft.recipients, len(made) + 1, by):
        same = any(
            (person is not None and person == one.person_id)
            or (phone is not None and phone == one.phone_fingerprint)
            for person, phone in known
        )
        if not same:
            known.add((one.person_id, one.phone_fingerprint))
            one.number = len(made) + 1
            made.append(one)
    made += [_seat(session, row, len(made) + at + 1, by) for at in range(draft.seats)]
    session.add_all(made)
    row.people = max(row.people, len(made))
    await session.flush()


async def of_resident(
    session: Session, row: Delivery, person_id: UUID, number: int, by: UUID | None
) -> DeliveryRecipient:
    """The resident who raised the need, with the fingerprint of the account's phone, so that they are not named twice."""
    return DeliveryRecipient(
        id=new_id(),
        delivery_id=row.id,
        number=number,
        person_id=person_id,
        phone_fingerprint=await session.scalar(
            select(Person.phone_fingerprint).where(Person.id == person_id)
        ),
        added_at=session.now(),
        added_by=by,
    )


async def _open(session: Session, viewer: Viewer, delivery_id: UUID) -> Delivery:
    """Raises SignInNeeded, NotFound, NotPermitted, DeliveryIsCancelled, DeliveryIsDone."""
    row = await held(session, viewer, delivery_id)
    if not policy.may_plan(viewer, row):
        raise NotPermitted()
    must_not_be_cancelled(row)
    if row.done_at is not None:
        raise DeliveryIsDone()
    return row


async def _numbered(session: Session, row: Delivery, more: int) -> int:
    """The next number, where there is room for so many more. The caller holds the delivery. Raises RecipientsAreTooMany."""
    counted = (
        await session.execute(
            select(func.count(), func.coalesce(func.max(DeliveryRecipient.number), 0)).where(
                DeliveryRecipient.delivery_id == row.id
            )
        )
    ).one()
    limits = await rules.in_force(session, "delivery.plan")
    if counted[0] + more > limits.value["most_recipients"]:
        raise RecipientsAreTooMany(most=limits.value["most_recipients"], article=limits.article)
    return int(counted[1]) + 1


async def _named(
    session: Session,
    vault: Vault,
    row: Delivery,
    drafts: Sequence[RecipientDraft],
    first: int,
    by: UUID,
) -> list[DeliveryRecipient]:
    """Rows for people by phone; whoever has an account is tied to it. One statement for all of them."""
    prints = [vault.fingerprint(one.phone, phones.PURPOSE) for one in drafts]
    accounts: dict[bytes | None, UUID] = {}
    if prints:
        found = await session.execute(
            select(Person.phone_fingerprint, Person.id).where(Person.phone_fingerprint.in_(prints))
        )
        accounts = {account[0]: account[1] for account in found}
    return [
        DeliveryRecipient(
            id=new_id(),
            delivery_id=row.id,
            number=first + at,
            person_id=accounts.get(fingerprint),
            name_sealed=vault.encrypt(one.name, PURPOSE) if one.name else None,
            phone_sealed=vault.encrypt(one.phone, PURPOSE),
            phone_fingerprint=fingerprint,
            added_at=session.now(),
            added_by=by,
        )
        for at, (one, fingerprint) in enumerate(zip(drafts, prints, strict=True))
    ]


def _seat(session: Session, row: Delivery, number: int, by: UUID | None) -> DeliveryRecipient:
    return DeliveryRecipient(
        id=new_id(), delivery_id=row.id, number=number, added_at=session.now(), added_by=by
    )


async def _named_before(session: Session, made: DeliveryRecipient) -> UUID:
    """The row that a unique constraint says is there: by the account, or by the phone."""
    mine = DeliveryRecipient.phone_fingerprint == made.phone_fingerprint
    if made.person_id is not None:
        mine = mine | (DeliveryRecipient.person_id == made.person_id)
    found = await session.scalar(
        select(DeliveryRecipient.id).where(DeliveryRecipient.delivery_id == made.delivery_id, mine).limit(1)
    )
    if found is None:
        raise NotFound()
    return found
