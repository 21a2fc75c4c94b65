"""What is in a bid: one typed document, the same whether a page, a program or a bidder's own machine wrote it."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from marketplace.kernel.input import Code, Draft, Printable
from marketplace.kernel.money import MOST_FEN

FORMAT: Final = "wushe-bid/1"
MOST_LOTS: Final = 100
MOST_PARTNERS: Final = 10
MOST_ANSWERS: Final = 100
MOST_DOCUMENTS: Final = 40

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Declared = Annotated[str, StringConstraints(min_length=1, max_length=2000), Printable]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN, strict=True)]


class BidLot(Draft):
    """An offer for one lot: the price in fen and what the bidder declares for each criterion, by the criterion's code."""

    lot: UUID
    price: Fen
    currency: Currency = "CNY"
    answers: Annotated[dict[Code, Declared], Field(max_length=MOST_ANSWERS)] = Field(default_factory=dict)


class BidDocument(Draft):
    """A paper of the bid; its bytes travel behind the document, in the order of these lines."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=160), Printable]
    media_type: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(ge=1, strict=True)]
    sha256: Sha256


class BidFile(Draft):
    """A whole bid. It names its tender, the version of the tender's file and its bidder, so that it counts nowhere else."""

    format: Literal["wushe-bid/1"] = FORMAT
    tender: UUID
    tender_hash: Sha256
    bidder: UUID
    partners: Annotated[tuple[UUID, ...], Field(max_length=MOST_PARTNERS)] = ()
    lots: Annotated[tuple[BidLot, ...], Field(max_length=MOST_LOTS)]
    conditions: Annotated[tuple[Code, ...], Field(max_length=MOST_ANSWERS)] = ()
    documents: Annotated[tuple[BidDocument, ...], Field(max_length=MOST_DOCUMENTS)] = ()

    @model_validator(mode="after")
    def _names_nothing_twice(self) -> Self:
        lots = [one.lot for one in self.lots]
        if len(set(lots)) != len(lots):
            raise ValueError("lot_twice")
        members = [self.bidder, *self.partners]
        if len(set(members)) != len(members):
            raise ValueError("partner_twice")
        return self
