"""The database's clock: deadlines are judged by it, in the statement that writes, whatever the machine of the process believes."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, type_coerce

from marketplace.db.session import Session
from marketplace.db.types import UtcDateTime


def database_now(session: Session) -> ColumnElement[datetime]:
    """SQL for the present moment, to stand beside a deadline in a WHERE or as the value of a column.

    PostgreSQL's ``clock_timestamp()`` moves within a transaction, unlike ``now()``, so a statement that waited for a lock is judged
    by when it really ran. Where time itself is made up (tests, the seeded city) the made-up moment stands in for it.
    """
    if session.time_is_made_up:
        return literal(session.now(), UtcDateTime())
    if session.is_postgresql:
        return type_coerce(func.clock_timestamp(), UtcDateTime())
    return type_coerce(func.strftime("%Y-%m-%d %H:%M:%f000", "now"), UtcDateTime())


async def read_clock(session: Session) -> datetime:
    """The present moment by the database's clock."""
    moment: datetime = (await session.execute(select(database_now(session)))).scalar_one()
    return moment
