"""What sealed bids refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, Unavailable


class TenderKeyIsNotReady(Conflict):
    """A tender with sealed bids is published only when its key is made and every combination of openers opened the canary."""


class OpenersAreTooFew(Invalid):
    """A tender names exactly ``people`` openers, each once."""


class OpenerBelongsToABidder(Conflict):
    """Somebody who belongs to a social organisation opens no bids: it might bid."""


class OpenersAreSettled(Conflict):
    """The tender is published; its openers and its key stay as they are."""


class OpenerCodeIsUnreadable(Invalid):
    """A character is missing, too many or mistaken in the code that was typed."""


class OpenerCodeIsAnother(Conflict):
    """The code is well formed but is not the one that was made for this opener and this tender."""


class OpenerCodeIsConfirmed(Conflict):
    """The code was written down and confirmed; a new one would leave the sealed part unreadable."""


class OpenerCodeIsMissing(Conflict):
    """No code has been made yet."""


class ShareDoesNotMatch(Conflict):
    """The part that opener ``opener`` keeps is not the one that was promised when the key was made."""


class SubmissionsAreStillOpen(Conflict):
    """Bids are opened after the deadline, not before."""


class BidsAreOpenedAlready(Conflict):
    """The opening has taken place and its record is public."""


class TenderTakesNoBids(Conflict):
    """The tender is not published, is suspended, or has ended."""


class BiddingIsOver(Conflict):
    """The deadline has passed by the database's clock; what comes late is refused."""


class TenderWasAmended(Conflict):
    """The file was changed since the bidder looked at it; look at version ``version`` first."""


class OrganisationMayNotBid(Conflict):
    """Only a verified organisation that is not suspended bids."""


class BidIsOverTheLimit(Invalid):
    """A bid with all its papers is at most ``most_megabytes`` megabytes."""


class FileIsNoSealedBid(Invalid):
    """The file has not the length of any sealed bid: it was not sealed, or was cut short."""


class NoBidToWithdraw(Conflict):
    """There is no bid, or it was withdrawn already."""


class NoBidToConfirm(Conflict):
    """There is no bid that waits to be confirmed."""


class NoLotIsOffered(Invalid):
    """A bid offers a price for at least one lot."""


class ConsortiumIsNotTaken(Conflict):
    """The tender's file refuses bids by several organisations together."""


class PartnerHasNotAgreed(Conflict):
    """The partner agrees on its own page before the bid is sealed."""


class OrganisationIsItsOwnPartner(Invalid):
    """A consortium has two members at least."""


class StrongroomIsClosed(Unavailable):
    """The process that holds keys did not answer; nothing was changed."""
