"""What saved searches refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid


class SearchAsksForNothing(Invalid):
    """A search for everything is not saved: it would tell its owner of every need in the city."""


class SavedSearchesAreTooMany(Conflict):
    """A person keeps a limited number of searches; one of them has to go first."""
