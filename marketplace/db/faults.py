"""Faults of the database that are nobody's request's: it is away, full, locked or not let in. Told as one expected error."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty

from marketplace.kernel.errors import Unavailable

_SECONDS_TO_WAIT = 30
# SQLite's own codes for a wrong statement, a broken constraint and misuse; whatever else it reports is about its file.
_SQLITE_OUR_FAULT = (1, 19, 20, 21, 25)
# Connection, authorisation, no such database, rolled back to end a deadlock, out of resources, operator intervention, system error.
_NOT_OUR_FAULT = ("08", "28", "3D", "40", "53", "57", "58")
_log = structlog.get_logger(__name__)


class DatabaseIsOutOfReach(Unavailable):
    """The database does not answer or cannot work now; ``__cause__`` is what its driver said. Trying again later is safe."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Around whatever speaks with the database: its own faults leave as DatabaseIsOutOfReach, ours as they are."""
    try:
        yield
    except Exception as error:
        if not is_out_of_reach(error):
            raise
        # The driver's own words name addresses and accounts.
        _log.warning("database_out_of_reach", kind=type(error).__name__)
        raise DatabaseIsOutOfReach(retry_after=_SECONDS_TO_WAIT) from error


def is_out_of_reach(error: Exception) -> bool:
    """Whether ``error``, raised while a session was open, is about the database itself and not about what it was asked."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_about_the_database(error)
    # Drivers that cannot connect raise the system's own errors; no command of ours does anything else over a network.
    return isinstance(error, PoolIsEmpty) or is_of_network(error)


def is_of_network(error: Exception) -> bool:
    """Whether the system could not reach an address, or find it by its name."""
    if not isinstance(error, OSError) or error.filename is not None:
        return False
    return isinstance(error, ConnectionError | TimeoutError | gaierror) or "connect" in str(error).lower()


def _is_about_the_database(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_NOT_OUR_FAULT)
    cause = error.orig.__cause__ or error.orig if error.orig else error
    return getattr(cause, "sqlite_errorcode", 1) & 0xFF not in _SQLITE_OUR_FAULT
