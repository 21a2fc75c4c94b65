"""What every room of procurement may refuse, as sentences."""

from marketplace.kernel.errors import Conflict


class BuyerIsThereAlready(Conflict):
    """A buyer with this credit code is registered."""


class TenderIsSuspended(Conflict):
    """The process rests while a complaint is decided."""


class TenderIsOver(Conflict):
    """The process was cancelled, or ended without a result."""


class ChangedMeanwhile(Conflict):
    """Somebody else saved a newer version; look at it before saving yours."""
