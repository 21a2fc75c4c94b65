"""Who is concerned besides the person themselves: the organisers of a need, the officers of an area, an organisation's managers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.areas.codes import ancestors_of
from marketplace.db.session import Session
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from marketplace.organisations.policy import DECIDING
from marketplace.volunteering.policy import AREA_ORGANISERS, ORGANISATION_ORGANISERS

# A city-wide event must not become a city-wide mail: beyond these few, the desk shows what waits.
_MOST = 20


async def organisers(session: Session, area_code: str, organisation_id: UUID | None) -> Sequence[UUID]:
    """Who looks after a need: its organisation's people, or, where there are none, the nearest workers of its area."""
    own = await _of_organisation(session, organisation_id, *ORGANISATION_ORGANISERS)
    return own or await nearest(session, area_code, *AREA_ORGANISERS)


async def officers(session: Session, area_code: str) -> Sequence[UUID]:
    """Who verifies organisations of the area."""
    return await nearest(session, area_code, *DECIDING)


async def managers(session: Session, organisation_id: UUID) -> Sequence[UUID]:
    """Who runs the organisation."""
    return await _of_organisation(session, organisation_id, Role.ORGANISATION_MANAGER)


async def nearest(session: Session, area_code: str, *roles: Role) -> Sequence[UUID]:
    """Holders of ``roles`` over the area, from the lowest floor on which there is anybody: a community's own worker comes first."""
    rows = (
        await session.execute(
            select(RoleGrant.area_code, RoleGrant.person_id)
            .where(
                RoleGrant.area_code.in_(ancestors_of(area_code)),
                RoleGrant.role.in_(roles),
                RoleGrant.revoked_at.is_(None),
            )
            # A lower floor has more digits and so a greater code.
            .order_by(RoleGrant.area_code.desc(), RoleGrant.granted_at, RoleGrant.id)
            .limit(_MOST)
        )
    ).all()
    return [row.person_id for row in rows if row.area_code == rows[0].area_code]


async def _of_organisation(session: Session, organisation_id: UUID | None, *roles: Role) -> Sequence[UUID]:
    if organisation_id is None:
        return []
    found = await session.scalars(
        select(RoleGrant.person_id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role.in_(roles),
            RoleGrant.revoked_at.is_(None),
        )
        .order_by(RoleGrant.granted_at, RoleGrant.id)
        .limit(_MOST)
    )
    return found.all()
