"""What identity refuses, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed, TooMany, Unavailable


class TooManyCodes(TooMany):
    """Too many codes were asked for this number or from this place; try again after ``retry_after`` seconds."""


class OneTimeCodeIsWrong(Invalid):
    """The code is not the one that was sent; ``tries_left`` remain."""


class OneTimeCodeIsSpent(Conflict):
    """The code was used, has expired, or was tried too often: ask for a new one."""


class CodeCouldNotBeSent(Unavailable):
    """The gateway did not take the message."""


class ConsentIsNeeded(NotAllowed):
    """Nobody has an account without agreeing to the terms and the privacy notice."""


class ConsentIsRequired(Conflict):
    """This consent cannot be withdrawn while the account exists; erasing the account withdraws it."""


class LinkIsSpent(Conflict):
    """The link in the message has expired, was used, or belongs to an address that was changed since."""


class TokenMayNotManageAccount(NotAllowed):
    """The token was made without the scope ``account``."""


class BirthDateIsSet(Conflict):
    """A birth date decides what a person may take, so an officer corrects it, not its owner."""


class TooManyEmails(TooMany):
    """The address was changed ``most`` times within a day."""


class TooManyTokens(Conflict):
    """A person has at most ``most`` live tokens."""


class PersonIsNotAMinor(Conflict):
    """A guardian's consent is for minors, and the birth date says otherwise or is missing."""


class GuardianPhoneIsYourOwn(Conflict):
    """The guardian proves the consent on the guardian's own phone, not on the minor's."""


class GuardianConsentedAlready(Conflict):
    """A guardian's consent holds already."""


class QualificationIsDecided(Conflict):
    """An officer has verified or refused it before."""


class QualificationIsOwn(NotAllowed):
    """Nobody verifies their own qualification."""


class TooManyQualifications(Conflict):
    """A person states at most ``most`` qualifications."""


class RoleIsHeldAlready(Conflict):
    """The person holds this role here already."""


class RoleGrantIsRevoked(Conflict):
    """The role was taken away before."""


class RoleIsForOneself(NotAllowed):
    """Nobody grants a role to themselves."""


class RoleIsOutOfReach(NotAllowed):
    """The viewer's own roles do not reach so far or so high."""


class LastAdministratorStays(Conflict):
    """The city keeps at least one administrator: appoint another first."""


class LastManagerStays(Conflict):
    """An organisation keeps at least one manager: appoint another first."""


class ErasureIsNotConfirmed(Invalid):
    """Erasing cannot be undone; it is confirmed by ticking the box."""
