"""Counts SQL: lists must not ask once a row."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from marketplace.bootstrap import House


@contextmanager
def counting(house: House) -> Iterator[list[str]]:
    """The statements that the house sends to its database inside the block, without BEGIN and the like."""
    sent: list[str] = []
    engine = house.database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
