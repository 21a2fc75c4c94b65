"""What staffing refuses, as sentences."""

from marketplace.kernel.errors import Conflict


class RoleIsThereAlready(Conflict):
    """The need has a role for this qualification; end it before making another."""


class TooManyRoles(Conflict):
    """A need has a bounded number of roles."""


class NothingToStaff(Conflict):
    """There is no coming shift that a run could fill."""


class RunIsTooLarge(Conflict):
    """More people times shifts than one run takes; fewer shifts at once are."""


class RunWasSent(Conflict):
    """The offers of this run are out, so its proposals do not change any more."""
