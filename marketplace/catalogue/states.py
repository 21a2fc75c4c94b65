"""The state of a tag, from its facts."""

from enum import StrEnum

from marketplace.catalogue.models import Tag


class TagState(StrEnum):
    """Where a tag stands between being proposed and being retired."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    RETIRED = "retired"


def tag_state(tag: Tag) -> TagState:
    """What the moments in the row add up to."""
    if tag.retired_at is not None:
        return TagState.RETIRED
    if tag.refused_at is not None:
        return TagState.REFUSED
    return TagState.PROPOSED if tag.approved_at is None else TagState.APPROVED
