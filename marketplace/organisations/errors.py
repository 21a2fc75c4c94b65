"""What organisations refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, Missing, NotAllowed


class CreditCodeIsTaken(Conflict):
    """An organisation with this code is registered already."""


class OrganisationIsVerified(Conflict):
    """Name, code and kind were verified and do not change any more; the rest of the profile does."""


class OrganisationIsNotVerified(Conflict):
    """This can be done with a verified organisation only."""


class OrganisationIsNotSubmitted(Conflict):
    """Nobody asked to have it verified, or it was decided already."""


class OrganisationIsSubmitted(Conflict):
    """It waits for an officer already."""


class OrganisationIsSuspended(Conflict):
    """The organisation is suspended until an officer lifts it."""


class OrganisationIsNotSuspended(Conflict):
    """There is no suspension to lift."""


class CertificateIsMissing(Conflict):
    """An officer cannot verify without the registration certificate."""


class OfficerIsMember(NotAllowed):
    """Nobody decides about an organisation of their own."""


class DocumentIsTooLarge(Invalid):
    """The paper has more bytes than are taken."""


class DocumentTypeIsNotTaken(Invalid):
    """Papers are PDF, PNG or JPEG, by their content."""


class TooManyDocuments(Conflict):
    """An organisation keeps a bounded number of papers."""


class NobodyHasThisNumber(Missing):
    """No one signs in with this number; they sign in once, then they can be taken in."""


class AlreadyAMember(Conflict):
    """The person belongs to the organisation in this role already."""
