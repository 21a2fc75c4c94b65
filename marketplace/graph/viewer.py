"""Who is asking, as the graph tells it."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import HeldRole

if TYPE_CHECKING:
    from marketplace.graph.recommendations import Recommendations


@strawberry.type(description="A role that is held in one area, with all below it, or in one organisation.")
class ViewerRole:
    role: str
    area_code: str | None
    organisation_id: strawberry.ID | None

    @classmethod
    def of(cls, held: HeldRole) -> "ViewerRole":
        organisation = held.organisation_id
        return cls(
            role=held.role.value,
            area_code=held.area_code,
            organisation_id=global_id("Organisation", organisation) if organisation else None,
        )


@strawberry.type(description="The signed-in person behind the request.")
class Viewer:
    id: strawberry.ID
    name: str
    locale: str = strawberry.field(description="`zh_Hans` or `en`: the language of this answer.")
    roles: list[ViewerRole]
    scopes: list[str] | None = strawberry.field(
        description="The token's scopes; null for a person at a page."
    )

    @strawberry.field(description="Needs for you, the best first, each with why.")
    async def recommendations(
        self, info: Info
    ) -> Annotated["Recommendations", strawberry.lazy("marketplace.graph.recommendations")]:
        from marketplace.graph.recommendations import recommendations_of_viewer  # the graph is a web

        return await recommendations_of_viewer(info.context)


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="Who is asking; null for a stranger.")
    def viewer(self, info: Info) -> Viewer | None:
        viewer = info.context.viewer
        if viewer.person_id is None:
            return None
        return Viewer(
            id=global_id("Person", viewer.person_id),
            name=viewer.name or "",
            locale=info.context.locale,
            roles=[ViewerRole.of(held) for held in viewer.roles],
            scopes=sorted(viewer.scopes) if viewer.scopes is not None else None,
        )
