"""Relay connections over keyset pages: cursors name the last row seen, so that a list never drifts while it is read."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeAlias, TypeVar

import strawberry

from marketplace.kernel.pagination import Page

Item = TypeVar("Item")
Row = TypeVar("Row")

First: TypeAlias = Annotated[int, strawberry.argument(description="How many to give, 1 to 50.")]
After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description="The cursor after which to go on: the last page's `endCursor`."),
]


@strawberry.type(description="Where this page ends, and whether there is more. Lists are read forwards only.")
class PageInfo:
    has_next_page: bool
    end_cursor: str | None
    start_cursor: str | None
    has_previous_page: bool = strawberry.field(
        default=False, description="Always false, as Relay prescribes for a list that is read forwards."
    )


@strawberry.type(description="One item of a list with the cursor that names its place.")
class Edge(Generic[Item]):
    node: Item
    cursor: str


@strawberry.type(description="One page of a list.")
class Connection(Generic[Item]):
    nodes: list[Item] = strawberry.field(
        description="The items alone, for readers who do not need a cursor for each."
    )
    cursors: strawberry.Private[list[str]]
    page_info: PageInfo
    total_count: int | None = strawberry.field(
        description="How many the whole list has; null where counting is costly."
    )

    @strawberry.field
    def edges(self) -> list[Edge[Item]]:
        return [Edge(node=node, cursor=cursor) for node, cursor in zip(self.nodes, self.cursors, strict=True)]


def connection(page: Page[Row], of: Callable[[Row], Item]) -> Connection[Item]:
    """``page`` as a connection, each row made an item by ``of``."""
    cursors = list(page.cursors)
    return Connection(
        nodes=[of(row) for row in page.rows],
        cursors=cursors,
        page_info=PageInfo(
            has_next_page=page.has_next,
            end_cursor=page.end_cursor,
            start_cursor=cursors[0] if cursors else None,
        ),
        total_count=page.total,
    )
