"""What an operator at the terminal can mend, as sentences; and which faults of files, servers and databases they stand for."""

from sqlalchemy.exc import DBAPIError

from marketplace.db.faults import DatabaseIsOutOfReach, is_of_network, is_out_of_reach
from marketplace.kernel.errors import Conflict, MarketplaceError, NotAllowed, Unavailable
from matching.index import SearchUnavailable

_NO_SUCH_TABLE = ("42P01", "42703")


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


class NoSearchServerIsNamed(Conflict):
    """Keys are for a search server, and no setting names one."""


class SearchCannotBeUsed(Unavailable):
    """The search engine does not answer, or refuses what it was asked."""


def mendable(error: Exception) -> MarketplaceError | None:
    """The sentence for a fault that whoever runs the command can mend; None for a fault of ours, which shows its traceback."""
    if isinstance(error, DatabaseIsOutOfReach) and isinstance(error.__cause__, DBAPIError | OSError):
        # Visitors only learn that it is so; whoever runs the command is told what the driver said.
        error = error.__cause__
    if isinstance(error, MarketplaceError):
        return error
    if isinstance(error, SearchUnavailable):
        return SearchCannotBeUsed(why=str(error))
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
    return DatabaseCannotBeUsed(why=why) if is_out_of_reach(error) else None


def _of_system(error: OSError) -> MarketplaceError | None:
    if error.filename is not None:
        return FileCannotBeUsed(path=error.filename, why=error.strerror)
    # Nothing else that the commands talk to raises these through: brokers and mail servers are asked by workers, who try again.
    return DatabaseDoesNotAnswer(why=str(error)) if is_of_network(error) else None
