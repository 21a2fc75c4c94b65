"""Expected errors are data in the viewer's language; the unexpected is masked under an id; what failed changed nothing."""

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.models import Person
from tests import builders
from tests.graph.client import api_token, graph_client
from tests.graph.garden import SCHEMA

PLANT = """
mutation Plant($name: String!) {
  plant(input: {name: $name}) {
    __typename
    ... on Planted { tree { name itself { name } } }
    ... on Problem { code message article }
    ... on InputProblem { fields { field code message } }
  }
}
"""


async def people(house: House) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Person)) or 0


async def test_a_command_that_succeeds_answers_with_what_it_changed(house: House) -> None:
    async with graph_client(house, SCHEMA) as client:
        data = await client.data("query{trees{totalCount}}")
        assert data == {"trees": {"totalCount": 0}}
        planted = await client.data(PLANT, name="ginkgo")
    assert planted["plant"]["tree"] == {"name": "ginkgo", "itself": {"name": "ginkgo"}}
    assert await people(house) == 1


@pytest.mark.parametrize(
    ("name", "kind", "code", "article"),
    [
        ("full", "ConflictProblem", "garden_is_full", "第9条"),
        ("often", "TooManyProblem", "watering_too_often", None),
        ("dry", "UnavailableProblem", "well_is_dry", None),
        ("x" * 500, "InputProblem", "input_is_invalid", None),
    ],
)
async def test_each_kind_of_error_is_its_own_type_and_changes_nothing(
    house: House, name: str, kind: str, code: str, article: str | None
) -> None:
    async with graph_client(house, SCHEMA) as client:
        problem = (await client.data(PLANT, name=name))["plant"]
    assert (problem["__typename"], problem["code"], problem["article"]) == (kind, code, article)
    assert await people(house) == 0


async def test_wrong_input_names_the_field_with_its_code(house: House) -> None:
    async with graph_client(house, SCHEMA) as client:
        problem = (await client.data(PLANT, name=""))["plant"]
    assert [(fault["field"], fault["code"]) for fault in problem["fields"]] == [("name", "string_too_short")]


async def test_a_field_that_the_draft_does_not_know_is_named(house: House) -> None:
    query = """mutation { plant(input: {name: "ginkgo", nickname: "duck"}) {
        ... on InputProblem { fields { field code } } } }"""
    async with graph_client(house, SCHEMA) as client:
        problem = (await client.data(query))["plant"]
    assert problem == {"fields": [{"field": "nickname", "code": "extra_forbidden"}]}


async def test_a_foreign_a_broken_and_an_unknown_id_are_all_missing(house: House) -> None:
    query = "mutation($id: ID!) { water(tree: $id) { __typename ... on MissingProblem { code message } } }"
    async with graph_client(house, SCHEMA) as client:
        for id in ("", "rubbish", "VHJlZTox", "TmVlZDox", "树", "x" * 5000):
            problem = (await client.data(query, id=id))["water"]
            assert (problem["__typename"], problem["code"]) == ("MissingProblem", "not_found")
            assert problem["message"].startswith("There is nothing here")


async def test_the_unexpected_is_masked_under_an_id(house: House) -> None:
    async with graph_client(house, SCHEMA) as client:
        answers = [await client.ask(PLANT, name="boom"), await client.ask("{fall}")]
    for answer in answers:
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "unexpected"
        assert error["extensions"]["id"] in error["message"]
        assert "trunk" not in str(answer)
    assert await people(house) == 0


async def test_an_expected_error_in_a_query_has_its_code_and_path(house: House) -> None:
    async with graph_client(house, SCHEMA) as client:
        answer = await client.ask("{well viewer{name}}")
    assert answer["data"] == {"well": None, "viewer": None}
    assert answer["errors"][0]["extensions"] == {"code": "well_is_dry"}
    assert answer["errors"][0]["path"] == ["well"]


@pytest.mark.parametrize(
    ("scopes", "kind"), [(("read",), "NotAllowedProblem"), (("read", "write"), "Planted")]
)
async def test_a_token_changes_things_only_with_the_scope_write(
    house: House, scopes: tuple[str, ...], kind: str
) -> None:
    async with house.database.unit_of_work() as session:
        token = await api_token(session, await builders.person(session), *scopes)
    async with graph_client(house, SCHEMA, token=token) as client:
        assert (await client.data(PLANT, name="ginkgo"))["plant"]["__typename"] == kind
    assert await people(house) == (2 if kind == "Planted" else 1)


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_token_without_the_scope_read_is_turned_away(house: House) -> None:
    async with house.database.unit_of_work() as session:
        token = await api_token(session, await builders.person(session), "write")
    async with graph_client(house, SCHEMA, token=token) as client:
        response = await client.post(b'{"query":"{viewer{name}}"}')
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        403,
        "token_may_not_read",
    )
