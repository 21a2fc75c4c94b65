"""Sealed bids in the graph, for their own bidders: drafted, sealed, handed in, replaced, withdrawn, each with its receipt."""

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.money import Money
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.procurement.bids import bid_drafts, consortia, queries, receipts, submissions
from marketplace.procurement.bids.drafts import ActDraft, BidDraftInput, ConsentDraft
from marketplace.procurement.bids.queries import ActRow, BidDesk, BidState
from marketplace.procurement.bids.queries import SupplierTender as SupplierTenderRow
from marketplace.procurement.bids.submissions import Act

strawberry.enum(BidState, name="BidState", description="Where a supplier stands in one tender.")
strawberry.enum(Act, name="BidAct", description="What a bidder did before the deadline.")

TenderId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Tender.")]
OrganisationId = Annotated[strawberry.ID, strawberry.argument(description="The id of your Organisation.")]


@strawberry.type(description="A receipt that the house signed for one act before the deadline.")
class BidReceipt:
    act: Act
    at: datetime
    tender_version: int
    number: int
    sealed_sha256: str | None
    json: str = strawberry.field(description="The whole receipt, for `marketplace verify receipt`.")

    @classmethod
    def of(cls, row: ActRow) -> "BidReceipt":
        return cls(
            act=row.kind,
            at=row.at,
            tender_version=row.tender_version,
            number=row.receipt["number"],
            sealed_sha256=row.receipt["sealed_sha256"],
            json=json.dumps(row.receipt, sort_keys=True),
        )


@strawberry.type(description="A tender on your supplier's desk. Nobody else sees it.")
class SupplierTender:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID
    title: str
    reference: str
    buyer: str
    ends_at: datetime
    state: BidState

    @classmethod
    def of(cls, row: SupplierTenderRow) -> "SupplierTender":
        return cls(
            tender_id=global_id("Tender", row.tender_id),
            organisation_id=global_id("Organisation", row.organisation_id),
            title=row.title,
            reference=row.reference,
            buyer=row.buyer,
            ends_at=row.ends_at,
            state=row.state,
        )


@strawberry.type(description="What you offer for one lot in a draft.")
class DraftOffer:
    lot_id: strawberry.ID
    price: Money


@strawberry.type(description="What you declare for one criterion of the tender file.")
class BidAnswer:
    key: str
    text: str


@strawberry.type(description="A bid that you are writing, kept encrypted.")
class BidDraft:
    saved_at: datetime
    offers: list[DraftOffer]
    answers: list[BidAnswer]
    conditions: list[str]
    partner_ids: list[strawberry.ID]


@strawberry.type(description="Your own bid in one tender. Nobody else sees it before the opening.")
class MyBid:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID
    state: BidState
    is_open: bool = strawberry.field(description="Whether a bid would be taken now, by the database's clock.")
    draft: BidDraft | None
    receipts: list[BidReceipt]
    agreed_partner_ids: list[strawberry.ID] = strawberry.field(
        description="Organisations that agreed to bid under your lead."
    )
    lead_ids: list[strawberry.ID] = strawberry.field(
        description="Organisations under which you agreed to bid."
    )

    @classmethod
    def of(cls, desk: BidDesk) -> "MyBid":
        return cls(
            tender_id=global_id("Tender", desk.tender.id),
            organisation_id=global_id("Organisation", desk.organisation.id),
            state=desk.state,
            is_open=desk.is_open,
            draft=_draft(desk),
            receipts=[BidReceipt.of(act) for act in desk.acts],
            agreed_partner_ids=[global_id("Organisation", one.id) for one in desk.partners],
            lead_ids=[global_id("Organisation", one.id) for one in desk.leads],
        )


def _draft(desk: BidDesk) -> BidDraft | None:
    if desk.kept is None:
        return None
    draft, currencies = desk.kept.draft, {lot.id: lot.currency for lot in desk.known.file.lots}
    return BidDraft(
        saved_at=desk.kept.saved_at,
        offers=[
            DraftOffer(
                lot_id=global_id("Lot", offer.lot_id),
                price=Money.of(offer.price, currencies.get(offer.lot_id, "CNY")),
            )
            for offer in draft.offers
            if offer.price is not None
        ],
        answers=[BidAnswer(key=key, text=text) for key, text in draft.answers.items()],
        conditions=list(draft.conditions),
        partner_ids=[global_id("Organisation", one) for one in draft.partners],
    )


@strawberry.type
class BidQueries:
    @strawberry.field(description="The tenders that your organisations follow or bid for.")
    async def my_supplier_tenders(self, info: Info) -> list[SupplierTender]:
        rows = await info.context.ask(queries.supplier_desk, info.context.house.vault)
        return [SupplierTender.of(row) for row in rows]

    @strawberry.field(description="Your own bid in a tender.")
    async def my_bid(self, info: Info, tender_id: TenderId, organisation_id: OrganisationId) -> MyBid:
        return await _my_bid(
            info.context, key_of("Tender", tender_id), key_of("Organisation", organisation_id)
        )

    @strawberry.field(
        description="The public key with which anybody checks this house's receipts (Ed25519, hexadecimal)."
    )
    async def receipt_key(self, info: Info) -> str:
        return receipts.public_key(info.context.house.vault)


@strawberry.input
class BidOfferInput:
    lot_id: strawberry.ID
    price: str = strawberry.field(description="In yuan, as people write it: `100,000.00`.")


