"""Roles of a need: how many people with a qualification each of its shifts wants at least."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.catalogue.models import QualificationType
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.staffing.drafts import RoleDraft
from marketplace.staffing.errors import RoleIsThereAlready, TooManyRoles
from marketplace.staffing.models import NeedRole
from marketplace.volunteering import locks
from marketplace.volunteering.errors import NeedIsOver
from marketplace.volunteering.models import Need
from marketplace.volunteering.policy import manages
from marketplace.volunteering.states import NeedState, need_state

MOST_ROLES = 10


async def add(session: Session, viewer: Viewer, need_id: UUID, draft: RoleDraft) -> UUID:
    """Want people with a qualification in every shift of the need; gives the role's id.

    Raises SignInNeeded, NotFound, NotPermitted, NeedIsOver, InputIsInvalid, RoleIsThereAlready, TooManyRoles.
    """
    need = await locks.managed_need(session, viewer, need_id)
    if need_state(need) not in (NeedState.RAISED, NeedState.OPEN):
        raise NeedIsOver()
    if await session.get(QualificationType, draft.qualification) is None:
        raise InputIsInvalid.of("qualification", "unknown_choice", choice=draft.qualification)
    if (await _count(session, need_id)) >= MOST_ROLES:
        raise TooManyRoles(most=MOST_ROLES)
    role = NeedRole(
        id=new_id(),
        need_id=need_id,
        name=draft.name,
        qualification_code=draft.qualification,
        minimum_people=draft.minimum_people,
        created_at=session.now(),
        created_by=viewer.signed_in(),
    )
    if not await insert_once(session, role):
        raise RoleIsThereAlready()
    audit.record(session, viewer.person_id, "role_of_need.added", ("need", need_id), role=role.id)
    return role.id


async def remove(session: Session, viewer: Viewer, role_id: UUID) -> UUID:
    """End a role; runs made with it stay as they are. Gives the need's id. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    need_id = await session.scalar(
        select(NeedRole.need_id)
        .join(Need, Need.id == NeedRole.need_id)
        .where(NeedRole.id == role_id, manages(viewer))
    )
    if need_id is None:
        raise NotFound()
    await locks.managed_need(session, viewer, need_id)
    role = await session.get_one(NeedRole, role_id, populate_existing=True)
    if role.removed_at is None:
        role.removed_at, role.removed_by = session.now(), viewer.person_id
        audit.record(session, viewer.person_id, "role_of_need.removed", ("need", need_id), role=role_id)
    return need_id


async def _count(session: Session, need_id: UUID) -> int:
    counted = select(func.count()).select_from(NeedRole)
    return (
        await session.scalar(counted.where(NeedRole.need_id == need_id, NeedRole.removed_at.is_(None))) or 0
    )
