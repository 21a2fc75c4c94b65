"""The gate refuses documents that ask too much, quickly, whatever shape they take."""

import time

import pytest
from graphql import get_introspection_query, parse

from marketplace.graph import errors, gate
from marketplace.graph.documents import DocumentIsInvalid, Documents
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.pagination import PageSizeIsInvalid
from tests.graph.garden import SCHEMA

CORE = SCHEMA._schema


def documents() -> Documents:
    return Documents(CORE, introspection=False)


def doubling(fragments: int) -> str:
    """Every fragment spreads the next one twice: 2^n spreads when written out."""
    chain = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(fragments - 1))
    return "{...F0}" + chain + f"fragment F{fragments - 1} on Query{{viewer{{id}}}}"


def nested(depth: int) -> str:
    return "{trees{nodes{" + "itself{" * (depth - 3) + "name" + "}" * depth


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (doubling(22), errors.DocumentHasTooManyFragments),
        (doubling(15), errors.DocumentCostsTooMuch),
        ("{...A} fragment A on Query{...B} fragment B on Query{...A}", errors.FragmentsFormACycle),
        ("{...A} fragment A on Query{...A}", errors.FragmentsFormACycle),
        ("{...A} fragment A on Query{fall} fragment A on Query{well}", errors.FragmentIsDefinedTwice),
        (nested(11), errors.DocumentIsTooDeep),
        ("{" + "...on Query{" * 60 + "fall" + "}" * 61, errors.DocumentIsTooDeep),
        ("{" + " ".join(f"a{n}:fall" for n in range(31)) + "}", errors.DocumentHasTooManyAliases),
        (
            "{...A ...A ...A} fragment A on Query{" + " ".join(f"a{n}:fall" for n in range(11)) + "}",
            errors.DocumentHasTooManyAliases,
        ),
        ("{" + "fall " * 201 + "}", errors.DocumentHasTooManySelections),
        ("{trees(first:50){nodes{" + " ".join(["name"] * 190) + "}} }", None),
        (
            "{trees(first:50){nodes{" + "...A " * 40 + "}}} fragment A on Tree{" + "name " * 6 + "}",
            errors.DocumentCostsTooMuch,
        ),
        ("{trees(first:51){totalCount}}", PageSizeIsInvalid),
        ("{trees(first:0){totalCount}}", PageSizeIsInvalid),
        ("{trees(first:-1){totalCount}}", PageSizeIsInvalid),
        ("{trees(first:" + "9" * 5000 + "){totalCount}}", errors.NumberIsTooLong),
        ('{node(id:"a\\u0000b"){id}}', errors.TextIsNotUnicode),
        (
            'mutation{a:plant(input:{name:"x"}){__typename} b:plant(input:{name:"y"}){__typename}}',
            errors.MutationIsNotAlone,
        ),
        (
            'mutation{plant(input:{name:"x"}){__typename} ...A} fragment A on Mutation{b:plant(input:{name:"y"}){__typename}}',
            errors.MutationIsNotAlone,
        ),
        ('mutation{__typename plant(input:{name:"x"}){__typename}}', None),
        (nested(10), None),
    ],
)
def test_each_bound_has_its_own_error(text: str, error: type[MarketplaceError] | None) -> None:
    if error is None:
        documents().read(text)
    else:
        with pytest.raises(error):
            documents().read(text)


def test_fragments_that_double_are_answered_at_once() -> None:
    text = doubling(20)
    assert len(text) < 800
    started = time.perf_counter()
    with pytest.raises(errors.DocumentHasTooManyFragments):
        documents().read(text)
    assert time.perf_counter() - started < 0.05


def test_the_largest_allowed_number_of_doubling_fragments_takes_linear_time() -> None:
    document = parse(doubling(gate.MAX_FRAGMENTS))
    started = time.perf_counter()
    with pytest.raises(errors.DocumentCostsTooMuch):
        gate.check(document, CORE)
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "{a" * 5000,
        "{a(x:" + "[" * 5000,
        "{" + "a " * 30_000 + "}",
        "#\n" * 30_000 + "{fall}",
        "{fall " + "@x " * 900 + "}",
        "{node(" + "id:1 " * 600 + "){id}}",
        "{trees(first:1){nodes{" + "name " * 190 + "}} nothing}",
        "query(" + "".join(f"$a{n}:Int " for n in range(400)) + "){fall}",
    ],
)
def test_a_document_made_to_hurt_is_refused_within_half_a_second(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(DocumentIsInvalid):
        documents().read(text)
    assert time.perf_counter() - started < 0.5


def test_a_page_size_in_a_variable_counts_as_the_largest_page() -> None:
    text = "{trees(first:20){nodes{" + "...A " * 40 + "}}} fragment A on Tree{" + "name " * 6 + "}"
    documents().read(text)
    with pytest.raises(errors.DocumentCostsTooMuch) as refusal:
        documents().read("query($n:Int!)" + text.replace("first:20", "first:$n"))
    documents().read("query($n:Int!){trees(first:$n){nodes{name}}}")
    assert refusal.value.facts["cost"] > gate.MAX_COST


def test_an_accepted_document_is_read_once() -> None:
    kept = documents()
    assert kept.read("{fall}") is kept.read("{fall}")


def test_a_long_document_is_not_kept() -> None:
    kept = documents()
    text = "{fall}" + " " * 10_000
    assert kept.read(text) is not kept.read(text)


def test_messages_do_not_spell_the_schema_out() -> None:
    for text in (
        "{treez{nodes{name}}}",
        "{trees(firts:1){totalCount}}",
        "{...on Treee{name}}",
        "{trees{nodes{nam}}}",
    ):
        with pytest.raises(DocumentIsInvalid) as refusal:
            documents().read(text)
        assert not any("Did you mean" in error.message for error in refusal.value.errors)


def test_introspection_is_answered_where_it_is_allowed_and_refused_elsewhere() -> None:
    Documents(CORE, introspection=True).read(get_introspection_query())
    with pytest.raises(DocumentIsInvalid):
        documents().read("{__schema{types{name}}}")
    documents().read("{__typename}")
