"""What ratings refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed, TooMany


class PeriodIsClosed(Conflict):
    """The period that ended on ``ended`` has appeared in public; nothing is added to it, and it never opens again."""


class TicketIsUnknown(Invalid):
    """No ticket has this code: a slip of the pen, or it was made up."""


class TicketTriesAreUsedUp(TooMany):
    """More than ``most`` wrong codes came from this place within the hour; nothing is answered there until it is over."""


class TicketIsUsed(Conflict):
    """The ticket was used: the delivery is rated."""


class TicketIsExpired(Conflict):
    """The ticket was valid up to and including ``last``."""


class TicketIsVoid(Conflict):
    """The delivery was called off, and its tickets with it."""


class TicketIsOfAnotherDelivery(Conflict):
    """The code belongs to another delivery than the one to be rated."""


class DeliveryIsRated(Conflict):
    """Whoever holds this ticket rated the delivery with another one."""


class RatingIsEmpty(Invalid):
    """At least one dimension is rated; a ticket is not used up for nothing."""


class RaterIsOfTheProvider(NotAllowed):
    """Whoever belongs to the provider, or to a partner of it, does not rate its services."""


class RaterIsOfThePurchase(NotAllowed):
    """Whoever bought the service, signed for it or sat on the panel does not rate it."""


class RaterCarriedItOut(NotAllowed):
    """Whoever planned, recorded or carried out a delivery does not rate it."""


class HelperIsOfTheProvider(NotAllowed):
    """Whoever belongs to the provider or bought from it neither hands out codes nor enters ratings for others."""


class HelperRatesForThemselves(NotAllowed):
    """A helper enters other people's ratings; their own they give as everybody does."""


class RatingPhotosAreTooMany(Invalid):
    """A rating takes at most ``most`` photos."""


class RatingPhotoIsTooLarge(Invalid):
    """A photo has at most ``most_megabytes`` megabytes."""


class RatingPhotoIsNoPicture(Invalid):
    """Photos are JPEG or PNG, whatever their names say."""


class CaretakerIsConcerned(NotAllowed):
    """Whoever gave a rating, or belongs to the provider, neither audits nor moderates it; a colleague does."""


class HoldIsDecided(Conflict):
    """About one of these ratings another auditor has decided meanwhile; nothing was changed."""


class ReplyIsGiven(Conflict):
    """The provider replied to this rating; of a reply there is one update, and of an update none."""


class ReplyIsTooLate(Conflict):
    """Replies were possible up to and including ``last``."""


class RatingIsNotAnswered(Conflict):
    """There is no reply yet that could be updated."""


class ReplyIsHidden(Conflict):
    """A moderator hid the reply; whoever does not agree appeals, and writes no other."""


class PartIsNotThere(Conflict):
    """The rating has no such words, photos or reply, or not any more."""


class PartIsReported(Conflict):
    """One report a person and part; the moderators have this one."""


class PartIsHidden(Conflict):
    """A moderator hid it before."""


class PartWasRestored(Conflict):
    """It was hidden once, and restored upon appeal; it stays."""


class ReportsAreSettled(Conflict):
    """No report about it is open any more."""


class OnlyTheAuthorAppeals(NotAllowed):
    """Against hidden words and photos whoever gave the rating appeals, with their account; against a hidden reply the provider."""


class HidingIsAppealed(Conflict):
    """One appeal against what was hidden; it was made."""


class AppealIsTooLate(Conflict):
    """An appeal was possible up to and including ``last``."""


class NothingIsAppealed(Conflict):
    """Nobody appealed, so there is nothing to decide."""


class AppealIsDecided(Conflict):
    """The appeal was decided before."""


class AnotherModeratorDecides(NotAllowed):
    """Whoever hid something does not decide the appeal against it."""