@strawberry.input
class BidAnswerInput:
    key: str = strawberry.field(description="The criterion's key in the tender file.")
    text: str


@strawberry.input
class SaveBidDraftInput:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID
    offers: list[BidOfferInput]
    answers: list[BidAnswerInput] = strawberry.field(default_factory=list)
    conditions: list[str] = strawberry.field(
        default_factory=list, description="The keys of the conditions that you declare to meet."
    )
    partner_ids: list[strawberry.ID] = strawberry.field(default_factory=list)


@strawberry.input
class BidActInput:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID
    version: int = strawberry.field(description="The version of the tender file that you looked at.")
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each act; repeated, it gives the first answer."
    )


@strawberry.input
class SubmitSealedBidInput(BidActInput):
    sealed: str = strawberry.field(
        description="What `marketplace tender seal` wrote, in base64. Larger bids are uploaded on the page."
    )


@strawberry.input
class ConsortiumInput:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID = strawberry.field(description="Yours, which will be the partner.")
    lead_id: strawberry.ID = strawberry.field(description="The Organisation that hands in the bid.")


@strawberry.type(description="Your bid as it is now.")
class ChangedBid:
    bid: MyBid


BidResult: TypeAlias = Annotated[ChangedBid | Problems, strawberry.union("BidResult")]


@strawberry.type
class BidMutations:
    @strawberry.mutation(description="Keep what you wrote of a bid so far, encrypted.")
    async def save_bid_draft(self, info: Info, input: SaveBidDraftInput) -> BidResult:
        tender_id, organisation_id = _ids(input)
        draft = read(
            BidDraftInput,
            {
                "organisation_id": organisation_id,
                "offers": [{"lot_id": key_of("Lot", one.lot_id), "price": one.price} for one in input.offers],
                "answers": {one.key: one.text for one in input.answers},
                "conditions": input.conditions,
                "partners": [key_of("Organisation", one) for one in input.partner_ids],
            },
        )
        await info.context.do(bid_drafts.save, tender_id, draft, info.context.house.vault)
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))

    @strawberry.mutation(
        description="Seal your draft, without papers, and hand it in. Papers are added on the page, or sealed on your own machine."
    )
    async def seal_and_submit_bid(self, info: Info, input: BidActInput) -> BidResult:
        house, (tender_id, organisation_id) = info.context.house, _ids(input)
        await info.context.do(
            bid_drafts.seal_and_submit, tender_id, _act(input), [], house.vault, house.files
        )
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))

    @strawberry.mutation(description="Hand in a bid that was sealed on your own machine.")
    async def submit_sealed_bid(self, info: Info, input: SubmitSealedBidInput) -> BidResult:
        house, (tender_id, organisation_id) = info.context.house, _ids(input)
        try:
            sealed = base64.b64decode(input.sealed, validate=True)
        except (binascii.Error, ValueError):
            raise InputIsInvalid.of("sealed", "base64") from None
        await info.context.do(submissions.submit, tender_id, _act(input), sealed, house.vault, house.files)
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))

    @strawberry.mutation(description="Take your bid back; you may hand in another until the deadline.")
    async def withdraw_bid(self, info: Info, input: BidActInput) -> BidResult:
        tender_id, organisation_id = _ids(input)
        await info.context.do(submissions.withdraw, tender_id, _act(input), info.context.house.vault)
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))

    @strawberry.mutation(description="Say that your bid stands, unchanged, for the amended file too.")
    async def confirm_bid(self, info: Info, input: BidActInput) -> BidResult:
        tender_id, organisation_id = _ids(input)
        await info.context.do(submissions.confirm, tender_id, _act(input), info.context.house.vault)
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))

    @strawberry.mutation(description="Agree to bid under another organisation's lead.")
    async def agree_to_consortium(self, info: Info, input: ConsortiumInput) -> BidResult:
        tender_id, organisation_id = _ids(input)
        draft = ConsentDraft(organisation_id=organisation_id, lead_id=key_of("Organisation", input.lead_id))
        await info.context.do(consortia.agree, tender_id, draft, info.context.house.vault)
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))

    @strawberry.mutation(description="Take that consent back, until the deadline.")
    async def leave_consortium(self, info: Info, input: ConsortiumInput) -> BidResult:
        tender_id, organisation_id = _ids(input)
        draft = ConsentDraft(organisation_id=organisation_id, lead_id=key_of("Organisation", input.lead_id))
        await info.context.do(consortia.disagree, tender_id, draft, info.context.house.vault)
        return ChangedBid(bid=await _my_bid(info.context, tender_id, organisation_id))


def _ids(input: SaveBidDraftInput | BidActInput | ConsortiumInput) -> tuple[UUID, UUID]:
    return key_of("Tender", input.tender_id), key_of("Organisation", input.organisation_id)


def _act(input: BidActInput) -> ActDraft:
    fields: dict[str, Any] = {
        name: value for name, value in given(input).items() if name in ("version", "idempotency_key")
    }
    return read(ActDraft, {**fields, "organisation_id": key_of("Organisation", input.organisation_id)})


async def _my_bid(context: Context, tender_id: UUID, organisation_id: UUID) -> MyBid:
    return MyBid.of(await context.ask(queries.desk, tender_id, organisation_id, context.house.vault))
