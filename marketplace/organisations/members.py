"""An organisation's people: taken in by their phone number, named managers, let go. Membership is a role grant."""

from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity import roles, sign_in
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES, HeldRole, Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.vault import Vault
from marketplace.organisations import organisations, policy
from marketplace.organisations.drafts import MemberDraft
from marketplace.organisations.errors import AlreadyAMember, NobodyHasThisNumber, OrganisationIsNotVerified
from marketplace.organisations.states import OrganisationState, organisation_state


async def make_founder(session: Session, organisation_id: UUID, person_id: UUID) -> None:
    """Whoever registers an organisation is its first manager."""
    founder = HeldRole(Role.ORGANISATION_MANAGER, organisation_id=organisation_id)
    await roles.give(session, person_id, founder, granted_by=person_id)


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
    person_id = await sign_in.find(session, vault, draft.phone)
    if person_id is None:
        raise NobodyHasThisNumber()
    role = Role(draft.role.value)
    held = await _grants(session, organisation_id, person_id)
    if any(grant.role == role for grant in held):
        raise AlreadyAMember()
    await roles.end(session, held, revoked_by=viewer.signed_in())
    given = HeldRole(role, organisation_id=organisation_id)
    await roles.give(session, person_id, given, granted_by=viewer.signed_in())
    await organisations.changed(session, viewer, organisation, "organisation.member_taken_in")
    return person_id


async def let_go(session: Session, viewer: Viewer, organisation_id: UUID, person_id: UUID) -> None:
    """End somebody's membership. Raises NotFound, NotPermitted, LastManagerStays."""
    organisation = await organisations.managed(session, viewer, organisation_id)
    held = await _grants(session, organisation_id, person_id)
    if not held:
        raise NotFound()
    await roles.end(session, held, revoked_by=viewer.signed_in())
    await organisations.changed(session, viewer, organisation, "organisation.member_let_go")


async def leave(session: Session, viewer: Viewer, organisation_id: UUID) -> None:
    """End one's own membership. Raises NotFound for somebody who does not belong, LastManagerStays."""
    organisation = await organisations.seen(session, viewer, organisation_id)
    if not policy.belongs(viewer, organisation_id):
        raise NotFound()
    held = await _grants(session, organisation_id, viewer.signed_in())
    await roles.end(session, held, revoked_by=viewer.signed_in())
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
