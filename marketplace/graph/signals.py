"""Whistles and wishes in the graph: what slips and what was done about it; what residents would like more of, and the drafts of it."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, TypeAlias

import strawberry

from marketplace.areas.codes import CITY
from marketplace.delivery.signals import queries, taking_up, whistles, wish_queries, wishes
from marketplace.delivery.signals.drafts import (
    AnswerWhistleDraft,
    ItemOfWishesDraft,
    NeedOfWishesDraft,
    ServiceWishDraft,
)
from marketplace.delivery.signals.judging import WhistleKind
from marketplace.delivery.signals.models import WishDraft
from marketplace.delivery.signals.queries import WhistleRow
from marketplace.delivery.signals.states import WhistleState, WishState
from marketplace.delivery.signals.wish_queries import Asked, WishRow
from marketplace.graph.areas import code_from
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, change, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.service_list_changes import ListItemInput, item_draft
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import PageRequest

_KEY = "Of your choice, new for each act; repeated, it gives the first answer."

strawberry.enum(WhistleKind, description="What slips.")
strawberry.enum(WhistleState, description="Where a whistle stands: over once the numbers are well again.")
strawberry.enum(WishState, name="ServiceWishState", description="Where a wish stands.")


@strawberry.type(description="Ratings on one side of a comparison; scores are in ten-thousandths of a point.")
class RatingsCompared:
    ratings: int
    mean: int | None
    low: int | None = strawberry.field(description="Of the 95 % interval around the mean.")
    high: int | None

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "RatingsCompared":
        return cls(**{name: facts[name] for name in ("ratings", "mean", "low", "high")})


@strawberry.type(description="The numbers behind a whistle; those that its kind does not count are null.")
class WhistleFacts:
    days: int = strawberry.field(description="How many days are looked at.")
    deliveries: int | None
    kept: int | None = strawberry.field(description="Commitments that were kept.")
    broken: int | None
    untold: int | None = strawberry.field(description="Commitments of done deliveries that nobody measured.")
    overdue: int | None
    kept_percent: int | None = strawberry.field(description="What the rule asks for.")
    tickets: int | None = strawberry.field(description="Rating tickets whose time ran out.")
    used: int | None
    answered_percent: int | None = strawberry.field(description="What the rule asks for.")
    earlier: RatingsCompared | None
    newest: RatingsCompared | None
    sigmas_tenths: int | None = strawberry.field(description="The fall in tenths of its standard error.")
    sigmas_needed_tenths: int | None = strawberry.field(description="What the rule lets chance explain.")

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "WhistleFacts":
        plain = {
            name: facts.get(name)
            for name in (
                "deliveries", "kept", "broken", "untold", "overdue", "kept_percent", "tickets", "used",
                "answered_percent", "sigmas_tenths", "sigmas_needed_tenths",
            )
        }  # fmt: skip
        earlier, newest = facts.get("earlier"), facts.get("newest")
        return cls(
            days=facts["days"],
            earlier=RatingsCompared.of(earlier) if earlier else None,
            newest=RatingsCompared.of(newest) if newest else None,
            **plain,
        )


@node(queries.whistles_by_ids)
@strawberry.type(
    description="The numbers of a contract slip. For the buyer or the community, the provider and supervisors."
)
class Whistle(Node):
    kind: WhistleKind
    state: WhistleState
    title: str = strawberry.field(description="The contract's, or the compound's name.")
    contract_id: strawberry.ID | None
    compound_id: strawberry.ID | None
    provider_id: strawberry.ID
    provider: str
    area_code: str
    facts: WhistleFacts
    blown_at: datetime
    answer: str | None = strawberry.field(description="What was done about it.")
    answered_at: datetime | None
    closed_at: datetime | None
    may_answer: bool

    @classmethod
    def of(cls, row: WhistleRow) -> "Whistle":
        return cls(
            id=global_id("Whistle", row.id),
            kind=row.kind,
            state=row.state,
            title=row.title,
            contract_id=global_id("Contract", row.contract_id) if row.contract_id else None,
            compound_id=global_id("Compound", row.compound_id) if row.compound_id else None,
            provider_id=global_id("Organisation", row.organisation_id),
            provider=row.provider,
            area_code=row.area_code,
            facts=WhistleFacts.of(row.facts),
            blown_at=row.blown_at,
            answer=row.answer,
            answered_at=row.answered_at,
            closed_at=row.closed_at,
            may_answer=row.may_answer,
        )


@node(wish_queries.wishes_by_ids)
@strawberry.type(description="Your own wish for more of a kind of service; nobody else reads whose it is.")
class ServiceWish(Node):
    row: strawberry.Private[WishRow]
    service_type: str = strawberry.field(description="The code of a category.")
    area_code: str
    text: str | None
    state: WishState
    wished_at: datetime
    taken_up_at: datetime | None
    need_id: strawberry.ID | None = strawberry.field(description="What it became, once that is public.")
    item_id: strawberry.ID | None = strawberry.field(description="What it became, once that is public.")

    @classmethod
    def of(cls, row: WishRow) -> "ServiceWish":
        return cls(
            id=global_id("ServiceWish", row.id),
            row=row,
            service_type=row.service_type,
            area_code=row.area_code,
            text=row.text,
            state=row.state,
            wished_at=row.wished_at,
            taken_up_at=row.taken_up_at,
            need_id=global_id("Need", row.need_id) if row.need_id else None,
            item_id=global_id("ListItem", row.item_id) if row.item_id else None,
        )

    @strawberry.field(description="The category in the reader's language.")
    def service(self, info: Info) -> str:
        return self.row.type_en if info.context.locale == EN else self.row.type_zh


@strawberry.type(
    description="A kind of service that at least so many residents of an area wish for, in steps."
)
class AskedService:
    row: strawberry.Private[Asked]
    service_type: str
    at_least: int

    @classmethod
    def of(cls, row: Asked) -> "AskedService":
        return cls(row=row, service_type=row.service_type, at_least=row.at_least)

    @strawberry.field(description="The category in the reader's language.")
    def service(self, info: Info) -> str:
        return self.row.name_en if info.context.locale == EN else self.row.name_zh


@strawberry.input
class AnswerWhistleInput:
    whistle_id: strawberry.ID
    answer: str


@strawberry.input
class WishForServiceInput:
    service_type: str = strawberry.field(description="The code of a category.")
    area_code: str | None = strawberry.field(default=None, description="Your home where it is left out.")
    text: str | None = None


@strawberry.input
class NeedOfWishesInput:
    service_type: str
    area_code: str
    title: str
    description: str
    place: str
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input
class ItemOfWishesInput:
    edition_id: strawberry.ID = strawberry.field(description="An edition that is open to editing.")
    item: ListItemInput = strawberry.field(description="Its category and area say which wishes it takes up.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The whistle as it is now.")
class AnsweredWhistle:
    whistle: Whistle


@strawberry.type(description="The wish as it is now.")
class ChangedServiceWish:
    wish: ServiceWish


@strawberry.type(description="What became of the wishes; those who wished are told.")
class WishesTakenUp:
    need_id: strawberry.ID | None = strawberry.field(description="A raised need, not public.")
    item_id: strawberry.ID | None = strawberry.field(description="An item of the edition.")
    made_on: date

    @classmethod
    def of(cls, made: WishDraft) -> "WishesTakenUp":
        return cls(
            need_id=global_id("Need", made.need_id) if made.need_id else None,
            item_id=global_id("ListItem", made.item_id) if made.item_id else None,
            made_on=local_day(made.made_at),
        )


WhistleResult: TypeAlias = Annotated[AnsweredWhistle | Problems, strawberry.union("WhistleResult")]
ServiceWishResult: TypeAlias = Annotated[ChangedServiceWish | Problems, strawberry.union("ServiceWishResult")]
WishesResult: TypeAlias = Annotated[WishesTakenUp | Problems, strawberry.union("WishesResult")]


@strawberry.type
class SignalQueries:
    @strawberry.field(
        description="Whistles that concern you, the newest first; those that are over where asked for."
    )
    async def whistles(
        self, info: Info, first: First = 20, after: After = None, with_over: bool = False
    ) -> Connection[Whistle]:
        asked = partial(queries.page, with_over=with_over)
        return connection(await info.context.ask(asked, PageRequest(first, after)), Whistle.of)

    @strawberry.field(description="Your own wishes, the newest first.")
    async def my_service_wishes(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ServiceWish]:
        page = await info.context.ask(wish_queries.mine, PageRequest(first, after))
        return connection(page, ServiceWish.of)

    @strawberry.field(
        description="What residents of an area wish for most; a kind is told once enough people wish for it, in steps. At most 30."
    )
    async def asked_for_most(self, info: Info, area_code: str = CITY) -> list[AskedService]:
        if code_from(area_code) is None:
            raise NotFound()
        found, _ = await info.context.ask(wish_queries.asked_for, area_code)
        return [AskedService.of(row) for row in found]


@strawberry.type
class SignalMutations:
    @strawberry.mutation(
        description="As buyer's officer or community worker: say what was done about a whistle."
    )
    async def answer_whistle(self, info: Info, input: AnswerWhistleInput) -> WhistleResult:
        fields = given(input)
        answer = partial(whistles.answer, draft=read(AnswerWhistleDraft, {"answer": fields["answer"]}))
        return AnsweredWhistle(whistle=await change(info.context, Whistle, input.whistle_id, answer))

    @strawberry.mutation(
        description="Say which service you would like more of; said again it stays one wish."
    )
    async def wish_for_service(self, info: Info, input: WishForServiceInput) -> ServiceWishResult:
        made = await info.context.do(wishes.wish, read(ServiceWishDraft, given(input)))
        return ChangedServiceWish(wish=await must_fetch(info.context, ServiceWish, made))

    @strawberry.mutation(description="Take your wish back.")
    async def withdraw_service_wish(
        self,
        info: Info,
        wish_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a ServiceWish.")],
    ) -> ServiceWishResult:
        return ChangedServiceWish(wish=await change(info.context, ServiceWish, wish_id, wishes.withdraw))

    @strawberry.mutation(
        description="As worker of an area: make a raised need of its wishes for a kind of service."
    )
    async def take_up_wishes_as_need(self, info: Info, input: NeedOfWishesInput) -> WishesResult:
        draft = read(NeedOfWishesDraft, given(input))
        return WishesTakenUp.of(await info.context.do(taking_up.as_need, draft))

    @strawberry.mutation(
        description="As procurement officer: make a list item of an area's wishes for a kind of service."
    )
    async def take_up_wishes_as_item(self, info: Info, input: ItemOfWishesInput) -> WishesResult:
        draft = read(
            ItemOfWishesDraft,
            {
                "edition_id": key_of("ListEdition", input.edition_id),
                "item": item_draft(input.item),
                "idempotency_key": input.idempotency_key,
            },
        )
        return WishesTakenUp.of(await info.context.do(taking_up.as_item, draft))
