"""Rows as plain JSON values: what a person's own export is made of."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from marketplace.db.session import Session


async def plain_rows(session: Session, query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    """What the query finds, each row by its columns' names."""
    found = await session.execute(query)
    return [{str(name): plain(value) for name, value in row.items()} for row in found.mappings()]


def plain(value: Any) -> Any:
    """Moments and days in ISO 8601, ids as text, everything else as it is."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
