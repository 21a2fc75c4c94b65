"""What signals and wishes refuse, as sentences."""

from marketplace.kernel.errors import Conflict, NotAllowed


class WhistleIsAnsweredAlready(Conflict):
    """Somebody said before what was done about it."""


class WhistleIsOver(Conflict):
    """The numbers are well again; nothing is to be answered."""


class AnswererBelongsToTheProvider(NotAllowed):
    """Whoever belongs to the provider does not answer for the community."""


class TooManyOpenWishes(Conflict):
    """One person has ``most`` open wishes at most."""


class WishIsDecided(Conflict):
    """The wish was taken up or withdrawn."""


class TooFewWishes(Conflict):
    """Fewer than ``least_people`` people wish for it there, or somebody took the wishes up a moment ago."""
