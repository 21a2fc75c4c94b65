"""What mobilisations refuse, as sentences."""

from marketplace.kernel.errors import Conflict, NotAllowed


class OnlyGovernmentCallsInEmergencies(NotAllowed):
    """Needs of an emergency are published by the government, under unified command."""


class NobodyToCallFor(Conflict):
    """A mobilisation needs free places in a coming shift of an open need."""


class ShiftIsMobilisedAlready(Conflict):
    """One mobilisation at a time calls for a shift."""


class MobilisationIsOver(Conflict):
    """It stopped before."""


class EverybodyIsFound(Conflict):
    """The places were taken by the time the answer came."""


class CallIsOver(Conflict):
    """The time to answer has passed, or the call was ended."""


class CallIsAnsweredOtherwise(Conflict):
    """The other answer was given before."""
