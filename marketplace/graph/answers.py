"""From a request to an answer: document, operation, variables, execution, and errors that say no more than they should."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
import structlog
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, get_variable_values
from strawberry.extensions import SchemaExtension

from marketplace.db.faults import DatabaseIsOutOfReach
from marketplace.graph.context import Context
from marketplace.graph.documents import DocumentIsInvalid, Documents
from marketplace.graph.errors import AnswerTookTooLong, OperationNameIsNeeded
from marketplace.graph.problems import fault_of, message_of
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import word

MAX_SECONDS = 20
_MAX_VARIABLE_ERRORS = 10
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What a client asks: one document, one of its operations, and its variables."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


class Prepared(SchemaExtension):
    """Hands Strawberry the document that ``Documents`` has read, so that it neither parses nor validates it again."""

    def on_operation(self) -> Iterator[None]:
        given = self.execution_context.operation_extensions or {}
        self.execution_context.graphql_document = given["document"]
        self.execution_context.validation_rules = ()
        yield


class Answers:
    """Answers requests against one schema, whose extensions include ``Prepared``."""

    def __init__(self, schema: strawberry.Schema, *, introspection: bool) -> None:
        self._schema = schema
        # Strawberry offers no public way to its graphql-core schema; its own caches read the same attribute.
        self._core = schema._schema
        self._documents = Documents(self._core, introspection=introspection)

    async def answer(self, request: GraphRequest, context: Context) -> dict[str, Any]:
        """The answer as a JSON object with ``data`` or ``errors`` or both.

        Raises DatabaseIsOutOfReach, and nothing that a document can cause.
        """
        try:
            document = self._documents.read(request.query)
            operation = _operation(document, request.operation_name)
            async with asyncio.timeout(MAX_SECONDS):
                return await self._execute(document, operation, request.variables, context)
        except DocumentIsInvalid as refusal:
            return {"errors": [_spoken(error, "document_is_invalid") for error in refusal.errors]}
        except DatabaseIsOutOfReach:
            raise
        except MarketplaceError as error:
            return {"errors": [coded(error, context.locale)]}
        except TimeoutError:
            return {"errors": [coded(AnswerTookTooLong(seconds=MAX_SECONDS), context.locale)]}

    async def _execute(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Context,
    ) -> dict[str, Any]:
        # Coerced here first, because afterwards a wrong variable can no longer be told from a fault in a scalar of ours.
        coerced = get_variable_values(
            self._core,
            operation.variable_definitions or (),
            variables,
            max_errors=_MAX_VARIABLE_ERRORS,
            hide_suggestions=True,
        )
        if isinstance(coerced, list):
            return {"errors": [_spoken(error, "variables_are_invalid") for error in coerced]}
        result = await self._schema.execute(
            None,
            variable_values=variables,
            context_value=context,
            operation_name=operation.name.value if operation.name else None,
            operation_extensions={"document": document},
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            _raise_if_out_of_reach(result.errors)
            answer["errors"] = [_presented(error, context.locale) for error in result.errors]
        return answer


def _raise_if_out_of_reach(errors: Sequence[GraphQLError]) -> None:
    """Half an answer helps nobody while the database is away: clients and balancers are told so by the status."""
    for error in errors:
        if isinstance(error.original_error, DatabaseIsOutOfReach):
            raise error.original_error


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [node for node in operations if name is None or (node.name and node.name.value == name)]
    if len(chosen) != 1:
        raise OperationNameIsNeeded()
    return chosen[0]


def coded(error: MarketplaceError, locale: str, path: Sequence[str | int] | None = None) -> dict[str, Any]:
    """An expected error as a member of ``errors``."""
    extensions: dict[str, Any] = {"code": error.code}
    if error.article:
        extensions["article"] = error.article
    if isinstance(error, InputIsInvalid):
        faults = [fault_of(problem, locale) for problem in error.problems]
        extensions["fields"] = [
            {"field": fault.field, "code": fault.code, "message": fault.message} for fault in faults
        ]
    spoken: dict[str, Any] = {"message": message_of(error, locale), "extensions": extensions}
    return spoken if path is None else {**spoken, "path": list(path)}


def masked(error: BaseException, locale: str, path: Sequence[str | int] | None = None) -> dict[str, Any]:
    """A fault of ours as a member of ``errors``: logged in full under an id, of which alone the client learns."""
    error_id = str(new_id())
    _log.error("graph.unexpected", error_id=error_id, path=path, exc_info=error)
    spoken: dict[str, Any] = {
        "message": word(locale, "error.unexpected", {"id": error_id}),
        "extensions": {"code": "unexpected", "id": error_id},
    }
    return spoken if path is None else {**spoken, "path": list(path)}


def _presented(error: GraphQLError, locale: str) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, MarketplaceError):
        return coded(cause, locale, error.path)
    if cause is None or isinstance(cause, GraphQLError):
        return _spoken(error, "request_is_invalid")
    return masked(cause, locale, error.path)


def _spoken(error: GraphQLError, code: str) -> dict[str, Any]:
    # graphql-core's sentences are for those who write documents, and stay English.
    formatted: dict[str, Any] = dict(error.formatted)
    return {**formatted, "extensions": {"code": code}}
