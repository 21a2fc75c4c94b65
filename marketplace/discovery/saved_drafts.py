"""What people hand in about their saved searches."""

from pydantic import Field

from marketplace.discovery.saved_models import HowTold
from marketplace.discovery.wishes import NeedWishes
from marketplace.kernel.input import Draft, OptionalLine


class SaveSearchDraft(Draft):
    """Wishes to keep. Without a name they are called by what they say."""

    wishes: NeedWishes
    name: OptionalLine = None
    how_told: HowTold = HowTold.DAILY


class ChangeSearchDraft(Draft):
    """Another name, another way to be told, or both; what is not given stays."""

    name: OptionalLine = None
    how_told: HowTold | None = Field(default=None)
