"""The contract in graphql/: the printed schema, the named operations and the examples all say what the code does."""

import re
from pathlib import Path

import orjson
import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    parse,
)

from marketplace.bootstrap import House
from marketplace.graph import errors, print
from marketplace.graph.documents import Documents
from marketplace.graph.gate import MAX_ALIASES, MAX_COST, MAX_DEPTH, MAX_FRAGMENTS, MAX_SELECTIONS, MAX_TOKENS
from marketplace.graph.schema import schema
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.locale import LOCALES, word
from tests.graph.client import document, graph_client

CORE = schema()._schema
FRAGMENTS = sorted((print.CONTRACT / "fragments").glob("*.graphql"))
OPERATIONS = sorted((print.CONTRACT / "operations").glob("*/*.graphql"))
README = (print.CONTRACT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```graphql\n(.*?)```\n(?:\n```json\n(.*?)```)?", README, re.DOTALL)
PROBLEMS = {
    "InputProblem",
    "MissingProblem",
    "NotAllowedProblem",
    "ConflictProblem",
    "TooManyProblem",
    "UnavailableProblem",
}


def operations_in(path: Path) -> list[OperationDefinitionNode]:
    definitions = parse(path.read_text(encoding="utf-8")).definitions
    return [node for node in definitions if isinstance(node, OperationDefinitionNode)]


def test_the_printed_schema_is_fresh() -> None:
    assert print.SCHEMA_FILE.read_text(encoding="utf-8") == print.printed(), (
        "the schema changed: run python -m marketplace.graph.print and read the difference"
    )


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_named_operation_passes_the_gate_and_the_schema(path: Path) -> None:
    Documents(CORE, introspection=False).read(document(path.read_text(encoding="utf-8")))
    assert all(operation.name for operation in operations_in(path))


def test_every_fragment_has_a_file_of_its_own_and_somebody_who_spreads_it() -> None:
    fragments = {path: path.read_text(encoding="utf-8") for path in FRAGMENTS}
    said = "".join([*fragments.values(), *(path.read_text(encoding="utf-8") for path in OPERATIONS)])
    for path, text in fragments.items():
        (fragment,) = parse(text).definitions
        assert isinstance(fragment, FragmentDefinitionNode)
        assert re.sub(r"(?<=[a-z])(?=[A-Z])", "_", fragment.name.value).lower() == path.stem
        assert f"...{fragment.name.value}\n" in said, f"nobody spreads {path.stem}"


def test_operation_names_are_unique() -> None:
    names = [
        operation.name.value for path in OPERATIONS for operation in operations_in(path) if operation.name
    ]
    assert len(names) == len(set(names))


def test_every_question_and_command_has_a_named_operation() -> None:
    used = {
        (operation.operation.value, selection.name.value)
        for path in OPERATIONS
        for operation in operations_in(path)
        for selection in operation.selection_set.selections
        if isinstance(selection, FieldNode)
    }
    queries = CORE.query_type.fields if CORE.query_type else {}
    mutations = CORE.mutation_type.fields if CORE.mutation_type else {}
    offered = {("query", name) for name in queries} | {("mutation", name) for name in mutations}
    assert offered - used == set()


def test_every_command_answers_with_problems() -> None:
    fields = CORE.mutation_type.fields if CORE.mutation_type else {}
    for name, field in fields.items():
        result = get_named_type(field.type)
        assert isinstance(result, GraphQLUnionType), name
        assert {member.name for member in result.types} >= PROBLEMS, name


def test_every_connection_is_asked_by_first_and_after() -> None:
    for type_ in CORE.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    assert {"first", "after"} <= field.args.keys(), f"{type_.name}.{name}"


def test_every_type_question_and_command_is_described() -> None:
    described = (GraphQLObjectType, GraphQLInterfaceType, GraphQLEnumType)
    types = [type_ for name, type_ in CORE.type_map.items() if not name.startswith("__")]
    missing = {type_.name for type_ in types if isinstance(type_, described) and not type_.description}
    roots = [root for root in (CORE.query_type, CORE.mutation_type) if root]
    missing |= {name for root in roots for name, field in root.fields.items() if not field.description}
    assert missing == set()


@pytest.mark.parametrize(("question", "answer"), EXAMPLES)
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_the_examples_answer_what_the_readme_says(house: House, question: str, answer: str) -> None:
    async with graph_client(house) as client:
        given = await client.ask(question)
    if answer:
        assert given == orjson.loads(answer)
    else:
        assert "errors" not in given


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_the_documented_command_sends_a_body_that_is_answered(house: House) -> None:
    (body,) = re.findall(r"curl .* -d '(.*)'", README)
    async with graph_client(house) as client:
        response = await client.post(body.encode())
    assert response.json() == {"data": {"viewer": None}}


def test_the_readme_states_the_limits_that_hold() -> None:
    table = dict(re.findall(r"^\| ([^|]+?) \| ([\d,]+)", README, re.MULTILINE))
    stated = {name: int(value.replace(",", "")) for name, value in table.items()}
    assert stated["tokens"] == MAX_TOKENS
    assert stated["selections, as written"] == MAX_SELECTIONS
    assert stated["fragments"] == MAX_FRAGMENTS
    assert stated["depth of fields"] == MAX_DEPTH
    assert stated["aliases, fragments written out"] == MAX_ALIASES
    assert stated["cost: values the answer may hold"] == MAX_COST


def test_every_refusal_of_the_edge_is_worded_in_both_languages() -> None:
    own = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, MarketplaceError)
        and kind.__module__ == errors.__name__
    ]
    keys = ["error.unexpected", *(f"error.{kind.code}" for kind in own)]
    assert [(locale, key) for locale in LOCALES for key in keys if word(locale, key) == key] == []
