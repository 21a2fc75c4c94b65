"""What deliveries refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed


class FrameworkHasNoDeliveries(Conflict):
    """Deliveries are planned under the orders of a framework, not under the agreement."""


class NeedHasNoDeliveriesNow(Conflict):
    """A need has deliveries once it is public, and until it is cancelled."""


class PropertyContractIsNotInForce(Conflict):
    """Deliveries are planned while the property contract is in force."""


class ProviderIsSuspended(Conflict):
    """An organisation that is suspended plans nothing new."""


class DeliveryIsOutOfTerm(Invalid):
    """Deliveries lie within the contract's term, from ``first`` to ``last``."""


class DeliveryIsTooFarAhead(Invalid):
    """Deliveries are planned at most ``most_days`` days ahead."""


class DeliveryIsInThePast(Invalid):
    """What is planned has not ended yet."""


class DeliveryIsOutsideTheArea(Invalid):
    """A delivery is brought within the area of its contract or need."""


class RecipientsAreTooMany(Invalid):
    """A delivery names at most ``most`` who receive it."""


class CommitmentsAreTooMany(Invalid):
    """A delivery has at most ``most`` measurable commitments."""


class ShiftHasItsDelivery(Conflict):
    """A shift is one delivery, which is planned already."""


class DeliveryIsCancelled(Conflict):
    """The delivery was cancelled."""


class DeliveryIsDone(Conflict):
    """The delivery is recorded as done; its time, its place and who receives it stand."""


class DeliveryIsRecordedAlready(Conflict):
    """A colleague recorded it meanwhile."""


class DeliveryIsTooEarly(Conflict):
    """A delivery is recorded from ``from_at`` on, shortly before its start."""


class DeliveryIsNotDone(Conflict):
    """The delivery is not recorded as done yet."""


class ProviderDoesNotConfirm(NotAllowed):
    """Whoever belongs to the provider confirms and disputes nothing."""


class ProviderDoesNotAccept(NotAllowed):
    """Whoever belongs to the provider does not accept its deliveries, whatever other role they hold."""


class AnotherOneConfirms(NotAllowed):
    """Whoever recorded a delivery neither confirms nor accepts it."""


class DisputeIsTooLate(Conflict):
    """A delivery is disputed within ``days`` days."""


class DeliveryIsDisputedAlready(Conflict):
    """Somebody else disputed it; whoever accepts it looks at it."""


class DeliveryIsDecided(Conflict):
    """It was accepted or sent back before."""


class EvidenceIsFixed(Conflict):
    """What was accepted keeps its evidence."""


class EvidenceIsTooMuch(Conflict):
    """A delivery keeps at most ``most`` pieces of evidence."""


class DisputeIsDecidedAlone(Conflict):
    """What is disputed is looked at and decided by itself, never among many."""
