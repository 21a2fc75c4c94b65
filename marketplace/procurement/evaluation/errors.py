"""What evaluation refuses, as sentences."""

from marketplace.kernel.errors import Conflict, NotAllowed
from marketplace.procurement.accesses import BidsAreSealed


class ExpertIsRegistered(Conflict):
    """A person is in the register once."""


class BidsAreNotOpen(Conflict):
    """Nothing can be evaluated before the opening."""


class EvaluationIsOver(Conflict):
    """The report is made; nothing of it is changed any more."""


class PanelIsDrawn(Conflict):
    """A panel is drawn once; seats that fall vacant go to the next of the draw."""


class PanelIsNotDrawn(Conflict):
    """There is no panel yet."""


class PanelIsIncomplete(Conflict):
    """A seat is vacant, or somebody has not declared yet."""


class TooFewExperts(Conflict):
    """The register holds too few fitting experts who are not tied to a bidder."""


class TooManyRepresentatives(Conflict):
    """At least two thirds of a panel are experts."""


class MemberIsTied(Conflict):
    """The person opens the bids, belongs to a bidder, or sits on the panel already."""


class SeatIsTaken(Conflict):
    """Only a vacant seat of the buyer is filled by the buyer."""


class DeclarationIsMissing(NotAllowed):
    """Members declare their ties to every bidder before they see a bid."""


class DeclarationIsNotConfirmed(Conflict):
    """Somebody who declares has looked at every bidder."""


class SheetIsSecret(BidsAreSealed):
    """Members score alone: nobody else opens a sheet before the result."""


class SheetIsFrozen(Conflict):
    """A sheet that was handed in is not changed any more."""


class SheetIsIncomplete(Conflict):
    """Every bid has points and a reason for every criterion."""


class PointsAreOffTheScale(Conflict):
    """Points lie between the lowest and the highest step of the criterion's scale."""


class SheetsAreMissing(Conflict):
    """Not every member has handed in every sheet."""


class CheckIsIncomplete(Conflict):
    """Some bid was not held against some condition yet."""


class CheckIsClosed(Conflict):
    """What a bid meets was settled before the scoring."""


class CheckIsOpen(Conflict):
    """Bids are scored once the check of their conditions is closed."""


class TooFewQualifiedBidders(Conflict):
    """With fewer qualified bidders than the procedure asks there is no evaluation."""


class PriceIsNotLow(Conflict):
    """Only a price that lies far below the others is asked about, once."""


class PriceQuestionIsClosed(Conflict):
    """The time to answer is over, or the panel has decided."""


class PriceQuestionIsOpen(Conflict):
    """The bidder may still answer."""


class PricesAreUndecided(Conflict):
    """The panel has yet to decide about a low price."""


class VotedAlready(Conflict):
    """A member votes once."""
