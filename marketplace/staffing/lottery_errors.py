"""What lotteries refuse, as sentences."""

from marketplace.kernel.errors import Conflict, NotAllowed


class ShiftHasItsLottery(Conflict):
    """The places of this shift are drawn, or were."""


class NothingToDraw(Conflict):
    """A lottery needs free places in a coming shift of an open need."""


class PeopleWaitAlready(Conflict):
    """Whoever applied or waits came first; answer them before opening a lottery."""


class LotteryClosesTooSoon(Conflict):
    """People need time to hear of a lottery and to enter."""


class LotteryClosesTooLate(Conflict):
    """After the draw there must be time to accept before the shift."""


class LotteryIsOver(Conflict):
    """Entries have closed, or the lottery was called off."""


class AlreadyEntered(Conflict):
    """A person enters a lottery once."""


class OrganisersDoNotEnter(NotAllowed):
    """Who organises the need does not take part in its lottery."""
