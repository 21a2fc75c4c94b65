"""What recommendations refuse, as sentences."""

from marketplace.kernel.errors import Conflict, NotAllowed


class RankingIsOff(Conflict):
    """The person turned personal ranking off; nothing is scored for or about them."""


class WeightsWereProposedMeanwhile(Conflict):
    """Somebody proposed weights of this kind at the same moment; theirs has the number now."""


class WeightsAreTheSame(Conflict):
    """These points are in force already."""


class WeightsAreProposed(Conflict):
    """The same points wait for a decision already."""


class WeightsAreDecided(Conflict):
    """The proposal was decided before; a new one is another version."""


class NobodyDecidesOwnWeights(NotAllowed):
    """Whoever proposed weights does not decide about them; a second person does."""


class ShiftTakesNobody(Conflict):
    """The shift has begun, is full or was called off, or its need takes nobody: there is nothing to invite to."""


class PersonMayNotBeInvited(Conflict):
    """The person does not want invitations, may not take this shift, or is in it already."""


class PersonIsInvitedEnough(Conflict):
    """The person had as many invitations this week as the rule allows."""


class InvitationIsOver(Conflict):
    """The invitation was declined before, or its shift has begun."""
