"""The document gate: bounds what one document may ask, in one linear pass, before any validation rule looks at it.

Rules that write fragments out (Strawberry's own limiters, and some of validation) take time that doubles with every fragment:
747 bytes stop a worker for 15 seconds. Here the weight of a fragment is worked out once, whatever the number of its spreads.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from marketplace.graph.errors import (
    DocumentCostsTooMuch,
    DocumentHasTooManyAliases,
    DocumentHasTooManyFragments,
    DocumentHasTooManySelections,
    DocumentIsTooDeep,
    FragmentIsDefinedTwice,
    FragmentsFormACycle,
    MutationIsNotAlone,
    NumberIsTooLong,
    TextIsNotUnicode,
)
from marketplace.kernel.pagination import MAX_PAGE, PageRequest

MAX_TOKENS = 2000
MAX_COMMENTS = 100
MAX_FRAGMENTS = 15
MAX_SELECTIONS = 200
MAX_DEPTH = 10
MAX_ALIASES = 30
MAX_COST = 10_000
MAX_NUMBER_LENGTH = 20

# A plain list has no ``first``; ten is what such lists (tags, skills, roles) usually hold at most.
_PLAIN_LIST = 10
# Selections may nest deeper than fields by inline fragments and spreads; beyond this the recursion is only ever an attack.
_MAX_NESTING = 4 * MAX_DEPTH
_CONNECTION = "Connection"


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection set asks for with its fragments written out. ``roots`` counts its own fields, without those inside."""

    depth: int = 0
    aliases: int = 0
    roots: int = 0
    cost: int = 0

    def beside(self, other: "Weight") -> "Weight":
        return Weight(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.roots + other.roots,
            self.cost + other.cost,
        )


def check(document: DocumentNode, schema: GraphQLSchema) -> None:
    """Raises the error of the first bound that ``document`` breaks. Linear in the size of the document.

    ``cost`` is the number of values the answer may hold: a connection multiplies by its ``first`` (a variable counts as the
    largest page, since the answer is kept for every value), a plain list by ten.
    """
    _check_nodes(document)
    fragments = _fragments(document)
    scale = _Scale(schema, fragments)
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            _check_weight(scale.fragment(definition.name.value))
        elif isinstance(definition, OperationDefinitionNode):
            weight = scale.selections(definition.selection_set, schema.get_root_type(definition.operation))
            _check_weight(weight)
            if definition.operation is OperationType.MUTATION and weight.roots != 1:
                raise MutationIsNotAlone(count=weight.roots)


def _check_weight(weight: Weight) -> None:
    if weight.depth > MAX_DEPTH:
        raise DocumentIsTooDeep(most=MAX_DEPTH)
    if weight.aliases > MAX_ALIASES:
        raise DocumentHasTooManyAliases(most=MAX_ALIASES)
    if weight.cost > MAX_COST:
        raise DocumentCostsTooMuch(cost=weight.cost, most=MAX_COST)


def _check_nodes(document: DocumentNode) -> None:
    # Validation compares every two selections of one name, so their number is bounded as they are written down, too.
    selections = 0
    for node in _walk(document):
        if isinstance(node, SelectionNode):
            selections += 1
        elif isinstance(node, IntValueNode | FloatValueNode) and len(node.value) > MAX_NUMBER_LENGTH:
            raise NumberIsTooLong(most=MAX_NUMBER_LENGTH)
        elif isinstance(node, StringValueNode) and "\0" in node.value:
            raise TextIsNotUnicode()
    if selections > MAX_SELECTIONS:
        raise DocumentHasTooManySelections(most=MAX_SELECTIONS)


def _walk(document: DocumentNode) -> Iterator[Node]:
    waiting: list[Node] = [document]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            value = getattr(node, key)
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, tuple | list):
                waiting.extend(item for item in value if isinstance(item, Node))


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    fragments: dict[str, FragmentDefinitionNode] = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            name = definition.name.value
            if name in fragments:
                raise FragmentIsDefinedTwice(name=name)
            fragments[name] = definition
    if len(fragments) > MAX_FRAGMENTS:
        raise DocumentHasTooManyFragments(most=MAX_FRAGMENTS)
    return fragments


class _Scale:
    """Weighs selection sets, each fragment once. Types it does not find weigh nothing more; validation will name them."""

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._weights: dict[str, Weight] = {}
        self._open: set[str] = set()
        self._nesting = 0

    def selections(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> Weight:
        if self._nesting > _MAX_NESTING:
            raise DocumentIsTooDeep(most=MAX_DEPTH)
        self._nesting += 1
        total = Weight()
        for selection in selected.selections:
            total = total.beside(self._selection(selection, parent))
        self._nesting -= 1
        return total

    def fragment(self, name: str) -> Weight:
        known = self._weights.get(name)
        if known is not None:
            return known
        if name in self._open:
            raise FragmentsFormACycle(name=name)
        definition = self._fragments.get(name)
        if definition is None:
            return Weight()
        self._open.add(name)
        condition = self._schema.get_type(definition.type_condition.name.value)
        weight = self._weights[name] = self.selections(definition.selection_set, condition)
        self._open.discard(name)
        return weight

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        if isinstance(selection, FragmentSpreadNode):
            return self.fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inside = self._schema.get_type(condition.name.value) if condition else parent
            return self.selections(selection.selection_set, inside)
        assert isinstance(selection, FieldNode)
        return self._field(selection, parent)

    def _field(self, field: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        definition = _definition(field, parent)
        inside = get_named_type(definition.type) if definition else None
        inner = self.selections(field.selection_set, inside) if field.selection_set else Weight()
        aliases = inner.aliases + (field.alias is not None)
        if field.name.value.startswith("__") or (parent is not None and parent.name.startswith("__")):
            # Introspection has a depth rule of its own among graphql-core's, and is switched off in production.
            return Weight(depth=1, aliases=aliases, cost=1)
        times = _times(field, definition, parent) if definition else 1
        return Weight(inner.depth + 1, aliases, 1, 1 + times * inner.cost)


def _definition(field: FieldNode, parent: GraphQLNamedType | None) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        found: GraphQLField | None = parent.fields.get(field.name.value)
        return found
    return None


def _times(field: FieldNode, definition: GraphQLField, parent: GraphQLNamedType | None) -> int:
    """How many times the field's own selections are answered."""
    given = {argument.name.value: argument.value for argument in field.arguments or ()}
    if get_named_type(definition.type).name.endswith(_CONNECTION):
        return _page_size(given.get("first"))
    if not is_list_type(get_nullable_type(definition.type)):
        return 1
    if parent is not None and parent.name.endswith(_CONNECTION):
        return 1  # edges and nodes: their connection has multiplied already
    return _length(given["ids"]) if "ids" in given else _PLAIN_LIST


def _page_size(first: ValueNode | None) -> int:
    if isinstance(first, VariableNode):
        return MAX_PAGE
    if isinstance(first, IntValueNode):
        return PageRequest(int(first.value)).first
    return PageRequest().first


def _length(ids: ValueNode) -> int:
    return len(ids.values) if isinstance(ids, ListValueNode) else MAX_PAGE
