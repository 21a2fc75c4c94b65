"""What service lists refuse, as sentences."""

from marketplace.kernel.errors import Conflict


class EditionIsUnderWay(Conflict):
    """The next edition begins when the one under way is final or withdrawn."""


class EditionIsNotOpenToEditing(Conflict):
    """Items change while an edition is drafted, and after its consultation until it is final."""


class EditionHasNoItems(Conflict):
    """The public cannot comment on nothing, and nothing cannot be announced."""


class EditionIsNoDraft(Conflict):
    """Only a draft is put before the public, and only once."""


class ConsultationIsTooShort(Conflict):
    """The public has a least number of days to comment."""


class ConsultationHasNotEnded(Conflict):
    """An edition is final only after the public has been heard."""


class EditionIsDecided(Conflict):
    """A final or withdrawn edition stays as it is."""


class CommentsAreClosed(Conflict):
    """Comments are taken while the consultation lasts."""


class CommentIsHidden(Conflict):
    """A moderator took the comment out of sight."""


class TooManyItems(Conflict):
    """A list holds so many items at most."""
