"""What contracts and call-offs refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed


class AwardDoesNotStand(Conflict):
    """The award was corrected, declined or annulled."""


class ContractIsTooLong(Conflict):
    """A contract of services lasts ``most_years`` years at most."""


class OfficerBelongsToTheSupplier(NotAllowed):
    """Whoever belongs to the supplier does not act for the buyer."""


class OnePersonSignsOnce(Conflict):
    """The two sides sign by two people."""


class TooEarlyToSign(Conflict):
    """Suppliers may still object; from ``from_at`` on it can be signed."""


class ContractIsNotSigned(Conflict):
    """Both sides sign first."""


class ContractIsNotActive(Conflict):
    """The contract is not under way: unsigned, accepted or ended."""


class MilestoneIsReportedAlready(Conflict):
    """The delivery is reported or accepted; nothing is to be reported now."""


class NothingIsReported(Conflict):
    """There is no delivery to decide on."""


class ReasonIsMissing(Invalid):
    """This decision is given with its reason."""


class MilestoneIsNotAccepted(Conflict):
    """A milestone is paid once its delivery is accepted."""


class PaymentIsEmpty(Invalid):
    """A payment is more than nothing."""


class PaymentIsTooMuch(Conflict):
    """Of this milestone only ``left`` is open."""


class PaymentIsInTheFuture(Invalid):
    """What is recorded has been paid, between the signing and today."""


class PaymentIsReversedAlready(Conflict):
    """A payment is reversed once, and a reversal never."""


class KeyWasUsedForAnother(Conflict):
    """The key belongs to something else that was done before."""


class FrameworkHasNoMoney(Conflict):
    """A framework agreement has no value of its own: its orders have."""


class SupplementsAreTooMuch(Conflict):
    """Supplements together are at most ``most_percent`` percent of the contract's first value; ``left`` is open."""


class EndIsNotPossible(Invalid):
    """The new end lies after the beginning and not in the past."""


class ChangeIsOpen(Conflict):
    """A change waits for its decision; one at a time."""


class ChangeIsDecided(Conflict):
    """The change was decided before."""


class SecondPersonDecides(NotAllowed):
    """Whoever proposed a change does not decide it."""


class MilestonesAreOpen(Conflict):
    """Final acceptance follows the acceptance of every milestone; ``open`` are not accepted."""


class UsersAreNotHeard(Conflict):
    """Final acceptance of a public service needs the opinion of ``least_people`` who received it."""


class FrameworkIsRunning(Conflict):
    """A framework is closed after its term, when its orders are."""


class OpinionsAreOfUsers(NotAllowed):
    """The supplier's own people and the buyer's officers do not speak for those who are served."""


class ServiceWasNotReceived(Invalid):
    """Opinions come from people who received the service, or looked after somebody who did."""


class OpinionIsGiven(Conflict):
    """A person says an opinion of a contract once."""


class WayIsNotAllowed(Conflict):
    """The framework's file does not allow to call off this way."""


class FrameworkHasNoSuppliers(Conflict):
    """No supplier of this framework stands today."""


class SupplierDoesNotStand(Conflict):
    """This supplier is not in the framework, or not any more."""


class CallOffIsOutOfTerm(Conflict):
    """What is called off begins and ends within the framework's term."""


class OffersNeedTime(Conflict):
    """Suppliers have until ``earliest`` at least to offer."""


class OffersAreStillSecret(Conflict):
    """Offers are seen and decided after their end."""


class OfferingIsOver(Conflict):
    """The call-off takes no offers: its end has passed by the database's clock, or it is decided."""


class OfferIsOverTheBudget(Conflict):
    """An offer is at most the budget of the call-off."""


class CallOffIsDecided(Conflict):
    """The call-off was decided, or ended, before."""


class QualityIsNotJudged(Invalid):
    """Where quality counts, every offer has its points before anybody wins."""


class ThereAreNoOffers(Conflict):
    """Nobody offered; end the call-off with a reason."""
