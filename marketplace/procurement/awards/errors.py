"""What awards, objections and complaints refuse, as sentences."""

from marketplace.kernel.errors import Conflict, NotAllowed, TooMany


class NothingToObjectToYet(Conflict):
    """What the objection is about has not happened yet: no opening, or no result."""


class ObjectionIsTooLate(Conflict):
    """The days in which one may object are over since ``until``."""


class ObjectionWaitsAlready(Conflict):
    """An objection of this supplier about the same thing waits for its answer."""


class TooManyObjections(TooMany):
    """One supplier objects at most ``most`` times in one process."""


class OnlyBiddersObjectToThis(NotAllowed):
    """To the process and to the result those object who bid; to the file, whoever may bid."""


class ObjectionIsSettled(Conflict):
    """It was answered, decided or withdrawn already."""


class ObjectionIsBeforeTheSupervisor(Conflict):
    """There is a complaint by now, and the supervisor decides."""


class ObjectionWaitsForItsAnswer(Conflict):
    """One complains after the answer, or once its time has run out; the buyer has until ``until``."""


class ComplaintIsTooLate(Conflict):
    """The days in which one may complain are over since ``until``."""


class ComplaintIsThereAlready(Conflict):
    """This objection has its complaint."""


class SuspensionIsTooLong(Conflict):
    """A process rests for at most ``most`` days for one complaint, together with earlier rests."""


class SuspensionIsOver(Conflict):
    """The process does not rest any more."""


class TenderIsNotEvaluated(Conflict):
    """There is no report of the evaluation yet."""


class LotIsSettled(Conflict):
    """The lot has ended without an award, or was taken out of the file."""


class LotIsAwarded(Conflict):
    """The lot has its award; a wrong one is corrected by reason and by a second person."""


class AnotherIsNext(Conflict):
    """The award goes to place ``place``, as long as nobody before it declined or was excluded."""


class OneSupplierALot(Conflict):
    """Only a framework takes several suppliers for one lot."""


class TooManySuppliers(Conflict):
    """The framework takes at most ``most`` of these bidders."""


class BidIsNotRanked(Conflict):
    """The report ranks no such bid for this lot."""


class AwardIsOver(Conflict):
    """The award does not stand any more."""


class AwardIsNotPublished(Conflict):
    """The award is not published yet."""


class AwardIsSigned(Conflict):
    """There is a signed contract; it ends by its own rules."""


class OfficerBelongsToABidder(NotAllowed):
    """Who is tied to a bidder awards nothing in this process."""


class NothingToPublish(Conflict):
    """Every award of this process is published."""


class SigningHasTimeLeft(Conflict):
    """The supplier may sign until ``until``."""


class SomebodyIsStillNext(Conflict):
    """Place ``place`` has not been asked yet; a lot ends without a result only when nobody is left, or for a reason of law."""


class CorrectionWaitsAlready(Conflict):
    """A correction of this award waits for the second person."""


class CorrectionIsDecided(Conflict):
    """The correction has been decided."""


class CorrectionNeedsAnother(NotAllowed):
    """Who proposed a correction does not decide it."""


class SuccessorHoldsTheLot(Conflict):
    """The successor holds an award of this lot already."""
