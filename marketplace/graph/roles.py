"""Roles in the graph: who holds what within your reach, granting and revoking."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.areas import Area
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import fetch, global_id, key_of
from marketplace.graph.organisations import Organisation
from marketplace.graph.problems import Problems
from marketplace.identity import models, roles
from marketplace.identity.drafts import RoleDraft
from marketplace.identity.viewer import Role
from marketplace.kernel.input import read

strawberry.enum(Role, description="Held in one area, with all below it, or in one organisation.")


@strawberry.type(description="A role that somebody holds.")
class RoleGrant:
    id: strawberry.ID
    person_id: strawberry.ID
    person_name: str
    role: Role
    granted_at: datetime
    area_code: strawberry.Private[str | None]
    organisation_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: models.RoleGrant, name: str) -> "RoleGrant":
        return cls(
            id=global_id("RoleGrant", row.id),
            person_id=global_id("Person", row.person_id),
            person_name=name,
            role=Role(row.role),
            granted_at=row.granted_at,
            area_code=row.area_code,
            organisation_key=row.organisation_id,
        )

    @strawberry.field(description="Where it is held, when in an area.")
    async def area(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.area_code)

    @strawberry.field(description="Where it is held, when in an organisation that you may see.")
    async def organisation(self, info: Info) -> Organisation | None:
        return await fetch(info.context, Organisation, self.organisation_key)


@strawberry.type
class RoleQueries:
    @strawberry.field(description="The roles you hold, and those you may take away; at most 500.")
    async def role_grants(self, info: Info) -> list[RoleGrant]:
        return await _grants(info.context)


async def _grants(context: Context) -> list[RoleGrant]:
    rows = await context.ask(roles.granted_within)
    return [RoleGrant.of(row, name) for row, name in rows]


@strawberry.input(description="A role for the person with this number, in an area or in an organisation.")
class GrantRoleInput:
    role: Role
    phone: str
    area_code: str | None = strawberry.UNSET
    organisation_id: strawberry.ID | None = strawberry.UNSET


@strawberry.type(description="The roles within your reach as they are now.")
class ChangedRoles:
    grants: list[RoleGrant]


RolesResult: TypeAlias = Annotated[ChangedRoles | Problems, strawberry.union("RolesResult")]


@strawberry.type
class RoleMutations:
    @strawberry.mutation(description="Give somebody a role within your reach, on record.")
    async def grant_role(self, info: Info, input: GrantRoleInput) -> RolesResult:
        handed_in = given(input)
        organisation_id = handed_in.get("organisation_id")
        if organisation_id is not None:
            handed_in["organisation_id"] = key_of("Organisation", organisation_id)
        draft = read(RoleDraft, handed_in)
        async with info.context.unit_of_work() as session:
            await roles.grant(session, info.context.house.vault, info.context.viewer, draft)
        return ChangedRoles(grants=await _grants(info.context))

    @strawberry.mutation(description="Take a role away, or lay your own down; on record.")
    async def revoke_role(self, info: Info, grant_id: strawberry.ID) -> RolesResult:
        key = key_of("RoleGrant", grant_id)
        await info.context.do(roles.revoke, key)
        return ChangedRoles(grants=await _grants(info.context))
