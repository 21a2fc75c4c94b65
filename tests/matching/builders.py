"""Documents and short questions for the tests of matching."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from matching.index import Document, Query, Results, SearchIndex
from matching.text import Readings

Index = TypeVar("Index", bound=SearchIndex)

CHANGNING = Readings({"长宁": ("chang", "ning")})


def need(id: str, title: str = "志愿服务", version: int = 1, **facts: Any) -> Document:
    return Document(id=id, kind="need", version=version, title=title, **facts)


def rebuilt(index: Index, documents: Iterable[Document]) -> Index:
    with index.begin_rebuild() as rebuild:
        rebuild.add(documents)
    return index


def pages(index: SearchIndex, query: Query) -> Iterator[Results]:
    """The pages of a query, each going on after the last hit of the one before."""
    while (results := index.search(query)).hits:
        yield results
        query = replace(query, after=results.hits[-1].key, seen=query.seen + len(results.hits))


def all_found(index: SearchIndex, text: str = "", **asked: Any) -> list[str]:
    """The ids of all pages of a query, in order."""
    return [hit.id for page in pages(index, Query(text=text, **asked)) for hit in page.hits]


def found(index: SearchIndex, text: str = "", **asked: Any) -> list[str]:
    """The ids that a query finds, in order."""
    return [hit.id for hit in index.search(Query(text=text, **asked)).hits]
