"""What property services refuse, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed, TooMany


class CompoundIsRegistered(Conflict):
    """A compound of this name is registered in this community."""


class ClaimIsOpenAlready(Conflict):
    """This person has asked already, or is confirmed."""


class ClaimIsDecidedAlready(Conflict):
    """The claim was confirmed, refused or taken back before."""


class OwnClaimIsDecidedByAnother(NotAllowed):
    """Nobody confirms their own home."""


class RefusalNeedsAReason(Invalid):
    """Who is refused is told why."""


class OwnersOnly(NotAllowed):
    """This is for confirmed owners of the compound."""


class TooManyOpenDemands(TooMany):
    """An owner has at most ``most`` demands open in one compound."""


class DemandIsAnswered(Conflict):
    """The demand was declined, or is part of a checklist."""


class NotAPropertyCompany(Invalid):
    """A contract is drafted with a verified property company."""


class DraftIsOpenAlready(Conflict):
    """A draft with this company waits for its agreements."""


class TermIsNotPossible(Invalid):
    """The end lies after the beginning and in the future, at most ten years on."""


class ChecklistIsFrozen(Conflict):
    """Lines are added and removed only before anybody agreed."""


class ChecklistIsFull(Conflict):
    """A checklist has at most ``most`` lines."""


class ChecklistIsEmpty(Conflict):
    """Nobody agrees to a contract that promises nothing measurable."""


class StandardIsThereAlready(Conflict):
    """Each standard and each demand stands once in a checklist."""


class WorkerBelongsToTheCompany(NotAllowed):
    """Whoever belongs to the company does not act for the owners."""


class SideHasAgreed(Conflict):
    """This side agreed before."""


class TwoPeopleAgree(Conflict):
    """The two sides agree by two people."""


class CompoundIsLookedAfter(Conflict):
    """Another contract covers part of this term, until ``until``."""


class PropertyContractIsOver(Conflict):
    """The contract was ended, or its term is over."""


class SourceNameIsTaken(Conflict):
    """Sources of one compound have different names."""


class SourceIsEnded(Conflict):
    """The source posts no facts any more."""


class KeeperDoesNotFit(Invalid):
    """The company's own figures are kept by its people, owners' by an owner, all others by neither side."""


class SourceIsOfAnotherCompound(NotAllowed):
    """A source measures its own compound only."""


class DaysAreOutsideTheContract(Invalid):
    """A fact tells of days of the contract that are over, at most ``most_days`` at a time."""


class DaysAreToldAlready(Conflict):
    """This source has told of some of these days; what was wrong is corrected, not told again."""


class FactIsCorrectedAlready(Conflict):
    """A fact is corrected once; the correction itself may be corrected."""


class CorrectionNeedsAReason(Invalid):
    """Whoever corrects a fact says why."""


class CorrectionDoesNotFit(Invalid):
    """A correction comes from the same source and is about the same promise."""


class KeyIsOfAnotherAct(Conflict):
    """The key belongs to something else that was done before."""


class TalkIsNotOpen(Conflict):
    """The talk before renewal opens on ``opens_on`` and closes with the contract."""


class MessageIsHiddenAlready(Conflict):
    """The message was hidden before."""
