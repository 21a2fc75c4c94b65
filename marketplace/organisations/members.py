"""An organisation's people: taken in by their phone number, named managers, let go. Membership is a role grant."""

from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.events import RoleGranted, RoleRevoked
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.organisations import organisations, policy
from marketplace.organisations.drafts import MemberDraft
from marketplace.organisations.errors import (
    AlreadyAMember,
    LastManagerStays,
    NobodyHasThisNumber,
    OrganisationIsNotVerified,
)
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.outbox.publish import publish as tell


async def make_founder(session: Session, organisation_id: UUID, person_id: UUID) -> None:
    """Whoever registers an organisation is its first manager."""
    await _grant(session, organisation_id, person_id, Role.ORGANISATION_MANAGER, by=person_id)


async def take_in(
    session: Session, viewer: Viewer, vault: Vault, organisation_id: UUID, draft: MemberDraft
) -> UUID:
    """Give somebody who signs in with that number a role; a member becomes a manager and the other way round.

    Only verified organisations do, so that numbers cannot be tried out under an invented one. Returns the person's id.
    Raises NotFound, NotPermitted, OrganisationIsNotVerified, NobodyHasThisNumber, AlreadyAMember, LastManagerStays.
    """
    organisation = await organisations.managed(session, viewer, organisation_id)
    if organisation_state(organisation) is not OrganisationState.VERIFIED:
        raise OrganisationIsNotVerified()
    person_id = await session.scalar(
        select(Person.id).where(
            Person.phone_fingerprint == vault.fingerprint(draft.phone, PURPOSE), Person.erased_at.is_(None)
        )
    )
    if person_id is None:
        raise NobodyHasThisNumber()
    role = Role(draft.role.value)
    held = await _grants(session, organisation_id, person_id)
    if any(grant.role == role for grant in held):
        raise AlreadyAMember()
    for grant in held:
        await _revoke(session, grant, by=viewer.signed_in())
    await _grant(session, organisation_id, person_id, role, by=viewer.signed_in())
    await _keep_a_manager(session, organisation_id)
    await organisations.changed(session, viewer, organisation, "organisation.member_taken_in")
    return person_id


async def let_go(session: Session, viewer: Viewer, organisation_id: UUID, person_id: UUID) -> None:
    """End somebody's membership. Raises NotFound, NotPermitted, LastManagerStays."""
    organisation = await organisations.managed(session, viewer, organisation_id)
    held = await _grants(session, organisation_id, person_id)
    if not held:
        raise NotFound()
    for grant in held:
        await _revoke(session, grant, by=viewer.signed_in())
    await _keep_a_manager(session, organisation_id)
    await organisations.changed(session, viewer, organisation, "organisation.member_let_go")


async def leave(session: Session, viewer: Viewer, organisation_id: UUID) -> None:
    """End one's own membership. Raises NotFound for somebody who does not belong, LastManagerStays."""
    organisation = await organisations.seen(session, viewer, organisation_id)
    if not policy.belongs(viewer, organisation_id):
        raise NotFound()
    for grant in await _grants(session, organisation_id, viewer.signed_in()):
        await _revoke(session, grant, by=viewer.signed_in())
    await _keep_a_manager(session, organisation_id)
    await organisations.changed(session, viewer, organisation, "organisation.member_left")


async def _grants(session: Session, organisation_id: UUID, person_id: UUID) -> list[RoleGrant]:
    rows = await session.scalars(
        select(RoleGrant).where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.person_id == person_id,
            RoleGrant.role.in_(ORGANISATION_ROLES),
            RoleGrant.revoked_at.is_(None),
        )
    )
    return list(rows)


async def _keep_a_manager(session: Session, organisation_id: UUID) -> None:
    """The organisation is locked, so two managers cannot leave past each other."""
    await session.flush()
    left = await session.scalar(
        select(RoleGrant.id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role == Role.ORGANISATION_MANAGER,
            RoleGrant.revoked_at.is_(None),
        )
        .limit(1)
    )
    if left is None:
        raise LastManagerStays()


async def _grant(session: Session, organisation_id: UUID, person_id: UUID, role: Role, by: UUID) -> None:
    grant = RoleGrant(
        id=new_id(),
        person_id=person_id,
        role=role,
        organisation_id=organisation_id,
        granted_at=session.now(),
        granted_by=by,
    )
    if not await insert_once(session, grant):
        raise AlreadyAMember()
    audit.record(
        session, by, "role.granted", ("person", person_id), role=role.value, organisation=organisation_id
    )
    await tell(session, RoleGranted(person_id, grant.id))


async def _revoke(session: Session, grant: RoleGrant, by: UUID) -> None:
    grant.revoked_at = session.now()
    grant.revoked_by = by
    audit.record(
        session,
        by,
        "role.revoked",
        ("person", grant.person_id),
        role=grant.role,
        organisation=grant.organisation_id,
    )
    await tell(session, RoleRevoked(grant.person_id, grant.id))
