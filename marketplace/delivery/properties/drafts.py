"""What people hand in about compounds; read by ``kernel.input.read`` whichever way it came."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from marketplace.delivery.properties.performance import Direction, Per
from marketplace.delivery.properties.standards import Part, Unit
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.phones import Phone
from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Line, Printable, ShortText
from marketplace.kernel.money import Amount

Place = Annotated[str, StringConstraints(min_length=1, max_length=200), Printable]
AreaCode = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
PromiseText = Annotated[str, StringConstraints(min_length=1, max_length=300), Printable]
Home = Annotated[str, FullWidthFolded, StringConstraints(min_length=1, max_length=60), Printable]
OptionalReason = Annotated[ShortText | None, BlankIsNone]
# Far enough for any contract, and near enough that adding years stays a day.
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2200, 12, 31))]


def must_promise(target: int, given: ValidationInfo) -> int:
    """Raises ValueError for "at least nothing"; "at most nothing" is a promise."""
    if target == 0 and given.data.get("direction") == Direction.AT_LEAST:
        raise ValueError("promises_nothing")
    return target


Whole = Annotated[int, FullWidthFolded, Field(ge=0, le=1_000_000_000)]


class Side(StrEnum):
    """Who speaks in the talk before renewal. Words are keyed ``property_side.<value>``."""

    OWNER = "owner"
    COMPANY = "company"
    COMMUNITY = "community"


class CompoundDraft(Draft):
    """A compound as its community registers it."""

    area_code: AreaCode
    name: Line
    address: Place
    households: Annotated[int, FullWidthFolded, Field(ge=1, le=50_000)]
    buildings: Annotated[int, FullWidthFolded, Field(ge=1, le=2_000)]
    built_year: Annotated[Annotated[int, FullWidthFolded, Field(ge=1840, le=2200)] | None, BlankIsNone] = None


class ClaimDraft(Draft):
    """The home that somebody says they own: building and door."""

    home: Home


class ClaimDecisionDraft(Draft):
    """The community's answer. Who refuses says why."""

    is_confirmed: bool
    reason: OptionalReason = None


class DemandDraft(Draft):
    """What an owner asks of the company."""

    part: Part
    text: ShortText
    idempotency_key: Code


class WhyDraft(Draft):
    """Why something is declined, ended or hidden."""

    reason: ShortText


class PropertyContractDraft(Draft):
    """A contract with a company; ``fee_fen`` is per square metre and month."""

    organisation_id: UUID
    fee_fen: Annotated[Amount, Field(le=1_000_000)]
    starts_on: Day
    ends_on: Day
    standards: Annotated[tuple[Code, ...], Field(max_length=60)] = ()


class StandardsDraft(Draft):
    """Shipped standards to be put into the checklist."""

    codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=60)]


class LineDraft(Draft):
    """A line of the checklist that was agreed, or that answers the demand named."""

    part: Part
    text: PromiseText
    unit: Unit
    direction: Direction
    target: Annotated[Whole, AfterValidator(must_promise)]
    per: Per
    demand_id: Annotated[UUID | None, BlankIsNone] = None


class SourceDraft(Draft):
    """Who or what measures. The keeper is found by phone; not named, it is whoever registers the source."""

    name: Line
    kind: SourceKind
    keeper_phone: Annotated[Phone | None, BlankIsNone] = None


class FactDraft(Draft):
    """A measured value over some days. ``corrects_id`` names the fact that it takes the place of, with the reason in ``note``."""

    commitment_id: UUID
    source_id: UUID
    from_on: Day
    until_on: Day
    value: Whole
    note: OptionalReason = None
    corrects_id: Annotated[UUID | None, BlankIsNone] = None
    idempotency_key: Code


class MessageDraft(Draft):
    """A word in the talk before renewal."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=1000), Printable]
    idempotency_key: Code
