"""What somebody looks for: read once from a form's query or from GraphQL, each wish checked, all of them together."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from marketplace.kernel.input import BlankIsNone, Code, Draft
from matching.index import LONGEST_QUERY
from matching.text import printable

MOST_KILOMETRES = 100
_FIRST_DAY, _LAST_DAY = date(2020, 1, 1), date(2100, 12, 31)


class Sorting(StrEnum):
    """The order of what is found. Its words are keyed ``sorting.<value>``.

    Blended puts the likeliest in the order of what they are worth now: how well the words match, how soon, how near, and whether
    there is a place. Without words it is the soonest.
    """

    BLENDED = "blended"
    RELEVANCE = "relevance"
    DATE = "date"
    NEWEST = "newest"
    DISTANCE = "distance"


def searchable(text: object) -> object:
    """Any text can be searched for, but for one with a NUL in it, which nobody types. What cannot be printed is left out.

    One character more is kept than is read, so that whoever searches can say that the text was cut.
    """
    if not isinstance(text, str):
        return text
    if "\0" in text:
        raise ValueError("nul_character")
    return " ".join(printable(text[: 2 * LONGEST_QUERY]).split())[: LONGEST_QUERY + 1] or None


def _within_reach(day: date | None) -> date | None:
    if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError("date_out_of_range")
    return day


Words = Annotated[str | None, BeforeValidator(searchable)]
Day = Annotated[date | None, BlankIsNone, AfterValidator(_within_reach)]
OptionalCode = Annotated[Code | None, BlankIsNone]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class NeedWishes(Draft):
    """Which needs: every wish that is given must hold. Days are local, the last one included.

    ``within_km`` is measured from the middle of ``area`` where one is chosen, else from the viewer's home. ``only_with_places`` wants
    a coming shift with a place left, on the days that are given; ``only_suitable`` one that the viewer may take and has time for.
    """

    text: Words = None
    category: OptionalCode = None
    tags: tuple[Code, ...] = Field(default=(), max_length=10)
    area: Annotated[AreaCode | None, BlankIsNone] = None
    day_from: Day = None
    day_to: Day = None
    within_km: Annotated[float | None, BlankIsNone, Field(gt=0, le=MOST_KILOMETRES)] = None
    only_with_places: bool = False
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
        """The order asked for; what is best for now where there are words, else the soonest."""
        if self.text:
            return self.sort or Sorting.BLENDED
        return Sorting.DATE if self.sort in (None, Sorting.BLENDED, Sorting.RELEVANCE) else self.sort
