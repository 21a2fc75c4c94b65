"""What people hand in about mobilisations; read by ``kernel.input.read`` whichever way it came."""

from typing import Annotated

from pydantic import Field

from marketplace.kernel.input import Draft, FullWidthFolded, ShortText
from marketplace.staffing.mobilisation_states import MobilisationKind


class MobilisationDraft(Draft):
    """A call for help: why, how many people a wave, how many minutes between waves, how far the first wave reaches."""

    kind: MobilisationKind
    reason: ShortText
    wave_size: Annotated[int, FullWidthFolded, Field(ge=1, le=500)] = 20
    wave_minutes: Annotated[int, FullWidthFolded, Field(ge=1, le=1440)] = 30
    first_kilometres: Annotated[int, FullWidthFolded, Field(ge=1, le=100)] = 3


class StopDraft(Draft):
    """Why a mobilisation is stopped, in words that everybody with a live call will read."""

    reason: ShortText


class AnswerDraft(Draft):
    """Yes or no to a call. ``agreed`` says that the stated risks were read and accepted; only risky needs ask for it."""

    accepted: bool
    agreed: bool = False
