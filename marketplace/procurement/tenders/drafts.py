"""What people hand in about tenders; the file itself is ``file.TenderFile``."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from marketplace.kernel.input import BlankIsNone, Code, Draft, Line, Printable, ShortText
from marketplace.procurement.profiles import Procedure

QuestionText = Annotated[str, StringConstraints(min_length=1, max_length=2000), Printable]


class NewTenderDraft(Draft):
    """A tender to be written: for whom, by which procedure, and from what. ``list_item_id`` prefills the file from a service list,
    ``replaces_tender_id`` copies the file of a tender that ended without a result."""

    buyer_id: UUID
    procedure: Procedure
    title: Annotated[Line | None, BlankIsNone] = None
    list_item_id: Annotated[UUID | None, BlankIsNone] = None
    replaces_tender_id: Annotated[UUID | None, BlankIsNone] = None


class DocumentDraft(Draft):
    """A paper of the file: what it is called there, and the name it was handed in with."""

    title: Line
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=160), Printable]


class AmendmentDraft(Draft):
    """Why the file changes. ``affects_bids`` False says that nobody's bid need change, which only texts and papers can be."""

    reason: ShortText
    affects_bids: bool = True


class CancellationDraft(Draft):
    """Why a tender is called off, for everybody to read."""

    reason: ShortText


class QuestionDraft(Draft):
    """A question of an organisation. A repeated key is the same question."""

    organisation_id: UUID
    text: QuestionText
    idempotency_key: Code


class AnswerDraft(Draft):
    """The answer for all; ``version`` names the amendment that followed from the question, if one did."""

    answer: QuestionText
    version: Annotated[int | None, BlankIsNone, Field(ge=1, le=1000)] = None
