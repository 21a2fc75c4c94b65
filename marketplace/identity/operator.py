"""Roles given and taken at the machine itself: how the first administrator is made. On record, with nobody as the actor."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.areas import queries as areas
from marketplace.db.session import Session
from marketplace.identity import phones, roles, sign_in
from marketplace.identity.drafts import RoleDraft
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import HeldRole, Role
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.vault import Vault


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A role that somebody holds; the telephone number is masked."""

    id: UUID
    person_name: str
    phone: str
    held: HeldRole


async def grant(session: Session, vault: Vault, draft: RoleDraft) -> UUID:
    """Give a role to the person with that number, who has signed in before; answers the grant's id.

    Raises InputIsInvalid for an unknown number, area or organisation, RoleIsHeldAlready.
    """
    if draft.area_code is not None and await areas.current(session, draft.area_code) is None:
        raise InputIsInvalid.of("area_code", "unknown_choice", choice=draft.area_code)
    person_id = await sign_in.find(session, vault, draft.phone)
    if person_id is None:
        raise InputIsInvalid.of("phone", "nobody_has_this_phone")
    held = HeldRole(draft.role, draft.area_code, draft.organisation_id)
    return await roles.give(session, person_id, held, granted_by=None)


async def revoke(session: Session, grant_id: UUID) -> None:
    """Take a role away. Raises NotFound, RoleGrantIsRevoked, LastAdministratorStays, LastManagerStays."""
    row = await session.get(RoleGrant, grant_id)
    if row is None:
        raise NotFound()
    await roles.end(session, [row], revoked_by=None)


async def open_grants(session: Session, vault: Vault) -> list[OpenGrant]:
    """Every role over an area that is held now: few enough to read at a terminal. Organisations list their own members."""
    rows = await session.execute(
        select(RoleGrant, Person.name, Person.phone_sealed)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.revoked_at.is_(None), RoleGrant.area_code.is_not(None))
        .order_by(RoleGrant.role, RoleGrant.area_code, RoleGrant.id)
    )
    return [
        OpenGrant(
            row.id,
            name,
            phones.mask(vault.decrypt(sealed, phones.PURPOSE)) if sealed else "",
            HeldRole(Role(row.role), row.area_code, row.organisation_id),
        )
        for row, name, sealed in rows
    ]
