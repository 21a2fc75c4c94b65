"""Documents read once: parsed, passed through the gate, validated, and kept while they are in use."""

from collections.abc import Sequence
from functools import lru_cache

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from marketplace.graph import gate

MAX_KEPT = 256
# Longer documents are read anew each time, so that a stranger cannot fill the memory with 256 of the largest.
MAX_KEPT_LENGTH = 8_000
MAX_ERRORS = 20


class DocumentIsInvalid(Exception):
    """The document does not parse or breaks the schema; ``errors`` say where."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Documents:
    """Reads documents against one schema. Only accepted ones are kept; refusing is quick enough to be done again."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool) -> None:
        self._schema = schema
        rules: list[type[ASTValidationRule]] = [
            *specified_rules,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
        ]
        self._rules = rules if introspection else [*rules, NoSchemaIntrospectionCustomRule]
        self._kept = lru_cache(maxsize=MAX_KEPT)(self._read)

    def read(self, text: str) -> DocumentNode:
        """The document that ``text`` spells. Raises DocumentIsInvalid, or the gate's error."""
        return self._kept(text) if len(text) <= MAX_KEPT_LENGTH else self._read(text)

    def _read(self, text: str) -> DocumentNode:
        try:
            document = parse(
                text,
                max_lexical_tokens=gate.MAX_TOKENS,
                max_comments=gate.MAX_COMMENTS,
                allow_empty_selection_sets=False,
            )
        except GraphQLError as error:
            raise DocumentIsInvalid([error]) from None
        gate.check(document, self._schema)
        # Suggestions would spell the schema out to whoever guesses names; the SDL file says it better.
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=MAX_ERRORS,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
        if errors:
            raise DocumentIsInvalid(errors)
        return document
