"""The tender file: everything that a bidder is told and a bid is judged by, as one document with one hash.

A draft may have gaps; the linter says what is missing or unlawful before it is published. Money is fen, weights are whole percent,
points go from 0 to 100. Terms follow OCDS 1.1 (tender, lot, item, award criteria).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from marketplace.kernel.ids import new_id
from marketplace.kernel.input import (
    BlankIsNone,
    Code,
    Draft,
    Line,
    OptionalLine,
    OptionalText,
    Printable,
)
from marketplace.kernel.money import CNY, Amount
from marketplace.procurement.records import content_hash

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A short name within the file, by which bids and scores refer to a condition or criterion."""

SmallText = Annotated[str, StringConstraints(min_length=1, max_length=1000), Printable]


DayOrMoment = TypeVar("DayOrMoment", bound=date)

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _in_our_time(day: DayOrMoment) -> DayOrMoment:
    """Refuses what no purchase means and what moves out of the calendar once days are counted or a zone is applied."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError("day_out_of_range")
    return day


Day = Annotated[date, AfterValidator(_in_our_time)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]


class CriterionKind(StrEnum):
    """A price is scored by formula, quality by the panel, along the scale."""

    PRICE = "price"
    QUALITY = "quality"


class ConditionKind(StrEnum):
    """What a bidder must be, must hold, or must not have done. ``exclusion`` conditions are met by declaring that they do not apply."""

    REGISTERED = "registered"
    RATED = "rated"
    QUALIFICATION = "qualification"
    EXPERIENCE = "experience"
    STAFF = "staff"
    EXCLUSION = "exclusion"
    OTHER = "other"


class TieBreak(StrEnum):
    """What decides between equal totals at equal prices."""

    QUALITY = "quality"
    DRAW = "draw"


class CallOffWay(StrEnum):
    """How services are called off a framework."""

    DIRECT = "direct"
    COMPETITION = "competition"
    ROTATION = "rotation"


class ScaleStep(Draft):
    """One step of a quantified scale: how many points (0 to 100) for what."""

    points: Annotated[int, Field(ge=0, le=100)]
    description: Annotated[SmallText, Field(max_length=300)]


class Criterion(Draft):
    """One factor of the score. The price needs no scale: lowest valid price ÷ price × 100."""

    key: Key
    kind: CriterionKind
    name: Line
    description: OptionalText = None
    weight: Annotated[int, Field(ge=0, le=100)]
    scale: Annotated[tuple[ScaleStep, ...], Field(max_length=20)] = ()


class Condition(Draft):
    """One condition of eligibility, with the proof that is wanted."""

    key: Key
    kind: ConditionKind
    text: SmallText
    proof: OptionalLine = None


class Item(Draft):
    """What is bought within a lot, and how much of it."""

    description: Line
    quantity: Annotated[int, Field(gt=0, le=10**9)]
    unit: Annotated[Line, Field(max_length=40)]


class FileLot(Draft):
    """A part that is bid for and awarded by itself. ``ceiling_fen`` is the most that a bid may ask."""

    id: UUID = Field(default_factory=new_id)
    number: Annotated[int, Field(ge=1, le=50)]
    title: Line
    description: OptionalText = None
    area_code: Annotated[Code, Field(max_length=12)]
    ceiling_fen: Amount
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = CNY
    starts_on: Day
    ends_on: Day
    items: Annotated[tuple[Item, ...], Field(max_length=50)] = ()


class PlannedMilestone(Draft):
    """A step of the contract to come: what is delivered until which day, and which share of the price is paid for it."""

    title: Line
    deliverable: SmallText
    due_on: Day
    share: Annotated[int, Field(ge=0, le=100)]


class FrameworkTerms(Draft):
    """How the framework works: how many suppliers at most, and how services are called off."""

    most_suppliers: Annotated[int, Field(ge=1, le=50)]
    ways: Annotated[tuple[CallOffWay, ...], Field(min_length=1, max_length=3)]


class FileDocument(Draft):
    """A paper that belongs to the file, by its hash."""

    id: UUID
    title: Line
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class TenderFile(Draft):
    """The file. ``problem`` and ``users`` come first because they say what the purchase is for."""

    title: Line
    problem: OptionalText = None
    users: OptionalText = None
    people_served: Annotated[int | None, Field(ge=1, le=25_000_000)] = None
    description: OptionalText = None
    standards: OptionalText = None
    acceptance: OptionalText = None
    category_code: Annotated[Code | None, BlankIsNone] = None
    audience_code: Annotated[Code | None, BlankIsNone] = None
    area_code: Annotated[Code, Field(max_length=12)]
    lots: Annotated[tuple[FileLot, ...], Field(max_length=50)] = ()
    conditions: Annotated[tuple[Condition, ...], Field(max_length=30)] = ()
    criteria: Annotated[tuple[Criterion, ...], Field(max_length=30)] = ()
    milestones: Annotated[tuple[PlannedMilestone, ...], Field(max_length=30)] = ()
    documents: Annotated[tuple[FileDocument, ...], Field(max_length=30)] = ()
    allows_consortia: bool = True
    tie_break: TieBreak = TieBreak.DRAW
    panel_size: Annotated[int | None, Field(ge=3, le=15)] = None
    framework: FrameworkTerms | None = None
    enquiries_end_at: Moment | None = None
    submissions_end_at: Moment | None = None
    official_notice_url: Annotated[
        Annotated[str, StringConstraints(pattern=r"^https?://\S{1,290}$")] | None, BlankIsNone
    ] = None

    def plain(self) -> dict[str, Any]:
        """The file as JSON values, the same for the same file: what is stored, hashed and read back."""
        return self.model_dump(mode="json")

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON."""
        return content_hash(self.plain())

    def criterion(self, key: str) -> Criterion | None:
        return next((one for one in self.criteria if one.key == key), None)

    @property
    def price(self) -> Criterion | None:
        """The price criterion, where there is one."""
        return next((one for one in self.criteria if one.kind is CriterionKind.PRICE), None)

    @property
    def ceiling_fen(self) -> int:
        """What all lots together may cost."""
        return sum(lot.ceiling_fen for lot in self.lots)


def read_file(content: dict[str, Any]) -> TenderFile:
    """A stored file as it was written."""
    return TenderFile.model_validate(content)


def moment_of(content: dict[str, Any], name: str) -> datetime | None:
    """One of the moments of a stored file, without reading all of it."""
    value = content.get(name)
    return datetime.fromisoformat(value) if value else None
