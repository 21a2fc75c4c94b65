"""Openings in the graph: openers named, their codes and parts, the tender's key, the public record, and the opened bids for whom they concern."""

import json
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.bids import BidAnswer, TenderId
from marketplace.graph.context import Context, Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.procurement.bids import keys, openers, openings, queries, reading
from marketplace.procurement.bids.drafts import OpenerCodeDraft, OpenersDraft
from marketplace.procurement.bids.keys import PublicKeyRow
from marketplace.procurement.bids.queries import OpenerRow, OpeningRow
from marketplace.procurement.bids.reading import OpenedBidRow


@strawberry.type(
    description="The key to which bids for a tender are sealed. Any three of five openers open, and no two."
)
class TenderKey:
    public_key: str = strawberry.field(description="X25519, hexadecimal.")
    fingerprint: str
    threshold: int
    shares: int
    combinations_tried: int = strawberry.field(
        description="How many combinations of openers opened a sealed sample before publication."
    )
    commitments: list[str] = strawberry.field(description="What each opener's part was promised to be.")
    json: str = strawberry.field(description="The key file for `marketplace tender seal`.")

    @classmethod
    def of(cls, row: PublicKeyRow, file: dict[str, Any]) -> "TenderKey":
        return cls(
            public_key=row.public_key,
            fingerprint=row.fingerprint,
            threshold=row.threshold,
            shares=row.shares,
            combinations_tried=row.combinations_tried,
            commitments=[one.commitment for one in row.openers],
            json=json.dumps(file, ensure_ascii=False, sort_keys=True),
        )


@strawberry.type(description="An offer in the record of an opening.")
class RecordedOffer:
    lot_id: strawberry.ID
    lot_number: int
    price: Money
    refused_for: str | None


@strawberry.type(description="A bid in the record of an opening.")
class RecordedBid:
    number: int
    name: str | None = strawberry.field(description="Null where nobody's name can be told.")
    partners: list[str]
    submitted_at: datetime
    sealed_sha256: str
    refused_for: str | None
    offers: list[RecordedOffer]

    @classmethod
    def of(cls, told: dict[str, Any]) -> "RecordedBid":
        return cls(
            number=told["number"],
            name=told["name"],
            partners=[one["name"] for one in told["partners"] if one["name"]],
            submitted_at=datetime.fromisoformat(told["submitted_at"]),
            sealed_sha256=told["sealed_sha256"],
            refused_for=told["refused_for"],
            offers=[
                RecordedOffer(
                    lot_id=global_id("Lot", lot["lot"]),
                    lot_number=lot["number"],
                    price=Money.of(lot["price_fen"], lot["currency"]),
                    refused_for=lot["refused_for"],
                )
                for lot in told["lots"]
            ],
        )


@strawberry.type(description="The opening of a tender's bids. Before it, nothing here depends on bids.")
class BidOpening:
    tender_id: strawberry.ID
    ends_at: datetime
    is_due: bool
    given: int = strawberry.field(description="Parts of the key that openers gave.")
    threshold: int
    opened_at: datetime | None
    bids: list[RecordedBid]
    record_hash: str | None
    json: str | None = strawberry.field(description="The whole record; the hash is over its canonical form.")

    @classmethod
    def of(cls, row: OpeningRow) -> "BidOpening":
        record = row.record
        return cls(
            tender_id=global_id("Tender", row.tender_id),
            ends_at=row.ends_at,
            is_due=row.is_due,
            given=row.given,
            threshold=row.threshold,
            opened_at=row.opened_at,
            bids=[RecordedBid.of(one) for one in record["bids"]] if record else [],
            record_hash=row.record_hash,
            json=json.dumps(record, ensure_ascii=False, sort_keys=True) if record else None,
        )


@strawberry.type(description="Your place among the openers of a tender.")
class OpenerPlace:
    tender_id: strawberry.ID
    title: str
    number: int
    code_made_at: datetime | None
    code_confirmed_at: datetime | None
    key_ready_at: datetime | None
    ends_at: datetime | None
    is_due: bool
    given_at: datetime | None
    opened_at: datetime | None

    @classmethod
    def of(cls, row: OpenerRow) -> "OpenerPlace":
        same = (
            "title", "number", "code_made_at", "code_confirmed_at", "key_ready_at", "ends_at", "is_due",
            "given_at", "opened_at",
        )  # fmt: skip
        return cls(
            tender_id=global_id("Tender", row.tender_id), **{name: getattr(row, name) for name in same}
        )


@strawberry.type(description="What an opened bid offers for one lot.")
class OpenedOffer:
    lot_id: strawberry.ID
    price: Money
    answers: list[BidAnswer]
    refused_for: str | None


