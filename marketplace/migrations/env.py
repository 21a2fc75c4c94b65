"""Alembic's way in: one async connection, one transaction, constraints compared by name on both databases."""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Connection, pool, text

from marketplace.db.session import for_writing, open_engine
from marketplace.db.types import UtcDateTime
from marketplace.migrations.run import LOCK
from marketplace.migrations.tables import metadata
from marketplace.settings import Settings


def _plain_type(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:
    """Write our column types as the plain ones they stand for, so that old migrations need none of our code."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JSON):
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


def _run(connection: Connection) -> None:
    # One transaction for all, begun here: which revision the database is at is read under the lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_plain_type,
        compare_type=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_run(url: str) -> None:
    engine = open_engine(url, poolclass=pool.NullPool)
    async with for_writing(engine).begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_connect_and_run(context.config.attributes.get("url") or Settings().database_url))
