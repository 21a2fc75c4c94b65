"""The next stretch of a list by keyset: the rows after the one that the cursor names, by columns of which the last is unique."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.kernel.pagination import PageRequest, decode_cursor

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
Column = InstrumentedAttribute[Any]


def rising(query: Query, request: PageRequest, *columns: Column) -> Query:
    """The rows with the next higher values, and one more, which tells ``cut`` that there is more. Raises CursorIsInvalid."""
    return _after(query, request, columns, operator.gt).order_by(*columns).limit(request.first + 1)


def falling(query: Query, request: PageRequest, *columns: Column) -> Query:
    """The same for lists that begin with the highest values."""
    ordered = (column.desc() for column in columns)
    return _after(query, request, columns, operator.lt).order_by(*ordered).limit(request.first + 1)


def _after(
    query: Query, request: PageRequest, columns: Sequence[Column], further: Callable[[Any, Any], Any]
) -> Query:
    if not request.after:
        return query
    seen = decode_cursor(request.after, *(column.type.python_type for column in columns))
    return query.where(_beyond(columns, seen, further))


def _beyond(
    columns: Sequence[Column], seen: Sequence[Any], further: Callable[[Any, Any], Any]
) -> ColumnElement[bool]:
    is_further: ColumnElement[bool] = further(columns[0], seen[0])
    if len(columns) == 1:
        return is_further
    return or_(is_further, and_(columns[0] == seen[0], _beyond(columns[1:], seen[1:], further)))
