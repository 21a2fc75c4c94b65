"""Openers: named before publication; each makes a code, types it again to prove that it is written down; the last one completes the key.

Whoever changes openers or key holds the tender's row.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select

from marketplace.db.session import Session
from marketplace.identity import sign_in
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.bids import codes, keys
from marketplace.procurement.bids.drafts import OpenerCodeDraft, OpenersDraft
from marketplace.procurement.bids.errors import (
    OpenerBelongsToABidder,
    OpenerCodeIsAnother,
    OpenerCodeIsConfirmed,
    OpenerCodeIsMissing,
    OpenerCodeIsUnreadable,
    OpenersAreSettled,
    OpenersAreTooFew,
)
from marketplace.procurement.bids.events import OpenersNamed
from marketplace.procurement.bids.models import Opener, TenderKey
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender


async def name(session: Session, viewer: Viewer, tender_id: UUID, draft: OpenersDraft, vault: Vault) -> None:
    """Name all openers of a tender at once, as long as it is not published; those named before, and their key, are forgotten.

    Raises SignInNeeded, NotFound, NotPermitted, OpenersAreSettled, OpenersAreTooFew, InputIsInvalid, OpenerBelongsToABidder.
    """
    tender = await held(session, tender_id)
    by = policy.must_buy(viewer, tender.area_code, is_public=tender.published_at is not None)
    if tender.published_at is not None or tender.cancelled_at is not None:
        raise OpenersAreSettled()
    people = await _people(session, draft.phones, vault)
    wanted = (await rule(session, "opening")).value["people"]
    if len(people) != wanted or len(set(people)) != wanted:
        raise OpenersAreTooFew(people=wanted)
    await _must_be_independent(session, people)
    await session.execute(delete(TenderKey).where(TenderKey.tender_id == tender_id))
    await session.execute(delete(Opener).where(Opener.tender_id == tender_id))
    for number, person_id in enumerate(people, start=1):
        session.add(
            Opener(
                id=new_id(),
                tender_id=tender_id,
                number=number,
                person_id=person_id,
                named_at=session.now(),
                named_by=by,
            )
        )
    await records.append(session, tender_id, "openers.named", by, people=people)
    await publish(session, OpenersNamed(tender_id))


async def make_code(session: Session, viewer: Viewer, tender_id: UUID) -> str:
    """A code for the viewer, to be written down: it is told this once and kept nowhere. Until it is confirmed a new one may be made.

    Raises SignInNeeded, NotFound, OpenersAreSettled, OpenerCodeIsConfirmed.
    """
    opener = await _mine(session, viewer, tender_id)
    if opener.code_confirmed_at is not None:
        raise OpenerCodeIsConfirmed()
    code = codes.new_code()
    opener.public_key = codes.public_key(code, tender_id)
    opener.code_made_at = session.now()
    return code


async def confirm_code(session: Session, viewer: Viewer, tender_id: UUID, draft: OpenerCodeDraft) -> bool:
    """The viewer has the code on paper. With the last one the tender's key is made; gives whether it is ready.

    Raises SignInNeeded, NotFound, OpenersAreSettled, OpenerCodeIsMissing, OpenerCodeIsUnreadable, OpenerCodeIsAnother, StrongroomIsClosed.
    """
    opener = await _mine(session, viewer, tender_id)
    if opener.public_key is None:
        raise OpenerCodeIsMissing()
    if public_key(draft, tender_id) != opener.public_key:
        raise OpenerCodeIsAnother()
    if opener.code_confirmed_at is None:
        opener.code_confirmed_at = session.now()
        await records.append(session, tender_id, "opener.confirmed", opener.person_id, number=opener.number)
        await session.flush()
    everybody = await of_tender(session, tender_id)
    if any(one.code_confirmed_at is None for one in everybody):
        return False
    await keys.make(session, tender_id, everybody)
    return True


def public_key(draft: OpenerCodeDraft, tender_id: UUID) -> bytes:
    """The public half of a typed code. Raises OpenerCodeIsUnreadable."""
    try:
        return codes.public_key(draft.code, tender_id)
    except codes.UnreadableCode:
        raise OpenerCodeIsUnreadable() from None


async def of_tender(session: Session, tender_id: UUID) -> Sequence[Opener]:
    """The openers in the order of their numbers."""
    rows = await session.scalars(select(Opener).where(Opener.tender_id == tender_id).order_by(Opener.number))
    return rows.all()


async def person_ids(session: Session, tender_id: UUID) -> frozenset[UUID]:
    """Who opens: none of them may sit on the panel."""
    rows = await session.scalars(select(Opener.person_id).where(Opener.tender_id == tender_id))
    return frozenset(rows)


async def held(session: Session, tender_id: UUID) -> Tender:
    """The tender, locked until the end of the transaction. Raises NotFound."""
    tender = await session.get(Tender, tender_id, with_for_update=True, populate_existing=True)
    if tender is None:
        raise NotFound()
    return tender


async def _mine(session: Session, viewer: Viewer, tender_id: UUID) -> Opener:
    """The viewer's own place among the openers, while it may still change. Raises SignInNeeded, NotFound, OpenersAreSettled."""
    person_id = viewer.signed_in()
    tender = await held(session, tender_id)
    opener: Opener | None = await session.scalar(
        select(Opener).where(Opener.tender_id == tender_id, Opener.person_id == person_id)
    )
    if opener is None:
        raise NotFound()
    if tender.published_at is not None or tender.cancelled_at is not None:
        raise OpenersAreSettled()
    return opener


async def _people(session: Session, phones: Sequence[str], vault: Vault) -> list[UUID]:
    people = []
    for place, phone in enumerate(phones):
        person_id = await sign_in.find(session, vault, phone)
        if person_id is None:
            raise InputIsInvalid.of(f"phones.{place}", "nobody_has_this_phone")
        people.append(person_id)
    return people


async def _must_be_independent(session: Session, people: Sequence[UUID]) -> None:
    tied = await session.scalar(
        select(RoleGrant.id)
        .where(
            RoleGrant.person_id.in_(people),
            RoleGrant.role.in_([role.value for role in ORGANISATION_ROLES]),
            RoleGrant.revoked_at.is_(None),
        )
        .limit(1)
    )
    if tied is not None:
        raise OpenerBelongsToABidder()
