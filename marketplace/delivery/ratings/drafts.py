"""What people hand in about ratings; read by ``kernel.input.read`` whichever way it came."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Printable

MOST_WORDS = 1000

Points = Annotated[Annotated[int, Field(ge=1, le=5)] | None, FullWidthFolded, BlankIsNone]
Words = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=MOST_WORDS), Printable] | None, BlankIsNone
]


class Assistance(StrEnum):
    """How a helper came to know what somebody else wants to say. Words are keyed ``rating.assisted.<value>``."""

    PHONE = "phone"
    PAPER = "paper"


class RatingDraft(Draft):
    """What a ticket's holder says. ``overall`` is given to every dimension that is not named; one named with nothing does not apply.

    ``delivery_id`` may name the delivery that is meant: a code of another one is then refused. ``assisted_how`` makes it the entry of
    a helper for somebody else.
    """

    overall: Points = None
    content: Points = None
    quality: Points = None
    timeliness: Points = None
    respect: Points = None
    handling: Points = None
    should_continue: Annotated[bool | None, BlankIsNone] = None
    text: Words = None
    delivery_id: Annotated[UUID | None, BlankIsNone] = None
    assisted_how: Annotated[Assistance | None, BlankIsNone] = None
    idempotency_key: Code

    def points(self) -> Mapping[str, int | None]:
        """The points of each dimension, None where it does not apply."""
        return {
            name: getattr(self, name) if name in self.model_fields_set else self.overall
            for name in DIMENSIONS
        }
