"""The schema: what the slices' modules offer, put together and built once a process."""

from functools import cache

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from marketplace.graph.answers import Prepared
from marketplace.graph.nodes import NodeQueries
from marketplace.graph.problems import HANDLERS
from marketplace.graph.scalars import SCALARS
from marketplace.graph.viewer import ViewerQueries


class GraphSchema(strawberry.Schema):
    """A Strawberry schema that leaves the logging of errors to ``graph.answers``, which knows which are expected."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        return


def build(query: type, mutation: type | None = None) -> GraphSchema:
    """A schema with our scalars, problems and limits."""
    return GraphSchema(
        query=query,
        mutation=mutation,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Prepared],
        exception_handlers=HANDLERS,
    )


@strawberry.type(description="What can be read. Lists are connections; what is not for you is not there.")
class Query(ViewerQueries, NodeQueries):
    pass


@cache
def schema() -> GraphSchema:
    """The one schema of this process."""
    return build(Query)
