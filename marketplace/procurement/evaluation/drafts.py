"""What people hand in about evaluation; read by ``kernel.input.read`` whichever way it came."""

from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from marketplace.identity.phones import Phone
from marketplace.kernel.input import (
    BlankIsNone,
    Code,
    Draft,
    FullWidthFolded,
    Line,
    OptionalLine,
    Printable,
    ShortText,
    Text,
)

MOST_POINTS: Final = 10_000
"""A hundred points, in hundredths."""

_LONGEST = 20


class ConflictKind(StrEnum):
    """How a member is tied to a bidder (实施条例 article 9). Its words are keyed ``conflict.<value>``."""

    EMPLOYMENT = "employment"
    OFFICE = "office"
    CONTROL = "control"
    KIN = "kin"
    OTHER = "other"


def _points(value: object) -> object:
    """Points as people write them, "88", "88.5" or ８８, in hundredths."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    text = str(value).strip()
    try:
        points = Decimal(text if len(text) <= _LONGEST else "")
    except InvalidOperation:
        raise ValueError("points") from None
    # The range first: 1e9999 is a number, and too long a one to be made whole.
    if not points.is_finite() or not 0 <= points <= MOST_POINTS // 100 or points * 100 != int(points * 100):
        raise ValueError("points")
    return int(points * 100)


Points = Annotated[int, BeforeValidator(_points), FullWidthFolded]
Reason = Annotated[str, StringConstraints(max_length=1000), Printable]


class ExpertDraft(Draft):
    """Somebody for the register, by the phone number they sign in with."""

    phone: Phone
    area_code: Annotated[Code, Field(max_length=12)]
    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    speciality: Line
    employer: OptionalLine = None
    employer_organisation_id: Annotated[UUID | None, BlankIsNone] = None


class PanelDraft(Draft):
    """Whom the buyer sends, by phone; the experts are drawn."""

    representatives: Annotated[tuple[Phone, ...], Field(max_length=5)] = ()


class RepresentativeDraft(Draft):
    """Whom the buyer sends for a seat that fell vacant."""

    phone: Phone


class ConflictDraft(Draft):
    """One tie to one bidder; ``until`` is its last day, nothing if it goes on."""

    organisation_id: UUID
    kind: ConflictKind
    until: Annotated[date | None, BlankIsNone] = None


class DeclarationDraft(Draft):
    """Every tie that the member has or had to any of the bidders; ``confirmed`` says that all of them were looked at."""

    conflicts: Annotated[tuple[ConflictDraft, ...], Field(max_length=100)] = ()
    confirmed: bool = False


class RecusalDraft(Draft):
    """Why the officer or the supervisor takes somebody off the panel."""

    reason: ShortText


class FindingDraft(Draft):
    """Whether a bid meets a condition of the file, and why."""

    condition_key: Code
    is_met: bool
    reason: ShortText


class ScoreDraft(Draft):
    """Points (0 to 100, two decimals at most) and the reason for one bid and criterion; a saved sheet may have gaps."""

    bid_lot_id: UUID
    criterion_key: Code
    points: Annotated[Points | None, BlankIsNone] = None
    reason: Reason = ""


class SheetDraft(Draft):
    """The scores of a sheet that are saved; others stay as they were."""

    scores: Annotated[tuple[ScoreDraft, ...], Field(max_length=3000)]


class PriceAnswerDraft(Draft):
    """Why the price can be kept, by the bidder."""

    text: Text


class PriceVoteDraft(Draft):
    """What a member thinks of the bidder's reasons."""

    is_accepted: bool
    reason: ShortText
