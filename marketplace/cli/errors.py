"""What an operator at the terminal can mend, as sentences; and which faults of files, servers and databases they stand for."""

import socket

from sqlalchemy.exc import DBAPIError

from marketplace.kernel.errors import Conflict, MarketplaceError, NotAllowed, Unavailable

_NO_SUCH_TABLE = ("42P01", "42703")
# SQLite's own codes for a wrong statement, a broken constraint and misuse; whatever else it reports is about its file.
_SQLITE_OUR_FAULT = (1, 19, 20, 21, 25)
# Connection, authorisation, no such database, out of resources, operator intervention, system error.
_NOT_OUR_FAULT = ("08", "28", "3D", "53", "57", "58")


class DatabaseDoesNotAnswer(Unavailable):
    """Nothing listens where the settings say."""


class DatabaseCannotBeUsed(Unavailable):
    """It answers, but does not let us in or cannot work: a wrong name or password, a full disk, a file that is no database."""


class DatabaseIsNotMigrated(Conflict):
    """It lacks tables or columns that this code needs."""


class FileCannotBeUsed(Unavailable):
    """A file or folder cannot be read, written or made."""


class AddressIsTaken(Conflict):
    """Another program listens on the port already."""


class AddressCannotBeUsed(Conflict):
    """The machine does not have this address, or does not let this user listen there."""


class DemoIsNotForProduction(NotAllowed):
    """The demo would fill a real database with a made-up city."""


def mendable(error: Exception) -> MarketplaceError | None:
    """The sentence for a fault that whoever runs the command can mend; None for a fault of ours, which shows its traceback."""
    if isinstance(error, MarketplaceError):
        return error
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, OSError):
        return _of_system(error)
    return None


def _of_database(error: DBAPIError) -> MarketplaceError | None:
    cause = error.orig.__cause__ or error.orig if error.orig else error
    why, state = str(cause).strip(), getattr(error.orig, "sqlstate", None)
    if state in _NO_SUCH_TABLE or why.startswith(("no such table", "no such column")):
        return DatabaseIsNotMigrated()
    if state is None:
        number = getattr(cause, "sqlite_errorcode", 1) & 0xFF
        return None if number in _SQLITE_OUR_FAULT else DatabaseCannotBeUsed(why=why)
    return DatabaseCannotBeUsed(why=why) if str(state).startswith(_NOT_OUR_FAULT) else None


def _of_system(error: OSError) -> MarketplaceError | None:
    if error.filename is not None:
        return FileCannotBeUsed(path=error.filename, why=error.strerror)
    # Nothing else that the commands talk to raises these through: brokers and mail servers are asked by workers, who try again.
    return DatabaseDoesNotAnswer(why=str(error)) if _is_of_network(error) else None


def _is_of_network(error: OSError) -> bool:
    return (
        isinstance(error, ConnectionError | TimeoutError | socket.gaierror) or "connect" in str(error).lower()
    )
