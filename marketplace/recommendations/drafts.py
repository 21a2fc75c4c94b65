"""What people hand in about recommendations: new weights, a decision about them, and whom to invite."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from marketplace.kernel.input import Draft, FullWidthFolded, ShortText

MOST_INVITED_AT_ONCE = 20


class RankingKind(StrEnum):
    """What is ranked: volunteers and needs, or organisations and lots. Words are keyed ``ranking.<value>``."""

    VOLUNTEER = "volunteer"
    PROVIDER = "provider"


Points = Annotated[int, FullWidthFolded, Field(ge=0, le=100)]


class WeightsDraft(Draft):
    """Points for each factor; which factors there must be, and that they sum to 100, ``weights`` checks."""

    kind: RankingKind
    points: dict[str, Points] = Field(max_length=20)
    reason: ShortText


class RefusalDraft(Draft):
    """Why proposed weights are not taken."""

    reason: ShortText


class InviteDraft(Draft):
    """Whom to invite, each once however often they are named."""

    person_ids: tuple[UUID, ...] = Field(min_length=1, max_length=MOST_INVITED_AT_ONCE)