@strawberry.type(
    description="An opened bid, for the buyer, the supervisor and its own bidder. Looking at it is noted."
)
class OpenedBid:
    bidder: str | None
    refused_for: str | None
    content_sha256: str | None
    offers: list[OpenedOffer]
    papers: list[str] = strawberry.field(description="The names of the papers; the page gives their bytes.")

    @classmethod
    def of(cls, row: OpenedBidRow) -> "OpenedBid":
        return cls(
            bidder=row.bidder,
            refused_for=row.bid.refused_for,
            content_sha256=row.bid.content_hash,
            offers=[
                OpenedOffer(
                    lot_id=global_id("Lot", offer.lot_id),
                    price=Money.of(offer.price_fen, offer.currency),
                    answers=[BidAnswer(key=key, text=text) for key, text in offer.answers.items()],
                    refused_for=offer.refused_for,
                )
                for offer in row.offers
            ],
            papers=[paper.file_name for paper in row.documents],
        )


@strawberry.type
class OpeningQueries:
    @strawberry.field(description="The key of a published tender.")
    async def tender_key(self, info: Info, tender_id: TenderId) -> TenderKey:
        async with info.context.reading() as session:
            key = key_of("Tender", tender_id)
            return TenderKey.of(await keys.public(session, key), await keys.key_file(session, key))

    @strawberry.field(description="The opening of a published tender's bids, before and after.")
    async def bid_opening(self, info: Info, tender_id: TenderId) -> BidOpening:
        async with info.context.reading() as session:
            return BidOpening.of(await queries.opening(session, key_of("Tender", tender_id)))

    @strawberry.field(description="The tenders whose bids you open, at most 100, the newest first.")
    async def my_openings(self, info: Info) -> list[OpenerPlace]:
        return [OpenerPlace.of(row) for row in await info.context.ask(queries.opener_desk)]

    @strawberry.field(
        description="The opened bids that you may read; that you looked is noted. Before the opening everybody is refused, on record."
    )
    async def opened_bids(self, info: Info, tender_id: TenderId) -> list[OpenedBid]:
        rows = await info.context.see(reading.bids, key_of("Tender", tender_id))
        return [OpenedBid.of(row) for row in rows]


@strawberry.input
class NameOpenersInput:
    tender_id: strawberry.ID
    phones: list[str] = strawberry.field(
        description="The numbers with which the five sign in, in the order of their parts."
    )


@strawberry.input
class OpenerCodeInput:
    tender_id: strawberry.ID
    code: str = strawberry.field(
        description="As you wrote it down; capitals or small letters, with or without gaps."
    )


@strawberry.type(description="Your code. It is told this once: write it on paper.")
class OpenerCode:
    code: str


@strawberry.type(description="Who is named, and whether the key is ready.")
class NamedOpeners:
    names: list[str]
    is_ready: bool


@strawberry.type(description="Your place among the openers as it is now.")
class ChangedOpening:
    place: OpenerPlace


NameOpenersResult: TypeAlias = Annotated[NamedOpeners | Problems, strawberry.union("NameOpenersResult")]
OpenerCodeResult: TypeAlias = Annotated[OpenerCode | Problems, strawberry.union("OpenerCodeResult")]
OpeningResult: TypeAlias = Annotated[ChangedOpening | Problems, strawberry.union("OpeningResult")]


@strawberry.type
class OpeningMutations:
    @strawberry.mutation(description="As buyer: name all openers of a tender that is not published.")
    async def name_openers(self, info: Info, input: NameOpenersInput) -> NameOpenersResult:
        tender_id = key_of("Tender", input.tender_id)
        draft = read(OpenersDraft, {"phones": input.phones})
        await info.context.do(openers.name, tender_id, draft, info.context.house.vault)
        async with info.context.reading() as session:
            named = await queries.named_openers(session, tender_id)
            ready = await keys.is_ready(session, tender_id)
        return NamedOpeners(names=[one.name for one in named], is_ready=ready)

    @strawberry.mutation(description="As opener: make your code. Until it is confirmed you may make another.")
    async def make_opener_code(self, info: Info, tender_id: TenderId) -> OpenerCodeResult:
        return OpenerCode(code=await info.context.do(openers.make_code, key_of("Tender", tender_id)))

    @strawberry.mutation(description="As opener: type the code again, from paper.")
    async def confirm_opener_code(self, info: Info, input: OpenerCodeInput) -> OpeningResult:
        tender_id = key_of("Tender", input.tender_id)
        draft = read(OpenerCodeDraft, {"code": input.code})
        await info.context.do(openers.confirm_code, tender_id, draft)
        return await _place(info.context, tender_id)

    @strawberry.mutation(
        description="As opener: give your part after the deadline. The last one needed opens all bids."
    )
    async def give_opening_share(self, info: Info, input: OpenerCodeInput) -> OpeningResult:
        house, tender_id = info.context.house, key_of("Tender", input.tender_id)
        draft = read(OpenerCodeDraft, {"code": input.code})
        await info.context.do(openings.give_share, tender_id, draft, house.vault, house.files)
        return await _place(info.context, tender_id)


async def _place(context: Context, tender_id: UUID) -> ChangedOpening:
    return ChangedOpening(place=OpenerPlace.of(await context.ask(queries.opener_place, tender_id)))
