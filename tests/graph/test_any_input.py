"""Whatever bytes and whatever tokens arrive, they are read or refused with a code; nothing else ever escapes."""

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.graph.documents import DocumentIsInvalid, Documents
from marketplace.graph.json_body import read_object
from marketplace.kernel.errors import MarketplaceError
from tests.graph.garden import SCHEMA

DOCUMENTS = Documents(SCHEMA._schema, introspection=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
)
TOKENS = st.sampled_from(
    [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$",
        "@",
        "=",
        "...",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "A",
        "B",
        "Tree",
        "Query",
        "Mutation",
        "trees",
        "nodes",
        "itself",
        "name",
        "node",
        "plant",
        "water",
        "input",
        "first",
        "id",
        "ids",
        "-1",
        "0",
        "7",
        "51",
        "1e9",
        "99999999999999999999999",
        '"x"',
        '"""y"""',
        "null",
        "true",
        "@include",
        "if",
        "&",
        "|",
    ]
)


@given(
    st.binary()
    | VALUES.map(lambda value: json.dumps({"query": value}).encode())
    | VALUES.map(lambda v: json.dumps(v).encode())
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    with contextlib.suppress(MarketplaceError):
        json.dumps(read_object(body), ensure_ascii=False).encode("utf-8")


@given(st.lists(TOKENS, max_size=60).map(" ".join) | st.text())
@settings(max_examples=300, deadline=None)
def test_any_document_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(DocumentIsInvalid, MarketplaceError):
        DOCUMENTS.read(text)


@given(st.lists(TOKENS, max_size=40).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_selections_are_read_or_refused(inside: str) -> None:
    with contextlib.suppress(DocumentIsInvalid, MarketplaceError):
        DOCUMENTS.read(
            f"{{ trees {{ nodes {{ {inside} }} }} }} fragment A on Tree {{ ...B }} fragment B on Tree {{ name }}"
        )
