"""A schema for tests alone: trees in a garden, so that the foundation is tested without any slice."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.graph import schema
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, NodeQueries, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.viewer import ViewerQueries
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import Conflict, TooMany, Unavailable
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import Draft, Line, read
from marketplace.kernel.pagination import PageRequest, cut, decode_cursor, encode_cursor

CAPACITY = 100
asked: list[int] = []
"""How many keys each batch of trees had."""


class GardenIsFull(Conflict):
    """There is no room for another tree."""


class WateringTooOften(TooMany):
    """Trees drown."""


class WellIsDry(Unavailable):
    """No water today."""


class TreeDraft(Draft):
    """What a gardener hands in."""

    name: Line


async def trees_by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> Mapping[UUID, Person]:
    """Trees are people, since those have a table. A tree that is called "hidden" is seen by nobody."""
    asked.append(len(ids))
    found = await session.scalars(select(Person).where(Person.id.in_(ids), Person.name != "hidden"))
    return {row.id: row for row in found}


@node(trees_by_ids)
@strawberry.type
class Tree(Node):
    name: str
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: Person) -> "Tree":
        return cls(id=global_id("Tree", row.id), name=row.name, key=row.id)

    @strawberry.field
    async def itself(self, info: Info) -> "Tree | None":
        return await fetch(info.context, Tree, self.key)


@strawberry.type
class TreeQueries:
    @strawberry.field
    async def trees(self, info: Info, first: First = 20, after: After = None) -> Connection[Tree]:
        request = PageRequest(first, after)
        wanted = select(Person).where(Person.name != "hidden").order_by(Person.name).limit(first + 1)
        if after is not None:
            wanted = wanted.where(Person.name > decode_cursor(after, str)[0])
        async with info.context.reading() as session:
            rows = (await session.scalars(wanted)).all()
            total = await session.scalar(select(func.count()).select_from(Person))
        return connection(cut(rows, request, lambda row: encode_cursor(row.name), total), Tree.of)

    @strawberry.field
    async def fall(self) -> str:
        raise ZeroDivisionError("the secret trunk")

    @strawberry.field
    async def growth(self) -> str:
        await asyncio.sleep(60)
        return "a ring"

    @strawberry.field
    async def well(self) -> str | None:
        raise WellIsDry()


@strawberry.input
class PlantInput:
    name: str
    nickname: str | None = strawberry.UNSET


@strawberry.type
class Planted:
    tree: Tree


PlantResult: TypeAlias = Annotated[Planted | Problems, strawberry.union("PlantResult")]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def plant(self, info: Info, input: PlantInput) -> PlantResult:
        draft = read(TreeDraft, given(input))
        async with info.context.unit_of_work() as session:
            row = Person(id=new_id(), name=draft.name, created_at=session.now())
            session.add(row)
            await session.flush()
            _refuse(draft.name)
        return Planted(tree=await must_fetch(info.context, Tree, row.id))

    @strawberry.mutation
    async def water(self, info: Info, tree: strawberry.ID) -> PlantResult:
        return Planted(tree=await must_fetch(info.context, Tree, key_of("Tree", tree)))


def _refuse(name: str) -> None:
    errors = {
        "full": GardenIsFull(article="第9条"),
        "often": WateringTooOften(),
        "dry": WellIsDry(),
        "boom": ZeroDivisionError("the secret trunk"),
    }
    if name in errors:
        raise errors[name]


@strawberry.type
class Query(TreeQueries, NodeQueries, ViewerQueries):
    pass


SCHEMA = schema.build(Query, Mutation)
