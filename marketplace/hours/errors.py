"""What can stand between a presence and its hours, in sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed, TooMany


class SignUpIsNotConfirmed(Conflict):
    """Only a confirmed person of the shift checks in."""


class CheckInIsNotOpen(Conflict):
    """Too early; ``opens_at`` says when it opens."""


class CheckInIsClosed(Conflict):
    """The shift is over; ``ended_at`` says since when."""


class CheckOutIsClosed(Conflict):
    """Too late to check out; the presence goes to review."""


class NotCheckedIn(Conflict):
    """Nobody leaves who has not come."""


class CodeIsWrong(Invalid):
    """Not a code of this shift: mistyped, forged, or of another shift."""


class CodeIsOld(Invalid):
    """The code was right once and has changed since."""


class CodeIsForTheOtherStep(Invalid):
    """A check-out code at check-in, or the other way round."""


class TooManyWrongCodes(TooMany):
    """No more short codes for this person in this shift; a scan or the organiser still works."""


class KeyWasUsed(Conflict):
    """The idempotency key belongs to another request of this person."""


class NotForOneself(NotAllowed):
    """The one whose hours they are does not check in by hand, review or approve them."""


class NotByTheSamePerson(NotAllowed):
    """Whoever asked for it does not decide it."""


class ShiftIsNotOver(Conflict):
    """There is nothing to review or enter before the shift ends."""


class ReviewIsDecided(Conflict):
    """The review has been decided already."""


class ReviewIsNotNeeded(Conflict):
    """There was a check-in: the hours count by themselves, or a review is on its way."""


class MinutesExceedTheShift(Invalid):
    """Nobody served longer than the shift lasted; ``most`` is its length."""


class ServedInTheFuture(Invalid):
    """Hours are entered after they were served."""


class HoursAreRecorded(Conflict):
    """This person already has hours for the shift: correct them instead."""


class RequestIsUnderWay(Conflict):
    """A request for the same hours waits for approval."""


class RequestIsDecided(Conflict):
    """The request was counted or refused already."""


class EntryIsReversed(Conflict):
    """The entry no longer counts, or is itself a reversal: there is nothing to correct."""


class CorrectionChangesNothing(Invalid):
    """The corrected minutes are those already on record."""
