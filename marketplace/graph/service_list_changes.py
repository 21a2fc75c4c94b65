"""What can be done with service lists in the graph: by the buyer's officers, by the public, by moderators and followers."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import change, key_of, must_fetch
from marketplace.graph.problems import Problems
from marketplace.graph.service_lists import ListComment, ListEdition, ListItem, ServiceList
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.procurement.lists import comments, editions, follows, items, lists
from marketplace.procurement.lists.drafts import (
    AnswerDraft,
    CommentDraft,
    ConsultationDraft,
    EditionDraft,
    FinaliseDraft,
    HideDraft,
    ItemDraft,
    ListDraft,
    Renewal,
    WithdrawDraft,
)

_KEY = "A UUID of your choice; repeated, it gives the first answer."


@strawberry.input
class BeginServiceListInput:
    buyer_id: strawberry.ID
    title: str
    starts_on: date
    ends_on: date
    idempotency_key: UUID | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class BeginListEditionInput:
    list_id: strawberry.ID
    reason: str = strawberry.field(description="Why there is a new edition; it is public.")


@strawberry.input(description="What an item says.")
class ListItemInput:
    title: str
    description: str
    category_code: str
    audience_code: str | None = strawberry.UNSET
    area_code: str
    people_served: int | None = strawberry.UNSET
    budget: str = strawberry.field(description="In yuan, as people write it: 200000.00, 200,000, 20万.")
    quantity: int
    unit: str
    planned_tender_on: date
    starts_on: date
    ends_on: date
    renewal: Renewal = Renewal.NONE
    standards: str


@strawberry.input
class AddListItemInput:
    edition_id: strawberry.ID
    item: ListItemInput
    idempotency_key: UUID | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class ChangeListItemInput:
    edition_id: strawberry.ID
    item_id: strawberry.ID
    item: ListItemInput


@strawberry.input
class RemoveListItemInput:
    edition_id: strawberry.ID
    item_id: strawberry.ID


@strawberry.input
class OpenListConsultationInput:
    edition_id: strawberry.ID
    ends_on: date = strawberry.field(description="The last day on which the public may comment.")


@strawberry.input
class FinaliseListEditionInput:
    edition_id: strawberry.ID
    answer: str = strawberry.field(description="How the comments were taken up; it is public.")


@strawberry.input
class WithdrawListEditionInput:
    edition_id: strawberry.ID
    reason: str


@strawberry.input
class CommentOnListInput:
    edition_id: strawberry.ID
    text: str
    item_id: strawberry.ID | None = None
    organisation_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of yours, where you speak for it."
    )
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each comment; repeated, it gives the first answer."
    )


@strawberry.input
class AnswerListCommentInput:
    comment_id: strawberry.ID
    answer: str


@strawberry.input
class HideListCommentInput:
    comment_id: strawberry.ID
    reason: str


@strawberry.input
class FollowItemInput:
    item_id: strawberry.ID
    organisation_id: strawberry.ID


@strawberry.type(description="The list as it is now.")
class ChangedServiceList:
    list: ServiceList


@strawberry.type(description="The edition as it is now.")
class ChangedListEdition:
    edition: ListEdition


@strawberry.type(description="The comment as it is now.")
class ChangedListComment:
    comment: ListComment


@strawberry.type(description="The item as it is now.")
class ChangedListItem:
    item: ListItem


ServiceListResult: TypeAlias = Annotated[ChangedServiceList | Problems, strawberry.union("ServiceListResult")]
ListEditionResult: TypeAlias = Annotated[ChangedListEdition | Problems, strawberry.union("ListEditionResult")]
ListCommentResult: TypeAlias = Annotated[ChangedListComment | Problems, strawberry.union("ListCommentResult")]
FollowResult: TypeAlias = Annotated[ChangedListItem | Problems, strawberry.union("FollowItemResult")]


def item_draft(input: ListItemInput) -> ItemDraft:
    """The item as its draft. Raises InputIsInvalid, with the budget's faults under the name that the client knows."""
    fields = given(input)
    fields["budget_fen"] = fields.pop("budget")
    try:
        return read(ItemDraft, fields)
    except InputIsInvalid as error:
        # The client wrote ``budget``; what is wrong with it is told under that name.
        told = [replace(one, field="budget") if one.field == "budget_fen" else one for one in error.problems]
        raise InputIsInvalid(told) from None


async def _edition(context: Context, given_id: strawberry.ID, command: Any) -> ChangedListEdition:
    return ChangedListEdition(edition=await change(context, ListEdition, given_id, command))


async def _comment(context: Context, given_id: strawberry.ID, command: Any) -> ChangedListComment:
    return ChangedListComment(comment=await change(context, ListComment, given_id, command))


