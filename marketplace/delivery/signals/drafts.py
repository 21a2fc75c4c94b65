"""What people hand in about whistles and wishes; read by ``kernel.input.read`` whichever way it came."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from marketplace.kernel.input import BlankIsNone, Code, Draft, Line, Printable, ShortText, Text
from marketplace.procurement.lists.drafts import ItemDraft
from marketplace.volunteering.drafts import AreaCodeGiven, Place

WishText = Annotated[ShortText | None, BlankIsNone]


class AnswerWhistleDraft(Draft):
    """What was done about it."""

    answer: Annotated[str, StringConstraints(min_length=1, max_length=1000), Printable]


class ServiceWishDraft(Draft):
    """More of a kind of service; without an area where the person lives."""

    service_type: Code
    area_code: Annotated[AreaCodeGiven | None, BlankIsNone] = None
    text: WishText = None


class NeedOfWishesDraft(Draft):
    """The need that wishes of an area become."""

    service_type: Code
    area_code: AreaCodeGiven
    title: Line
    description: Text
    place: Place
    idempotency_key: Code


class ItemOfWishesDraft(Draft):
    """The item that wishes of its area and category become, in an edition that is open to editing."""

    edition_id: UUID
    item: ItemDraft
    idempotency_key: Code
