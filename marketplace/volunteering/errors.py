"""What volunteering refuses, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed


class OrganisationMayNotPublish(NotAllowed):
    """Only a verified organisation that is not suspended publishes needs."""


class RisksAreNotStated(Invalid):
    """A need tells the risks truthfully, even when there are none to speak of."""


class InsuranceIsMissing(Invalid):
    """Possibly dangerous work needs accident insurance beforehand."""


class NeedIsOver(Conflict):
    """The need was declined, closed or cancelled; nothing about it changes any more."""


class NeedIsNotPublished(Conflict):
    """The need is not public, so this cannot be done with it yet."""


class NeedIsPublishedAlready(Conflict):
    """The need is public; edit, close or cancel it instead."""


class NeedKeepsItsOrganisation(Conflict):
    """A need cannot be handed to another organisation once it is written."""


class ShiftIsInThePast(Conflict):
    """A shift starts in the future."""


class ShiftIsTooFarAhead(Conflict):
    """Shifts are planned at most two years ahead."""


class ShiftHasBegun(Conflict):
    """A shift that has begun is neither moved nor cancelled."""


class ShiftIsOver(Conflict):
    """A shift that has ended stays as it was."""


class ShiftIsCancelled(Conflict):
    """The shift was cancelled."""


class CapacityIsBelowPlacesTaken(Conflict):
    """There may not be fewer places than people who have one."""


class CapacityIsBelowMinimum(Conflict):
    """There are at least as many places as the work needs people."""


class TooManyShifts(Conflict):
    """A need has a bounded number of coming shifts."""


class SeriesHasNoSlots(Invalid):
    """The rule names no time in the coming year."""


class SeriesHasTooManySlots(Invalid):
    """A series makes at most a bounded number of shifts."""


class SeriesReachesTooFar(Invalid):
    """A series reaches at most one year ahead."""


# --- sign-up ---


class Reason(Conflict):
    """Why somebody may not take a shift. Nobody overrides a reason, because the law or the need itself gives it."""


class NeedIsNotOpen(Reason):
    """The need takes nobody: it is not published, or was declined, closed or cancelled."""


class ShiftIsOff(Reason):
    """The shift was cancelled, so nobody can sign up for it."""


class SignUpIsTooLate(Reason):
    """The shift has begun."""


class NobodyIsInsured(Reason):
    """The task may be dangerous and no accident insurance is stated; it takes nobody until there is one."""


class BirthDateIsUnknown(Reason):
    """Without a birth date nobody can tell whether a guardian must consent, or whether the person is old enough."""


class PersonIsTooYoung(Reason):
    """The need asks for a minimum age on the day of the shift."""


class GuardianHasNotConsented(Reason):
    """A minor takes part with the guardian's consent."""


class QualificationIsMissing(Reason):
    """The need asks for a verified qualification."""


class QualificationHasExpired(Reason):
    """The qualification will not be valid on the day of the shift."""


class RisksAreNotAgreed(Conflict):
    """Whoever signs up for a risky task says that the risks were read."""


class ShiftClashes(Conflict):
    """The person has a confirmed shift that overlaps with this one."""


class PersonIsTakenThen(Conflict):
    """The person whom the organiser wants has another confirmed shift at that time; where is nobody else's business."""


class AlreadySignedUp(Conflict):
    """The person has an open sign-up for this shift."""


class PlacesAreDrawnByLot(Conflict):
    """The free places of this shift are drawn by lot; enter the lottery instead."""


class KeyWasUsedElsewhere(Conflict):
    """The idempotency key belongs to a sign-up for another shift."""


class ShiftIsFull(Conflict):
    """No place is left. Volunteers go to the waiting list instead; organisers read this."""


class WithdrawalIsTooLate(Conflict):
    """After the deadline only the organiser releases a confirmed person."""


class SignUpHasEnded(Conflict):
    """The sign-up was withdrawn, declined, lapsed or cancelled; signing up anew is another one."""


class NoPlaceIsOffered(Conflict):
    """There is no offer to accept or decline."""


class OfferHasExpired(Conflict):
    """The offer's time is over; the place went to the next in line."""


class NoPlaceIsHeld(Conflict):
    """Only a confirmed person can be released from a shift."""


class SignUpIsConfirmed(Conflict):
    """A confirmed person is released, not declined."""


class PlaceIsHeldAlready(Conflict):
    """The person has a place in the shift, or one is offered to them."""


class OfferIsTooLate(Conflict):
    """So near the start nothing is offered any more; whoever comes first takes a free place."""


class NobodyDecidesForThemselves(NotAllowed):
    """Organisers do not approve, add or decline themselves; a colleague does."""
