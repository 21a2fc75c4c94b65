"""What somebody looks for: read once from a form's query or from GraphQL, each wish checked, all of them together."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from marketplace.kernel.input import BlankIsNone, Code, Draft
from matching.text import printable

LONGEST_TEXT = 200
MOST_KILOMETRES = 100
_FIRST_DAY, _LAST_DAY = date(2020, 1, 1), date(2100, 12, 31)


class Sorting(StrEnum):
    """The order of what is found. Its words are keyed ``sorting.<value>``."""

    RELEVANCE = "relevance"
    DATE = "date"
    NEWEST = "newest"
    DISTANCE = "distance"


def _searchable(text: object) -> object:
    """Any text can be searched for: what cannot be printed is left out, and what is too long is not read to its end."""
    if not isinstance(text, str):
        return text
    return " ".join(printable(text[: LONGEST_TEXT * 10]).split())[:LONGEST_TEXT] or None


Day = Annotated[date | None, BlankIsNone, Field(ge=_FIRST_DAY, le=_LAST_DAY)]
OptionalCode = Annotated[Code | None, BlankIsNone]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class NeedWishes(Draft):
    """Which needs: every wish that is given must hold. Days are local, the last one included.

    ``within_km`` is measured from the middle of ``area`` where one is chosen, else from the viewer's home.
    """

    text: Annotated[str | None, BeforeValidator(_searchable)] = None
    category: OptionalCode = None
    tags: tuple[Code, ...] = Field(default=(), max_length=10)
    area: Annotated[AreaCode | None, BlankIsNone] = None
    day_from: Day = None
    day_to: Day = None
    within_km: Annotated[float | None, BlankIsNone, Field(gt=0, le=MOST_KILOMETRES)] = None
    only_suitable: bool = False
    language: OptionalCode = None
    sort: Annotated[Sorting | None, BlankIsNone] = None

    @field_validator("day_to")
    @classmethod
    def _days_in_order(cls, day_to: date | None, given: ValidationInfo) -> date | None:
        day_from = given.data.get("day_from")
        if day_from and day_to and day_to < day_from:
            raise ValueError("days_out_of_order")
        return day_to

    @property
    def order(self) -> Sorting:
        """The order asked for; the best match for words, else the soonest."""
        return self.sort or (Sorting.RELEVANCE if self.text else Sorting.DATE)