@strawberry.type
class ServiceListMutations:
    @strawberry.mutation(description="As procurement officer: begin a list, with an empty first edition.")
    async def begin_service_list(self, info: Info, input: BeginServiceListInput) -> ServiceListResult:
        fields = given(input)
        key = fields.pop("idempotency_key")
        fields["buyer_id"] = key_of("Buyer", fields["buyer_id"])
        begun = await info.context.do(lists.start, read(ListDraft, fields), key)
        return ChangedServiceList(list=await must_fetch(info.context, ServiceList, begun))

    @strawberry.mutation(description="As procurement officer: begin the next edition as a copy of the last.")
    async def begin_list_edition(self, info: Info, input: BeginListEditionInput) -> ListEditionResult:
        list_id = key_of("ServiceList", input.list_id)
        draft = read(EditionDraft, {"reason": input.reason})
        begun = await info.context.do(lists.begin_edition, list_id, draft)
        return ChangedListEdition(edition=await must_fetch(info.context, ListEdition, begun))

    @strawberry.mutation(description="As procurement officer: add an item to an edition.")
    async def add_list_item(self, info: Info, input: AddListItemInput) -> ListEditionResult:
        add = partial(items.add, draft=item_draft(input.item), key=input.idempotency_key)
        return await _edition(info.context, input.edition_id, add)

    @strawberry.mutation(description="As procurement officer: let an item say something else.")
    async def change_list_item(self, info: Info, input: ChangeListItemInput) -> ListEditionResult:
        item_id = key_of("ListItem", input.item_id)
        command = partial(items.change, item_id=item_id, draft=item_draft(input.item))
        return await _edition(info.context, input.edition_id, command)

    @strawberry.mutation(description="As procurement officer: take an item out of an edition.")
    async def remove_list_item(self, info: Info, input: RemoveListItemInput) -> ListEditionResult:
        command = partial(items.remove, item_id=key_of("ListItem", input.item_id))
        return await _edition(info.context, input.edition_id, command)

    @strawberry.mutation(description="As procurement officer: put a draft before the public.")
    async def open_list_consultation(self, info: Info, input: OpenListConsultationInput) -> ListEditionResult:
        draft = read(ConsultationDraft, {"ends_on": input.ends_on})
        return await _edition(
            info.context, input.edition_id, partial(editions.open_consultation, draft=draft)
        )

    @strawberry.mutation(description="As procurement officer: bring a consulted edition into force.")
    async def finalise_list_edition(self, info: Info, input: FinaliseListEditionInput) -> ListEditionResult:
        draft = read(FinaliseDraft, {"answer": input.answer})
        return await _edition(info.context, input.edition_id, partial(editions.finalise, draft=draft))

    @strawberry.mutation(description="As procurement officer: end an edition that is not final.")
    async def withdraw_list_edition(self, info: Info, input: WithdrawListEditionInput) -> ListEditionResult:
        draft = read(WithdrawDraft, {"reason": input.reason})
        return await _edition(info.context, input.edition_id, partial(editions.withdraw, draft=draft))

    @strawberry.mutation(description="Say something about an edition that is before the public.")
    async def comment_on_list(self, info: Info, input: CommentOnListInput) -> ListCommentResult:
        fields = given(input)
        edition_id = key_of("ListEdition", fields.pop("edition_id"))
        for name, kind in (("item_id", "ListItem"), ("organisation_id", "Organisation")):
            fields[name] = None if fields[name] is None else key_of(kind, fields[name])
        said = await info.context.do(comments.comment, edition_id, read(CommentDraft, fields))
        return ChangedListComment(comment=await must_fetch(info.context, ListComment, said))

    @strawberry.mutation(description="As procurement officer: answer a comment.")
    async def answer_list_comment(self, info: Info, input: AnswerListCommentInput) -> ListCommentResult:
        draft = read(AnswerDraft, {"answer": input.answer})
        return await _comment(info.context, input.comment_id, partial(comments.answer, draft=draft))

    @strawberry.mutation(description="As moderator: take a comment out of sight.")
    async def hide_list_comment(self, info: Info, input: HideListCommentInput) -> ListCommentResult:
        draft = read(HideDraft, {"reason": input.reason})
        return await _comment(info.context, input.comment_id, partial(comments.hide, draft=draft))

    @strawberry.mutation(description="As manager: hear what becomes of an item.")
    async def follow_item(self, info: Info, input: FollowItemInput) -> FollowResult:
        command = partial(follows.follow, organisation_id=key_of("Organisation", input.organisation_id))
        return ChangedListItem(item=await change(info.context, ListItem, input.item_id, command))

    @strawberry.mutation(description="As manager: hear no more of an item.")
    async def unfollow_item(self, info: Info, input: FollowItemInput) -> FollowResult:
        command = partial(follows.unfollow, organisation_id=key_of("Organisation", input.organisation_id))
        return ChangedListItem(item=await change(info.context, ListItem, input.item_id, command))
