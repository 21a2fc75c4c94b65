"""Whose telephone number an organiser may see: of those who agreed to it, and of nobody else."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, true

from marketplace.db.session import Session
from marketplace.identity import phones
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import Consent, Person
from marketplace.kernel.vault import Vault


async def allowed_phones(session: Session, vault: Vault, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """The numbers (E.164) of those who agree to ``ConsentKind.CONTACT`` now.

    The caller has made sure that the viewer organises a shift for which these people are confirmed.
    """
    agrees = (
        select(Consent.given)
        .where(Consent.person_id == Person.id, Consent.kind == ConsentKind.CONTACT.value)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Person.id, Person.phone_sealed).where(
            Person.id.in_(person_ids), Person.phone_sealed.is_not(None), agrees == true()
        )
    )
    return {person_id: vault.decrypt(sealed, phones.PURPOSE) for person_id, sealed in rows if sealed}
