"""Areas in the graph: places with an official code, read by everybody."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import strawberry

from marketplace.areas import models, queries, search
from marketplace.areas.codes import CITY, Level
from marketplace.areas.queries import Point
from marketplace.db.session import Session
from marketplace.graph.connections import First
from marketplace.graph.context import Info
from marketplace.graph.nodes import Node, fetch, global_id, node
from marketplace.identity.viewer import Viewer
from marketplace.kernel.pagination import PageRequest

strawberry.enum(
    Level,
    name="AreaLevel",
    description="How far down: the city, a district, a subdistrict or town, a community.",
)


def code_from(text: str) -> str | None:
    """The key inside an area's id: twelve digits."""
    return text if len(text) == 12 and text.isascii() and text.isdigit() else None


async def _by_codes(session: Session, _viewer: Viewer, codes: Sequence[str]) -> Mapping[str, models.Area]:
    return await queries.by_codes(session, codes)


async def _paths(session: Session, _viewer: Viewer, codes: Sequence[str]) -> Mapping[str, list[models.Area]]:
    return await queries.paths(session, codes)


@node(_by_codes, code_from)
@strawberry.type(
    description="A district, subdistrict, town or residential community, by its official 12-digit code."
)
class Area(Node):
    code: str
    level: Level
    name: str = strawberry.field(description="The official name, in Chinese.")
    name_en: str
    parent_code: strawberry.Private[str | None]

    @classmethod
    def of(cls, row: models.Area) -> "Area":
        return cls(
            id=global_id("Area", row.code),
            code=row.code,
            level=Level(row.level),
            name=row.name,
            name_en=row.name_en,
            parent_code=row.parent_code,
        )

    @strawberry.field(description="The area in which this one lies; null for the city.")
    async def parent(self, info: Info) -> "Area | None":
        return await fetch(info.context, Area, self.parent_code)

    @strawberry.field(description="From the city down to this area.")
    async def path(self, info: Info) -> list["Area"]:
        return [Area.of(row) for row in await info.context.load(_paths, self.code) or ()]


Code = Annotated[str, strawberry.argument(description="An official 12-digit code.")]


@strawberry.type
class AreaQueries:
    @strawberry.field(description="The area with this code; null when nobody knows it.")
    async def area(self, info: Info, code: Code) -> Area | None:
        return await fetch(info.context, Area, code_from(code))

    @strawberry.field(
        description="The areas directly under the one with this code, by code: at most a few dozen."
    )
    async def areas_under(self, info: Info, code: Code) -> list[Area]:
        async with info.context.reading() as session:
            return [Area.of(row) for row in await queries.children(session, code)]

    @strawberry.field(
        description="The areas that a text may mean: name, pinyin, initials or English name; the likeliest first."
    )
    async def find_areas(
        self, info: Info, text: str, under: Code = CITY, level: Level | None = None, first: First = 20
    ) -> list[Area]:
        request = PageRequest(first)
        if code_from(under) is None:
            return []
        async with info.context.reading() as session:
            rows = await search.find(session, text, under=under, first=request.first, level=level)
        return [Area.of(row) for row in rows]

    @strawberry.field(
        description="The district whose middle is nearest to a point; null far outside the city."
    )
    async def nearest_district(self, info: Info, latitude: float, longitude: float) -> Area | None:
        async with info.context.reading() as session:
            found = await queries.nearest_district(session, Point(latitude, longitude))
        return Area.of(found) if found else None
