"""What people hand in about buyers."""

from datetime import date
from typing import Annotated

from pydantic import Field

from marketplace.kernel.input import BlankIsNone, Code, Draft, Line, OptionalLine, Printable
from marketplace.organisations.credit_code import CreditCode


class BuyerDraft(Draft):
    """A buyer with its public contact."""

    area_code: Annotated[Code, Field(max_length=12)]
    name: Line
    credit_code: Annotated[CreditCode | None, BlankIsNone] = None
    address: OptionalLine = None
    contact_name: OptionalLine = None
    contact_phone: OptionalLine = None
    contact_email: OptionalLine = None


class DayDraft(Draft):
    """A day that is not what its weekday says, by which notice of the State Council."""

    day: date
    is_working: bool = False
    name_zh: Annotated[Line, Field(max_length=60)]
    name_en: Annotated[Line, Field(max_length=60)]
    source: Annotated[str, Field(min_length=1, max_length=200), Printable]
