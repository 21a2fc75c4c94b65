"""Insert a row that may be there already: the constraint decides, never a look beforehand."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from marketplace.db.base import Base
from marketplace.db.session import Session


async def insert_once(session: Session, row: Base) -> bool:
    """Whether ``row`` is new; False when a unique constraint (or its own id) says that it is there already.

    References must be checked by the caller beforehand: a broken foreign key looks the same from here.
    """
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError:
        return False
    return True


def upsert(session: Session, table: type[Base] | Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``: standard SQL has no word for them."""
    return postgresql.insert(table) if session.is_postgresql else sqlite.insert(table)
