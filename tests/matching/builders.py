"""Documents and short questions for the tests of matching."""

from collections.abc import Iterable
from typing import Any

from matching.embedded import EmbeddedIndex
from matching.index import Document, Query
from matching.text import Readings

CHANGNING = Readings({"长宁": ("chang", "ning")})


def need(id: str, title: str = "志愿服务", version: int = 1, **facts: Any) -> Document:
    return Document(id=id, kind="need", version=version, title=title, **facts)


def rebuilt(index: EmbeddedIndex, documents: Iterable[Document]) -> EmbeddedIndex:
    with index.begin_rebuild() as rebuild:
        rebuild.add(documents)
    return index


def found(index: EmbeddedIndex, text: str = "", **asked: Any) -> list[str]:
    """The ids that a query finds, in order."""
    return [hit.id for hit in index.search(Query(text=text, **asked)).hits]
