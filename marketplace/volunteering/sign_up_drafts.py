"""What people hand in about sign-ups; read by ``kernel.input.read`` whichever way it came."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import model_validator

from marketplace.kernel.input import BlankIsNone, Code, Draft, ShortText

OptionalWords = Annotated[ShortText | None, BlankIsNone]


class JoinDraft(Draft):
    """A wish for a place. ``agreed`` says that the stated risks were read and accepted; only risky needs ask for it."""

    idempotency_key: Code
    message: OptionalWords = None
    agreed: bool = False


class AddDraft(Draft):
    """Somebody to be added by the organiser. ``in_spite_of_clash`` is the override, and wants a reason."""

    person_id: UUID
    in_spite_of_clash: bool = False
    reason: OptionalWords = None

    @model_validator(mode="after")
    def _an_override_has_a_reason(self) -> Self:
        if self.in_spite_of_clash and self.reason is None:
            raise ValueError("override_needs_reason")
        return self


class DecisionDraft(Draft):
    """Why a sign-up ends, in words that the person will read."""

    reason: ShortText
