"""What the catalogue refuses, as sentences."""

from marketplace.kernel.errors import Conflict, TooMany


class TagExistsAlready(Conflict):
    """A tag of this kind is already called, or understood as, ``name``; use the one called ``existing``."""


class TagIsDecided(Conflict):
    """The proposal was approved, refused or retired before."""


class TooManyProposals(TooMany):
    """``most`` proposals of this person wait for an answer already."""


class RuleChangesInThePast(Conflict):
    """A rule is changed from now on or later; what was decided under it stays decided."""


class RuleWasChangedMeanwhile(Conflict):
    """Another row of this rule begins at the same moment."""


class RulesAreFrozen(Conflict):
    """Something runs by the rule until ``until``, and everybody was told so: a change may begin then, not before."""
