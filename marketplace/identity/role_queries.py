"""Look up roles within one's reach: of everybody who holds one, and of the one person whose number somebody knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from marketplace.db import audit
from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.identity import policy, sign_in
from marketplace.identity.drafts import PhoneDraft
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.kernel.vault import Vault


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One open grant with its holder's name."""

    id: UUID
    person_id: UUID
    name: str
    role: Role
    area_code: str | None
    organisation_id: UUID | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """The person with a number. The name is whole for whoever may see the person, else its first character tells enough."""

    id: UUID
    name: str
    is_viewer: bool
    grants: Sequence[GrantRow]


def must_grant(viewer: Viewer) -> UUID:
    """The viewer's id. Raises SignInNeeded, TokenMayNotManageAccount, and NotFound for whoever grants no role anywhere."""
    viewer_id = policy.manages_account(viewer)
    if not policy.grantable_roles(viewer):
        raise NotFound()
    return viewer_id


async def by_phone(session: Session, vault: Vault, viewer: Viewer, draft: PhoneDraft) -> FoundPerson:
    """The person with this number and their roles within the viewer's reach; that somebody looked is on record.

    Raises as ``must_grant``, and InputIsInvalid when nobody has the number.
    """
    viewer_id = must_grant(viewer)
    person_id = await sign_in.find(session, vault, draft.phone)
    if person_id is None:
        raise InputIsInvalid.of("phone", "nobody_has_this_phone")
    name, is_visible = (
        await session.execute(select(Person.name, policy.visible_to(viewer)).where(Person.id == person_id))
    ).one()
    rows = await session.execute(
        _within_reach(viewer)
        .where(RoleGrant.person_id == person_id)
        .order_by(RoleGrant.granted_at, RoleGrant.id)
    )
    grants = [_grant(row) for row in rows]
    if person_id != viewer_id:
        audit.record(session, viewer_id, "person.looked_up", ("person", person_id))
    shown = name if is_visible or grants else f"{name[:1]}**"
    return FoundPerson(person_id, shown, person_id == viewer_id, grants)


async def page(session: Session, viewer: Viewer, role: Role, request: PageRequest) -> Page[GrantRow]:
    """The open grants of this role that the viewer may take away, the oldest first. Raises as ``must_grant``."""
    must_grant(viewer)
    chosen = _within_reach(viewer).where(RoleGrant.role == role.value)
    rows = await session.execute(rising(chosen, request, RoleGrant.id))
    return cut([_grant(row) for row in rows], request, lambda grant: encode_cursor(grant.id))


async def own(session: Session, viewer: Viewer) -> Sequence[GrantRow]:
    """The open grants that the viewer holds, the oldest first. Raises SignInNeeded."""
    mine = _open_grants().where(RoleGrant.person_id == viewer.signed_in())
    return [_grant(row) for row in await session.execute(mine.order_by(RoleGrant.id))]


async def one(session: Session, viewer: Viewer, grant_id: UUID) -> GrantRow:
    """An open grant that the viewer holds or may take away. Raises SignInNeeded, NotFound."""
    own_or_in_reach = or_(policy.revocable_by(viewer), RoleGrant.person_id == viewer.signed_in())
    row = (
        await session.execute(_open_grants().where(RoleGrant.id == grant_id, own_or_in_reach))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return _grant(row)


def _open_grants() -> Select[*tuple[Any, ...]]:
    return (
        select(RoleGrant, Person.name)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.revoked_at.is_(None))
    )


def _within_reach(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return _open_grants().where(policy.revocable_by(viewer))


def _grant(row: Any) -> GrantRow:
    grant, name = row
    return GrantRow(
        id=grant.id,
        person_id=grant.person_id,
        name=name,
        role=Role(grant.role),
        area_code=grant.area_code,
        organisation_id=grant.organisation_id,
        granted_at=grant.granted_at,
    )
