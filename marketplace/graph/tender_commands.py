"""What is done with tenders over the graph: begun, saved, mended, published, amended, called off, followed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.db.session import Session
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import change, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.graph.tender_file import TenderFileInput, file_fields
from marketplace.graph.tenders import Tender, TenderDraft, TenderId, draft_of
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.procurement.bids.keys import must_be_ready
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import amendments, documents, drafting, follows, mending, tenders
from marketplace.procurement.tenders.drafts import AmendmentDraft, CancellationDraft, NewTenderDraft
from marketplace.procurement.tenders.file import TenderFile

FollowCommand: TypeAlias = Callable[[Session, Viewer, UUID, UUID], Awaitable[None]]


@strawberry.input(
    description="What a tender begins with: an item of a service list, a tender that ended, or nothing."
)
class StartTenderInput:
    buyer_id: strawberry.ID
    procedure: Procedure
    title: str | None = None
    list_item_id: strawberry.ID | None = None
    replaces_tender_id: strawberry.ID | None = strawberry.field(
        default=None, description="A tender that was cancelled or ended without a result; its file is copied."
    )
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input
class SaveTenderInput:
    tender_id: strawberry.ID
    draft_version: int = strawberry.field(
        description="Of the draft that you changed; a newer one is not overwritten."
    )
    file: TenderFileInput


@strawberry.input
class MendTenderInput:
    tender_id: strawberry.ID
    draft_version: int
    code: str = strawberry.field(description="The finding's code.")
    field: str = strawberry.field(description="The finding's field.")


@strawberry.input
class AmendTenderInput:
    tender_id: strawberry.ID
    reason: str = strawberry.field(description="For everybody to read.")
    affects_bids: bool = strawberry.field(
        default=True,
        description="False, where only texts and papers changed, leaves bids and the deadline as they are.",
    )


@strawberry.input
class CancelTenderInput:
    tender_id: strawberry.ID
    reason: str = strawberry.field(description="For everybody to read.")


@strawberry.input
class FollowTenderInput:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID


@strawberry.type(description="The tender as it is now.")
class ChangedTender:
    tender: Tender


@strawberry.type(description="The draft as it is now.")
class ChangedTenderDraft:
    draft: TenderDraft


TenderResult: TypeAlias = Annotated[ChangedTender | Problems, strawberry.union("TenderResult")]
TenderDraftResult: TypeAlias = Annotated[ChangedTenderDraft | Problems, strawberry.union("TenderDraftResult")]


@strawberry.type
class TenderMutations:
    @strawberry.mutation(description="As officer: begin a tender.")
    async def start_tender(self, info: Info, input: StartTenderInput) -> TenderDraftResult:
        fields = given(input)
        key = fields.pop("idempotency_key")
        for name, kind in (
            ("buyer_id", "Buyer"),
            ("list_item_id", "ListItem"),
            ("replaces_tender_id", "Tender"),
        ):
            fields[name] = key_of(kind, fields[name]) if fields[name] is not None else None
        started = await info.context.do(drafting.start, read(NewTenderDraft, fields), key)
        return ChangedTenderDraft(draft=await draft_of(info, started))

    @strawberry.mutation(
        description="As officer: save the draft, or the amendment to come. Answers with the linter's findings."
    )
    async def save_tender(self, info: Info, input: SaveTenderInput) -> TenderDraftResult:
        tender_id = key_of("Tender", input.tender_id)
        file = read(TenderFile, file_fields(input.file))
        await info.context.do(drafting.save, tender_id, file, input.draft_version)
        return ChangedTenderDraft(draft=await draft_of(info, tender_id))

    @strawberry.mutation(description="As officer: let a finding that needs no judgement be mended.")
    async def mend_tender(self, info: Info, input: MendTenderInput) -> TenderDraftResult:
        tender_id = key_of("Tender", input.tender_id)
        await info.context.do(mending.mend, tender_id, input.code, input.field, input.draft_version)
        return ChangedTenderDraft(draft=await draft_of(info, tender_id))

    @strawberry.mutation(description="As officer: throw the amendment in preparation away.")
    async def reset_tender_draft(self, info: Info, tender_id: TenderId) -> TenderDraftResult:
        key = key_of("Tender", tender_id)
        await info.context.do(drafting.reset, key)
        return ChangedTenderDraft(draft=await draft_of(info, key))

    @strawberry.mutation(
        description="As officer: take a paper out of the draft. Papers are handed in at a page."
    )
    async def remove_tender_document(
        self,
        info: Info,
        document_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a TenderPaper.")],
    ) -> TenderDraftResult:
        tender_id = await info.context.do(documents.remove, key_of("TenderDocument", document_id))
        return ChangedTenderDraft(draft=await draft_of(info, tender_id))

    @strawberry.mutation(
        description="As officer: put a file before the public. The linter and the key of the bids must agree."
    )
    async def publish_tender(self, info: Info, tender_id: TenderId) -> TenderResult:
        publish = partial(tenders.publish, must_be_ready=must_be_ready)
        return ChangedTender(tender=await change(info.context, Tender, tender_id, publish))

    @strawberry.mutation(description="As officer: make the saved draft the next version of a published file.")
    async def amend_tender(self, info: Info, input: AmendTenderInput) -> TenderResult:
        fields = given(input)
        amend = partial(amendments.amend, draft=read(AmendmentDraft, _without_id(fields)))
        return ChangedTender(tender=await change(info.context, Tender, input.tender_id, amend))

    @strawberry.mutation(description="As officer: call a tender off before its award, or throw a draft away.")
    async def cancel_tender(self, info: Info, input: CancelTenderInput) -> TenderResult:
        fields = given(input)
        cancel = partial(tenders.cancel, draft=read(CancellationDraft, _without_id(fields)))
        return ChangedTender(tender=await change(info.context, Tender, input.tender_id, cancel))

    @strawberry.mutation(description="As an organisation's manager: hear of what becomes of a tender.")
    async def follow_tender(self, info: Info, input: FollowTenderInput) -> TenderResult:
        return await _follow(info, input, follows.follow)

    @strawberry.mutation(description="As an organisation's manager: hear of it no more.")
    async def unfollow_tender(self, info: Info, input: FollowTenderInput) -> TenderResult:
        return await _follow(info, input, follows.unfollow)


def _without_id(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name != "tender_id"}


async def _follow(info: Info, input: FollowTenderInput, command: FollowCommand) -> ChangedTender:
    tender_id = key_of("Tender", input.tender_id)
    await info.context.do(command, tender_id, key_of("Organisation", input.organisation_id))
    return ChangedTender(tender=await must_fetch(info.context, Tender, tender_id))
