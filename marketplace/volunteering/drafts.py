"""What people hand in about needs, shifts and series; read by ``kernel.input.read`` whichever way it came."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from marketplace.kernel.input import (
    BlankIsNone,
    Code,
    Draft,
    FullWidthFolded,
    Line,
    OptionalText,
    Printable,
    ShortText,
    Text,
)

MOST_TAGS = 20
LONGEST_SHIFT = timedelta(hours=24)
_YEARS = range(2000, 2100)
# Shanghai with its islands and a margin; a point written by hand outside of it is a slip of the finger. Imported needs may lie elsewhere.
_CITY_LATITUDES = (30.4, 32.2)
_CITY_LONGITUDES = (120.6, 122.6)

AreaCodeGiven = Annotated[str, FullWidthFolded, StringConstraints(pattern=r"^\d{12}$")]
OptionalId = Annotated[UUID | None, BlankIsNone]
Place = Annotated[str, StringConstraints(min_length=1, max_length=200), Printable]
OptionalPlace = Annotated[Place | None, BlankIsNone]
OptionalNote = Annotated[ShortText | None, BlankIsNone]
Words = Annotated[tuple[Line, ...], Field(max_length=MOST_TAGS)]
Codes = Annotated[tuple[Code, ...], Field(max_length=MOST_TAGS)]
Coordinate = Annotated[float | None, BlankIsNone, FullWidthFolded]
Capacity = Annotated[int, FullWidthFolded, Field(ge=1, le=10_000)]
MinimumPeople = Annotated[int, FullWidthFolded, Field(ge=0, le=10_000)]


class RaisedNeedDraft(Draft):
    """What a resident writes down; the rest is completed by whoever publishes it."""

    title: Line
    description: Text
    category: Line
    area_code: AreaCodeGiven
    place: Place
    contact: OptionalPlace = None


class NeedDraft(Draft):
    """A need ready to be public. ``category``, ``tags`` and ``qualifications`` take codes; the first two any known word too."""

    title: Line
    description: Text
    category: Line
    area_code: AreaCodeGiven
    organisation_id: OptionalId = None
    place: Place
    latitude: Coordinate = None
    longitude: Coordinate = None
    risks: OptionalText = None
    is_risky: bool = False
    insurance: OptionalPlace = None
    minimum_age: Annotated[int, FullWidthFolded, Field(ge=0, le=120)] = 0
    needs_approval: bool = False
    withdrawal_notice_minutes: Annotated[int, FullWidthFolded, Field(ge=0, le=43_200)] = 0
    contact: OptionalPlace = None
    tags: Words = ()
    qualifications: Codes = ()

    @field_validator("latitude")
    @classmethod
    def _latitude_in_the_city(cls, value: float | None) -> float | None:
        return _within(value, *_CITY_LATITUDES)

    @field_validator("longitude")
    @classmethod
    def _longitude_in_the_city(cls, value: float | None) -> float | None:
        return _within(value, *_CITY_LONGITUDES)

    @model_validator(mode="after")
    def _a_point_has_two_coordinates(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("half_a_point")
        return self


class ReasonDraft(Draft):
    """Why something was declined or cancelled; the people concerned read it."""

    reason: ShortText


class TimesDraft(Draft):
    """From when to when, with the offset."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _in_a_sane_year(cls, value: datetime) -> datetime:
        return _sane(value)

    @field_validator("ends_at")
    @classmethod
    def _in_order(cls, value: datetime, info: ValidationInfo) -> datetime:
        starts_at = info.data.get("starts_at")
        if starts_at is not None and value <= starts_at:
            raise ValueError("ends_before_start")
        if starts_at is not None and value - starts_at > LONGEST_SHIFT:
            raise ValueError("shift_too_long")
        return value


class ShiftDraft(TimesDraft):
    """One shift of a need; ``minimum_people`` is what the work cannot do without."""

    capacity: Capacity
    minimum_people: MinimumPeople = 0
    note: OptionalNote = None

    @field_validator("minimum_people")
    @classmethod
    def _no_more_than_places(cls, value: int, info: ValidationInfo) -> int:
        return _at_most_capacity(value, info)


class CapacityDraft(Draft):
    """The places of a shift; ``minimum_people`` stays as it was when it is left out."""

    capacity: Capacity
    minimum_people: Annotated[MinimumPeople | None, BlankIsNone] = None

    @field_validator("minimum_people")
    @classmethod
    def _no_more_than_places(cls, value: int | None, info: ValidationInfo) -> int | None:
        return None if value is None else _at_most_capacity(value, info)


class NoteDraft(Draft):
    note: OptionalNote = None


class SeriesDraft(Draft):
    """A repeating shift: an RFC 5545 rule over the wall clock of Shanghai, and what each of its slots is like."""

    rule: Annotated[str, FullWidthFolded, StringConstraints(min_length=1, max_length=400), Printable]
    first_starts_at: AwareDatetime
    duration_minutes: Annotated[int, FullWidthFolded, Field(ge=5, le=1440)]
    capacity: Capacity
    minimum_people: MinimumPeople = 0

    @field_validator("minimum_people")
    @classmethod
    def _no_more_than_places(cls, value: int, info: ValidationInfo) -> int:
        return _at_most_capacity(value, info)

    @field_validator("first_starts_at")
    @classmethod
    def _in_a_sane_year(cls, value: datetime) -> datetime:
        return _sane(value)


def _sane(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise ValueError("date_out_of_range")
    return value.replace(second=0, microsecond=0)


def _at_most_capacity(value: int, info: ValidationInfo) -> int:
    if value > info.data.get("capacity", value):
        raise ValueError("minimum_above_capacity")
    return value


def _within(value: float | None, least: float, most: float) -> float | None:
    if value is not None and not least <= value <= most:
        raise ValueError("outside_the_city")
    return value
