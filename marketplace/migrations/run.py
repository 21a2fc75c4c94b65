"""Run migrations from code. Synchronous on purpose: commands call these before their event loop, tests from a thread."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.db.session import Session

LOCK = 0x7775_7368_6501
"""The key of PostgreSQL's advisory lock for whoever prepares a database."""


def configuration(url: str) -> Config:
    """Alembic's configuration for one database."""
    config = Config()
    config.set_main_option("script_location", "marketplace:migrations")
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` up to ``revision``. Of many processes at once one does it, and the others wait and find it done."""
    command.upgrade(configuration(url), revision)


def head() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(configuration("")).get_current_head() or ""


async def current(session: Session) -> str | None:
    """The revision that the database is at, or None when it was never migrated."""
    try:
        found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    except DatabaseError:
        return None
    return str(found) if found else None


async def alone(session: Session) -> None:
    """Nobody else prepares this database until the transaction ends. SQLite has a single writer anyway."""
    if session.is_postgresql:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
