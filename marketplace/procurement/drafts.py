"""What people hand in about buyers."""

from typing import Annotated

from pydantic import Field

from marketplace.kernel.input import BlankIsNone, Code, Draft, Line, OptionalLine
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
