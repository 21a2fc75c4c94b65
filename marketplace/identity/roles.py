"""Roles: granted and revoked within one's own reach, on record, and never so that nobody is left to do it."""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from marketplace.areas import queries as areas
from marketplace.areas.codes import CITY
from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy, sign_in
from marketplace.identity.drafts import RoleDraft
from marketplace.identity.errors import (
    LastAdministratorStays,
    LastManagerStays,
    RoleGrantIsRevoked,
    RoleIsForOneself,
    RoleIsHeldAlready,
    RoleIsOutOfReach,
)
from marketplace.identity.events import RoleGranted, RoleRevoked
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import HeldRole, Role, Viewer
from marketplace.kernel.errors import Conflict, InputIsInvalid, MarketplaceError, NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish


async def grant(session: Session, vault: Vault, viewer: Viewer, draft: RoleDraft) -> UUID:
    """Give a role to the person with that number; answers the grant's id.

    Raises RoleIsOutOfReach before anything is told about the number, then InputIsInvalid, RoleIsForOneself, RoleIsHeldAlready.
    """
    viewer_id = policy.manages_account(viewer)
    if not policy.may_grant(
        viewer, draft.role, area_code=draft.area_code, organisation_id=draft.organisation_id
    ):
        raise RoleIsOutOfReach()
    if draft.area_code is not None and await areas.current(session, draft.area_code) is None:
        raise InputIsInvalid.of("area_code", "unknown_choice", choice=draft.area_code)
    person_id = await sign_in.find(session, vault, draft.phone)
    if person_id is None:
        raise InputIsInvalid.of("phone", "nobody_has_this_phone")
    if person_id == viewer_id:
        raise RoleIsForOneself()
    held = HeldRole(draft.role, draft.area_code, draft.organisation_id)
    return await give(session, person_id, held, granted_by=viewer_id)


async def give(session: Session, person_id: UUID, held: HeldRole, *, granted_by: UUID | None) -> UUID:
    """Write a grant that was decided elsewhere: the founder of an organisation, the first administrator (granted by nobody).

    Raises NotFound, RoleIsHeldAlready.
    """
    await must_be_there(session, person_id)
    grant_id = new_id()
    try:
        async with session.begin_nested():
            session.add(
                RoleGrant(
                    id=grant_id,
                    person_id=person_id,
                    role=held.role.value,
                    area_code=held.area_code,
                    organisation_id=held.organisation_id,
                    granted_at=session.now(),
                    granted_by=granted_by,
                )
            )
    except IntegrityError:
        raise await _why_not(session, person_id, held) from None
    scope = held.area_code or held.organisation_id
    audit.record(
        session,
        granted_by,
        "role.granted",
        ("person", person_id),
        role=held.role.value,
        scope=scope,
        grant=grant_id,
    )
    await publish(session, RoleGranted(person_id=person_id, grant_id=grant_id))
    return grant_id


async def _why_not(session: Session, person_id: UUID, held: HeldRole) -> MarketplaceError:
    """The constraint that refused: the role is held already, or there is no such organisation (a floor above: only its key is known here)."""
    same_scope = (
        RoleGrant.area_code == held.area_code
        if held.area_code
        else RoleGrant.organisation_id == held.organisation_id
    )
    known = await session.scalar(
        select(RoleGrant.id).where(
            RoleGrant.person_id == person_id,
            RoleGrant.role == held.role.value,
            RoleGrant.revoked_at.is_(None),
            same_scope,
        )
    )
    if known is not None:
        return RoleIsHeldAlready()
    return InputIsInvalid.of("organisation_id", "unknown_choice", choice=str(held.organisation_id))


async def revoke(session: Session, viewer: Viewer, grant_id: UUID) -> None:
    """Take a role away, or lay one's own down.

    Raises NotFound, RoleGrantIsRevoked, LastAdministratorStays, LastManagerStays.
    """
    viewer_id = policy.manages_account(viewer)
    row = await session.get(RoleGrant, grant_id)
    if row is None:
        raise NotFound()
    reaches = policy.may_grant(
        viewer, Role(row.role), area_code=row.area_code, organisation_id=row.organisation_id
    )
    if row.person_id != viewer_id and not reaches:
        raise NotFound()
    await end(session, [row], revoked_by=viewer_id)


async def end_all_of(session: Session, person_id: UUID) -> None:
    """End every role of a person who is being erased. Raises LastAdministratorStays, LastManagerStays."""
    rows = await session.scalars(
        select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
    )
    await end(session, list(rows), revoked_by=person_id)


async def end(session: Session, rows: list[RoleGrant], *, revoked_by: UUID | None) -> None:
    """Close these grants, whose end was permitted by the caller; ``revoked_by`` is None at the machine itself."""
    for row in sorted(rows, key=lambda row: row.id):
        await _keep_one(session, row)
        if row.revoked_at is not None:
            raise RoleGrantIsRevoked()
        row.revoked_at, row.revoked_by = session.now(), revoked_by
        audit.record(
            session, revoked_by, "role.revoked", ("person", row.person_id), role=row.role, grant=row.id
        )
        await session.flush()
        await publish(session, RoleRevoked(person_id=row.person_id, grant_id=row.id))


async def _keep_one(session: Session, row: RoleGrant) -> None:
    """Lock all live grants like this one, so that the last two cannot be revoked at the same moment."""
    alike, error = _must_not_run_out(row)
    live = await session.scalars(
        select(RoleGrant.id)
        .where(alike, RoleGrant.role == row.role, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update()
    )
    is_last = list(live) == [row.id]
    await session.refresh(row)
    if error is not None and is_last:
        raise error()


def _must_not_run_out(row: RoleGrant) -> tuple[ColumnElement[bool], type[Conflict] | None]:
    if row.role == Role.ADMINISTRATOR and row.area_code == CITY:
        return RoleGrant.area_code == CITY, LastAdministratorStays
    if row.role == Role.ORGANISATION_MANAGER:
        return RoleGrant.organisation_id == row.organisation_id, LastManagerStays
    return RoleGrant.id == row.id, None


async def granted_within(session: Session, viewer: Viewer) -> list[tuple[RoleGrant, str]]:
    """The open grants that the viewer holds or may revoke, with the holder's name. Raises SignInNeeded."""
    viewer_id = viewer.signed_in()
    rows = await session.execute(
        select(RoleGrant, Person.name)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(
            RoleGrant.revoked_at.is_(None), policy.revocable_by(viewer) | (RoleGrant.person_id == viewer_id)
        )
        .order_by(RoleGrant.role, RoleGrant.granted_at, RoleGrant.id)
        .limit(500)
    )
    return [(row, name) for row, name in rows]
